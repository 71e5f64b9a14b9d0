//! What burn computes too slowly on a CPU, computed by ourselves: convolutions and normalisations of networks that train.
//!
//! burn's own convolution on the CPU lays photos out anew on one core, and its normalisation passes over the planes more
//! than a dozen times (docs/benchmarks.md). On every other device burn's are used. Must not know networks.

mod convolution;
mod normalisation;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps as _;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend as _, Backend, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Device, Tensor, TensorData};

use convolution::Sizes;
use normalisation::Channel;

/// Whether the functions below work on tensors of that device: burn's CPU device.
pub fn serves(device: &Device) -> bool {
    *device == Device::flex() || *device == Device::flex().autodiff()
}

/// Planes `[n, in, h, w]` and weights `[out, in, kernel, kernel]` -> `[n, out, h', w']`,
/// `h' = (h + 2·padding − kernel)/stride + 1`
pub fn convolve(planes: Tensor<4>, weights: Tensor<4>, stride: usize, padding: usize) -> Tensor<4> {
    let [planes, weights] = [planes, weights].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::convolution(planes, weights, stride, padding))
}

/// Mean and variance of every channel of planes `[n, c, h, w]`, `[c]` each; no gradient follows them.
pub fn moments(planes: Tensor<4>) -> [Tensor<1>; 2] {
    let [_, channels, ..] = planes.dims();
    let both: Tensor<2> = Tensor::from_dispatch(<Dispatch as Kernels>::moments(planes.into_dispatch()));
    [0, 1].map(|row| both.clone().slice_dim(0, row..=row).reshape([channels]))
}

/// `max(0, (planes − mean)/√(variance + epsilon)·gain + bias)`, channel by channel. Gradients are those of a normalisation
/// by [`moments`] of the planes.
pub fn normalise(planes: Tensor<4>, [gain, bias]: [Tensor<1>; 2], moments: [Tensor<1>; 2], epsilon: f64) -> Tensor<4> {
    let [mean, variance] = moments;
    let [gain, bias, mean, variance] = [gain, bias, mean, variance].map(Tensor::into_dispatch);
    let planes = planes.into_dispatch();
    Tensor::from_dispatch(<Dispatch as Kernels>::normalisation(planes, gain, bias, mean, variance, epsilon))
}

