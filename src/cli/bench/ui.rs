//! `packshot bench ui`: the window measured on a large project.

use std::time::Duration;

use serde_json::json;

use crate::api::{self, HistorySize, Project};
use crate::cli::args;
use crate::cli::context::{Context, Done};
use crate::cli::table::{Side, layout};
use crate::cli::watch::{finish, wake};
use crate::error::{Error, Result};
use crate::ui::{BenchPlan, BenchReport, FrameTimes, Latency, Times, bench, bench_history};

pub(super) fn run(context: &Context, args: &args::BenchUi) -> Result<Done> {
    if args.photos < 100 {
        return Err(Error::usage("a window is measured with 100 photos or more"));
    }
    let root =
        context.named_root().unwrap_or_else(|| std::env::temp_dir().join(format!("packshot-bench-{}", args.photos)));
    let job = api::make_rehearsal(&root, args.photos, wake())?;
    let project: Project =
        finish(context, job, "Run the same command again; a project half made has to be deleted first.")?;
    if !args.keep_thumbnails {
        let thumbs = project.cache().join("thumbs");
        if thumbs.exists() {
            std::fs::remove_dir_all(&thumbs).map_err(|error| Error::io("delete", &thumbs, error))?;
        }
    }
    let plan = BenchPlan { fling: Duration::from_secs(args.seconds), keys: args.keys, present: args.present };
    let report = bench(project, plan, |stage| tracing::info!("{stage}"))?;
    context.say(&format!("{} photos in {}; {} tiles on screen", report.photos, root.display(), report.tiles));
    context.say(&format!("presented by {}", report.adapter.as_deref().unwrap_or("nothing")));
    context.say("");
    context.say(&table(&report));
    context.say("");
    context.say(&marks(&report));
    Ok(Done::ok(json!(report)))
}

/// A row of times in milliseconds.
fn row(name: &str, times: &Times) -> Vec<String> {
    let numbers = [times.p50, times.p95, times.p99, times.max].map(|ms| format!("{ms:.1}"));
    [name.to_owned(), times.n.to_string()].into_iter().chain(numbers).collect()
}

/// The rows of a part of the script.
fn frames(name: &str, frames: &FrameTimes) -> Vec<Vec<String>> {
    let mut rows = vec![row(&format!("{name}, frame by the clock"), &frames.wall)];
    rows.extend(frames.processor.as_ref().map(|times| row(&format!("{name}, frame's processor time"), times)));
    rows.extend(frames.present.as_ref().map(|times| row(&format!("{name}, presenting"), times)));
    rows
}

/// The columns of those rows.
const TIMES: [(&str, Side); 6] = [
    ("milliseconds", Side::Left),
    ("n", Side::Right),
    ("p50", Side::Right),
    ("p95", Side::Right),
    ("p99", Side::Right),
    ("max", Side::Right),
];

/// Times in milliseconds.
fn table(report: &BenchReport) -> String {
    let parts = [("opening", &report.opening), ("fling", &report.fling), ("filtering", &report.filtering)];
    let mut rows: Vec<Vec<String>> = parts.into_iter().flat_map(|(name, part)| frames(name, part)).collect();
    rows.push(row("arrow key to next photo, 5 a second", &report.next_photo));
    rows.push(row("arrow key to next photo, 30 a second", &report.repeated));
    rows.push(row("score key to next photo to label", &report.next_label));
    layout(&TIMES, &rows)
}

fn marks(report: &BenchReport) -> String {
    let mut rows = vec![
        ("start to the first frame".to_owned(), format!("{:.0} ms", report.first_frame_ms)),
        ("start to the first thumbnail".to_owned(), format!("{:.0} ms", report.first_thumbnail_ms)),
        ("start to a page of thumbnails".to_owned(), format!("{:.0} ms", report.thumbnails_ms)),
        ("start until all is read and judged".to_owned(), format!("{:.0} ms", report.opened_ms)),
        ("tiles with their photo while flinging".to_owned(), format!("{:.0} %", 100.0 * report.fling_drawn)),
        ("textures after the fling".to_owned(), format!("{} MB", report.textures / 1_000_000)),
    ];
    rows.extend(latencies(&report.filters));
    rows.extend(memory(report.memory));
    pairs(rows)
}

fn latencies(all: &[Latency]) -> impl Iterator<Item = (String, String)> + '_ {
    all.iter().map(|latency| (latency.what.clone(), format!("{:.0} ms", latency.ms)))
}

fn memory(used: Option<(u64, u64)>) -> Vec<(String, String)> {
    let text = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let rows = |(now, most)| vec![("memory".to_owned(), text(now)), ("memory at most".to_owned(), text(most))];
    used.map_or_else(Vec::new, rows)
}

/// What was measured, and the value at the right.
fn pairs(rows: Vec<(String, String)>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(what, value)| vec![what, value]).collect();
    layout(&[("", Side::Left), ("", Side::Right)], &rows)
}

/// `packshot bench history`: the history page measured on many runs.
pub(super) fn history(context: &Context, args: &args::BenchHistory) -> Result<Done> {
    if args.runs < 100 {
        return Err(Error::usage("a history is measured with 100 runs or more"));
    }
    let made_up = format!("packshot-bench-history-{}-{}", args.runs, args.points);
    let root = context.named_root().unwrap_or_else(|| std::env::temp_dir().join(made_up));
    let job = api::make_history(&root, HistorySize { runs: args.runs, points: args.points }, wake())?;
    let project = finish(context, job, "Run the same command again; a project half made has to be deleted first.")?;
    let fling = Duration::from_secs(args.seconds);
    let report = bench_history(project, fling, args.keys, |stage| tracing::info!("{stage}"))?;
    context.say(&format!("{} runs of {} points in {}\n", report.runs, report.points, root.display()));
    let parts = [("fling", &report.fling), ("changes", &report.changing), ("six runs together", &report.together)];
    let mut rows: Vec<Vec<String>> = parts.into_iter().flat_map(|(name, part)| frames(name, part)).collect();
    rows.push(row("arrow key to the next run's curves", &report.next_run));
    context.say(&layout(&TIMES, &rows));
    let mut rows = vec![("start until the runs are listed".to_owned(), format!("{:.0} ms", report.listed_ms))];
    rows.extend(latencies(&report.changes));
    rows.extend(memory(report.memory));
    context.say(&format!("\n{}", pairs(rows)));
    Ok(Done::ok(json!(report)))
}
