//! The one place where the state changes: pure, state and message in, effects out.

use super::command::UiCommand;
use super::facets;
use super::message::{DialogFor, Effect, JobKind, Message};
use super::panels::TOUR;
use super::prefs::{Mode, Overlay, Page, SortBy};
use super::state::{AppState, Finder};
use super::view::Pairing;
use crate::domain::{Preference, VoteKind};
use crate::jobs::Outcome;

mod audit;
mod doubles;
mod ended;
mod label;
mod learning;
mod pairs;
mod photos;
mod queues;
mod runs;
mod scores;
mod send_runs;
mod sort_out;
mod training;
mod two_models;
mod works;

pub use audit::list_due;
pub use queues::{waiting, waiting_count};
pub use scores::sort_rows;
pub use send_runs::{remembered, to_send};
pub use two_models::{candidates, first_choice};
use works::start;

/// Levels of the keys on the label page.
const LEVELS: u8 = 5;

/// What a window reads first.
pub fn opening(state: &mut AppState) -> Vec<Effect> {
    let mut effects = photos::read(state);
    effects.extend([
        label::load(state),
        Effect::LoadHistory,
        Effect::LoadArchitectures,
        Effect::LoadDevices,
        Effect::LoadPacks,
    ]);
    if state.prefs.page == Page::Label {
        effects.extend(queues::fill(state));
        effects.extend(label::report(state));
    }
    effects.extend(learning::learn(state, true));
    effects
}

