//! The file and the script in onnxruntime: the same tensor gives the same score, the same photo nearly so.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use burn::tensor::Device;
use packshot::nn::ARCHITECTURES;
use packshot::preprocess::{self, Views};
use packshot::{export, infer};
use prost::Message as _;

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
    let count = photos.len();
    photos.extend(drawn());
    let mut models = vec![("shipped", shipped())];
    models.extend(ARCHITECTURES.iter().map(|found| (found.name, model(found, 11, &photos))));
    for (name, (card, network)) in models {
        let folder = tempfile::tempdir().expect("temp dir");
        let file = folder.path().join("model.onnx");
        export::write_onnx(&file, false, &infer::onnx(&card, &network).encode_to_vec()).expect("writes");
        let mut expected = String::from("path,score,low,high\n");
        let mut tensor = Vec::new();
        for (index, views) in photos.iter().enumerate() {
            let raw = network.raw_scores(preprocess::batch([views].into_iter(), 1, &Device::flex()), 1);
            let score = card.score(raw[0]);
            let path = real.get(index).map_or_else(String::new, |path| path.display().to_string());
            writeln!(expected, "\"{path}\",{},{},{}", score.value, score.low, score.high).expect("writes");
            tensor.extend_from_slice(views.bytes());
        }
        std::fs::write(folder.path().join("expected.csv"), expected).expect("writes");
        std::fs::write(folder.path().join("views.u8"), tensor).expect("writes");
        check(&python, folder.path(), name, count);
    }
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
