//! What goes over the wire; these types never leave the server.

use serde::Serialize;

use crate::domain::{Attributes, ScoreRow};

/// The answer to `POST /predict`.
#[derive(Debug, Serialize)]
pub(super) struct Prediction {
    /// The name the client gave the photo.
    pub(super) filename: String,
    /// 0-100, higher is better.
    pub(super) score: Option<f64>,
    /// The 90 % interval.
    pub(super) interval: Option<[f64; 2]>,
    /// Measured attributes.
    pub(super) attributes: Option<Attributes>,
    /// The main rule the photo breaks.
    pub(super) reason: Option<String>,
    /// The model's id.
    pub(super) model_version: String,
}

impl From<ScoreRow> for Prediction {
    fn from(row: ScoreRow) -> Self {
        Self {
            filename: row.path.to_string_lossy().into_owned(),
            score: row.score.map(|score| score.value),
            interval: row.score.map(|score| [score.low, score.high]),
            attributes: row.attributes,
            reason: row.reason,
            model_version: row.model.0,
        }
    }
}
