//! What one step of training learns from, cut into parts that fit into the device's memory.

use std::ops::Range;

use burn::tensor::{Device, Tensor};

use super::losses::{self, Votes};
use super::replay::{self, Ladder};
use crate::config::{LossKind, TrainConfig};
use crate::data::RUNGS;
use crate::domain::{Calibration, Histogram};
use crate::nn::Network;
use crate::preprocess::{self, Views};

/// The photos of a step: labelled ones with what is known of them, and synthetic ones.
pub(super) struct Step<'a> {
    pub(super) config: &'a TrainConfig,
    pub(super) calibration: Calibration,
    /// One a labelled photo.
    pub(super) views: &'a [Views],
    /// Standardised labels.
    pub(super) targets: &'a [f32],
    pub(super) histograms: &'a [Option<Histogram>],
    pub(super) ladders: &'a [Ladder],
    /// What the synthetic photos count, 0-1.
    pub(super) replay_share: f64,
    /// With autodiff.
    pub(super) device: &'a Device,
}

impl Step<'_> {
    /// The parts with at most about `at_a_time` photos: the share of each, and its loss of a network. The shares of the
    /// labelled photos sum to 1.
    pub(super) fn parts(&self, at_a_time: usize) -> impl Iterator<Item = (f64, impl FnOnce(&Network) -> Tensor<1>)> {
        let all = self.views.len();
        portions(all, self.ladders.len(), at_a_time).into_iter().map(move |portion| {
            let share = portion.labelled.len() as f64 / all as f64;
            (share, move |network: &Network| self.loss(network, &portion, share))
        })
    }

    /// The loss of a portion, whose labelled photos are `share` of all.
    fn loss(&self, network: &Network, portion: &Portion, share: f64) -> Tensor<1> {
        let (labelled, ladders) = (portion.labelled.clone(), &self.ladders[portion.ladders.clone()]);
        let (own, count) = (labelled.len(), labelled.len() + ladders.len() * RUNGS);
        let views = self.views[labelled.clone()].iter().chain(ladders.iter().flatten().map(|made| &made.views));
        let outputs = network.outputs(preprocess::batch(views, count, self.device));
        let said = outputs.rows(0..own);
        let target = Tensor::<1>::from_data(&self.targets[labelled.clone()], self.device);
        let histograms = &self.histograms[labelled];
        let (config, calibration) = (self.config, self.calibration);
        let loss = labelled_loss(config, calibration, said.score, said.log_variance, &target, histograms, self.device);
        if self.ladders.is_empty() {
            return loss;
        }
        let loss = loss * (1.0 - self.replay_share);
        if ladders.is_empty() {
            return loss;
        }
        // The learner multiplies by the share of the labelled photos; synthetic ones have a share of their own.
        let replayed = ladders.len() as f64 / self.ladders.len() as f64;
        loss + replay::loss(outputs.rows(own..count), ladders, self.device) * (self.replay_share * replayed / share)
    }
}

/// The configured loss of what a network says about labelled photos, as `[1]`.
pub(super) fn labelled_loss(
    config: &TrainConfig,
    calibration: Calibration,
    score: Tensor<1>,
    log_variance: Tensor<1>,
    target: &Tensor<1>,
    histograms: &[Option<Histogram>],
    device: &Device,
) -> Tensor<1> {
    let loss = losses::loss(config.loss, config.huber_delta, &score, target);
    let weight = config.loss.weight(LossKind::Emd);
    if weight == 0.0 {
        return loss;
    }
    loss + losses::emd_of_votes(score, log_variance, &Votes::new(histograms, calibration, device)) * weight
}

/// Which photos of a step are computed together.
#[derive(Debug, PartialEq)]
struct Portion {
    labelled: Range<usize>,
    ladders: Range<usize>,
}

/// Cuts a step into as few portions as hold about `at_a_time` photos, as even as can be; each has a labelled photo.
fn portions(labelled: usize, ladders: usize, at_a_time: usize) -> Vec<Portion> {
    let count = (labelled + ladders * RUNGS).div_ceil(at_a_time.max(1)).clamp(1, labelled.max(1));
    let cut = |whole: usize, index: usize| index * whole / count..(index + 1) * whole / count;
    (0..count).map(|index| Portion { labelled: cut(labelled, index), ladders: cut(ladders, index) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_even_and_leave_nothing_out() {
        let sizes = |labelled, ladders, at_a_time| {
            let cut = portions(labelled, ladders, at_a_time);
            assert_eq!((cut[0].labelled.start, cut[cut.len() - 1].labelled.end), (0, labelled));
            assert_eq!((cut[0].ladders.start, cut[cut.len() - 1].ladders.end), (0, ladders));
            assert!(cut.windows(2).all(|pair| pair[0].labelled.end == pair[1].labelled.start));
            assert!(cut.windows(2).all(|pair| pair[0].ladders.end == pair[1].ladders.start));
            cut.iter().map(|portion| (portion.labelled.len(), portion.ladders.len())).collect::<Vec<_>>()
        };
        assert_eq!(sizes(16, 0, 16), [(16, 0)]);
        assert_eq!(sizes(16, 0, 6), [(5, 0), (5, 0), (6, 0)]);
        assert_eq!(sizes(8, 2, 8), [(4, 1), (4, 1)]);
        assert_eq!(sizes(8, 2, 16), [(8, 2)]);
        assert_eq!(sizes(2, 1, 1), [(1, 0), (1, 1)]);
        assert_eq!(sizes(3, 0, 1), [(1, 0); 3]);
    }
}
