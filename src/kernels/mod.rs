//! What burn computes too slowly on a CPU, computed by ourselves: convolutions and normalisations.
//!
//! burn's own convolution on the CPU lays photos out anew on one core, and its normalisation passes over the planes more
//! than a dozen times (docs/benchmarks.md). On every other device burn's are used. Must not know networks.

mod chain;
mod convolution;
mod layout;
mod normalisation;
mod products;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps as _;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend as _, Backend, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Device, Tensor, TensorData};

pub use chain::{Chain, Link, Workshop};
use layout::Sizes;
pub use layout::Window;
use normalisation::Channel;
pub use normalisation::pool_photo;
use products::Then;

/// Whether the functions below work on tensors of that device: burn's CPU device.
pub fn serves(device: &Device) -> bool {
    *device == Device::flex() || *device == Device::flex().autodiff()
}

/// Planes `[n, in, h, w]` and weights `[out, in, kernel, kernel]` -> `[n, out, h', w']`,
/// `h' = (h + padding − kernel)/stride + 1`
pub fn convolve(planes: Tensor<4>, weights: Tensor<4>, window: Window) -> Tensor<4> {
    let [planes, weights] = [planes, weights].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::convolution(planes, weights, window))
}

/// What [`convolve_with`] does beside the products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// How the kernel goes over the planes.
    pub window: Window,
    /// Whether every channel is convolved by itself, with weights `[channels, 1, kernel, kernel]`.
    pub depthwise: bool,
    /// The least and the most that the results become.
    pub range: [f32; 2],
}

/// `slope · convolved + level`, channel by channel, within a range: a convolution with a settled normalisation and the
/// ReLU after it in one pass. No gradient follows it.
pub fn convolve_with(planes: Tensor<4>, weights: Tensor<4>, [slope, level]: [Tensor<1>; 2], way: Way) -> Tensor<4> {
    let [slope, level] = [slope, level].map(Tensor::into_dispatch);
    let [planes, weights] = [planes, weights].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::convolution_with(planes, weights, slope, level, way))
}

/// Mean and variance of every channel of planes `[n, c, h, w]`, `[c]` each; no gradient follows them.
pub fn moments(planes: Tensor<4>) -> [Tensor<1>; 2] {
    let [_, channels, ..] = planes.dims();
    let both: Tensor<2> = Tensor::from_dispatch(<Dispatch as Kernels>::moments(planes.into_dispatch()));
    [0, 1].map(|row| both.clone().slice_dim(0, row..=row).reshape([channels]))
}

