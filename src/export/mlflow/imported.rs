//! The pure mapping from what an MLflow server holds of a run to a run of the history, the way back of [`super::plan`].

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keys;
use super::plan::{Metric, TimedPoint, UUID_TAG};
use crate::domain::{MetricPoint, Run, RunId, RunMeta, RunOrigin, RunStatus};
use crate::imaging::sha256_hex;

/// Tags of exported runs that are no results.
const KNOWN_TAGS: [&str; 8] =
    ["run_id", "run_uuid", "project", "code_version", "device", "dataset_digest", "starred", "error"];

/// The curves of a run on a server, by name.
pub type Curves = BTreeMap<String, Vec<Metric>>;

/// A run as a server's search gives it.
#[derive(Debug, Clone)]
pub struct RemoteRun {
    value: Value,
    /// Its experiment's name.
    pub(super) experiment: String,
}

/// A run of a server in the history's terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The run, with its origin.
    pub run: Run,
    /// Its curves.
    pub points: Vec<TimedPoint>,
    /// Points that the history cannot hold: not finite, before step 0, or a step's earlier ones.
    pub left_out: usize,
}

impl RemoteRun {
    /// A run out of an answer; none when it has no id.
    pub(super) fn new(value: Value, experiment: &str) -> Option<Self> {
        let run = Self { value, experiment: experiment.to_owned() };
        (!run.id().is_empty()).then_some(run)
    }

    /// Its id on the server.
    pub fn id(&self) -> &str {
        self.value["info"]["run_id"].as_str().unwrap_or_default()
    }

    /// Its name, or else its id.
    pub fn name(&self) -> &str {
        let name = self.value["info"]["run_name"].as_str().filter(|name| !name.is_empty());
        name.or_else(|| self.tag("mlflow.runName")).unwrap_or_else(|| self.id())
    }

    /// When it started, milliseconds since 1970.
    pub fn started_ms(&self) -> i64 {
        integer(&self.value["info"]["start_time"]).unwrap_or(0)
    }

    /// What Packshot found it again by when it exported it; none for a run of another program.
    pub fn uuid(&self) -> Option<&str> {
        self.tag(UUID_TAG)
    }

    /// A digest over everything that the search gave: a run with the same one has not changed, unless points were added
    /// before its last ones.
    pub fn digest(&self) -> String {
        sha256_hex(self.value.to_string().as_bytes())
    }

    /// The names of its metrics.
    pub(super) fn metric_keys(&self) -> impl Iterator<Item = &str> {
        let metrics = self.value["data"]["metrics"].as_array().into_iter().flatten();
        metrics.filter_map(|metric| metric["key"].as_str())
    }

    fn pairs(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.value["data"][kind].as_array().into_iter().flatten();
        entries.filter_map(|entry| Some((entry["key"].as_str()?, entry["value"].as_str()?)))
    }

