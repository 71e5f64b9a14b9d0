//! Training: from labels to a model, as a job.

mod ending;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::duplicates::scenes;
use super::finetune::{finetune_config, start_name, starting_model};
use super::lineage;
use super::mirror::Mirror;
use super::run_lock::RunLock;
use super::run_watcher::RunWatcher;
use super::runs::refuse_imported;
use super::train_photos::{candidates, clean_photos, failed, histograms, read_photos, recorded_dataset};
use super::{CODE_VERSION, FailedPhoto, ModelEntry, Project, clock};
use crate::config::TrainConfig;
use crate::data::{Candidate, Dataset, Loader, SplitShares, assign};
use crate::device::{self, Chosen};
use crate::domain::{Calibration, ImageId, ModelCard, ModelId, Reach, Run, RunId, RunMeta, RunStatus, Split, VoteId};
use crate::error::{Error, Result};
use crate::imaging;
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::preprocess;
use crate::store::Store;
use crate::train::{Ending, Fit, Job};

/// What to train.
#[derive(Debug, Clone, Default)]
pub struct TrainRequest {
    /// Go on with this run instead of starting one; its recorded configuration is used.
    pub resume: Option<RunId>,
    /// The new run's name; made up from architecture and loss when empty.
    pub name: String,
    /// The run of the series that it belongs to. Which of a series' models is kept is the series' business.
    pub series: Option<RunId>,
    /// Validation SRCC by epoch of trials that are over: a training that falls behind their median ends early.
    pub rivals: Vec<Vec<f64>>,
    /// Teach the newest network with the labels, as [`finetune_config`] makes of the configuration.
    pub finetune: bool,
    /// Address of an MLflow server that the run is sent to while it goes on.
    pub mirror: Option<String>,
}

/// How a training ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct TrainSummary {
    /// The run.
    pub run: Option<RunId>,
    /// The model, when at least one epoch was finished and it is kept.
    pub model: Option<ModelId>,
    /// What became of it.
    pub fate: Fate,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Photos in train, validation and test.
    pub photos: [u64; 3],
    /// Final metrics by name, as recorded in the run.
    pub metrics: Map<String, Value>,
    /// What fine-tuning gained, in plain words; the model is kept only when it is better than the one it started from.
    pub verdict: Option<String>,
    /// Labelled photos that could not be used, with the reason.
    pub left_out: Vec<FailedPhoto>,
}

/// The configuration as a run records it.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordedConfig {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<RunId>,
    /// The newest vote when it began: what a resumed run counts votes up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    votes_until: Option<i64>,
    /// The run that made the model it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start_run: Option<RunId>,
    pub(super) train: TrainConfig,
}

impl RecordedConfig {
    /// A training by itself, from nothing.
    pub(super) fn of(train: TrainConfig) -> Self {
        Self { version: 1, series: None, votes_until: None, start_run: None, train }
    }
}

/// Starts or resumes a training with the project's `[train]` configuration. Curves go to the store
/// (`train_loss`, `validation_loss`, `validation_srcc`, `validation_plcc`, `validation_mae`, `validation_rmse`,
/// `learning_rate`, and the timings `images_per_second` and `device_wait_share`), the job says `Points` when there are new ones; `Progress` counts steps, its detail carries loss,
/// images/s and device.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_training(project: &Project, request: TrainRequest, wake: Wake) -> Result<JobHandle<TrainSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-train", wake, move |reporter| match &request.resume {
        Some(id) => resume(&project, id, &request, reporter),
        None => begin(&project, &request, reporter),
    })
}

pub use ending::Fate;
pub(super) use ending::keep_as_newest;

type Watching<'a> = &'a Reporter<TrainSummary>;

