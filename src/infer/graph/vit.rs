//! The trunk of the vision transformer.

use super::{Builder, Trunk, convolution, mean_and_deviation};
use crate::nn::{Affine, FoldedNorm, FoldedVit, FoldedVitBlock, INPUT_GAIN, NORM_EPSILON, VIEW_EDGE, VIEWS};

// The operator's own default stands in the graph.
const _: () = assert!(NORM_EPSILON == 1e-5);

/// Tokens from patches, the blocks, and the mean token of every view; with `described`, mean and deviation of the tokens after
/// every block.
pub(super) fn trunk(graph: &mut Builder, planes: &str, folded: &FoldedVit, described: bool) -> Trunk {
    let width = folded.patches.channels[1];
    let count = folded.patches.edge_after(VIEW_EDGE).pow(2);
    let patches = convolution(graph, "patches", planes, &folded.patches, INPUT_GAIN);
    let flat = graph.integers("patches.shape", &[-1, VIEWS as i64, width as i64, count as i64]);
    let flat = graph.node("Reshape", "patches.flat", &[&patches, &flat], &[]);
    let embedded = graph.node("Transpose", "patches.tokens", &[&flat], &[("perm", &[0, 1, 3, 2])]);
    let position = graph.floats("position", &[1, VIEWS, count, width], &folded.position);
    let placed = graph.node("Add", "placed", &[&embedded, &position], &[]);
    // Every view by itself.
    let shape = graph.integers("tokens.shape", &[-1, count as i64, width as i64]);
    let mut tokens = graph.node("Reshape", "tokens", &[&placed, &shape], &[]);
    let mut levels = Vec::new();
    for (index, block) in folded.blocks.iter().enumerate() {
        let name = format!("block{index}");
        let attended = attention(graph, &name, &tokens, block, count);
        let tokens_then = graph.node("Add", &format!("{name}.attended"), &[&tokens, &attended], &[]);
        let wide = norm(graph, &format!("{name}.wide.norm"), &tokens_then, &block.before_wide);
        let wide = linear(graph, &format!("{name}.wide"), &wide, &block.wide);
        let wide = gelu(graph, &format!("{name}.gelu"), &wide);
        let narrow = linear(graph, &format!("{name}.narrow"), &wide, &block.narrow);
        tokens = graph.node("Add", &name, &[&tokens_then, &narrow], &[]);
        if described {
            let pooled = mean_and_deviation(graph, &format!("pool{index}"), &tokens, &[1], 2);
            let shape = graph.integers(&format!("level{index}.shape"), &[-1, (VIEWS * 2 * width) as i64]);
            levels.push(graph.node("Reshape", &format!("level{index}"), &[&pooled, &shape], &[]));
        }
    }
    let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
    let described = described.then(|| graph.node("Concat", "described", &levels, &[("axis", &[1])]));
    let tokens = norm(graph, "norm", &tokens, &folded.norm);
    let axes = graph.integers("mean.axes", &[1]);
    let per_view = graph.node("ReduceMean", "features.views", &[&tokens, &axes], &[("keepdims", &[0])]);
    let cells = linear(graph, "cells", &tokens, &folded.cells);
    Trunk { per_view, cells, cells_axis: 2, cell_count: VIEWS * count, described }
}

/// `[b, count, width]` -> `[b, count, width]`
fn attention(graph: &mut Builder, name: &str, tokens: &str, block: &FoldedVitBlock, count: usize) -> String {
    let named = |part: &str| format!("{name}.{part}");
    let width = block.mixed.sizes[0];
    let (count, heads, width) = (count as i64, block.heads as i64, width as i64);
    let normal = norm(graph, &named("attention.norm"), tokens, &block.before_attention);
    let all = linear(graph, &named("attention"), &normal, &block.attention);
    let sizes = graph.integers(&named("sizes"), &[width; 3]);
    let parts = ["query", "key", "value"].map(named);
    graph.nodes("Split", &parts.each_ref().map(String::as_str), &[&all, &sizes], &[("axis", &[2])]);
    let shape = graph.integers(&named("heads.shape"), &[-1, count, heads, width / heads]);
    // Keys come out transposed.
    let orders: [[i64; 4]; 3] = [[0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]];
    let [query, key, value] = std::array::from_fn(|index| {
        let part = &parts[index];
        let split = graph.node("Reshape", &format!("{part}.heads"), &[part, &shape], &[]);
        graph.node("Transpose", &format!("{part}.turned"), &[&split], &[("perm", &orders[index])])
    });
    let alike = graph.node("MatMul", &named("alike"), &[&query, &key], &[]);
    let looks = graph.node("Softmax", &named("looks"), &[&alike], &[("axis", &[-1])]);
    let found = graph.node("MatMul", &named("found"), &[&looks, &value], &[]);
    let turned = graph.node("Transpose", &named("found.turned"), &[&found], &[("perm", &[0, 2, 1, 3])]);
    let shape = graph.integers(&named("found.shape"), &[-1, count, width]);
    let flat = graph.node("Reshape", &named("found.flat"), &[&turned, &shape], &[]);
    linear(graph, &named("mixed"), &flat, &block.mixed)
}

/// `[b, count, width]` normalised over the width.
fn norm(graph: &mut Builder, name: &str, input: &str, norm: &FoldedNorm) -> String {
    let gain = graph.floats(&format!("{name}.gain"), &[norm.gain.len()], &norm.gain);
    let bias = graph.floats(&format!("{name}.bias"), &[norm.bias.len()], &norm.bias);
    graph.node("LayerNormalization", name, &[input, &gain, &bias], &[("axis", &[-1])])
}

/// `[b, count, in]` -> `[b, count, out]`
fn linear(graph: &mut Builder, name: &str, input: &str, layer: &Affine) -> String {
    let weight = graph.floats(&format!("{name}.weight"), &layer.sizes, &layer.weight);
    let bias = graph.floats(&format!("{name}.bias"), &layer.sizes[1..], &layer.bias);
    let product = graph.node("MatMul", &format!("{name}.product"), &[input, &weight], &[]);
    graph.node("Add", name, &[&product, &bias], &[])
}

/// `x/2 · (1 + erf(x/√2))` (Hendrycks and Gimpel 2016); as an operator of its own it is younger than opset 18.
fn gelu(graph: &mut Builder, name: &str, input: &str) -> String {
    let named = |part: &str| format!("{name}.{part}");
    let shrink = graph.number(&named("shrink"), std::f64::consts::FRAC_1_SQRT_2);
    let (one, half) = (graph.number(&named("one"), 1.0), graph.number(&named("half"), 0.5));
    let inner = graph.node("Mul", &named("inner"), &[input, &shrink], &[]);
    let erf = graph.node("Erf", &named("erf"), &[&inner], &[]);
    let raised = graph.node("Add", &named("raised"), &[&erf, &one], &[]);
    let doubled = graph.node("Mul", &named("doubled"), &[input, &raised], &[]);
    graph.node("Mul", name, &[&doubled, &half], &[])
}
