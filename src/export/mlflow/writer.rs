//! Sends a plan so that sending it again changes nothing: what is there is looked for before anything is made.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value, json};

use super::client::{Server, no_artifacts};
use super::plan::{DIGEST_TAG, Metric, ModelPlan, PlannedFile, RunPlan, STATE_TAG, UUID_TAG};
use super::reader::history;
use crate::error::{Code, Error, Result};

pub(super) const API: &str = "/api/2.0/mlflow";
const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// Most entries, parameters and tags of one request, and most bytes of it.
const MOST_ENTRIES: usize = 1000;
const MOST_PARAMS: usize = 100;
const MOST_TAGS: usize = 100;
const MOST_BYTES: usize = 800_000;

/// The tag that shows a run below another one.
const PARENT_TAG: &str = "mlflow.parentRunId";

/// The tag of logged models and versions that names the model.
const MODEL_TAG: &str = "packshot.model_id";

/// How sending ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// The run's id on the server.
    pub run_id: String,
    /// Its page.
    pub url: String,
    /// Everything was there already.
    pub unchanged: bool,
    /// Points sent now.
    pub points: usize,
    /// Files sent now.
    pub files: usize,
    /// Version of the registered model.
    pub version: Option<String>,
}

/// The points that a server holds, see [`mark`].
pub(super) type Marks = HashSet<(String, i64)>;

/// Where sending is; false asks it to stop.
pub type Step<'a> = &'a mut dyn FnMut(&str) -> bool;

/// A run on the server.
pub(super) struct Place {
    pub(super) run_id: String,
    /// Path of its artifacts behind the server's proxy.
    artifacts: String,
    experiment: String,
    /// What the server said of it.
    pub(super) known: Value,
    /// It was made just now: nothing is there yet.
    is_new: bool,
}

/// Sends a plan. A run that was sent before is completed, or left alone when nothing has changed.
///
/// # Errors
/// In words that say what to do. [`Code::Busy`] when the same command later goes on, [`Code::Cancelled`] when `step` said no.
pub fn send(server: &Server, plan: &RunPlan, step: Step<'_>) -> Result<Sent> {
    let mut sending = Sending::new(server, plan, step);
    sending.at("looking at the server")?;
    let experiment = sending.experiment()?;
    let found = sending.find(&experiment)?;
    if let Some(place) = &found
        && place.is_complete(&plan.digest())
    {
        sending.nest(place)?;
        let version = match &plan.model {
            Some(model) => sending.version(model, &place.run_id)?,
            None => None,
        };
        if let (Some(model), Some(version)) = (&plan.model, &version) {
            sending.point_alias(model, version)?;
        }
        return Ok(sending.sent(place, true, version));
    }
    let place = match found {
        Some(place) => place,
        None => sending.create(&experiment)?,
    };
    sending.nest(&place)?;
    sending.at("numbers")?;
    sending.numbers(&place)?;
    sending.dataset(&place)?;
    for file in &plan.files {
        sending.at(&file.path)?;
        sending.upload(&place.artifacts, file, &file.bytes)?;
    }
    let version = plan.model.as_ref().map(|model| sending.model(model, &place)).transpose()?;
    sending.at("finishing")?;
    sending.finish(&place)?;
    Ok(sending.sent(&place, false, version))
}

impl Place {
    fn tag(&self, key: &str) -> Option<&str> {
        let tags = self.known["data"]["tags"].as_array()?;
        tags.iter().find(|tag| tag["key"] == key).and_then(|tag| tag["value"].as_str())
    }

    fn is_complete(&self, digest: &str) -> bool {
        self.tag(STATE_TAG) == Some("complete") && self.tag(DIGEST_TAG) == Some(digest)
    }
}

pub(super) struct Sending<'a> {
    pub(super) server: &'a Server,
    pub(super) plan: &'a RunPlan,
    step: Step<'a>,
    pub(super) points: usize,
    files: usize,
}

impl<'a> Sending<'a> {
    pub(super) fn new(server: &'a Server, plan: &'a RunPlan, step: Step<'a>) -> Self {
        Self { server, plan, step, points: 0, files: 0 }
    }

    fn at(&mut self, what: &str) -> Result<()> {
        if (self.step)(what) { Ok(()) } else { Err(Error::new(Code::Cancelled, "stopped on request")) }
    }

