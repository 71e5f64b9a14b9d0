//! One row a photo: its score, or why there is none.

use std::path::Path;

use super::table::{self, Cell, Column, Kind};
use crate::domain::{Attribute, Attributes, ScoreRow};
use crate::error::Result;

/// The file extensions [`write_scores`] knows.
pub const SCORE_EXTENSIONS: [&str; 3] = table::EXTENSIONS;

/// Refuses a file whose extension no score table has.
///
/// # Errors
/// [`crate::error::Code::Usage`] that lists the known extensions.
pub fn check_score_file(path: &Path) -> Result<()> {
    table::refuse_unknown(path, "scores", &SCORE_EXTENSIONS)
}

/// The columns of a score table.
fn columns() -> Vec<Column> {
    let first = [
        ("path", Kind::Text),
        ("score", Kind::Number(3)),
        ("low", Kind::Number(3)),
        ("high", Kind::Number(3)),
        ("model", Kind::Text),
        ("reason", Kind::Text),
    ];
    let last = [("content_sha256", Kind::Text), ("scored_at", Kind::Text), ("error", Kind::Text)];
    first.into_iter().chain(attribute_columns()).chain(last).collect()
}

/// One column an attribute.
pub(super) fn attribute_columns() -> impl Iterator<Item = Column> {
    let facts = [("format", Kind::Text), ("colour_mode", Kind::Text)];
    facts.into_iter().chain(Attribute::all().map(|attribute| (attribute.name(), Kind::Number(attribute.decimals()))))
}

/// The cells for [`attribute_columns`].
pub(super) fn attribute_cells(attributes: Option<&Attributes>) -> impl Iterator<Item = Cell> + '_ {
    let file = attributes.and_then(|attributes| attributes.file);
    let facts = [file.map(|(format, _)| format.name()), file.map(|(_, mode)| mode.name())];
    let values = Attribute::all().map(move |attribute| Cell::number(attributes.and_then(|all| all.get(attribute))));
    facts.into_iter().map(|name| Cell::text(name.unwrap_or_default())).chain(values)
}

/// Writes score rows by the file's extension: CSV, JSON or Parquet.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub fn write_scores(path: &Path, rows: &[ScoreRow], overwrite: bool) -> Result<()> {
    table::write(path, &columns(), &mut rows.iter().map(cells), overwrite)
}

fn cells(row: &ScoreRow) -> Vec<Cell> {
    let scored_at = jiff::Timestamp::from_millisecond(row.at_ms).map(|time| time.to_string()).unwrap_or_default();
    let first = [
        Cell::text(row.path.to_string_lossy()),
        Cell::number(row.score.map(|score| score.value)),
        Cell::number(row.score.map(|score| score.low)),
        Cell::number(row.score.map(|score| score.high)),
        Cell::text(&row.model.0),
        Cell::text(row.reason_text()),
    ];
    let last = [Cell::text(&row.sha256), Cell::text(scored_at), Cell::text(row.error.as_deref().unwrap_or_default())];
    first.into_iter().chain(attribute_cells(row.attributes.as_ref())).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::{ModelId, Score};

    #[test]
    fn every_row_has_its_score_attributes_and_error_in_named_columns() {
        let attributes = Attributes::default().with(Attribute::Fill, 0.97).with(Attribute::Megapixels, 1.4472);
        let good = ScoreRow {
            path: PathBuf::from("a.jpg"),
            sha256: "ab".to_owned(),
            model: ModelId("m1".to_owned()),
            score: Some(Score { value: 38.123_45, low: 31.0, high: 46.5 }),
            attributes: Some(attributes),
            reason: Some("Blurred: sharpness 12, want 25 or more".to_owned()),
            error: None,
            at_ms: 1_700_000_000_123,
        };
        let bad = ScoreRow {
            score: None,
            attributes: None,
            reason: None,
            sha256: String::new(),
            error: Some("ends too early".to_owned()),
            ..good.clone()
        };
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("scores.csv");
        write_scores(&path, &[good, bad], false).expect("writes");
        let mut table = csv::Reader::from_path(&path).expect("reads");
        let names = table.headers().expect("has headers").clone();
        let rows: Vec<_> = table.records().map(|row| row.expect("row")).collect();
        let cell = |row: usize, name: &str| {
            let column = names.iter().position(|known| known == name).expect(name);
            rows[row][column].to_owned()
        };
        for (name, first, second) in [
            ("score", "38.123", ""),
            ("high", "46.500", ""),
            ("model", "m1", "m1"),
            ("reason", "Blurred: sharpness 12, want 25 or more", ""),
            ("fill", "0.9700", ""),
            ("megapixels", "1.447", ""),
            ("noise", "", ""),
            ("content_sha256", "ab", ""),
            ("scored_at", "2023-11-14T22:13:20.123Z", "2023-11-14T22:13:20.123Z"),
            ("error", "", "ends too early"),
        ] {
            assert_eq!((cell(0, name), cell(1, name)), (first.to_owned(), second.to_owned()), "{name}");
        }
    }
}
