//! Which photo comes next: queues of every kind, photos slipped in a second time, and defects.

use super::label::{cast, go_on, load, report};
use crate::api::{Occasion, QueueKind, Suspect};
use crate::domain::{ImageId, NO_DEFECT, TagId, UNSURE, VoteKind};
use crate::ui::message::{Effect, Message};
use crate::ui::prefs::{Mode, Page};
use crate::ui::state::AppState;

/// One photo of so many is slipped in a second time.
const REPEAT_EVERY: u64 = 20;

/// Photos of a special queue at which the next ones are chosen.
const LOW: usize = 4;

/// The photos that wait in the mode and queue of the page, in order.
pub fn waiting(state: &AppState) -> Box<dyn Iterator<Item = ImageId> + '_> {
    let label = &state.label;
    match (state.prefs.mode, state.prefs.queue) {
        (Mode::Defects, _) => Box::new(label.data.untagged.iter().copied()),
        (_, QueueKind::Random) => Box::new(label.data.queue.iter().copied()),
        (_, QueueKind::Suspect) => Box::new(label.suspects.iter().map(|suspect| suspect.image)),
        _ => Box::new(label.chosen.iter().flatten().copied()),
    }
}

/// How many of them.
pub fn waiting_count(state: &AppState) -> usize {
    let label = &state.label;
    match (state.prefs.mode, state.prefs.queue) {
        (Mode::Defects, _) => label.data.untagged.len(),
        (_, QueueKind::Random) => label.data.queue.len(),
        (_, QueueKind::Suspect) => label.suspects.len(),
        _ => label.chosen.as_ref().map_or(0, Vec::len),
    }
}

/// A photo scored before that is to be scored again now: one in twenty, at a place of its own in every twenty votes.
pub(super) fn due_again(state: &AppState) -> Option<ImageId> {
    let data = &state.label.data;
    let special = matches!(state.prefs.queue, QueueKind::Suspect);
    let place = (data.opinions / REPEAT_EVERY).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) % REPEAT_EVERY;
    let due = !special && data.opinions % REPEAT_EVERY == place;
    let shown = |id: &&ImageId| !state.label.passed.contains(id) && state.index.contains_key(id);
    data.repeats.iter().find(shown).copied().filter(|_| due)
}

/// Another mode.
pub(super) fn enter_mode(state: &mut AppState, mode: Mode) -> Vec<Effect> {
    if state.label.saving.is_some() {
        return Vec::new();
    }
    state.prefs.page = Page::Label;
    if state.prefs.mode == mode {
        return Vec::new();
    }
    state.prefs.mode = mode;
    restart(state);
    super::label::opened(state)
}

/// Another queue.
pub(super) fn choose(state: &mut AppState, kind: QueueKind) -> Vec<Effect> {
    if state.label.saving.is_some() {
        return Vec::new();
    }
    state.prefs.queue = kind;
    (state.label.chosen, state.label.suspects, state.label.answered) = (None, Vec::new(), None);
    restart(state);
    fill(state)
}

/// Forgets where the former queue was.
fn restart(state: &mut AppState) {
    let label = &mut state.label;
    label.current = None;
    label.passed.clear();
    label.trail.clear();
    (label.exact, label.duels.best) = (None, None);
    label.duels.shown.clear();
    super::label::next(state);
}

/// Asks for the photos of a special queue, unless they are there.
pub(super) fn fill(state: &mut AppState) -> Vec<Effect> {
    let kind = state.prefs.queue;
    if kind == QueueKind::Random || state.label.chosen.is_some() {
        return Vec::new();
    }
    vec![Effect::FillQueue(kind, state.prefs.rater.clone())]
}

/// A photo of a special queue was seen.
pub(super) fn seen(state: &mut AppState, id: ImageId) {
    let label = &mut state.label;
    label.suspects.retain(|suspect| suspect.image != id);
    if let Some(chosen) = &mut label.chosen {
        chosen.retain(|queued| *queued != id);
    }
}

/// Asks for more when the photos of the uncertain queue run low: every batch is chosen with what the last one taught.
pub(super) fn fill_again(state: &mut AppState) -> Vec<Effect> {
    let left = state.label.chosen.as_ref().map_or(usize::MAX, Vec::len);
    let low = state.prefs.queue == QueueKind::Uncertain && left == LOW;
    if low { vec![Effect::FillQueue(QueueKind::Uncertain, state.prefs.rater.clone())] } else { Vec::new() }
}

/// The photos of a special queue are there.
pub(super) fn filled(
    state: &mut AppState,
    kind: QueueKind,
    photos: Vec<ImageId>,
    suspects: Vec<Suspect>,
) -> Vec<Effect> {
    if state.prefs.queue != kind {
        return Vec::new();
    }
    let label = &mut state.label;
    let mut chosen = photos;
    if let Some(rest) = label.chosen.take().filter(|_| kind == QueueKind::Uncertain) {
        // Those on the way are seen first.
        chosen.retain(|id| !rest.contains(id));
        chosen.splice(0..0, rest);
    }
    label.chosen = Some(chosen);
    label.suspects = suspects;
    if state.label.current.is_none() {
        super::label::next(state);
    }
    Vec::new()
}

