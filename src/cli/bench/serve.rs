//! `packshot bench serve`: a scoring server measured.

use serde_json::json;

use crate::cli::args::Bench;
use crate::cli::context::{Context, Done};
use crate::cli::table::{Side, layout};
use crate::cli::watch::{Ended, stopped, wake, watch};
use crate::error::{Error, Result};
use crate::jobs::{self, Outcome};
use crate::server::{LoadReport, LoadRequest, load};

pub(super) fn run(context: &Context, command: Bench) -> Result<Done> {
    #[cfg_attr(not(feature = "gui"), expect(irrefutable_let_patterns, reason = "the other command is of the window"))]
    let Bench::Serve { url, photos, requests, concurrency, corrupt, key } = command else {
        return Err(Error::internal("this is no server to measure"));
    };
    let listing = crate::imaging::list_photos(&photos, &mut |_| true);
    let request = LoadRequest {
        url,
        photos: listing.files,
        requests,
        concurrency: 1,
        corrupt: corrupt / 100.0,
        key: key.or_else(|| std::env::var("PACKSHOT_API_KEY").ok()),
    };
    let total = concurrency.len() as u64;
    let job = jobs::spawn("packshot-bench", wake(), move |reporter| {
        let mut reports = Vec::new();
        for (done, at_a_time) in concurrency.iter().enumerate() {
            reporter.progress("Measuring", done as u64, total, format!("{at_a_time} at a time"));
            reports.push(load(&LoadRequest { concurrency: *at_a_time, ..request.clone() }, &reporter.control)?);
            if reporter.control.is_cancelled() {
                return Ok(Outcome::Cancelled(reports));
            }
        }
        Ok(Outcome::Completed(reports))
    })?;
    match watch(context, job)? {
        Ended::Completed(reports) => finish(context, &reports),
        Ended::Cancelled(_) => Err(stopped("Nothing was changed.")),
    }
}

fn finish(context: &Context, reports: &[LoadReport]) -> Result<Done> {
    let rows: Vec<Vec<String>> = reports.iter().map(row).collect();
    let columns = ["AT A TIME", "ANSWERS", "A SECOND", "P50 MS", "P95 MS", "P99 MS", "LOST", "WRONG", "STATUSES"];
    context.say(&layout(&columns.map(|name| (name, Side::Right)), &rows));
    let wrong: u64 = reports.iter().map(|report| report.wrong + report.lost).sum();
    if wrong > 0 && !context.is_json() {
        return Err(Error::bad_data(format!("{wrong} answers are wrong or missing")));
    }
    Ok(Done { summary: json!({ "reports": reports }), partial: wrong > 0 })
}

fn row(report: &LoadReport) -> Vec<String> {
    let statuses = report.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect::<Vec<_>>();
    vec![
        report.concurrency.to_string(),
        report.answers.to_string(),
        format!("{:.0}", report.per_second),
        format!("{:.1}", report.p50_ms),
        format!("{:.1}", report.p95_ms),
        format!("{:.1}", report.p99_ms),
        report.lost.to_string(),
        report.wrong.to_string(),
        statuses.join(", "),
    ]
}
