//! The published MobileNetV2 weights on real photos.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};
use image::RgbImage;
use packshot::backbone_file::load;
use packshot::imaging::{self, Limits};
use packshot::nn::{BACKBONE_EDGE, BackboneKind};
use packshot::preprocess::{backbone_batch, backbone_views};

use super::files::{Tensors, read_safetensors_f16};
use super::plain::{Conv, Plane};
use super::{agree, mobilenet, shared};

fn photo(name: &str) -> Option<RgbImage> {
    let path = shared(name)?;
    Some(imaging::load(&path, &Limits::default()).expect("decodes").1)
}

/// The whole photo as the network sees it, `[1, 3, 224, 224]`.
fn whole(photo: &RgbImage) -> Tensor<4> {
    backbone_batch([&backbone_views(photo)].into_iter(), 1, &Device::flex()).slice_dim(0, 0..1)
}

/// Runs the graph beside the weights op by op; gives every op's output by its number, and the logits' number.
fn interpret(graph: &serde_json::Value, weights: &Tensors, input: Plane) -> (HashMap<u64, Plane>, u64) {
    let mut outputs = HashMap::from([(graph["input"].as_u64().expect("number"), input)]);
    let mut logits = 0;
    for op in graph["ops"].as_array().expect("ops") {
        let number = |value: &serde_json::Value| value.as_u64().expect("number");
        let source = |index: usize| &outputs[&number(&op["in"][index])];
        let output = match op["op"].as_str().expect("name") {
            name @ ("CONV_2D" | "DEPTHWISE_CONV_2D") => {
                let key = op["key"].as_str().expect("key");
                let ((shape, weight), (_, bias)) =
                    (&weights[&format!("{key}.weight")], &weights[&format!("{key}.bias")]);
                let (from, stride, kernel) = (source(0), number(&op["stride"]) as usize, shape[2]);
                let groups = if name == "CONV_2D" { 1 } else { from.channels };
                let covered = (from.height.div_ceil(stride) - 1) * stride + kernel;
                let before = covered.saturating_sub(from.height) / 2;
                let conv = Conv { weight, out: shape[0], kernel, stride, groups, before };
                let most = if op["act"] == "relu6" { (0.0, 6.0) } else { (f32::MIN, f32::MAX) };
                logits = number(&op["out"]);
                from.conv(&conv).map(|channel, value| (value + bias[channel]).clamp(most.0, most.1))
            }
            "ADD" => source(0).clone().plus(source(1)),
            "AVERAGE_POOL_2D" => {
                let values = source(0).means();
                Plane { channels: values.len(), height: 1, width: 1, values }
            }
            _ => source(0).clone(),
        };
        outputs.insert(number(&op["out"]), output);
    }
    (outputs, logits)
}

#[test]
fn logits_and_features_equal_an_independent_forward_of_the_same_file() {
    let (Some(file), Some(picture)) = (mobilenet(), photo("pristine/kodak/23.png")) else { return };
    let name = file.file_name().expect("name").to_string_lossy().replace(".dequant.f16.safetensors", ".graph.json");
    let graph = std::fs::read(file.with_file_name(name)).expect("graph");
    let graph: serde_json::Value = serde_json::from_slice(&graph).expect("json");
    let small = imaging::resize(&picture, BACKBONE_EDGE as u32, BACKBONE_EDGE as u32);
    let channels = (0..3).flat_map(|channel| small.as_raw().iter().skip(channel).step_by(3));
    let values = channels.map(|&byte| (f32::from(byte) - 128.0) / 128.0).collect();
    let input = Plane { channels: 3, height: BACKBONE_EDGE, width: BACKBONE_EDGE, values };
    let (outputs, logits) = interpret(&graph, &read_safetensors_f16(&file), input);

    let backbone = load(&file, &Device::flex()).expect("loads");
    assert_eq!(backbone.kind(), BackboneKind::MobileNetV2);
    let numbers = |tensor: Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    agree("logits", &numbers(backbone.logits(whole(&picture)).expect("a classifier")), &outputs[&logits].values);

    let features = numbers(backbone.features(whole(&picture)));
    assert_eq!(features.len(), 5568);
    // A block ends in a projection, or in the sum that follows it; the head is what is averaged.
    let ops = graph["ops"].as_array().expect("ops");
    let ends = ops.windows(2).filter(|pair| {
        let linear = pair[0]["op"] == "ADD" || (pair[0]["op"] == "CONV_2D" && pair[0]["act"].is_null());
        (linear && pair[1]["op"] == "CONV_2D") || pair[1]["op"] == "AVERAGE_POOL_2D"
    });
    let expected: Vec<f32> =
        ends.flat_map(|pair| outputs[&pair[0]["out"].as_u64().expect("number")].levels()).collect();
    agree("features", &features, &expected);
}

#[test]
fn photos_are_recognised() {
    let (Some(file), Some(labels)) = (mobilenet(), shared("weights/mobilenet_v2/imagenet_labels.txt")) else { return };
    let labels = std::fs::read_to_string(labels).expect("labels");
    let labels: Vec<&str> = labels.lines().collect();
    let backbone = load(&file, &Device::flex()).expect("loads");
    let cases = [
        ("pristine/kodak/23.png", "macaw"),
        ("products/grocery-iconic/Banana_Iconic.jpg", "banana"),
        ("products/grocery-iconic/Granny-Smith_Iconic.jpg", "Granny Smith"),
        ("products/grocery-iconic/Lemon_Iconic.jpg", "lemon"),
    ];
    for (name, expected) in cases {
        let Some(picture) = photo(name) else { return };
        let logits: Vec<f32> =
            backbone.logits(whole(&picture)).expect("a classifier").into_data().iter::<f32>().collect();
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("classes");
        assert_eq!((logits.len(), labels[best]), (1001, expected), "{name}");
    }
}
