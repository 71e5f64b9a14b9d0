//! A small vision transformer (Dosovitskiy et al. 2021; its smallest size after DeiT, Touvron et al. 2021): one trunk for
//! both views, which do not see each other before the head.
//!
//! Attention is written out in matrix products and a softmax, so that its exported graph is the same few operators.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

use super::blocks::{INPUT_CENTRE, INPUT_GAIN, NORM_EPSILON, mean_std_pool, still};
use super::folded::{self, FoldedVit, FoldedVitBlock};
use super::head::Head;
use super::outputs::{HEAD_COLUMNS, Outputs};
use super::{VIEW_EDGE, VIEWS};
use crate::config::Learns;

/// Values inside a block's two-layer network for every value of a token.
const WIDENING: usize = 4;

/// Blocks that learn when the last stages do.
const LAST_BLOCKS: usize = 2;

/// Widths of a [`Vit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VitConfig {
    /// Edge of the patches in pixels.
    pub patch: usize,
    /// Values a token.
    pub width: usize,
    /// Blocks of attention and two-layer network.
    pub depth: usize,
    /// Heads of attention; they share the width.
    pub heads: usize,
    /// Units of the hidden layer in the head.
    pub hidden: usize,
}

impl VitConfig {
    /// Builds the network with burn's initial values; see [`super::seeded`] for reproducible ones.
    pub fn init(&self, device: &Device) -> Vit {
        let Self { patch, width, depth, heads, hidden } = *self;
        let norm = || LayerNormConfig::new(width).with_epsilon(NORM_EPSILON).init(device);
        let block = |_| VitBlock {
            before_attention: norm(),
            attention: LinearConfig::new(width, 3 * width).init(device),
            mixed: LinearConfig::new(width, width).init(device),
            before_wide: norm(),
            wide: LinearConfig::new(width, WIDENING * width).init(device),
            narrow: LinearConfig::new(WIDENING * width, width).init(device),
            heads,
            share: residual_share(depth),
        };
        Vit {
            embedding: Embedding {
                patches: Conv2dConfig::new([3, width], [patch, patch]).with_stride([patch, patch]).init(device),
                position: Param::from_tensor(Tensor::zeros([1, VIEWS, self.tokens(), width], device)),
            },
            blocks: (0..depth).map(block).collect(),
            norm: norm(),
            hidden: LinearConfig::new(self.feature_count(), hidden).init(device),
            heads: LinearConfig::new(hidden, HEAD_COLUMNS).init(device),
            cells: LinearConfig::new(width, 2).init(device),
            frozen: 0,
        }
    }

    /// Tokens a view.
    fn tokens(&self) -> usize {
        (VIEW_EDGE / self.patch).pow(2)
    }

    /// Features a photo: the mean token of every view.
    pub fn feature_count(&self) -> usize {
        self.width * VIEWS
    }

    /// Multiply-accumulates a photo (both views): patches, `12·width² + 2·tokens·width` a token and block (projections,
    /// two-layer network, and the two products of attention), and the heads.
    pub fn macs(&self) -> u64 {
        let (tokens, width) = (self.tokens(), self.width);
        let projections = (4 + 2 * WIDENING) * width * width;
        let a_token = 3 * self.patch * self.patch * width + self.depth * (projections + 2 * tokens * width) + 2 * width;
        (a_token * tokens * VIEWS + self.feature_count() * self.hidden + self.hidden * HEAD_COLUMNS) as u64
    }
}

/// What a block's two branches are multiplied by before they are added, so that the sum of all of them starts out as
/// large as the tokens themselves (after the scaled initial weights of GPT-2, Radford et al. 2019).
fn residual_share(depth: usize) -> f64 {
    1.0 / ((2 * depth.max(1)) as f64).sqrt()
}

/// The network.
#[derive(Module, Debug)]
pub struct Vit {
    embedding: Embedding,
    blocks: Vec<VitBlock>,
    norm: LayerNorm,
    hidden: Linear,
    /// Score, log variance, presence of every defect, strength of every defect.
    heads: Linear,
    /// Quality and weight of every token.
    cells: Linear,
    /// The first so many parts of the trunk do not learn: the embedding, then the blocks, then the last normalisation.
    frozen: usize,
}

