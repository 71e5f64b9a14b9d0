//! Building blocks shared by the networks.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, activation};

use crate::kernels::{self, Way, Window};

/// Added to the variance of pooled planes: keeps the gradient of the root finite on flat planes (pure white backgrounds).
pub const VARIANCE_FLOOR: f64 = 1e-5;

/// Added to the mean or deviation of rectified planes before its logarithm is taken.
pub const LEVEL_FLOOR: f64 = 0.02;

/// Taken from a logarithm: about the middle of those of a trained network.
pub const LEVEL_CENTRE: f64 = -1.7;

/// What a centred logarithm is multiplied by, for a deviation near 1.
pub const LEVEL_GAIN: f64 = 1.5;

/// Added to the variance of a token's values before it is divided by.
pub const NORM_EPSILON: f64 = 1e-5;

/// Taken from every input value: product photos are mostly white, and an input centred on mid grey trains faster.
pub const INPUT_CENTRE: f64 = 0.5;

/// What the centred input is multiplied by, for a deviation near 1.
pub const INPUT_GAIN: f64 = 4.0;

/// What `forward` makes of `input` with `module`, which learns nothing when it is `frozen`: it works as in scoring then,
/// with settled statistics and no gradients.
pub(super) fn still<M: Module, const D: usize>(
    frozen: bool,
    module: &M,
    input: Tensor<D>,
    forward: impl Fn(&M, Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    if frozen && input.device().is_autodiff() {
        Tensor::from_inner(forward(&module.valid(), input.inner()))
    } else {
        forward(module, input)
    }
}

/// Zeros around the planes that a convolution of a block sees.
pub(super) fn padding_of(conv: &Conv2d) -> usize {
    match conv.padding {
        PaddingConfig2d::Explicit(padding, ..) => padding,
        // Blocks pad explicitly or not at all.
        PaddingConfig2d::Valid | PaddingConfig2d::Same => 0,
    }
}

/// Plain convolution, batch normalisation, ReLU: what CPU stacks and exporters handle fastest.
#[derive(Module, Debug)]
pub(super) struct ConvBlock {
    conv: Conv2d,
    norm: BatchNorm,
}

impl ConvBlock {
    pub(super) fn new(channels: [usize; 2], kernel: usize, stride: usize, padding: usize, device: &Device) -> Self {
        let conv = Conv2dConfig::new(channels, [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_bias(false)
            .init(device);
        Self { conv, norm: BatchNormConfig::new(channels[1]).init(device) }
    }

    /// The convolution and the normalisation after it.
    pub(super) fn parts(&self) -> (&Conv2d, &BatchNorm) {
        (&self.conv, &self.norm)
    }

    /// `[n, in, h, w]` -> `[n, out, h', w']`, `h' = (h + 2·padding − kernel)/stride + 1`
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if !kernels::serves(&input.device()) {
            return activation::relu(self.norm.forward(self.conv.forward(input)));
        }
        let weights = self.conv.weight.val();
        let window = Window::even(self.conv.stride[0], padding_of(&self.conv));
        if !input.device().is_autodiff() {
            let way = Way { window, depthwise: false, range: [0.0, f32::INFINITY] };
            return kernels::convolve_with(input, weights, self.settled(), way);
        }
        let planes = kernels::convolve(input, weights, window);
        let found = kernels::moments(planes.clone().inner());
        self.follow(found.clone());
        let moments = found.map(Tensor::from_inner);
        let gain_and_bias = [self.norm.gamma.val(), self.norm.beta.val()];
        kernels::normalise(planes, gain_and_bias, moments, self.norm.epsilon)
    }

    /// The settled normalisation as a line: what values are multiplied by, and what is added then.
    fn settled(&self) -> [Tensor<1>; 2] {
        let (mean, variance) = (self.norm.running_mean.value(), self.norm.running_var.value());
        let slope = self.norm.gamma.val() / (variance + self.norm.epsilon).sqrt();
        [slope.clone(), self.norm.beta.val() - mean * slope]
    }

    /// Lets the settled statistics follow those of a batch, as burn's normalisation does.
    fn follow(&self, [mean, variance]: [Tensor<1>; 2]) {
        let share = self.norm.momentum;
        for (settled, new) in [(&self.norm.running_mean, mean), (&self.norm.running_var, variance)] {
            settled.update(settled.value_sync().mul_scalar(1.0 - share) + new.mul_scalar(share));
        }
    }
}

/// Mean and standard deviation of every channel over the plane: `[n, c, h, w]` -> `[n, 2c]`.
///
/// The deviation keeps what an average hides: how unevenly a defect is spread (style pooling, as in GRepQ and MUSIQ
/// heads).
pub(super) fn mean_std_pool(input: Tensor<4>) -> Tensor<2> {
    if kernels::serves(&input.device()) {
        return kernels::pool(input, VARIANCE_FLOOR);
    }
    pooled_by_definition(input)
}

fn pooled_by_definition(input: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = input.dims();
    let flat = input.reshape([n, c, h * w]);
    let mean = flat.clone().mean_dim(2);
    let variance = (flat - mean.clone()).square().mean_dim(2);
    let std = (variance + VARIANCE_FLOOR).sqrt();
    Tensor::cat(vec![mean, std], 1).reshape([n, 2 * c])
}

/// Means and deviations of rectified planes on a scale of ratios, a line of `ln(x + LEVEL_FLOOR)`: blur, noise and contrast
/// multiply what a filter finds, and a fully connected layer can only add.
pub(super) fn levels(pooled: Tensor<2>) -> Tensor<2> {
    ((pooled + LEVEL_FLOOR).log() - LEVEL_CENTRE) * LEVEL_GAIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<const D: usize>(shape: [usize; D], salt: f32, device: &Device) -> Tensor<D> {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|at| ((at as f32 + salt) * 0.37).sin()).collect();
        Tensor::<1>::from_data(values.as_slice(), device).reshape(shape)
    }

    /// Everything that a training step takes from a block: output, gradients by input and parameters, settled statistics.
    fn step(block: &ConvBlock, forward: impl Fn(Tensor<4>) -> Tensor<4>) -> Vec<Vec<f32>> {
        let device = Device::flex().autodiff();
        let input = numbers([3, 4, 11, 9], 0.0, &device).require_grad();
        let output = forward(input.clone());
        let gradients = (output.clone() * numbers(output.dims(), 5.0, &device)).sum().backward();
        let list = |values: burn::tensor::TensorData| values.iter::<f32>().collect::<Vec<f32>>();
        let (conv, norm) = block.parts();
        let missing = "a gradient";
        vec![
            list(output.into_data()),
            list(input.grad(&gradients).expect(missing).into_data()),
            list(conv.weight.val().grad(&gradients).expect(missing).into_data()),
            list(norm.gamma.val().grad(&gradients).expect(missing).into_data()),
            list(norm.beta.val().grad(&gradients).expect(missing).into_data()),
            list(norm.running_mean.value_sync().into_data()),
            list(norm.running_var.value_sync().into_data()),
        ]
    }

    #[test]
    fn pooling_on_the_cpu_is_that_of_its_definition_and_so_are_its_gradients() {
        let device = Device::flex().autodiff();
        let (weights, input) = (numbers([3, 8], 5.0, &device), numbers([3, 4, 7, 6], 0.0, &device));
        let list = |values: burn::tensor::TensorData| values.iter::<f32>().collect::<Vec<f32>>();
        let found = |pool: &dyn Fn(Tensor<4>) -> Tensor<2>| {
            let input = input.clone().require_grad();
            let pooled = pool(input.clone());
            let gradients = (pooled.clone() * weights.clone()).sum().backward();
            [list(pooled.into_data()), list(input.grad(&gradients).expect("a gradient").into_data())]
        };
        let (own, defined) = (found(&mean_std_pool), found(&pooled_by_definition));
        for (own, defined) in own.iter().flatten().zip(defined.iter().flatten()) {
            assert!((own - defined).abs() < 1e-5, "{own} {defined}");
        }
    }

    #[test]
    fn a_block_learns_on_the_cpu_as_it_does_with_the_layers_of_burn() {
        let device = Device::flex().autodiff();
        for (kernel, stride) in [(3, 1), (3, 2), (5, 4)] {
            let block = || {
                let mut block = ConvBlock::new([4, 6], kernel, stride, 1, &device);
                block.conv.weight =
                    burn::module::Param::from_tensor(numbers([6, 4, kernel, kernel], 9.0, &device).require_grad());
                block
            };
            let (own, burns) = (block(), block());
            let found = step(&own, |input| own.forward(input));
            let expected = step(&burns, |input| activation::relu(burns.norm.forward(burns.conv.forward(input))));
            for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(found.len() == expected.len() && off < 2e-4, "part {part}, kernel {kernel}: {off}");
            }
            let input = numbers([2, 4, 11, 9], 3.0, &Device::flex());
            let (own, burns) = (own.valid(), burns.valid());
            let off = own.forward(input.clone()) - activation::relu(burns.norm.forward(burns.conv.forward(input)));
            assert!(off.abs().max().into_scalar::<f32>() < 1e-4, "settled, kernel {kernel}");
        }
    }
}
