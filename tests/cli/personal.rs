//! `packshot personal` and what the other commands make of its model.

use super::common::{World, table};

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

    let ran = world.run(&["export", "onnx", "-o", "m.onnx", "--model", "personal"]).expect(65);
    assert!(ran.stderr.contains("personal model") && ran.stderr.contains("hint"), "{}", ran.stderr);
    world.run(&["export", "onnx", "-o", "m.onnx"]).expect(0);
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