/// The label in doubt is kept, or its rater is unsure about it.
pub(super) fn answer_doubt(state: &mut AppState, keep: bool) -> Vec<Effect> {
    let Some(suspect) = state.label.doubt().copied() else { return Vec::new() };
    if keep {
        let quarter = suspect.label / 25.0;
        let kind = if (quarter - quarter.round()).abs() < 1e-9 {
            VoteKind::Rating { level: 1 + quarter.round() as u8, levels: 5 }
        } else {
            VoteKind::Mean { score: suspect.label, n: 1 }
        };
        return super::label::vote(state, kind);
    }
    let Some(tag) = state.label.tag(UNSURE) else { return Vec::new() };
    cast(state, vec![(suspect.image, VoteKind::Tag { tag, on: true })], Occasion::Review)
}

/// Tags the photo on screen with a defect, or takes it off.
pub(super) fn toggle_tag(state: &mut AppState, tag: TagId) -> Vec<Effect> {
    let Some(id) = state.label.current.filter(|_| state.prefs.page == Page::Label) else { return Vec::new() };
    let on = !state.label.is_tagged(tag);
    let mut votes = vec![(id, VoteKind::Tag { tag, on })];
    // A photo with a defect is not free of them.
    if let Some(none) = state.label.tag(NO_DEFECT).filter(|none| on && state.label.is_tagged(*none)) {
        votes.push((id, VoteKind::Tag { tag: none, on: false }));
    }
    cast(state, votes, Occasion::Plain)
}

/// The defects of the photo on screen are all tagged: on to the next; without one it counts as free of them.
pub(super) fn done(state: &mut AppState) -> Vec<Effect> {
    let Some(id) = state.label.current.filter(|_| state.prefs.page == Page::Label) else { return Vec::new() };
    if state.label.saving.is_some() {
        return Vec::new();
    }
    let tagged = state.label.data.tagged.get(&id).is_some_and(|tags| !tags.is_empty());
    match state.label.tag(NO_DEFECT).filter(|_| !tagged) {
        Some(none) => cast(state, vec![(id, VoteKind::Tag { tag: none, on: true })], Occasion::Plain),
        None => {
            go_on(state, id);
            Vec::new()
        }
    }
}

/// Tags are on disk.
pub(super) fn tagged(state: &mut AppState, votes: &[(ImageId, VoteKind)]) -> Vec<Effect> {
    let (none, unsure) = (state.label.tag(NO_DEFECT), state.label.tag(UNSURE));
    let mut done = None;
    for (id, kind) in votes {
        let VoteKind::Tag { tag, on } = *kind else { continue };
        state.label.data.untagged.retain(|queued| queued != id);
        let tags = state.label.data.tagged.entry(*id).or_default();
        if on {
            tags.insert(tag);
        } else {
            tags.remove(&tag);
        }
        if on && [none, unsure].contains(&Some(tag)) {
            done = Some((*id, Some(tag) == none));
        }
    }
    if let Some((id, is_free)) = done {
        if !is_free {
            state.label.answered = state.label.doubt().copied();
        }
        seen(state, id);
        go_on(state, id);
    }
    Vec::new()
}

/// Votes are cast under another name from now on.
pub(super) fn rate_as(state: &mut AppState, name: &str) -> Vec<Effect> {
    let name = name.trim();
    if name.is_empty() || name == state.prefs.rater || state.label.saving.is_some() {
        return Vec::new();
    }
    state.prefs.rater = name.to_owned();
    (state.label.chosen, state.label.suspects, state.label.report) = (None, Vec::new(), None);
    (state.label.since_ms, state.label.votes, state.label.answered) = (None, 0, None);
    state.learning.guess = None;
    restart(state);
    state.label.current = None;
    let now = state.now_ms;
    state.toasts.tell(format!("Votes are cast as {name} now"), now);
    let mut effects = vec![load(state)];
    effects.extend(fill(state));
    effects.extend(report(state));
    effects
}

/// What the list of keys does.
pub(super) fn give_key(state: &mut AppState, key: eframe::egui::KeyboardShortcut) {
    let Some(Some(bound)) = state.label.keys.take() else { return };
    let defects: Vec<String> = state.label.defects().map(|tag| tag.name.clone()).collect();
    if let Err(taken) = state.prefs.keys.give(&bound, key, &defects) {
        state.toasts.warn(format!("That key is taken: {taken}"), Some("Give that one another key first.".to_owned()));
    }
    state.label.keys = Some(None);
}

/// Messages of the label page that change its mode, queue, defects, rater or keys; nothing for others.
pub(super) fn handle(state: &mut AppState, message: &Message) -> Option<Vec<Effect>> {
    Some(match message {
        Message::LabelMode(mode) => enter_mode(state, *mode),
        Message::LabelQueue(kind) => choose(state, *kind),
        Message::ToggleTag(tag) => toggle_tag(state, *tag),
        Message::AddTag(name) => vec![Effect::AddTag(name.clone(), state.prefs.rater.clone())],
        Message::RateAs(name) => rate_as(state, name),
        Message::ScoreExactly(score) => {
            super::label::vote(state, VoteKind::Mean { score: score.clamp(0.0, 100.0), n: 1 })
        }
        Message::SetExact(score) => {
            state.label.exact = score.map(|score| score.clamp(0.0, 100.0));
            Vec::new()
        }
        Message::ChooseKey(keys) => {
            state.label.keys.clone_from(keys);
            Vec::new()
        }
        Message::GiveKey(key) => {
            give_key(state, *key);
            Vec::new()
        }
        Message::LabelPairing(pairing) => {
            state.label.duels.pairing = *pairing;
            Vec::new()
        }
        Message::ResetKeys => {
            state.prefs.keys = crate::ui::keys::Keys::default();
            Vec::new()
        }
        _ => return None,
    })
}
