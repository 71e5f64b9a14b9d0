//! An evaluation as a file: an HTML page, a CSV with one row a photo, or JSON with everything.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::table::{self, Cell, Column, Kind};
use super::{evaluation_page, page};
use crate::domain::{Comparison, EvaluatedPhoto, Evaluation, Split};
use crate::error::Result;
use crate::files::{check_output, write_atomically};

/// The file extensions [`write_evaluation`] knows.
const EXTENSIONS: [&str; 3] = ["html", "csv", "json"];

/// What a file about an evaluation says.
pub struct EvaluationInput<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The name of the model it is compared with.
    pub against: Option<&'a str>,
    /// The label file.
    pub labels: &'a Path,
    /// When the file is made, milliseconds since 1970.
    pub made_at_ms: i64,
    /// The photos that were scored.
    pub photos: &'a [EvaluatedPhoto],
    /// Photos that could not be scored, and why.
    pub failed: &'a [(PathBuf, String)],
    /// The numbers.
    pub evaluation: &'a Evaluation,
    /// The numbers beside those of the other model.
    pub comparison: Option<&'a Comparison>,
    /// What a reader must know to trust the numbers, in sentences.
    pub notes: &'a [String],
    /// A JPEG thumbnail of a photo; asked only for the photos that a page shows.
    pub thumbs: &'a dyn Fn(&EvaluatedPhoto) -> Option<Vec<u8>>,
}

impl EvaluationInput<'_> {
    /// The verdict on the model in plain words, when there is another one.
    pub(super) fn verdict(&self) -> Option<String> {
        self.comparison.zip(self.against).map(|(comparison, against)| comparison.text(against))
    }
}

/// Refuses a file that [`write_evaluation`] would not write, before any work.
///
/// # Errors
/// [`crate::error::Code::Usage`] when its extension is unknown, or when it exists and `overwrite` is not set.
pub fn check_evaluation_file(file: &Path, overwrite: bool) -> Result<()> {
    table::refuse_unknown(file, "an evaluation", &EXTENSIONS)?;
    check_output(file, overwrite)
}

/// Writes an evaluation by the file's extension: `.html`, `.csv` (one row a photo) or `.json` (everything).
///
/// # Errors
/// When [`check_evaluation_file`] refuses the file, or it cannot be written.
pub fn write_evaluation(file: &Path, input: &EvaluationInput<'_>, overwrite: bool) -> Result<()> {
    check_evaluation_file(file, overwrite)?;
    match table::extension(file).as_str() {
        "html" => page::write(file, evaluation_page::page(input), overwrite),
        "json" => write_atomically(file, overwrite, |out| {
            serde_json::to_writer_pretty(&mut *out, &body(input)).map_err(io::Error::from)?;
            out.write_all(b"\n")
        }),
        _ => {
            let failed = input.failed.iter().map(|(path, reason)| lost(path, reason));
            table::write(file, &columns(), &mut input.photos.iter().map(cells).chain(failed), overwrite)
        }
    }
}

fn body(input: &EvaluationInput<'_>) -> serde_json::Value {
    json!({
        "model": input.model,
        "against": input.against,
        "labels": input.labels,
        "made_at": page::rfc3339(input.made_at_ms),
        "notes": input.notes,
        "verdict": input.verdict(),
        "evaluation": input.evaluation,
        "comparison": input.comparison,
        "photos": input.photos,
        "failed": input.failed.iter().map(|(path, reason)| json!({"path": path, "reason": reason})).collect::<Vec<_>>(),
    })
}

fn columns() -> Vec<Column> {
    let texts = |names: &[&'static str]| names.iter().map(|name| (*name, Kind::Text)).collect::<Vec<_>>();
    let numbers = ["label", "score", "low", "high", "residual", "against", "against_residual"];
    let numbers = numbers.map(|name| (name, Kind::Number(4))).to_vec();
    [texts(&["path", "group", "subset"]), numbers, texts(&["covered", "seen", "content_sha256", "error"])].concat()
}

fn cells(photo: &EvaluatedPhoto) -> Vec<Cell> {
    let against = photo.against.map(|score| score.value);
    let numbers = [
        Some(photo.label),
        Some(photo.score.value),
        Some(photo.score.low),
        Some(photo.score.high),
        Some(photo.residual()),
        against,
        against.map(|against| against - photo.label),
    ];
    let first = [
        Cell::text(photo.path.to_string_lossy()),
        Cell::text(&photo.group),
        Cell::text(photo.subset.as_deref().unwrap_or_default()),
    ];
    let last = [
        Cell::text(if photo.is_covered() { "yes" } else { "no" }),
        Cell::text(photo.seen.map(Split::name).unwrap_or_default()),
        Cell::text(&photo.content_sha256),
        Cell::Empty,
    ];
    first.into_iter().chain(numbers.map(Cell::number)).chain(last).collect()
}

fn lost(path: &Path, reason: &str) -> Vec<Cell> {
    let mut cells = vec![Cell::Empty; columns().len()];
    cells[0] = Cell::text(path.to_string_lossy());
    if let Some(last) = cells.last_mut() {
        *last = Cell::text(reason);
    }
    cells
}

#[cfg(test)]
mod tests;
