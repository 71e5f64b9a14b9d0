//! The runs: which one the train page follows, which one the history shows.

use crate::api::RunView;
use crate::domain::{Run, RunId, RunStatus};
use crate::ui::message::{Effect, JobKind, Message};
use crate::ui::state::AppState;

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

/// Shows a run in the history.
pub(super) fn select(state: &mut AppState, id: RunId) -> Vec<Effect> {
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
