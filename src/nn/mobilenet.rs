//! MobileNetV2 1.0 (Sandler et al. 2018, arXiv 1801.04381, table 2) with frozen weights.
//!
//! Two layouts of weight files are read: TensorFlow's with batch normalisation folded in (`l00.conv` … `l52.conv` in
//! the order of the graph), and torchvision's (`features.0.0` … `classifier.1`).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::BACKBONE_EDGE;
use super::frozen::{AS_IT_IS, Classifier, ConvPlan, Edges, FrozenConv, RELU6, Weights};
use crate::error::Result;

/// Groups of blocks: expansion, channels, blocks, stride of the first.
const GROUPS: [(usize, usize, usize, usize); 7] =
    [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

const STEM: usize = 32;

const HEAD: usize = 1280;

/// Whose names and edges a weight file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// TensorFlow's graph order, batch normalisation folded in, "SAME" edges.
    TensorFlow,
    /// torchvision's module names.
    Torchvision,
}

impl Layout {
    /// The classifier's name.
    pub(super) fn head(self) -> &'static str {
        match self {
            Self::TensorFlow => "l52.conv",
            Self::Torchvision => "classifier.1",
        }
    }
}

/// What a convolution does in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Stem,
    Expand,
    Depthwise,
    Project { residual: bool },
    Head,
}

/// Puts the convolutions together in the order of the graph.
struct Planner {
    layout: Layout,
    plans: Vec<(Part, ConvPlan)>,
    edge: usize,
}

impl Planner {
    /// `place` is the block's number, and the convolution's number in it, as torchvision counts.
    fn add(&mut self, part: Part, channels: [usize; 2], kernel: usize, stride: usize, place: (usize, usize)) {
        let depthwise = part == Part::Depthwise;
        let (block, within) = place;
        let (conv, norm) = match self.layout {
            Layout::TensorFlow => {
                let kind = if depthwise { "dw" } else { "conv" };
                (format!("l{:02}.{kind}", self.plans.len()), None)
            }
            Layout::Torchvision => match part {
                Part::Stem | Part::Head => (format!("features.{block}.0"), Some(format!("features.{block}.1"))),
                // The projection is not wrapped together with its normalisation.
                Part::Project { .. } => {
                    (format!("features.{block}.conv.{within}"), Some(format!("features.{block}.conv.{}", within + 1)))
                }
                Part::Expand | Part::Depthwise => {
                    (format!("features.{block}.conv.{within}.0"), Some(format!("features.{block}.conv.{within}.1")))
                }
            },
        };
        let edges = if self.layout == Layout::TensorFlow { Edges::Same } else { Edges::Even };
        let plan = ConvPlan { conv, norm, channels, kernel, stride, depthwise, edges, input_edge: self.edge };
        self.edge = plan.output_edge();
        self.plans.push((part, plan));
    }
}

/// The convolutions in the order of the graph.
fn plan(layout: Layout) -> Vec<(Part, ConvPlan)> {
    let mut planner = Planner { layout, plans: Vec::new(), edge: BACKBONE_EDGE };
    planner.add(Part::Stem, [STEM, 3], 3, 2, (0, 0));
    let mut width = STEM;
    let mut block = 1;
    for (expansion, channels, count, first_stride) in GROUPS {
        for index in 0..count {
            let stride = if index == 0 { first_stride } else { 1 };
            let inner = width * expansion;
            let mut within = 0;
            if expansion > 1 {
                planner.add(Part::Expand, [inner, width], 1, 1, (block, within));
                within += 1;
            }
            planner.add(Part::Depthwise, [inner, inner], 3, stride, (block, within));
            let residual = stride == 1 && width == channels;
            planner.add(Part::Project { residual }, [channels, inner], 1, 1, (block, within + 1));
            width = channels;
            block += 1;
        }
    }
    planner.add(Part::Head, [HEAD, width], 1, 1, (block, 0));
    planner.plans
}

/// The convolutions of a layout, for checks and counts.
pub(super) fn convolutions(layout: Layout) -> Vec<ConvPlan> {
    plan(layout).into_iter().map(|(_, plan)| plan).collect()
}

/// Channels of the blocks' outputs and of the head.
pub(super) fn level_channels() -> Vec<usize> {
    let blocks = GROUPS.iter().flat_map(|&(_, channels, count, _)| std::iter::repeat_n(channels, count));
    blocks.chain([HEAD]).collect()
}

/// The network.
#[derive(Module, Debug)]
pub struct MobileNetV2 {
    stem: FrozenConv,
    blocks: Vec<InvertedResidual>,
    head: FrozenConv,
    classifier: Option<Classifier>,
}

impl MobileNetV2 {
    /// Builds the network from the tensors of a file.
    ///
    /// # Errors
    /// [`crate::error::Code::BadData`] naming what is missing, differs in shape, or does not belong.
    pub(super) fn from_weights(layout: Layout, weights: &Weights, device: &Device) -> Result<Self> {
        let plans = plan(layout);
        weights.check("MobileNetV2", &convolutions(layout), layout.head())?;
        let mut blocks = Vec::new();
        let (mut expand, mut depthwise, mut ends) = (None, None, Vec::new());
        for (part, plan) in &plans {
            let conv = weights.conv(plan, device)?;
            match part {
                Part::Stem | Part::Head => ends.push(conv),
                Part::Expand => expand = Some(conv),
                Part::Depthwise => depthwise = Some(conv),
                Part::Project { residual } => blocks.extend(depthwise.take().map(|depthwise| InvertedResidual {
                    expand: expand.take(),
                    depthwise,
                    project: conv,
                    residual: *residual,
                })),
            }
        }
        let classifier = weights.classifier(layout.head(), HEAD, device)?;
        let [stem, head] = <[FrozenConv; 2]>::try_from(ends)
            .map_err(|_| crate::error::Error::internal("a MobileNetV2 has one stem and one head"))?;
        Ok(Self { stem, blocks, head, classifier })
    }

    /// Hands on every block's output and the head's, from the normalised images `[n, 3, h, w]`.
    pub(super) fn walk(&self, images: Tensor<4>, mut level: impl FnMut(&Tensor<4>)) -> Tensor<4> {
        let mut plane = self.stem.forward(images, RELU6);
        for block in &self.blocks {
            plane = block.forward(plane);
            level(&plane);
        }
        let last = self.head.forward(plane, RELU6);
        level(&last);
        last
    }

    pub(super) fn classifier(&self) -> Option<&Classifier> {
        self.classifier.as_ref()
    }
}

/// Widen, filter every channel by itself, narrow; added to the input where the sizes agree.
#[derive(Module, Debug)]
struct InvertedResidual {
    expand: Option<FrozenConv>,
    depthwise: FrozenConv,
    project: FrozenConv,
    residual: bool,
}

impl InvertedResidual {
    /// `[n, in, h, w]` -> `[n, out, ⌈h/stride⌉, ⌈w/stride⌉]`
    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let wide = match &self.expand {
            Some(expand) => expand.forward(input.clone(), RELU6),
            None => input.clone(),
        };
        let narrow = self.project.forward(self.depthwise.forward(wide, RELU6), AS_IT_IS);
        if self.residual { narrow + input } else { narrow }
    }
}