/// What burn's backends are extended by.
#[backend_extension(Flex, Autodiff)]
pub trait Kernels: Backend {
    /// See [`convolve`].
    fn convolution(
        planes: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self>;

    /// See [`moments`]: `[2, c]`.
    fn moments(planes: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`normalise`].
    fn normalisation(
        planes: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

/// Their gradients, on the backend below the one that differentiates.
trait Slopes: Kernels {
    /// The gradient of a convolution by the planes.
    fn by_planes(convolved: &Convolved<Self>, gradients: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The gradient of a convolution by the weights.
    fn by_weights(convolved: &Convolved<Self>, gradients: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The gradients of a normalisation by planes, gain and bias.
    fn of_normalisation(normalised: Normalised<Self>, gradients: FloatTensor<Self>) -> [FloatTensor<Self>; 3];
}

/// What a convolution was computed from.
struct Convolved<B: Backend> {
    planes: FloatTensor<B>,
    weights: FloatTensor<B>,
    stride: usize,
    padding: usize,
}

/// What a normalisation was computed from.
struct Normalised<B: Backend> {
    planes: FloatTensor<B>,
    gain: FloatTensor<B>,
    bias: FloatTensor<B>,
    mean: FloatTensor<B>,
    variance: FloatTensor<B>,
    epsilon: f64,
}

type Values = FloatTensor<Flex>;

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Values {
    Flex::float_from_data(TensorData::new(values, shape), &<_>::default())
}

impl Convolved<Flex> {
    fn sizes(&self) -> Sizes {
        let [_, channels, height, width] = self.planes.shape().dims();
        let [out, _, kernel, _] = self.weights.shape().dims();
        Sizes::new([channels, height, width], out, kernel, self.stride, self.padding)
    }
}

impl Normalised<Flex> {
    fn channels(&self) -> Vec<Channel> {
        let all = [&self.mean, &self.variance, &self.gain, &self.bias].map(Values::to_contiguous);
        let [mean, variance, gain, bias] = all.each_ref().map(Values::storage::<f32>);
        let channel = |at: usize| Channel {
            mean: mean[at],
            inverse: (1.0 / (f64::from(variance[at]) + self.epsilon).sqrt()) as f32,
            gain: gain[at],
            bias: bias[at],
        };
        (0..mean.len()).map(channel).collect()
    }

    fn pixels(&self) -> usize {
        let [.., height, width] = self.planes.shape().dims::<4>();
        height * width
    }
}

impl Kernels for Flex {
    fn convolution(planes: Values, weights: Values, stride: usize, padding: usize) -> Values {
        let (planes, weights) = (planes.to_contiguous(), weights.to_contiguous());
        let convolved = Convolved { planes, weights, stride, padding };
        let (sizes, [photos, ..]) = (convolved.sizes(), convolved.planes.shape().dims::<4>());
        let [out, height, width] = sizes.output;
        let values = convolution::forward(convolved.planes.storage(), convolved.weights.storage(), &sizes);
        tensor(values, [photos, out, height, width])
    }

    fn moments(planes: Values) -> Values {
        let planes = planes.to_contiguous();
        let [_, channels, height, width] = planes.shape().dims();
        let (means, variances) = normalisation::moments(planes.storage(), channels, height * width);
        tensor([means, variances].concat(), [2, channels])
    }

    fn normalisation(
        planes: Values,
        gain: Values,
        bias: Values,
        mean: Values,
        variance: Values,
        epsilon: f64,
    ) -> Values {
        let normalised = Normalised { planes: planes.to_contiguous(), gain, bias, mean, variance, epsilon };
        let (channels, shape) = (normalised.channels(), normalised.planes.shape().dims::<4>());
        tensor(normalisation::forward(normalised.planes.storage(), &channels, normalised.pixels()), shape)
    }
}

impl Slopes for Flex {
    fn by_planes(convolved: &Convolved<Self>, gradients: Values) -> Values {
        let (weights, gradients) = (convolved.weights.to_contiguous(), gradients.to_contiguous());
        let found = convolution::photo_gradients(gradients.storage(), weights.storage(), &convolved.sizes());
        tensor(found, convolved.planes.shape().dims::<4>())
    }

    fn by_weights(convolved: &Convolved<Self>, gradients: Values) -> Values {
        let (planes, gradients) = (convolved.planes.to_contiguous(), gradients.to_contiguous());
        let found = convolution::weight_gradients(planes.storage(), gradients.storage(), &convolved.sizes());
        tensor(found, convolved.weights.shape().dims::<4>())
    }

    fn of_normalisation(normalised: Normalised<Self>, gradients: Values) -> [Values; 3] {
        let (planes, gradients) = (normalised.planes.to_contiguous(), gradients.to_contiguous());
        let channels = normalised.channels();
        let (planes, gain, bias) =
            normalisation::backward(planes.storage(), gradients.storage(), &channels, normalised.pixels());
        let count = channels.len();
        [tensor(planes, normalised.planes.shape().dims::<4>()), tensor(gain, [count]), tensor(bias, [count])]
    }
}

/// The convolution as a node of the graph of gradients.
#[derive(Debug)]
struct Convolution;

impl<B: Slopes> Backward<B, 2> for Convolution {
    type State = (NodeId, NodeId, usize, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [by_planes, by_weights] = ops.parents;
        let gradients = grads.consume::<B>(&ops.node);
        let (planes, weights, stride, padding) = ops.state;
        let convolved = Convolved::<B> {
            planes: checkpointer.retrieve_node_output(planes),
            weights: checkpointer.retrieve_node_output(weights),
            stride,
            padding,
        };
        if let Some(node) = by_planes {
            grads.register::<B>(node.id, B::by_planes(&convolved, gradients.clone()));
        }
        if let Some(node) = by_weights {
            grads.register::<B>(node.id, B::by_weights(&convolved, gradients));
        }
    }
}

/// The normalisation as a node of the graph of gradients.
#[derive(Debug)]
struct Normalisation;

impl<B: Slopes> Backward<B, 3> for Normalisation {
    type State = ([NodeId; 3], [FloatTensor<B>; 2], f64);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let gradients = grads.consume::<B>(&ops.node);
        let (nodes, [mean, variance], epsilon) = ops.state;
        let [planes, gain, bias] = nodes.map(|node| checkpointer.retrieve_node_output(node));
        let found = B::of_normalisation(Normalised { planes, gain, bias, mean, variance, epsilon }, gradients);
        for (node, found) in ops.parents.into_iter().zip(found) {
            if let Some(node) = node {
                grads.register::<B>(node.id, found);
            }
        }
    }
}

impl<B: Slopes, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn convolution(
        planes: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        let compute = |planes: FloatTensor<Self>, weights: FloatTensor<Self>| {
            B::convolution(planes.into_primitive(), weights.into_primitive(), stride, padding)
        };
        match Convolution.prepare::<C>([planes.node(), weights.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&planes), prep.checkpoint(&weights), stride, padding);
                prep.finish(state, compute(planes, weights))
            }
            OpsKind::UnTracked(prep) => prep.finish(compute(planes, weights)),
        }
    }

    fn moments(planes: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::moments(planes.into_primitive()))
    }

    fn normalisation(
        planes: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let [mean, variance] = [mean, variance].map(FloatTensor::<Self>::into_primitive);
        let moments = [mean.clone(), variance.clone()];
        let compute = |[planes, gain, bias]: [FloatTensor<Self>; 3]| {
            let [planes, gain, bias] = [planes, gain, bias].map(FloatTensor::<Self>::into_primitive);
            B::normalisation(planes, gain, bias, mean, variance, epsilon)
        };
        let parents = [planes, gain, bias];
        let nodes = parents.each_ref().map(FloatTensor::<Self>::node);
        match Normalisation.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let ids = parents.each_ref().map(|parent| prep.checkpoint(parent));
                prep.finish((ids, moments, epsilon), compute(parents))
            }
            OpsKind::UnTracked(prep) => prep.finish(compute(parents)),
        }
    }
}
