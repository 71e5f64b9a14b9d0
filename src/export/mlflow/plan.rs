//! The pure mapping from a run to what MLflow is to hold of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::keys::{self, LONGEST_PARAM, LONGEST_TAG};
use crate::domain::{MetricPoint, Run, RunStatus};

/// Layout of plans in bundles.
pub(super) const FORMAT: u32 = 1;

/// The tag by which a run is found again.
pub(super) const UUID_TAG: &str = "packshot.run_uuid";

/// The tag that says whether everything is there.
pub(super) const STATE_TAG: &str = "packshot.export_state";

/// The tag that says what was sent: nothing is sent again while it is the same.
pub(super) const DIGEST_TAG: &str = "packshot.export_digest";

/// Longest digest of a dataset.
const DATASET_DIGEST: usize = 36;

/// A point of a curve, and when it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedPoint {
    /// The point.
    pub point: MetricPoint,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// What is known of a run.
pub struct RunFacts<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its curves.
    pub points: &'a [TimedPoint],
    /// Photos in train, validation and test.
    pub photos: [u64; 3],
    /// The experiment it goes into.
    pub experiment: &'a str,
    /// Who exports it.
    pub user: &'a str,
    /// The project's name.
    pub project: &'a str,
}

/// A number of a run at a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name.
    pub key: String,
    /// A number, or the text that stands for one that is not finite.
    #[serde(with = "keys::exact")]
    pub value: Value,
    /// When it was measured, milliseconds since 1970.
    pub timestamp: i64,
    /// Optimiser steps taken.
    pub step: i64,
}

/// The photos a run learnt from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// Name.
    pub name: String,
    /// The start of the SHA-256 over image hashes, labels and split.
    pub digest: String,
    /// Where it lies, as JSON text.
    pub source: String,
    /// Its columns, as JSON text.
    pub schema: String,
    /// Its sizes, as JSON text.
    pub profile: String,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Path below the run's or the model's artifacts, with forward slashes.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Its content; in a bundle a file of its own.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl PlannedFile {
    /// A file with its hash.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self { path: path.into(), sha256: hex(&bytes), bytes }
    }
}

/// A model to send, and the name it is registered under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// The model's id in Packshot.
    pub id: String,
    /// Name of the registered model.
    pub registered: String,
    /// The alias that shall point to it.
    pub alias: Option<String>,
    /// Parameters.
    pub params: Vec<(String, String)>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Its files; `MLmodel`, the last one, holds `{{…}}` where the server's ids belong.
    pub files: Vec<PlannedFile>,
}

/// Everything that MLflow is to hold of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Version of this layout.
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// What the run is found again by.
    pub uuid: String,
    /// What the run of the series that it belongs to is found by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Name of the run.
    pub name: String,
    /// Who exports it.
    pub user: String,
    /// MLflow's word for where it stands.
    pub status: String,
    /// When it started, milliseconds since 1970.
    pub start_ms: i64,
    /// When it ended, milliseconds since 1970.
    pub end_ms: Option<i64>,
    /// Parameters, by name.
    pub params: Vec<(String, String)>,
    /// Tags, by name.
    pub tags: Vec<(String, String)>,
    /// Every point of every curve, and the final numbers.
    pub metrics: Vec<Metric>,
    /// The photos it learnt from.
    pub dataset: DatasetPlan,
    /// Its files.
    pub files: Vec<PlannedFile>,
    /// Its model.
    pub model: Option<ModelPlan>,
}

