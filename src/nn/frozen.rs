//! Networks as they come from weight files: named tensors, checked against a plan, become convolutions whose batch
//! normalisation is folded in.
//!
//! Nothing here is trained: a frozen network only needs the sums that batch normalisation amounts to.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::kernels::{self, Way, Window};

/// Added to the variance by PyTorch's batch normalisation.
const NORM_EPSILON: f32 = 1e-5;

/// Names listed in a message; the rest is counted.
const NAMED: usize = 4;

/// A tensor of a weight file.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Its dimensions; empty for a single number.
    pub shape: Vec<usize>,
    /// Its values in row-major order.
    pub values: Vec<f32>,
}

/// The tensors of a weight file by their names.
#[derive(Debug, Clone, Default)]
pub struct Weights(BTreeMap<String, Weight>);

/// Where a network's input grows beyond its edges, when a convolution asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edges {
    /// PyTorch: half the kernel on every side.
    Even,
    /// TensorFlow's "SAME": as much as the output size needs, the odd pixel at the bottom and on the right.
    Same,
}

/// One convolution of a network, and the names of its tensors.
#[derive(Debug, Clone)]
pub(super) struct ConvPlan {
    /// `{conv}.weight`, and `{conv}.bias` when there is no batch normalisation.
    pub(super) conv: String,
    /// `{norm}.weight`, `.bias`, `.running_mean` and `.running_var`.
    pub(super) norm: Option<String>,
    /// Channels out, channels in.
    pub(super) channels: [usize; 2],
    /// Edge of the kernel.
    pub(super) kernel: usize,
    /// Stride.
    pub(super) stride: usize,
    /// Every channel by itself.
    pub(super) depthwise: bool,
    /// How edges are padded.
    pub(super) edges: Edges,
    /// Edge of its input when the network's input is as large as it was made for.
    pub(super) input_edge: usize,
}

impl ConvPlan {
    fn weight_shape(&self) -> [usize; 4] {
        let [out, input] = self.channels;
        [out, if self.depthwise { 1 } else { input }, self.kernel, self.kernel]
    }

    /// The tensors it is made of, with their shapes.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let out = vec![self.channels[0]];
        let mut tensors = vec![(format!("{}.weight", self.conv), self.weight_shape().to_vec())];
        match &self.norm {
            None => tensors.push((format!("{}.bias", self.conv), out)),
            Some(norm) => tensors.extend(NORM.map(|name| (format!("{norm}.{name}"), out.clone()))),
        }
        tensors
    }

    /// Edge of its output.
    pub(super) fn output_edge(&self) -> usize {
        self.input_edge.div_ceil(self.stride)
    }

    /// Multiply-accumulates: `k²·in·out·h·w`.
    pub(super) fn macs(&self) -> u64 {
        let weights: usize = self.weight_shape().iter().product();
        (weights * self.output_edge().pow(2)) as u64
    }

    /// Parameters once batch normalisation is folded in.
    pub(super) fn parameters(&self) -> usize {
        self.weight_shape().iter().product::<usize>() + self.channels[0]
    }
}

const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

impl Weights {
    /// The tensors of a file.
    pub fn new(tensors: BTreeMap<String, Weight>) -> Self {
        Self(tensors)
    }

