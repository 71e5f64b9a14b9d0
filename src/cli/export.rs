//! `packshot export`: models for other programmes.

use std::path::Path;

use serde_json::json;

use super::args::{Export, Mlflow};
use super::context::{Context, Done};
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, MlflowExported, MlflowRequest, MlflowRuns, MlflowTarget, Project};
use crate::error::{Error, Result};

pub(super) fn run(context: Context, command: Export) -> Result<Done> {
    match command {
        Export::Onnx { model, output, overwrite } => onnx(&context, model.as_deref(), &output, overwrite),
        Export::Mlflow(args) => mlflow(context, args),
    }
}

fn onnx(context: &Context, model: Option<&str>, output: &Path, overwrite: bool) -> Result<Done> {
    api::check_onnx_export(output, overwrite)?;
    context.refuse_unknown()?;
    let (project, _log) = context.project()?;
    let summary = api::export_onnx(&project, model, output, overwrite)?;
    context.say(&format!(
        "model       {}\nwritten to  {} ({:.1} MB)\nscript      {}\nchecked     {:.6} points from Packshot's own network",
        summary.model,
        summary.file.display(),
        summary.bytes as f64 / 1e6,
        summary.script.display(),
        summary.difference,
    ));
    if let Some(likeness) = summary.personal {
        let srcc = |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"));
        context.say(&format!(
            "fitted to   the network's features alone: no measures, no BRISQUE; SRCC {} on left-out groups, the personal model's {}\n\
             apart       {:.1} points from the personal model on average, {:.1} at most, over {} photos",
            srcc(likeness.srcc),
            srcc(likeness.full_srcc),
            likeness.mean,
            likeness.most,
            likeness.photos,
        ));
    }
    Ok(Done::ok(json!(summary)))
}

fn mlflow(mut context: Context, args: Mlflow) -> Result<Done> {
    context.set("mlflow.experiment", args.experiment);
    context.set("mlflow.registered_model", args.registered_model);
    context.set("mlflow.ca_file", args.ca_file.map(|file| file.display().to_string()));
    let (project, _log) = context.existing_project()?;
    let runs = match args.bundle {
        Some(folder) => MlflowRuns::Bundle(folder),
        None if args.all => MlflowRuns::All,
        None => MlflowRuns::One(args.run),
    };
    let target = match args.offline {
        Some(folder) => MlflowTarget::Bundle(folder),
        None => {
            let hint = "Name one with --tracking-uri http://HOST:PORT, or write a bundle with --offline DIR.";
            let uri = mlflow_server(&project, args.tracking_uri, hint)?;
            MlflowTarget::Server { uri, insecure: args.insecure }
        }
    };
    let request = MlflowRequest { runs, target, user: api::account_name() };
    match watch(&context, api::start_mlflow_export(&project, request, wake())?)? {
        Ended::Completed(summary) => {
            summary.runs.iter().for_each(|run| context.say(&describe(run)));
            Ok(Done::ok(json!(summary)))
        }
        Ended::Cancelled(summary) => {
            Err(stopped(&format!("{} runs are sent; the same command goes on.", summary.runs.len())))
        }
    }
}

/// The address that was named, or else the configured one.
pub(super) fn mlflow_server(project: &Project, named: Option<String>, hint: &str) -> Result<String> {
    let uri = named.unwrap_or_else(|| project.config.mlflow.tracking_uri.clone());
    if uri.is_empty() { Err(Error::usage("no MLflow server is named").hint(hint)) } else { Ok(uri) }
}

fn describe(exported: &MlflowExported) -> String {
    let run = &exported.run;
    match (&exported.sent, &exported.folder) {
        (Some(sent), _) if sent.unchanged => format!("{run}  was there already  {}", sent.url),
        (Some(sent), _) => {
            let version = sent.version.as_ref().map(|version| format!(", model version {version}")).unwrap_or_default();
            format!("{run}  {} points, {} files sent{version}  {}", sent.points, sent.files, sent.url)
        }
        (None, Some(folder)) => format!("{run}  written to {}", folder.display()),
        (None, None) => run.clone(),
    }
}
