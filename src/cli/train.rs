//! `packshot train`: trains a model, or goes on with a stopped run.

use serde_json::{Map, Value, json};

use super::args;
use super::context::{Context, Done};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, Fate, Project, SeriesPlan, SeriesRequest, SeriesSummary, TrainRequest, TrainSummary, Trial};
use crate::config::{Learns, PRESETS};
use crate::error::Result;

pub(super) fn run(mut context: Context, args: args::Train) -> Result<Done> {
    context.begin_with(PRESETS.iter().find(|preset| args.preset.as_deref() == Some(preset.name)));
    context.set("train.epochs", args.epochs);
    context.set("train.loss", args.loss);
    context.set("train.device", args.device);
    let config = context.config_from(args.config.as_deref())?;
    context.refuse_unknown()?;
    let (project, _log) = context.project_with(config)?;
    let plan = match (args.seeds, args.folds) {
        (Some(seeds), _) => Some(SeriesPlan::Seeds(seeds)),
        (None, Some(folds)) => Some(SeriesPlan::Folds(folds)),
        (None, None) if args.sweep.is_empty() => None,
        (None, None) => Some(SeriesPlan::Sweep { axes: args.sweep, trials: args.trials }),
    };
    if let Some(plan) = plan {
        return watch_series(&context, &project, SeriesRequest { name: args.name, plan, mirror: args.mlflow });
    }
    if args.resume.is_some() {
        context.refuse_settings("train.", &["train.device"], "a run goes on with the settings it was begun with")?;
    }
    let resume = args.resume.map(|name| api::find_run(&project, &name)).transpose()?.map(|run| run.id);
    watch_training(
        &context,
        &project,
        TrainRequest { resume, name: args.name, mirror: args.mlflow, ..TrainRequest::default() },
    )
}

/// `packshot finetune`: training that starts from a model.
pub(super) fn finetune(mut context: Context, args: args::Finetune) -> Result<Done> {
    context.set("train.epochs", args.epochs);
    context.set("train.device", args.device);
    let (mut project, _log) = context.existing_project()?;
    let learns = args.learn.map(|learn| match learn {
        args::Learn::Head => Learns::Head,
        args::Learn::Last => Learns::Last,
        args::Learn::All => Learns::All,
    });
    project.config.train = api::finetune_config(&project, args.model.as_deref(), learns)?;
    watch_training(&context, &project, TrainRequest { name: args.name, mirror: args.mlflow, ..TrainRequest::default() })
}

fn watch_training(context: &Context, project: &Project, request: TrainRequest) -> Result<Done> {
    let handle = api::start_training(project, request, wake())?;
    match watch(context, handle)? {
        Ended::Completed(summary) => {
            context.say(&describe(&summary));
            show_failed(context, &summary.left_out, summary.left_out.len() as u64);
            let partial = !summary.left_out.is_empty();
            Ok(Done { summary: json!(summary), partial })
        }
        Ended::Cancelled(summary) => Err(match summary.run {
            Some(run) => stopped(&match &summary.model {
                Some(model) => format!(
                    "Everything so far is saved: `packshot train --resume {run}` goes on, `packshot models promote {model}` \
                     uses the best epoch as it is."
                ),
                None => format!("Everything so far is saved: `packshot train --resume {run}` goes on."),
            }),
            None => stopped("Training had not begun; nothing was lost."),
        }),
    }
}

fn watch_series(context: &Context, project: &Project, request: SeriesRequest) -> Result<Done> {
    let handle = api::start_series(project, request, wake())?;
    match watch(context, handle)? {
        Ended::Completed(summary) => {
            context.say(&describe_series(&summary));
            Ok(Done::ok(json!(summary)))
        }
        Ended::Cancelled(summary) => {
            Err(stopped(&format!("{} trainings are saved; `packshot runs list` shows them.", summary.trials.len())))
        }
    }
}