    /// Whether there is a tensor with that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether these are the tensors of `plans`: all there, each of its shape, and none besides but the classifier's
    /// (whose name ends in `head`) and counters.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] naming the first tensors that are missing, of another shape, or too many.
    pub(super) fn check(&self, network: &str, plans: &[ConvPlan], head: &str) -> Result<()> {
        let expected: BTreeMap<String, Vec<usize>> = plans.iter().flat_map(ConvPlan::tensors).collect();
        let missing: Vec<String> = expected.keys().filter(|name| !self.has(name)).cloned().collect();
        let belongs = |name: &&str| {
            expected.contains_key(*name)
                || name.starts_with(&format!("{head}."))
                || name.ends_with("num_batches_tracked")
        };
        let strange: Vec<String> = self.names().filter(|name| !belongs(name)).map(str::to_owned).collect();
        let differing = expected.iter().filter_map(|(name, shape)| {
            let found = &self.0.get(name)?.shape;
            (found != shape).then(|| format!("{name} is {found:?} and should be {shape:?}"))
        });
        let differing: Vec<String> = differing.collect();
        let problem = |what: &str, names: &[String]| Error::bad_data(format!("{what} {network}: {}", first(names)));
        if !missing.is_empty() {
            let error = problem("tensors are missing for", &missing);
            let unknown = format!("In the file, but unknown: {}.", first(&strange));
            return Err(if strange.is_empty() { error } else { error.hint(unknown) });
        }
        if !differing.is_empty() {
            return Err(problem("tensors have other shapes than those of", &differing));
        }
        if !strange.is_empty() {
            return Err(problem("there are tensors that do not belong to", &strange)
                .hint("A larger network of the same family is not read as a smaller one."));
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<&Weight> {
        self.0.get(name).ok_or_else(|| Error::bad_data(format!("the tensor {name} is missing")))
    }

    /// Builds one convolution; [`Weights::check`] has found its tensors right.
    pub(super) fn conv(&self, plan: &ConvPlan, device: &Device) -> Result<FrozenConv> {
        let mut weight = self.get(&format!("{}.weight", plan.conv))?.values.clone();
        let bias = match &plan.norm {
            None => self.get(&format!("{}.bias", plan.conv))?.values.clone(),
            Some(norm) => self.fold(norm, &mut weight)?,
        };
        Ok(FrozenConv {
            weight: frozen(weight, plan.weight_shape(), device),
            bias: frozen(bias, [plan.channels[0]], device),
            stride: plan.stride,
            groups: if plan.depthwise { plan.channels[0] } else { 1 },
            same: plan.edges == Edges::Same,
        })
    }

    /// Scales a convolution's weight as batch normalisation would scale its output, and gives the bias that is left:
    /// `γ·(x − μ)/√(σ² + ε) + β`.
    fn fold(&self, norm: &str, weight: &mut [f32]) -> Result<Vec<f32>> {
        let [scale, shift, mean, variance] = NORM.map(|name| self.get(&format!("{norm}.{name}")));
        let (scale, shift, mean, variance) = (scale?, shift?, mean?, variance?);
        let channels = scale.values.len().max(1);
        let per_channel = weight.len() / channels;
        let mut bias = Vec::with_capacity(channels);
        for (channel, part) in weight.chunks_exact_mut(per_channel.max(1)).enumerate() {
            let factor = scale.values[channel] / (variance.values[channel] + NORM_EPSILON).sqrt();
            part.iter_mut().for_each(|value| *value *= factor);
            bias.push(shift.values[channel] - mean.values[channel] * factor);
        }
        Ok(bias)
    }

    /// The classifier `{name}.weight` `[classes, features]` (or a 1×1 convolution) and `{name}.bias`, when the file has
    /// one: any number of classes.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] when it does not fit the features.
    pub(super) fn classifier(&self, name: &str, features: usize, device: &Device) -> Result<Option<Classifier>> {
        let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
        let (Some(weight), Some(bias)) = (self.0.get(&weight_name), self.0.get(&bias_name)) else { return Ok(None) };
        let classes = bias.values.len();
        if weight.shape.first() != Some(&classes) || weight.values.len() != classes * features {
            let found = &weight.shape;
            return Err(Error::bad_data(format!("{weight_name} is {found:?} and should be [{classes}, {features}]")));
        }
        Ok(Some(Classifier {
            weight: frozen(weight.values.clone(), [classes, features], device),
            bias: frozen(bias.values.clone(), [classes], device),
        }))
    }
}

/// The first names of a list, and how many more there are.
fn first(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

fn frozen<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device)).set_require_grad(false)
}

/// A convolution with bias, batch normalisation folded in.
#[derive(Module, Debug)]
pub(super) struct FrozenConv {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    stride: usize,
    groups: usize,
    same: bool,
}

/// What follows a convolution: the least and the most that its results become.
pub(super) type Clip = [f32; 2];

