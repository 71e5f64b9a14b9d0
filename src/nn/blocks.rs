//! Building blocks shared by the networks.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, activation};

/// Added to the variance of pooled planes: keeps the gradient of the root finite on flat planes (pure white backgrounds).
pub const VARIANCE_FLOOR: f64 = 1e-5;

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
        activation::relu(self.norm.forward(self.conv.forward(input)))
    }
}

/// Mean and standard deviation of every channel over the plane: `[n, c, h, w]` -> `[n, 2c]`.
///
/// The deviation keeps what an average hides: how unevenly a defect is spread (style pooling, as in GRepQ and MUSIQ
/// heads).
pub(super) fn mean_std_pool(input: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = input.dims();
    let flat = input.reshape([n, c, h * w]);
    let mean = flat.clone().mean_dim(2);
    let variance = (flat - mean.clone()).square().mean_dim(2);
    let std = (variance + VARIANCE_FLOOR).sqrt();
    Tensor::cat(vec![mean, std], 1).reshape([n, 2 * c])
}
