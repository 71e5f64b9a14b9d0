//! `packshot audit`: measures folders, judges them by a rule pack, and writes one row a photo.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, AuditRequest, AuditSummary, Audited, FailedPhoto, clock};
use crate::domain::Attribute;
use crate::error::{Error, Result};
use crate::rules::{Outcome, RulePack};

pub(super) fn run(context: &Context, args: args::Audit) -> Result<Done> {
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Error::usage(format!("there is no file or folder {}", missing.display())));
    }
    // Before any work: hours of measuring must not end at a file that may not be written.
    api::check_audit_file(&args.output)?;
    if args.output.exists() && !args.overwrite {
        return Err(Error::usage(format!("{} exists", args.output.display())).hint("--overwrite replaces it."));
    }
    let (project, _log) = context.project()?;
    let mut pack = api::find_rule_pack(&project.config, args.rules.as_deref().unwrap_or(&project.config.score.rules))?;
    let mut only = args.measures.iter().map(|name| measure(name)).collect::<Result<Vec<_>>>()?;
    if !only.is_empty() {
        // A verdict is only given on what was measured: a pack that was asked for brings its measures along, the usual
        // one is cut to what there is.
        match &args.rules {
            Some(_) => only.extend(pack.attributes()),
            None => pack = pack.only(&only),
        }
    }
    let job = api::start_audit(&project, AuditRequest { paths: args.paths, again: args.again, only }, wake())?;
    match watch(context, job.handle)? {
        Ended::Completed(summary) => {
            let today = clock::today();
            api::export_audit(&project, &summary.rows, &pack, today, &args.output, args.overwrite)?;
            let judged: Vec<Audited> = summary.rows.iter().map(|row| api::judge(row, &pack, today)).collect();
            context.say(&describe(&summary, &judged, &pack));
            context.say(&format!("written to  {}", args.output.display()));
            let failed = failed(&summary);
            show_failed(context, &failed, summary.failed);
            let mut body = json!(summary);
            body["rules"] = json!({"name": pack.name, "date": pack.date.to_string()});
            for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Fail] {
                body[outcome.name()] = json!(count(&judged, outcome));
            }
            body["broken"] =
                broken(&judged, &pack).into_iter().map(|(rule, n)| json!({"rule": rule, "photos": n})).collect();
            body["file"] = json!(args.output);
            body["errors"] = json!(failed);
            Ok(Done { summary: body, partial: summary.failed > 0 })
        }
        Ended::Cancelled(summary) => {
            let done = summary.measured + summary.reused;
            Err(stopped(&format!("{done} photos are measured; the same command goes on.")))
        }
    }
}

fn measure(name: &str) -> Result<Attribute> {
    Attribute::from_name(name.trim()).ok_or_else(|| {
        let known: Vec<&str> = Attribute::all().map(Attribute::name).collect();
        Error::usage(format!("there is no measure named {name}")).hint(format!("Known are {}.", known.join(", ")))
    })
}

fn count(judged: &[Audited], outcome: Outcome) -> usize {
    judged.iter().filter(|row| row.outcome() == Some(outcome)).count()
}

/// Rules that some photo breaks, with how many do; the most broken first.
fn broken<'a>(judged: &[Audited], pack: &'a RulePack) -> Vec<(&'a str, usize)> {
    let breaks =
        |rule| judged.iter().filter(|row| row.broken().any(|verdict| std::ptr::eq(&*verdict.rule, rule))).count();
    let mut counts: Vec<_> = pack.rules.iter().map(|rule| (rule.message.as_str(), breaks(&**rule))).collect();
    counts.retain(|(_, count)| *count > 0);
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn describe(summary: &AuditSummary, judged: &[Audited], pack: &RulePack) -> String {
    let reused = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
    let failed = if summary.failed > 0 { format!(", {} failed", summary.failed) } else { String::new() };
    let outcomes = [Outcome::Pass, Outcome::Warn, Outcome::Fail];
    let counts = outcomes.map(|outcome| format!("{} {}", count(judged, outcome), outcome.name())).join(", ");
    let rows: Vec<Vec<String>> =
        broken(judged, pack).into_iter().map(|(rule, photos)| vec![rule.to_owned(), photos.to_string()]).collect();
    let table = layout(&[("broken rule", Side::Left), ("photos", Side::Right)], &rows);
    let table = if rows.is_empty() { String::new() } else { format!("\n\n{table}\n") };
    format!(
        "rules       {}, as of {}\nphotos      {} measured{reused}{failed}\nverdicts    {counts}{table}",
        pack.title, pack.date, summary.measured
    )
}

fn failed(summary: &AuditSummary) -> Vec<FailedPhoto> {
    let failed = summary.rows.iter();
    failed.filter_map(|row| Some(FailedPhoto { path: row.path.clone(), reason: row.error.clone()? })).collect()
}
