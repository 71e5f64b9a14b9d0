//! A network's weights as plain numbers, with batch normalisation folded into the convolutions: what other engines and
//! file formats need.

use std::ops::Range;

use burn::nn::conv::Conv2d;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;

use super::blocks::{ConvBlock, padding_of};

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
    pub pooled: Vec<usize>,
    /// Whether the hidden layer gets features as levels, `(ln(x + LEVEL_FLOOR) − LEVEL_CENTRE) · LEVEL_GAIN`.
    pub levels: bool,
    /// Features to hidden values, a ReLU after it.
    pub hidden: Affine,
    /// Hidden values to the score of the whole photo.
    pub score: Affine,
    /// Quality and weight of every cell of the last stage (1×1, no ReLU).
    pub cells: FoldedConv,
}

/// A normalisation of the values of a token: `(x − mean) / √(variance + NORM_EPSILON) · gain + bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedNorm {
    /// One a value.
    pub gain: Vec<f32>,
    /// One a value.
    pub bias: Vec<f32>,
}

/// Everything that a [`super::Vit`] needs for its score, in the order in which it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedVit {
    /// Pixels to tokens.
    pub patches: FoldedConv,
    /// Added to the tokens `[VIEWS, tokens, width]`.
    pub position: Vec<f32>,
    /// The trunk.
    pub blocks: Vec<FoldedVitBlock>,
    /// After the last block.
    pub norm: FoldedNorm,
    /// Features to hidden values, a ReLU after it.
    pub hidden: Affine,
    /// Hidden values to the score of the whole photo.
    pub score: Affine,
    /// Quality and weight of every token.
    pub cells: Affine,
}

/// One block of a [`super::Vit`]; all constant factors lie in its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedVitBlock {
    /// Heads of attention.
    pub heads: usize,
    /// Before the attention.
    pub before_attention: FoldedNorm,
    /// Query, key and value of every head; the query divided already.
    pub attention: Affine,
    /// What the heads found, added to the tokens.
    pub mixed: Affine,
    /// Before the two-layer network.
    pub before_wide: FoldedNorm,
    /// Its first layer, a GELU after it.
    pub wide: Affine,
    /// Its second layer, added to the tokens.
    pub narrow: Affine,
}

impl Affine {
    /// The same layer with some of its outputs multiplied by `factor`.
    pub(super) fn scaled(mut self, outputs: Range<usize>, factor: f64) -> Self {
        let scale = |value: &mut f32| *value = (f64::from(*value) * factor) as f32;
        self.weight.chunks_exact_mut(self.sizes[1]).for_each(|row| row[outputs.clone()].iter_mut().for_each(scale));
        self.bias[outputs].iter_mut().for_each(scale);
        self
    }
}

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
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
    let padding = padding_of(conv);
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

/// The normalisation of a transformer.
pub(super) fn norm(norm: &LayerNorm) -> FoldedNorm {
    let gain = values(norm.gamma.val());
    let bias = norm.beta.as_ref().map_or_else(|| vec![0.0; gain.len()], |beta| values(beta.val()));
    FoldedNorm { gain, bias }
}

/// A convolution without normalisation and padding.
pub(super) fn plain(conv: &Conv2d) -> FoldedConv {
    let [output, input, kernel, _] = conv.weight.dims();
    let bias = conv.bias.as_ref().map_or_else(|| vec![0.0; output], |bias| values(bias.val()));
    let weight = values(conv.weight.val());
    FoldedConv { channels: [input, output], kernel, stride: conv.stride[0], padding: 0, weight, bias }
}

/// The first `columns` outputs of a fully connected layer.
pub(super) fn affine(linear: &Linear, columns: usize) -> Affine {
    let [input, _] = linear.weight.dims();
    let weight = values(linear.weight.val().slice_dim(1, 0..columns));
    let bias =
        linear.bias.as_ref().map_or_else(|| vec![0.0; columns], |bias| values(bias.val().slice_dim(0, 0..columns)));
    Affine { sizes: [input, columns], weight, bias }
}
