//! `packshot runs`: the history.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::args;
use super::context::{Context, Done};
use super::table::{Side, layout, sparkline};
use super::train::metric_lines;
use crate::api::{self, Project, RunView, clock};
use crate::domain::{MetricPoint, Run, setting_differences};
use crate::error::Result;

pub(super) fn run(context: &Context, command: args::Runs) -> Result<Done> {
    let (project, _log) = context.existing_project()?;
    match command {
        args::Runs::List { all } => list(context, &project, all),
        args::Runs::Show { run } => {
            let run = api::find_run(&project, &run)?;
            let view = api::run_view(&project, &run.id)?;
            context.say(&describe(&view));
            Ok(Done::ok(json!(view)))
        }
        args::Runs::Rename { run, name } => {
            changed(context, &project, &run, |run| api::rename_run(&project, &run.id, &name), "renamed")
        }
        args::Runs::Note { run, note } => {
            changed(context, &project, &run, |run| api::set_run_note(&project, &run.id, &note), "noted")
        }
        args::Runs::Tag { run, tags, remove } => {
            changed(context, &project, &run, |run| api::tag_run(&project, &run.id, &tags, &remove), "tagged")
        }
        args::Runs::Compare { runs } => compare(context, &project, &runs),
        args::Runs::Delete { run } => {
            let done = changed(context, &project, &run, |run| api::delete_run(&project, &run.id), "deleted")?;
            context.say("`packshot runs restore ID` brings it back");
            Ok(done)
        }
        args::Runs::Restore { run } => {
            changed(context, &project, &run, |run| api::restore_run(&project, &run.id), "restored")
        }
    }
}

fn changed(
    context: &Context,
    project: &Project,
    name: &str,
    change: impl FnOnce(&Run) -> Result<()>,
    word: &str,
) -> Result<Done> {
    let run = api::find_run(project, name)?;
    change(&run)?;
    context.say(&format!("{} {word}", run.id));
    Ok(Done::ok(json!({"run": run.id, "done": word})))
}

fn list(context: &Context, project: &Project, all: bool) -> Result<Done> {
    let runs = api::list_runs(project, all)?;
    if runs.is_empty() {
        context.say("no runs yet; `packshot train` makes one");
    } else {
        let columns = [
            ("RUN", Side::Left),
            ("NAME", Side::Left),
            ("STATUS", Side::Left),
            ("STARTED", Side::Left),
            ("TIME", Side::Right),
            ("EPOCHS", Side::Right),
            ("VAL SRCC", Side::Right),
            ("TEST SRCC", Side::Right),
        ];
        context.say(&layout(&columns, &runs.iter().map(row).collect::<Vec<_>>()));
        let imported = runs.iter().filter(|run| run.origin.is_some()).count();
        if imported > 0 {
            context.say(&format!("* {imported} imported from MLflow, to compare with"));
        }
    }
    Ok(Done::ok(json!({ "runs": runs })))
}

