//! `packshot personal` and what the other commands make of its model.

use super::common::{World, backbone_weights, table};

#[test]
fn the_personal_model_is_fitted_listed_explained_and_evaluated() {
    let world = World::new();
    world.demo();
    world.run(&["personal"]).expect(1);
    let ran = world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    assert!(!ran.stdout.contains("personal"));
    let ran = world.run(&["personal", "--device", "cpu", "--progress", "none"]).expect(0);
    for text in ["SRCC", "on left-out groups", "coverage", "more labels", "from your labels", "personal ("] {
        assert!(ran.stdout.contains(text), "lacks {text}:\n{}", ran.stdout);
    }
    let ran = world.run(&["models", "list"]).expect(0);
    let line = ran.stdout.lines().find(|line| line.contains("personal")).expect("is listed");
    assert!(line.contains("personal on default, 45 labels"), "{line}");

    let photo = format!("demo/{}", table(&world.path("demo/labels.csv"))[0]["path"]);
    let body = world.run(&["explain", &photo, "--json", "--set", "score.device=cpu"]).expect(0).json();
    assert_eq!(body["nearest"].as_array().map(Vec::len), Some(5));
    assert!(
        body["nearest"]
            .as_array()
            .expect("list")
            .iter()
            .all(|other| !other["path"].as_str().expect("path").ends_with(&photo))
    );
    assert!(body["base"].is_string() && body["unfamiliar"].is_boolean());
    let ran = world.run(&["explain", &photo, "--set", "score.device=cpu"]).expect(0);
    assert!(ran.stdout.contains("of the network it is based on"), "{}", ran.stdout);
    world.run(&["score", &photo, "-o", "s.csv", "--device", "cpu"]).expect(0);
    let score: f64 = table(&world.path("s.csv"))[0]["score"].parse().expect("number");
    assert!((body["score"]["value"].as_f64().expect("score") - score).abs() < 0.01, "{score}");

    let evaluate = ["evaluate", "--labels", "demo/labels.csv", "--device", "cpu"];
    let ran = world.run(&[&evaluate[..], &["--against", "default"]].concat()).expect(0);
    assert!(ran.stdout.contains("45 of these photos served in training"), "{}", ran.stdout);
    let ran = world.run(&[&evaluate[..], &["--unseen-only"]].concat()).expect(65);
    assert!(ran.stderr.contains("every photo served in the training"), "{}", ran.stderr);

    let ran = world.run(&["export", "onnx", "-o", "m.onnx", "--model", "personal"]).expect(0);
    assert!(ran.stdout.contains("from the personal model on average"), "{}", ran.stdout);
    let body = world.run(&["export", "onnx", "-o", "p.onnx", "--model", "personal", "--json"]).expect(0).json();
    let about = &body["personal"];
    assert!(about["photos"].as_u64() >= Some(45) && about["srcc"].is_number(), "{body}");
    let (mean, most) = (about["mean"].as_f64().expect("mean"), about["most"].as_f64().expect("most"));
    assert!(mean > 0.0 && mean < most && body["difference"].as_f64() < Some(1e-3), "{body}");
    assert_ne!(std::fs::read(world.path("m.onnx")).expect("file").len(), 0);
    world.run(&["export", "onnx", "-o", "n.onnx"]).expect(0);
    // A file of the model that it names, or none.
    world.write("second.csv", &format!("path,score\n{photo},3\n"));
    world.run(&["label", "import", "second.csv", "--scale", "0..100"]).expect(0);
    let ran = world.run(&["export", "onnx", "-o", "o.onnx", "--model", "personal"]).expect(65);
    assert!(ran.stderr.contains("have changed since personal was fitted"), "{}", ran.stderr);
    assert!(!world.path("o.onnx").exists());
}

#[test]
fn a_base_that_knows_the_labels_is_refused() {
    let world = World::new();
    let run = world.trained();
    let ran = world.run(&["personal", "--set", &format!("personal.base={run}")]).expect(65);
    assert!(ran.stderr.contains("learnt from the labels of this project"), "{}", ran.stderr);
    // Without one it is the shipped network, whatever else was trained.
    let body = world.run(&["personal", "--json", "--progress", "none", "--device", "cpu"]).expect(0).json();
    assert_eq!(body["base"], "default");
}

#[test]
fn features_of_a_network_trained_elsewhere_stay_with_the_model() {
    let Some(weights) = backbone_weights() else { return };
    let world = World::new();
    world.demo();
    world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    let fit = |more: &[&str]| world.run(&[&["personal", "--device", "cpu", "--json"], more].concat());
    let own = fit(&[]).expect(0).json();
    assert_eq!((own["features"].as_str(), own["base"].as_str()), (Some("default"), Some("default")));
    let ran = fit(&["--backbone", "gone.safetensors"]).expect(2);
    assert!(ran.stderr.contains("gone.safetensors"), "{}", ran.stderr);
    let ran = fit(&["--set", "personal.backbone=gone.safetensors"]).expect(1);
    assert!(ran.stderr.contains("gone.safetensors") && ran.stderr.contains("personal.backbone"), "{}", ran.stderr);
    world.write("notes.safetensors", "no weights, however long this may be");
    let ran = fit(&["--backbone", "notes.safetensors"]).expect(65);
    assert!(ran.stderr.contains("notes.safetensors"), "{}", ran.stderr);

    std::fs::copy(&weights, world.path("mine.safetensors")).expect("copies");
    let foreign = fit(&["--backbone", "mine.safetensors"]).expect(0).json();
    assert_eq!(foreign["features"], "mine.safetensors");
    assert!(foreign["srcc"] != own["srcc"] && foreign["described"].as_u64() > Some(0), "{foreign}");
    // The file may go: the model is whole by itself, scores, explains, and is fitted again with it.
    std::fs::remove_file(world.path("mine.safetensors")).expect("removes");
    let photo = format!("demo/{}", table(&world.path("demo/labels.csv"))[0]["path"]);
    world.run(&["score", &photo, "-o", "s.csv", "--device", "cpu", "--model", "personal"]).expect(0);
    let score: f64 = table(&world.path("s.csv"))[0]["score"].parse().expect("number");
    let body = world.run(&["explain", &photo, "--json", "--set", "score.device=cpu"]).expect(0).json();
    assert!((body["score"]["value"].as_f64().expect("score") - score).abs() < 0.01, "{score} {body}");
    let ran = world.run(&["export", "onnx", "-o", "m.onnx", "--model", "personal"]).expect(65);
    assert!(ran.stderr.contains("mine.safetensors") && ran.stderr.contains("--backbone none"), "{}", ran.stderr);
    let again = fit(&[]).expect(0).json();
    assert_eq!(
        (&again["features"], &again["srcc"], &again["described"]),
        (&foreign["features"], &foreign["srcc"], &0.into())
    );
    let back = fit(&["--backbone", "none"]).expect(0).json();
    assert_eq!((&back["features"], &back["srcc"]), (&own["features"], &own["srcc"]));
}
