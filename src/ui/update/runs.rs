//! The runs: which one the train page follows, which one the history shows.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{send_runs, two_models};
use crate::api::RunView;
use crate::domain::{Run, RunId, RunStatus};
use crate::ui::command::UiCommand;
use crate::ui::ledger::{Ledger, Row, RunColumn, RunLine};
use crate::ui::message::{DialogFor, Effect, JobKind, Message};
use crate::ui::prefs::{Page, RunLook};
use crate::ui::state::AppState;

/// The runs as the store has them.
pub(super) fn take(state: &mut AppState, ledger: Ledger) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.train.run.is_none() && state.job(JobKind::Train).is_some() {
        // The job does not name its run; it is the one that has begun since.
        let began = |run: &&Arc<RunLine>| {
            run.status == RunStatus::Running && run.started_ms >= state.train.since_ms && run.origin.is_none()
        };
        state.train.run = ledger.runs.iter().find(began).map(|run| run.id.clone());
        effects.extend(follow(state));
    }
    let history = &mut state.history;
    history.loaded = true;
    history.ledger = ledger;
    let there: HashSet<&RunId> = history.ledger.runs.iter().map(|run| &run.id).collect();
    history.beside.retain(|id| there.contains(id));
    history.others.retain(|view| history.beside.contains(&view.run.id));
    let is_there = history.selected.as_ref().is_some_and(|id| there.contains(id));
    arrange(state);
    let history = &mut state.history;
    if !is_there {
        history.selected = history.ledger.runs.first().map(|run| run.id.clone());
        history.view = None;
    }
    effects.extend(history.selected.clone().map(Effect::LoadRun));
    effects
}

/// One run as it is now.
pub(super) fn changed(state: &mut AppState, run: Run) {
    let views = [&mut state.history.view, &mut state.train.view];
    let shown = views.into_iter().flatten().chain(&mut state.history.others);
    shown.filter(|view| view.run.id == run.id).for_each(|view| view.run = run.clone());
    state.history.ledger.put(run);
    arrange(state);
}

/// The training has new points: reads them, one reading at a time.
pub(super) fn follow(state: &mut AppState) -> Vec<Effect> {
    let Some(id) = state.train.run.clone() else { return vec![Effect::LoadHistory] };
    if state.train.reading {
        state.train.behind = true;
        return Vec::new();
    }
    state.train.reading = true;
    vec![Effect::LoadRun(id)]
}

/// One run with its curves.
pub(super) fn loaded(state: &mut AppState, view: RunView) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.train.run.as_ref() == Some(&view.run.id) {
        state.train.view = Some(view.clone());
        state.train.reading = false;
        if std::mem::take(&mut state.train.behind) {
            effects = follow(state);
        }
    }
    let history = &mut state.history;
    if history.beside.contains(&view.run.id) {
        history.others.retain(|other| other.run.id != view.run.id);
        history.others.push(view.clone());
        let place = |id: &RunId| history.beside.iter().position(|other| other == id);
        history.others.sort_by_key(|other| place(&other.run.id));
    }
    if history.selected.as_ref() == Some(&view.run.id) {
        // What is being typed is never overwritten by a reading of the same run.
        if history.view.as_ref().is_none_or(|shown| shown.run.id != view.run.id) {
            history.name.clone_from(&view.run.meta.name);
            history.note.clone_from(&view.run.meta.note);
        }
        history.view = Some(view);
    }
    effects
}

/// Most runs that are drawn beside the selected one: as many as there are colours to tell apart.
const MOST_BESIDE: usize = 5;

/// Draws a run beside the selected one, or no more.
pub(super) fn compare(state: &mut AppState, id: RunId) -> Vec<Effect> {
    let now = state.now_ms;
    let history = &mut state.history;
    if history.selected.as_ref() == Some(&id) {
        return Vec::new();
    }
    if history.beside.contains(&id) {
        history.beside.retain(|other| *other != id);
        history.others.retain(|other| other.run.id != id);
        return Vec::new();
    }
    if history.beside.len() == MOST_BESIDE {
        state.toasts.tell(format!("At most {} runs are drawn together", MOST_BESIDE + 1), now);
        return Vec::new();
    }
    history.beside.push(id.clone());
    vec![Effect::LoadRun(id)]
}

