//! The exported graph, computed by tract, against burn.

use packshot::domain::Calibration;
use packshot::infer::{OPSET, onnx, onnx_difference};
use packshot::nn::{self, ARCHITECTURES};
use prost::Message as _;
use tract_onnx::pb::ModelProto;
use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto;

use super::{drawn, model, shipped};

#[test]
fn every_architecture_gives_the_same_score_as_a_graph() {
    let photos = drawn();
    for architecture in ARCHITECTURES {
        let (card, network) = model(architecture, 3, &photos);
        let bytes = onnx(&card, &network).encode_to_vec();
        let apart = onnx_difference(&bytes, &card, &network, &photos).expect("computes");
        eprintln!("{}: {apart:.7} points apart, {} bytes", architecture.name, bytes.len());
        assert!(apart <= 1e-4, "{}: {apart}", architecture.name);
    }
    let (card, network) = shipped();
    let bytes = onnx(&card, &network).encode_to_vec();
    let apart = onnx_difference(&bytes, &card, &network, &photos).expect("computes");
    eprintln!("shipped: {apart:.7} points apart, {} bytes", bytes.len());
    assert!(apart <= 1e-4, "shipped: {apart}");
}

#[test]
fn a_wrong_graph_is_noticed() {
    let photos = drawn();
    let (card, network) = model(&ARCHITECTURES[1], 3, &photos);
    let mut other = card.clone();
    other.calibration = Calibration { mean: card.calibration.mean + 0.5, ..card.calibration };
    let bytes = onnx(&other, &network).encode_to_vec();
    let apart = onnx_difference(&bytes, &card, &network, &photos).expect("computes");
    assert!((apart - 0.5).abs() < 1e-3, "{apart}");
    other.calibration = card.calibration;
    other.reach.half_width += 0.25;
    let bytes = onnx(&other, &network).encode_to_vec();
    let apart = onnx_difference(&bytes, &card, &network, &photos).expect("computes");
    assert!((apart - 0.25).abs() < 1e-3, "{apart}");
    let (_, another) = model(&ARCHITECTURES[1], 4, &photos);
    let bytes = onnx(&card, &another).encode_to_vec();
    assert!(onnx_difference(&bytes, &card, &network, &photos).expect("computes") > 1.0);
    assert!(onnx_difference(&bytes[..bytes.len() / 2], &card, &network, &photos).is_err());
}

#[test]
fn scores_and_intervals_end_at_0_and_100() {
    let photos = drawn();
    let (mut card, network) = model(&ARCHITECTURES[1], 3, &photos);
    for mean in [-1e4, 97.0, 1e4] {
        card.calibration.mean = mean;
        let bytes = onnx(&card, &network).encode_to_vec();
        let apart = onnx_difference(&bytes, &card, &network, &photos).expect("computes");
        assert!(apart <= 1e-3, "{mean}: {apart}");
    }
}

#[test]
fn the_file_says_what_it_is() {
    let photos = drawn();
    let (card, network) = model(&ARCHITECTURES[0], 1, &photos);
    let bytes = onnx(&card, &network).encode_to_vec();
    let read = ModelProto::decode(&*bytes).expect("protobuf");
    assert_eq!((read.ir_version, read.opset_import[0].version), (8, OPSET));
    let property = |key: &str| {
        let found = read.metadata_props.iter().find(|property| property.key == key);
        found.map(|property| property.value.as_str())
    };
    assert_eq!(property("packshot.model"), Some("0123456789abcdef"));
    assert_eq!(property("packshot.preprocess"), Some(packshot::preprocess::VERSION.to_string().as_str()));
    assert_eq!(property("packshot.version"), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(property("packshot.interval_labels"), Some("40"));

    let graph = read.graph.expect("graph");
    let sizes = |info: &tract_onnx::pb::ValueInfoProto| {
        let Some(type_proto::Value::TensorType(tensor)) = info.r#type.clone().and_then(|kind| kind.value) else {
            panic!("{} is no tensor", info.name)
        };
        let axes = tensor.shape.expect("shape").dim.into_iter().map(|axis| match axis.value {
            Some(Value::DimValue(size)) => size.to_string(),
            Some(Value::DimParam(name)) => name,
            None => "?".to_owned(),
        });
        (info.name.clone(), axes.collect::<Vec<_>>().join(","))
    };
    let edge = nn::VIEW_EDGE;
    assert_eq!(sizes(&graph.input[0]), ("views".to_owned(), format!("n,{},3,{edge},{edge}", nn::VIEWS)));
    let outputs: Vec<_> = graph.output.iter().map(sizes).collect();
    assert_eq!(outputs, ["score", "low", "high"].map(|name| (name.to_owned(), "n".to_owned())));
    assert!(graph.node.iter().all(|node| node.op_type != "BatchNormalization"), "folded into the convolutions");
}