fn describe_series(summary: &SeriesSummary) -> String {
    let columns =
        [("TRAINING", Side::Left), ("EPOCHS", Side::Right), ("VAL SRCC", Side::Right), ("TEST SRCC", Side::Right)];
    let row = |trial: &Trial| {
        let number = |name: &str, digits: usize| {
            let value = trial.metrics.get(name).and_then(Value::as_f64);
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
        };
        let label = if trial.error.is_some() { format!("{} (failed)", trial.label) } else { trial.label.clone() };
        vec![label, number("epochs", 0), number("validation_srcc", 3), number("test_srcc", 3)]
    };
    let rows: Vec<Vec<String>> = summary.trials.iter().map(row).collect();
    let number = |name: &str| summary.metrics.get(name).and_then(Value::as_f64);
    let mut lines = vec![layout(&columns, &rows), String::new()];
    for (label, name) in [("test SRCC", "test_srcc"), ("test PLCC", "test_plcc"), ("test MAE", "test_mae")] {
        if let (Some(mean), Some(sd)) = (number(name), number(&format!("{name}_sd"))) {
            lines.push(format!("{label:<12}{mean:.3} ± {sd:.3} (mean ± standard deviation)"));
        }
    }
    lines.extend(summary.metrics.get("best_trial").and_then(Value::as_str).map(|best| format!("best        {best}")));
    lines.extend(summary.run.as_ref().map(|run| format!("run         {run}")));
    lines.extend(summary.model.as_ref().map(|model| format!("model       {model}, of the best validation SRCC")));
    lines.join("\n")
}

fn describe(summary: &TrainSummary) -> String {
    let [train, validation, test] = summary.photos;
    let mut lines = vec![
        format!("device      {}", summary.device),
        format!("photos      {train} train, {validation} validation, {test} test"),
    ];
    lines.extend(metric_lines(&summary.metrics));
    lines.extend(summary.verdict.as_ref().map(|verdict| format!("verdict     {verdict}")));
    lines.extend(rival_lines(&summary.metrics));
    lines.extend(summary.run.as_ref().map(|run| format!("run         {run}")));
    let model = summary.model.as_ref().map_or_else(String::new, ToString::to_string);
    lines.extend(match summary.fate {
        Fate::Unfinished => None,
        Fate::Scores => Some(format!("model       {model}: it scores from now on, unless another one is named or promoted")),
        Fate::OfSeries => {
            Some(format!("model       {model}: one of a series; `packshot models promote {model}` makes it score"))
        }
        Fate::NotBetter => Some("model       not kept: scores go on coming from the model it started from".to_owned()),
        Fate::Astray => Some(format!(
            "model       {model}: its scores do not follow the labels of the test photos, so it does not score; more labels \
             help, and `packshot models promote {model}` uses it all the same"
        )),
    });
    lines.join("\n")
}

/// How a model does beside the one that scored until it came.
fn rival_lines(metrics: &Map<String, Value>) -> Vec<String> {
    let Some(verdict) = metrics.get("rival_verdict").and_then(Value::as_str) else { return Vec::new() };
    let number = |name: &str| metrics.get(name).and_then(Value::as_f64);
    let mut lines = vec![format!("compared    {verdict} (the model used until now)")];
    let id = metrics.get("rival_model").and_then(Value::as_str).unwrap_or_default();
    if number("rival_test_srcc") > number("test_srcc") {
        lines.push(format!(
            "            `packshot models promote {id}` keeps that one, `packshot finetune --model {id}` starts from it"
        ));
    }
    lines
}

/// The final metrics of a run as lines for people.
pub(super) fn metric_lines(metrics: &Map<String, Value>) -> Vec<String> {
    let number = |name: &str| metrics.get(name).and_then(Value::as_f64);
    let mut lines = Vec::new();
    if let (Some(best), Some(epochs)) = (number("best_epoch"), number("epochs")) {
        let srcc = number("validation_srcc").map_or_else(String::new, |srcc| format!(", validation SRCC {srcc:.3}"));
        lines.push(format!("best epoch  {best} of {epochs}{srcc}"));
    }
    if let Some(srcc) = number("test_srcc") {
        let interval = match (number("test_srcc_low"), number("test_srcc_high")) {
            (Some(low), Some(high)) => format!(" (95 % interval {low:.3} to {high:.3})"),
            _ => " (too few groups for an interval)".to_owned(),
        };
        let count = |name: &str| number(name).unwrap_or(0.0);
        let held_out = format!("{} held-out photos of {} groups", count("test_n"), count("test_groups"));
        lines.push(format!("test SRCC   {srcc:.3}{interval}, {held_out}"));
    }
    let others = [("PLCC", "test_plcc", 3), ("KRCC", "test_krcc", 3), ("MAE", "test_mae", 1), ("RMSE", "test_rmse", 1)];
    let others = others.iter().filter_map(|(label, name, digits)| {
        let value = number(name)?;
        Some(format!("{label} {value:.digits$}"))
    });
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        lines.push(format!("test        {}", others.join(", ")));
    }
    lines
}
