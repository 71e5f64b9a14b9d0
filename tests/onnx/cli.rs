//! `packshot export onnx`, the real binary.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use packshot::model_folder;
use packshot::nn::ARCHITECTURES;

use super::{drawn, model};

fn packshot(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("starts")
}

/// The binary with a project of its own in `folder` and no configuration from outside.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_packshot"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PACKSHOT_")) {
        command.env_remove(name);
    }
    command.env("PACKSHOT_PROJECT", folder.join("project"));
    command
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_model_leaves_as_one_file_and_a_script() {
    let world = tempfile::tempdir().expect("temp dir");
    let folder = world.path();
    assert_eq!(packshot(folder, &["open", "."]).status.code(), Some(0));
    let (card, network) = model(&ARCHITECTURES[1], 2, &drawn());
    let saved = model_folder::save(&folder.join("mine"), &network, &card, &[]).expect("saves");

    let export = ["--json", "export", "onnx", "--model", "mine", "-o", "quality.onnx"];
    let first = packshot(folder, &export);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let body: serde_json::Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(body["model"], saved.id.0);
    assert_eq!((&body["file"], &body["script"]), (&"quality.onnx".into(), &"quality_score.py".into()));
    assert!(body["difference"].as_f64().expect("number") < 1e-4, "{body}");
    let bytes = std::fs::read(folder.join("quality.onnx")).expect("written");
    assert_eq!(body["bytes"].as_u64(), Some(bytes.len() as u64));
    let script = std::fs::read_to_string(folder.join("quality_score.py")).expect("written");
    assert!(script.contains("onnxruntime"));

    std::fs::remove_file(folder.join("quality.onnx")).expect("removes");
    std::fs::write(folder.join("quality_score.py"), "mine").expect("writes");
    let refused = packshot(folder, &export);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("quality_score.py already exists"), "{}", text(&refused.stderr));
    assert!(!folder.join("quality.onnx").exists(), "nothing is half done");
    let again = packshot(folder, &[&export[..], &["--overwrite"]].concat());
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert_eq!(std::fs::read(folder.join("quality.onnx")).expect("written"), bytes, "the same model, the same bytes");
    assert_eq!(std::fs::read_to_string(folder.join("quality_score.py")).expect("written"), script);
}

#[test]
fn what_cannot_be_exported_says_why() {
    let world = tempfile::tempdir().expect("temp dir");
    let folder = world.path();
    assert_eq!(packshot(folder, &["open", "."]).status.code(), Some(0));
    let cases: [(&[&str], i32, &str); 3] = [
        (&["export", "onnx", "-o", "model.pb"], 2, ".onnx"),
        (&["export", "onnx", "--model", "nothing", "-o", "m.onnx"], 1, "no model \"nothing\""),
        (&["--project", "nowhere", "export", "onnx", "-o", "m.onnx"], 1, "no project in nowhere"),
    ];
    for (arguments, status, named) in cases {
        let ran = packshot(folder, arguments);
        assert_eq!(ran.status.code(), Some(status), "{arguments:?}: {}", text(&ran.stderr));
        assert!(text(&ran.stderr).contains(named), "{arguments:?}: {}", text(&ran.stderr));
    }
}

#[test]
fn scores_alone_are_the_same_scores() {
    let world = tempfile::tempdir().expect("temp dir");
    let folder = world.path();
    std::fs::create_dir(folder.join("photos")).expect("folder");
    for index in 0..5_u32 {
        let photo = image::RgbImage::from_fn(300, 200, |x, y| {
            image::Rgb([(x * (index + 1)) as u8, (y * 3) as u8, 255 - (x / 2) as u8])
        });
        photo.save(folder.join(format!("photos/{index}.png"))).expect("writes");
    }
    let (card, network) = model(&ARCHITECTURES[1], 2, &drawn());
    model_folder::save(&folder.join("mine"), &network, &card, &[]).expect("saves");
    let score = |file: &str, more: &[&str]| {
        let base =
            ["--json", "--progress", "none", "score", "photos", "--model", "mine", "--device", "cpu", "-o", file];
        let ran = packshot(folder, &[&base[..], more].concat());
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let body: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        let mut table = csv::Reader::from_path(folder.join(file)).expect("reads");
        let rows: Vec<BTreeMap<String, String>> = table.deserialize().map(|row| row.expect("row")).collect();
        ((body["scored"].as_u64(), body["reused"].as_u64()), rows)
    };
    let (counts, alone) = score("alone.csv", &["--scores-only"]);
    assert_eq!(counts, (Some(5), Some(0)));
    assert!(alone.iter().all(|row| row["sharpness"].is_empty() && row["reason"].is_empty()), "{alone:?}");
    let (counts, full) = score("full.csv", &[]);
    assert_eq!(counts, (Some(5), Some(0)), "attributes were wanted and not there");
    assert!(full.iter().all(|row| !row["sharpness"].is_empty()), "{full:?}");
    for (alone, full) in alone.iter().zip(&full) {
        let number = |row: &BTreeMap<String, String>| row["score"].parse::<f64>().expect("number");
        assert!((number(alone) - number(full)).abs() <= 1e-3, "{alone:?} {full:?}");
    }
    let (counts, _) = score("again.csv", &["--scores-only"]);
    assert_eq!(counts, (Some(0), Some(5)));
}