    fn sent(&self, place: &Place, unchanged: bool, version: Option<String>) -> Sent {
        let url = format!("{}/#/experiments/{}/runs/{}", self.server.address(), place.experiment, place.run_id);
        Sent { run_id: place.run_id.clone(), url, unchanged, points: self.points, files: self.files, version }
    }

    /// The experiment's id; made, or brought back, when it is not there.
    pub(super) fn experiment(&self) -> Result<String> {
        let name = percent(&self.plan.experiment, false);
        let path = format!("{API}/experiments/get-by-name?experiment_name={name}");
        let answer = self.server.try_get(&path)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| surprise("experiments"));
        if answer.status == 404 && answer.error_code() == "RESOURCE_DOES_NOT_EXIST" {
            let body = json!({"name": self.plan.experiment, "tags": [{"key": "mlflow.note.content", "value": "Exported by Packshot."}]});
            let made = self.server.try_create(&format!("{API}/experiments/create"), &body)?;
            if made.status == 200 {
                return text(&made.json()["experiment_id"]);
            }
            if made.error_code() != "RESOURCE_ALREADY_EXISTS" {
                return Err(self.server.explain(&format!("{API}/experiments/create"), &made));
            }
            // Made by someone else meanwhile.
            return text(&self.server.get(&path)?["experiment"]["experiment_id"]);
        }
        if answer.status != 200 {
            return Err(self.server.explain(&path, &answer));
        }
        let experiment = answer.json()["experiment"].clone();
        let id = text(&experiment["experiment_id"])?;
        if experiment["lifecycle_stage"] == "deleted" {
            self.server.post(&format!("{API}/experiments/restore"), &json!({ "experiment_id": id }))?;
        }
        Ok(id)
    }

    pub(super) fn find(&self, experiment: &str) -> Result<Option<Place>> {
        let run = self.search(experiment, &self.plan.uuid)?;
        run.map(|run| self.place(experiment, &run, false)).transpose()
    }

    fn search(&self, experiment: &str, uuid: &str) -> Result<Option<Value>> {
        let filter = format!("tags.`{UUID_TAG}` = '{}'", uuid.replace('\'', ""));
        let body = json!({"experiment_ids": [experiment], "filter": filter, "max_results": 1});
        Ok(self.server.post(&format!("{API}/runs/search"), &body)?["runs"].get(0).cloned())
    }

    /// Shows the run below that of its series, where the server has that one.
    pub(super) fn nest(&self, place: &Place) -> Result<()> {
        let Some(parent) = &self.plan.parent else { return Ok(()) };
        let Some(found) = self.search(&place.experiment, parent)? else { return Ok(()) };
        let Some(id) = found["info"]["run_id"].as_str().filter(|id| place.tag(PARENT_TAG) != Some(id)) else {
            return Ok(());
        };
        let body = json!({"run_id": place.run_id, "key": PARENT_TAG, "value": id});
        self.server.post(&format!("{API}/runs/set-tag"), &body).map(drop)
    }

    fn place(&self, experiment: &str, run: &Value, is_new: bool) -> Result<Place> {
        let run_id = run["info"]["run_id"].as_str().ok_or_else(|| surprise("runs"))?.to_owned();
        let artifacts = self.behind_proxy(&run["info"]["artifact_uri"])?;
        Ok(Place { run_id, artifacts, experiment: experiment.to_owned(), known: run.clone(), is_new })
    }

    /// The path behind the server's proxy that an artifact URI stands for.
    fn behind_proxy(&self, uri: &Value) -> Result<String> {
        let rest = uri.as_str().and_then(|uri| uri.strip_prefix("mlflow-artifacts:"));
        let rest = rest.ok_or_else(|| no_artifacts(self.server.address()))?;
        let path = match rest.strip_prefix("//") {
            Some(with_host) => with_host.split_once('/').map_or("", |parts| parts.1),
            None => rest,
        };
        Ok(path.trim_matches('/').to_owned())
    }

    pub(super) fn create(&self, experiment: &str) -> Result<Place> {
        let plan = self.plan;
        let mut tags: Vec<Value> = plan.tags.iter().take(MOST_TAGS - 1).map(pair).collect();
        tags.push(json!({"key": STATE_TAG, "value": "partial"}));
        let body = json!({
            "experiment_id": experiment, "run_name": plan.name, "start_time": plan.start_ms, "user_id": plan.user,
            "tags": tags,
        });
        let made = self.server.create(&format!("{API}/runs/create"), &body)?;
        self.place(experiment, &made["run"], true)
    }

    /// Parameters, tags and the points that are not there yet.
    fn numbers(&mut self, place: &Place) -> Result<()> {
        let there = if place.is_new { Marks::new() } else { self.history(&place.run_id)? };
        self.numbers_beyond(place, &there)
    }

    /// Parameters, tags and the points that are not among those there.
    pub(super) fn numbers_beyond(&mut self, place: &Place, there: &Marks) -> Result<()> {
        let missing: Vec<&Metric> = self.plan.metrics.iter().filter(|metric| !there.contains(&mark(metric))).collect();
        let known: BTreeSet<&str> = place.known["data"]["params"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|param| param["key"].as_str())
            .collect();
        let params: Vec<Value> =
            self.plan.params.iter().filter(|param| !known.contains(param.0.as_str())).map(pair).collect();
        let changed = |tag: &&(String, String)| place.tag(&tag.0) != Some(&tag.1);
        let tags: Vec<Value> = self.plan.tags.iter().filter(changed).map(pair).collect();
        self.points += missing.len();
        let metrics: Vec<Value> = missing.into_iter().map(point).collect();
        for mut batch in batches(metrics, params, tags) {
            self.at("numbers")?;
            batch["run_id"] = json!(place.run_id);
            self.server.create(&format!("{API}/runs/log-batch"), &batch)?;
        }
        Ok(())
    }

    /// The points that are on the server.
    pub(super) fn history(&mut self, run_id: &str) -> Result<Marks> {
        let keys: BTreeSet<&str> = self.plan.metrics.iter().map(|metric| metric.key.as_str()).collect();
        let mut there = Marks::new();
        for key in keys {
            self.at("looking at what is there")?;
            there.extend(history(self.server, run_id, key)?.iter().map(mark));
        }
        Ok(there)
    }

    pub(super) fn dataset(&self, place: &Place) -> Result<()> {
        let dataset = &self.plan.dataset;
        let inputs = place.known["inputs"]["dataset_inputs"].as_array();
        if inputs.into_iter().flatten().any(|input| input["dataset"]["digest"] == dataset.digest.as_str()) {
            return Ok(());
        }
        let body = json!({"run_id": place.run_id, "datasets": [{
            "tags": [{"key": "mlflow.data.context", "value": "training"}],
            "dataset": {
                "name": dataset.name, "digest": dataset.digest, "source_type": "local",
                "source": dataset.source, "schema": dataset.schema, "profile": dataset.profile,
            },
        }]});
        self.server.post(&format!("{API}/runs/log-inputs"), &body).map(drop)
    }

    fn upload(&mut self, folder: &str, file: &PlannedFile, bytes: &[u8]) -> Result<()> {
        let path = format!("{ARTIFACTS}/{}/{}", percent(folder, true), percent(&file.path, true));
        self.server.put(&path, bytes)?;
        self.files += 1;
        Ok(())
    }

    /// Sends a model, links it to its run, registers it; gives the version.
    fn model(&mut self, model: &ModelPlan, place: &Place) -> Result<String> {
        self.at("model")?;
        let (id, uri, ready) = self.logged_model(model, place)?;
        if !ready {
            let folder = self.behind_proxy(&json!(uri))?;
            let size: usize = model.files.iter().map(|file| file.bytes.len()).sum();
            for file in &model.files {
                self.at(&file.path)?;
                if file.path == "MLmodel" {
                    let text = String::from_utf8_lossy(&file.bytes);
                    let text = text
                        .replace("{{ARTIFACT_URI}}", &uri)
                        .replace("{{MODEL_ID}}", &id)
                        .replace("{{RUN_ID}}", &place.run_id)
                        .replace("{{SIZE}}", &size.to_string());
                    self.upload(&folder, file, text.as_bytes())?;
                } else {
                    self.upload(&folder, file, &file.bytes)?;
                }
            }
            let body = json!({"model_id": id, "status": "LOGGED_MODEL_READY"});
            self.server.patch(&format!("{API}/logged-models/{id}"), &body)?;
        }
        let linked = place.known["outputs"]["model_outputs"].as_array();
        if !linked.into_iter().flatten().any(|output| output["model_id"] == id.as_str()) {
            let step = self.plan.metrics.iter().map(|metric| metric.step).max().unwrap_or(0);
            let body = json!({"run_id": place.run_id, "models": [{"model_id": id, "step": step}]});
            self.server.post(&format!("{API}/runs/outputs"), &body)?;
        }
        self.register(model, &place.run_id, &id)
    }

    /// The model's id, artifact URI, and whether its files are there; one that was begun is gone on with.
    fn logged_model(&self, model: &ModelPlan, place: &Place) -> Result<(String, String, bool)> {
        let filter = format!("source_run_id = '{}'", place.run_id);
        let body = json!({"experiment_ids": [place.experiment], "filter": filter, "max_results": 50});
        let found = self.server.post(&format!("{API}/logged-models/search"), &body)?;
        let is_ours = |found: &&Value| {
            let tags = found["info"]["tags"].as_array();
            tags.into_iter().flatten().any(|tag| tag["key"] == MODEL_TAG && tag["value"] == model.id.as_str())
        };
        let mut made = found["models"].as_array().into_iter().flatten().find(is_ours).cloned();
        if made.is_none() {
            let pairs = |pairs: &[(String, String)]| pairs.iter().map(pair).collect::<Vec<_>>();
            let body = json!({
                "experiment_id": place.experiment, "name": model.registered, "source_run_id": place.run_id,
                "model_type": "packshot", "params": pairs(&model.params), "tags": pairs(&model.tags),
            });
            made = Some(self.server.create(&format!("{API}/logged-models"), &body)?["model"].clone());
        }
        let info = made.map(|model| model["info"].clone()).unwrap_or_default();
        let text = |key: &str| info[key].as_str().map(str::to_owned).ok_or_else(|| surprise("logged models"));
        let ready = info["status"] == "LOGGED_MODEL_READY" || info["status"] == 2;
        Ok((text("model_id")?, text("artifact_uri")?, ready))
    }

    fn register(&mut self, model: &ModelPlan, run_id: &str, model_id: &str) -> Result<String> {
        self.at("registering the model")?;
        let path = format!("{API}/registered-models/create");
        let made = self.server.try_create(&path, &json!({ "name": model.registered }))?;
        if made.status != 200 && made.error_code() != "RESOURCE_ALREADY_EXISTS" {
            return Err(self.server.explain(&path, &made));
        }
        let version = match self.version(model, run_id)? {
            Some(version) => version,
            None => {
                let source = format!("models:/{model_id}");
                let tags: Vec<Value> = model.tags.iter().map(pair).collect();
                let body = json!({"name": model.registered, "source": source, "run_id": run_id, "model_id": model_id, "tags": tags});
                let made = self.server.create(&format!("{API}/model-versions/create"), &body)?;
                made["model_version"]["version"].as_str().ok_or_else(|| surprise("model versions"))?.to_owned()
            }
        };
        self.point_alias(model, &version)?;
        Ok(version)
    }

    /// Lets the alias point to a version, unless it does.
    fn point_alias(&self, model: &ModelPlan, version: &str) -> Result<()> {
        let Some(alias) = &model.alias else { return Ok(()) };
        let path = format!("{API}/registered-models/alias");
        let query = format!("name={}&alias={}", percent(&model.registered, false), percent(alias, false));
        let now = self.server.try_get(&format!("{path}?{query}"))?;
        if now.status == 200 && now.json()["model_version"]["version"] == version {
            return Ok(());
        }
        let body = json!({"name": model.registered, "alias": alias, "version": version});
        self.server.post(&path, &body).map(drop)
    }

    /// The version that was registered from a run and has this model's weights: a run that went on has others.
    fn version(&self, model: &ModelPlan, run_id: &str) -> Result<Option<String>> {
        let filter = format!("name = '{}' and run_id = '{run_id}'", model.registered.replace('\'', ""));
        let path = format!("{API}/model-versions/search?filter={}&max_results=200", percent(&filter, false));
        let found = self.server.get(&path)?;
        Ok(version_of(&found, &model.id))
    }

    fn finish(&self, place: &Place) -> Result<()> {
        let mut body = json!({"run_id": place.run_id, "status": self.plan.status, "run_name": self.plan.name});
        if let Some(end) = self.plan.end_ms {
            body["end_time"] = json!(end);
        }
        self.server.post(&format!("{API}/runs/update"), &body)?;
        for (key, value) in [(DIGEST_TAG, self.plan.digest().as_str()), (STATE_TAG, "complete")] {
            let body = json!({"run_id": place.run_id, "key": key, "value": value});
            self.server.post(&format!("{API}/runs/set-tag"), &body)?;
        }
        Ok(())
    }
}

