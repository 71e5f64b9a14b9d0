//! Does it learn, and does it learn the same thing twice?

use std::sync::Arc;

use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use packshot::api::{self, TrainRequest};
use packshot::config::LossKind;
use packshot::domain::{RunStatus, Vote, VoteId, VoteKind};
use packshot::jobs::{JobEvent, Outcome};
use packshot::train::losses;
use packshot::{nn, preprocess};

use super::common::{curves, fill, project, silent, train};

#[test]
fn one_batch_can_be_overfitted() {
    // A constant answer loses 0.55.
    for (architecture, rate, steps, most) in [("cnn-xs", 5e-3, 60, 0.02), ("vit-ti", 5e-4, 40, 0.1)] {
        let device = Device::flex().autodiff();
        let config = nn::named(architecture).expect("known").config;
        let mut network = nn::seeded(config.init(&device), 3);
        let mut optimiser = AdamWConfig::new().init();
        let noise = |seed: u32| {
            let pixel = move |x: u32, y: u32| image::Rgb([(x * seed) as u8, (y * seed * 3) as u8, (x * y) as u8]);
            preprocess::views(&image::RgbImage::from_fn(96, 96, pixel))
        };
        let views: Vec<_> = (1..=4).map(noise).collect();
        let targets = [-1.0_f32, 0.5, 1.0, 0.0];
        let mut last = f32::MAX;
        for _ in 0..steps {
            let input = preprocess::batch(views.iter(), 4, &device);
            let target = Tensor::<1>::from_data(targets, &device);
            let loss = losses::loss(LossKind::Mse, 1.0, &network.forward(input), &target);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimiser.step(rate, network, gradients);
            last = loss.into_scalar();
        }
        assert!(last < most, "{architecture}: loss is still {last}");
        assert!(network.num_params() > 10_000);
    }
}

#[test]
fn training_learns_and_a_seed_repeats_its_curve_exactly() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=6", "train.seed=5", "train.learning_rate=0.005"]);
    fill(&project, folder.path(), 75);
    let first = train(&project, TrainRequest::default());
    let srcc = first.metrics["test_srcc"].as_f64().expect("test SRCC");
    assert!(srcc > 0.6, "held-out SRCC {srcc}");
    let low = first.metrics["test_srcc_low"].as_f64().expect("interval");
    let high = first.metrics["test_srcc_high"].as_f64().expect("interval");
    assert!(low <= srcc && srcc <= high);

    let second = train(&project, TrainRequest::default());
    let (first, second) = (first.run.expect("run"), second.run.expect("run"));
    assert_ne!(first, second);
    assert_eq!(curves(&project, &first), curves(&project, &second));
    let names: std::collections::BTreeSet<_> = curves(&project, &first).into_iter().map(|point| point.name).collect();
    for name in
        ["train_loss", "validation_loss", "validation_srcc", "validation_plcc", "validation_mae", "validation_rmse"]
    {
        assert!(names.contains(name), "{name} is missing");
    }
}

#[test]
fn every_loss_trains() {
    let folder = tempfile::tempdir().expect("temp dir");
    fill(&project(folder.path(), &[]), folder.path(), 45);
    for loss in ["huber", "mse", "mae"] {
        let project = project(folder.path(), &["train.epochs=2", &format!("train.loss={loss}")]);
        let summary = train(&project, TrainRequest { name: format!("with {loss}"), ..TrainRequest::default() });
        let run = api::find_run(&project, &format!("with {loss}")).expect("run");
        assert_eq!(Some(run.id), summary.run);
        assert!(run.config_toml.contains(&format!("loss = \"{loss}\"")) && run.status == RunStatus::Completed);
    }
}

#[test]
fn cancelling_mid_epoch_yields_exactly_one_final_event() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=500"]);
    fill(&project, folder.path(), 45);
    let finals = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut handle = api::start_training(&project, TrainRequest::default(), silent()).expect("starts");
    let mut cancelled = false;
    let run = loop {
        handle.wait(std::time::Duration::from_millis(50));
        let mut ended = None;
        for event in handle.drain() {
            match event {
                JobEvent::Progress(progress) if progress.stage == "Training" && progress.done > 2 && !cancelled => {
                    cancelled = true;
                    handle.control().cancel();
                }
                JobEvent::Finished(outcome) => {
                    finals.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    ended = Some(outcome);
                }
                _ => {}
            }
        }
        match ended {
            Some(Outcome::Cancelled(summary)) => break summary.run.expect("run"),
            Some(other) => panic!("{other:?}"),
            None => {}
        }
    };
    handle.wait(std::time::Duration::from_millis(50));
    assert!(handle.drain().is_empty());
    assert_eq!(finals.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert_eq!(api::run_view(&project, &run).expect("run").run.status, RunStatus::Cancelled);
}

#[test]
fn too_few_labels_are_refused_before_any_work() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &[]);
    let outcome = api::start_training(&project, TrainRequest::default(), silent()).expect("starts").join(|_| {});
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert!(error.summary.contains("too few") && error.details.is_some());
    assert!(api::list_runs(&project, true).expect("runs").is_empty());
}

#[test]
fn the_votes_on_a_photo_teach_when_the_loss_asks_and_there_are_any() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=1", "train.loss={huber=1,emd=0.5}"]);
    fill(&project, folder.path(), 45);
    match api::start_training(&project, TrainRequest::default(), silent()).expect("starts").join(|_| {}) {
        Outcome::Failed(error) => assert!(error.summary.contains("all labels are means"), "{error}"),
        other => panic!("{other:?}"),
    }

    let mut store = project.store().expect("store");
    let labels = store.labels().expect("labels");
    let votes = labels.iter().flat_map(|label| {
        let level = 1 + (label.mos / 25.0).round() as u8;
        ["a", "b"].map(|rater| Vote {
            id: VoteId(0),
            image: label.image,
            kind: VoteKind::Rating { level, levels: 5 },
            rater: rater.to_owned(),
            source: "test".to_owned(),
            at_ms: 0,
        })
    });
    store.append_votes(&votes.collect::<Vec<_>>()).expect("votes");
    let with = train(&project, TrainRequest::default()).run.expect("run");
    let curve = curves(&project, &with);
    assert!(curve.iter().any(|point| point.name == "validation_loss" && point.value.is_finite()));

    let mut project = project;
    project.config.train.loss = LossKind::Huber.into();
    let without = train(&project, TrainRequest::default()).run.expect("run");
    let loss = |points: &[packshot::domain::MetricPoint]| {
        points.iter().find(|point| point.name == "validation_loss").expect("measured").value
    };
    assert_ne!(loss(&curve), loss(&curves(&project, &without)));
}
