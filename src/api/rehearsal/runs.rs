//! A long history to measure with: runs with settings, results and curves, some of them in series.

use std::path::Path;

use serde_json::{Map, json};

use super::{begun, finished, scattered, share};
use crate::api::Project;
use crate::config::TrainConfig;
use crate::domain::{MetricPoint, Run, RunId, RunMeta, RunStatus};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::store::Store;

/// The curves of a run; its points are spread over them evenly.
const CURVES: [&str; 5] = ["train_loss", "validation_loss", "validation_srcc", "learning_rate", "images_per_second"];

/// Of so many runs, one has the next [`MEMBERS`] as its series.
const SERIES: usize = 20;
const MEMBERS: usize = 5;

/// How many runs a history has, and how many points each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistorySize {
    /// Runs.
    pub runs: usize,
    /// Points of the curves of each.
    pub points: usize,
}

/// Starts making a project with a history of that size in `root`; a finished one is left as it is.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn make_history(root: &Path, size: HistorySize, wake: Wake) -> Result<JobHandle<Project>> {
    let root = root.to_owned();
    jobs::spawn("packshot-rehearsal", wake, move |reporter| make(&root, size, reporter))
}

fn make(root: &Path, size: HistorySize, reporter: &Reporter<Project>) -> Result<Outcome<Project>> {
    let mark = format!("{} runs of {} points", size.runs, size.points);
    let (project, is_there) = begun(root, &mark)?;
    if is_there {
        return Ok(Outcome::Completed(project));
    }
    let mut store = project.store()?;
    for number in 0..size.runs {
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(project));
        }
        write_run(&mut store, number, size.points)?;
        if number % 100 == 0 {
            reporter.progress("Making up runs", number as u64, size.runs as u64, "");
        }
    }
    finished(root, &mark)?;
    Ok(Outcome::Completed(project))
}

fn id(number: usize) -> RunId {
    RunId(format!("20200101-{number:06}-made"))
}

fn write_run(store: &mut Store, number: usize, points: usize) -> Result<()> {
    let started_ms = 1_577_836_800_000 + number as i64 * 3_600_000;
    let run = Run {
        id: id(number),
        status: RunStatus::Running,
        config_toml: config(number)?,
        seed: number as u64,
        code_version: "rehearsal".to_owned(),
        device: ["CPU", "GPU"][number % 2].to_owned(),
        dataset_digest: crate::imaging::sha256_hex(format!("labels {}", number / 500).as_bytes()),
        started_ms,
        heartbeat_ms: started_ms,
        finished_ms: None,
        summary: Map::new(),
        error: None,
        meta: RunMeta { name: format!("run {number}"), ..RunMeta::default() },
        origin: None,
    };
    store.insert_run(&run)?;
    store.save_points(&run.id, &curves(number, points), started_ms)?;
    let best = 0.5 + 0.4 * share(number, 5);
    let mut summary = Map::new();
    summary.insert("epochs".to_owned(), json!(10 + scattered(number, 6) % 30));
    summary.insert("validation_srcc".to_owned(), json!(best));
    summary.insert("test_srcc".to_owned(), json!(best - 0.1 * share(number, 7)));
    summary.insert("test_mae".to_owned(), json!(20.0 - 12.0 * best));
    let ended_ms = started_ms + 60_000 + scattered(number, 8) as i64 % 3_000_000;
    store.finish_run(&run.id, RunStatus::Completed, &summary, None, ended_ms)
}

/// The configuration that a run of these settings would have recorded.
fn config(number: usize) -> Result<String> {
    let train = TrainConfig {
        epochs: 10 + number as u32 % 30,
        seed: number as u64,
        learning_rate: 10_f64.powf(-4.0 + 2.0 * share(number, 9)),
        ..TrainConfig::default()
    };
    let table = toml::Table::try_from(&train)
        .map_err(|error| Error::internal("could not record the configuration").caused_by(error))?;
    let mut all = toml::Table::from_iter([("train".to_owned(), toml::Value::Table(table))]);
    if (1..=MEMBERS).contains(&(number % SERIES)) {
        all.insert("series".to_owned(), id(number - number % SERIES).0.into());
    }
    Ok(all.to_string())
}

/// Curves that fall or rise and tremble.
fn curves(number: usize, points: usize) -> Vec<MetricPoint> {
    let each = points.div_ceil(CURVES.len());
    let all = CURVES.iter().flat_map(|name| (0..each).map(move |place| (*name, place)));
    all.take(points)
        .map(|(name, place)| {
            let trained = place as f64 / each as f64;
            let tremble = 0.05 * share(number * each + place, 11);
            let value = match name {
                "validation_srcc" => 0.9 * (1.0 - (-4.0 * trained).exp()) + tremble,
                "images_per_second" => 40.0 + 100.0 * tremble,
                "learning_rate" => 1e-3 * (1.0 - trained) + 1e-6,
                _ => (-3.0 * trained).exp() + tremble,
            };
            MetricPoint { name: name.to_owned(), step: (place as u64 + 1) * 10, value }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{list_runs, run_view};

    #[test]
    fn a_history_has_runs_with_points_and_series() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = folder.path().join("long");
        let size = HistorySize { runs: 25, points: 52 };
        let make = |size| make_history(&root, size, std::sync::Arc::new(|| {})).expect("starts").join(|_| {});
        let Outcome::Completed(project) = make(size) else { panic!("made") };
        let runs = list_runs(&project, false).expect("reads");
        assert_eq!(runs.len(), 25);
        let members = runs.iter().filter(|run| run.settings().get("series").is_some_and(|head| *head == id(0).0));
        assert_eq!(members.count(), MEMBERS);
        let view = run_view(&project, &id(7)).expect("reads");
        assert_eq!((view.points.len(), view.run.status), (52, RunStatus::Completed));
        assert!(matches!(make(size), Outcome::Completed(_)));
        assert!(matches!(make(HistorySize { runs: 9, ..size }), Outcome::Failed(_)), "never into another project");
    }
}
