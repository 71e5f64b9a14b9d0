//! The loss of pre-training: Huber (δ = 0.1 of the scale) + ½ (1 − PLCC)/2 + ½ fidelity rank within ladders
//! + 0.3 binary cross-entropy of defects + 0.3 absolute error of their strengths, and a little of the Gaussian likelihood
//! for the error's variance.

use burn::tensor::{Tensor, activation};

use crate::nn::Outputs;

/// What a batch of `n` photos should give.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    /// Standardised scores `[n]`.
    pub(super) score: Tensor<1>,
    /// 1 where a defect is visible `[n, DEFECTS]`.
    pub(super) present: Tensor<2>,
    /// Strengths, 0-1 `[n, DEFECTS]`.
    pub(super) strengths: Tensor<2>,
}

/// δ of Huber's loss in standard deviations of the label (0.1 of a scale of four).
const HUBER_DELTA: f64 = 0.4;
/// Standardised labels further apart than this must be in order.
const TELLABLE: f64 = 0.08;

/// The mean loss of a batch whose photos come in ladders of `rungs`, as `[1]`.
pub(super) fn loss(outputs: Outputs, targets: &Targets, rungs: usize) -> Tensor<1> {
    let error = outputs.score.clone() - targets.score.clone();
    let size = error.clone().abs();
    let near = size.clone().clamp_max(HUBER_DELTA);
    let huber = (near.clone() * (size - near * 0.5)).mean();
    let likelihood = (outputs.log_variance.clone()
        + error.detach().square() * (outputs.log_variance.clamp(-6.0, 6.0) * -1.0).exp())
    .mean();
    let logits = outputs.defects;
    let cross_entropy = (activation::softplus(logits.clone(), 1.0) - logits * targets.present.clone()).mean();
    let strengths = (outputs.severities - targets.strengths.clone()).abs().mean();
    huber
        + plcc_loss(outputs.score.clone(), targets.score.clone()) * 0.5
        + fidelity(outputs.score, targets.score.clone(), rungs) * 0.5
        + cross_entropy * 0.3
        + strengths * 0.3
        + likelihood * 0.02
}

/// `(1 − PLCC) / 2`.
fn plcc_loss(score: Tensor<1>, target: Tensor<1>) -> Tensor<1> {
    let centred = |values: Tensor<1>| values.clone() - values.mean();
    let (score, target) = (centred(score), centred(target));
    let product = (score.clone() * target.clone()).sum();
    let norm = (score.square().sum() * target.square().sum() + 1e-6).sqrt();
    (product / norm * -1.0 + 1.0) * 0.5
}

/// Fidelity of the order within ladders (Tsai et al., "FRank", SIGIR 2007): `1 − √(p q) − √((1−p)(1−q))` for the
/// probability p that one photo is better than the other and the truth q, over pairs that can be told apart.
fn fidelity(score: Tensor<1>, target: Tensor<1>, rungs: usize) -> Tensor<1> {
    let [n] = score.dims();
    let differences = |values: Tensor<1>| {
        let ladders = values.reshape([n / rungs, rungs]);
        ladders.clone().unsqueeze_dim::<3>(2) - ladders.unsqueeze_dim::<3>(1)
    };
    let truth = differences(target);
    let better = truth.clone().greater_elem(TELLABLE).float();
    let probability = activation::sigmoid(differences(score) * 2.0);
    // Each pair once, from the better photo's side.
    let loss = (probability + 1e-6).sqrt() * -1.0 + 1.0;
    let count = better.clone().sum() + 1e-6;
    (loss * better).sum() / count
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn order_and_correlation_are_rewarded_and_never_nan() {
        let device = Device::flex().autodiff();
        let target = || Tensor::<1>::from_data([1.0_f32, 0.5, -0.5, -1.0], &device);
        let value = |scores: [f32; 4]| {
            let score = Tensor::<1>::from_data(scores, &device).require_grad();
            let loss = plcc_loss(score.clone(), target()) + fidelity(score.clone(), target(), 4);
            let gradients = loss.backward();
            let slopes: Vec<f32> = score.grad(&gradients).expect("gradient").into_data().iter().collect();
            assert!(slopes.iter().all(|slope| slope.is_finite()), "{slopes:?}");
            loss.into_scalar::<f32>()
        };
        let (right, flat, wrong) = (value([2.0, 1.0, -1.0, -2.0]), value([0.0; 4]), value([-2.0, -1.0, 1.0, 2.0]));
        assert!(right < flat && flat < wrong, "{right} {flat} {wrong}");
        assert!(right < 0.05);
    }
}