impl Vit {
    /// The same network, of which only the named part learns.
    pub(super) fn learning(self, part: Learns) -> Self {
        let frozen = match part {
            Learns::All => 0,
            Learns::Last => 1 + self.blocks.len().saturating_sub(LAST_BLOCKS),
            Learns::Head => 2 + self.blocks.len(),
        };
        Self { frozen, ..self }
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` with values 0-1 -> everything that the heads say.
    pub(super) fn outputs(&self, views: Tensor<5>) -> Outputs {
        let [n, v, ..] = views.dims();
        self.judge(self.trunk(views, &mut |_| ()), n, v)
    }

    /// As [`Self::outputs`], with mean and deviation of the tokens after every block, `[n, depth · VIEWS · 2 · width]`.
    pub(super) fn described(&self, views: Tensor<5>) -> (Outputs, Tensor<2>) {
        let [n, v, ..] = views.dims();
        let mut found = Vec::with_capacity(self.blocks.len());
        let tokens = self.trunk(views, &mut |tokens| {
            let [_, _, width] = tokens.dims();
            found.push(mean_std_of_tokens(tokens).reshape([n, v * 2 * width]));
        });
        (self.judge(tokens, n, v), Tensor::cat(found, 1))
    }

    /// As [`Self::outputs`], with what the head reads, `[n, feature_count]`.
    pub(super) fn read(&self, views: Tensor<5>) -> (Outputs, Tensor<2>) {
        let [n, v, ..] = views.dims();
        let tokens = self.trunk(views, &mut |_| ());
        (self.judge(tokens.clone(), n, v), pooled(tokens, n, v))
    }

    /// A copy of the head.
    pub(super) fn head(&self) -> Head {
        Head::new(&self.hidden, &self.heads)
    }

    /// The same network with another head.
    pub(super) fn with_head(self, head: Head) -> Self {
        let (hidden, heads) = head.parts();
        Self { hidden, heads, ..self }
    }

    /// Values of each block in what [`Self::described`] gives.
    pub(super) fn level_widths(&self) -> Vec<usize> {
        let [.., width] = self.embedding.position.val().dims();
        vec![VIEWS * 2 * width; self.blocks.len()]
    }

    /// What the heads say of tokens `[n · v, tokens, width]`.
    fn judge(&self, tokens: Tensor<3>, n: usize, v: usize) -> Outputs {
        let features = pooled(tokens.clone(), n, v);
        let heads = self.heads.forward(activation::relu(self.hidden.forward(features)));
        let [_, count, _] = tokens.dims();
        let cells = self.cells.forward(tokens);
        let column = |index: usize| cells.clone().slice_dim(2, index..=index).reshape([n, v * count]);
        Outputs::of(&heads, column(0), column(1))
    }

    /// Views `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` -> features `[n, feature_count]`.
    pub(super) fn features(&self, views: Tensor<5>) -> Tensor<2> {
        let [n, v, ..] = views.dims();
        pooled(self.trunk(views, &mut |_| ()), n, v)
    }

    /// The weights behind the score as plain numbers.
    pub fn folded(&self) -> FoldedVit {
        FoldedVit {
            patches: folded::plain(&self.embedding.patches),
            position: folded::values(self.embedding.position.val()),
            blocks: self.blocks.iter().map(VitBlock::folded).collect(),
            norm: folded::norm(&self.norm),
            hidden: folded::affine(&self.hidden, self.hidden.weight.dims()[1]),
            score: folded::affine(&self.heads, 1),
            cells: folded::affine(&self.cells, 2),
        }
    }

    /// Views -> normalised tokens `[n · VIEWS, tokens, width]`; `seen` is shown the tokens after every block.
    fn trunk(&self, views: Tensor<5>, seen: &mut dyn FnMut(Tensor<3>)) -> Tensor<3> {
        let embedded = if self.frozen > 0 && views.device().is_autodiff() {
            Tensor::from_inner(self.embedding.valid().forward(views.inner()))
        } else {
            self.embedding.forward(views)
        };
        let blocks = self.blocks.iter().enumerate();
        let tokens = blocks.fold(embedded, |tokens, (index, block)| {
            let tokens = still(self.frozen > index + 1, block, tokens, VitBlock::forward);
            seen(tokens.clone());
            tokens
        });
        still(self.frozen > self.blocks.len() + 1, &self.norm, tokens, LayerNorm::forward)
    }
}

/// Tokens `[n · views, tokens, width]` -> their mean, view beside view `[n, views · width]`.
fn pooled(tokens: Tensor<3>, n: usize, views: usize) -> Tensor<2> {
    let [_, _, width] = tokens.dims();
    tokens.mean_dim(1).reshape([n, views * width])
}

/// Tokens `[b, tokens, width]` -> mean and deviation of every channel `[b, 2 · width]`.
fn mean_std_of_tokens(tokens: Tensor<3>) -> Tensor<2> {
    let [batch, count, width] = tokens.dims();
    mean_std_pool(tokens.swap_dims(1, 2).reshape([batch, width, count, 1]))
}

/// Patches to tokens.
#[derive(Module, Debug)]
struct Embedding {
    patches: Conv2d,
    /// Added to every token of every view `[1, VIEWS, tokens, width]`.
    position: Param<Tensor<4>>,
}

impl Embedding {
    /// `[n, v, 3, VIEW_EDGE, VIEW_EDGE]` -> `[n · v, tokens, width]`
    fn forward(&self, views: Tensor<5>) -> Tensor<3> {
        let [n, v, c, h, w] = views.dims();
        let planes = (views.reshape([n * v, c, h, w]) - INPUT_CENTRE) * INPUT_GAIN;
        let patches = self.patches.forward(planes);
        let [_, width, rows, columns] = patches.dims();
        let tokens = patches.reshape([n, v, width, rows * columns]).swap_dims(2, 3);
        (tokens + self.position.val()).reshape([n * v, rows * columns, width])
    }
}

/// Attention, then a two-layer network, each normalised before and added after (Xiong et al. 2020).
#[derive(Module, Debug)]
pub(super) struct VitBlock {
    before_attention: LayerNorm,
    /// Query, key and value of every head.
    attention: Linear,
    mixed: Linear,
    before_wide: LayerNorm,
    wide: Linear,
    narrow: Linear,
    heads: usize,
    share: f64,
}

impl VitBlock {
    /// `[b, tokens, width]` -> `[b, tokens, width]`
    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let attended = self.mixed.forward(self.attend(self.before_attention.forward(tokens.clone())));
        let tokens = tokens + attended * self.share;
        let wide = activation::gelu(self.wide.forward(self.before_wide.forward(tokens.clone())));
        tokens + self.narrow.forward(wide) * self.share
    }

    /// Softmax of `query · keyᵀ / head width`, times the values. The divisor is the width, not its root, because the
    /// initial weights make queries and keys as large as their input (Yang et al. 2022).
    fn attend(&self, tokens: Tensor<3>) -> Tensor<3> {
        let [batch, count, width] = tokens.dims();
        let a_head = width / self.heads;
        let all = self.attention.forward(tokens);
        let part = |index: usize| {
            let part = all.clone().slice_dim(2, index * width..(index + 1) * width);
            part.reshape([batch, count, self.heads, a_head]).swap_dims(1, 2)
        };
        let (query, key, value) = (part(0) / a_head as f64, part(1), part(2));
        let looks = activation::softmax(query.matmul(key.swap_dims(2, 3)), 3);
        looks.matmul(value).swap_dims(1, 2).reshape([batch, count, width])
    }

    fn folded(&self) -> FoldedVitBlock {
        let whole = |linear: &Linear| folded::affine(linear, linear.weight.dims()[1]);
        let [_, width] = self.mixed.weight.dims();
        FoldedVitBlock {
            heads: self.heads,
            before_attention: folded::norm(&self.before_attention),
            attention: whole(&self.attention).scaled(0..width, self.heads as f64 / width as f64),
            mixed: whole(&self.mixed).scaled(0..width, self.share),
            before_wide: folded::norm(&self.before_wide),
            wide: whole(&self.wide),
            narrow: whole(&self.narrow).scaled(0..width, self.share),
        }
    }
}
