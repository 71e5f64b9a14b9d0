//! Several trainings as one run: seeds, folds, or a sweep over settings; mean and spread, or the best.
//!
//! A sweep chooses by validation and stops trials that fall behind; test photos are looked at by every trial, but none is
//! chosen by them.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::mirror::Mirror;
use super::train::{Fate, TrainRequest, TrainSummary, keep_as_newest, lock_run, start_training};
use super::{CODE_VERSION, Project, clock, run_view};
use crate::config::{Config, TrainConfig};
use crate::domain::{ModelId, Run, RunId, RunMeta, RunStatus};
use crate::error::{Code, Error, Result};
use crate::imaging;
use crate::jobs::{self, JobEvent, JobHandle, Outcome, Reporter, Wake};

/// Most trainings of one series.
const MOST: usize = 200;

/// What differs between the trainings of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesPlan {
    /// So many seeds, counted up from the configured one: other weights, other order, another split.
    Seeds(u32),
    /// So many folds of the groups; each is the test part once.
    Folds(u32),
    /// Settings below `train.` with their values; every combination, or so many of them drawn by the seed.
    Sweep {
        /// `KEY=A,B,C` for values, `KEY=LOW..HIGH` for a range to draw from, its logarithm evenly.
        axes: Vec<String>,
        /// How many trials; every combination when absent.
        trials: Option<u32>,
    },
}

/// A series to train.
#[derive(Debug, Clone)]
pub struct SeriesRequest {
    /// The parent run's name; made up when empty.
    pub name: String,
    /// What differs.
    pub plan: SeriesPlan,
    /// Address of an MLflow server that the series and each training are sent to while they go on.
    pub mirror: Option<String>,
}

/// How a series ended.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SeriesSummary {
    /// The parent run.
    pub run: Option<RunId>,
    /// The trainings, in order.
    pub trials: Vec<Trial>,
    /// The parent's metrics: means and standard deviations (`…_sd`), or those of a sweep's best trial.
    pub metrics: Map<String, Value>,
    /// The model that scores from now on: that of the best validation SRCC.
    pub model: Option<ModelId>,
}

/// One training of a series.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// What is its own: "seed 3", "fold 2", "learning_rate=0.001".
    pub label: String,
    /// Its run.
    pub run: Option<RunId>,
    /// Its metrics.
    pub metrics: Map<String, Value>,
    /// Why it failed, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The model, when it may be chosen.
    #[serde(skip)]
    model: Option<ModelId>,
}

impl Trial {
    fn number(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).and_then(Value::as_f64)
    }
}

/// Starts a series; every training is a run of its own that can be looked at and resumed.
///
/// # Errors
/// [`crate::Code::Usage`] when the plan makes no sense; everything else arrives as the job's outcome.
pub fn start_series(project: &Project, request: SeriesRequest, wake: Wake) -> Result<JobHandle<SeriesSummary>> {
    let project = project.clone();
    let configs = configs(&project.config, &request.plan)?;
    jobs::spawn("packshot-series", wake, move |reporter| run(&project, &request, configs, reporter))
}

fn run(
    project: &Project,
    request: &SeriesRequest,
    configs: Vec<(String, TrainConfig)>,
    reporter: &Reporter<SeriesSummary>,
) -> Result<Outcome<SeriesSummary>> {
    let parent = parent_run(project, request, &configs)?;
    let mirror = request.mirror.as_deref().map(|uri| Mirror::new(project, uri)).transpose()?;
    let mut store = project.store()?;
    store.insert_run(&parent)?;
    let _lock = lock_run(project, &parent.id)?;
    mirror.iter().for_each(|mirror| mirror.begin(project, &parent, reporter));
    let mut summary = SeriesSummary { run: Some(parent.id.clone()), ..SeriesSummary::default() };
    let result = train_all(project, request, configs, reporter, &mut summary);
    let status = match &result {
        Ok(true) => RunStatus::Completed,
        Ok(false) => RunStatus::Cancelled,
        Err(_) => RunStatus::Failed,
    };
    summary.metrics = conclude(&request.plan, &summary.trials);
    let best = summary.trials.iter().filter(|trial| trial.model.is_some());
    let best = best.max_by(|a, b| value(a).total_cmp(&value(b)));
    if let Some((run, model)) = best.and_then(|trial| trial.run.as_ref().zip(trial.model.as_ref())) {
        keep_as_newest(project, run)?;
        summary.model = Some(model.clone());
        summary.metrics.insert("best_run".to_owned(), json!(run));
    }
    let text = result.as_ref().err().map(Error::chain);
    store.finish_run(&parent.id, status, &summary.metrics, text.as_deref(), clock::now_ms())?;
    mirror.iter().for_each(|mirror| mirror.finish(project, &parent, reporter));
    Ok(if result? { Outcome::Completed(summary) } else { Outcome::Cancelled(summary) })
}