fn begin(project: &Project, request: &TrainRequest, reporter: Watching<'_>) -> Result<Outcome<TrainSummary>> {
    let mut config =
        if request.finetune { finetune_config(project, None, None)? } else { project.config.train.clone() };
    let start = starting_model(project, &config)?;
    if let Some(start) = &start {
        config.start = start_name(project, start)?;
    }
    let config = config;
    let mirror = mirror(project, request)?;
    let chosen = device::choose(config.device)?;
    let mut store = project.store()?;
    let (candidates, mut left_out) = candidates(&store)?;
    let fold = (config.folds > 1).then_some((config.fold, config.folds));
    let shares = SplitShares { validation: config.validation_share, test: config.test_share, fold };
    let served = start.as_ref().map(|start| lineage::served(&store, &start.card)).transpose()?.unwrap_or_default();
    assign(&candidates, &[], &served, shares, config.seed)?;
    let paths: Vec<PathBuf> = candidates.iter().map(|candidate| candidate.path.clone()).collect();
    let stopped = || Outcome::Cancelled(TrainSummary { device: describe(&chosen), ..TrainSummary::default() });
    let Some(scenes) = scenes(project, &paths, reporter)? else { return Ok(stopped()) };
    let of_scene = |places: Vec<usize>| places.into_iter().map(|place| candidates[place].image).collect();
    let scenes: Vec<Vec<ImageId>> = scenes.into_iter().map(of_scene).collect();
    let Some((loader, unreadable)) = read_photos(project, &config, paths, reporter) else { return Ok(stopped()) };
    left_out.extend(unreadable.iter().map(|(index, error)| failed(&candidates[*index].path, error)));
    let gone: HashSet<usize> = unreadable.into_iter().map(|entry| entry.0).collect();
    let loader = loader.without(&gone);
    let readable = candidates.into_iter().enumerate().filter(|(index, _)| !gone.contains(index));
    let readable: Vec<Candidate> = readable.map(|(_, candidate)| candidate).collect();
    let dataset = assign(&readable, &scenes, &served, shares, config.seed)?;
    let votes_until = store.newest_vote()?;
    let start_run = start.as_ref().and_then(|start| start.card.run.clone()).map(RunId);
    let recorded = RecordedConfig {
        series: request.series.clone(),
        votes_until: Some(votes_until.0),
        start_run,
        ..RecordedConfig::of(config.clone())
    };
    let run = record_run(&mut store, &recorded, &request.name, &dataset, &chosen)?;
    let lock = lock_run(project, &run.id)?;
    left_out.iter().for_each(|photo| reporter.warn(format!("left out: {}", photo.text())));
    let (kept, rivals) = (request.series.is_none(), request.rivals.clone());
    Training {
        project,
        store,
        run,
        config,
        start,
        chosen,
        dataset,
        loader,
        votes_until,
        left_out,
        kept,
        rivals,
        reporter,
        mirror,
        lock,
    }
    .go()
}

/// What follows the training on a server, when that was asked for.
fn mirror(project: &Project, request: &TrainRequest) -> Result<Option<Mirror>> {
    request.mirror.as_deref().map(|uri| Mirror::new(project, uri)).transpose()
}

