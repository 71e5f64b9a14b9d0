//! A run that was stopped and resumed is the run that was never stopped.

use packshot::api::{self, TrainRequest, TrainSummary};
use packshot::domain::{RunId, RunStatus};
use packshot::jobs::{JobEvent, Outcome};

use super::common::{curves, fill, project, score, silent, train, value};

/// Stops a training once it has taken more than `steps` steps.
fn stop_after(project: &api::Project, request: TrainRequest, steps: u64) -> RunId {
    let handle = api::start_training(project, request, silent()).expect("starts");
    let control = handle.control().clone();
    let outcome = handle.join(|event| {
        if let JobEvent::Progress(progress) = event
            && progress.stage == "Training"
            && progress.done >= steps
        {
            control.cancel();
        }
    });
    match outcome {
        Outcome::Cancelled(summary) => summary.run.expect("run"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn resuming_equals_never_stopping() {
    let folder = tempfile::tempdir().expect("temp dir");
    // A rate low enough that no early stop ends the run, patience off; 45 photos give 3 steps an epoch.
    let project = project(folder.path(), &["train.epochs=8", "train.patience=0", "train.seed=11"]);
    let photos = fill(&project, folder.path(), 45);
    let whole = train(&project, TrainRequest::default());
    let whole_scores: Vec<f64> = score(&project, vec![photos.clone()]).rows.iter().map(value).collect();

    let id = stop_after(&project, TrainRequest::default(), 4);
    assert_eq!(api::run_view(&project, &id).expect("run").run.status, RunStatus::Cancelled);
    let resumed = train(&project, TrainRequest { resume: Some(id.clone()), ..TrainRequest::default() });
    assert_eq!(resumed.run, Some(id.clone()));
    assert_eq!(curves(&project, &id), curves(&project, whole.run.as_ref().expect("run")));
    // But for the model that scored until then: for the second run it is that of the first.
    let own = |summary: TrainSummary| {
        let metrics = summary.metrics.into_iter();
        metrics.filter(|(name, _)| !name.starts_with("rival_")).collect::<Vec<_>>()
    };
    assert_eq!(own(resumed), own(whole));
    let resumed_scores: Vec<f64> = score(&project, vec![photos]).rows.iter().map(value).collect();
    assert_eq!(resumed_scores, whole_scores);

    let again = api::start_training(&project, TrainRequest { resume: Some(id), ..TrainRequest::default() }, silent());
    assert!(
        matches!(again.expect("starts").join(|_| {}), Outcome::Failed(error) if error.summary.contains("completed"))
    );
}
