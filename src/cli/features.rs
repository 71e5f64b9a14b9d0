//! `packshot features`: photos as rows of numbers, by a network trained elsewhere.

use std::time::Instant;

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::watch::{finish, wake};
use crate::api::{self, FeaturesRequest, FeaturesSummary};
use crate::error::Result;

pub(super) fn run(mut context: Context, args: args::Features) -> Result<Done> {
    refuse_missing(args.paths.iter().chain([&args.backbone]))?;
    // Before any work: hours of computing must not end at a file that may not be written.
    api::check_features_file(&args.output, args.overwrite)?;
    context.set("score.device", args.device);
    let (project, _log) = context.project()?;
    let request =
        FeaturesRequest { paths: args.paths, backbone: args.backbone, output: args.output, overwrite: args.overwrite };
    let start = Instant::now();
    let handle = api::start_features(&project, request, wake())?;
    let summary = finish(&context, handle, "Nothing was written.")?;
    let seconds = start.elapsed().as_secs_f64();
    context.say(&describe(&summary, seconds));
    show_failed(&context, &summary.failed, summary.failed.len() as u64);
    let mut body = json!(summary);
    body["seconds"] = json!(seconds);
    Ok(Done { summary: body, partial: !summary.failed.is_empty() })
}

fn describe(summary: &FeaturesSummary, seconds: f64) -> String {
    let speed = summary.photos as f64 / seconds.max(1e-3);
    format!(
        "network     {}\ndevice      {}\nphotos      {} of {} features each, {speed:.1} a second\nwritten to  {}\nrows        {}",
        summary.extractor,
        summary.device,
        summary.photos,
        summary.features,
        summary.file.display(),
        summary.list.display()
    )
}
