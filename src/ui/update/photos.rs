//! The photos: read and arranged off the frame, selected here.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::arrange::{Arranged, HIDDEN, Photos};
use super::super::chosen::{Band, Chosen};
use super::{LEVELS, label, learning, start};
use crate::api::{Occasion, PhotoRow};
use crate::domain::{ImageId, LEVEL_WORDS, VoteKind};
use crate::error::Error;
use crate::ui::message::{Effect, JobKind, Message, Receipt};
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, MOST_COMPARED, Similar};
use crate::ui::view::Pairing;

/// Reads the photos, now or as soon as the reading under way has ended.
pub(super) fn read(state: &mut AppState) -> Vec<Effect> {
    if std::mem::replace(&mut state.browse.reading, true) {
        state.browse.outdated = true;
        return Vec::new();
    }
    state.browse.outdated = false;
    vec![Effect::LoadPhotos(state.question())]
}

/// Works out anew which photos show.
pub(super) fn arrange(state: &mut AppState) -> Vec<Effect> {
    let question = state.question();
    // Before the first reading has ended there is nothing to arrange; its end asks again.
    if state.browse.loaded { vec![Effect::Arrange(state.photos.clone(), question)] } else { Vec::new() }
}

/// Scores or measures have changed: the grid follows when it is on screen, else when it shows next.
pub(super) fn changed(state: &mut AppState) -> Vec<Effect> {
    if state.prefs.page == Page::Browse {
        return arrange(state);
    }
    state.browse.stale = true;
    Vec::new()
}

/// The photos were read; they replace the former ones together with what shows of them.
pub(super) fn take(state: &mut AppState, (photos, answer): (Photos, Arranged)) -> Vec<Effect> {
    let chosen: Vec<ImageId> = chosen_ids(state);
    let rows = std::mem::replace(&mut state.photos, photos.rows);
    let index = std::mem::replace(&mut state.index, photos.index);
    let is_newest = answer.turn == state.browse.turn;
    state.browse.chosen = chosen.iter().filter_map(|id| state.index.get(id).copied()).collect();
    state.browse.before_band = None;
    install(state, answer);
    state.browse.loaded = true;
    state.browse.reading = false;
    restore_selection(state);
    let mut effects = vec![Effect::ForgetPhotos(Photos { rows, index })];
    if state.browse.outdated {
        effects.extend(read(state));
    } else if !is_newest {
        effects.extend(arrange(state));
    }
    effects
}

/// The photos could not be read.
pub(super) fn failed_to_read(state: &mut AppState, error: &Error) -> Vec<Effect> {
    state.browse.reading = false;
    state.toasts.error(error);
    Vec::new()
}

/// What shows was worked out; an answer to an earlier question is void.
pub(super) fn show(state: &mut AppState, answer: Arranged) {
    if answer.turn == state.browse.turn {
        install(state, answer);
    }
}

fn install(state: &mut AppState, answer: Arranged) {
    let browse = &mut state.browse;
    browse.answered = answer.turn;
    (browse.visible, browse.places) = (answer.visible, answer.places);
    (browse.sections, browse.facets) = (answer.sections, answer.facets);
    browse.tiling = None;
    // What is hidden must not be hit by what is done to the chosen ones.
    let places = std::mem::take(&mut browse.places);
    browse.chosen.keep(|index| places.get(index).is_some_and(|place| *place != HIDDEN));
    browse.places = places;
}

/// The ids of the chosen photos, in order of path.
pub(super) fn chosen_ids(state: &AppState) -> Vec<ImageId> {
    state.browse.chosen.iter().filter_map(|index| state.photos.get(index)).map(|row| row.photo.id).collect()
}

/// Selects a photo alone.
pub(super) fn select(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    state.browse.chosen = state.index.get(&id).map(|index| Chosen::one(*index)).unwrap_or_default();
    state.browse.anchor = Some(id);
    turn_to(state, id)
}

/// Shows a photo in the inspector; the others stay chosen.
pub(super) fn turn_to(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    state.browse.selected = Some(id);
    state.prefs.selected = state.photo(id).map(|row| row.photo.path.to_string_lossy().into_owned());
    if state.learning.model.is_some() { vec![Effect::LookAlike(id)] } else { Vec::new() }
}

/// Chooses a photo beside the others, or no more.
pub(super) fn toggle(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    let Some(&index) = state.index.get(&id) else { return Vec::new() };
    let chosen = &mut state.browse.chosen;
    if chosen.contains(index) {
        chosen.set(index, false);
        if state.browse.selected != Some(id) {
            return Vec::new();
        }
        let other = chosen.iter().next().map(|index| state.photos[index].photo.id);
        state.browse.selected = other;
        return other.map_or_else(Vec::new, |other| turn_to(state, other));
    }
    chosen.set(index, true);
    state.browse.anchor = Some(id);
    turn_to(state, id)
}

/// Chooses every photo between the last one that was picked and this one.
pub(super) fn select_to(state: &mut AppState, id: ImageId) -> Vec<Effect> {
    let place = |id: ImageId| state.place_of(id);
    let Some((from, to)) = state.browse.anchor.and_then(place).zip(place(id)) else { return select(state, id) };
    let range = from.min(to)..=from.max(to);
    state.browse.chosen = state.browse.visible[range].iter().copied().collect();
    turn_to(state, id)
}

