//! ResNet-18 and ResNet-50 (He et al. 2015, arXiv 1512.03385) in torchvision's layout (`conv1`, `bn1`, `layer1.0.conv1`,
//! … `fc`; the stride of a bottleneck on its 3×3 convolution), with frozen weights.

use burn::module::Module;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, activation};

use super::BACKBONE_EDGE;
use super::frozen::{AS_IT_IS, Classifier, ConvPlan, Edges, FrozenConv, RELU, Weights};
use crate::error::Result;

/// The classifier's name.
pub(super) const HEAD: &str = "fc";

const STEM: usize = 64;

/// Width inside the blocks of the four stages.
const WIDTHS: [usize; 4] = [64, 128, 256, 512];

/// How deep a ResNet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Basic blocks, two a stage.
    Eighteen,
    /// Bottlenecks, 3, 4, 6 and 3 a stage.
    Fifty,
}

impl Depth {
    fn blocks(self) -> [usize; 4] {
        match self {
            Self::Eighteen => [2, 2, 2, 2],
            Self::Fifty => [3, 4, 6, 3],
        }
    }

    /// Channels that leave a block for every channel inside.
    fn expansion(self) -> usize {
        match self {
            Self::Eighteen => 1,
            Self::Fifty => 4,
        }
    }

    /// Kernels of a block's convolutions, and which of them takes the stride.
    fn kernels(self) -> (&'static [usize], usize) {
        match self {
            Self::Eighteen => (&[3, 3], 0),
            Self::Fifty => (&[1, 3, 1], 1),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Eighteen => "ResNet-18",
            Self::Fifty => "ResNet-50",
        }
    }

    /// Channels of the stem's output and of the four stages'.
    pub(super) fn level_channels(self) -> Vec<usize> {
        std::iter::once(STEM).chain(WIDTHS.map(|width| width * self.expansion())).collect()
    }
}

/// The convolutions of one block.
struct BlockPlan {
    path: Vec<ConvPlan>,
    shortcut: Option<ConvPlan>,
}

fn conv(conv: String, norm: String, channels: [usize; 2], kernel: usize, stride: usize, input_edge: usize) -> ConvPlan {
    ConvPlan { conv, norm: Some(norm), channels, kernel, stride, depthwise: false, edges: Edges::Even, input_edge }
}

fn stem_plan() -> ConvPlan {
    conv("conv1".to_owned(), "bn1".to_owned(), [STEM, 3], 7, 2, BACKBONE_EDGE)
}

/// The blocks of every stage.
fn stage_plans(depth: Depth) -> Vec<Vec<BlockPlan>> {
    let (mut width, mut edge) = (STEM, stem_plan().output_edge().div_ceil(2));
    let stages = WIDTHS.iter().zip(depth.blocks()).enumerate();
    let stages = stages.map(|(stage, (&inner, count))| {
        let blocks = (0..count).map(|index| {
            let stride = if index == 0 && stage > 0 { 2 } else { 1 };
            let block = block_plan(depth, &format!("layer{}.{index}", stage + 1), [inner, width], stride, edge);
            width = inner * depth.expansion();
            edge = edge.div_ceil(stride);
            block
        });
        blocks.collect()
    });
    stages.collect()
}

/// A block with `inner` channels inside, fed with `width` channels on planes of `edge` pixels.
fn block_plan(depth: Depth, name: &str, [inner, width]: [usize; 2], stride: usize, edge: usize) -> BlockPlan {
    let (kernels, strided) = depth.kernels();
    let out = inner * depth.expansion();
    let (mut from, mut at) = (width, edge);
    let path = kernels.iter().enumerate().map(|(index, &kernel)| {
        let to = if index + 1 == kernels.len() { out } else { inner };
        let stride = if index == strided { stride } else { 1 };
        let number = index + 1;
        let plan = conv(format!("{name}.conv{number}"), format!("{name}.bn{number}"), [to, from], kernel, stride, at);
        from = to;
        at = plan.output_edge();
        plan
    });
    let path = path.collect();
    let shortcut = (stride > 1 || width != out)
        .then(|| conv(format!("{name}.downsample.0"), format!("{name}.downsample.1"), [out, width], 1, stride, edge));
    BlockPlan { path, shortcut }
}

/// All convolutions, for checks and counts.
pub(super) fn convolutions(depth: Depth) -> Vec<ConvPlan> {
    let blocks = stage_plans(depth).into_iter().flatten();
    std::iter::once(stem_plan()).chain(blocks.flat_map(|block| block.path.into_iter().chain(block.shortcut))).collect()
}

/// The network.
#[derive(Module, Debug)]
pub struct ResNet {
    stem: FrozenConv,
    stages: Vec<Vec<Block>>,
    classifier: Option<Classifier>,
}

impl ResNet {
    /// Builds the network from the tensors of a file.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] naming what is missing, differs in shape, or does not belong.
    pub(super) fn from_weights(depth: Depth, weights: &Weights, device: &Device) -> Result<Self> {
        weights.check(depth.name(), &convolutions(depth), HEAD)?;
        let block = |plan: &BlockPlan| {
            Ok(Block {
                path: plan.path.iter().map(|plan| weights.conv(plan, device)).collect::<Result<_>>()?,
                shortcut: plan.shortcut.as_ref().map(|plan| weights.conv(plan, device)).transpose()?,
            })
        };
        let stage = |plans: &Vec<BlockPlan>| plans.iter().map(block).collect::<Result<Vec<_>>>();
        let last = WIDTHS[3] * depth.expansion();
        Ok(Self {
            stem: weights.conv(&stem_plan(), device)?,
            stages: stage_plans(depth).iter().map(stage).collect::<Result<_>>()?,
            classifier: weights.classifier(HEAD, last, device)?,
        })
    }

    /// Hands on the stem's output and every stage's, from the normalised images `[n, 3, h, w]`.
    pub(super) fn walk(&self, images: Tensor<4>, mut level: impl FnMut(&Tensor<4>)) -> Tensor<4> {
        let pool = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
        let mut plane = max_pool2d(self.stem.forward(images, RELU), pool);
        level(&plane);
        for stage in &self.stages {
            for block in stage {
                plane = block.forward(plane);
            }
            level(&plane);
        }
        plane
    }

    pub(super) fn classifier(&self) -> Option<&Classifier> {
        self.classifier.as_ref()
    }
}

/// A few convolutions, added to the input or to its projection.
#[derive(Module, Debug)]
struct Block {
    path: Vec<FrozenConv>,
    shortcut: Option<FrozenConv>,
}

impl Block {
    /// `[n, in, h, w]` -> `[n, out, ⌈h/stride⌉, ⌈w/stride⌉]`
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let short = match &self.shortcut {
            Some(conv) => conv.forward(input.clone(), AS_IT_IS),
            None => input.clone(),
        };
        let mut plane = input;
        for (index, conv) in self.path.iter().enumerate() {
            plane = conv.forward(plane, if index + 1 == self.path.len() { AS_IT_IS } else { RELU });
        }
        activation::relu(plane + short)
    }
}