impl RunPlan {
    /// A digest over everything but the alias, which moves from run to run: two plans with the same one leave the same on the
    /// server.
    pub fn digest(&self) -> String {
        let mut plan = serde_json::to_value(self).unwrap_or_default();
        if let Some(model) = plan["model"].as_object_mut() {
            model.remove("alias");
        }
        hex(plan.to_string().as_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a run is found again by: its id, and a part of its dataset's digest, because ids repeat between projects.
pub fn run_uuid(run: &Run) -> String {
    format!("{}.{}", run.id, run.dataset_digest.chars().take(8).collect::<String>())
}

/// What MLflow is to hold of a run, but for its series, its files and its model.
pub fn plan_run(facts: &RunFacts<'_>) -> RunPlan {
    let run = facts.run;
    RunPlan {
        format: FORMAT,
        experiment: facts.experiment.to_owned(),
        uuid: run_uuid(run),
        parent: None,
        name: run.meta.name.clone(),
        user: facts.user.to_owned(),
        status: status(run.status).to_owned(),
        start_ms: run.started_ms,
        end_ms: run.finished_ms,
        params: params(facts),
        tags: tags(facts),
        metrics: metrics(facts),
        dataset: dataset(facts),
        files: Vec::new(),
        model: None,
    }
}

fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "RUNNING",
        RunStatus::Completed => "FINISHED",
        RunStatus::Failed => "FAILED",
        RunStatus::Cancelled | RunStatus::Interrupted => "KILLED",
    }
}

/// What was chosen before the run began: it never changes, and MLflow refuses parameters that do.
fn params(facts: &RunFacts<'_>) -> Vec<(String, String)> {
    let mut flat = BTreeMap::new();
    let config = facts.run.config_toml.parse::<toml::Table>().unwrap_or_default();
    flatten("", &toml::Value::Table(config), &mut flat);
    flat.insert("seed".to_owned(), facts.run.seed.to_string());
    let pairs = keys::unique(flat);
    pairs.into_iter().map(|(key, value)| (key, keys::cut(&value, LONGEST_PARAM))).collect()
}

/// Settings by dotted name; a sum of losses stays one value.
fn flatten(name: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) if name.is_empty() || !name.contains('.') => {
            for (key, value) in table {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, into);
            }
        }
        toml::Value::String(text) => drop(into.insert(name.to_owned(), text.clone())),
        other => drop(into.insert(name.to_owned(), other.to_string())),
    }
}

fn tags(facts: &RunFacts<'_>) -> Vec<(String, String)> {
    let run = facts.run;
    let mut tags = vec![
        ("mlflow.user", facts.user.to_owned()),
        ("mlflow.source.name", "packshot".to_owned()),
        ("mlflow.source.type", "LOCAL".to_owned()),
        ("mlflow.runName", run.meta.name.clone()),
        (UUID_TAG, run_uuid(run)),
        ("packshot.run_id", run.id.0.clone()),
        ("packshot.project", facts.project.to_owned()),
        ("packshot.code_version", run.code_version.clone()),
        ("packshot.device", run.device.clone()),
        ("packshot.dataset_digest", run.dataset_digest.clone()),
        ("packshot.starred", run.meta.starred.to_string()),
        ("packshot.photos.train", facts.photos[0].to_string()),
        ("packshot.photos.validation", facts.photos[1].to_string()),
        ("packshot.photos.test", facts.photos[2].to_string()),
    ];
    if !run.meta.note.is_empty() {
        tags.push(("mlflow.note.content", run.meta.note.clone()));
    }
    if !run.meta.tags.is_empty() {
        tags.push(("packshot.tags", run.meta.tags.join(", ")));
    }
    if let Some(error) = &run.error {
        tags.push(("packshot.error", error.clone()));
    }
    let texts =
        run.summary.iter().filter_map(|(name, value)| Some((format!("packshot.{name}"), value.as_str()?.to_owned())));
    let all = tags.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(texts);
    keys::unique(all).into_iter().map(|(key, value)| (key, keys::cut(&value, LONGEST_TAG))).collect()
}

/// Curves under their own names; final numbers of a run that ended, too, where no curve has the name. A run that may go on
/// has none yet: they would become a second point of the same number.
fn metrics(facts: &RunFacts<'_>) -> Vec<Metric> {
    let metric = |name: &str, value: f64, timestamp: i64, step: u64| Metric {
        key: keys::key(name),
        value: keys::number(value),
        timestamp,
        step: i64::try_from(step).unwrap_or(i64::MAX),
    };
    let mut metrics: Vec<Metric> = facts
        .points
        .iter()
        .map(|timed| metric(&timed.point.name, timed.point.value, timed.at_ms, timed.point.step))
        .collect();
    let last = facts.points.iter().map(|timed| timed.point.step).max().unwrap_or(0);
    let ended = facts.run.finished_ms.unwrap_or(facts.run.heartbeat_ms);
    let is_final = facts.run.status == RunStatus::Completed;
    for (name, value) in facts.run.summary.iter().filter(|_| is_final) {
        let Some(value) = value.as_f64() else { continue };
        let is_curve = facts.points.iter().any(|timed| timed.point.name == *name);
        let name = if is_curve { format!("best_{name}") } else { name.clone() };
        metrics.push(metric(&name, value, ended, last));
    }
    metrics
}

