//! One row a photo: its score, or why there is none.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Number, Value};

use crate::domain::{Attribute, ScoreRow};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// The columns of a score table, in CSV and as JSON keys.
pub const COLUMNS: [&str; 16] = [
    "path",
    "score",
    "low",
    "high",
    "model",
    "reason",
    "sharpness",
    "brightness",
    "contrast",
    "clipped",
    "white_border",
    "fill",
    "megapixels",
    "content_sha256",
    "scored_at",
    "error",
];

/// The file extensions [`write_scores`] knows.
pub const SCORE_EXTENSIONS: [&str; 2] = ["csv", "json"];

enum Cell {
    Text(String),
    /// A number and how many decimals it is written with.
    Number(f64, usize),
    Empty,
}

/// Writes score rows by the file's extension: `.csv`, or `.json` (an array of objects with the same names).
///
/// Numbers have fixed decimals: score, low, high and megapixels 3, sharpness, brightness and contrast 2, shares 4.
/// What is absent, or not a finite number, is empty in CSV and `null` in JSON. Paths and texts stand there as they are,
/// also those that begin with `=`, `+`, `-` or `@`: a changed path would name another file. Import the column as text
/// where a spreadsheet would take it for a formula.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub fn write_scores(path: &Path, rows: &[ScoreRow], overwrite: bool) -> Result<()> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "csv" => write_atomically(path, overwrite, |out| write_csv(out, rows)),
        "json" => write_atomically(path, overwrite, |out| write_json(out, rows)),
        _ => Err(Error::usage(format!("{} is no score table that Packshot can write", path.display()))
            .hint(format!("Known extensions are .{}.", SCORE_EXTENSIONS.join(" and .")))),
    }
}

fn write_csv(out: &mut dyn Write, rows: &[ScoreRow]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(cells(row).map(|cell| match cell {
            Cell::Text(text) => text,
            Cell::Number(value, decimals) if value.is_finite() => format!("{value:.decimals$}"),
            Cell::Number(..) | Cell::Empty => String::new(),
        }))?;
    }
    writer.flush()
}

fn write_json(out: &mut dyn Write, rows: &[ScoreRow]) -> io::Result<()> {
    out.write_all(b"[")?;
    for (index, row) in rows.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        let values = cells(row).map(|cell| match cell {
            Cell::Text(text) => Value::String(text),
            Cell::Number(value, decimals) => rounded(value, decimals).map_or(Value::Null, Value::Number),
            Cell::Empty => Value::Null,
        });
        let object: Map<String, Value> = COLUMNS.map(str::to_owned).into_iter().zip(values).collect();
        serde_json::to_writer(&mut *out, &object)?;
    }
    out.write_all(if rows.is_empty() { b"]\n" } else { b"\n]\n" })
}

/// The number as the CSV has it, so that both tables say the same.
fn rounded(value: f64, decimals: usize) -> Option<Number> {
    Number::from_f64(format!("{value:.decimals$}").parse().ok()?)
}

