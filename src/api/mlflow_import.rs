//! Runs of an MLflow server into the history, to be looked at and compared; only reads there.

use std::collections::HashSet;

use super::mlflow::connection;
use super::{Project, clock, list_runs};
use crate::domain::RunId;
use crate::error::{Code, Result};
use crate::export::mlflow::{self, RemoteRun, Server};
use crate::imaging;
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::store::Store;

/// Which runs come, and where from.
#[derive(Debug, Clone)]
pub struct MlflowImportRequest {
    /// `http://HOST:PORT`.
    pub uri: String,
    /// Trust any certificate.
    pub insecure: bool,
    /// The experiment; every one when absent.
    pub experiment: Option<String>,
    /// The id of one run on the server; every run when absent.
    pub run: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MlflowImportState {
    /// It was not there.
    New,
    /// It had changed on the server.
    Refreshed,
    /// It is here as it is there.
    Unchanged,
    /// This project exported it.
    Own,
}

/// A run that was looked at.
#[derive(Debug, Clone, serde::Serialize)]
pub struct MlflowImported {
    /// Its id on the server.
    pub remote: String,
    /// Its id in the history.
    pub run: Option<RunId>,
    /// Its name on the server.
    pub name: String,
    /// What became of it.
    pub state: MlflowImportState,
    /// Points that the history holds of it now; 0 where nothing was read.
    pub points: usize,
    /// Points that the history cannot hold.
    pub left_out: usize,
}

/// How an import ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct MlflowImportSummary {
    /// The server's address.
    pub server: String,
    /// The runs, in the server's order.
    pub runs: Vec<MlflowImported>,
}

/// Starts an import. A run that came before is refreshed when it has changed; one that this project exported stays out.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_mlflow_import(
    project: &Project,
    request: MlflowImportRequest,
    wake: Wake,
) -> Result<JobHandle<MlflowImportSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-import", wake, move |reporter| run(&project, &request, reporter))
}

fn run(
    project: &Project,
    request: &MlflowImportRequest,
    reporter: &Reporter<MlflowImportSummary>,
) -> Result<Outcome<MlflowImportSummary>> {
    let server = Server::new(&connection(project, &request.uri, request.insecure), &reporter.control)?;
    reporter.progress("Importing", 0, 0, "looking at the server");
    let mut summary = MlflowImportSummary { server: server.address().to_owned(), runs: Vec::new() };
    let remote = match remote_runs(&server, request) {
        Err(error) if error.code == Code::Cancelled => return Ok(Outcome::Cancelled(summary)),
        remote => remote?,
    };
    let own = list_runs(project, true)?.into_iter().filter(|run| run.origin.is_none());
    let own: HashSet<String> = own.map(|run| mlflow::run_uuid(&run)).collect();
    let mut store = project.store()?;
    let total = remote.len() as u64;
    for (done, run) in remote.iter().enumerate() {
        reporter.progress("Importing", done as u64, total, run.name());
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(summary));
        }
        let is_own = run.uuid().is_some_and(|uuid| own.contains(uuid));
        match import(&mut store, &server, run, is_own, reporter) {
            Err(error) if error.code == Code::Cancelled => return Ok(Outcome::Cancelled(summary)),
            imported => summary.runs.push(imported?),
        }
    }
    reporter.progress("Importing", total, total, "");
    Ok(Outcome::Completed(summary))
}

fn remote_runs(server: &Server, request: &MlflowImportRequest) -> Result<Vec<RemoteRun>> {
    if let Some(id) = &request.run {
        return Ok(vec![mlflow::run(server, id)?]);
    }
    mlflow::runs(server, &mlflow::experiments(server, request.experiment.as_deref())?)
}

fn import(
    store: &mut Store,
    server: &Server,
    remote: &RemoteRun,
    is_own: bool,
    reporter: &Reporter<MlflowImportSummary>,
) -> Result<MlflowImported> {
    let known = store.imported_run(remote.id())?;
    let digest = remote.digest();
    let looked = |run: Option<RunId>, state| MlflowImported {
        remote: remote.id().to_owned(),
        run,
        name: remote.name().to_owned(),
        state,
        points: 0,
        left_out: 0,
    };
    let (id, state) = match known {
        None if is_own => return Ok(looked(None, MlflowImportState::Own)),
        None => (new_id(remote), MlflowImportState::New),
        Some((id, kept)) if kept == digest => return Ok(looked(Some(id), MlflowImportState::Unchanged)),
        Some((id, _)) => (id, MlflowImportState::Refreshed),
    };
    let curves = mlflow::curves(server, remote, &mut |_| !reporter.control.is_cancelled())?;
    let imported = remote.imported(id.clone(), server.address(), &curves);
    let points: Vec<_> = imported.points.into_iter().map(|timed| (timed.point, timed.at_ms)).collect();
    store.import_run(&imported.run, &points, &digest)?;
    Ok(MlflowImported { points: points.len(), left_out: imported.left_out, ..looked(Some(id), state) })
}

/// An id that sorts by time, as those of own runs do.
fn new_id(remote: &RemoteRun) -> RunId {
    let hash = imaging::sha256_hex(remote.id().as_bytes());
    RunId(format!("{}-{}", clock::compact_text(remote.started_ms()), &hash[..8]))
}
