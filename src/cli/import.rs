//! `packshot import`: runs of other programmes.

use serde_json::json;

use super::args::{Import, ImportMlflow};
use super::context::{Context, Done};
use super::export::mlflow_server;
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, MlflowImportRequest, MlflowImportState, MlflowImported};
use crate::error::Result;

pub(super) fn run(context: Context, command: Import) -> Result<Done> {
    let Import::Mlflow(args) = command;
    mlflow(context, args)
}

fn mlflow(mut context: Context, args: ImportMlflow) -> Result<Done> {
    context.set("mlflow.ca_file", args.ca_file.map(|file| file.display().to_string()));
    let (project, _log) = context.existing_project()?;
    let request = MlflowImportRequest {
        uri: mlflow_server(&project, args.tracking_uri, "Name one with --tracking-uri http://HOST:PORT.")?,
        insecure: args.insecure,
        experiment: args.experiment,
        run: args.run,
    };
    match watch(&context, api::start_mlflow_import(&project, request, wake())?)? {
        Ended::Completed(summary) => {
            summary.runs.iter().for_each(|run| context.say(&describe(run)));
            if summary.runs.is_empty() {
                context.say(&format!("{} has no runs there", summary.server));
            }
            Ok(Done::ok(json!(summary)))
        }
        Ended::Cancelled(summary) => {
            Err(stopped(&format!("{} runs were looked at and kept; the same command goes on.", summary.runs.len())))
        }
    }
}

fn describe(imported: &MlflowImported) -> String {
    let name = &imported.name;
    let run = imported.run.as_ref().map(|run| run.0.as_str()).unwrap_or_default();
    let left_out = match imported.left_out {
        0 => String::new(),
        count => format!(", {count} left out: not finite, before step 0, or older ones of a step"),
    };
    match imported.state {
        MlflowImportState::New => format!("{run}  {name}  {} points{left_out}", imported.points),
        MlflowImportState::Refreshed => format!("{run}  {name}  refreshed, {} points{left_out}", imported.points),
        MlflowImportState::Unchanged => format!("{run}  {name}  was there already"),
        MlflowImportState::Own => format!("{name}  is a run of this project"),
    }
}