fn value(trial: &Trial) -> f64 {
    trial.number("validation_srcc").unwrap_or(f64::MIN)
}

/// Trains one after the other; false when asked to stop.
fn train_all(
    project: &Project,
    request: &SeriesRequest,
    configs: Vec<(String, TrainConfig)>,
    reporter: &Reporter<SeriesSummary>,
    summary: &mut SeriesSummary,
) -> Result<bool> {
    let count = configs.len();
    let sweeps = matches!(request.plan, SeriesPlan::Sweep { .. });
    let mut rivals = Vec::new();
    for (index, (label, config)) in configs.into_iter().enumerate() {
        let mut project = project.clone();
        project.config.train = config;
        let name =
            format!("{}{label}", if request.name.is_empty() { String::new() } else { format!("{} · ", request.name) });
        let child = TrainRequest {
            name,
            series: summary.run.clone(),
            rivals: rivals.clone(),
            mirror: request.mirror.clone(),
            ..TrainRequest::default()
        };
        let (trained, whole) = match watch(&project, child, &format!("{label} ({}/{count})", index + 1), reporter)? {
            Outcome::Completed(trained) => (trained, true),
            Outcome::Cancelled(trained) => (trained, false),
            // A setting that does not work is what a sweep is there to find; the disk or the database are not.
            Outcome::Failed(error) if sweeps && matches!(error.code, Code::BadData | Code::Device) => {
                reporter.warn(format!("{label} failed: {}", error.summary));
                let error = Some(error.chain());
                summary.trials.push(Trial { label, run: None, metrics: Map::new(), error, model: None });
                continue;
            }
            Outcome::Failed(error) => return Err(error),
        };
        if let Some(run) = trained.run.as_ref().filter(|_| sweeps) {
            let points = run_view(&project, run)?.points;
            rivals
                .push(points.iter().filter(|point| point.name == "validation_srcc").map(|point| point.value).collect());
        }
        let model = trained.model.filter(|_| trained.fate == Fate::OfSeries);
        summary.trials.push(Trial { label, run: trained.run, metrics: trained.metrics, error: None, model });
        if !whole {
            return Ok(false);
        }
    }
    match summary.trials.first().and_then(|trial| trial.error.clone()) {
        Some(first) if summary.trials.iter().all(|trial| trial.error.is_some()) => {
            Err(Error::bad_data("every trial failed").hint(first))
        }
        _ => Ok(true),
    }
}

/// Runs one training and passes its progress on.
fn watch(
    project: &Project,
    request: TrainRequest,
    label: &str,
    reporter: &Reporter<SeriesSummary>,
) -> Result<Outcome<TrainSummary>> {
    let handle = start_training(project, request, std::sync::Arc::new(|| {}))?;
    let control = handle.control().clone();
    std::thread::scope(|scope| {
        let (done, over) = std::sync::mpsc::channel::<()>();
        // A stop or a pause of the series is one of the training under way.
        scope.spawn(move || {
            while over.recv_timeout(std::time::Duration::from_millis(50))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                control.set_paused(reporter.control.is_paused());
                if reporter.control.is_cancelled() {
                    control.cancel();
                }
            }
        });
        let outcome = handle.join(|event| match event {
            JobEvent::Progress(progress) => {
                let stage = format!("{label}: {}", progress.stage);
                reporter.progress(&stage, progress.done, progress.total, progress.detail.clone());
            }
            JobEvent::Points => reporter.points(),
            JobEvent::Warning(text) => reporter.warn(text.clone()),
            _ => {}
        });
        drop(done);
        Ok(outcome)
    })
}