/// Sorts and finds the runs as the look of their table says.
fn arrange(state: &mut AppState) {
    let look = &state.prefs.runs;
    state.history.ledger.sort(&look.sort, look.descending);
    let history = &mut state.history;
    history.found = history.ledger.found(&look.filter);
    history.rows = if look.series_apart {
        history.found.iter().map(|&place| Row { place, inside: false, members: 0 }).collect()
    } else {
        history.ledger.rows(&history.found, &history.unfolded)
    };
}

/// Shows the runs of a series below it, or no more.
pub(super) fn unfold(state: &mut AppState, id: RunId, show: bool) {
    let unfolded = &mut state.history.unfolded;
    let _changed = if show { unfolded.insert(id) } else { unfolded.remove(&id) };
    arrange(state);
}

/// Shows the table of runs like this; a table without columns shows the usual ones.
pub(super) fn look(state: &mut AppState, mut look: RunLook) {
    if look.columns.is_empty() {
        look.columns = RunColumn::USUAL.to_vec();
    }
    state.prefs.runs = look;
    arrange(state);
}

/// Saves the look of the table under a name, or forgets that name.
pub(super) fn keep_look(state: &mut AppState, name: &str, keep: bool) {
    let name = name.trim();
    state.prefs.run_looks.retain(|(known, _)| known != name);
    if keep && !name.is_empty() {
        state.prefs.run_looks.push((name.to_owned(), state.prefs.runs.clone()));
        state.history.look_name.clear();
    }
}

/// Writes the runs that the words are found in.
pub(super) fn export(state: &AppState, file: PathBuf) -> Vec<Effect> {
    let history = &state.history;
    let runs = history.found.iter().filter_map(|&place| history.ledger.runs.get(place).cloned());
    vec![Effect::ExportRuns(runs.collect(), file)]
}

/// A command of the history page; says so where there is nothing to do it with.
pub(super) fn command(state: &mut AppState, command: UiCommand) -> Vec<Effect> {
    state.prefs.page = Page::History;
    if state.history.ledger.runs.is_empty() {
        state.toasts.warn("There are no runs yet", Some("Train a model first.".to_owned()));
        return Vec::new();
    }
    match command {
        UiCommand::ExportRuns => vec![Effect::Ask(DialogFor::ExportRuns)],
        UiCommand::SendRuns => {
            state.history.sending = Some(send_runs::remembered(state));
            Vec::new()
        }
        _ => {
            let choice = two_models::first_choice(state);
            if choice.is_none() {
                state.toasts.warn("There is one model only", Some("Train another one first.".to_owned()));
            }
            two_models::hold(state, choice)
        }
    }
}

/// Sorts the runs; the same column again turns the order round.
pub(super) fn sort_by(state: &mut AppState, column: RunColumn) {
    let look = &mut state.prefs.runs;
    // Numbers and times are looked at from the top, words from their beginning.
    let words = !column.is_number() && column != RunColumn::Started;
    look.descending = if look.sort == column { !look.descending } else { !words };
    look.sort = column;
    arrange(state);
}

/// Shows a run in the history.
pub(super) fn select(state: &mut AppState, id: RunId) -> Vec<Effect> {
    state.history.beside.retain(|other| *other != id);
    state.history.others.retain(|other| other.run.id != id);
    state.history.selected = Some(id.clone());
    vec![Effect::LoadRun(id)]
}

/// Hides a run; the toast offers the way back.
pub(super) fn delete(state: &mut AppState, id: RunId) -> Vec<Effect> {
    let now = state.now_ms;
    let run = state.history.ledger.runs.iter().find(|run| run.id == id);
    let name = run.map_or_else(|| id.0.clone(), |run| run.meta.name.clone());
    if state.train.run.as_ref() == Some(&id) {
        state.train.run = None;
        state.train.view = None;
    }
    state.history.selected = None;
    state.history.view = None;
    state.toasts.offer(format!("Run “{name}” deleted"), "Undo", Message::RestoreRun(id.clone()), now);
    vec![Effect::Delete(id)]
}
