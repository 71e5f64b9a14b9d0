//! Trainings: beginning one, those that wait for it to end, and what the train page knows of the labels.

use super::start;
use crate::domain::RunId;
use crate::ui::message::{Effect, JobKind};
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, LabelledData, Planned};

/// Begins a training, or puts it behind the one under way.
pub(super) fn plan(state: &mut AppState, planned: Planned) -> Vec<Effect> {
    state.config.train = (*planned.config).clone();
    state.train.name.clear();
    if state.job(JobKind::Train).is_some() {
        state.train.queue.push(planned);
        return Vec::new();
    }
    begin(state, planned)
}

fn begin(state: &mut AppState, planned: Planned) -> Vec<Effect> {
    start(state, JobKind::Train, Effect::StartTrain(planned, None))
}

/// Goes on with a run that was stopped.
pub(super) fn resume(state: &mut AppState, id: RunId) -> Vec<Effect> {
    state.prefs.page = Page::Train;
    let planned = Planned { config: Box::new(state.config.train.clone()), name: String::new(), finetune: false };
    let mut effects = start(state, JobKind::Train, Effect::StartTrain(planned, Some(id.clone())));
    if !effects.is_empty() {
        state.train.run = Some(id);
        effects.extend(super::runs::follow(state));
    }
    effects
}

/// Begins the training that has waited longest.
pub(super) fn next(state: &mut AppState) -> Vec<Effect> {
    if state.train.queue.is_empty() || state.job(JobKind::Train).is_some() {
        return Vec::new();
    }
    let planned = state.train.queue.remove(0);
    begin(state, planned)
}

/// Takes a waiting training out.
pub(super) fn unplan(state: &mut AppState, place: usize) {
    if place < state.train.queue.len() {
        state.train.queue.remove(place);
    }
}

/// Looks at the labels; called when they or the page may have changed, never every frame.
pub(super) fn look_at_labels(state: &mut AppState) {
    let labels = state.photos.iter().filter_map(|row| Some((row.label?.mos, row.photo.group.as_deref())));
    state.train.data = LabelledData::of(labels);
}
