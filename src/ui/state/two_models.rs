//! The same photos under two models.

use std::sync::Arc;

use crate::api::SideBySide;
use crate::domain::{ImageId, ModelId};

/// Two models held against each other on the history page.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoModels {
    /// The models.
    pub models: [ModelId; 2],
    /// What they say, once it has been read.
    pub found: Option<Arc<SideBySide>>,
    /// The photo that shows, by its place in the list.
    pub at: usize,
    /// The photo that showed before, to show again.
    pub kept: Option<ImageId>,
    /// The list has to follow the photo.
    pub reveal: bool,
}

impl TwoModels {
    /// The photo that shows.
    pub fn photo(&self) -> Option<ImageId> {
        Some(self.found.as_ref()?.photos.get(self.at)?.image)
    }
}