/// Applies a message.
pub fn update(state: &mut AppState, message: Message) -> Vec<Effect> {
    if let Some(effects) = queues::handle(state, &message) {
        return effects;
    }
    match message {
        Message::Command(command) => run_command(state, command),
        Message::Show(page) => show(state, page),
        Message::Filter(text) => arranged(state, |state| state.prefs.filter = text),
        Message::Sort(sort) => arranged(state, |state| {
            state.prefs.descending = state.prefs.sort == sort && !state.prefs.descending;
            state.prefs.sort = sort;
        }),
        Message::TileSize(points) => quiet(|| state.prefs.tile = points),
        Message::Scrolled(points) => quiet(|| {
            state.prefs.scroll = points;
            state.browse.reveal = false;
        }),
        Message::Select(id) => photos::select(state, id),
        Message::MoveSelection(by) => photos::move_selection(state, by),
        Message::Toggle(id) => photos::toggle(state, id),
        Message::SelectTo(id) => photos::select_to(state, id),
        Message::ExtendTo(id) => {
            state.browse.reveal = true;
            photos::select_to(state, id)
        }
        Message::GoTo(id) => {
            state.browse.reveal = true;
            photos::select(state, id)
        }
        Message::FindSimilar(id) => vec![Effect::FindSimilar(id)],
        Message::DropSimilar => arranged(state, |state| state.browse.similar = None),
        Message::TurnTo(id) => photos::turn_to(state, id),
        Message::Survey(pairing) => quiet(|| state.large.pairing = pairing),
        Message::Band(band) => photos::band(state, band),
        Message::SelectNone => quiet(|| photos::select_none(state)),
        Message::Group(group_by) => arranged(state, |state| state.prefs.group_by = group_by),
        Message::Fold(title) => quiet(|| {
            if !state.browse.folded.remove(&title) {
                state.browse.folded.insert(title);
            }
            state.browse.tiling = None;
        }),
        Message::SortMeasure(attribute) => arranged(state, |state| {
            state.prefs.sort = SortBy::Measure;
            attribute.name().clone_into(&mut state.prefs.measure);
        }),
        Message::Narrow(term) => {
            arranged(state, |state| state.prefs.filter = facets::narrowed(&state.prefs.filter, &term))
        }
        Message::DropCondition(at) => {
            arranged(state, |state| state.prefs.filter = facets::without(&state.prefs.filter, at))
        }
        Message::RateChosen(level) => photos::rate_chosen(state, level),
        Message::LabelPhoto(id) => label::show(state, id),
        Message::Rate(level) => rate(state, level),
        Message::UndoVote => label::undo(state),
        Message::RedoVote => label::redo(state),
        Message::Compare(preference) => pairs::compare(state, preference),
        Message::PickOfFour(place) => pairs::pick(state, place),
        Message::ArenaSize(photos) => {
            state.prefs.arena = photos;
            pairs::enter(state)
        }
        Message::OpenFolders(folders) => start(state, JobKind::Open, Effect::StartOpen(folders)),
        Message::Dropped(paths) if state.prefs.page == Page::Score => scores::start_on(state, &paths),
        Message::Dropped(paths) => start(state, JobKind::Open, Effect::StartOpen(paths)),
        Message::Ask(dialog) => vec![Effect::Ask(dialog)],
        Message::Picked(dialog, path) => works::picked(state, dialog, path),
        Message::StartTraining(planned) => training::plan(state, planned),
        Message::StartNext => training::next(state),
        Message::Unplan(place) => quiet(|| training::unplan(state, place)),
        Message::ResumeRun(id) => training::resume(state, id),
        Message::StartScoring(paths, model) => {
            state.score.model = model;
            scores::start_on(state, &paths)
        }
        Message::Stop(kind) => works::stop(state, kind),
        Message::Pause(kind, paused) => works::pause(state, kind, paused),
        Message::SelectRun(id) => runs::select(state, id),
        Message::CompareRun(id) => runs::compare(state, id),
        Message::CompareNone => quiet(|| {
            state.history.beside.clear();
            state.history.others.clear();
        }),
        Message::SortRuns(column) => quiet(|| runs::sort_by(state, column)),
        Message::LookAtRuns(look) => quiet(|| runs::look(state, look)),
        Message::KeepRunLook(name, keep) => quiet(|| runs::keep_look(state, &name, keep)),
        Message::ScatterRuns(axes) => quiet(|| {
            state.history.two_models = None;
            state.history.scatter = axes;
        }),
        Message::HoldModels(models) => two_models::hold(state, models),
        Message::ModelsHeld(models, found) => quiet(|| two_models::held(state, &models, *found)),
        Message::ShowHeld(at) => quiet(|| two_models::show(state, at)),
        Message::StepHeld(by) => quiet(|| two_models::step(state, by)),
        Message::StartForecast => start(state, JobKind::Forecast, Effect::StartForecast),
        Message::ForecastEnded(outcome) => learning::forecast(state, outcome),
        Message::SendRuns(asked) => quiet(|| send_runs::ask(state, asked)),
        Message::StartSending => send_runs::begin(state),
        Message::MlflowEnded(outcome) => send_runs::ended(state, outcome),
        Message::UnfoldRun(id, show) => quiet(|| runs::unfold(state, id, show)),
        Message::DrawCurves(look) => quiet(|| state.prefs.curves = look),
        Message::StarRun(id, starred) => vec![Effect::Star(id, starred)],
        Message::UseModel(id) => vec![Effect::Promote(id)],
        Message::RenameRun(id, name) => vec![Effect::Rename(id, name)],
        Message::NoteRun(id, note) => vec![Effect::Note(id, note)],
        Message::TagRun(id, tag, on) => vec![Effect::Tag(id, tag, on)],
        Message::DeleteRun(id) => runs::delete(state, id),
        Message::RestoreRun(id) => vec![Effect::Restore(id)],
        Message::Copy(text) => {
            let now = state.now_ms;
            state.toasts.tell("Copied", now);
            vec![Effect::Copy(text)]
        }
        Message::SortScores(column) => scores::sort_by(state, column),
        Message::ShowScored(path) => quiet(|| scores::select(state, path)),
        Message::SortOut(asked) => sort_out::ask(state, asked),
        Message::StartSortingOut => sort_out::begin(state),
        Message::Price(prices) => quiet(|| state.prefs.prices = prices),
        Message::MoveScored(by) => quiet(|| scores::move_by(state, by)),
        Message::OpenFile(path) => vec![Effect::OpenFile(path)],
        Message::ChoosePack(name) => audit::choose(state, name),
        Message::StartAudit => start(state, JobKind::Audit, Effect::StartAudit),
        Message::ListAudit(filter) => quiet(|| audit::filter(state, filter)),
        Message::SortAudit(column) => quiet(|| audit::sort_by(state, column)),
        Message::MoveAudited(by) => audit::move_by(state, by),
        Message::LookAt(view) => quiet(|| state.large.view = view),
        Message::FindDuplicates => doubles::find(state),
        Message::ExactOnly(exact) => quiet(|| state.doubles.exact_only = exact),
        Message::ChooseGroup(group) => quiet(|| doubles::choose(state, group)),
        Message::StepGroup(by) => quiet(|| doubles::step_group(state, by)),
        Message::ChooseMember(member) => quiet(|| state.doubles.member = member),
        Message::StepMember(by) => quiet(|| doubles::step_member(state, by)),
        Message::Pair(pairing) => quiet(|| state.doubles.pairing = pairing),
        Message::Bands(reject_below, accept_from) => quiet(|| {
            state.prefs.reject_below = reject_below.clamp(0.0, 100.0);
            state.prefs.accept_from = accept_from.clamp(state.prefs.reject_below, 100.0);
            // The counts beside the grid follow when it shows next.
            state.browse.stale = true;
        }),
        Message::CloseMessages => quiet(|| state.messages = false),
        Message::StartDemo => start(state, JobKind::Demo, Effect::StartDemo),
        Message::Tour(step) => tour(state, step),
        Message::CloseToast(id) => quiet(|| state.toasts.close(id)),
        Message::Retry(path) => vec![Effect::Retry(path)],
        answer => answered(state, answer),
    }
}