fn dataset(facts: &RunFacts<'_>) -> DatasetPlan {
    let [train, validation, test] = facts.photos;
    let column = |name: &str, kind: &str| json!({"type": kind, "name": name, "required": true});
    DatasetPlan {
        name: facts.project.to_owned(),
        digest: facts.run.dataset_digest.chars().take(DATASET_DIGEST).collect(),
        source: json!({"project": facts.project, "sha256": facts.run.dataset_digest}).to_string(),
        schema: json!({"mlflow_colspec": [column("content_sha256", "string"), column("label", "double"), column("split", "string")]})
            .to_string(),
        profile: json!({"photos": train + validation + test, "train": train, "validation": validation, "test": test})
            .to_string(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{RunId, RunMeta};

    pub(in super::super) fn run() -> Run {
        let summary = json!({"test_srcc": 0.8, "validation_srcc": 0.7, "verdict": "better"});
        Run {
            id: RunId("20261123-174501-3f9a".to_owned()),
            status: RunStatus::Completed,
            config_toml:
                "version = 1\n[train]\nepochs = 3\nloss = { huber = 1.0, rank = 0.5 }\narchitecture = \"cnn-s\"\n"
                    .to_owned(),
            seed: 7,
            code_version: "0.1.0".to_owned(),
            device: "CPU".to_owned(),
            dataset_digest: "d".repeat(64),
            started_ms: 1000,
            heartbeat_ms: 8000,
            finished_ms: Some(9000),
            summary: summary.as_object().expect("an object").clone(),
            error: None,
            meta: RunMeta { name: "first".to_owned(), note: "n".repeat(9000), ..RunMeta::default() },
            origin: None,
        }
    }

    pub(in super::super) fn facts<'a>(run: &'a Run, points: &'a [TimedPoint]) -> RunFacts<'a> {
        RunFacts { run, points, photos: [30, 6, 7], experiment: "packshot/shop", user: "ana", project: "shop" }
    }

    pub(in super::super) fn point(name: &str, step: u64, value: f64, at_ms: i64) -> TimedPoint {
        TimedPoint { point: MetricPoint { name: name.to_owned(), step, value }, at_ms }
    }

    #[test]
    fn a_run_maps_to_what_mlflow_holds() {
        let run = run();
        let points = [point("validation_srcc", 10, 0.5, 2000), point("train_loss", 10, f64::NAN, 2000)];
        let plan = plan_run(&facts(&run, &points));
        assert_eq!((plan.status.as_str(), plan.start_ms, plan.end_ms), ("FINISHED", 1000, Some(9000)));
        assert_eq!(plan.uuid, "20261123-174501-3f9a.dddddddd");
        let param = |key: &str| plan.params.iter().find(|pair| pair.0 == key).map(|pair| pair.1.as_str());
        assert_eq!(
            (param("train.epochs"), param("train.architecture"), param("seed")),
            (Some("3"), Some("cnn-s"), Some("7"))
        );
        assert!(param("train.loss").expect("one value").contains("huber"));
        let metric = |key: &str| plan.metrics.iter().filter(|metric| metric.key == key).cloned().collect::<Vec<_>>();
        let curve = Metric { key: "validation_srcc".to_owned(), value: json!(0.5), timestamp: 2000, step: 10 };
        assert_eq!(metric("validation_srcc"), [curve], "the best value must not become a point of the curve");
        assert_eq!(metric("best_validation_srcc")[0].value, json!(0.7));
        assert_eq!((metric("test_srcc")[0].timestamp, metric("test_srcc")[0].step), (9000, 10));
        assert_eq!(metric("train_loss")[0].value, json!("NaN"));
        let tag = |key: &str| plan.tags.iter().find(|pair| pair.0 == key).map(|pair| pair.1.clone());
        assert_eq!(tag("mlflow.note.content").expect("a note").chars().count(), LONGEST_TAG);
        assert_eq!(tag("packshot.verdict").as_deref(), Some("better"));
        assert!(plan.dataset.digest.len() <= DATASET_DIGEST);
    }

    #[test]
    fn a_run_that_may_go_on_has_no_final_numbers_yet() {
        let points = [point("validation_srcc", 10, 0.5, 2000)];
        for status in [RunStatus::Failed, RunStatus::Cancelled, RunStatus::Interrupted] {
            let run = Run { status, ..run() };
            let metrics = plan_run(&facts(&run, &points)).metrics;
            assert_eq!(metrics.len(), 1, "the curve alone: {metrics:?}");
        }
    }

    #[test]
    fn the_digest_follows_everything_that_is_sent() {
        let run = run();
        let plan = plan_run(&facts(&run, &[]));
        assert_eq!(plan.digest(), plan.clone().digest());
        let mut other = plan.clone();
        other.files.push(PlannedFile::new("config.toml", "a"));
        let third = RunPlan { files: vec![PlannedFile::new("config.toml", "b")], ..plan.clone() };
        assert!(plan.digest() != other.digest() && other.digest() != third.digest());
        assert_eq!(
            [RunStatus::Running, RunStatus::Failed, RunStatus::Interrupted].map(status),
            ["RUNNING", "FAILED", "KILLED"]
        );
    }
}
