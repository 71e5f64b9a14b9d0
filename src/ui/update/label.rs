//! The label page: a vote is on disk before the next photo shows, and can always be taken back.

use std::sync::Arc;

use super::{learning, pairs, photos, queues};
use crate::api::{Ballot, Occasion, RaterReport, Taken};
use crate::domain::{ImageId, VoteKind};
use crate::ui::message::{Effect, LabelData, Message, Receipt};
use crate::ui::place::Place;
use crate::ui::prefs::{Mode, Page};
use crate::ui::state::AppState;

/// Votes after which the rater panel is read again.
const REPORT_EVERY: u64 = 5;

/// Reads the page.
pub(super) fn load(state: &AppState) -> Effect {
    Effect::LoadLabelling(state.prefs.rater.clone())
}

/// The page was gone to.
pub(super) fn opened(state: &mut AppState) -> Vec<Effect> {
    let mut effects = vec![load(state)];
    effects.extend(queues::fill(state));
    effects.extend(report(state));
    effects.extend(pairs::enter(state));
    effects
}

/// Reads the rater panel, once at a time.
pub(super) fn report(state: &mut AppState) -> Vec<Effect> {
    if state.label.reporting || !state.prefs.panel {
        return Vec::new();
    }
    state.label.reporting = true;
    vec![Effect::LoadRaters(state.prefs.rater.clone())]
}

/// Hands a vote on the photo on screen over to be saved; input is held until it is.
pub(super) fn vote(state: &mut AppState, kind: VoteKind) -> Vec<Effect> {
    match state.label.current {
        Some(id) if state.prefs.page == Page::Label => {
            let occasion = match state.label.doubt() {
                Some(_) => Occasion::Review,
                None if state.label.repeat => Occasion::Repeat,
                None => Occasion::Plain,
            };
            cast(state, vec![(id, kind)], occasion)
        }
        _ => Vec::new(),
    }
}

/// Hands votes over to be saved, with what the window shows now; one ballot at a time.
pub(super) fn cast(state: &mut AppState, votes: Vec<(ImageId, VoteKind)>, occasion: Occasion) -> Vec<Effect> {
    let Some((_, kind)) = votes.first().copied().filter(|_| state.label.saving.is_none()) else { return Vec::new() };
    state.label.saving = Some(kind);
    let (rater, view) = (state.prefs.rater.clone(), Place::of(state).to_text());
    vec![Effect::SaveVotes(Ballot { rater, votes, occasion, at_ms: state.now_ms, view })]
}

/// The votes are on disk: only now does the next photo show.
pub(super) fn voted(state: &mut AppState, receipt: Receipt) -> Vec<Effect> {
    let now = state.now_ms;
    take_in(state, &receipt);
    state.label.saving = None;
    let Some(&(id, kind)) = receipt.votes.first() else { return Vec::new() };
    if kind != VoteKind::Skip {
        state.label.since_ms.get_or_insert(now);
        state.label.votes += 1;
    }
    let mut effects = match kind {
        VoteKind::Pair { .. } => pairs::voted(state),
        VoteKind::Tag { .. } => queues::tagged(state, &receipt.votes),
        _ => scored(state, id, kind),
    };
    state.label.data.recent = receipt.recent;
    if state.label.votes.is_multiple_of(REPORT_EVERY) || is_new(state) {
        effects.extend(report(state));
    }
    effects
}

/// The panel shows, and does not know the rater yet.
fn is_new(state: &AppState) -> bool {
    let knows = |report: &RaterReport| report.raters.iter().any(|row| row.name == state.prefs.rater);
    state.label.report.as_ref().is_some_and(|report| !knows(report))
}

/// A photo was scored or skipped: on to the next.
fn scored(state: &mut AppState, id: ImageId, kind: VoteKind) -> Vec<Effect> {
    let label = &mut state.label;
    label.answered = label.doubt().copied();
    label.data.opinions += 1;
    label.data.repeats.retain(|old| *old != id);
    let waiting = label.data.queue.len();
    label.data.queue.retain(|queued| *queued != id);
    label.data.progress.remaining -= ((waiting - label.data.queue.len()) as u64).min(label.data.progress.remaining);
    queues::seen(state, id);
    go_on(state, id);
    learning::voted(state, id, kind);
    let mut effects = queues::fill_again(state);
    if kind.score().is_some() {
        effects.extend(learning::learn(state, false));
    }
    effects
}

/// The photo is done with, and the next shows.
pub(super) fn go_on(state: &mut AppState, id: ImageId) {
    state.label.passed.remove(&id);
    if state.label.current == Some(id) {
        state.label.trail.push(id);
        state.label.current = None;
    }
    next(state);
}

/// The labels as they are now, so that nothing has to be read again between two photos.
pub(super) fn take_in(state: &mut AppState, receipt: &Receipt) {
    // Photos that are being read may lack these.
    state.browse.outdated |= state.browse.reading;
    let photos = Arc::make_mut(&mut state.photos);
    for &(image, label) in &receipt.labels {
        let Some(row) = state.index.get(&image).and_then(|index| photos.get_mut(*index)) else { continue };
        let labelled = &mut state.label.data.progress.labelled;
        *labelled = (*labelled + u64::from(label.is_some())).saturating_sub(u64::from(row.label.is_some()));
        row.label = label;
        state.browse.stale = true;
    }
}

/// Takes the newest vote back.
pub(super) fn undo(state: &mut AppState) -> Vec<Effect> {
    if state.label.saving.is_some() { Vec::new() } else { vec![Effect::UndoVote(state.prefs.rater.clone())] }
}

