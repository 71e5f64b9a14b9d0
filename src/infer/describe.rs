//! Photos described by a scoring network: its score, and mean and deviation of its planes at every depth, in one pass.
//!
//! Computed by burn on every device, so that a description never depends on which engine is faster today.

use std::path::Path;

use burn::tensor::Device;

use crate::domain::ModelCard;
use crate::error::Result;
use crate::jobs::{Control, Stopped};
use crate::model_folder;
use crate::nn::Network;
use crate::preprocess::{self, Views};

/// A loaded network that describes photos.
pub struct Describer {
    card: ModelCard,
    sha256: String,
    network: Network,
    device: Device,
    batch: usize,
}

/// What the network says of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its score, 0-100.
    pub score: f64,
    /// Its features: mean and deviation at every depth, for each view.
    pub features: Vec<f32>,
}

impl Describer {
    /// Loads the network in `folder` onto `device`; `batch` photos are computed at a time.
    ///
    /// # Errors
    /// When the folder holds no sound network.
    pub fn load(folder: &Path, device: &Device, batch: usize) -> Result<Self> {
        let (card, network) = model_folder::load(folder, device)?;
        let sha256 = model_folder::weights_sha256(folder)?;
        Ok(Self { card, sha256, network, device: device.clone(), batch: batch.max(1) })
    }

    /// The network's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// SHA-256 of the network's weights.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// How many features belong to each depth of the network, in their order.
    pub fn level_widths(&self) -> Vec<usize> {
        self.network.level_widths()
    }

    /// Photos computed at a time.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    /// Describes photos, in their order; every batch has one shape, and `control` is asked before each.
    ///
    /// # Errors
    /// When a stop was asked for.
    pub fn describe(&self, views: &[&Views], control: &Control) -> std::result::Result<Vec<Description>, Stopped> {
        let mut found = Vec::with_capacity(views.len());
        for part in views.chunks(self.batch) {
            control.checkpoint()?;
            let input = preprocess::batch(part.iter().copied(), self.batch, &self.device);
            let (outputs, features) = self.network.described(input);
            let [_, width] = features.dims();
            let raw: Vec<f32> = outputs.score.into_data().iter::<f32>().collect();
            let values: Vec<f32> = features.into_data().iter::<f32>().collect();
            found.extend(raw.into_iter().zip(values.chunks_exact(width)).take(part.len()).map(|(raw, features)| {
                let score = self.card.calibration.score(f64::from(raw));
                Description { score, features: features.to_vec() }
            }));
        }
        Ok(found)
    }
}
