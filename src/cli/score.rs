//! `packshot score`: scores folders into a file.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, FailedPhoto, ScoreRequest, ScoreSummary};
use crate::error::{Error, Result};

pub(super) fn run(mut context: Context, args: args::Score) -> Result<Done> {
    refuse_missing(&args.paths)?;
    // Before any work: hours of scoring must not end at a file that may not be written.
    api::check_score_file(&args.output)?;

    if args.output.exists() && !args.overwrite && !args.resume {
        return Err(Error::usage(format!("{} exists", args.output.display()))
            .hint("--resume goes on with it, --overwrite replaces it."));
    }
    context.set("score.device", args.device);
    context.set("score.rules", args.rules);
    context.set("score.attributes", args.scores_only.then_some(false));
    let (project, _log) = context.project()?;
    let request = ScoreRequest {
        paths: args.paths,
        model: args.model,
        shard: args.shard.as_deref().map(parse_shard).transpose()?,
        again: args.again,
    };
    let job = api::start_scoring(&project, request, wake())?;
    match watch(&context, job.handle)? {
        Ended::Completed(summary) => {
            api::export_scores(&summary.rows, &args.output, args.overwrite || args.resume)?;

            context.say(&describe(&summary, &args.output));
            show_failed(&context, &failed(&summary), summary.failed);
            let partial = summary.failed > 0;
            let mut body = json!(summary);
            body["file"] = json!(args.output);
            body["errors"] = json!(failed(&summary));
            Ok(Done { summary: body, partial })
        }
        Ended::Cancelled(summary) => {
            let done = summary.scored + summary.reused;
            Err(stopped(&format!("{done} scores are saved; the same command with --resume goes on.")))
        }
    }
}

fn parse_shard(text: &str) -> Result<(u32, u32)> {
    let parts = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    parts
        .filter(|&(part, parts): &(u32, u32)| part >= 1 && part <= parts)
        .ok_or_else(|| Error::usage(format!("--shard {text}: write I/N with I from 1 to N, for example 2/4")))
}

fn describe(summary: &ScoreSummary, file: &std::path::Path) -> String {
    let reused = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
    let failed = if summary.failed > 0 { format!(", {} failed", summary.failed) } else { String::new() };
    let guess = match summary.calibrated_on {
        0 => "\nintervals   a guess: too few labels were held out to calibrate them",
        _ => "",
    };
    format!(
        "device      {}\nengine      {}\nphotos      {} scored{reused}{failed}{guess}\nwritten to  {}",
        summary.device,
        summary.engine,
        summary.scored,
        file.display()
    )
}

fn failed(summary: &ScoreSummary) -> Vec<FailedPhoto> {
    let failed =
        summary.rows.iter().filter_map(|row| Some(FailedPhoto { path: row.path.clone(), reason: row.error.clone()? }));
    failed.collect()
}
