//! Replay: synthetic photos beside the labelled ones, so that a network keeps what pre-training taught it (experience
//! replay, Rolnick et al. 2019).
//!
//! They say which of two versions of a photo is worse and which defects they have, never how high a score is: people's
//! labels alone say that, on a scale of their own.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::losses;
use crate::data::{CleanPhotos, RUNGS, Synthetic};
use crate::error::Result;
use crate::nn::{DEFECTS, Outputs};

/// Versions of one photo.
pub(super) type Ladder = [Synthetic; RUNGS];

/// Pseudo-MOS (0-1) further apart than this must be in order.
const TELLABLE: f64 = 0.02;
/// Weights of the cross-entropy of the defects and of the error of their strengths, as where a pre-trained
/// head learns once more.
const DEFECTS_WEIGHT: f64 = 0.3;
/// Replayed photos draw from another stream of random numbers than anything else.
const SEED: u64 = 0x7265_706c_6179;

/// How a step is made up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mix {
    /// Labelled photos a step.
    pub(super) labelled: usize,
    /// Ladders a step, each of [`RUNGS`] synthetic photos.
    pub(super) ladders: usize,
    /// What the synthetic photos count in the loss, 0-1.
    pub(super) share: f64,
}

impl Mix {
    /// `share` of `batch` photos in whole ladders, at least one ladder and one labelled photo when it is above 0.
    pub(super) fn new(batch: usize, share: f64) -> Self {
        if share <= 0.0 {
            return Self { labelled: batch, ladders: 0, share: 0.0 };
        }
        let ladders = ((batch as f64 * share / RUNGS as f64).round() as usize).max(1);
        Self { labelled: batch.saturating_sub(ladders * RUNGS).max(1), ladders, share }
    }

    /// Photos a step, of both kinds.
    pub(super) fn photos(&self) -> usize {
        self.labelled + self.ladders * RUNGS
    }

    /// The ladders of a step: the same for the same seed and step.
    ///
    /// # Errors
    /// When ten clean photos in a row cannot be read.
    pub(super) fn ladders(&self, clean: &CleanPhotos, seed: u64, step: u64) -> Result<Vec<Ladder>> {
        let count = self.ladders as u64;
        (0..count).map(|index| clean.ladder(seed ^ SEED, step * count + index)).collect()
    }
}

/// The loss of the outputs for `ladders`, one after the other, as `[1]`: fidelity of the order within each, the defects'
/// cross-entropy and the absolute error of their strengths, of all and of those that are there.
pub(super) fn loss(outputs: Outputs, ladders: &[Ladder], device: &Device) -> Tensor<1> {
    let made = || ladders.iter().flatten();
    let count = ladders.len();
    let quality: Vec<f32> = made().map(|made| made.label.quality as f32).collect();
    let quality = Tensor::from_data(TensorData::new(quality, [count, RUNGS]), device);
    let table = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [count * RUNGS, DEFECTS]), device);
    let present = table(made().flat_map(|made| made.label.present()).map(|there| f32::from(u8::from(there))).collect());
    let strengths = table(made().flat_map(|made| made.label.strengths).collect());
    let logits = outputs.defects;
    let cross_entropy = (activation::softplus(logits.clone(), 1.0) - logits * present.clone()).mean();
    let error = (outputs.severities.clone() - strengths.clone()).abs().mean();
    losses::fidelity_within(outputs.score.reshape([count, RUNGS]), quality, TELLABLE)
        + (cross_entropy + error + losses::where_present(outputs.severities, strengths, present)) * DEFECTS_WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_whole_ladders_and_labelled_photos() {
        let mix = |batch, share| {
            let mix = Mix::new(batch, share);
            (mix.labelled, mix.ladders)
        };
        assert_eq!(mix(16, 0.0), (16, 0));
        assert_eq!(mix(16, 0.5), (8, 2));
        assert_eq!(mix(16, 0.25), (12, 1));
        assert_eq!(mix(16, 0.01), (12, 1));
        assert_eq!(mix(4, 0.5), (1, 1));
        assert_eq!(Mix::new(32, 0.5).photos(), 32);
    }
}
