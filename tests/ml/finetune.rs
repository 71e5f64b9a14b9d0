//! Fine-tuning: what learns, what stays, and which model is kept.

use std::collections::BTreeMap;

use packshot::api::{self, Fate, Project, TrainRequest};
use packshot::config::{Learns, TrainConfig};
use packshot::domain::{ImageId, RunId, Split};

use super::common::{TIMINGS, fill, project, train};

#[test]
fn a_fine_tuned_model_is_kept_only_when_it_is_better() {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut project = project(folder.path(), &["train.epochs=1", "train.patience=0", "train.seed=3"]);
    fill(&project, folder.path(), 105);
    let first = train(&project, TrainRequest { name: "first".to_owned(), ..TrainRequest::default() });
    let start = first.model.expect("a model");
    assert_eq!(first.verdict, None);
    let points = api::run_view(&project, &first.run.expect("run")).expect("run").points;
    for name in TIMINGS {
        let point = points.iter().find(|point| point.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert!(point.value >= 0.0 && (name != "device_wait_share" || point.value <= 1.0), "{point:?}");
    }

    let error = api::finetune_config(&project, None, Some(Learns::Last)).expect_err("too few labels");
    assert!(error.summary.contains("needs 300 labels; there are 105"), "{error}");
    let config = api::finetune_config(&project, Some("first"), None).expect("enough for the head");
    assert_eq!((config.learns, config.start.as_str()), (Learns::Head, start.0.as_str()));
    assert_eq!(config.architecture, "cnn-xs");

    // A quarter of the rate for one epoch moves next to nothing; the full rate for many moves much.
    for (epochs, learns, rate) in [(1, Learns::Head, 1e-7), (8, Learns::All, 2e-3)] {
        project.config.train = TrainConfig { epochs, learns, learning_rate: rate, ..config.clone() };
        let before = api::list_models(&project).expect("models").len();
        let tuned = train(&project, TrainRequest::default());
        let verdict = tuned.verdict.expect("a verdict");
        let kept = verdict.starts_with("better than first: SRCC +");
        assert_eq!(tuned.model.is_some(), kept, "{verdict}");
        assert_eq!(api::list_models(&project).expect("models").len(), before + usize::from(kept));
        assert_eq!(tuned.metrics["start_model"], start.0.as_str());
        if rate < 1e-6 {
            assert!(verdict.contains("95 % interval"), "{verdict}");
            assert!(tuned.metrics["gain_srcc"].as_f64().expect("gain").abs() < 0.02, "starts where it was: {verdict}");
            assert!(!kept);
        }
    }
}

#[test]
fn what_taught_the_models_before_never_tests() {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut project = project(folder.path(), &["train.epochs=1", "train.seed=3"]);
    fill(&project, folder.path(), 60);
    let parts = |project: &Project, run: &RunId| -> BTreeMap<ImageId, Split> {
        let split = project.store().expect("store").split(run).expect("split");
        split.into_iter().map(|(image, part, ..)| (image, part)).collect()
    };
    let first = train(&project, TrainRequest::default());
    let before = parts(&project, &first.run.expect("run"));
    let plain = TrainConfig { seed: 9, learns: Learns::Head, learning_rate: 1e-7, ..project.config.train.clone() };

    // Another seed would deal other photos: the start's parts hold, and so do those of the start's start, which is known by
    // the folder of a model that was not kept.
    project.config.train = TrainConfig { start: first.model.expect("a model").0, ..plain.clone() };
    let second = train(&project, TrainRequest::default());
    let run = second.run.expect("run");
    assert_eq!(parts(&project, &run), before);
    assert_eq!((second.fate, second.model), (Fate::NotBetter, None));
    let model = project.models().join(&run.0).join("model");
    project.config.train = TrainConfig { start: model.to_string_lossy().into_owned(), ..plain };
    fill(&project, folder.path(), 105);
    let third = train(&project, TrainRequest::default());
    let after = parts(&project, &third.run.expect("run"));
    assert_eq!(after.len(), 105);
    assert!(before.iter().all(|(image, part)| after[image] == *part));
    let tested = after.values().filter(|part| **part == Split::Test).count();
    assert!(tested > before.values().filter(|part| **part == Split::Test).count(), "new photos are tested on, too");
}

#[test]
fn another_architecture_than_the_starts_is_refused() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.start=default"]);
    fill(&project, folder.path(), 45);
    let outcome = api::start_training(&project, TrainRequest::default(), super::common::silent()).expect("starts");
    match outcome.join(|_| {}) {
        packshot::jobs::Outcome::Failed(error) => {
            assert!(error.summary.contains("the model default is a cnn-d, not a cnn-xs"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
