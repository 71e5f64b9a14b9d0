//! The label page.

use std::collections::HashSet;

use crate::api::{Arena, RaterReport, Suspect};
use crate::domain::{ImageId, NO_DEFECT, Tag, TagId, UNSURE, VoteId, VoteKind};
use crate::ui::keys::Bound;
use crate::ui::message::LabelData;
use crate::ui::view::Pairing;

/// Photos that are compared.
#[derive(Debug, Clone, Default)]
pub struct Duels {
    /// The photos that are put in order.
    pub photos: Vec<ImageId>,
    /// Their order as it is known; nothing before it was looked at.
    pub arena: Option<Arena>,
    /// The photos on screen: two, or four.
    pub shown: Vec<ImageId>,
    /// How two photos are shown.
    pub pairing: Pairing,
    /// Of four, the best is known.
    pub best: Option<usize>,
    /// Pairs that the person skipped in this session.
    pub skipped: Vec<[ImageId; 2]>,
    /// The order is being looked at.
    pub busy: bool,
    /// It has changed since.
    pub behind: bool,
    /// That comparing may end was said.
    pub told: bool,
}

/// The label page.
#[derive(Debug, Clone, Default)]
pub struct Labelling {
    /// As the store has it.
    pub data: LabelData,
    /// It has been read at least once.
    pub loaded: bool,
    /// The photo on screen.
    pub current: Option<ImageId>,
    /// It was slipped in a second time.
    pub repeat: bool,
    /// Photos seen in this session before the current one, oldest first.
    pub trail: Vec<ImageId>,
    /// A vote that is being saved: the photo stays until it is on disk.
    pub saving: Option<VoteKind>,
    /// The window goes on where it was left: the newest vote that was known there.
    pub resumed: Option<Option<VoteId>>,
    /// Photos left with the arrow key; they are not shown again in this session.
    pub passed: HashSet<ImageId>,
    /// Shown at its real pixels rather than fitted.
    pub full_size: bool,
    /// When this session's first vote was cast, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Votes in this session.
    pub votes: u64,
    /// The score from 0 to 100 that is being set.
    pub exact: Option<f64>,
    /// The photos that come first, of the chosen kind; nothing while they are being chosen.
    pub chosen: Option<Vec<ImageId>>,
    /// Labels in doubt.
    pub suspects: Vec<Suspect>,
    /// What the model said of the label that was looked at last, for after the answer.
    pub answered: Option<Suspect>,
    /// Photos that are compared.
    pub duels: Duels,
    /// The rater panel.
    pub report: Option<RaterReport>,
    /// It is being read.
    pub reporting: bool,
    /// The list of keys is open; what waits for a key.
    pub keys: Option<Option<Bound>>,
}

impl Labelling {
    /// The label in doubt of the photo on screen.
    pub fn doubt(&self) -> Option<&Suspect> {
        self.suspects.iter().find(|suspect| Some(suspect.image) == self.current)
    }

    /// The defects that can be seen on a photo, in order.
    pub fn defects(&self) -> impl Iterator<Item = &Tag> {
        self.data.tags.iter().filter(|tag| tag.name != NO_DEFECT && tag.name != UNSURE)
    }

    /// The id of the defect of this name.
    pub fn tag(&self, name: &str) -> Option<TagId> {
        self.data.tags.iter().find(|tag| tag.name == name).map(|tag| tag.id)
    }

    /// The rater has tagged the photo on screen so.
    pub fn is_tagged(&self, tag: TagId) -> bool {
        self.current.and_then(|id| self.data.tagged.get(&id)).is_some_and(|tags| tags.contains(&tag))
    }
}
