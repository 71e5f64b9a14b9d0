//! The duplicates page and the large view of one photo.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::api::{DuplicateGroup, DuplicatePhoto, DuplicatesSummary};
use crate::ui::view::{Pairing, View};

/// The duplicates page.
#[derive(Debug, Clone, Default)]
pub struct Doubles {
    /// What the last search found; nothing before the first.
    pub found: Option<DuplicatesSummary>,
    /// The group of each photo that has one.
    pub by_path: Option<Arc<HashMap<PathBuf, usize>>>,
    /// The last search was stopped before its end.
    pub stopped: bool,
    /// Look for equal files only.
    pub exact_only: bool,
    /// The chosen group.
    pub group: usize,
    /// The photo of the group that stands against the best.
    pub member: usize,
    /// How the two are shown.
    pub pairing: Pairing,
    /// The group was chosen by key and has to be brought into sight.
    pub reveal: bool,
}

impl Doubles {
    /// The groups.
    pub fn groups(&self) -> &[DuplicateGroup] {
        self.found.as_ref().map_or(&[], |found| &found.groups)
    }

    /// The best of the chosen group and the photo that stands against it.
    pub fn pair(&self) -> Option<[&DuplicatePhoto; 2]> {
        let group = self.groups().get(self.group)?;
        Some([group.photos.first()?, group.photos.get(self.member)?])
    }
}

/// One photo on the whole page.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Large {
    /// It shows.
    pub open: bool,
    /// The part that shows.
    pub view: View,
    /// The chosen photos show beside each other instead.
    pub compares: bool,
    /// How they are shown.
    pub pairing: Pairing,
}

/// Most photos that are compared at once.
pub const MOST_COMPARED: usize = 4;
