//! Results out: score and audit tables, and the HTML pages.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use jiff::civil::Date;

use super::{AuditRow, Project, clock, load_thumbnail, run_view};
use crate::domain::{Run, RunId, ScoreRow};
use crate::error::Result;
use crate::export::{
    AuditInput, Audited, ReportInput, write_audit, write_report as write_html, write_runs, write_scores,
};
use crate::rules::RulePack;

pub use crate::export::{check_audit_file, check_score_file};

/// Longest side of a thumbnail in a report, in pixels.
const REPORT_THUMB: u32 = 240;

/// Writes scores to a file by its extension (CSV, JSON or Parquet).
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_scores(rows: &[ScoreRow], file: &Path, overwrite: bool) -> Result<()> {
    write_scores(file, rows, overwrite)
}

/// Writes runs to a file by its extension (CSV or JSON).
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_runs(runs: &[&Run], file: &Path, overwrite: bool) -> Result<()> {
    write_runs(file, runs, overwrite)
}

/// Judges audited photos by a rule pack on a day and writes them by the file's extension (CSV, JSON, Parquet or HTML).
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_audit(
    project: &Project,
    rows: &[AuditRow],
    pack: &RulePack,
    today: Date,
    file: &Path,
    overwrite: bool,
) -> Result<()> {
    let judged: Vec<Audited> = rows.iter().map(|row| judge(row, pack, today)).collect();
    let thumbs = |row: &Audited| thumbnail_jpeg(project, &row.path, &row.sha256);
    let input = AuditInput { pack, made_at_ms: clock::now_ms(), rows: &judged, thumbs: &thumbs };
    write_audit(file, &input, overwrite)
}

/// What the rules say about an audited photo on a day.
pub fn judge(row: &AuditRow, pack: &RulePack, today: Date) -> Audited {
    Audited {
        path: row.path.clone(),
        sha256: row.sha256.clone(),
        attributes: row.attributes,
        verdicts: row.attributes.map(|attributes| pack.judge(&attributes, today)).unwrap_or_default(),
        error: row.error.clone(),
    }
}

/// A JPEG thumbnail for a page; nothing when the photo cannot be read any more.
pub(super) fn thumbnail_jpeg(project: &Project, path: &Path, sha256: &str) -> Option<Vec<u8>> {
    let picture = load_thumbnail(project, path, sha256, REPORT_THUMB).ok()?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85)
        .encode(&picture.rgb, picture.width, picture.height, image::ExtendedColorType::Rgb8)
        .ok()?;
    Some(jpeg)
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
    let thumbs = |row: &ScoreRow| thumbnail_jpeg(project, &row.path, &row.sha256);
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
