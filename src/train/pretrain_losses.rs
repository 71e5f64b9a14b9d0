//! The loss of pre-training: Huber (δ = 0.1 of the scale), half of (1 − PLCC)/2, the fidelity of the order within ladders,
//! 0.3 of the defects' binary cross-entropy, 0.3 of the absolute error of their strengths, and a little of the Gaussian
//! likelihood for the error's variance.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::losses;
use crate::config::LossKind;
use crate::data::PseudoLabel;
use crate::domain::Calibration;
use crate::nn::{DEFECTS, Outputs};

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

impl Targets {
    /// What is known of a batch; `calibration` standardises the scores.
    pub(super) fn of(labels: &[PseudoLabel], calibration: Calibration, device: &Device) -> Self {
        let score = |label: &PseudoLabel| calibration.standardise(100.0 * label.quality) as f32;
        let table = |row: &dyn Fn(&PseudoLabel) -> [f32; DEFECTS]| {
            let values: Vec<f32> = labels.iter().flat_map(row).collect();
            Tensor::from_data(TensorData::new(values, [labels.len(), DEFECTS]), device)
        };
        Self {
            score: Tensor::from_data(labels.iter().map(score).collect::<Vec<f32>>().as_slice(), device),
            present: table(&|label| label.present().map(|there| f32::from(u8::from(there)))),
            strengths: table(&|label| label.strengths),
        }
    }
}

/// δ of Huber's loss in standard deviations of the label (0.1 of a scale of four).
const HUBER_DELTA: f64 = 0.4;
/// Standardised labels further apart than this must be in order.
const TELLABLE: f64 = 0.08;

/// The mean loss of a batch whose photos come in ladders of `rungs`, as `[1]`.
pub(super) fn loss(outputs: Outputs, targets: &Targets, rungs: usize) -> Tensor<1> {
    let (score, target) = (outputs.score, targets.score.clone());
    let log_variance = outputs.log_variance.clamp(-6.0, 6.0);
    let error = (score.clone() - target.clone()).detach();
    let likelihood = (log_variance.clone() + error.square() * (log_variance * -1.0).exp()).mean();
    let logits = outputs.defects;
    let cross_entropy = (activation::softplus(logits.clone(), 1.0) - logits * targets.present.clone()).mean();
    let strengths = (outputs.severities - targets.strengths.clone()).abs().mean();
    let ladders = |values: Tensor<1>| {
        let [n] = values.dims();
        values.reshape([n / rungs, rungs])
    };
    losses::loss(LossKind::Huber, HUBER_DELTA, &score, &target)
        + losses::one_minus_plcc(score.clone(), target.clone()) * 0.25
        + losses::fidelity_within(ladders(score), ladders(target), TELLABLE)
        + cross_entropy * 0.3
        + strengths * 0.3
        + likelihood * 0.02
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::nn::DEFECTS;

    #[test]
    fn every_part_of_the_loss_pulls_toward_its_target() {
        let device = Device::flex().autodiff();
        let table = |value: f32| Tensor::<2>::full([4, DEFECTS], value, &device);
        let targets = Targets {
            score: Tensor::from_data([1.0_f32, 0.5, -0.5, -1.0], &device),
            present: table(1.0),
            strengths: table(0.5),
        };
        let value = |scores: [f32; 4], log_variance: f32, logit: f32, severity: f32| {
            let score = Tensor::<1>::from_data(scores, &device).require_grad();
            let outputs = Outputs {
                score: score.clone(),
                log_variance: Tensor::full([4], log_variance, &device),
                defects: table(logit),
                severities: table(severity),
                quality: table(0.0),
                weight: table(0.0),
            };
            let loss = loss(outputs, &targets, 4);
            let gradients = loss.backward();
            let slopes: Vec<f32> = score.grad(&gradients).expect("gradient").into_data().iter().collect();
            assert!(slopes.iter().all(|slope| slope.is_finite()), "{slopes:?}");
            loss.into_scalar::<f32>()
        };
        let right = [1.0, 0.5, -0.5, -1.0];
        let best = value(right, -6.0, 6.0, 0.5);
        assert!(best < value([0.0; 4], -6.0, 6.0, 0.5));
        assert!(value([0.0; 4], 0.0, 6.0, 0.5) < value([-2.0, -1.0, 1.0, 2.0], 0.0, 6.0, 0.5));
        assert!(best < value(right, 0.0, 6.0, 0.5), "a sure hit is better than an unsure one");
        assert!(value([-1.0; 4], 0.0, 6.0, 0.5) < value([-1.0; 4], -4.0, 6.0, 0.5), "a sure miss is worse");
        assert!(best < value(right, -6.0, -6.0, 0.5));
        assert!(best < value(right, -6.0, 6.0, 0.9));
        assert_eq!(value(right, -6.0, 6.0, 0.5), value(right, -60.0, 6.0, 0.5), "certainty has an end");
    }
}
