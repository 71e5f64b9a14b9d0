//! The scoring network with its calibration and interval as an ONNX model: what `packshot export onnx` writes, and what
//! the tract engine computes.
//!
//! Only operators of opset 18 that every runtime has. Must not know files.

mod cnn;
mod personal;
mod vit;

pub use personal::personal_onnx;

use tract_onnx::pb::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};

use super::proto::{Axis, Builder};
use crate::domain::ModelCard;
use crate::nn::{Affine, FoldedConv, INPUT_CENTRE, Network, VARIANCE_FLOOR, VIEW_EDGE, VIEWS, WEIGHT_FLOOR};

/// The operator set that graphs are written in.
pub const OPSET: i64 = 18;

/// Version of the file layout: that of ONNX 1.13, the first with opset 18.
const IR_VERSION: i64 = 8;

/// The graph's input: `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]`, values 0-1.
pub(super) const INPUT: &str = "views";

/// The network's own output, before the calibration: standardised scores `[n]`.
pub(super) const RAW: &str = "raw";

/// The graph's outputs, `[n]` each, 0-100: the score and the ends of its 90 % interval.
pub(super) const OUTPUTS: [&str; 3] = ["score", "low", "high"];

/// A model as ONNX: input `views` `[n, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` with values 0-1 as `preprocess` makes them, any
/// `n`; outputs `score`, `low` and `high` `[n]`, 0-100, as [`ModelCard::score`] gives them.
pub fn onnx(card: &ModelCard, network: &Network) -> ModelProto {
    model_of(card, graph_of(network, false, |graph, _| calibrated(graph, card)))
}

/// A graph with what a runtime shows of it.
fn model_of(card: &ModelCard, graph: GraphProto) -> ModelProto {
    let property = |key: &str, value: String| StringStringEntryProto { key: key.to_owned(), value };
    ModelProto {
        ir_version: IR_VERSION,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        producer_name: "packshot".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "Quality of product photos, 0-100, with a 90 % interval.".to_owned(),
        graph: Some(graph),
        metadata_props: vec![
            property("packshot.model", card.id.0.clone()),
            property("packshot.architecture", card.architecture.clone()),
            property("packshot.preprocess", card.preprocess.to_string()),
            property("packshot.version", env!("CARGO_PKG_VERSION").to_owned()),
            property("packshot.trained_by", card.code_version.clone()),
            // 0: the interval was not measured on held-out photos.
            property("packshot.interval_labels", card.reach.n.to_string()),
        ],
        ..ModelProto::default()
    }
}

/// The graph from the input to the raw score, and what `finish` makes of that; with `described`, the planes of every depth
/// are pooled, too.
fn graph_of(network: &Network, described: bool, finish: impl FnOnce(&mut Builder, &Trunk)) -> GraphProto {
    let mut graph = Builder::new("packshot", "Two views of a photo to its score.");
    let view = [Axis::Fixed(VIEWS), Axis::Fixed(3), Axis::Fixed(VIEW_EDGE), Axis::Fixed(VIEW_EDGE)];
    let about = "The whole photo and a mosaic of its native pixels, red, green and blue planes, 0-1.";
    graph.input(INPUT, &[&[Axis::Named("n")], &view[..]].concat(), about);

    let centre = graph.number("centre", INPUT_CENTRE);
    let centred = graph.node("Sub", "centred", &[INPUT, &centre], &[]);
    let edge = VIEW_EDGE as i64;
    let shape = graph.integers("planes.shape", &[-1, 3, edge, edge]);
    let planes = graph.node("Reshape", "planes", &[&centred, &shape], &[]);
    let trunk = match network {
        Network::Cnn(network) => {
            let folded = network.folded();
            let trunk = cnn::trunk(&mut graph, &planes, &folded, described);
            score(&mut graph, &trunk, &folded.hidden, &folded.score);
            trunk
        }
        Network::Vit(network) => {
            let folded = network.folded();
            let trunk = vit::trunk(&mut graph, &planes, &folded, described);
            score(&mut graph, &trunk, &folded.hidden, &folded.score);
            trunk
        }
    };
    finish(&mut graph, &trunk);
    graph.finish()
}

/// What a trunk makes of the centred planes `[n · VIEWS, 3, VIEW_EDGE, VIEW_EDGE]`.
struct Trunk {
    /// Features of every view `[n · VIEWS, ...]`.
    per_view: String,
    /// Quality and strength of every cell, along `cells_axis`.
    cells: String,
    /// The axis that quality and strength lie along.
    cells_axis: i64,
    /// Cells of all views of a photo.
    cell_count: usize,
    /// What [`Network::described`] gives, one row a photo or a view, where it was asked for.
    described: Option<String>,
}

/// The raw score `[n]` from what the trunk found.
fn score(graph: &mut Builder, trunk: &Trunk, hidden: &Affine, score: &Affine) {
    let shape = graph.integers("features.shape", &[-1, hidden.sizes[0] as i64]);
    let features = graph.node("Reshape", "features", &[&trunk.per_view, &shape], &[]);
    let hidden = affine(graph, "hidden", &features, hidden);
    let hidden = graph.node("Relu", "hidden.relu", &[&hidden], &[]);
    let whole = affine(graph, "whole", &hidden, score);
    let parts = weighted_cells(graph, trunk);
    let both = graph.node("Add", "both", &[&whole, &parts], &[]);
    let shape = graph.integers("raw.shape", &[-1]);
    graph.node("Reshape", RAW, &[&both, &shape], &[]);
}

