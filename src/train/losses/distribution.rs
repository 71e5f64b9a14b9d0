//! Losses on how votes spread over the levels.

use burn::tensor::{Device, Tensor, TensorData};

use crate::domain::{Calibration, HISTOGRAM_LEVELS, Histogram};

/// Keeps the root's gradient finite where two distributions are the same.
const TINY: f64 = 1e-12;

/// Least spread of a network's votes, in levels: below it, scores on the wrong level would have no gradient.
const LEAST_SPREAD: f64 = 0.25;

/// Log variances are kept within this, against overflow.
const MOST_LOG_VARIANCE: f64 = 6.0;

/// The votes on `n` photos.
#[derive(Debug, Clone)]
pub struct Votes {
    /// Shares of the levels `[n, HISTOGRAM_LEVELS]`; zeros where there are no single votes.
    shares: Tensor<2>,
    /// 1 where there are single votes, else 0 `[n]`.
    known: Tensor<1>,
    /// The bounds between the levels, in standard deviations of the labels `[1, HISTOGRAM_LEVELS − 1]`.
    bounds: Tensor<2>,
    /// [`LEAST_SPREAD`] in standard deviations of the labels.
    least_spread: f64,
}

impl Votes {
    /// The histograms of photos, nothing where there is none; `calibration` standardises the labels.
    pub fn new(histograms: &[Option<Histogram>], calibration: Calibration, device: &Device) -> Self {
        let shares = |histogram: &Option<Histogram>| {
            histogram.map_or([0.0; HISTOGRAM_LEVELS], |histogram| histogram.0.map(|share| share as f32))
        };
        let shares: Vec<f32> = histograms.iter().flat_map(shares).collect();
        let known: Vec<f32> = histograms.iter().map(|there| f32::from(u8::from(there.is_some()))).collect();
        let level = 100.0 / (HISTOGRAM_LEVELS - 1) as f64;
        let bound = |below: usize| calibration.standardise((below as f64 + 0.5) * level) as f32;
        let bounds: Vec<f32> = (0..HISTOGRAM_LEVELS - 1).map(bound).collect();
        Self {
            shares: Tensor::from_data(TensorData::new(shares, [histograms.len(), HISTOGRAM_LEVELS]), device),
            known: Tensor::from_data(known.as_slice(), device),
            bounds: Tensor::from_data(TensorData::new(bounds, [1, HISTOGRAM_LEVELS - 1]), device),
            least_spread: LEAST_SPREAD * level / calibration.std,
        }
    }
}

/// Squared earth mover's distance (see [`emd`]) of the votes that a network expects and the votes there are, as `[1]`:
/// the mean over the photos with single votes, 0 without any.
///
/// A network that gives a score `s` `[n]` and a log variance `v` `[n]` expects votes from a Gaussian around the score, each
/// on the level that is nearest: `P(level ≤ l) = Φ((b_l − s)/σ)` with `b_l` midway between levels `l` and `l + 1`, open
/// ends, and `σ² = exp(v) + σ₀²` (an ordered probit model, McKelvey and Zavoina 1975, with even bounds).
pub fn emd_of_votes(score: Tensor<1>, log_variance: Tensor<1>, votes: &Votes) -> Tensor<1> {
    let [n] = score.dims();
    let variance = log_variance.clamp(-MOST_LOG_VARIANCE, MOST_LOG_VARIANCE).exp() + votes.least_spread.powi(2);
    let from_bound = (votes.bounds.clone() - score.reshape([n, 1])) / variance.sqrt().reshape([n, 1]);
    let up_to = (from_bound * std::f64::consts::FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
    let last = HISTOGRAM_LEVELS - 1;
    let seen_up_to = votes.shares.clone().cumsum(1).slice_dim(1, 0..last);
    // At the last level both have everything: its gap of 0 counts in the mean alone.
    let squares = (up_to - seen_up_to).square().sum_dim(1) / HISTOGRAM_LEVELS as f64;
    let distances = (squares + TINY).sqrt().reshape([n]);
    (distances * votes.known.clone()).sum() / votes.known.clone().sum().clamp_min(1.0)
}

/// Squared earth mover's distance (r = 2; Hou, Yu and Samaras 2016, as NIMA uses it: Talebi and Milanfar 2018) of
/// predicted probabilities `[n, k]` against vote histograms `[n, k]`, both with rows that sum to 1, levels in order:
/// the mean over photos of `√(1/k · Σ (CDF_p − CDF_t)²)`, as `[1]`.
pub fn emd(predicted: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    let gap = (predicted - target).cumsum(1);
    (gap.square().mean_dim(1) + TINY).sqrt().mean()
}
