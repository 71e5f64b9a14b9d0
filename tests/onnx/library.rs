//! The engine onnxruntime, whose library is found when the binary runs: the same scores with it, and no harm without it.
//!
//! The library is the one inside the Python package; where there is none, the test of it says so and passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use packshot::infer::{LIBRARY_VARIABLE, MOST_APART};
use packshot::model_folder;
use packshot::nn::ARCHITECTURES;

use super::cli::{command, text};
use super::runtime::python;
use super::{drawn, model};

/// Scores are written with three digits, whose difference is not exact.
const ALLOWED: f64 = MOST_APART + 1e-9;

/// The library inside the Python package.
fn library() -> Option<PathBuf> {
    let place = "import onnxruntime, pathlib; print(pathlib.Path(onnxruntime.__file__).parent / 'capi')";
    let ran = Command::new(python()?).args(["-c", place]).output().expect("starts");
    let folder = PathBuf::from(text(&ran.stdout).trim());
    let files = std::fs::read_dir(&folder).expect("the package's folder").map(|entry| entry.expect("entry").path());
    let is_library = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ["libonnxruntime.so", "libonnxruntime.1", "onnxruntime.dll"].iter().any(|start| name.starts_with(start))
    };
    let found = files.into_iter().find(is_library);
    if found.is_none() {
        eprintln!("skipped: no library of onnxruntime in {}", folder.display());
    }
    found
}

/// A folder with a model and five pictures.
fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().expect("temp dir");
    std::fs::create_dir(world.path().join("photos")).expect("folder");
    for index in 0..5_u32 {
        let photo = image::RgbImage::from_fn(300, 200, |x, y| {
            image::Rgb([(x * (index + 1)) as u8, (y * 3) as u8, 255 - (x / 2) as u8])
        });
        photo.save(world.path().join(format!("photos/{index}.png"))).expect("writes");
    }
    let (card, network) = model(&ARCHITECTURES[0], 2, &drawn());
    model_folder::save(&world.path().join("mine"), &network, &card, &[]).expect("saves");
    world
}

/// Scores by path, and what is said of the engine.
fn scores(folder: &Path, engine: &str, library: &Path) -> (BTreeMap<String, f64>, String) {
    let (file, set) = (format!("{engine}.csv"), format!("score.engine={engine}"));
    let base = ["--json", "--progress", "none", "score", "photos", "--model", "mine", "--device", "cpu"];
    let arguments = [&base[..], &["--scores-only", "--set", &set, "-o", &file, "--overwrite"]].concat();
    let mut command = command(folder, &arguments);
    // Scores that are kept would be reused, whatever computes.
    command.env("PACKSHOT_PROJECT", folder.join(engine)).env(LIBRARY_VARIABLE, library);
    let ran = command.output().expect("starts");
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let body: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert_eq!((&body["scored"], &body["reused"]), (&5.into(), &0.into()), "{body}");
    let mut table = csv::Reader::from_path(folder.join(&file)).expect("reads");
    let rows = table.deserialize::<BTreeMap<String, String>>().map(|row| row.expect("row"));
    let scores = rows.map(|row| (row["path"].clone(), row["score"].parse().expect("number"))).collect();
    (scores, body["engine"].as_str().expect("engine").to_owned())
}

fn doctor(folder: &Path, library: &Path) -> String {
    let ran = command(folder, &["doctor"]).env(LIBRARY_VARIABLE, library).output().expect("starts");
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    text(&ran.stdout)
}

#[test]
fn with_its_library_onnxruntime_gives_the_same_scores() {
    let Some(library) = library() else { return };
    let world = world();
    let (ours, _) = scores(world.path(), "burn", &library);
    let (theirs, engine) = scores(world.path(), "ort", &library);
    assert_eq!(engine, "onnxruntime, as configured");
    assert_eq!((ours.len(), theirs.len()), (5, 5));
    for (path, score) in &ours {
        assert!((score - theirs[path]).abs() <= ALLOWED, "{path}: {score} {}", theirs[path]);
    }
    let (_, engine) = scores(world.path(), "auto", &library);
    assert!(engine.contains("onnxruntime") && engine.contains("tract") && engine.contains("burn"), "{engine}");
    let said = doctor(world.path(), &library);
    assert!(said.contains(&format!("({}), one of the engines", library.display())), "{said}");
}

#[test]
fn without_a_sound_library_the_others_compute_and_the_reason_is_said() {
    let world = world();
    let broken = world.path().join("libonnxruntime.so");
    std::fs::write(&broken, [0_u8; 64]).expect("writes");
    let (ours, _) = scores(world.path(), "burn", &broken);
    for (library, why) in [(world.path().join("gone.so"), "was not found"), (broken, "cannot be loaded")] {
        let (theirs, engine) = scores(world.path(), "ort", &library);
        let reason = format!("onnxruntime is not used: {} {why}", library.display());
        assert!(engine.contains("times as fast as") && engine.contains(&reason), "{engine}");
        assert!(ours.iter().all(|(path, score)| (score - theirs[path]).abs() <= ALLOWED));
        std::fs::remove_dir_all(world.path().join("ort")).expect("removes");
        let said = doctor(world.path(), &library);
        assert!(said.contains(&reason) && said.contains(LIBRARY_VARIABLE), "{said}");
    }
}