fn parent_run(project: &Project, request: &SeriesRequest, configs: &[(String, TrainConfig)]) -> Result<Run> {
    let now = clock::now_ms();
    let plan = toml::to_string(&Recorded { version: 1, series: &request.plan, train: &project.config.train })
        .map_err(|error| Error::internal("could not record the plan of the series").caused_by(error))?;
    let id = format!("{}-{}", clock::compact_text(now), &imaging::sha256_hex(format!("series {now}").as_bytes())[..4]);
    let made_up = match &request.plan {
        SeriesPlan::Seeds(n) => format!("{n} seeds"),
        SeriesPlan::Folds(n) => format!("{n} folds"),
        SeriesPlan::Sweep { .. } => format!("sweep of {} trials", configs.len()),
    };
    let name = if request.name.trim().is_empty() { made_up } else { request.name.trim().to_owned() };
    Ok(Run {
        id: RunId(id),
        status: RunStatus::Running,
        config_toml: plan,
        seed: project.config.train.seed,
        code_version: CODE_VERSION.to_owned(),
        device: String::new(),
        dataset_digest: String::new(),
        started_ms: now,
        heartbeat_ms: now,
        finished_ms: None,
        summary: Map::new(),
        error: None,
        meta: RunMeta { name, ..RunMeta::default() },
        origin: None,
    })
}

#[derive(Serialize)]
struct Recorded<'a> {
    version: u32,
    series: &'a SeriesPlan,
    train: &'a TrainConfig,
}

/// Means and sample standard deviations over trials; for a sweep the metrics of the trial with the best validation.
fn conclude(plan: &SeriesPlan, trials: &[Trial]) -> Map<String, Value> {
    let mut metrics = Map::new();
    metrics.insert("trials".to_owned(), json!(trials.len()));
    if matches!(plan, SeriesPlan::Sweep { .. }) {
        if let Some(best) = trials.iter().max_by(|a, b| value(a).total_cmp(&value(b))) {
            metrics.extend(best.metrics.clone());
            metrics.insert("best_trial".to_owned(), json!(best.label));
        }
        return metrics;
    }
    let mut columns: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, number) in trials.iter().flat_map(|trial| &trial.metrics) {
        if let Some(number) = number.as_f64().filter(|_| name.starts_with("test_") || name.starts_with("validation_")) {
            columns.entry(name).or_default().push(number);
        }
    }
    for (name, values) in columns.into_iter().filter(|(name, _)| !name.ends_with("_low") && !name.ends_with("_high")) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        metrics.insert(name.to_owned(), json!(mean));
        if values.len() > 1 {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            metrics.insert(format!("{name}_sd"), json!((squares / (n - 1.0)).sqrt()));
        }
    }
    metrics
}

/// The configuration of every training with what is its own.
fn configs(config: &Config, plan: &SeriesPlan) -> Result<Vec<(String, TrainConfig)>> {
    let own = &config.train;
    let series = |n: u32, what: &str| {
        if (2..=MOST as u32).contains(&n) {
            return Ok(());
        }
        Err(Error::usage(format!("a series has 2 to {MOST} {what}, not {n}")))
    };
    match plan {
        SeriesPlan::Seeds(n) => {
            series(*n, "seeds")?;
            let seed = |index: u32| own.seed + u64::from(index);
            Ok((0..*n).map(|i| (format!("seed {}", seed(i)), TrainConfig { seed: seed(i), ..own.clone() })).collect())
        }
        SeriesPlan::Folds(n) => {
            series(*n, "folds")?;
            let of = |fold: u32| TrainConfig { folds: *n, fold, ..own.clone() };
            Ok((0..*n).map(|fold| (format!("fold {}", fold + 1), of(fold))).collect())
        }
        SeriesPlan::Sweep { axes, trials } => {
            let axes: Vec<Axis> = axes.iter().map(|text| Axis::parse(text)).collect::<Result<_>>()?;
            let drawn = draw(&axes, *trials, own.seed)?;
            drawn.iter().map(|flags| with_flags(config, flags)).collect()
        }
    }
}

