//! The one place where the state changes: pure, state and message in, effects out.

use std::path::PathBuf;

use super::command::UiCommand;
use super::message::{DialogFor, Effect, JobKind, LabelData, Message};
use super::prefs::Page;
use super::state::{AppState, JobView, ScoreColumn};
use crate::domain::{ImageId, RunId, Vote, VoteKind};
use crate::jobs::{Outcome, Progress};

mod ended;

pub use ended::sort_rows;

/// Levels of the keys on the label page.
const LEVELS: u8 = 5;

/// Applies a message.
pub fn update(state: &mut AppState, message: Message) -> Vec<Effect> {
    match message {
        Message::Command(command) => run_command(state, command),
        Message::Show(page) => show(state, page),
        Message::Filter(text) => arranged(state, |state| state.prefs.filter = text),
        Message::Sort(sort) => arranged(state, |state| {
            state.prefs.descending = state.prefs.sort == sort && !state.prefs.descending;
            state.prefs.sort = sort;
        }),
        Message::TileSize(points) => quiet(|| state.prefs.tile = points),
        Message::Scrolled(points) => quiet(|| state.prefs.scroll = points),
        Message::Select(id) => select(state, id),
        Message::MoveSelection(by) => move_selection(state, by),
        Message::LabelPhoto(id) => {
            if let Some(before) = state.label.current.replace(id).filter(|before| *before != id) {
                state.label.trail.push(before);
            }
            state.prefs.page = Page::Label;
            vec![Effect::LoadLabelling]
        }
        Message::Rate(level) => vote(state, VoteKind::Rating { level, levels: LEVELS }),
        Message::UndoVote => undo(state),
        Message::OpenFolders(folders) => start(state, JobKind::Open, Effect::StartOpen(folders)),
        Message::Dropped(paths) if state.prefs.page == Page::Score => score_paths(state, &paths),
        Message::Dropped(paths) => start(state, JobKind::Open, Effect::StartOpen(paths)),
        Message::Ask(dialog) => vec![Effect::Ask(dialog)],
        Message::Picked(dialog, path) => picked(state, dialog, path),
        Message::StartTraining(config, name) => {
            state.config.train = (*config).clone();
            start(state, JobKind::Train, Effect::StartTrain(config, name, None))
        }
        Message::ResumeRun(id) => {
            state.prefs.page = Page::Train;
            let config = Box::new(state.config.train.clone());
            start(state, JobKind::Train, Effect::StartTrain(config, String::new(), Some(id)))
        }
        Message::StartScoring(paths, model) => {
            state.score.model = model;
            score_paths(state, &paths)
        }
        Message::Stop(kind) => {
            if let Some(job) = state.job_mut(kind) {
                job.stopping = true;
            }
            vec![Effect::Stop(kind)]
        }
        Message::Pause(kind, paused) => {
            if let Some(job) = state.job_mut(kind) {
                job.paused = paused;
            }
            vec![Effect::Pause(kind, paused)]
        }
        Message::SelectRun(id) => vec![Effect::LoadRun(id)],
        Message::RenameRun(id, name) => vec![Effect::Rename(id, name)],
        Message::NoteRun(id, note) => vec![Effect::Note(id, note)],
        Message::DeleteRun(id) => delete_run(state, id),
        Message::RestoreRun(id) => vec![Effect::Restore(id)],
        Message::Copy(text) => {
            let now = state.now_ms;
            state.toasts.tell("Copied", now);
            vec![Effect::Copy(text)]
        }
        Message::Bands(reject_below, accept_from) => quiet(|| {
            state.prefs.reject_below = reject_below.clamp(0.0, 100.0);
            state.prefs.accept_from = accept_from.clamp(state.prefs.reject_below, 100.0);
        }),
        Message::CloseToast(id) => quiet(|| state.toasts.close(id)),
        Message::Retry(path) => vec![Effect::Retry(path)],
        answer => answered(state, answer),
    }
}

