//! `packshot report`: the HTML report of the newest scores.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use crate::api;
use crate::domain::{RunId, ScoreRow};
use crate::error::{Error, Result};

pub(super) fn run(context: &Context, args: &args::Report) -> Result<Done> {
    let (project, _log) = context.existing_project()?;
    let run = match &args.run {
        Some(name) => Some(api::find_run(&project, name)?.id),
        None => api::find_model(&project, None).ok().and_then(|model| model.card.run).map(RunId),
    };
    let rows: Vec<ScoreRow> = api::list_scores(&project)?;
    if rows.is_empty() && run.is_none() {
        return Err(Error::not_found("there is nothing to report yet").hint("Train a model and score photos first."));
    }
    api::write_report(&project, run.as_ref(), &rows, &args.output, args.overwrite)?;
    context.say(&format!("report written to {}", args.output.display()));
    Ok(Done::ok(json!({"file": args.output, "photos": rows.len(), "run": run})))
}
