//! `packshot label`: labels in and out.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::watch::{finish, wake};
use crate::api;
use crate::domain::Scale;
use crate::error::{Error, Result};

pub(super) fn run(context: &Context, command: args::Label) -> Result<Done> {
    match command {
        args::Label::Import { file, scale } => import(context, &file, scale.as_deref()),
        args::Label::Export { output, overwrite } => {
            let (project, _log) = context.existing_project()?;
            let votes = api::export_labels(&project, &output, overwrite)?;
            context.say(&format!("{votes} votes written to {}", output.display()));
            Ok(Done::ok(json!({"votes": votes, "file": output})))
        }
    }
}

fn import(context: &Context, file: &std::path::Path, scale: Option<&str>) -> Result<Done> {
    let parse = |text: &str| {
        Scale::parse(text).ok_or_else(|| Error::usage(format!("--scale {text}: write MIN..MAX, for example 1..5")))
    };
    let scale = scale.map(parse).transpose()?;
    let (project, _log) = context.project()?;
    let handle = api::import_labels(&project, file, scale, wake())?;
    let summary = finish(context, handle, "Run the same command again: nothing is imported twice.")?;
    let mut text = format!("{} labels: {} new, {} as before", summary.rows, summary.added, summary.unchanged);
    if summary.indexed > 0 {
        text.push_str(&format!("; {} photos indexed", summary.indexed));
    }
    context.say(&text);
    for (line, problem) in summary.problems.iter().take(10) {
        context.say(&format!("  line {line}: {problem}"));
    }
    if summary.problems.len() > 10 {
        context.say(&format!("  … and {} more; --json lists all", summary.problems.len() - 10));
    }
    let partial = !summary.problems.is_empty();
    Ok(Done { summary: json!(summary), partial })
}