/// Casts again what was taken back last.
pub(super) fn redo(state: &mut AppState) -> Vec<Effect> {
    if state.label.saving.is_some() { Vec::new() } else { vec![Effect::RedoVote(state.prefs.rater.clone())] }
}

/// Votes were taken back: the window shows what it showed before them.
pub(super) fn undone(state: &mut AppState, taken: Option<Taken>, receipt: &Receipt, data: LabelData) -> Vec<Effect> {
    let now = state.now_ms;
    let Some(taken) = taken else {
        state.toasts.tell("There is no vote to take back", now);
        take(state, data);
        return Vec::new();
    };
    let text = format!("{} taken back", told(state, &taken));
    state.toasts.shown.retain(|toast| !matches!(&toast.choice, Some((_, to)) if matches!(**to, Message::RedoVote)));
    state.toasts.offer(text, "Redo", Message::RedoVote, now);
    forget(state, &taken);
    match taken.view.as_deref().and_then(Place::from_text) {
        Some(place) => place.restore(state),
        // A vote of a former version: its photo is all that is known.
        None => state.label.current = taken.votes.first().map(|vote| vote.image),
    }
    settled(state, receipt, data)
}

/// Votes were cast again: the window goes on behind them.
pub(super) fn redone(state: &mut AppState, again: Option<Taken>, receipt: &Receipt, data: LabelData) -> Vec<Effect> {
    let now = state.now_ms;
    let Some(again) = again else {
        state.toasts.tell("There is nothing to redo", now);
        take(state, data);
        return Vec::new();
    };
    let text = format!("{} is there again", told(state, &again));
    state.toasts.tell(text, now);
    forget(state, &again);
    if let Some(place) = again.view.as_deref().and_then(Place::from_text) {
        place.restore(state);
    }
    state.label.duels.shown.clear();
    let scored = again.votes.iter().any(|vote| Some(vote.image) == state.label.current && !is_tag(vote.kind));
    if let Some(id) = state.label.current.filter(|_| scored) {
        state.label.trail.push(id);
        state.label.current = None;
    }
    settled(state, receipt, data)
}

fn is_tag(kind: VoteKind) -> bool {
    matches!(kind, VoteKind::Tag { .. })
}

/// What was taken back or is there again, in words.
fn told(state: &AppState, taken: &Taken) -> String {
    let name = |id: ImageId| state.photo(id).map_or_else(String::new, |row| row.photo.file_name());
    match taken.votes.as_slice() {
        [vote] => match vote.kind {
            VoteKind::Pair { other, .. } => format!("Answer on {} and {}", name(vote.image), name(other)),
            _ => format!("Vote on {}", name(vote.image)),
        },
        votes => format!("{} votes", votes.len()),
    }
}

/// Forgets that these photos were seen.
fn forget(state: &mut AppState, taken: &Taken) {
    for vote in &taken.votes {
        state.label.trail.retain(|id| *id != vote.image);
        state.label.passed.remove(&vote.image);
    }
}

fn settled(state: &mut AppState, receipt: &Receipt, data: LabelData) -> Vec<Effect> {
    take_in(state, receipt);
    take(state, data);
    state.learning.guess = None;
    state.label.answered = None;
    let mut effects = photos::arrange(state);
    photos::restore_selection(state);
    effects.extend(learning::learn(state, false));
    effects.extend(pairs::look(state));
    effects
}

/// The label page as the store has it.
pub(super) fn take(state: &mut AppState, data: LabelData) {
    let newest = data.recent.first().map(|vote| (vote.id, vote.image));
    let resumed = state.label.resumed.take();
    // A window that was killed between a vote and the next photo had shown the voted one last.
    let voted = resumed.is_some_and(|known| known != newest.map(|vote| vote.0));
    if voted && newest.map(|vote| vote.1) == state.label.current {
        state.label.current = None;
    }
    state.label.data = data;
    state.label.loaded = true;
    if state.label.current.is_none() {
        next(state);
    }
}

/// A photo that is not there any more is not on screen either.
pub(super) fn check(state: &mut AppState) {
    if state.label.current.is_some_and(|id| !state.index.contains_key(&id)) {
        state.label.current = None;
        next(state);
    }
    let index = &state.index;
    if state.label.duels.shown.iter().any(|id| !index.contains_key(id)) {
        state.label.duels.shown.clear();
    }
}

/// The next photo of the mode and queue shows.
pub(super) fn next(state: &mut AppState) {
    let mode = state.prefs.mode;
    if mode == Mode::Score
        && let Some(old) = queues::due_again(state)
    {
        (state.label.current, state.label.repeat) = (Some(old), true);
        return;
    }
    let label = &state.label;
    let free = |id: &ImageId| !label.passed.contains(id);
    let found = queues::waiting(state).find(free);
    state.label.current = found;
    state.label.repeat = false;
    state.label.exact = None;
}

/// Shows a photo that was picked; a vote being saved is never torn from its photo.
pub(super) fn show(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    if state.label.saving.is_some() {
        return Vec::new();
    }
    if !matches!(state.prefs.mode, Mode::Score | Mode::Defects) {
        state.prefs.mode = Mode::Score;
    }
    state.label.repeat = false;
    state.label.exact = None;
    if let Some(before) = state.label.current.replace(id).filter(|before| *before != id) {
        state.label.trail.push(before);
    }
    state.prefs.page = Page::Label;
    vec![load(state)]
}

/// Back to the photo before.
pub(super) fn step_back(state: &mut AppState) {
    if state.label.saving.is_none()
        && let Some(before) = state.label.trail.pop()
    {
        if let Some(current) = state.label.current {
            state.label.passed.remove(&current);
        }
        (state.label.current, state.label.repeat, state.label.exact) = (Some(before), false, None);
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