fn version_of(found: &Value, model_id: &str) -> Option<String> {
    let is_ours = |version: &&Value| {
        let tags = version["tags"].as_array();
        tags.into_iter().flatten().any(|tag| tag["key"] == MODEL_TAG && tag["value"] == model_id)
    };
    let number = |version: &Value| version["version"].as_str()?.parse::<u64>().ok();
    let versions = found["model_versions"].as_array()?.iter().filter(is_ours);
    versions.filter_map(number).max().map(|number| number.to_string())
}

pub(super) fn surprise(what: &str) -> Error {
    Error::new(Code::Io, format!("the server's answer about {what} is not what MLflow 3 gives"))
        .hint("Is it an MLflow server, version 3 or newer?")
}

pub(super) fn pair(pair: &(String, String)) -> Value {
    json!({"key": pair.0, "value": pair.1})
}

/// A point as it is sent.
fn point(metric: &Metric) -> Value {
    json!({"key": metric.key, "value": metric.value, "timestamp": metric.timestamp, "step": metric.step})
}

/// What makes a point the same point: its curve and its step. One that was measured again after going on from a checkpoint
/// is not sent, because a server cannot replace its former self.
pub(super) fn mark(metric: &Metric) -> (String, i64) {
    (metric.key.clone(), metric.step)
}

