//! What the product says about a photo: a score with an interval, measured attributes, a reason.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Attributes, ModelId};

/// A quality score with its 90 % interval; 0-100, higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score, 0-100.
    pub value: f64,
    /// Lower end of the 90 % interval, 0-100.
    pub low: f64,
    /// Upper end of the 90 % interval, 0-100.
    pub high: f64,
}

/// One row of a scoring result: a score, or the reason there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRow {
    /// The photo's path as it was given or found.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes; empty when it could not be read.
    pub sha256: String,
    /// The model that scored it.
    pub model: ModelId,
    /// The score; absent when the photo could not be scored.
    pub score: Option<Score>,
    /// Measured attributes; absent when the photo could not be decoded.
    pub attributes: Option<Attributes>,
    /// The main reason for a low score in words, when a rule found one.
    pub reason: Option<String>,
    /// Why there is no score.
    pub error: Option<String>,
    /// When it was scored, milliseconds since 1970.
    pub at_ms: i64,
}

impl ScoreRow {
    /// The reason in words, also when there is nothing to find fault with; empty when the photo was not judged.
    pub fn reason_text(&self) -> &str {
        match &self.reason {
            Some(reason) => reason,
            None if self.score.is_some() && self.attributes.is_some() => Self::NOTHING_WRONG,
            None => "",
        }
    }

    /// What is said of a photo that keeps to the rules.
    pub const NOTHING_WRONG: &'static str = "Keeps to the rules";
}