/// Messages from the desk and the jobs.
fn answered(state: &mut AppState, message: Message) -> Vec<Effect> {
    let now = state.now_ms;
    match message {
        Message::Photos(found) => {
            let is_first = !state.browse.loaded;
            let mut effects = photos::take(state, *found);
            if is_first {
                // Not before: nothing is to keep the first photos waiting.
                effects.extend(audit::read(state));
            }
            label::check(state);
            training::look_at_labels(state);
            if state.prefs.page == Page::Label {
                effects.extend(pairs::enter(state));
            }
            effects
        }
        Message::PhotosOutdated => photos::read(state),
        Message::PhotosFailed(error) => photos::failed_to_read(state, &error),
        Message::Arranged(answer) => {
            photos::show(state, *answer);
            if state.prefs.page == Page::Label { pairs::enter(state) } else { Vec::new() }
        }
        Message::Labelling(data) => quiet(|| label::take(state, data)),
        Message::Voted(receipt) if state.browse.rating => photos::rated(state, receipt),
        Message::Voted(receipt) => label::voted(state, receipt),
        Message::Undone(taken, receipt, data) => label::undone(state, taken, &receipt, data),
        Message::Redone(again, receipt, data) => label::redone(state, again, &receipt, data),
        Message::QueueFilled(kind, photos, suspects) => queues::filled(state, kind, photos, suspects),
        Message::ArenaSeen(arena) => pairs::seen(state, *arena),
        Message::RatersSeen(report) => quiet(|| {
            state.label.reporting = false;
            state.label.report = Some(*report);
        }),
        Message::Runs(runs) => runs::take(state, runs),
        Message::RunChanged(run) => quiet(|| runs::changed(state, *run)),
        Message::Devices(found) => quiet(|| state.train.devices = found),
        Message::Architectures(found) => quiet(|| state.architectures = found),
        Message::Models(models) => quiet(|| state.models = models),
        Message::RunLoaded(view) => runs::loaded(state, *view),
        Message::Packs(packs) => quiet(|| state.audit.packs = packs),
        Message::Judged(found) => audit::judged(state, *found),
        Message::JudgingFailed(error) => quiet(|| {
            state.audit.busy = false;
            state.audit.problem.get_or_insert_with(|| error.chain());
            state.toasts.error(&error);
        }),
        Message::Audited(rows) => audit::take(state, rows),
        Message::AuditEnded(outcome) => audit::ended(state, outcome),
        Message::DuplicatesEnded(outcome) => doubles::ended(state, outcome),
        Message::Told(text) => quiet(|| state.toasts.tell(text, now)),
        Message::Written(text, path) => quiet(|| state.toasts.offer(text, "Open it", Message::OpenFile(path), now)),
        Message::ReportWritten(path) => quiet(|| {
            let text = format!("Report written to {}", path.display());
            state.toasts.offer(text, "Open it", Message::OpenFile(path), now);
        }),
        Message::Failed(error) => quiet(|| {
            state.train.reading = false;
            (state.label.duels.busy, state.label.reporting) = (false, false);
            state.toasts.error(&error);
        }),
        Message::VoteFailed(error) => {
            state.label.saving = None;
            state.browse.rating = false;
            quiet(|| state.toasts.error(&error))
        }
        Message::JobProgress(kind, progress) => quiet(|| works::progress(state, kind, progress)),
        Message::JobPoints(JobKind::Describe) => learning::learn(state, true),
        Message::JobPoints(_) => runs::follow(state),
        Message::JobWarning(kind, text) => quiet(|| works::warned(state, kind, &text)),
        Message::Scored(rows) => quiet(|| scores::take(state, rows)),
        Message::RowsSorted(answer) => quiet(|| scores::sorted(state, *answer)),
        Message::SortOutPlanned(plan, turn) => quiet(|| sort_out::planned(state, plan, turn)),
        Message::SortOutEnded(outcome) => sort_out::ended(state, outcome),
        Message::DemoEnded(outcome) => ended::demo(state, outcome),
        Message::OpenEnded(outcome) => ended::open(state, outcome),
        Message::TrainEnded(outcome) => ended::train(state, outcome),
        Message::ScoreEnded(outcome) => ended::score(state, outcome),
        Message::DescribeEnded(outcome) => learning::described(state, &outcome),
        Message::Learnt(lesson) => learning::learnt(state, *lesson),
        Message::LearningFailed(error) => learning::failed_to_learn(state, &error),
        Message::Similar(id, found) => photos::found_similar(state, id, found),
        Message::LookedAlike(alike) => quiet(|| state.learning.alike = Some(alike)),
        _ => Vec::new(),
    }
}

