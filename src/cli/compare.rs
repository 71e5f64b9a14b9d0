//! `packshot compare`: how far edited photos are from the photo they were made of.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::table::{Side, layout};
use super::watch::{finish, wake};
use crate::api::{self, CompareRequest, CompareRow, CompareSummary, FailedPhoto};
use crate::error::Result;

/// The shown columns: a metric's name, its heading, and its decimals. The file and `--json` have all metrics.
const COLUMNS: [(&str, &str, usize); 9] = [
    ("mse", "MSE", 2),
    ("mae", "MAE", 3),
    ("psnr", "PSNR", 2),
    ("psnr_luma", "PSNR-Y", 2),
    ("ssim", "SSIM", 4),
    ("ms_ssim", "MS-SSIM", 4),
    ("fsim", "FSIM", 4),
    ("fsimc", "FSIMc", 4),
    ("gmsd", "GMSD", 4),
];

pub(super) fn run(context: &Context, args: args::Compare) -> Result<Done> {
    refuse_missing([&args.reference].into_iter().chain(&args.edited))?;
    if let Some(file) = &args.output {
        api::check_comparison_file(file, args.overwrite)?;
    }
    let request = CompareRequest { reference: args.reference, edited: args.edited, resize: args.resize };
    let handle = api::start_comparing(request, &context.config()?.decode, wake())?;
    let summary = finish(context, handle, "Run the same command again, with fewer photos if it takes too long.")?;
    if let Some(file) = &args.output {
        api::export_comparison(&summary, file, args.overwrite)?;
    }
    if summary.compared > 0 {
        context.say(&table(&summary));
    }
    if let Some(file) = &args.output {
        context.say(&format!("written to {}", file.display()));
    }
    show_failed(context, &failed(&summary), summary.failed);
    let mut body = json!(summary);
    if let Some(file) = args.output {
        body["file"] = json!(file);
    }
    Ok(Done { summary: body, partial: summary.failed > 0 })
}

fn table(summary: &CompareSummary) -> String {
    let headings = COLUMNS.map(|(_, heading, _)| (heading, Side::Right));
    let columns: Vec<_> = std::iter::once(("PHOTO", Side::Left)).chain(headings).collect();
    layout(&columns, &summary.rows.iter().filter_map(cells).collect::<Vec<_>>())
}

/// A row for people; nothing for a photo that could not be compared.
fn cells(row: &CompareRow) -> Option<Vec<String>> {
    let difference = row.difference?;
    let number = |(name, _, decimals): (&str, &str, usize)| {
        let value = difference.value(name);
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let resized = row.resized_from.map_or_else(String::new, |(width, height)| format!(" ({width} × {height} resized)"));
    let photo = format!("{}{resized}", row.path.display());
    Some(std::iter::once(photo).chain(COLUMNS.map(number)).collect())
}

fn failed(summary: &CompareSummary) -> Vec<FailedPhoto> {
    let failed =
        summary.rows.iter().filter_map(|row| Some(FailedPhoto { path: row.path.clone(), reason: row.error.clone()? }));
    failed.collect()
}
