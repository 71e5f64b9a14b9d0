//! Several trainings as one run: folds, and a sweep.

use packshot::api::{self, Project, SeriesPlan, SeriesRequest, SeriesSummary};
use packshot::domain::{RunStatus, Split};
use packshot::jobs::{JobEvent, Outcome};

use super::common::{fill, project, silent};

fn series(project: &Project, plan: SeriesPlan) -> SeriesSummary {
    let request = SeriesRequest { name: String::new(), plan, mirror: None };
    match api::start_series(project, request, silent()).expect("starts").join(|_| {}) {
        Outcome::Completed(summary) => summary,
        other => panic!("{other:?}"),
    }
}

#[test]
fn folds_test_every_photo_once_and_the_parent_holds_mean_and_spread() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=2", "train.patience=0"]);
    fill(&project, folder.path(), 45);
    let summary = series(&project, SeriesPlan::Folds(3));
    let store = project.store().expect("store");
    let mut tested = Vec::new();
    for trial in &summary.trials {
        let split = store.split(trial.run.as_ref().expect("run")).expect("split");
        assert!(split.iter().any(|row| row.1 == Split::Validation));
        tested.extend(split.into_iter().filter(|row| row.1 == Split::Test).map(|row| row.0));
    }
    tested.sort_unstable();
    let photos: Vec<_> = store.photos().expect("photos").into_iter().map(|photo| photo.id).collect();
    assert_eq!(tested, photos, "every photo once");

    let run = api::run_view(&project, &summary.run.expect("run")).expect("parent").run;
    assert_eq!((run.status, run.meta.name.as_str()), (RunStatus::Completed, "3 folds"));
    let number = |trial: &api::Trial, name: &str| trial.metrics[name].as_f64().expect("number");
    let mean = summary.trials.iter().map(|trial| number(trial, "test_mae")).sum::<f64>() / 3.0;
    assert!((run.summary["test_mae"].as_f64().expect("mean") - mean).abs() < 1e-9);
    assert!(run.summary["test_mae_sd"].as_f64().expect("spread") > 0.0);
    let best = summary.trials.iter().map(|trial| number(trial, "validation_srcc")).fold(f64::MIN, f64::max);
    let kept = api::find_model(&project, None).expect("model");
    assert_eq!(Some(&kept.card.id), summary.model.as_ref());
    let of_best = summary.trials.iter().find(|trial| trial.run.as_ref().map(|run| &run.0) == kept.card.run.as_ref());
    assert_eq!(number(of_best.expect("a trial"), "validation_srcc"), best);
    assert_eq!(api::list_models(&project).expect("models").len(), 2, "the best one and the shipped one");
}

#[test]
fn a_sweep_keeps_the_best_and_ends_hopeless_trials_early() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=5", "train.patience=0", "train.seed=2"]);
    fill(&project, folder.path(), 60);
    let axes = vec!["learning_rate=0.002,0.004,0.000000001".to_owned()];
    let summary = series(&project, SeriesPlan::Sweep { axes, trials: None });
    let epochs: Vec<_> = summary.trials.iter().map(|trial| trial.metrics["epochs"].as_u64().expect("epochs")).collect();
    assert_eq!(epochs[..2], [5, 5]);
    assert!(epochs[2] < 5, "{epochs:?}");
    let best = summary.metrics["best_trial"].as_str().expect("best");
    assert!(best == "learning_rate=0.002" || best == "learning_rate=0.004", "{best}");
}

#[test]
fn a_trial_that_diverges_does_not_end_the_sweep() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project =
        project(folder.path(), &["train.epochs=2", "train.patience=0", "train.clip=0", "train.optimiser=sgd"]);
    fill(&project, folder.path(), 45);
    let axes = vec!["learning_rate=1e30,0.002".to_owned()];
    let summary = series(&project, SeriesPlan::Sweep { axes, trials: None });
    let failed: Vec<bool> = summary.trials.iter().map(|trial| trial.error.is_some()).collect();
    assert_eq!(failed, [true, false], "{:?}", summary.trials);
    assert_eq!(summary.metrics["best_trial"], "learning_rate=0.002");
}

#[test]
fn a_series_stops_with_the_training_under_way() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=50", "train.patience=0"]);
    fill(&project, folder.path(), 45);
    let request = SeriesRequest { name: "three".to_owned(), plan: SeriesPlan::Seeds(3), mirror: None };
    let handle = api::start_series(&project, request, silent()).expect("starts");
    let control = handle.control().clone();
    let outcome = handle.join(|event| {
        if let JobEvent::Progress(progress) = event
            && progress.stage.contains("Training")
        {
            assert!(progress.stage.starts_with("seed 1 (1/3)"), "{}", progress.stage);
            control.cancel();
        }
    });
    let Outcome::Cancelled(summary) = outcome else { panic!("{outcome:?}") };
    assert_eq!(summary.trials.len(), 1);
    let child = summary.trials[0].run.clone().expect("run");
    for (id, name) in [(summary.run.expect("parent"), "three"), (child, "three · seed 1")] {
        let run = api::run_view(&project, &id).expect("run").run;
        assert_eq!((run.status, run.meta.name.as_str()), (RunStatus::Cancelled, name));
    }
}