/// A change of the state that needs nothing done.
fn quiet(change: impl FnOnce()) -> Vec<Effect> {
    change();
    Vec::new()
}

fn arranged(state: &mut AppState, change: impl FnOnce(&mut AppState)) -> Vec<Effect> {
    change(state);
    photos::arrange(state)
}

fn run_command(state: &mut AppState, command: UiCommand) -> Vec<Effect> {
    state.palette = None;
    if let Some(level) = command.level() {
        if state.prefs.page == Page::Browse {
            return photos::rate_chosen(state, level);
        }
        return rate(state, level);
    }
    match command {
        UiCommand::ShowBrowse => show(state, Page::Browse),
        UiCommand::ShowLabel => show(state, Page::Label),
        UiCommand::ShowTrain => show(state, Page::Train),
        UiCommand::ShowScore => show(state, Page::Score),
        UiCommand::ShowAudit => show(state, Page::Audit),
        UiCommand::ShowDuplicates => show(state, Page::Duplicates),
        UiCommand::ShowHistory => show(state, Page::History),
        UiCommand::OpenFolder => vec![Effect::Ask(DialogFor::OpenFolder)],
        UiCommand::ScoreFolder => {
            state.prefs.page = Page::Score;
            vec![Effect::Ask(DialogFor::ScoreFolder)]
        }
        UiCommand::ExportScores => scores::ask(state, DialogFor::ExportScores),
        UiCommand::WriteReport => scores::ask(state, DialogFor::WriteReport),
        UiCommand::SortOut => sort_out::open(state),
        UiCommand::ScoreProject => scores::start_on(state, &[]),
        UiCommand::ExportRuns | UiCommand::SendRuns | UiCommand::HoldModels => runs::command(state, command),
        UiCommand::FocusFilter => quiet(|| {
            state.prefs.page = Page::Browse;
            state.focus_filter = true;
        }),
        UiCommand::LabelSelected => state.browse.selected.map_or_else(Vec::new, |id| label::show(state, id)),
        UiCommand::SelectAll => photos::select_all(state),
        UiCommand::ToggleFacets => quiet(|| state.prefs.facets = !state.prefs.facets),
        UiCommand::Undo => label::undo(state),
        UiCommand::Redo => label::redo(state),
        UiCommand::Skip => skip(state),
        UiCommand::ToggleZoom => quiet(|| toggle_zoom(state)),
        UiCommand::LookLarge => quiet(|| {
            state.large.open = state.browse.selected.is_some() && !state.large.open;
            state.large.compares = false;
        }),
        UiCommand::Compare => quiet(|| photos::compare(state)),
        UiCommand::ToggleGround => quiet(|| toggle(state, Overlay::Ground)),
        UiCommand::ToggleProduct => quiet(|| toggle(state, Overlay::Product)),
        UiCommand::ToggleClipped => quiet(|| toggle(state, Overlay::Clipped)),
        UiCommand::ToggleMarks => quiet(|| toggle(state, Overlay::Marks)),
        UiCommand::ToggleInsight => quiet(|| toggle(state, Overlay::Insight)),
        UiCommand::AuditPhotos => start(state, JobKind::Audit, Effect::StartAudit),
        UiCommand::ExportAudit => audit::ask(state),
        UiCommand::FindDuplicates => doubles::find(state),
        UiCommand::SwapPair => quiet(|| {
            let pairing = pairing(state);
            pairing.swapped = !pairing.swapped;
        }),
        UiCommand::ToggleWipe => quiet(|| {
            let pairing = pairing(state);
            pairing.wipe = if pairing.wipe.is_some() { None } else { Some(0.5) };
        }),
        UiCommand::ToggleTheme => quiet(|| state.prefs.next_theme()),
        UiCommand::ShowMessages => quiet(|| state.messages = !state.messages),
        UiCommand::ToggleHud => quiet(|| state.prefs.hud = !state.prefs.hud),
        UiCommand::Tour => tour(state, Some(0)),
        UiCommand::Palette => quiet(|| state.palette = Some(Finder::default())),
        UiCommand::ModeScore => queues::enter_mode(state, Mode::Score),
        UiCommand::ModeDefects => queues::enter_mode(state, Mode::Defects),
        UiCommand::ModePairs => queues::enter_mode(state, Mode::Pairs),
        UiCommand::ModeFour => queues::enter_mode(state, Mode::Four),
        UiCommand::ToggleExact => quiet(|| {
            state.prefs.exact = !state.prefs.exact;
            state.label.exact = None;
        }),
        UiCommand::TogglePanel => {
            state.prefs.panel = !state.prefs.panel;
            label::report(state)
        }
        UiCommand::EditKeys => quiet(|| state.label.keys = Some(None)),
        UiCommand::FirstBetter => pairs::compare(state, Preference::Better),
        UiCommand::SecondBetter => pairs::compare(state, Preference::Worse),
        UiCommand::Tie => pairs::compare(state, Preference::Tie),
        UiCommand::Done => queues::done(state),
        UiCommand::KeepLabel => queues::answer_doubt(state, true),
        UiCommand::UnsureLabel => queues::answer_doubt(state, false),
        UiCommand::PreviousPhoto => quiet(|| label::step_back(state)),
        UiCommand::NextPhoto => quiet(|| label::step_on(state)),
        UiCommand::Rate1 | UiCommand::Rate2 | UiCommand::Rate3 | UiCommand::Rate4 | UiCommand::Rate5 => Vec::new(),
    }
}

