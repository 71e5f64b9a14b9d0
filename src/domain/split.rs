//! Which part of the labelled photos a photo serves in.

use serde::{Deserialize, Serialize};

/// A part of the data; whole groups go to one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Fits the weights.
    Train,
    /// Chooses the epoch and calibrates the interval.
    Validation,
    /// Touched once, at the end, for the reported metrics.
    Test,
}

impl Split {
    /// Every part, in the order people read them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The stable name: "train", "validation", "test".
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The part with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|split| split.name() == name)
    }
}