    fn tag(&self, name: &str) -> Option<&str> {
        self.pairs("tags").find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    fn status(&self) -> RunStatus {
        match self.value["info"]["status"].as_str() {
            Some("FINISHED") => RunStatus::Completed,
            Some("FAILED") => RunStatus::Failed,
            Some("KILLED") => RunStatus::Cancelled,
            _ => RunStatus::Running,
        }
    }

    /// What the history keeps of it, under an id of its own.
    pub fn imported(&self, id: RunId, server: &str, curves: &Curves) -> Imported {
        let status = self.status();
        let ended = integer(&self.value["info"]["end_time"]).filter(|_| status != RunStatus::Running);
        let text = |name: &str| self.tag(name).unwrap_or_default().to_owned();
        let (summary, points, left_out) = self.numbers(curves, ended);
        let last = points.iter().map(|point| point.at_ms).max();
        let dataset = self.value["inputs"]["dataset_inputs"][0]["dataset"]["digest"].as_str().unwrap_or_default();
        let seed = self.pairs("params").find(|pair| pair.0 == "seed").and_then(|pair| pair.1.parse().ok());
        let run = Run {
            id,
            status,
            config_toml: self.settings(),
            seed: seed.unwrap_or(0),
            code_version: text("packshot.code_version"),
            device: text("packshot.device"),
            dataset_digest: self.tag("packshot.dataset_digest").unwrap_or(dataset).to_owned(),
            started_ms: self.started_ms(),
            heartbeat_ms: ended.or(last).unwrap_or_else(|| self.started_ms()),
            finished_ms: ended,
            summary,
            error: self.tag("packshot.error").map(str::to_owned),
            meta: RunMeta { name: self.name().to_owned(), note: text("mlflow.note.content"), ..RunMeta::default() },
            origin: Some(RunOrigin {
                server: server.to_owned(),
                experiment: self.experiment.clone(),
                run: self.id().to_owned(),
            }),
        };
        Imported { run, points, left_out }
    }

    /// Parameters as settings: those of a Packshot as it had them, those of other programs below `params`, with their own
    /// tags below `tags`.
    fn settings(&self) -> String {
        let mut table = toml::Table::new();
        if self.uuid().is_some() {
            let params: BTreeMap<&str, &str> = self.pairs("params").collect();
            let twice = params.contains_key("train.seed");
            for (key, value) in params.into_iter().filter(|pair| !(twice && pair.0 == "seed")) {
                match key.split_once('.') {
                    Some((section, key)) => drop(section_of(&mut table, section).insert(key.to_owned(), typed(value))),
                    None => drop(table.insert(key.to_owned(), typed(value))),
                }
            }
        } else {
            let own = |pair: &(&str, &str)| !pair.0.starts_with("mlflow.");
            for (section, pairs) in [("params", "params"), ("tags", "tags")] {
                for (key, value) in self.pairs(pairs).filter(own) {
                    section_of(&mut table, section).insert(key.to_owned(), value.into());
                }
            }
        }
        toml::to_string_pretty(&table).unwrap_or_default()
    }

    /// Results, points, and how many points were left out. Of an exported run the final numbers are told from the curves;
    /// of others each metric's last value is its result, and what has several points is a curve, too.
    fn numbers(&self, curves: &Curves, ended: Option<i64>) -> (Map<String, Value>, Vec<TimedPoint>, usize) {
        let (mut summary, mut points, mut left_out) = (Map::new(), Vec::new(), 0);
        let is_ours = self.uuid().is_some();
        for (name, history) in curves {
            let kept = curve(name, history);
            left_out += history.len() - kept.len();
            let Some(newest) = kept.last() else { continue };
            let is_final = is_ours && kept.len() == 1 && Some(newest.at_ms) == ended;
            if is_final || !is_ours {
                let base = name.strip_prefix("best_").filter(|base| is_ours && curves.contains_key(*base));
                summary.insert(base.unwrap_or(name).to_owned(), newest.point.value.into());
            }
            if !is_final && (is_ours || kept.len() > 1) {
                points.extend(kept);
            }
        }
        if is_ours {
            let texts = self.pairs("tags").filter_map(|(key, value)| Some((key.strip_prefix("packshot.")?, value)));
            let texts = texts.filter(|(key, _)| {
                !KNOWN_TAGS.contains(key) && !key.starts_with("export_") && !key.starts_with("photos.")
            });
            summary.extend(texts.map(|(key, value)| (key.to_owned(), value.into())));
        }
        (summary, points, left_out)
    }
}

/// The points of a curve that the history can hold, by step: the newest of each step. Where every point has the same step,
/// nobody counted: they are numbered in the order of their times.
fn curve(name: &str, history: &[Metric]) -> Vec<TimedPoint> {
    let mut sorted: Vec<&Metric> = history.iter().collect();
    sorted.sort_by_key(|metric| metric.timestamp);
    let uncounted = sorted.windows(2).all(|pair| pair[0].step == pair[1].step) && sorted.len() > 1;
    let mut by_step = BTreeMap::new();
    for (index, metric) in sorted.into_iter().enumerate() {
        let step = if uncounted { Some(index as u64) } else { u64::try_from(metric.step).ok() };
        let value = keys::read_number(&metric.value).filter(|value| value.is_finite());
        if let (Some(step), Some(value)) = (step, value) {
            let point = MetricPoint { name: name.to_owned(), step, value };
            by_step.insert(step, TimedPoint { point, at_ms: metric.timestamp });
        }
    }
    by_step.into_values().collect()
}

/// The table of a name; a value that stands in its place gives way.
fn section_of<'a>(table: &'a mut toml::Table, name: &str) -> &'a mut toml::Table {
    let entry = table.entry(name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if !entry.is_table() {
        *entry = toml::Value::Table(toml::Table::new());
    }
    match entry {
        toml::Value::Table(table) => table,
        _ => unreachable!("it was made a table"),
    }
}

/// A setting's value out of its text.
fn typed(text: &str) -> toml::Value {
    let table = format!("value = {text}").parse::<toml::Table>().ok();
    let value = table.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    value.filter(|value| !value.is_datetime()).unwrap_or_else(|| text.into())
}