/// Requests within the server's limits: metrics first, then tags and parameters.
fn batches(metrics: Vec<Value>, params: Vec<Value>, tags: Vec<Value>) -> Vec<Value> {
    let kinds = [("metrics", MOST_ENTRIES, metrics), ("tags", MOST_TAGS, tags), ("params", MOST_PARAMS, params)];
    let mut made: Vec<Value> = Vec::new();
    let (mut entries, mut bytes) = (MOST_ENTRIES, 0);
    for (kind, most, values) in kinds {
        for value in values {
            let length = value.to_string().len() + 1;
            let of_kind = made.last().and_then(|batch| batch[kind].as_array()).map_or(0, Vec::len);
            if entries == MOST_ENTRIES || of_kind == most || bytes + length > MOST_BYTES {
                made.push(json!({}));
                (entries, bytes) = (0, 0);
            }
            let Some(batch) = made.last_mut() else { continue };
            match batch[kind].as_array_mut() {
                Some(list) => list.push(value),
                None => batch[kind] = json!([value]),
            }
            entries += 1;
            bytes += length;
        }
    }
    made
}

/// Percent-encoding of everything but letters, digits and `-_.~`, and `/` where it parts folders.
pub(super) fn percent(text: &str, is_path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (is_path && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_within_the_servers_limits_and_lose_nothing() {
        let many = |prefix: &str, count: usize, length: usize| -> Vec<Value> {
            (0..count).map(|index| json!({"key": format!("{prefix}{index}"), "value": "x".repeat(length)})).collect()
        };
        let (metrics, params, tags) = (many("m", 2500, 5), many("p", 230, 6000), many("t", 120, 8000));
        let batches = batches(metrics.clone(), params.clone(), tags.clone());
        let mut found = [Vec::new(), Vec::new(), Vec::new()];
        for batch in &batches {
            let lists = ["metrics", "params", "tags"].map(|kind| batch[kind].as_array().cloned().unwrap_or_default());
            assert!(
                lists[1].len() <= 100 && lists[2].len() <= 100 && lists.iter().map(Vec::len).sum::<usize>() <= 1000
            );
            assert!(batch.to_string().len() < 1_000_000);
            lists.into_iter().zip(&mut found).for_each(|(list, found)| found.extend(list));
        }
        assert_eq!(found, [metrics, params, tags]);
        assert!(super::batches(Vec::new(), Vec::new(), Vec::new()).is_empty());
    }

    #[test]
    fn a_version_is_that_of_the_model_and_not_just_of_its_run() {
        let version = |number: &str, id: &str| json!({"version": number, "tags": [{"key": MODEL_TAG, "value": id}]});
        let found = json!({"model_versions": [version("9", "old"), version("10", "old"), {"version": "11"}]});
        assert_eq!(version_of(&found, "old").as_deref(), Some("10"));
        assert_eq!(version_of(&found, "new"), None, "weights after going on are a version of their own");
    }

    #[test]
    fn paths_and_queries_are_encoded() {
        assert_eq!(percent("a b/ä.png", true), "a%20b/%C3%A4.png");
        assert_eq!(percent("a/b", false), "a%2Fb");
    }
}