/// `[n, in, h, w]` -> `[n, out, h', w']`; a constant gain of the input lies in the weights, as padding is zero before and
/// after it.
fn convolution(graph: &mut Builder, name: &str, input: &str, conv: &FoldedConv, gain: f64) -> String {
    let ([channels, output], kernel) = (conv.channels, conv.kernel);
    let values: Vec<f32> = conv.weight.iter().map(|&weight| (f64::from(weight) * gain) as f32).collect();
    let weight = graph.floats(&format!("{name}.weight"), &[output, channels, kernel, kernel], &values);
    let bias = graph.floats(&format!("{name}.bias"), &[output], &conv.bias);
    let (kernel, stride, padding) = (kernel as i64, conv.stride as i64, conv.padding as i64);
    let attributes: [(&str, &[i64]); 3] =
        [("kernel_shape", &[kernel; 2]), ("strides", &[stride; 2]), ("pads", &[padding; 4])];
    graph.node("Conv", name, &[input, &weight, &bias], &attributes)
}

/// `[n, in]` -> `[n, out]`
fn affine(graph: &mut Builder, name: &str, input: &str, layer: &Affine) -> String {
    let weight = graph.floats(&format!("{name}.weight"), &layer.sizes, &layer.weight);
    let bias = graph.floats(&format!("{name}.bias"), &layer.sizes[1..], &layer.bias);
    graph.node("Gemm", name, &[input, &weight, &bias], &[])
}

/// Mean and deviation along `axes`, side by side along the axis of the channels.
fn mean_and_deviation(graph: &mut Builder, name: &str, input: &str, axes: &[i64], channels: i64) -> String {
    let named = |part: &str| format!("{name}.{part}");
    let axes = graph.integers(&named("axes"), axes);
    let mean = graph.node("ReduceMean", &named("mean"), &[input, &axes], &[("keepdims", &[1])]);
    let centred = graph.node("Sub", &named("centred"), &[input, &mean], &[]);
    let square = graph.node("Mul", &named("square"), &[&centred, &centred], &[]);
    let variance = graph.node("ReduceMean", &named("variance"), &[&square, &axes], &[("keepdims", &[1])]);
    let floor = graph.number(&named("floor"), VARIANCE_FLOOR);
    let raised = graph.node("Add", &named("raised"), &[&variance, &floor], &[]);
    let deviation = graph.node("Sqrt", &named("deviation"), &[&raised], &[]);
    graph.node("Concat", name, &[&mean, &deviation], &[("axis", &[channels])])
}

/// The mean of the cells' quality by their weights, `[n, 1]`
fn weighted_cells(graph: &mut Builder, trunk: &Trunk) -> String {
    let sizes = graph.integers("cells.sizes", &[1, 1]);
    let parts = ["cells.quality", "cells.strength"];
    graph.nodes("Split", &parts, &[&trunk.cells, &sizes], &[("axis", &[trunk.cells_axis])]);
    let shape = graph.integers("cells.shape", &[-1, trunk.cell_count as i64]);
    let quality = graph.node("Reshape", "quality", &["cells.quality", &shape], &[]);
    let strength = graph.node("Reshape", "strength", &["cells.strength", &shape], &[]);
    let positive = graph.node("Softplus", "strength.positive", &[&strength], &[]);
    let floor = graph.number("weight.floor", WEIGHT_FLOOR);
    let weight = graph.node("Add", "weight", &[&positive, &floor], &[]);
    let weighted = graph.node("Mul", "weighted", &[&quality, &weight], &[]);
    let axes = graph.integers("cells.axes", &[1]);
    let top = graph.node("ReduceSum", "weighted.sum", &[&weighted, &axes], &[("keepdims", &[1])]);
    let bottom = graph.node("ReduceSum", "weight.sum", &[&weight, &axes], &[("keepdims", &[1])]);
    graph.node("Div", "parts", &[&top, &bottom], &[])
}

/// What [`ModelCard::score`] does with the raw output.
fn calibrated(graph: &mut Builder, card: &ModelCard) {
    let free = on_scale(graph, "unclamped", RAW, card);
    let score = clamped(graph, OUTPUTS[0], &free);
    let reach = graph.number("half_width", card.reach.half_width);
    interval(graph, &score, &reach);
}

/// A raw score in points.
fn on_scale(graph: &mut Builder, name: &str, raw: &str, card: &ModelCard) -> String {
    let (std, mean) = (graph.number("std", card.calibration.std), graph.number("mean", card.calibration.mean));
    let spread = graph.node("Mul", "spread", &[raw, &std], &[]);
    graph.node("Add", name, &[&spread, &mean], &[])
}

/// A score within 0-100.
fn clamped(graph: &mut Builder, name: &str, free: &str) -> String {
    let (least, most) = (graph.number(&format!("{name}.least"), 0.0), graph.number(&format!("{name}.most"), 100.0));
    graph.node("Clip", name, &[free, &least, &most], &[])
}

/// The ends of the interval around the score, and the outputs.
fn interval(graph: &mut Builder, score: &str, half: &str) {
    let [_, low, high] = OUTPUTS;
    let (least, most) = (graph.number("least", 0.0), graph.number("most", 100.0));
    let below = graph.node("Sub", "low.unclamped", &[score, half], &[]);
    graph.node("Max", low, &[&below, &least], &[]);
    let above = graph.node("Add", "high.unclamped", &[score, half], &[]);
    graph.node("Min", high, &[&above, &most], &[]);
    let about = ["The score, 0-100.", "Lower end of the 90 % interval.", "Upper end of the 90 % interval."];
    for (name, about) in OUTPUTS.into_iter().zip(about) {
        graph.output(name, &[Axis::Named("n")], about);
    }
}
