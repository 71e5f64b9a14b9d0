//! A personal model on deep features alone: rules on what the network describes photos by, and its own score beside them.

use tract_onnx::pb::ModelProto;

use super::{Builder, OUTPUTS, RAW, Trunk, affine, clamped, graph_of, interval, model_of, on_scale};
use crate::domain::ModelCard;
use crate::infer::{DeepHead, HeadCurve};
use crate::nn::{Affine, Network};

/// The model of `card` as ONNX, with the inputs and outputs of [`super::onnx`]; `base` is the card of the network.
pub fn personal_onnx(card: &ModelCard, base: &ModelCard, network: &Network, head: &DeepHead) -> ModelProto {
    model_of(card, graph_of(network, true, |graph, trunk| personal(graph, trunk, base, head)))
}

/// Everything behind the trunk.
fn personal(graph: &mut Builder, trunk: &Trunk, base: &ModelCard, head: &DeepHead) {
    let described = trunk.described.as_deref().unwrap_or_default();
    let (features, rules) = (head.means.len(), head.biases.len());
    let shape = graph.integers("described.shape", &[-1, features as i64]);
    let rows = graph.node("Reshape", "described.rows", &[described, &shape], &[]);
    let means = graph.floats("described.means", &[features], &head.means);
    let centred = graph.node("Sub", "described.centred", &[&rows, &means], &[]);
    let lines = Affine { sizes: [features, rules], weight: head.weights.clone(), bias: head.biases.clone() };
    let said = affine(graph, "rules", &centred, &lines);
    let sizes = graph.integers("rules.sizes", &[1, rules as i64 - 1]);
    graph.nodes("Split", &["rules.own", "rules.drawn"], &[&said, &sizes], &[("axis", &[1])]);

    let free = on_scale(graph, "base", RAW, base);
    let column = graph.integers("base.shape", &[-1, 1]);
    let score = clamped(graph, "base.score", &free);
    let score = graph.node("Reshape", "base.column", &[&score, &column], &[]);
    let calibrated = curve(graph, &score, &head.curve);
    let share = |graph: &mut Builder, name: &str, of: &str, by: f64| {
        let by = graph.number(&format!("{name}.by"), by);
        graph.node("Mul", name, &[of, &by], &[])
    };
    let own = share(graph, "own.share", "rules.own", head.own_share);
    let others = share(graph, "base.share", &calibrated, 1.0 - head.own_share);
    let both = graph.node("Add", "blended", &[&own, &others], &[]);
    let flat = graph.integers("flat", &[-1]);
    let both = graph.node("Reshape", "blended.flat", &[&both, &flat], &[]);
    let score = clamped(graph, OUTPUTS[0], &both);
    let half = half_width(graph, head);
    let half = graph.node("Reshape", "half.flat", &[&half, &flat], &[]);
    interval(graph, &score, &half);
}

/// The calibrated score `[n, 1]`.
fn curve(graph: &mut Builder, x: &str, curve: &HeadCurve) -> String {
    let line = |graph: &mut Builder, x: &str, slope: f64, offset: f64| {
        let (slope, offset) = (graph.number("curve.slope", slope), graph.number("curve.offset", offset));
        let steep = graph.node("Mul", "curve.steep", &[x, &slope], &[]);
        graph.node("Add", "curve", &[&steep, &offset], &[])
    };
    match curve {
        HeadCurve::Line { slope, offset } => line(graph, x, *slope, *offset),
        HeadCurve::Logistic([b1, b2, b3, b4]) => {
            let (middle, width) = (graph.number("curve.middle", *b3), graph.number("curve.width", *b4));
            let off = graph.node("Sub", "curve.off", &[x, &middle], &[]);
            let along = graph.node("Div", "curve.along", &[&off, &width], &[]);
            let share = graph.node("Sigmoid", "curve.share", &[&along], &[]);
            line(graph, &share, b1 - b2, *b2)
        }
        HeadCurve::Points(points) if points.len() < 2 => {
            line(graph, x, 0.0, points.first().map_or(0.0, |point| point.1))
        }
        HeadCurve::Points(points) => {
            let (mut starts, mut widths, mut slopes) = (Vec::new(), Vec::new(), Vec::new());
            for ((x0, y0), (x1, y1)) in points.iter().zip(&points[1..]) {
                starts.push(*x0 as f32);
                widths.push((x1 - x0) as f32);
                slopes.push(((y1 - y0) / (x1 - x0)) as f32);
            }
            let count = starts.len();
            let starts = graph.floats("curve.starts", &[count], &starts);
            let widths = graph.floats("curve.widths", &[count], &widths);
            let slopes = graph.floats("curve.slopes", &[count, 1], &slopes);
            let (nothing, first) = (graph.number("curve.nothing", 0.0), graph.number("curve.first", points[0].1));
            let off = graph.node("Sub", "curve.off", &[x, &starts], &[]);
            let into = graph.node("Max", "curve.into", &[&off, &nothing], &[]);
            let along = graph.node("Min", "curve.along", &[&into, &widths], &[]);
            let rise = graph.node("MatMul", "curve.rise", &[&along, &slopes], &[]);
            graph.node("Add", "curve", &[&rise, &first], &[])
        }
    }
}