fn resume(
    project: &Project,
    id: &RunId,
    request: &TrainRequest,
    reporter: Watching<'_>,
) -> Result<Outcome<TrainSummary>> {
    let mirror = mirror(project, request)?;
    let mut store = project.store()?;
    let run = store.run(id)?.ok_or_else(|| Error::not_found(format!("there is no run {id}")))?;
    refuse_imported(&run, "gone on with here")?;
    if run.status == RunStatus::Completed {
        return Err(Error::usage(format!("run {id} is completed: there is nothing left to do"))
            .hint("Start a new run, for example with more epochs: --set train.epochs=40."));
    }
    refuse_champion(&store, id)?;
    // Before anything else: another process may be working on it right now.
    let lock = lock_run(project, id)?;
    let recorded: RecordedConfig = toml::from_str(&run.config_toml)
        .map_err(|error| Error::bad_data(format!("the configuration of run {id} cannot be read")).caused_by(error))?;
    let config = TrainConfig { device: project.config.train.device, ..recorded.train };
    let start = starting_model(project, &config)?;
    let chosen = device::choose(config.device)?;
    let dataset = recorded_dataset(&store, id)?;
    if digest(&dataset) != run.dataset_digest {
        reporter.warn(format!("photos of run {id} have changed since it began: it goes on with what they show now"));
    }
    let paths = dataset.samples.iter().map(|sample| sample.path.clone()).collect();
    let Some((loader, unreadable)) = read_photos(project, &config, paths, reporter) else {
        return Ok(Outcome::Cancelled(TrainSummary { run: Some(id.clone()), ..TrainSummary::default() }));
    };
    if let Some((index, error)) = unreadable.into_iter().next() {
        let path = &dataset.samples[index].path;
        return Err(Error::bad_data(format!("{} belongs to run {id} and cannot be read any more", path.display()))
            .hint("Bring the photo back, or start a new run without it.")
            .caused_by(error));
    }
    store.restart_run(id, &chosen.name, clock::now_ms())?;
    let (left_out, kept, rivals) = (Vec::new(), recorded.series.is_none(), Vec::new());
    let votes_until = VoteId(recorded.votes_until.unwrap_or(i64::MAX));
    Training {
        project,
        store,
        run,
        config,
        start,
        chosen,
        dataset,
        loader,
        votes_until,
        left_out,
        kept,
        rivals,
        reporter,
        mirror,
        lock,
    }
    .go()
}

/// Refuses to train on what is promoted: its folder would come to hold another model.
fn refuse_champion(store: &Store, run: &RunId) -> Result<()> {
    let champion = store.champion()?.map(|champion| store.run_of_model(&champion)).transpose()?.flatten();
    if champion.as_ref() != Some(run) {
        return Ok(());
    }
    Err(Error::usage(format!("the model of run {run} is the champion: going on would replace it"))
        .hint("Promote another model or roll back first, or start a new run."))
}

/// What tells a dataset from any other.
fn digest(dataset: &Dataset) -> String {
    imaging::sha256_hex(dataset.digest_text().as_bytes())
}

/// Takes the lock of a run, whose folder is made when needed.
pub(super) fn lock_run(project: &Project, id: &RunId) -> Result<RunLock> {
    let folder = project.models().join(&id.0);
    std::fs::create_dir_all(&folder).map_err(|error| Error::io("create the folder", &folder, error))?;
    RunLock::take(&folder, id)
}

fn describe(chosen: &Chosen) -> String {
    format!("{}: {}", chosen.name, chosen.reason)
}

fn record_run(
    store: &mut Store,
    recorded: &RecordedConfig,
    name: &str,
    dataset: &Dataset,
    chosen: &Chosen,
) -> Result<Run> {
    let now = clock::now_ms();
    let config = &recorded.train;
    let config_toml = toml::to_string_pretty(recorded)
        .map_err(|error| Error::internal("could not record the configuration").caused_by(error))?;
    let loss = serde_json::to_value(config.loss).ok().and_then(|loss| loss.as_str().map(str::to_owned));
    let kind = if config.start.is_empty() { "" } else { "fine-tuned " };
    let made_up = format!("{kind}{} {}", config.architecture, loss.unwrap_or_default());
    let digest = digest(dataset);
    let id = format!("{}-{}", clock::compact_text(now), &imaging::sha256_hex(format!("{now}{digest}").as_bytes())[..4]);
    let run = Run {
        id: RunId(id),
        status: RunStatus::Running,
        config_toml,
        seed: config.seed,
        code_version: CODE_VERSION.to_owned(),
        device: chosen.name.clone(),
        dataset_digest: digest,
        started_ms: now,
        heartbeat_ms: now,
        finished_ms: None,
        summary: Map::new(),
        error: None,
        meta: RunMeta {
            name: if name.trim().is_empty() { made_up } else { name.trim().to_owned() },
            ..RunMeta::default()
        },
        origin: None,
    };
    store.insert_run(&run)?;
    let rows: Vec<_> = dataset.samples.iter().map(|s| (s.image, s.part, s.group.clone(), s.label)).collect();
    store.save_split(&run.id, &rows)?;
    Ok(run)
}

