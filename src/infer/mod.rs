//! Scoring and features: load a network once, then batches of views.
//!
//! Must not know files of photos, the store, or front ends.

mod explain;
mod features;

pub use explain::Explainer;
pub use features::Extractor;

use std::path::Path;

use burn::tensor::Device;

use crate::domain::{ModelCard, Score};
use crate::error::Result;
use crate::model_folder;
use crate::nn::Cnn;
use crate::preprocess::{self, Views};

/// A loaded model, ready to score.
pub struct Scorer {
    card: ModelCard,
    network: Cnn,
    device: Device,
    batch: usize,
}

impl Scorer {
    /// Loads the model in `folder` onto `device`; `batch` photos are computed at a time.
    ///
    /// # Errors
    /// When the folder holds no sound model.
    pub fn load(folder: &Path, device: &Device, batch: usize) -> Result<Self> {
        let (card, network) = model_folder::load(folder, device)?;
        Ok(Self { card, network, device: device.clone(), batch: batch.max(1) })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Photos computed at a time.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    /// The scores of photos, in their order.
    pub fn score<'a>(&self, views: impl IntoIterator<Item = &'a Views>) -> Vec<Score> {
        let views: Vec<&Views> = views.into_iter().collect();
        let mut scores = Vec::with_capacity(views.len());
        for part in views.chunks(self.batch) {
            let input = preprocess::batch(part.iter().copied(), self.batch, &self.device);
            scores.extend(self.network.raw_scores(input, part.len()).into_iter().map(|raw| self.card.score(raw)));
        }
        scores
    }
}
