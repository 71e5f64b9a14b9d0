//! Losses that look at how the photos of a step relate: correlation, and the order of pairs.

use burn::tensor::Tensor;

/// Keeps the correlation's gradient finite where a side does not vary; variances of standardised scores are near 1.
const TINY_VARIANCE: f64 = 1e-6;

/// Keeps the root's gradient finite at probability 0, as a larger one does in the authors' code of Zhang et al. 2021.
const TINY_PROBABILITY: f64 = 1e-12;

/// The difference that [`margin_rank`] asks of a pair in a configured loss, in standard deviations of the labels.
pub const MARGIN: f64 = 0.25;

/// `1 − PLCC` of predictions `[n]` and targets `[n]`, from 0 to 2; 1 where a side does not vary.
pub fn one_minus_plcc(predicted: Tensor<1>, target: Tensor<1>) -> Tensor<1> {
    let centred = |values: Tensor<1>| {
        let mean = values.clone().mean();
        values - mean
    };
    let (p, t) = (centred(predicted), centred(target));
    let deviation = |centred: &Tensor<1>| (centred.clone().square().mean() + TINY_VARIANCE).sqrt();
    let scale = deviation(&p) * deviation(&t);
    (p * t).mean() / scale * -1.0 + 1.0
}

/// Fidelity loss over all pairs (Tsai et al. 2007, FRank; for quality, Zhang et al. 2021, UNIQUE): the mean of
/// `1 − √(P·P*) − √((1−P)(1−P*))`, where `P = Φ((pᵢ − pⱼ)/√2)` is the probability that photo i looks better
/// (Thurstone's case V) and `P*` is 1, 0, or ½ for equal targets. 0 for a single photo.
pub fn fidelity(predicted: Tensor<1>, target: Tensor<1>) -> Tensor<1> {
    fidelity_within(predicted.unsqueeze_dim(0), target.unsqueeze_dim(0), 0.0)
}

/// [`fidelity`] over the pairs within each row of `[groups, n]`; targets up to `tie` apart count as equal.
pub fn fidelity_within(predicted: Tensor<2>, target: Tensor<2>, tie: f64) -> Tensor<1> {
    let [groups, n] = predicted.dims();
    // Φ(d/√2) = (1 + erf(d/2))/2.
    let likely = differences(predicted).mul_scalar(0.5).erf() * 0.5 + 0.5;
    let gap = differences(target);
    let told = gap.clone().abs().greater_elem(tie).float();
    let wanted = gap.sign() * told * 0.5 + 0.5;
    let agree = (likely.clone() * wanted.clone() + TINY_PROBABILITY).sqrt();
    let disagree = ((likely * -1.0 + 1.0) * (wanted * -1.0 + 1.0) + TINY_PROBABILITY).sqrt();
    // A photo paired with itself has P = P* = ½ and loses nothing: only the count leaves it out.
    ((agree + disagree) * -1.0 + 1.0).sum() / (groups * n * n.saturating_sub(1)).max(1) as f64
}

/// Margin rank loss (hinge): the mean of `max(0, margin − sign(tᵢ − tⱼ)·(pᵢ − pⱼ))` over the pairs whose targets
/// differ; 0 when none does.
pub fn margin_rank(predicted: Tensor<1>, target: Tensor<1>, margin: f64) -> Tensor<1> {
    let pairs = |values: Tensor<1>| differences(values.unsqueeze_dim(0));
    let sign = pairs(target).sign();
    let differing = sign.clone().abs();
    let lacking = (sign * pairs(predicted) * -1.0 + margin).clamp_min(0.0);
    (lacking * differing.clone()).sum() / differing.sum().clamp_min(1.0)
}

/// `[groups, n]` -> `[groups, n, n]`: element (g, i, j) is `vᵢ − vⱼ` of group g.
fn differences(values: Tensor<2>) -> Tensor<3> {
    let [groups, n] = values.dims();
    values.clone().reshape([groups, n, 1]) - values.reshape([groups, 1, n])
}