/// Half of the interval `[n, 1]`: see [`DeepHead::quantile`].
fn half_width(graph: &mut Builder, head: &DeepHead) -> String {
    let axis = graph.integers("drawn.axis", &[1]);
    let mean = graph.node("ReduceMean", "drawn.mean", &["rules.drawn", &axis], &[("keepdims", &[1])]);
    let off = graph.node("Sub", "drawn.off", &["rules.drawn", &mean], &[]);
    let squares = graph.node("Mul", "drawn.squares", &[&off, &off], &[]);
    let sum = graph.node("ReduceSum", "drawn.sum", &[&squares, &axis], &[("keepdims", &[1])]);
    let by = graph.number("drawn.by", head.own_share * head.own_share / head.degrees());
    let variance = graph.node("Mul", "drawn.variance", &[&sum, &by], &[]);
    let floor = graph.number("drawn.floor", head.floor * head.floor);
    let raised = graph.node("Add", "drawn.raised", &[&variance, &floor], &[]);
    let root = graph.node("Sqrt", "drawn.root", &[&raised], &[]);
    let quantile = graph.number("quantile", head.quantile);
    graph.node("Mul", "half", &[&root, &quantile], &[])
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use image::RgbImage;
    use prost::Message as _;

    use super::*;
    use crate::domain::{Calibration, ModelId, Reach};
    use crate::{infer, nn, preprocess};

    fn card(architecture: &str) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId("a".to_owned()),
            architecture: architecture.to_owned(),
            preprocess: preprocess::VERSION,
            calibration: Calibration { mean: 55.0, std: 18.0 },
            reach: Reach::UNKNOWN,
            names_flaws: false,
            run: None,
            created_ms: 0,
            code_version: String::new(),
            personal: None,
        }
    }

    #[test]
    fn the_graph_gives_what_the_rules_give_whatever_the_curve() {
        let photo =
            |salt: u32| RgbImage::from_fn(300, 260, |x, y| image::Rgb([(x * salt) as u8, (y + salt) as u8, 90]));
        let views: Vec<_> = [1, 3, 8].map(|salt| preprocess::views(&photo(salt))).into();
        let number = |at: usize| ((at * 7919 + 13) % 1009) as f32 / 1009.0 - 0.5;
        let curves = [
            HeadCurve::Line { slope: 0.8, offset: 5.0 },
            HeadCurve::Logistic([90.0, 10.0, 52.0, 9.0]),
            HeadCurve::Points(vec![(10.0, 5.0), (50.0, 40.0), (56.0, 70.0), (80.0, 90.0)]),
            HeadCurve::Points(vec![(50.0, 44.0)]),
        ];
        for (architecture, curve) in ["cnn-xs", "vit-ti", "cnn-xs", "cnn-xs"].into_iter().zip(curves) {
            let network = nn::fresh(architecture, 3, &Device::flex()).expect("known");
            let features: usize = network.level_widths().iter().sum();
            let head = DeepHead {
                means: (0..features).map(|at| number(at).abs()).collect(),
                weights: (0..features * 6).map(|at| number(at + 5) * 0.2).collect(),
                biases: vec![50.0, 48.0, 53.0, 51.0, 49.5, 47.0],
                own_share: 0.6,
                curve,
                quantile: 1.7,
                floor: 2.5,
            };
            let base = card(architecture);
            let bytes = personal_onnx(&card("personal"), &base, &network, &head).encode_to_vec();
            let off = infer::personal_onnx_difference(&bytes, &base, &network, &head, &views).expect("computes");
            assert!(off < infer::MOST_APART, "{:?}: {off}", head.curve);
            let other = DeepHead { own_share: 0.5, ..head };
            let off = infer::personal_onnx_difference(&bytes, &base, &network, &other, &views).expect("computes");
            assert!(off > infer::MOST_APART, "another model is told apart: {off}");
        }
    }
}
