//! `packshot audit`: measures folders, judges them by a rule pack, and writes one row a photo.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{Ended, stopped, wake, watch};
use crate::api::{self, AuditRequest, AuditSummary, Audited, Broken, FailedPhoto, clock};
use crate::domain::Attribute;
use crate::error::{Error, Result};
use crate::rules::{Outcome, RulePack};

pub(super) fn run(context: &Context, args: args::Audit) -> Result<Done> {
    refuse_missing(&args.paths)?;
    // Before any work: hours of measuring must not end at a file that may not be written.
    api::check_audit_file(&args.output, args.overwrite)?;
    let (project, _log) = context.project()?;
    let mut pack = api::find_rule_pack(&project.config, args.rules.as_deref().unwrap_or(&project.config.score.rules))?;
    let whole = pack.rules.len();
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
            context.say(&describe(&summary, &judged, &pack, whole));
            context.say(&format!("written to  {}", args.output.display()));
            let failed = failed(&summary);
            show_failed(context, &failed, summary.failed);
            let mut body = json!(summary);
            body["rules"] = json!({"name": pack.name, "date": pack.date.to_string()});
            for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Fail] {
                body[outcome.name()] = json!(count(&judged, outcome));
            }
            let broken = broken(&judged, &pack).into_iter();
            body["broken"] = broken
                .map(|(rule, n)| json!({"rule": rule, "photos": n.failed + n.warned, "failed": n.failed, "warned": n.warned}))
                .collect();
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

/// Rules that some photo breaks, with how many do; those that most fail for first, then those that warn of most.
fn broken<'a>(judged: &[Audited], pack: &'a RulePack) -> Vec<(&'a str, Broken)> {
    let counts = pack.rules.iter().map(|rule| (rule.message.as_str(), api::count_broken(judged, rule)));
    let mut counts: Vec<_> = counts.filter(|(_, count)| *count != Broken::default()).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse((count.failed, count.warned)));
    counts
}

/// `whole`: the rules of the pack before it was cut to what is measured.
fn describe(summary: &AuditSummary, judged: &[Audited], pack: &RulePack, whole: usize) -> String {
    let cut = match pack.rules.len() {
        used if used == whole => String::new(),
        0 => ": none of its rules asks for these measures, so there is no verdict".to_owned(),
        used => format!(": {used} of its {whole} rules, those that these measures can tell"),
    };
    let reused = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
    let failed = if summary.failed > 0 { format!(", {} failed", summary.failed) } else { String::new() };
    let outcomes = [Outcome::Pass, Outcome::Warn, Outcome::Fail];
    let counts = outcomes.map(|outcome| format!("{} {}", count(judged, outcome), outcome.name())).join(", ");
    let cells = |(rule, count): (&str, Broken)| vec![rule.to_owned(), shown(count.failed), shown(count.warned)];
    let rows: Vec<Vec<String>> = broken(judged, pack).into_iter().map(cells).collect();
    let table = layout(&[("broken rule", Side::Left), ("fail", Side::Right), ("warn", Side::Right)], &rows);
    let table = if rows.is_empty() { String::new() } else { format!("\n\n{table}\n") };
    format!(
        "rules       {}, as of {}{cut}\nphotos      {} measured{reused}{failed}\nverdicts    {counts}{table}",
        pack.title, pack.date, summary.measured
    )
}

/// A count; nothing for none, so that a column shows at a glance what is in it.
fn shown(count: usize) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn failed(summary: &AuditSummary) -> Vec<FailedPhoto> {
    let failed = summary.rows.iter();
    failed.filter_map(|row| Some(FailedPhoto { path: row.path.clone(), reason: row.error.clone()? })).collect()
}