/// A configuration with flags such as `train.epochs=3` on top, called by them.
fn with_flags(config: &Config, flags: &[String]) -> Result<(String, TrainConfig)> {
    let own: Vec<&str> = flags.iter().map(|flag| flag.strip_prefix("train.").unwrap_or(flag)).collect();
    let label = own.join(" ");
    let config = config.with_flags(flags)?;
    Ok((label, config.train))
}

/// A setting and what it may be.
#[derive(Debug, Clone, PartialEq)]
enum Axis {
    Values(String, Vec<String>),
    Range(String, f64, f64),
}

impl Axis {
    fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("{text:?} is no setting with values"))
                .hint("Write learning_rate=0.001,0.002 or learning_rate=0.0005..0.005.")
        };
        let (key, values) = text.split_once('=').ok_or_else(wrong)?;
        let key = format!("train.{}", key.trim().strip_prefix("train.").unwrap_or(key.trim()));
        if let Some((low, high)) = values.split_once("..") {
            let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| *value > 0.0 && value.is_finite());
            let (low, high) = number(low).zip(number(high)).filter(|(low, high)| low < high).ok_or_else(wrong)?;
            return Ok(Self::Range(key, low, high));
        }
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) { Err(wrong()) } else { Ok(Self::Values(key, values)) }
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> String {
        let unit = f64::from(rng.next_u32()) / (f64::from(u32::MAX) + 1.0);
        match self {
            Self::Values(key, values) => format!("{key}={}", values[(unit * values.len() as f64) as usize]),
            // Four digits: enough to tell trials apart, and a label that can be read.
            Self::Range(key, low, high) => {
                let value = (low.ln() + unit * (high / low).ln()).exp();
                let digits = (3 - value.log10().floor() as i32).max(0) as usize;
                format!("{key}={value:.digits$}")
            }
        }
    }
}