/// A run whose photos are read and whose record stands: fit, evaluate, finish.
struct Training<'a> {
    project: &'a Project,
    store: Store,
    run: Run,
    config: TrainConfig,
    start: Option<ModelEntry>,
    chosen: Chosen,
    dataset: Dataset,
    loader: Loader,
    votes_until: VoteId,
    left_out: Vec<FailedPhoto>,
    /// Its model may score from now on: it is not one of a series.
    kept: bool,
    rivals: Vec<Vec<f64>>,
    reporter: Watching<'a>,
    mirror: Option<Mirror>,
    lock: RunLock,
}

impl Training<'_> {
    fn go(mut self) -> Result<Outcome<TrainSummary>> {
        let Some(mirror) = self.mirror.take() else { return self.work(None) };
        let (project, run, reporter) = (self.project, self.run.clone(), self.reporter);
        mirror.follow(project, &run, reporter, || self.work(Some(&mirror)))
    }

    fn work(&mut self, mirror: Option<&Mirror>) -> Result<Outcome<TrainSummary>> {
        let folder = self.lock.folder().to_owned();
        let result = self.fit(&folder, mirror).and_then(|ending| self.conclude(&folder, ending));
        if let Err(error) = &result {
            let summary = self.run.summary.clone();
            let text = error.chain();
            self.store.finish_run(&self.run.id, RunStatus::Failed, &summary, Some(&text), clock::now_ms())?;
        }
        result
    }

    fn fit(&mut self, folder: &Path, mirror: Option<&Mirror>) -> Result<Ending> {
        let histograms = histograms(&self.store, self.votes_until, &self.config.loss, &self.dataset)?;
        let clean = clean_photos(self.project, &self.dataset);
        let labels: Vec<f64> = self.dataset.part(Split::Train).iter().map(|&i| self.dataset.samples[i].label).collect();
        let card = ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(String::new()),
            architecture: self.config.architecture.clone(),
            preprocess: preprocess::VERSION,
            // A start's raw output goes on meaning what it meant.
            calibration: self.start.as_ref().map_or_else(|| Calibration::fit(&labels), |start| start.card.calibration),
            reach: Reach::UNKNOWN,
            // Without replay, nothing keeps the heads that name flaws.
            names_flaws: self.config.replay > 0.0 && self.start.as_ref().is_some_and(|start| start.card.names_flaws),
            run: Some(self.run.id.0.clone()),
            created_ms: self.run.started_ms,
            code_version: CODE_VERSION.to_owned(),
            personal: None,
        };
        let job = Job {
            config: &self.config,
            dataset: &self.dataset,
            loader: &self.loader,
            device: &self.chosen.device,
            folder,
            card: &card,
            start: self.start.as_ref().map(|start| start.folder.as_path()),
            histograms: &histograms,
            clean: &clean,
        };
        let mut watcher = RunWatcher {
            store: &mut self.store,
            run: &self.run.id,
            reporter: self.reporter,
            device: &self.chosen.name,
            epochs: self.config.epochs,
            batch: self.config.batch_size,
            started: Instant::now(),
            first_step: None,
            rivals: &self.rivals,
            own: Vec::new(),
            mirror,
        };
        let fit = Fit::new(job, &mut watcher)?;
        let step = fit.position().step;
        let mut trimming = self.project.store()?;
        trimming.drop_points_after(&self.run.id, step)?;
        mirror.iter().for_each(|mirror| mirror.saved(step));
        fit.run()
    }
}

/// The state a run is really in: a run that says it is running while nobody holds its lock was interrupted. An imported one
/// runs elsewhere.
pub(super) fn true_status(project: &Project, run: &Run) -> RunStatus {
    let folder = project.models().join(&run.id.0);
    match run.status {
        RunStatus::Running if run.origin.is_none() && !RunLock::is_held(&folder) => RunStatus::Interrupted,
        status => status,
    }
}
