//! The list that goes with photos sorted by band: what lies where, and why.

use std::path::Path;

use super::table::{self, Cell, Kind};
use crate::domain::{Band, ScoreRow};
use crate::error::Result;

/// A photo of the list.
pub struct Sorted<'a> {
    /// Its score.
    pub row: &'a ScoreRow,
    /// Its band; none without a score.
    pub band: Option<Band>,
    /// What was written for it.
    pub written: Option<&'a Path>,
    /// Why nothing was.
    pub error: Option<&'a str>,
}

/// Writes the list as CSV, JSON or Parquet, by the file's extension.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a file that exists; else when it cannot be written.
pub fn write_triage(path: &Path, photos: &[Sorted<'_>]) -> Result<()> {
    let columns = [
        ("path", Kind::Text),
        ("band", Kind::Text),
        ("score", Kind::Number(3)),
        ("low", Kind::Number(3)),
        ("high", Kind::Number(3)),
        ("reason", Kind::Text),
        ("written", Kind::Text),
        ("error", Kind::Text),
        ("model", Kind::Text),
        ("content_sha256", Kind::Text),
    ];
    table::write(path, &columns, &mut photos.iter().map(cells), false)
}

fn cells(photo: &Sorted<'_>) -> Vec<Cell> {
    let score = photo.row.score;
    vec![
        Cell::text(photo.row.path.to_string_lossy()),
        Cell::text(photo.band.map(Band::name).unwrap_or_default()),
        Cell::number(score.map(|score| score.value)),
        Cell::number(score.map(|score| score.low)),
        Cell::number(score.map(|score| score.high)),
        Cell::text(photo.row.reason_text()),
        Cell::text(photo.written.map(|path| path.to_string_lossy()).unwrap_or_default()),
        Cell::text(photo.error.unwrap_or_default()),
        Cell::text(&photo.row.model.0),
        Cell::text(&photo.row.sha256),
    ]
}