fn row(run: &Run) -> Vec<String> {
    let number = |name: &str, digits: usize| {
        let value = run.summary.get(name).and_then(Value::as_f64);
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let status = if run.meta.deleted_ms.is_some() { "deleted" } else { run.status.name() };
    let mark = if run.origin.is_some() { "*" } else { "" };
    vec![
        run.id.0.clone(),
        format!("{}{mark}", run.meta.name),
        status.to_owned(),
        clock::local_text(run.started_ms),
        run.finished_ms.map_or_else(|| "–".to_owned(), |end| clock::duration_text(end - run.started_ms)),
        number("epochs", 0),
        number("validation_srcc", 3),
        number("test_srcc", 3),
    ]
}

/// Results that runs are held against each other by.
const RESULTS: [&str; 6] = ["epochs", "validation_srcc", "test_srcc", "test_plcc", "test_mae", "test_rmse"];

fn compare(context: &Context, project: &Project, names: &[String]) -> Result<Done> {
    let runs = names.iter().map(|name| api::find_run(project, name)).collect::<Result<Vec<Run>>>()?;
    let runs: Vec<&Run> = runs.iter().collect();
    let result = |name: &str| -> Vec<Option<f64>> {
        runs.iter().map(|run| run.summary.get(name).and_then(Value::as_f64)).collect()
    };
    let results = RESULTS.map(|name| (name, result(name)));
    let mut rows = vec![line("started", runs.iter().map(|run| clock::local_text(run.started_ms)))];
    for (name, values) in results.iter().filter(|(_, values)| values.iter().any(Option::is_some)) {
        let digits = if *name == "epochs" { 0 } else { 3 };
        rows.push(line(
            name,
            values.iter().map(|value| value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))),
        ));
    }
    let differences = setting_differences(&runs);
    rows.extend(differences.iter().map(|(name, values)| line(name, values.iter().cloned())));
    let titles = runs.iter().map(|run| run.meta.name.to_uppercase()).collect::<Vec<_>>();
    let columns: Vec<_> =
        std::iter::once(("", Side::Left)).chain(titles.iter().map(|title| (title.as_str(), Side::Right))).collect();
    context.say(&layout(&columns, &rows));
    if differences.is_empty() {
        context.say("all settings are the same");
    }
    let ids: Vec<_> = runs.iter().map(|run| &run.id).collect();
    let (results, settings): (Map<_, _>, Map<_, _>) = (
        results.into_iter().map(|(name, values)| (name.to_owned(), json!(values))).collect(),
        differences.into_iter().map(|(name, values)| (name, json!(values))).collect(),
    );
    Ok(Done::ok(json!({ "runs": ids, "results": results, "settings": settings })))
}

fn line(name: &str, values: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(values).collect()
}

fn describe(view: &RunView) -> String {
    let run = &view.run;
    let [train, validation, test] = view.photos;
    let mut lines = vec![
        format!("{}  {}  {}", run.id, run.meta.name, run.status.name()),
        format!("started     {}", clock::local_text(run.started_ms)),
    ];
    let dataset = run.dataset_digest.get(..12).unwrap_or(&run.dataset_digest);
    match &run.origin {
        Some(origin) => {
            lines.push(format!("from        {}, experiment {}, run {}", origin.server, origin.experiment, origin.run));
            let known = [("device", run.device.as_str()), ("dataset", dataset)];
            lines
                .extend(known.iter().filter(|fact| !fact.1.is_empty()).map(|(name, text)| format!("{name:<12}{text}")));
        }
        None => lines.extend([
            format!("device      {}", run.device),
            format!("version     {}", run.code_version),
            format!("dataset     {dataset} ({train} train, {validation} validation, {test} test)"),
        ]),
    }
    if run.origin.is_some() {
        // Under the names that they have there.
        lines.extend(run.summary.iter().map(|(name, value)| format!("{name:<16}{value}")));
    } else {
        lines.extend(metric_lines(&run.summary));
    }
    if !run.meta.tags.is_empty() {
        lines.push(format!("tags        {}", run.meta.tags.join(", ")));
    }
    if !run.meta.note.is_empty() {
        lines.push(format!("note        {}", run.meta.note));
    }
    lines.extend(run.error.iter().map(|error| format!("error       {error}")));
    for name in shown_curves(view) {
        let values: Vec<f64> = curve(&view.points, name);
        if let (Some(first), Some(last)) = (values.first(), values.last()) {
            lines.push(format!("{name:<16}{first:>7.3}  {}  {last:.3}", sparkline(&values, 40)));
        }
    }
    lines.extend(view.artifacts.iter().map(|artifact| format!("file        {} ({})", artifact.path, artifact.kind)));
    lines.push(format!("\n{}", run.config_toml.trim_end()));
    lines.join("\n")
}

/// The curves that tell most; of an imported run every one, because their names are its own.
fn shown_curves(view: &RunView) -> BTreeSet<&str> {
    match &view.run.origin {
        Some(_) => view.points.iter().map(|point| point.name.as_str()).collect(),
        None => ["train_loss", "validation_loss", "validation_srcc"].into(),
    }
}

fn curve(points: &[MetricPoint], name: &str) -> Vec<f64> {
    points.iter().filter(|point| point.name == name).map(|point| point.value).collect()
}
