//! A small project whose labels can be learnt: noise patterns, blurred by known amounts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbImage;
use packshot::api::{self, Project, ScoreRequest, ScoreSummary, TrainRequest, TrainSummary};
use packshot::config::{Config, FILE_NAME};
use packshot::domain::{MetricPoint, RunId, ScoreRow, Vote, VoteId, VoteKind};
use packshot::jobs::{Outcome, Wake};

/// Nobody watches.
pub fn silent() -> Wake {
    Arc::new(|| {})
}

/// A project in `folder` with the quick architecture and `settings` on top.
pub fn project(folder: &Path, settings: &[&str]) -> Project {
    let quick = ["train.architecture=cnn-xs", "train.device=cpu", "score.device=cpu", "train.batch_size=8"];
    let flags: Vec<String> = quick.iter().chain(settings).map(|flag| (*flag).to_owned()).collect();
    let config = Config::load(&folder.join(FILE_NAME), std::iter::empty(), &flags).expect("configuration");
    Project::open(folder, config).expect("project")
}

/// Fine checks under a blur that grows with `1 - quality`, slightly different for every `variant`.
pub fn photo(quality: f64, variant: u32) -> RgbImage {
    let sharp = RgbImage::from_fn(160, 160, |x, y| {
        let value = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ variant.wrapping_mul(97)) >> 3;
        let stripe = if (x / 4 + y / 5 + variant).is_multiple_of(2) { 60 } else { 190 };
        image::Rgb([(stripe + value % 40) as u8, stripe as u8, (value % 255) as u8])
    });
    image::imageops::blur(&sharp, 0.1 + 4.0 * (1.0 - quality) as f32)
}

/// Draws `count` photos of `count / 3` products, indexes them and labels them by their sharpness.
pub fn fill(project: &Project, folder: &Path, count: u32) -> PathBuf {
    let photos = folder.join("photos");
    std::fs::create_dir_all(&photos).expect("folder");
    let label = |index: u32| f64::from(index * 37 % 101);
    for index in 0..count {
        let path = photos.join(format!("{index:03}.png"));
        photo(label(index) / 100.0, index / 3).save(path).expect("writes");
    }
    let opened = api::open_folders(project, vec![photos.clone()], silent()).expect("starts").join(|_| {});
    assert!(matches!(opened, Outcome::Completed(_)), "{opened:?}");
    let mut store = project.store().expect("store");
    let indexed = store.photos().expect("photos");
    let votes = indexed.iter().zip(0..).map(|(photo, index)| Vote {
        id: VoteId(0),
        image: photo.id,
        kind: VoteKind::Mean { score: label(index), n: 3 },
        rater: "study".to_owned(),
        source: "test".to_owned(),
        at_ms: 0,
    });
    store.append_votes(&votes.collect::<Vec<_>>()).expect("votes");
    let groups: Vec<_> = indexed.iter().zip(0..).map(|(photo, index)| (photo.id, format!("{}", index / 3))).collect();
    store.set_groups(&groups).expect("groups");
    photos
}

/// Trains to the end.
pub fn train(project: &Project, request: TrainRequest) -> TrainSummary {
    match api::start_training(project, request, silent()).expect("starts").join(|_| {}) {
        Outcome::Completed(summary) => summary,
        other => panic!("training did not complete: {other:?}"),
    }
}

/// Scores folders with the newest model.
pub fn score(project: &Project, paths: Vec<PathBuf>) -> ScoreSummary {
    let job = api::start_scoring(project, ScoreRequest { paths, ..ScoreRequest::default() }, silent()).expect("starts");
    match job.handle.join(|_| {}) {
        Outcome::Completed(summary) => summary,
        other => panic!("scoring did not complete: {other:?}"),
    }
}

/// Curves that no two runs have in common.
pub const TIMINGS: [&str; 2] = ["images_per_second", "device_wait_share"];

/// The curves of a run.
pub fn curves(project: &Project, run: &RunId) -> Vec<MetricPoint> {
    let mut points = api::run_view(project, run).expect("run").points;
    points.retain(|point| !TIMINGS.contains(&point.name.as_str()));
    points
}

/// The value of a row that must have one.
pub fn value(row: &ScoreRow) -> f64 {
    row.score.unwrap_or_else(|| panic!("{} has no score: {:?}", row.path.display(), row.error)).value
}