fn cells(row: &ScoreRow) -> [Cell; COLUMNS.len()] {
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    let number = |value: Option<f64>, decimals| value.map_or(Cell::Empty, |value| Cell::Number(value, decimals));
    let (score, measured) = (row.score, row.attributes);
    let scored_at = jiff::Timestamp::from_millisecond(row.at_ms).map(|time| time.to_string()).unwrap_or_default();
    [
        Cell::Text(row.path.to_string_lossy().into_owned()),
        number(score.map(|score| score.value), 3),
        number(score.map(|score| score.low), 3),
        number(score.map(|score| score.high), 3),
        text(&row.model.0),
        text(row.reason.as_deref().unwrap_or_default()),
        number(measured.and_then(|measured| measured.get(Attribute::Sharpness)), 2),
        number(measured.and_then(|measured| measured.get(Attribute::Brightness)), 2),
        number(measured.and_then(|measured| measured.get(Attribute::Contrast)), 2),
        number(measured.and_then(|measured| measured.get(Attribute::Clipped)), 4),
        number(measured.and_then(|measured| measured.get(Attribute::WhiteBorder)), 4),
        number(measured.and_then(|measured| measured.get(Attribute::Fill)), 4),
        number(measured.and_then(|measured| measured.get(Attribute::Megapixels)), 3),
        text(&row.sha256),
        text(&scored_at),
        text(row.error.as_deref().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::{Attributes, ModelId, Score};
    use crate::error::Code;

    fn rows() -> Vec<ScoreRow> {
        let attributes = Attributes::default()
            .with(Attribute::Sharpness, 280.456)
            .with(Attribute::Brightness, 127.0)
            .with(Attribute::Clipped, 0.031_25)
            .with(Attribute::WhiteBorder, 1.0)
            .with(Attribute::Fill, 0.97)
            .with(Attribute::Megapixels, 1.4472);
        let good = ScoreRow {
            path: PathBuf::from("=a, \"b\"\n.jpg"),
            sha256: "ab".to_owned(),
            model: ModelId("m1".to_owned()),
            score: Some(Score { value: 38.123_45, low: 31.0, high: 46.5 }),
            attributes: Some(attributes),
            reason: Some("Blurred: sharpness 12, want 25 or more".to_owned()),
            error: None,
            at_ms: 1_700_000_000_123,
        };
        let bad = ScoreRow {
            path: PathBuf::from("ü.jpg"),
            sha256: String::new(),
            score: None,
            attributes: None,
            reason: None,
            error: Some("ends too early".to_owned()),
            ..good.clone()
        };
        vec![good, bad]
    }

    #[test]
    fn csv_has_fixed_columns_and_decimals_and_quotes_what_needs_it() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("scores.CSV");
        write_scores(&path, &rows(), false).expect("writes");
        let expected = "path,score,low,high,model,reason,sharpness,brightness,contrast,clipped,white_border,fill,\
            megapixels,content_sha256,scored_at,error\n\
            \"=a, \"\"b\"\"\n.jpg\",38.123,31.000,46.500,m1,\"Blurred: sharpness 12, want 25 or more\",280.46,127.00,,\
            0.0312,1.0000,0.9700,1.447,ab,2023-11-14T22:13:20.123Z,\n\
            ü.jpg,,,,m1,,,,,,,,,,2023-11-14T22:13:20.123Z,ends too early\n";
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), expected);
        assert_eq!(write_scores(&path, &[], false).expect_err("exists").code, Code::Usage);
        write_scores(&path, &[], true).expect("overwrites");
        assert_eq!(std::fs::read_to_string(&path).expect("reads").lines().count(), 1);
    }

    #[test]
    fn json_says_the_same_with_null_for_what_is_absent() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("scores.json");
        write_scores(&path, &rows(), false).expect("writes");
        let read: Value = serde_json::from_slice(&std::fs::read(&path).expect("reads")).expect("is JSON");
        assert_eq!(read[0]["path"], "=a, \"b\"\n.jpg");
        assert_eq!((&read[0]["score"], &read[0]["clipped"]), (&Value::from(38.123), &Value::from(0.0312)));
        assert_eq!((&read[0]["contrast"], &read[0]["error"]), (&Value::Null, &Value::Null));
        assert_eq!((&read[1]["score"], &read[1]["error"]), (&Value::Null, &Value::from("ends too early")));
        for row in read.as_array().expect("array") {
            let keys: Vec<_> = row.as_object().expect("object").keys().map(String::as_str).collect();
            assert_eq!(keys, COLUMNS);
        }
        write_scores(&path, &[], true).expect("writes");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), "[]\n");
    }

    #[test]
    fn unknown_extensions_are_refused_with_those_that_are_known() {
        for name in ["scores.xlsx", "scores"] {
            let error = write_scores(Path::new(name), &[], true).expect_err("unknown");
            assert_eq!(error.code, Code::Usage);
            assert!(error.details.is_some_and(|text| text.contains(".csv and .json")));
        }
    }
}
