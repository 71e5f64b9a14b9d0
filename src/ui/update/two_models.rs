//! Two models held against each other on the photos that both have scored.

use std::sync::Arc;

use crate::api::{ModelEntry, SideBySide};
use crate::domain::ModelId;
use crate::ui::message::Effect;
use crate::ui::state::{AppState, TwoModels};

/// Models whose scores are kept, the current one first.
pub fn candidates(state: &AppState) -> impl Iterator<Item = &ModelEntry> {
    // A personal model's scores are never stored.
    state.models.iter().filter(|model| model.card.personal.is_none())
}

/// The current model, and beside it that of the selected run, else the next one.
pub fn first_choice(state: &AppState) -> Option<[ModelId; 2]> {
    let current = candidates(state).next()?;
    let selected = state.history.selected.as_ref().map(|run| run.0.as_str());
    let others = || candidates(state).skip(1);
    let other = others().find(|model| selected.is_some() && model.card.run.as_deref() == selected);
    Some([current.card.id.clone(), other.or_else(|| others().next())?.card.id.clone()])
}

/// Holds two models against each other, or no more.
pub(super) fn hold(state: &mut AppState, models: Option<[ModelId; 2]>) -> Vec<Effect> {
    state.history.scatter = None;
    let kept = state.history.two_models.as_ref().and_then(|two| two.photo().or(two.kept));
    state.history.two_models =
        models.clone().map(|models| TwoModels { models, found: None, at: 0, kept, reveal: false });
    models.map(Effect::HoldModels).into_iter().collect()
}

/// Reads anew what they say: photos were scored since.
pub(super) fn again(state: &AppState) -> Option<Effect> {
    state.history.two_models.as_ref().map(|two| Effect::HoldModels(two.models.clone()))
}

/// What two models say; an answer about others is void.
pub(super) fn held(state: &mut AppState, models: &[ModelId; 2], found: SideBySide) {
    let Some(two) = state.history.two_models.as_mut().filter(|two| two.models == *models) else { return };
    let shown = two.photo().or(two.kept);
    two.at = shown.and_then(|image| found.photos.iter().position(|pair| pair.image == image)).unwrap_or(0);
    (two.found, two.reveal) = (Some(Arc::new(found)), true);
}

/// Shows the photo at a place of the list.
pub(super) fn show(state: &mut AppState, at: usize) {
    if let Some(two) = &mut state.history.two_models {
        two.at = at;
    }
}

/// Goes on by so many photos.
pub(super) fn step(state: &mut AppState, by: i64) {
    let Some(two) = &mut state.history.two_models else { return };
    let last = two.found.as_ref().map_or(0, |found| found.photos.len().saturating_sub(1));
    two.at = two.at.saturating_add_signed(by as isize).min(last);
    two.reveal = true;
}
