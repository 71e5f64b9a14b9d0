//! The runs: which one the train page follows, which one the history shows.

use crate::api::RunView;
use crate::domain::{Run, RunId, RunStatus};
use crate::ui::message::{Effect, JobKind, Message};
use crate::ui::prefs::RunColumn;
use crate::ui::state::{AppState, sort_runs};

/// The runs as the store has them.
pub(super) fn take(state: &mut AppState, runs: Vec<Run>) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.train.run.is_none() && state.job(JobKind::Train).is_some() {
        // The job does not name its run; it is the one that has begun since.
        let began = |run: &&Run| run.status == RunStatus::Running && run.started_ms >= state.train.since_ms;
        state.train.run = runs.iter().find(began).map(|run| run.id.clone());
        effects.extend(follow(state));
    }
    let history = &mut state.history;
    history.loaded = true;
    history.runs = runs;
    history.beside.retain(|id| history.runs.iter().any(|run| run.id == *id));
    history.others.retain(|view| history.beside.contains(&view.run.id));
    sort_runs(&mut history.runs, state.prefs.run_column, state.prefs.runs_descending);
    let there = |id: &RunId| history.runs.iter().any(|run| run.id == *id);
    if !history.selected.as_ref().is_some_and(there) {
        history.selected = history.runs.first().map(|run| run.id.clone());
        history.view = None;
    }
    effects.extend(history.selected.clone().map(Effect::LoadRun));
    effects
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

/// Sorts the runs; the same column again turns the order round.
pub(super) fn sort_by(state: &mut AppState, column: RunColumn) {
    let prefs = &mut state.prefs;
    // Numbers and times are looked at from the top, words from their beginning.
    let words = matches!(column, RunColumn::Name | RunColumn::Status | RunColumn::Recipe);
    prefs.runs_descending = if prefs.run_column == column { !prefs.runs_descending } else { !words };
    prefs.run_column = column;
    sort_runs(&mut state.history.runs, column, prefs.runs_descending);
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
    let run = state.history.runs.iter().find(|run| run.id == id);
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