/// Shows a step of the tour on its page; nothing ends it.
fn tour(state: &mut AppState, step: Option<usize>) -> Vec<Effect> {
    state.tour = step.filter(|at| *at < TOUR.len());
    state.tour.map_or_else(Vec::new, |at| show(state, TOUR[at].0))
}

/// A key from 1 to 5: the level of the photo on screen, or a photo among four.
fn rate(state: &mut AppState, level: u8) -> Vec<Effect> {
    match state.prefs.mode {
        Mode::Four => pairs::pick(state, usize::from(level) - 1),
        _ => label::vote(state, VoteKind::Rating { level, levels: LEVELS }),
    }
}

/// On to other photos without an answer.
fn skip(state: &mut AppState) -> Vec<Effect> {
    match state.prefs.mode {
        Mode::Score => label::vote(state, VoteKind::Skip),
        Mode::Defects => quiet(|| label::step_on(state)),
        Mode::Pairs | Mode::Four => pairs::skip(state),
    }
}

fn toggle(state: &mut AppState, overlay: Overlay) {
    let shown = &mut state.prefs.overlays;
    if !shown.remove(&overlay) {
        shown.insert(overlay);
    }
}

/// How the two photos on the page are compared.
fn pairing(state: &mut AppState) -> &mut Pairing {
    match state.prefs.page {
        Page::Duplicates => &mut state.doubles.pairing,
        _ => &mut state.large.pairing,
    }
}

fn toggle_zoom(state: &mut AppState) {
    match state.prefs.page {
        Page::Label if state.prefs.mode == Mode::Pairs => {
            let pairing = &mut state.label.duels.pairing;
            pairing.view = pairing.view.toggled();
        }
        Page::Label => state.label.full_size = !state.label.full_size,
        Page::Duplicates => state.doubles.pairing.view = state.doubles.pairing.view.toggled(),
        _ if !state.compared().is_empty() => state.large.pairing.view = state.large.pairing.view.toggled(),
        _ if state.large.open => state.large.view = state.large.view.toggled(),
        _ => {}
    }
}

fn show(state: &mut AppState, page: Page) -> Vec<Effect> {
    state.large.open &= state.prefs.page == page;
    state.prefs.page = page;
    if page == Page::Train {
        training::look_at_labels(state);
    }
    match page {
        Page::Browse if state.browse.stale => photos::arrange(state),
        Page::Browse | Page::Score | Page::Audit | Page::Duplicates => Vec::new(),
        Page::Label => label::opened(state),
        Page::Train => vec![label::load(state)],
        Page::History => vec![Effect::LoadHistory],
    }
}

/// Whether an outcome is an error, for the tests and the toasts.
pub(super) fn failed<T>(outcome: &Outcome<T>) -> Option<&crate::error::Error> {
    match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Completed(_) | Outcome::Cancelled(_) => None,
    }
}

#[cfg(test)]
#[path = "update/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "update/label_tests.rs"]
mod label_tests;

#[cfg(test)]
#[path = "update/undo_tests.rs"]
mod undo_tests;

#[cfg(test)]
#[path = "update/audit_tests.rs"]
mod audit_tests;

#[cfg(test)]
#[path = "update/learning_tests.rs"]
mod learning_tests;

#[cfg(test)]
mod command_tests;