/// A whole number, which some servers write as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::plan::plan_run;
    use super::super::plan::tests::{facts, point, run};
    use super::*;

    fn curves(metrics: &[Metric]) -> Curves {
        let mut curves = Curves::new();
        for metric in metrics {
            curves.entry(metric.key.clone()).or_default().push(metric.clone());
        }
        curves
    }

    fn remote(status: &str, params: &Value, tags: &Value, end: i64) -> RemoteRun {
        let info =
            json!({"run_id": "0f1e", "run_name": "far", "status": status, "start_time": "1000", "end_time": end});
        RemoteRun::new(json!({"info": info, "data": {"params": params, "tags": tags}}), "shop").expect("an id")
    }

    fn entries(pairs: &[(String, String)]) -> Value {
        pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    }

    #[test]
    fn an_exported_run_comes_back_as_it_was() {
        let run = run();
        let points = [
            point("train_loss", 5, 0.5, 1500),
            point("validation_srcc", 10, 0.5, 2000),
            point("validation_srcc", 20, 0.7, 3000),
        ];
        let plan = plan_run(&facts(&run, &points));
        let remote = remote(&plan.status, &entries(&plan.params), &entries(&plan.tags), 9000);
        let back = remote.imported(RunId("new".to_owned()), "http://h", &curves(&plan.metrics));
        assert_eq!((back.points.as_slice(), back.left_out), (points.as_slice(), 0));
        assert_eq!(back.run.summary, run.summary);
        assert_eq!((back.run.status, back.run.finished_ms), (run.status, run.finished_ms));
        assert_eq!((&back.run.device, &back.run.dataset_digest), (&run.device, &run.dataset_digest));
        let table = |text: &str| text.parse::<toml::Table>().expect("TOML");
        assert_eq!(table(&back.run.config_toml)["train"], table(&run.config_toml)["train"]);
        assert_eq!((back.run.seed, remote.uuid()), (7, Some(plan.uuid.as_str())));
        assert_eq!(back.run.origin.expect("an origin").run, "0f1e");
    }

    #[test]
    fn a_run_of_another_program_keeps_its_names() {
        let metric = |key: &str, value: Value, timestamp, step| Metric { key: key.to_owned(), value, timestamp, step };
        let metrics = [
            metric("val/acc", json!(0.6), 20, 2),
            metric("val/acc", json!(0.5), 10, 1),
            metric("val/acc", json!("NaN"), 30, 3),
            metric("val/acc", json!(0.4), 5, -1),
            metric("auc", json!(0.9), 40, 0),
            metric("loss", json!(2), 11, 0),
            metric("loss", json!(1), 12, 0),
            metric("wild", json!("Infinity"), 12, 0),
        ];
        let params = json!([{"key": "lr", "value": "1e-3"}, {"key": "train.depth", "value": "4"}]);
        let tags = json!([{"key": "team", "value": "a"}, {"key": "mlflow.user", "value": "b"}]);
        let remote = remote("RUNNING", &params, &tags, 99);
        let back = remote.imported(RunId("new".to_owned()), "http://h", &curves(&metrics));
        let point = |name: &str, step, value, at_ms| point(name, step, value, at_ms);
        let expected = [
            point("loss", 0, 2.0, 11),
            point("loss", 1, 1.0, 12),
            point("val/acc", 1, 0.5, 10),
            point("val/acc", 2, 0.6, 20),
        ];
        assert_eq!((back.points.as_slice(), back.left_out), (expected.as_slice(), 3));
        assert_eq!(Value::Object(back.run.summary), json!({"auc": 0.9, "loss": 1.0, "val/acc": 0.6}));
        assert_eq!((back.run.status, back.run.finished_ms), (RunStatus::Running, None));
        let settings = back.run.config_toml.parse::<toml::Table>().expect("TOML");
        assert_eq!(settings["params"]["train.depth"].as_str(), Some("4"));
        assert_eq!((settings["params"]["lr"].as_str(), settings["tags"]["team"].as_str()), (Some("1e-3"), Some("a")));
        assert!(settings["tags"].get("mlflow.user").is_none());
    }

    #[test]
    fn settings_have_their_types_again() {
        assert_eq!(typed("3"), toml::Value::Integer(3));
        assert_eq!(typed("cnn-s"), "cnn-s".into());
        assert_eq!(typed(""), "".into());
        assert_eq!(typed("1\nother = 2"), "1\nother = 2".into());
        assert_eq!(typed("2026-01-01"), "2026-01-01".into());
        assert!(typed("{ huber = 1.0 }").is_table());
    }
}
