//! Results out: score tables and the HTML report.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;

use super::{Project, clock, load_thumbnail, run_view};
use crate::domain::{RunId, ScoreRow};
use crate::error::Result;
pub use crate::export::check_score_file;
use crate::export::{ReportInput, write_report as write_html, write_scores};

/// Longest side of a thumbnail in a report, in pixels.
const REPORT_THUMB: u32 = 240;

/// Writes scores to a file by its extension (CSV, JSON or Parquet).
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_scores(rows: &[ScoreRow], file: &Path, overwrite: bool) -> Result<()> {
    write_scores(file, rows, overwrite)
}

/// Writes the HTML report of scored photos and, when one is named, of the run behind them.
///
/// # Errors
/// When there is no such run, the file exists and `overwrite` is not set, or it cannot be written.
pub fn write_report(
    project: &Project,
    run: Option<&RunId>,
    rows: &[ScoreRow],
    file: &Path,
    overwrite: bool,
) -> Result<()> {
    let view = run.map(|id| run_view(project, id)).transpose()?;
    let thumbs = |row: &ScoreRow| {
        let picture = load_thumbnail(project, &row.path, &row.sha256, REPORT_THUMB).ok()?;
        let mut jpeg = Vec::new();
        let size = (picture.width, picture.height);
        JpegEncoder::new_with_quality(&mut jpeg, 85)
            .encode(&picture.rgb, size.0, size.1, image::ExtendedColorType::Rgb8)
            .ok()?;
        Some(jpeg)
    };
    let title = project.root().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let input = ReportInput {
        title: &title,
        made_at_ms: clock::now_ms(),
        run: view.as_ref().map(|view| &view.run),
        points: view.as_ref().map_or(&[], |view| &view.points),
        rows,
        thumbs: &thumbs,
    };
    write_html(file, &input, overwrite)
}
