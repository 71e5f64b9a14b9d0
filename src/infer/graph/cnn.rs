//! The trunk of the convolutional network.

use super::{Builder, Trunk, convolution, mean_and_deviation};
use crate::nn::{Folded, INPUT_GAIN, LEVEL_CENTRE, LEVEL_FLOOR, LEVEL_GAIN, VIEW_EDGE, VIEWS};

/// Convolutions with a ReLU each, the depths that the head reads pooled; with `described`, all of them.
pub(super) fn trunk(graph: &mut Builder, planes: &str, folded: &Folded, described: bool) -> Trunk {
    let (mut plane, mut edge) = (planes.to_owned(), VIEW_EDGE);
    let (mut pooled, mut all) = (Vec::with_capacity(folded.pooled.len()), Vec::new());
    for (index, block) in folded.blocks.iter().enumerate() {
        let gain = if index == 0 { INPUT_GAIN } else { 1.0 };
        plane = convolution(graph, &format!("block{index}"), &plane, block, gain);
        plane = graph.node("Relu", &format!("block{index}.relu"), &[&plane], &[]);
        edge = block.edge_after(edge);
        if described || folded.pooled.contains(&index) {
            all.push(mean_and_deviation(graph, &format!("pool{index}"), &plane, &[2, 3], 1));
        }
        if folded.pooled.contains(&index) {
            pooled.extend(all.last().cloned());
        }
    }
    let joined = |graph: &mut Builder, name: &str, parts: &[String]| {
        graph.node("Concat", name, &parts.iter().map(String::as_str).collect::<Vec<_>>(), &[("axis", &[1])])
    };
    let per_view = if folded.levels {
        let pooled = joined(graph, "pooled.views", &pooled);
        levels(graph, &pooled)
    } else {
        joined(graph, "features.views", &pooled)
    };
    let described = described.then(|| joined(graph, "described.views", &all));
    let cells = convolution(graph, "cells", &plane, &folded.cells, 1.0);
    Trunk { per_view, cells, cells_axis: 1, cell_count: VIEWS * edge * edge, described }
}

/// What `nn` makes of features whose levels the head reads.
fn levels(graph: &mut Builder, pooled: &str) -> String {
    let floor = graph.number("level.floor", LEVEL_FLOOR);
    let raised = graph.node("Add", "pooled.raised", &[pooled, &floor], &[]);
    let ratios = graph.node("Log", "pooled.ratios", &[&raised], &[]);
    let (centre, gain) = (graph.number("level.centre", LEVEL_CENTRE), graph.number("level.gain", LEVEL_GAIN));
    let centred = graph.node("Sub", "pooled.centred", &[&ratios, &centre], &[]);
    graph.node("Mul", "features.views", &[&centred, &gain], &[])
}