/// Messages from the desk and the jobs.
fn answered(state: &mut AppState, message: Message) -> Vec<Effect> {
    let now = state.now_ms;
    match message {
        Message::Photos(photos) => {
            state.index = photos.iter().enumerate().map(|(index, row)| (row.photo.id, index)).collect();
            state.photos = photos;
            state.browse.loaded = true;
            state.arrange();
            restore_selection(state);
            quiet(|| {})
        }
        Message::Labelling(data) => {
            take_labelling(state, data);
            quiet(|| {})
        }
        Message::Voted(id, kind, data) => voted(state, id, kind, data),
        Message::Undone(vote, data) => undone(state, vote, data),
        Message::Runs(runs) => {
            state.history.runs = runs;
            state.history.loaded = true;
            let shown = state.history.view.as_ref().map(|view| view.run.id.clone());
            shown
                .or_else(|| state.history.runs.first().map(|run| run.id.clone()))
                .map(Effect::LoadRun)
                .into_iter()
                .collect()
        }
        Message::Models(models) => quiet(|| state.models = models),
        Message::RunLoaded(view) => {
            let training = state.job(JobKind::Train).is_some();
            if training || state.train.view.as_ref().is_some_and(|shown| shown.run.id == view.run.id) {
                state.train.view = Some((*view).clone());
            }
            if state.history.view.as_ref().is_none_or(|shown| shown.run.id != view.run.id) {
                state.history.name.clone_from(&view.run.meta.name);
                state.history.note.clone_from(&view.run.meta.note);
            }
            quiet(|| state.history.view = Some(*view))
        }
        Message::Told(text) => quiet(|| state.toasts.tell(text, now)),
        Message::Failed(error) => quiet(|| state.toasts.error(&error)),
        Message::VoteFailed(error) => {
            state.label.saving = None;
            quiet(|| state.toasts.error(&error))
        }
        Message::JobProgress(kind, progress) => quiet(|| job_progress(state, kind, progress)),
        Message::JobPoints(_) => {
            let newest = state.history.runs.first().map(|run| run.id.clone());
            let shown = state.train.view.as_ref().map(|view| view.run.id.clone());
            match shown.or(newest) {
                Some(id) => vec![Effect::LoadRun(id)],
                None => vec![Effect::LoadHistory],
            }
        }
        Message::JobWarning(kind, text) => {
            tracing::debug!("{text}");
            quiet(|| {
                if let Some(job) = state.job_mut(kind) {
                    job.warnings += 1;
                }
            })
        }
        Message::Scored(rows) => quiet(|| {
            state.score.rows.extend(rows);
            state.score.unsorted = true;
        }),
        Message::OpenEnded(outcome) => ended::open(state, outcome),
        Message::TrainEnded(outcome) => ended::train(state, outcome),
        Message::ScoreEnded(outcome) => ended::score(state, outcome),
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
    state.arrange();
    Vec::new()
}

fn run_command(state: &mut AppState, command: UiCommand) -> Vec<Effect> {
    state.palette = None;
    if let Some(level) = command.level() {
        return vote(state, VoteKind::Rating { level, levels: LEVELS });
    }
    match command {
        UiCommand::ShowBrowse => show(state, Page::Browse),
        UiCommand::ShowLabel => show(state, Page::Label),
        UiCommand::ShowTrain => show(state, Page::Train),
        UiCommand::ShowScore => show(state, Page::Score),
        UiCommand::ShowHistory => show(state, Page::History),
        UiCommand::OpenFolder => vec![Effect::Ask(DialogFor::OpenFolder)],
        UiCommand::ScoreFolder => {
            state.prefs.page = Page::Score;
            vec![Effect::Ask(DialogFor::ScoreFolder)]
        }
        UiCommand::ExportScores if state.score.rows.is_empty() => {
            let now = state.now_ms;
            state.toasts.tell("There are no scores to export yet", now);
            Vec::new()
        }
        UiCommand::ExportScores => vec![Effect::Ask(DialogFor::ExportScores)],
        UiCommand::Undo => undo(state),
        UiCommand::Skip => vote(state, VoteKind::Skip),
        UiCommand::ToggleZoom => quiet(|| state.label.full_size = !state.label.full_size),
        UiCommand::ToggleTheme => quiet(|| state.prefs.dark = !state.prefs.dark),
        UiCommand::Palette => quiet(|| state.palette = Some(String::new())),
        UiCommand::PreviousPhoto => quiet(|| step_back(state)),
        UiCommand::NextPhoto => quiet(|| step_on(state)),
        UiCommand::Rate1 | UiCommand::Rate2 | UiCommand::Rate3 | UiCommand::Rate4 | UiCommand::Rate5 => Vec::new(),
    }
}

fn show(state: &mut AppState, page: Page) -> Vec<Effect> {
    state.prefs.page = page;
    match page {
        Page::Browse | Page::Score => Vec::new(),
        Page::Label | Page::Train => vec![Effect::LoadLabelling],
        Page::History => vec![Effect::LoadHistory],
    }
}

fn select(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    state.browse.selected = Some(id);
    state.prefs.selected = state.photo(id).map(|row| row.photo.path.to_string_lossy().into_owned());
    Vec::new()
}

fn move_selection(state: &mut AppState, by: i64) -> Vec<Effect> {
    let visible = &state.browse.visible;
    let at = |id: ImageId| visible.iter().position(|&index| state.photos[index].photo.id == id);
    let next = match state.browse.selected.and_then(at) {
        Some(position) => (position as i64 + by).clamp(0, visible.len() as i64 - 1) as usize,
        None => 0,
    };
    match visible.get(next).map(|&index| state.photos[index].photo.id) {
        Some(id) => select(state, id),
        None => Vec::new(),
    }
}

fn restore_selection(state: &mut AppState) {
    if state.browse.selected.is_none()
        && let Some(path) = state.prefs.selected.as_ref().map(PathBuf::from)
    {
        state.browse.selected = state.photos.iter().find(|row| row.photo.path == path).map(|row| row.photo.id);
    }
}

fn vote(state: &mut AppState, kind: VoteKind) -> Vec<Effect> {
    match state.label.current {
        Some(id) if state.label.saving.is_none() && state.prefs.page == Page::Label => {
            state.label.saving = Some(kind);
            vec![Effect::SaveVote(id, kind)]
        }
        _ => Vec::new(),
    }
}

/// The vote is on disk: only now does the next photo show.
fn voted(state: &mut AppState, id: ImageId, kind: VoteKind, data: LabelData) -> Vec<Effect> {
    let now = state.now_ms;
    let label = &mut state.label;
    label.saving = None;
    if !matches!(kind, VoteKind::Skip) {
        label.since_ms.get_or_insert(now);
        label.votes += 1;
    }
    if label.current == Some(id) {
        label.trail.push(id);
        label.current = None;
    }
    take_labelling(state, data);
    vec![Effect::LoadPhotos]
}

fn undo(state: &mut AppState) -> Vec<Effect> {
    if state.label.saving.is_some() { Vec::new() } else { vec![Effect::UndoVote] }
}

fn undone(state: &mut AppState, vote: Option<Vote>, data: LabelData) -> Vec<Effect> {
    let now = state.now_ms;
    match vote {
        Some(vote) => {
            state.label.trail.retain(|id| *id != vote.image);
            state.label.passed.remove(&vote.image);
            state.label.current = Some(vote.image);
            let name = state.photo(vote.image).map_or_else(String::new, |row| row.photo.file_name());
            state.toasts.tell(format!("Vote on {name} taken back"), now);
        }
        None => state.toasts.tell("There is no vote to take back", now),
    }
    take_labelling(state, data);
    vec![Effect::LoadPhotos]
}

fn take_labelling(state: &mut AppState, data: LabelData) {
    let label = &mut state.label;
    label.data = data;
    label.loaded = true;
    if label.current.is_none() {
        label.current = label.data.queue.iter().copied().find(|id| !label.passed.contains(id));
    }
}

fn step_back(state: &mut AppState) {
    if state.label.saving.is_none()
        && let Some(before) = state.label.trail.pop()
    {
        if let Some(current) = state.label.current {
            state.label.passed.remove(&current);
        }
        state.label.current = Some(before);
    }
}

fn step_on(state: &mut AppState) {
    let label = &mut state.label;
    if label.saving.is_some() {
        return;
    }
    if let Some(current) = label.current.take() {
        label.passed.insert(current);
        label.trail.push(current);
    }
    label.current = label.data.queue.iter().copied().find(|id| !label.passed.contains(id));
}

fn start(state: &mut AppState, kind: JobKind, effect: Effect) -> Vec<Effect> {
    if state.job(kind).is_some() {
        state.toasts.warn(format!("{} is under way", kind.text()), Some("Wait for it, or stop it first.".to_owned()));
        return Vec::new();
    }
    let stage_since_ms = state.now_ms;
    state.jobs.push(JobView { kind, progress: None, stopping: false, paused: false, stage_since_ms, warnings: 0 });
    if kind == JobKind::Train {
        state.train.view = None;
    }
    vec![effect]
}

fn score_paths(state: &mut AppState, paths: &[PathBuf]) -> Vec<Effect> {
    state.prefs.page = Page::Score;
    if state.models.is_empty() {
        let advice = "Label photos and train a model on the Train page first.".to_owned();
        state.toasts.warn("There is no model to score with yet", Some(advice));
        return Vec::new();
    }
    let model = state.score.model.clone();
    let effects = start(state, JobKind::Score, Effect::StartScore(paths.to_vec(), model));
    if !effects.is_empty() {
        // Results of other folders stay; the ones that are scored again are replaced.
        state.score.rows.retain(|row| !paths.iter().any(|path| row.path.starts_with(path)));
        state.score.verdict = None;
        state.score.column = ScoreColumn::Score;
        state.score.descending = false;
    }
    effects
}

fn picked(state: &mut AppState, dialog: DialogFor, path: PathBuf) -> Vec<Effect> {
    match dialog {
        DialogFor::OpenFolder => start(state, JobKind::Open, Effect::StartOpen(vec![path])),
        DialogFor::ScoreFolder => score_paths(state, &[path]),
        DialogFor::ExportScores => vec![Effect::Export(state.score.rows.clone(), path)],
    }
}

fn delete_run(state: &mut AppState, id: RunId) -> Vec<Effect> {
    let now = state.now_ms;
    let run = state.history.runs.iter().find(|run| run.id == id);
    let name = run.map_or_else(|| id.0.clone(), |run| run.meta.name.clone());
    state.history.view = None;
    state.toasts.offer(format!("Run “{name}” deleted"), "Undo", Message::RestoreRun(id.clone()), now);
    vec![Effect::Delete(id)]
}

fn job_progress(state: &mut AppState, kind: JobKind, progress: Progress) {
    let now = state.now_ms;
    if let Some(job) = state.job_mut(kind) {
        if job.progress.as_ref().is_none_or(|shown| shown.stage != progress.stage) {
            job.stage_since_ms = now;
        }
        job.progress = Some(progress);
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
