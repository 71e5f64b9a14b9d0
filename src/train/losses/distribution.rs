//! A loss for networks that predict how votes spread over the levels.

use burn::tensor::Tensor;

/// Keeps the root's gradient finite where two distributions are the same.
const TINY: f64 = 1e-12;

/// Squared earth mover's distance (r = 2; Hou, Yu and Samaras 2016, as NIMA uses it: Talebi and Milanfar 2018) of
/// predicted probabilities `[n, k]` against vote histograms `[n, k]`, both with rows that sum to 1, levels in order:
/// the mean over photos of `√(1/k · Σ (CDF_p − CDF_t)²)`, as `[1]`.
pub fn emd(predicted: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    let gap = (predicted - target).cumsum(1);
    (gap.square().mean_dim(1) + TINY).sqrt().mean()
}
