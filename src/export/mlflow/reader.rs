//! Reads runs from an MLflow server, page by page.

use serde_json::{Value, json};

use super::client::Server;
use super::imported::{Curves, RemoteRun};
use super::plan::Metric;
use super::writer::{API, Step, percent, surprise};
use crate::error::{Code, Error, Result};

/// Points a page of a curve's history.
const POINTS: usize = 25_000;
/// Runs, and experiments, a page of a search.
const RUNS: usize = 200;
const EXPERIMENTS: usize = 1000;
/// Experiments that one search looks in.
const AT_ONCE: usize = 100;

/// An experiment of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    id: String,
    name: String,
}

/// The experiment of that name, or every one that is not deleted.
///
/// # Errors
/// [`Code::NotFound`] when there is none of that name; else as the server explains.
pub fn experiments(server: &Server, name: Option<&str>) -> Result<Vec<Experiment>> {
    if let Some(name) = name {
        let path = format!("{API}/experiments/get-by-name?experiment_name={}", percent(name, false));
        let answer = server.try_get(&path)?;
        if answer.status == 404 && answer.error_code() == "RESOURCE_DOES_NOT_EXIST" {
            return Err(Error::not_found(format!("{} has no experiment {name:?}", server.address()))
                .hint("Its page lists them; without --experiment the runs of all are imported."));
        }
        if answer.status != 200 {
            return Err(server.explain(&path, &answer));
        }
        return Ok(vec![experiment(&answer.json()["experiment"])?]);
    }
    pages(server, "experiments", &json!({ "max_results": EXPERIMENTS }))?.iter().map(experiment).collect()
}

fn experiment(value: &Value) -> Result<Experiment> {
    let text = |key: &str| value[key].as_str().map(str::to_owned).ok_or_else(|| surprise("experiments"));
    Ok(Experiment { id: text("experiment_id")?, name: text("name")? })
}

/// Every run of experiments that is not deleted, in the server's order.
///
/// # Errors
/// As the server explains.
pub fn runs(server: &Server, experiments: &[Experiment]) -> Result<Vec<RemoteRun>> {
    let mut found = Vec::new();
    for some in experiments.chunks(AT_ONCE) {
        let ids: Vec<&str> = some.iter().map(|experiment| experiment.id.as_str()).collect();
        let body = json!({"experiment_ids": ids, "max_results": RUNS, "run_view_type": "ACTIVE_ONLY"});
        for run in pages(server, "runs", &body)? {
            let id = &run["info"]["experiment_id"];
            let name = some.iter().find(|experiment| *id == experiment.id.as_str()).map_or("", |found| &found.name);
            found.push(RemoteRun::new(run, name).ok_or_else(|| surprise("runs"))?);
        }
    }
    Ok(found)
}

/// One run by its id on the server.
///
/// # Errors
/// [`Code::NotFound`] when there is none; else as the server explains.
pub fn run(server: &Server, id: &str) -> Result<RemoteRun> {
    let path = format!("{API}/runs/get?run_id={}", percent(id, false));
    let answer = server.try_get(&path)?;
    if matches!(answer.status, 400 | 404) && !answer.error_code().is_empty() {
        return Err(Error::not_found(format!("{} has no run {id:?}", server.address()))
            .hint("The run's page shows its id; without --run every run is imported."));
    }
    if answer.status != 200 {
        return Err(server.explain(&path, &answer));
    }
    let run = answer.json()["run"].clone();
    let of = run["info"]["experiment_id"].as_str().ok_or_else(|| surprise("runs"))?;
    let about = server.get(&format!("{API}/experiments/get?experiment_id={}", percent(of, false)))?;
    let experiment = experiment(&about["experiment"])?;
    RemoteRun::new(run, &experiment.name).ok_or_else(|| surprise("runs"))
}

/// Everything that a search finds.
fn pages(server: &Server, what: &str, body: &Value) -> Result<Vec<Value>> {
    let mut body = body.clone();
    let mut found = Vec::new();
    loop {
        let mut page = server.post(&format!("{API}/{what}/search"), &body)?;
        if let Value::Array(entries) = page[what].take() {
            found.extend(entries);
        }
        match page["next_page_token"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => body["page_token"] = json!(token),
            None => return Ok(found),
        }
    }
}

/// Every point of every curve of a run.
///
/// # Errors
/// As the server explains; [`Code::Cancelled`] when `step` said no.
pub fn curves(server: &Server, run: &RemoteRun, step: Step<'_>) -> Result<Curves> {
    let mut curves = Curves::new();
    for key in run.metric_keys() {
        if !step(key) {
            return Err(Error::new(Code::Cancelled, "stopped on request"));
        }
        curves.insert(key.to_owned(), history(server, run.id(), key)?);
    }
    Ok(curves)
}

/// Every point of a curve.
pub(super) fn history(server: &Server, run: &str, key: &str) -> Result<Vec<Metric>> {
    let (run, key) = (percent(run, false), percent(key, false));
    let first = format!("{API}/metrics/get-history?run_id={run}&metric_key={key}&max_results={POINTS}");
    let mut points = Vec::new();
    let mut page = String::new();
    loop {
        let mut found = server.get(&format!("{first}{page}"))?;
        if let Value::Array(entries) = found["metrics"].take() {
            for entry in entries {
                points.push(serde_json::from_value(entry).map_err(|_| surprise("metrics"))?);
            }
        }
        match found["next_page_token"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => page = format!("&page_token={}", percent(token, false)),
            None => return Ok(points),
        }
    }
}
