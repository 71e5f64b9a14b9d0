//! The window's score of a photo is training's own and the command line's, each computed by itself.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use packshot::ui::{Message, Page};

use crate::fixture::{Stage, on};

fn binary(project: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_packshot"))
        .arg("--project")
        .arg(project)
        .args(["--progress", "none"])
        .args(arguments)
        .output()
        .expect("starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The scores of a table by content hash.
fn scores(table: &Path) -> HashMap<String, f64> {
    let mut reader = csv::Reader::from_path(table).expect("table");
    let rows = reader.deserialize::<HashMap<String, String>>().map(|row| row.expect("row"));
    rows.map(|row| (row["content_sha256"].clone(), row["score"].parse().expect("score"))).collect()
}

#[test]
fn a_folder_dropped_on_the_window_gets_the_scores_of_training_and_the_command_line() {
    let folder = tempfile::tempdir().expect("temp dir");
    let (project, demo) = (folder.path().join("project"), folder.path().join("demo"));
    let (photos, table) = (demo.to_string_lossy(), folder.path().join("scores.csv"));
    binary(&project, &["demo", &photos, "--skus", "9", "--shots", "5"]);
    binary(&project, &["label", "import", &demo.join("labels.csv").to_string_lossy()]);
    binary(&project, &["train", "--epochs", "12", "--device", "cpu", "--set", "train.architecture=cnn-xs"]);

    let mut stage = Stage::on_project(&project, on(Page::Score, true), folder);
    stage.tell(Message::Dropped(vec![demo.clone()]));
    let rows = stage.app().state().score.rows.clone();
    let window: HashMap<String, f64> =
        rows.iter().map(|row| (row.sha256.clone(), row.score.expect("score").value)).collect();
    assert_eq!(window.len(), 45);

    // `--again`: computed anew, not read from what the window has saved.
    binary(&project, &["score", &photos, "--again", "--device", "cpu", "-o", &table.to_string_lossy()]);
    let model = packshot::api::find_model(&stage.project, None).expect("model");
    let validation = scores(&model.folder.join("validation.csv"));
    assert!(validation.len() >= 3);
    for others in [scores(&table), validation] {
        for (content, score) in others {
            assert!(
                (window[&content] - score).abs() < 2e-3,
                "{content}: window {}, elsewhere {score}",
                window[&content]
            );
        }
    }
}
