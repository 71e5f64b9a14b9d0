//! What the product says about a photo: a score with an interval, measured attributes, a reason.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ModelId;

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

/// Measured attributes of a photo, each without a reference image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attributes {
    /// Variance of the Laplacian over the product, in squared grey levels; higher is sharper.
    pub sharpness: f64,
    /// Mean luma, 0-255.
    pub brightness: f64,
    /// Standard deviation of luma, 0-127.5.
    pub contrast: f64,
    /// Share of pixels with a channel at 0 or 255 outside the background, 0-1.
    pub clipped: f64,
    /// Share of the border ring that is white (every channel at least 250), 0-1.
    pub white_border: f64,
    /// Longest side of the product's box over the frame's, 0-1.
    pub fill: f64,
    /// Megapixels.
    pub megapixels: f64,
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
