//! `packshot label`: labels in and out.

use std::collections::BTreeSet;

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::watch::{finish, wake};
use crate::api::{self, LabelImport};
use crate::domain::Scale;
use crate::error::{Error, Result};
use crate::labels::Format;

pub(super) fn run(context: &Context, command: args::Label) -> Result<Done> {
    match command {
        args::Label::Import { file, format, scale, rater } => {
            let format = format.as_deref().map(Format::named).transpose()?;
            let scale = scale.as_deref().map(scale_of).transpose()?;
            import(context, LabelImport { file, format, scale, rater })
        }
        args::Label::Raters => raters(context),
        args::Label::Export { output, format, overwrite } => {
            let format = format.as_deref().map(Format::named).transpose()?;
            let (project, _log) = context.existing_project()?;
            let votes = api::export_labels(&project, &output, format, overwrite)?;
            let what = if format.is_some_and(Format::is_by_photo) { "photos" } else { "votes" };
            context.say(&format!("{votes} {what} written to {}", output.display()));
            Ok(Done::ok(json!({what: votes, "file": output})))
        }
    }
}

fn scale_of(text: &str) -> Result<Scale> {
    Scale::parse(text).ok_or_else(|| Error::usage(format!("--scale {text}: write MIN..MAX, for example 1..5")))
}

fn import(context: &Context, request: LabelImport) -> Result<Done> {
    refuse_missing([&request.file])?;
    let (project, _log) = context.project()?;
    let handle = api::import_labels(&project, request, wake())?;
    let summary = finish(context, handle, "Run the same command again: nothing is imported twice.")?;
    let mut text = format!("{} labels: {} new, {} as before", summary.rows, summary.added, summary.unchanged);
    let lost = summary.problems.iter().map(|(line, _)| line).collect::<BTreeSet<_>>().len();
    if lost > 0 {
        text.push_str(&format!(", {lost} left out"));
    }
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
    if let Some(other) = &summary.shared_with {
        context.say(&format!(
            "{} of these photos have labels of {other}, too: the mean counts. If this file corrects them, import it with \
             --rater {other}.",
            summary.shared
        ));
    }
    let partial = !summary.problems.is_empty();
    Ok(Done { summary: json!(summary), partial })
}

fn raters(context: &Context) -> Result<Done> {
    let (project, _log) = context.existing_project()?;
    let report = api::report_raters(&project, api::RATER)?;
    let paths: std::collections::HashMap<_, _> =
        api::list_photos(&project)?.into_iter().map(|row| (row.photo.id, row.photo.path.clone())).collect();
    for row in &report.raters {
        let habit = row.habit;
        context.say(&format!(
            "{}: {:+.1} points above the panel, deviation {:.1}, {} scores",
            row.name, habit.bias, habit.inconsistency, habit.scores
        ));
    }
    let alpha = report.alpha.map_or_else(|| "no photo with two raters".to_owned(), |alpha| format!("{alpha:.3}"));
    context.say(&format!("Krippendorff's alpha (interval): {alpha}"));
    if let Some(icc) = report.icc {
        let (single, mean) = (icc.single, icc.mean);
        context.say(&format!(
            "ICC(2,1) {single:.3}, ICC(2,{}) {mean:.3} on {} photos that all {} scored",
            icc.raters, icc.photos, icc.raters
        ));
    }
    let rater = |row: &api::RaterRow| {
        let habit = row.habit;
        json!({"rater": row.name, "bias": habit.bias, "inconsistency": habit.inconsistency, "scores": habit.scores})
    };
    let corrected = report
        .corrected
        .iter()
        .map(|label| json!({"path": paths.get(&label.image), "score": label.mos, "raters": label.n}));
    Ok(Done::ok(json!({
        "raters": report.raters.iter().map(rater).collect::<Vec<_>>(),
        "alpha": report.alpha,
        "icc_single": report.icc.map(|icc| icc.single),
        "icc_mean": report.icc.map(|icc| icc.mean),
        "without_biases": corrected.collect::<Vec<_>>(),
    })))
}
