//! Losses on standardised scores.

use burn::tensor::Tensor;

use crate::config::LossKind;

/// Mean loss of predictions `[n]` against targets `[n]`, as `[1]`.
///
/// - MSE: `mean((p−t)²)`
/// - MAE: `mean(|p−t|)`
/// - Huber (Huber 1964): `mean(½e² if |e| ≤ δ, else δ(|e| − ½δ))`
pub fn loss(kind: LossKind, huber_delta: f64, predicted: Tensor<1>, target: Tensor<1>) -> Tensor<1> {
    let error = predicted - target;
    match kind {
        LossKind::Mse => error.square().mean(),
        LossKind::Mae => error.abs().mean(),
        LossKind::Huber => {
            let size = error.abs();
            // With q = min(|e|, δ), both branches are q·(|e| − q/2).
            let near = size.clone().clamp_max(huber_delta);
            (near.clone() * (size - near * 0.5)).mean()
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn values_match_pytorch() {
        // torch 2: mse_loss, l1_loss, huber_loss(delta=1.0) of these vectors.
        let expected = [(LossKind::Mse, 2.5625), (LossKind::Mae, 1.125), (LossKind::Huber, 0.78125)];
        let device = Device::flex();
        for (kind, value) in expected {
            let predicted = Tensor::from_data([0.5_f32, -1.0, 3.0, 2.0], &device);
            let target = Tensor::from_data([0.0_f32, 0.0, 0.0, 2.0], &device);
            let loss: f32 = loss(kind, 1.0, predicted, target).into_scalar();
            assert!((f64::from(loss) - value).abs() < 1e-6, "{kind:?}: {loss}");
        }
    }

    #[test]
    fn gradients_point_downhill() {
        let device = Device::flex().autodiff();
        for kind in [LossKind::Mse, LossKind::Mae, LossKind::Huber] {
            let predicted = Tensor::<1>::from_data([3.0_f32, -3.0], &device).require_grad();
            let target = Tensor::from_data([0.0_f32, 0.0], &device);
            let gradients = loss(kind, 1.0, predicted.clone(), target).backward();
            let slope: Vec<f32> = predicted.grad(&gradients).expect("gradient").into_data().iter().collect();
            assert!(slope[0] > 0.0 && slope[1] < 0.0, "{kind:?}: {slope:?}");
        }
    }
}
