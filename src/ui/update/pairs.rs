//! Pairs and fours: photos held against each other until their order is settled.

use super::label::cast;
use super::{learning, photos};
use crate::api::{Arena, ArenaRequest, Occasion};
use crate::domain::{ImageId, Preference, VoteKind};
use crate::ui::message::Effect;
use crate::ui::prefs::{Mode, Page};
use crate::ui::state::AppState;

/// Skipped pairs that are remembered.
const MOST_SKIPPED: usize = 500;

fn compares(state: &AppState) -> bool {
    matches!(state.prefs.mode, Mode::Pairs | Mode::Four)
}

/// Photos are compared from now on: those that the filter of the grid shows, as many as fit, in the order of their content,
/// so that it is the same ones the next time.
pub(super) fn enter(state: &mut AppState) -> Vec<Effect> {
    if !compares(state) || !state.browse.loaded {
        return Vec::new();
    }
    if state.browse.stale {
        // The answer comes back here.
        return photos::arrange(state);
    }
    let readable = |index: &&usize| {
        let photo = &state.photos[**index].photo;
        photo.error.is_none() && !photo.missing
    };
    let mut chosen: Vec<&usize> = state.browse.visible.iter().filter(readable).collect();
    let content = |index: &usize| (&state.photos[*index].photo.sha256, state.photos[*index].photo.id);
    let most = state.prefs.arena.max(2);
    if chosen.len() > most {
        chosen.select_nth_unstable_by(most, |a, b| content(a).cmp(&content(b)));
        chosen.truncate(most);
    }
    chosen.sort_by(|a, b| content(a).cmp(&content(b)));
    let photos: Vec<ImageId> = chosen.into_iter().map(|index| state.photos[*index].photo.id).collect();
    let duels = &mut state.label.duels;
    if duels.photos != photos {
        (duels.arena, duels.told) = (None, false);
        duels.photos = photos;
        let photos = &duels.photos;
        if duels.shown.iter().any(|id| !photos.contains(id)) {
            duels.shown.clear();
        }
    }
    look(state)
}

/// Looks at the order, once at a time.
pub(super) fn look(state: &mut AppState) -> Vec<Effect> {
    if !compares(state) || state.label.duels.photos.is_empty() {
        return Vec::new();
    }
    if state.label.duels.busy {
        state.label.duels.behind = true;
        return Vec::new();
    }
    let score = |id: ImageId| state.score_of(state.photo(id)?);
    let photos = state.label.duels.photos.iter().map(|id| (*id, score(*id))).collect();
    let skipped = state.label.duels.skipped.clone();
    state.label.duels.busy = true;
    vec![Effect::LookAtArena(ArenaRequest { photos, skipped })]
}

/// The order is known.
pub(super) fn seen(state: &mut AppState, arena: Arena) -> Vec<Effect> {
    let duels = &mut state.label.duels;
    duels.busy = false;
    if std::mem::take(&mut duels.behind) {
        return look(state);
    }
    let may_stop = arena.may_stop();
    duels.arena = Some(arena);
    if duels.shown.is_empty() {
        show_next(state);
    }
    let now = state.now_ms;
    if may_stop && !std::mem::replace(&mut state.label.duels.told, true) {
        state.toasts.tell("You can stop now: the order is settled", now);
    }
    state.label.duels.told &= may_stop;
    Vec::new()
}

/// The pair, or the four, that would tell most.
fn show_next(state: &mut AppState) {
    let four = state.prefs.mode == Mode::Four;
    let duels = &mut state.label.duels;
    duels.best = None;
    let Some(arena) = &duels.arena else { return };
    duels.shown = match arena.next.first() {
        Some(pair) if !four => pair.to_vec(),
        Some(_) => {
            let mut photos: Vec<ImageId> = Vec::new();
            let ranked = arena.ranking.iter().map(|ranked| ranked.image);
            for id in arena.next.iter().flatten().copied().chain(ranked) {
                if photos.len() < 4 && !photos.contains(&id) {
                    photos.push(id);
                }
            }
            if photos.len() == 4 { photos } else { Vec::new() }
        }
        None => Vec::new(),
    };
}

/// How the first of the two photos on screen compares.
pub(super) fn compare(state: &mut AppState, preference: Preference) -> Vec<Effect> {
    match state.label.duels.shown[..] {
        [first, second] if state.prefs.mode == Mode::Pairs && state.prefs.page == Page::Label => {
            cast(state, vec![(first, VoteKind::Pair { other: second, preference })], Occasion::Plain)
        }
        _ => Vec::new(),
    }
}

/// The best of the four photos on screen, then the worst: as much as five pairs.
pub(super) fn pick(state: &mut AppState, place: usize) -> Vec<Effect> {
    if state.prefs.mode != Mode::Four || place >= state.label.duels.shown.len() {
        return Vec::new();
    }
    let duels = &mut state.label.duels;
    match duels.best {
        None => duels.best = Some(place),
        // A second press takes the choice back.
        Some(best) if best == place => duels.best = None,
        Some(best) => {
            let shown = duels.shown.clone();
            let over = |one: usize, two: usize| {
                (shown[one], VoteKind::Pair { other: shown[two], preference: Preference::Better })
            };
            let others = |place: usize| (0..shown.len()).filter(move |other| *other != place);
            let mut votes: Vec<_> = others(best).map(|other| over(best, other)).collect();
            votes.extend(others(place).filter(|other| *other != best).map(|other| over(other, place)));
            return cast(state, votes, Occasion::Plain);
        }
    }
    Vec::new()
}

/// Other photos, without an answer.
pub(super) fn skip(state: &mut AppState) -> Vec<Effect> {
    if state.label.saving.is_some() {
        return Vec::new();
    }
    let duels = &mut state.label.duels;
    let shown = std::mem::take(&mut duels.shown);
    duels.best = None;
    for (place, one) in shown.iter().enumerate() {
        duels.skipped.extend(shown[..place].iter().map(|other| [*other, *one]));
    }
    let old = duels.skipped.len().saturating_sub(MOST_SKIPPED);
    duels.skipped.drain(..old);
    look(state)
}

/// An answer is on disk.
pub(super) fn voted(state: &mut AppState) -> Vec<Effect> {
    state.label.duels.shown.clear();
    state.label.duels.best = None;
    let mut effects = look(state);
    effects.extend(learning::learn(state, false));
    effects
}