/// Mean and √(variance + `floor`) of every plane of planes `[n, c, h, w]`, `[n, 2c]` with the means first.
pub fn pool(planes: Tensor<4>, floor: f64) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as Kernels>::pooled(planes.into_dispatch(), floor))
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
    fn convolution(planes: FloatTensor<Self>, weights: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;

    /// See [`convolve_with`].
    fn convolution_with(
        planes: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        level: FloatTensor<Self>,
        way: Way,
    ) -> FloatTensor<Self>;

    /// See [`moments`]: `[2, c]`.
    fn moments(planes: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`pool`].
    fn pooled(planes: FloatTensor<Self>, floor: f64) -> FloatTensor<Self>;

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

    /// The gradient of what was pooled by the planes.
    fn of_pooling(
        planes: FloatTensor<Self>,
        pooled: FloatTensor<Self>,
        gradients: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// The gradients of a normalisation by planes, gain and bias.
    fn of_normalisation(normalised: Normalised<Self>, gradients: FloatTensor<Self>) -> [FloatTensor<Self>; 3];
}

/// What a convolution was computed from.
struct Convolved<B: Backend> {
    planes: FloatTensor<B>,
    weights: FloatTensor<B>,
    window: Window,
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
    fn new(planes: &Values, weights: &Values, window: Window) -> Self {
        Self { planes: planes.to_contiguous(), weights: weights.to_contiguous(), window }
    }

    fn sizes(&self) -> Sizes {
        let [_, channels, height, width] = self.planes.shape().dims();
        let [out, _, kernel, _] = self.weights.shape().dims();
        Sizes::new([channels, height, width], out, kernel, self.window)
    }

    fn output(&self, values: Vec<f32>) -> Values {
        let ([photos, ..], [out, height, width]) = (self.planes.shape().dims::<4>(), self.sizes().output);
        tensor(values, [photos, out, height, width])
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
    fn convolution(planes: Values, weights: Values, window: Window) -> Values {
        let convolved = Convolved::new(&planes, &weights, window);
        let sizes = convolved.sizes();
        let values = convolution::forward(convolved.planes.storage(), convolved.weights.storage(), &sizes);
        convolved.output(values)
    }

    fn convolution_with(planes: Values, weights: Values, slope: Values, level: Values, way: Way) -> Values {
        let convolved = Convolved::new(&planes, &weights, way.window);
        let (slope, level) = (slope.to_contiguous(), level.to_contiguous());
        let then = Then { slope: slope.storage(), level: level.storage(), range: way.range };
        let compute = if way.depthwise { convolution::depthwise_with } else { convolution::forward_with };
        convolved.output(compute(convolved.planes.storage(), convolved.weights.storage(), then, &convolved.sizes()))
    }

    fn moments(planes: Values) -> Values {
        let planes = planes.to_contiguous();
        let [_, channels, height, width] = planes.shape().dims();
        let (means, variances) = normalisation::moments(planes.storage(), channels, height * width);
        tensor([means, variances].concat(), [2, channels])
    }

    fn pooled(planes: Values, floor: f64) -> Values {
        let planes = planes.to_contiguous();
        let [photos, channels, height, width] = planes.shape().dims();
        tensor(normalisation::pooled(planes.storage(), channels, height * width, floor), [photos, 2 * channels])
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

    fn of_pooling(planes: Values, pooled: Values, gradients: Values) -> Values {
        let [planes, pooled, gradients] = [planes, pooled, gradients].map(|values| values.to_contiguous());
        let shape @ [_, channels, height, width] = planes.shape().dims();
        let pixels = height * width;
        let found =
            normalisation::pool_backward(planes.storage(), pooled.storage(), gradients.storage(), channels, pixels);
        tensor(found, shape)
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
    type State = (NodeId, NodeId, Window);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [by_planes, by_weights] = ops.parents;
        let gradients = grads.consume::<B>(&ops.node);
        let (planes, weights, window) = ops.state;
        let convolved = Convolved::<B> {
            planes: checkpointer.retrieve_node_output(planes),
            weights: checkpointer.retrieve_node_output(weights),
            window,
        };
        if let Some(node) = by_planes {
            grads.register::<B>(node.id, B::by_planes(&convolved, gradients.clone()));
        }
        if let Some(node) = by_weights {
            grads.register::<B>(node.id, B::by_weights(&convolved, gradients));
        }
    }
}

/// The pooling as a node of the graph of gradients.
#[derive(Debug)]
struct Pooling;

impl<B: Slopes> Backward<B, 1> for Pooling {
    type State = (NodeId, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [by_planes] = ops.parents;
        let gradients = grads.consume::<B>(&ops.node);
        let (planes, pooled) = ops.state;
        if let Some(node) = by_planes {
            let planes = checkpointer.retrieve_node_output(planes);
            grads.register::<B>(node.id, B::of_pooling(planes, pooled, gradients));
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
    fn convolution(planes: FloatTensor<Self>, weights: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        let compute = |planes: FloatTensor<Self>, weights: FloatTensor<Self>| {
            B::convolution(planes.into_primitive(), weights.into_primitive(), window)
        };
        match Convolution.prepare::<C>([planes.node(), weights.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&planes), prep.checkpoint(&weights), window);
                prep.finish(state, compute(planes, weights))
            }
            OpsKind::UnTracked(prep) => prep.finish(compute(planes, weights)),
        }
    }

    fn convolution_with(
        planes: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        level: FloatTensor<Self>,
        way: Way,
    ) -> FloatTensor<Self> {
        let [planes, weights, slope, level] = [planes, weights, slope, level].map(FloatTensor::<Self>::into_primitive);
        Self::from_inner(B::convolution_with(planes, weights, slope, level, way))
    }

    fn moments(planes: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::moments(planes.into_primitive()))
    }

    fn pooled(planes: FloatTensor<Self>, floor: f64) -> FloatTensor<Self> {
        match Pooling.prepare::<C>([planes.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let checkpoint = prep.checkpoint(&planes);
                let pooled = B::pooled(planes.into_primitive(), floor);
                prep.finish((checkpoint, pooled.clone()), pooled)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::pooled(planes.into_primitive(), floor)),
        }
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
