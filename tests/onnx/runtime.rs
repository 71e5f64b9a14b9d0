//! The file and the script in onnxruntime: the same tensor gives the same score, the same photo nearly so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use burn::tensor::{Device, Tensor};
use packshot::domain::{ModelCard, Score};
use packshot::infer::{DeepHead, HeadCurve};
use packshot::nn::ARCHITECTURES;
use packshot::preprocess::{self, Views};
use packshot::{export, infer};
use prost::Message as _;
use tract_onnx::pb::ModelProto;

use super::{drawn, model, real_photos, shipped, views_of};

/// Most points between Packshot and onnxruntime on the same tensor.
const SAME_TENSOR: f64 = 1e-4;

/// Most points between them on the same photo, each with its own decoder and resize; and on average.
const SAME_PHOTO: f64 = 0.1;
const SAME_PHOTO_MEAN: f64 = 0.02;

/// A Python with onnxruntime, Pillow and numpy.
pub(super) fn python() -> Option<String> {
    let named = std::env::var("PACKSHOT_PYTHON").ok().filter(|name| !name.is_empty());
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import onnxruntime, PIL, numpy"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    assert!(named.is_none(), "PACKSHOT_PYTHON={python} cannot import onnxruntime, PIL and numpy");
    eprintln!("skipped: {python} has no onnxruntime; `make onnx-check` installs it into a folder of its own");
    None
}

#[test]
fn onnxruntime_gives_the_same_scores() {
    let Some(python) = python() else { return };
    let real = real_photos(100);
    let mut photos: Vec<Views> = real.iter().map(|path| views_of(path)).collect();
    photos.extend(drawn());
    let mut models = vec![("shipped", shipped())];
    models.extend(ARCHITECTURES.iter().map(|found| (found.name, model(found, 11, &photos))));
    for (name, (card, network)) in models {
        let score = |views: &Views| card.score(network.raw_scores(one(views), 1)[0]);
        compare(&python, name, &infer::onnx(&card, &network), (&real, &photos), &score);
    }
}

#[test]
fn onnxruntime_gives_the_scores_of_a_personal_model_on_deep_features() {
    let Some(python) = python() else { return };
    let real = real_photos(40);
    let mut photos: Vec<Views> = real.iter().map(|path| views_of(path)).collect();
    photos.extend(drawn());
    let (base, network) = shipped();
    let described = |views: &Views| -> (f64, Vec<f32>) {
        let (outputs, features) = network.described(one(views));
        let raw = f64::from(outputs.score.into_scalar::<f32>());
        (base.calibration.score(raw), features.into_data().iter::<f32>().collect())
    };
    let (_, means) = described(&photos[0]);
    let number = |at: usize| ((at * 7919 + 13) % 1009) as f32 / 1009.0 - 0.5;
    let head = DeepHead {
        weights: (0..means.len() * 6).map(|at| number(at) * 0.4).collect(),
        biases: vec![50.0, 48.0, 53.0, 51.0, 49.5, 47.0],
        own_share: 0.7,
        curve: HeadCurve::Logistic([90.0, 10.0, 52.0, 9.0]),
        quantile: 1.7,
        floor: 2.5,
        means,
    };
    let card = ModelCard { architecture: ModelCard::PERSONAL.to_owned(), ..base.clone() };
    let graph = infer::personal_onnx(&card, &base, &network, &head);
    let score = |views: &Views| {
        let (base, features) = described(views);
        head.score(&features, base)
    };
    compare(&python, "personal", &graph, (&real, &photos), &score);
}

fn one(views: &Views) -> Tensor<5> {
    preprocess::batch([views].into_iter(), 1, &Device::flex())
}

/// Writes a graph with its script, and has both run on photos, of which the first are files.
fn compare(
    python: &str,
    name: &str,
    graph: &ModelProto,
    (files, photos): (&[PathBuf], &[Views]),
    score: &dyn Fn(&Views) -> Score,
) {
    let folder = tempfile::tempdir().expect("temp dir");
    let file = folder.path().join("model.onnx");
    export::write_onnx(&file, false, &graph.encode_to_vec()).expect("writes");
    let mut expected = String::from("path,score,low,high\n");
    let mut tensor = Vec::new();
    for (index, views) in photos.iter().enumerate() {
        let score = score(views);
        let path = files.get(index).map_or_else(String::new, |path| path.display().to_string());
        writeln!(expected, "\"{path}\",{},{},{}", score.value, score.low, score.high).expect("writes");
        tensor.extend_from_slice(views.bytes());
    }
    std::fs::write(folder.path().join("expected.csv"), expected).expect("writes");
    std::fs::write(folder.path().join("views.u8"), tensor).expect("writes");
    check(python, folder.path(), name, files.len());
}

fn check(python: &str, folder: &Path, name: &str, photos: usize) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/check.py");
    let ran = Command::new(python).arg(script).arg(folder).output().expect("starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("one JSON object");
    eprintln!("{name}: {found}");
    let number = |key: &str| found[key].as_f64().unwrap_or_else(|| panic!("{key} in {found}"));
    assert!(number("same_tensor") <= SAME_TENSOR, "{name}: {found}");
    if photos > 0 {
        assert_eq!(number("photos"), photos as f64, "{name}: {found}");
        assert!(number("same_photo_max") <= SAME_PHOTO, "{name}: {found}");
        assert!(number("same_photo_mean") <= SAME_PHOTO_MEAN, "{name}: {found}");
    }
}