/// Every combination in order, or `trials` different ones drawn from `seed`.
fn draw(axes: &[Axis], trials: Option<u32>, seed: u64) -> Result<Vec<Vec<String>>> {
    let ranges = axes.iter().any(|axis| matches!(axis, Axis::Range(..)));
    if axes.is_empty() || (ranges && trials.is_none()) {
        let summary = if ranges { "a range has no end of values" } else { "there is nothing to sweep over" };
        return Err(
            Error::usage(summary).hint("Say how many trials to draw with --trials, and name settings with --sweep.")
        );
    }
    let mut grid: Vec<Vec<String>> = vec![Vec::new()];
    for axis in axes {
        if let Axis::Values(key, values) = axis {
            let longer = |flags: &Vec<String>, value: &String| {
                flags.iter().cloned().chain([format!("{key}={value}")]).collect::<Vec<_>>()
            };
            grid = grid.iter().flat_map(|flags| values.iter().map(move |value| longer(flags, value))).collect();
            if grid.len() > 100 * MOST {
                break;
            }
        }
    }
    let wanted = trials.map_or(grid.len(), |trials| trials as usize);
    if wanted == 0 || wanted > MOST {
        return Err(
            Error::usage(format!("a sweep has 1 to {MOST} trials, not {wanted}")).hint("Draw some with --trials.")
        );
    }
    if !ranges && wanted >= grid.len() {
        return Ok(grid);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn: Vec<Vec<String>> = Vec::new();
    for _ in 0..100 * wanted {
        let flags: Vec<String> = axes.iter().map(|axis| axis.draw(&mut rng)).collect();
        if !drawn.contains(&flags) {
            drawn.push(flags);
        }
        if drawn.len() == wanted {
            break;
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(axes: &[&str], trials: Option<u32>) -> Result<Vec<(String, TrainConfig)>> {
        let axes = axes.iter().map(|text| (*text).to_owned()).collect();
        configs(&Config::default(), &SeriesPlan::Sweep { axes, trials })
    }

    #[test]
    fn a_grid_holds_every_combination_and_draws_differ_and_repeat() {
        let grid = sweep(&["learning_rate=0.001,0.002", "train.loss=huber,mae,mse"], None).expect("sound");
        assert_eq!(grid.len(), 6);
        assert_eq!(grid[1].0, "learning_rate=0.001 loss=mae");
        assert_eq!(grid[5].1.learning_rate, 0.002);
        let drawn = |trials| sweep(&["learning_rate=0.0005..0.005", "batch_size=8,16"], Some(trials)).expect("sound");
        let labels: Vec<String> = drawn(12).into_iter().map(|(label, _)| label).collect();
        let again: Vec<String> = drawn(12).into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, again);
        assert!((0..12).all(|i| !labels[..i].contains(&labels[i])), "{labels:?}");
        assert!(drawn(12).iter().all(|(_, config)| (0.0005..=0.005).contains(&config.learning_rate)));
        assert!(drawn(12).iter().any(|(_, config)| config.learning_rate < 0.0015), "the logarithm is even");
    }

    #[test]
    fn seeds_and_folds_differ_in_nothing_else() {
        let seeds = configs(&Config::default(), &SeriesPlan::Seeds(3)).expect("sound");
        assert_eq!(seeds.iter().map(|(_, config)| config.seed).collect::<Vec<_>>(), [1, 2, 3]);
        let folds = configs(&Config::default(), &SeriesPlan::Folds(4)).expect("sound");
        assert_eq!(
            folds.iter().map(|(_, config)| (config.folds, config.fold)).collect::<Vec<_>>(),
            [(4, 0), (4, 1), (4, 2), (4, 3)]
        );
    }

    #[test]
    fn plans_without_sense_are_refused() {
        assert!(configs(&Config::default(), &SeriesPlan::Seeds(1)).is_err());
        for (axes, trials, words) in [
            (vec![], None, "nothing to sweep"),
            (vec!["learning_rate"], None, "no setting with values"),
            (vec!["learning_rate=0.1..0.01"], Some(3), "no setting with values"),
            (vec!["learning_rate=0.1,,0.2"], None, "no setting with values"),
            (vec!["learning_rate=0.001..0.1"], None, "no end"),
            (vec!["learning_rat=0.1"], None, "learning_rat"),
            (vec!["learning_rate=0.1"], Some(1000), "1 to 200 trials"),
        ] {
            let error = sweep(&axes, trials).expect_err(words);
            assert!(error.chain().contains(words), "{words}: {error:#}");
        }
    }

    #[test]
    fn means_and_spreads_are_those_of_the_trials() {
        let trial = |srcc: f64| {
            let metrics = json!({"test_srcc": srcc, "test_srcc_low": 0.1, "best_epoch": 3, "validation_srcc": srcc});
            let Value::Object(metrics) = metrics else { panic!("an object") };
            Trial { label: String::new(), run: None, metrics, error: None, model: None }
        };
        let trials = [trial(0.6), trial(0.8), trial(0.7)];
        let metrics = conclude(&SeriesPlan::Seeds(3), &trials);
        let number = |name: &str| metrics[name].as_f64().expect("number");
        assert!((number("test_srcc") - 0.7).abs() < 1e-12 && (number("test_srcc_sd") - 0.1).abs() < 1e-12);
        assert!(!metrics.contains_key("test_srcc_low") && !metrics.contains_key("best_epoch"));
        let sweep = conclude(&SeriesPlan::Sweep { axes: Vec::new(), trials: None }, &trials);
        assert_eq!(sweep["test_srcc"], 0.8);
    }
}
