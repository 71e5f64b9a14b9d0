//! The personal model as the window knows it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::api::{Alike, Estimate, FitReport, LabelForecast};
use crate::domain::{ImageId, ModelId};

/// What the model would have said of a photo before it was told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// The photo that was voted on.
    pub image: ImageId,
    /// The vote, 0-100.
    pub vote: f64,
    /// The score that the model gave it before.
    pub estimate: Estimate,
}

/// The personal model.
#[derive(Debug, Clone, Default)]
pub struct Learning {
    /// The model of the last fit; nothing before there are enough labels.
    pub model: Option<ModelId>,
    /// It is the project's newest model: its scores are the ones shown.
    pub current: bool,
    /// How the last fit went.
    pub report: Option<FitReport>,
    /// Its scores of every described photo.
    pub scores: Arc<HashMap<ImageId, Estimate>>,
    /// A fit is under way.
    pub busy: bool,
    /// There are votes that the fit under way does not know.
    pub behind: bool,
    /// There are described photos that the fit under way does not know.
    pub anew: bool,
    /// Photos were described for the last time: what is left cannot be.
    pub described: bool,
    /// Photos that describing left without features: there is no use in trying again.
    pub given_up: usize,
    /// What the model would have said of the photo voted on last.
    pub guess: Option<Guess>,
    /// Where the selected photo stands among the labelled ones.
    pub alike: Option<Alike>,
    /// What more labels would bring, as it was found out last.
    pub forecast: Option<LabelForecast>,
    /// What failed last: said once, not after every vote.
    pub problem: Option<String>,
}

impl Learning {
    /// Its scores, when they are the ones that show.
    pub fn shown(&self) -> Option<&Arc<HashMap<ImageId, Estimate>>> {
        (self.current && self.model.is_some()).then_some(&self.scores)
    }
}
