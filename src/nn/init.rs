//! Initial weights drawn from a seed, the same on every device, thread and backend.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Replaces every weight by He-normal values (He et al. 2015, equation 10) from `seed`; vectors (biases, batch
/// normalisation) keep the constants they have.
pub fn seeded<M: Module>(module: M, seed: u64) -> M {
    module.map(&mut SeededWeights { rng: ChaCha8Rng::seed_from_u64(seed) })
}

struct SeededWeights {
    rng: ChaCha8Rng,
}

impl SeededWeights {
    fn uniform(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A standard normal value (Box and Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

impl ModuleMapper for SeededWeights {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D < 2 {
            return constant_bias(param);
        }
        param.map(|tensor| {
            let shape = tensor.dims();
            // Convolutions are [out, in, h, w]; linear layers are [in, out].
            let fan_in = if D == 2 { shape[0] } else { shape[1..].iter().product() };
            let std = (2.0 / fan_in.max(1) as f64).sqrt();
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> = (0..count).map(|_| (self.normal() * std) as f32).collect();
            trainable(Tensor::from_data(TensorData::new(values, shape), &tensor.device()))
        })
    }
}

/// Linear biases start at zero; the scale of batch normalisation is all ones already and stays.
fn constant_bias<const D: usize>(param: Param<Tensor<D>>) -> Param<Tensor<D>> {
    param.map(|tensor| {
        let ones = tensor.clone().into_data().iter::<f32>().all(|value| value == 1.0);
        if ones { tensor } else { trainable(tensor.zeros_like()) }
    })
}

/// Marks a fresh tensor for gradients when its device computes them.
fn trainable<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.device().is_autodiff() { tensor.require_grad() } else { tensor }
}
