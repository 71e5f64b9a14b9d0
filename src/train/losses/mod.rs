//! Losses on standardised scores, and on distributions of votes.
//!
//! Every loss is a mean over the photos or pairs of a step, as a tensor `[1]`, and has finite gradients on batches that
//! do not vary, on ties, and on a single photo.

mod distribution;
mod order;

use burn::tensor::Tensor;

use crate::config::{Loss, LossKind};

pub use distribution::{Votes, emd, emd_of_votes};
pub use order::{MARGIN, fidelity, fidelity_within, margin_rank, one_minus_plcc};

/// The weighted sum of losses of predictions `[n]` against targets `[n]`, as `[1]`.
///
/// - MSE: `mean((p−t)²)`
/// - MAE: `mean(|p−t|)`
/// - Huber (Huber 1964): `mean(½e² if |e| ≤ δ, else δ(|e| − ½δ))`
/// - [`one_minus_plcc`], [`fidelity`], [`margin_rank`] with [`MARGIN`]
///
/// The earth mover's distance needs the votes and the network's spread besides: [`emd_of_votes`] is added to this sum by
/// whoever has them, and left out here.
pub fn loss(loss: impl Into<Loss>, huber_delta: f64, predicted: &Tensor<1>, target: &Tensor<1>) -> Tensor<1> {
    let loss = loss.into();
    let term = |(kind, weight): (LossKind, f64)| {
        one(kind, huber_delta, predicted.clone(), target.clone()).map(|value| value * weight)
    };
    let sum = loss.terms().filter_map(term).reduce(|sum, next| sum + next);
    sum.unwrap_or_else(|| predicted.clone().sum() * 0.0)
}

/// The mean absolute error of `predicted` over the places of the tables `[n, k]` where `present` is 1 and not 0, as `[1]`; 0
/// where there is none. Where most places are empty, the error over all of them is least when nothing is predicted anywhere.
pub(super) fn where_present(predicted: Tensor<2>, target: Tensor<2>, present: Tensor<2>) -> Tensor<1> {
    ((predicted - target).abs() * present.clone()).sum() / present.sum().clamp_min(1.0)
}

fn one(kind: LossKind, huber_delta: f64, predicted: Tensor<1>, target: Tensor<1>) -> Option<Tensor<1>> {
    Some(match kind {
        LossKind::Mse => (predicted - target).square().mean(),
        LossKind::Mae => (predicted - target).abs().mean(),
        LossKind::Huber => {
            let size = (predicted - target).abs();
            // With q = min(|e|, δ), both branches are q·(|e| − q/2).
            let near = size.clone().clamp_max(huber_delta);
            (near.clone() * (size - near * 0.5)).mean()
        }
        LossKind::Plcc => one_minus_plcc(predicted, target),
        LossKind::Rank => fidelity(predicted, target),
        LossKind::Margin => margin_rank(predicted, target, MARGIN),
        LossKind::Emd => return None,
    })
}

#[cfg(test)]
mod tests;
