//! `packshot export`: models for other programmes.

use serde_json::json;

use super::args::Export;
use super::context::{Context, Done};
use crate::api;
use crate::error::Result;

pub(super) fn run(context: &Context, command: Export) -> Result<Done> {
    let Export::Onnx { model, output, overwrite } = command;
    api::check_onnx_export(&output, overwrite)?;
    context.refuse_unknown()?;
    let (project, _log) = context.project()?;
    let summary = api::export_onnx(&project, model.as_deref(), &output, overwrite)?;
    context.say(&format!(
        "model       {}\nwritten to  {} ({:.1} MB)\nscript      {}\nchecked     {:.6} points from Packshot's own network",
        summary.model,
        summary.file.display(),
        summary.bytes as f64 / 1e6,
        summary.script.display(),
        summary.difference,
    ));
    Ok(Done::ok(json!(summary)))
}
