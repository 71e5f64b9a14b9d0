//! What every network says about photos.

use std::ops::Range;

use burn::tensor::{Tensor, activation};

use super::DEFECTS;

/// The least weight of a cell, before weights are divided by their sum.
pub const WEIGHT_FLOOR: f64 = 1e-3;

/// Columns of a network's heads: score, log variance, presence of every defect, strength of every defect.
pub(super) const HEAD_COLUMNS: usize = 2 + 2 * DEFECTS;

/// What a network says about `n` photos.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// Standardised score `[n]` (zero mean, unit deviation over the training labels).
    pub score: Tensor<1>,
    /// Logarithm of the variance of its error `[n]`.
    pub log_variance: Tensor<1>,
    /// Whether each defect is there, as logits `[n, DEFECTS]`.
    pub defects: Tensor<2>,
    /// How strong each defect is, 0-1 `[n, DEFECTS]`.
    pub severities: Tensor<2>,
    /// Quality of every cell of every view, its part of the score `[n, VIEWS · cells]`.
    pub quality: Tensor<2>,
    /// How much every cell counts, summing to 1 a photo `[n, VIEWS · cells]`.
    pub weight: Tensor<2>,
}

impl Outputs {
    /// From the heads `[n, HEAD_COLUMNS]` and, for every cell of every view, quality and strength `[n, VIEWS · cells]`.
    /// The score is that of the whole plus the weighted mean of its cells, which can be shown as a map (patch weighting
    /// as in WaDIQaM, Bosse et al. 2018).
    pub(super) fn of(heads: &Tensor<2>, quality: Tensor<2>, strength: Tensor<2>) -> Self {
        let [n, _] = heads.dims();
        let weight = activation::softplus(strength, 1.0) + WEIGHT_FLOOR;
        let weight = weight.clone() / weight.sum_dim(1);
        let pooled = (quality.clone() * weight.clone()).sum_dim(1).reshape([n]);
        let column = |from: usize, to: usize| heads.clone().slice_dim(1, from..to);
        Self {
            score: column(0, 1).reshape([n]) + pooled,
            log_variance: column(1, 2).reshape([n]),
            defects: column(2, 2 + DEFECTS),
            severities: activation::sigmoid(column(2 + DEFECTS, HEAD_COLUMNS)),
            quality,
            weight,
        }
    }

    /// What is said about some of the photos.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let numbers = |all: &Tensor<1>| all.clone().slice_dim(0, rows.clone());
        let tables = |all: &Tensor<2>| all.clone().slice_dim(0, rows.clone());
        Self {
            score: numbers(&self.score),
            log_variance: numbers(&self.log_variance),
            defects: tables(&self.defects),
            severities: tables(&self.severities),
            quality: tables(&self.quality),
            weight: tables(&self.weight),
        }
    }
}
