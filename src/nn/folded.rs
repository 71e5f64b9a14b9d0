//! A network's weights as plain numbers, with batch normalisation folded into the convolutions: what other engines and
//! file formats need.

use burn::nn::conv::Conv2d;
use burn::nn::{Linear, PaddingConfig2d};
use burn::tensor::Tensor;

use super::blocks::ConvBlock;

/// A convolution with bias; whether a ReLU follows is said where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedConv {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Kernel edge.
    pub kernel: usize,
    /// Stride of both axes.
    pub stride: usize,
    /// Zeros added on each side.
    pub padding: usize,
    /// `[out, in, kernel, kernel]`
    pub weight: Vec<f32>,
    /// `[out]`
    pub bias: Vec<f32>,
}

impl FoldedConv {
    /// Edge of the output plane for an input plane of `edge` pixels.
    pub fn edge_after(&self, edge: usize) -> usize {
        (edge + 2 * self.padding - self.kernel) / self.stride + 1
    }
}

/// A fully connected layer: `x · weight + bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// Values in and out.
    pub sizes: [usize; 2],
    /// `[in, out]`
    pub weight: Vec<f32>,
    /// `[out]`
    pub bias: Vec<f32>,
}

/// Everything that a [`super::Cnn`] needs for its score, in the order in which it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// The trunk, a ReLU after each.
    pub blocks: Vec<FoldedConv>,
    /// The blocks whose output is pooled into features, in order; the last is the last block.
    pub pooled: [usize; 2],
    /// Features to hidden values, a ReLU after it.
    pub hidden: Affine,
    /// Hidden values to the score of the whole photo.
    pub score: Affine,
    /// Quality and weight of every cell of the last stage (1×1, no ReLU).
    pub cells: FoldedConv,
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn wide<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f32>().map(f64::from).collect()
}

/// Convolution and batch normalisation as one convolution: with `s = gamma / sqrt(variance + epsilon)`, the weights of
/// every output channel are multiplied by `s`, and the bias is `beta - mean · s` (Jacob et al. 2018, section 3.2).
pub(super) fn block(block: &ConvBlock) -> FoldedConv {
    let (conv, norm) = block.parts();
    let [stride, _] = conv.stride;
    let padding = match conv.padding {
        PaddingConfig2d::Explicit(padding, ..) => padding,
        // Blocks pad explicitly or not at all.
        PaddingConfig2d::Valid | PaddingConfig2d::Same => 0,
    };
    let [output, input, kernel, _] = conv.weight.dims();
    let (gamma, beta) = (wide(norm.gamma.val()), wide(norm.beta.val()));
    let (mean, variance) = (wide(norm.running_mean.value()), wide(norm.running_var.value()));
    let scales: Vec<f64> =
        gamma.iter().zip(&variance).map(|(gamma, var)| gamma / (var + norm.epsilon).sqrt()).collect();
    let weight = wide(conv.weight.val());
    let per_channel = input * kernel * kernel;
    let scaled = weight
        .chunks_exact(per_channel)
        .zip(&scales)
        .flat_map(|(channel, scale)| channel.iter().map(move |weight| (weight * scale) as f32));
    let bias = beta.iter().zip(&mean).zip(&scales).map(|((beta, mean), scale)| (beta - mean * scale) as f32);
    FoldedConv { channels: [input, output], kernel, stride, padding, weight: scaled.collect(), bias: bias.collect() }
}

/// A convolution of stride 1 without padding.
pub(super) fn plain(conv: &Conv2d) -> FoldedConv {
    let [output, input, kernel, _] = conv.weight.dims();
    let bias = conv.bias.as_ref().map_or_else(|| vec![0.0; output], |bias| values(bias.val()));
    let weight = values(conv.weight.val());
    FoldedConv { channels: [input, output], kernel, stride: 1, padding: 0, weight, bias }
}

/// The first `columns` outputs of a fully connected layer.
pub(super) fn affine(linear: &Linear, columns: usize) -> Affine {
    let [input, _] = linear.weight.dims();
    let weight = values(linear.weight.val().slice_dim(1, 0..columns));
    let bias =
        linear.bias.as_ref().map_or_else(|| vec![0.0; columns], |bias| values(bias.val().slice_dim(0, 0..columns)));
    Affine { sizes: [input, columns], weight, bias }
}
