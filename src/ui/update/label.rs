//! The label page: a vote is on disk before the next photo shows, and can always be taken back.

use std::sync::Arc;

use super::{learning, photos};
use crate::domain::{ImageId, Label, Vote, VoteKind};
use crate::ui::message::{Effect, LabelData};
use crate::ui::prefs::Page;
use crate::ui::state::AppState;

/// Hands a vote on the photo on screen over to be saved; input is held until it is.
pub(super) fn vote(state: &mut AppState, kind: VoteKind) -> Vec<Effect> {
    match state.label.current {
        Some(id) if state.label.saving.is_none() && state.prefs.page == Page::Label => {
            state.label.saving = Some(kind);
            vec![Effect::SaveVote(id, kind)]
        }
        _ => Vec::new(),
    }
}

/// The vote is on disk: only now does the next photo show.
pub(super) fn voted(state: &mut AppState, id: ImageId, kind: VoteKind, recent: Vec<Vote>) -> Vec<Effect> {
    let now = state.now_ms;
    let label = &mut state.label;
    label.saving = None;
    if kind != VoteKind::Skip {
        label.since_ms.get_or_insert(now);
        label.votes += 1;
    }
    label.data.recent = recent;
    learning::voted(state, id, kind);
    let label = &mut state.label;
    let waiting = label.data.queue.len();
    label.data.queue.retain(|queued| *queued != id);
    label.passed.remove(&id);
    let is_first = label.data.queue.len() < waiting;
    if label.current == Some(id) {
        label.trail.push(id);
        label.current = None;
    }
    next(state);
    if is_first {
        count_in(state, id, kind);
        return if kind.score().is_some() { learning::learn(state, false) } else { Vec::new() };
    }
    // An earlier vote is replaced: what remains of the label only the store knows.
    let mut effects = vec![Effect::LoadLabelling];
    effects.extend(photos::read(state));
    effects.extend(learning::learn(state, false));
    effects
}

/// Adds a first vote to what is on screen, so that nothing has to be read again between two photos.
fn count_in(state: &mut AppState, id: ImageId, kind: VoteKind) {
    let progress = &mut state.label.data.progress;
    progress.remaining = progress.remaining.saturating_sub(1);
    let Some(score) = kind.score() else { return };
    // Photos that are being read may lack this vote.
    state.browse.outdated |= state.browse.reading;
    let photos = Arc::make_mut(&mut state.photos);
    let Some(row) = state.index.get(&id).and_then(|index| photos.get_mut(*index)) else { return };
    let before = row.label.map_or((0.0, 0), |label| (label.mos, label.n));
    progress.labelled += u64::from(before.1 == 0);
    let n = before.1 + 1;
    let mos = (before.0 * f64::from(before.1) + score) / f64::from(n);
    row.label = Some(Label { image: id, mos, n });
    state.browse.stale = true;
}

/// Takes the newest vote back.
pub(super) fn undo(state: &mut AppState) -> Vec<Effect> {
    if state.label.saving.is_some() { Vec::new() } else { vec![Effect::UndoVote] }
}

/// A vote was taken back: its photo is on screen again.
pub(super) fn undone(state: &mut AppState, vote: Option<Vote>, data: LabelData) -> Vec<Effect> {
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
    take(state, data);
    state.learning.guess = None;
    let mut effects = photos::read(state);
    effects.extend(learning::learn(state, false));
    effects
}

/// The label page as the store has it.
pub(super) fn take(state: &mut AppState, data: LabelData) {
    state.label.data = data;
    state.label.loaded = true;
    if state.label.current.is_none() {
        next(state);
    }
}

fn next(state: &mut AppState) {
    let label = &mut state.label;
    label.current = label.data.queue.iter().copied().find(|id| !label.passed.contains(id));
}

/// Shows a photo that was picked; a vote being saved is never torn from its photo.
pub(super) fn show(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    if state.label.saving.is_some() {
        return Vec::new();
    }
    if let Some(before) = state.label.current.replace(id).filter(|before| *before != id) {
        state.label.trail.push(before);
    }
    state.prefs.page = Page::Label;
    vec![Effect::LoadLabelling]
}

/// Back to the photo before.
pub(super) fn step_back(state: &mut AppState) {
    if state.label.saving.is_none()
        && let Some(before) = state.label.trail.pop()
    {
        if let Some(current) = state.label.current {
            state.label.passed.remove(&current);
        }
        state.label.current = Some(before);
    }
}

/// On to the next photo, without a vote.
pub(super) fn step_on(state: &mut AppState) {
    let label = &mut state.label;
    if label.saving.is_some() {
        return;
    }
    if let Some(current) = label.current.take() {
        label.passed.insert(current);
        label.trail.push(current);
    }
    next(state);
}
