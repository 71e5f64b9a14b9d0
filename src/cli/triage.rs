//! `packshot triage`: sorts scored photos out by band.

use std::sync::Arc;

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{finish, wake};
use crate::api::{self, ScoreRequest, TriagePlan, TriageRequest, TriageSummary};
use crate::domain::{Band, Edges};
use crate::error::{Error, Result};

const GO_ON: &str = "Run the same command again: it goes on where it was.";

pub(super) fn run(mut context: Context, args: args::Triage) -> Result<Done> {
    let edges = Edges { reject_below: args.reject_below, accept_from: args.accept_from };
    check(&args, edges)?;
    context.set("score.device", args.device);
    let (project, _log) = context.project()?;
    let request = ScoreRequest { paths: args.paths, model: args.model, ..ScoreRequest::default() };
    let scored = finish(&context, api::start_scoring(&project, request, wake())?.handle, GO_ON)?;
    let request = TriageRequest {
        rows: scored.rows.into_iter().map(Arc::new).collect(),
        edges,
        bands: args.bands.into_iter().map(Band::from).collect(),
        output: args.write.into(),
        folder: args.to,
    };
    let plan = api::plan_triage(&request)?;
    context.say(&described(&plan));
    let mut body = json!({ "plan": plan, "folder": request.folder, "dry_run": args.dry_run });
    if args.dry_run {
        context.say("nothing was written: --dry-run");
        return Ok(Done::ok(body));
    }
    let summary = finish(&context, api::start_triage(request, wake())?, GO_ON)?;
    context.say(&ended(&summary));
    body["result"] = json!(summary);
    let lost = [summary.failed, summary.unscored].concat();
    show_failed(&context, &lost, lost.len() as u64);
    Ok(Done { summary: body, partial: !lost.is_empty() })
}

fn check(args: &args::Triage, edges: Edges) -> Result<()> {
    refuse_missing(&args.paths)?;
    let in_range = [edges.reject_below, edges.accept_from].iter().all(|edge| (0.0..=100.0).contains(edge));
    if !in_range || edges.reject_below > edges.accept_from {
        return Err(Error::usage("the edges of the bands are scores of 0 to 100, and --reject-below is the lower one"));
    }
    if args.to.exists() && !args.to.is_dir() {
        return Err(Error::usage(format!("{} is no folder", args.to.display())));
    }
    Ok(())
}

fn described(plan: &TriagePlan) -> String {
    let row = |line: &api::TriageLine| {
        vec![line.band.name().to_owned(), line.photos.to_string(), format!("{:.1} MB", line.bytes as f64 / 1e6)]
    };
    let rows: Vec<Vec<String>> = plan.bands.iter().map(row).collect();
    let mut text = layout(&[("BAND", Side::Left), ("PHOTOS", Side::Right), ("FILES", Side::Right)], &rows);
    for (count, what) in [
        (plan.there, "there already"),
        (plan.missing, "gone since they were scored"),
        (plan.unscored, "without a score: in no band"),
        (plan.elsewhere, "there in the folder of another band, from a sorting before: both copies stay"),
    ] {
        if count > 0 {
            text.push_str(&format!("\n{count} {what}"));
        }
    }
    text
}

fn ended(summary: &TriageSummary) -> String {
    let there = if summary.there > 0 { format!(", {} there already", summary.there) } else { String::new() };
    let list = summary.list.as_ref().map(|file| format!("\nlist     {}", file.display())).unwrap_or_default();
    format!("written  {}{there}{list}", summary.written)
}
