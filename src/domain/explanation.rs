//! Why a photo has its score: where it gains and loses, and which flaws the network sees.

use std::path::PathBuf;

use serde::Serialize;

use super::{ModelId, Score};

/// Values over a photo: `columns` × `rows` equal cells, row after row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QualityMap {
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// Points of 100 that a cell adds to the score (above 0) or takes from it (below 0).
    pub points: Vec<f32>,
}

impl QualityMap {
    /// The largest size of a value; 0 when there is none.
    pub fn reach(&self) -> f32 {
        self.points.iter().fold(0.0, |most, value| most.max(value.abs()))
    }
}

/// A flaw as the network sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenFlaw {
    /// Its stable name, such as "gaussian_blur".
    pub name: &'static str,
    /// How likely it is there, 0-1.
    pub probability: f64,
    /// How strong it is, 0-1.
    pub strength: f64,
}

/// Why a photo has its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The model that scored.
    pub model: ModelId,
    /// The score.
    pub score: Score,
    /// What the cells of the network's last stage say, quality times weight, against the photo's own mean.
    pub cells: QualityMap,
    /// What the score loses when a cell is hidden; only when it was asked for.
    pub occlusion: Option<QualityMap>,
    /// Flaws, the likeliest first; empty when the model has not learnt to name them.
    pub flaws: Vec<SeenFlaw>,
    /// The main rule that the photo breaks, in words.
    pub reason: Option<String>,
    /// The network that cells, occlusion and flaws are of, when the model is a personal one.
    pub base: Option<ModelId>,
    /// The photo is unlike those that the model learnt from: its score cannot be relied on.
    pub unfamiliar: bool,
    /// The labelled photos most like it, nearest first; of a personal model only.
    pub nearest: Vec<Neighbour>,
}

/// A labelled photo that resembles another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// Where it lies.
    pub path: PathBuf,
    /// Its label, 0-100.
    pub label: f64,
    /// How far it is in the space of features: 0 for the same content; only the order means something.
    pub distance: f64,
}