/// Chooses what a rubber band touches.
pub(super) fn band(state: &mut AppState, band: Option<Band>) -> Vec<Effect> {
    let Some(band) = band else {
        state.browse.before_band = None;
        let first = state.browse.chosen.iter().next().map(|index| state.photos[index].photo.id);
        let is_chosen = state.browse.selected.and_then(|id| state.index.get(&id));
        return match first {
            Some(first) if !is_chosen.is_some_and(|index| state.browse.chosen.contains(*index)) => {
                state.browse.anchor = Some(first);
                turn_to(state, first)
            }
            _ => Vec::new(),
        };
    };
    let browse = &mut state.browse;
    let before = if band.extends { browse.chosen.clone() } else { Chosen::default() };
    let mut chosen = browse.before_band.get_or_insert(before).clone();
    let touched = band.touched.into_iter().flatten().filter_map(|place| browse.visible.get(place));
    touched.for_each(|index| chosen.set(*index, true));
    browse.chosen = chosen;
    Vec::new()
}

/// Chooses every photo that shows.
pub(super) fn select_all(state: &mut AppState) -> Vec<Effect> {
    state.browse.chosen = state.browse.visible.iter().copied().collect();
    match state.selected_place() {
        Some(_) => Vec::new(),
        None => state.photo_at(0).map(|row| row.photo.id).map_or_else(Vec::new, |id| turn_to(state, id)),
    }
}

/// Chooses only the selected photo.
pub(super) fn select_none(state: &mut AppState) {
    let selected = state.browse.selected.and_then(|id| state.index.get(&id));
    state.browse.chosen = selected.map(|index| Chosen::one(*index)).unwrap_or_default();
}

/// Moves the selection along the grid.
pub(super) fn move_selection(state: &mut AppState, by: i64) -> Vec<Effect> {
    let last = state.browse.visible.len() as i64 - 1;
    let next = match state.selected_place() {
        Some(place) => (place as i64).saturating_add(by).clamp(0, last.max(0)) as usize,
        None => 0,
    };
    match state.photo_at(next).map(|row| row.photo.id) {
        Some(id) => {
            state.browse.reveal = true;
            select(state, id)
        }
        None => Vec::new(),
    }
}

/// Shows the chosen photos beside each other, or the grid again.
pub(super) fn compare(state: &mut AppState) {
    if !state.compared().is_empty() {
        state.large.open = false;
        return;
    }
    if (2..=MOST_COMPARED).contains(&state.browse.chosen.len()) {
        (state.large.open, state.large.compares, state.large.pairing) = (true, true, Pairing::default());
    } else {
        let advice = "Hold Ctrl or Shift and click, or draw a rubber band.".to_owned();
        state.toasts.warn(format!("Select two to {MOST_COMPARED} photos to compare them"), Some(advice));
    }
}

/// Scores every chosen photo, in the large view the outlined one alone; nothing else may be on its way to the disk.
pub(super) fn rate_chosen(state: &mut AppState, level: u8) -> Vec<Effect> {
    let readable = |row: &&PhotoRow| row.photo.error.is_none();
    let selected = state.browse.selected.and_then(|id| state.photo(id)).filter(|_| state.large.open);
    let rows = state.browse.chosen.iter().filter_map(|index| state.photos.get(index));
    let rows = rows.filter(|_| !state.large.open).chain(selected).filter(readable);
    let ids: Vec<ImageId> = rows.map(|row| row.photo.id).collect();
    if ids.is_empty() || state.label.saving.is_some() {
        return Vec::new();
    }
    state.browse.rating = true;
    let votes = ids.into_iter().map(|id| (id, VoteKind::Rating { level, levels: LEVELS })).collect();
    label::cast(state, votes, Occasion::Plain)
}

/// The votes are on disk.
pub(super) fn rated(state: &mut AppState, receipt: Receipt) -> Vec<Effect> {
    label::take_in(state, &receipt);
    (state.browse.rating, state.label.saving) = (false, None);
    let word = match receipt.votes.first() {
        Some((_, VoteKind::Rating { level, .. })) => LEVEL_WORDS.get(usize::from(*level).wrapping_sub(1)).copied(),
        _ => None,
    };
    let count = receipt.votes.len();
    let photos = if count == 1 { "1 photo".to_owned() } else { format!("{count} photos") };
    let text = format!("{photos} labelled {}", word.unwrap_or("anew").to_lowercase());
    let now = state.now_ms;
    state.toasts.offer(text, "Undo", Message::UndoVote, now);
    state.label.data.recent = receipt.recent;
    let mut effects = vec![label::load(state)];
    effects.extend(changed(state));
    effects.extend(learning::learn(state, false));
    effects
}

/// Selects the photo that was selected when the window was closed, unless another one is.
pub(super) fn restore_selection(state: &mut AppState) {
    if state.browse.selected.is_none()
        && let Some(path) = state.prefs.selected.as_ref().map(PathBuf::from)
    {
        // Rows are in order of path, byte by byte.
        let found = state.photos.binary_search_by(|row| row.photo.path.as_os_str().cmp(path.as_os_str()));
        let found = found.ok();
        state.browse.selected = found.map(|index| state.photos[index].photo.id);
        state.browse.anchor = state.browse.selected;
        state.browse.chosen = found.map(Chosen::one).unwrap_or_default();
    }
}

/// The photos that look like one were found, or there is nothing to compare them by yet.
pub(super) fn found_similar(state: &mut AppState, image: ImageId, found: Option<Vec<(ImageId, f64)>>) -> Vec<Effect> {
    let Some(found) = found else {
        let describing = state.job(JobKind::Describe).is_some();
        let now = state.now_ms;
        state.toasts.tell("Photos are described first; then similar ones can be found", now);
        return if describing { Vec::new() } else { start(state, JobKind::Describe, Effect::StartDescribe) };
    };
    state.browse.similar = Some(Similar { image, distances: Arc::new(found.into_iter().collect()) });
    (state.prefs.page, state.large.open) = (Page::Browse, false);
    state.browse.reveal = true;
    arrange(state)
}