/// Nothing.
pub(super) const AS_IT_IS: Clip = [f32::NEG_INFINITY, f32::INFINITY];
/// A ReLU.
pub(super) const RELU: Clip = [0.0, f32::INFINITY];
/// A ReLU that ends at 6.
pub(super) const RELU6: Clip = [0.0, 6.0];

impl FrozenConv {
    /// `[n, in, h, w]` -> `[n, out, ⌈h/stride⌉, ⌈w/stride⌉]`
    pub(super) fn forward(&self, input: Tensor<4>, clip: Clip) -> Tensor<4> {
        let [_, _, height, width] = input.dims();
        let (weight, bias) = (self.weight.val(), self.bias.val());
        let kernel = weight.dims()[2];
        let padding =
            [height, width].map(|length| if self.same { same(length, kernel, self.stride) } else { even(kernel) });
        if kernels::serves(&input.device()) {
            let window = Window { stride: self.stride, padding: padding.map(<[usize; 2]>::from) };
            let way = Way { window, depthwise: self.groups > 1, range: clip };
            return kernels::convolve_with(input, weight, [bias.ones_like(), bias], way);
        }
        let options = ConvOptions::new_with_padding([self.stride; 2], padding, [1, 1], self.groups);
        let planes = conv2d(input, weight, Some(bias), options);
        if clip == AS_IT_IS { planes } else { planes.clamp(clip[0], clip[1]) }
    }
}

fn even(kernel: usize) -> (usize, usize) {
    (kernel / 2, kernel / 2)
}

/// TensorFlow's "SAME" padding before and after.
fn same(length: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let covered = (length.div_ceil(stride) - 1) * stride + kernel;
    let total = covered.saturating_sub(length);
    (total / 2, total - total / 2)
}

/// The last layer of a network that tells classes apart.
#[derive(Module, Debug)]
pub(super) struct Classifier {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Classifier {
    /// Means over the plane, then one linear layer: `[n, c, h, w]` -> `[n, classes]`
    pub(super) fn forward(&self, last: Tensor<4>) -> Tensor<2> {
        let [n, c, h, w] = last.dims();
        let pooled = last.reshape([n, c, h * w]).mean_dim(2).reshape([n, c]);
        pooled.matmul(self.weight.val().transpose()) + self.bias.val().unsqueeze::<2>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_puts_the_odd_pixel_last() {
        assert_eq!(same(224, 3, 2), (0, 1));
        assert_eq!(same(225, 3, 2), (1, 1));
        assert_eq!(same(14, 3, 1), (1, 1));
        assert_eq!(same(7, 1, 1), (0, 0));
        assert_eq!(same(4, 1, 2), (0, 0));
    }

    #[test]
    fn folding_gives_what_batch_normalisation_gives() {
        let device = Device::flex();
        let of = |shape: &[usize], values: &[f32]| Weight { shape: shape.to_vec(), values: values.to_vec() };
        let tensors = BTreeMap::from([
            ("c.weight".to_owned(), of(&[2, 1, 1, 1], &[3.0, -2.0])),
            ("n.weight".to_owned(), of(&[2], &[0.5, 2.0])),
            ("n.bias".to_owned(), of(&[2], &[1.0, -1.0])),
            ("n.running_mean".to_owned(), of(&[2], &[4.0, 0.25])),
            ("n.running_var".to_owned(), of(&[2], &[9.0, 0.04])),
        ]);
        let plan = ConvPlan {
            conv: "c".to_owned(),
            norm: Some("n".to_owned()),
            channels: [2, 1],
            kernel: 1,
            stride: 1,
            depthwise: false,
            edges: Edges::Even,
            input_edge: 1,
        };
        let conv = Weights::new(tensors).conv(&plan, &device).expect("builds");
        let output = conv.forward(Tensor::full([1, 1, 1, 1], 5.0, &device), AS_IT_IS).into_data();
        let expected = [0.5 * (15.0 - 4.0) / 3.0 + 1.0, 2.0 * (-10.0 - 0.25) / 0.2 - 1.0];
        for (value, expected) in output.iter::<f32>().zip(expected) {
            assert!((value - expected).abs() < 2e-3 * expected.abs(), "{value} {expected}");
        }
    }
}
