//! Where a person is in the window: what undo gives back, and where the next start goes on, also after a kill.
//!
//! It lies in the project as JSON, written as soon as another photo shows; preferences are written now and then.

use serde::{Deserialize, Serialize};

use super::prefs::{Mode, Page, SortBy};
use super::state::AppState;
use crate::api::QueueKind;
use crate::domain::{ImageId, VoteId};

/// The page, the photo, and how the grid is filtered, sorted and scrolled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The page.
    pub page: Page,
    /// The filter of the grid.
    pub filter: String,
    /// The order of the grid.
    pub sort: SortBy,
    /// Largest first.
    pub descending: bool,
    /// Scroll position of the grid, in points.
    pub scroll: f32,
    /// Path of the selected photo.
    pub selected: Option<String>,
    /// The photo on the label page.
    pub photo: Option<ImageId>,
    /// It was slipped in a second time.
    pub repeat: bool,
    /// How photos are labelled.
    pub mode: Mode,
    /// Which photos come first.
    pub queue: QueueKind,
    /// The photos on screen when several are compared.
    pub compared: Vec<ImageId>,
    /// The newest vote that was known here.
    pub last_vote: Option<VoteId>,
}

impl Place {
    /// Where the person is now.
    pub fn of(state: &AppState) -> Self {
        let prefs = &state.prefs;
        Self {
            page: prefs.page,
            filter: prefs.filter.clone(),
            sort: prefs.sort,
            descending: prefs.descending,
            scroll: prefs.scroll,
            selected: prefs.selected.clone(),
            photo: state.label.current,
            repeat: state.label.repeat,
            mode: prefs.mode,
            queue: prefs.queue,
            compared: state.label.duels.shown.clone(),
            last_vote: state.label.data.recent.first().map(|vote| vote.id),
        }
    }

    /// The place as text; nothing when it cannot be written.
    pub fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Reads what [`Self::to_text`] wrote; nothing for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Another page or photo, rather than a step in the grid, of which there can be many a second.
    pub fn is_elsewhere(&self, other: &Self) -> bool {
        (self.page, self.photo, self.last_vote, &self.compared)
            != (other.page, other.photo, other.last_vote, &other.compared)
    }

    /// Brings the window back here; the grid has to be arranged then.
    pub fn restore(self, state: &mut AppState) {
        let prefs = &mut state.prefs;
        (prefs.page, prefs.filter, prefs.sort) = (self.page, self.filter, self.sort);
        (prefs.descending, prefs.scroll, prefs.selected) = (self.descending, self.scroll, self.selected);
        (prefs.mode, prefs.queue) = (self.mode, self.queue);
        (state.label.current, state.label.repeat) = (self.photo, self.repeat);
        state.label.duels.shown = self.compared;
        state.label.duels.best = None;
        state.label.exact = None;
        state.browse.selected = None;
        state.browse.rescroll += 1;
        state.large.open = false;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::ui::prefs::Prefs;

    #[test]
    fn a_place_comes_back_as_it_was() {
        let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
        state.prefs = Prefs { page: Page::Label, filter: "score<40".to_owned(), scroll: 812.5, ..Prefs::default() };
        state.label.current = Some(ImageId(4));
        let place = Place::of(&state);
        let text = place.to_text().expect("writes");
        let mut other = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
        assert!(place.is_elsewhere(&Place::of(&other)));
        Place::from_text(&text).expect("reads").restore(&mut other);
        assert_eq!(Place::of(&other), place);
        other.prefs.scroll = 0.0;
        assert!(!place.is_elsewhere(&Place::of(&other)), "a scroll alone is no other place");
        assert_eq!(Place::from_text("{"), None);
        assert_eq!(Place::from_text("{\"later\":1}"), Some(Place::default()), "of another version");
    }
}
