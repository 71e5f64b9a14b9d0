//! `packshot evaluate`: what a model is worth on labelled photos, and whether it is better than another.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{finish, wake};
use crate::api::{self, EvaluateRequest, EvaluateSummary};
use crate::domain::{CeilingSource, Interval, Measure, Scale, Summary, signed};
use crate::error::{Error, Result};

/// Left-out rows of the label file that are listed.
const SHOWN: usize = 10;

pub(super) fn run(mut context: Context, args: args::Evaluate) -> Result<Done> {
    refuse_missing([&args.labels])?;
    if let Some(file) = &args.output {
        api::check_evaluation_file(file, args.overwrite)?;
    }
    if !(0.0..=100.0).contains(&args.threshold) {
        return Err(Error::usage(format!("--threshold {}: give a score from 0 to 100", args.threshold)));
    }
    let parse = |text: &str| {
        Scale::parse(text).ok_or_else(|| Error::usage(format!("--scale {text}: write MIN..MAX, for example 1..5")))
    };
    let request = EvaluateRequest {
        model: args.model,
        against: args.against,
        scale: args.scale.as_deref().map(parse).transpose()?,
        subset_column: args.subset_column,
        threshold: args.threshold,
        unseen_only: args.unseen_only,
        seed: args.seed,
        ..EvaluateRequest::new(args.labels.clone())
    };
    context.set("score.device", args.device);
    let (project, _log) = context.project()?;
    let handle = api::start_evaluation(&project, request, wake())?;
    let summary = finish(&context, handle, "Scores so far are saved; the same command goes on.")?;
    if let Some(file) = &args.output {
        api::export_evaluation(&project, &summary, &args.labels, file, args.overwrite)?;
    }
    context.say(&describe(&summary));
    if let Some(file) = &args.output {
        context.say(&format!("\nwritten to  {}", file.display()));
    }
    show_problems(&context, &summary);
    show_failed(&context, &summary.errors, summary.failed);
    let partial = summary.failed > 0 || !summary.problems.is_empty();
    let mut body = json!(summary);
    if let Some(file) = args.output {
        body["file"] = json!(file);
    }
    Ok(Done { summary: body, partial })
}

fn show_problems(context: &Context, summary: &EvaluateSummary) {
    if !summary.problems.is_empty() {
        context.say(&format!("{} rows of the label file were left out:", summary.problems.len()));
    }
    summary.problems.iter().take(SHOWN).for_each(|(line, text)| context.say(&format!("  line {line}: {text}")));
    if summary.problems.len() > SHOWN {
        context.say(&format!("  … and {} more; --json lists all", summary.problems.len() - SHOWN));
    }
}

fn describe(summary: &EvaluateSummary) -> String {
    let all = &summary.evaluation.all;
    let mut lines = Vec::new();
    for (role, model) in [("model", &summary.model), ("against", &summary.against)] {
        if let Some(model) = model {
            lines.push(format!("{role:<10}  {} ({}, {})", model.name, model.architecture, model.id));
        }
    }
    lines.push(format!("device      {}", summary.device));
    lines.push(format!("photos      {} in {} groups", all.n, all.groups));
    lines.extend(summary.notes.iter().map(|note| format!("note        {note}")));
    lines.push(format!("\n{}", measures(summary)));
    if !summary.evaluation.subsets.is_empty() {
        lines.push(format!("\n{}", subsets(summary)));
    }
    if let Some(ceiling) = &summary.evaluation.ceiling {
        let source = match ceiling.source {
            CeilingSource::Raters => "raters",
            CeilingSource::Repeats => "repeated ratings",
        };
        lines.push(format!(
            "\npeople      halves of the {source} agree with SRCC {:.3}, a panel as large would with {:.3} ({} photos)",
            ceiling.half, ceiling.panel, ceiling.n
        ));
    }
    if let Some(verdict) = &summary.verdict {
        lines.push(format!("\nverdict     {verdict}"));
    }
    lines.join("\n")
}

fn number(measure: Measure, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| measure.text(value))
}

fn range(interval: Option<Interval>, text: impl Fn(f64) -> String) -> String {
    interval.map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", text(low), text(high)))
}

/// One row a measure; with another model, its value and the difference too.
fn measures(summary: &EvaluateSummary) -> String {
    let rows = summary.evaluation.all.measures.iter().map(|found| {
        let measure = found.measure;
        let interval = range(found.interval, |value| measure.text(value));
        let mut row = vec![measure.title().to_owned(), number(measure, found.value), interval];
        if let Some(comparison) = &summary.comparison {
            let difference = comparison.measures.iter().find(|difference| difference.measure == measure);
            row.push(number(measure, difference.and_then(|difference| difference.second)));
            let gain = difference.and_then(|difference| difference.difference).map(signed);
            row.push(gain.unwrap_or_else(|| "–".to_owned()));
            row.push(range(difference.and_then(|difference| difference.interval), signed));
        }
        row
    });
    let mut columns = vec![("MEASURE", Side::Left), ("VALUE", Side::Right), ("95 % INTERVAL", Side::Right)];
    if summary.comparison.is_some() {
        columns.extend(["AGAINST", "DIFFERENCE", "95 % INTERVAL"].map(|heading| (heading, Side::Right)));
    }
    layout(&columns, &rows.collect::<Vec<_>>())
}

fn subsets(summary: &EvaluateSummary) -> String {
    let value = |summary: &Summary, measure: Measure| number(measure, summary.get(measure).and_then(|m| m.value));
    let row = |subset: &crate::domain::Subset| {
        let of = &subset.summary;
        let interval = of.get(Measure::Srcc).and_then(|srcc| srcc.interval);
        vec![
            subset.name.clone(),
            of.n.to_string(),
            of.groups.to_string(),
            value(of, Measure::Srcc),
            range(interval, |value| Measure::Srcc.text(value)),
            value(of, Measure::Plcc),
            value(of, Measure::Mae),
            value(of, Measure::Coverage),
        ]
    };
    let numbers = ["PHOTOS", "GROUPS", "SRCC", "95 % INTERVAL", "PLCC", "MAE", "COVERAGE"];
    let columns: Vec<_> =
        std::iter::once(("SUBSET", Side::Left)).chain(numbers.map(|heading| (heading, Side::Right))).collect();
    layout(&columns, &summary.evaluation.subsets.iter().map(row).collect::<Vec<_>>())
}
