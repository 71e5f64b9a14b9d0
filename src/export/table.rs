//! Tables of any columns as CSV, JSON or Parquet, with the same numbers in each.
//!
//! Knows cells, not what they mean.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};
use crate::files::{check_folder_of, write_atomically};

/// The extensions [`write`] knows.
pub(super) const EXTENSIONS: [&str; 3] = ["csv", "json", "parquet"];

/// Rows of a Parquet row group.
const ROW_GROUP: usize = 100_000;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A number written with so many decimals.
    Number(usize),
}

/// A column's name and kind.
pub(super) type Column = (&'static str, Kind);

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Text.
    Text(String),
    /// A number; one that is not finite counts as empty.
    Number(f64),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Text, or nothing where it is empty.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A number, or nothing.
    pub(super) fn number(value: Option<f64>) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::Empty, Self::Number)
    }
}

/// The extension of a file, in lower case.
pub(super) fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Refuses a file whose extension is none of `known`, or whose folder cannot be written to; `what` is the thing to write:
/// "a score table".
pub(super) fn refuse_unknown(path: &Path, what: &str, known: &[&str]) -> Result<()> {
    if known.contains(&extension(path).as_str()) {
        return check_folder_of(path);
    }
    Err(Error::usage(format!("{} has no known extension for {what}", path.display()))
        .hint(format!("Use one of .{}", known.join(", ."))))
}

/// Writes a table by the file's extension: `.csv`, `.json` (an array of objects) or `.parquet` (Snappy; every column
/// optional, numbers as doubles, text as UTF-8).
///
/// What is absent is empty in CSV and `null` in the others. Texts stand there as they are, also those that begin with
/// `=`, `+`, `-` or `@`: a changed path would name another file. Import the column as text where a spreadsheet would
/// take it for a formula.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub(super) fn write(
    path: &Path,
    columns: &[Column],
    rows: &mut dyn Iterator<Item = Vec<Cell>>,
    overwrite: bool,
) -> Result<()> {
    refuse_unknown(path, "a table", &EXTENSIONS)?;
    write_atomically(path, overwrite, |out| match extension(path).as_str() {
        "csv" => write_csv(out, columns, rows),
        "json" => write_json(out, &mut rows.map(|cells| object(columns, cells))),
        _ => write_parquet(out, columns, rows).map_err(io::Error::other),
    })
}

fn write_csv(out: &mut dyn Write, columns: &[Column], rows: &mut dyn Iterator<Item = Vec<Cell>>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    for cells in rows {
        writer.write_record(cells.into_iter().zip(columns).map(|(cell, (_, kind))| match (cell, kind) {
            (Cell::Text(text), _) => text,
            (Cell::Number(value), Kind::Number(decimals)) => format!("{value:.decimals$}"),
            (Cell::Number(value), Kind::Text) => value.to_string(),
            (Cell::Empty, _) => String::new(),
        }))?;
    }
    writer.flush()
}

/// Writes objects as a JSON array, one a line.
pub(super) fn write_json(out: &mut dyn Write, objects: &mut dyn Iterator<Item = Map<String, Value>>) -> io::Result<()> {
    out.write_all(b"[")?;
    let mut any = false;
    for object in objects {
        out.write_all(if any { b",\n" } else { b"\n" })?;
        serde_json::to_writer(&mut *out, &object)?;
        any = true;
    }
    out.write_all(if any { b"\n]\n" } else { b"]\n" })
}

/// A row as a JSON object, with the numbers as CSV has them.
pub(super) fn object(columns: &[Column], cells: Vec<Cell>) -> Map<String, Value> {
    let value = |(cell, kind): (Cell, Kind)| match cell {
        Cell::Text(text) => Value::String(text),
        Cell::Number(value) => rounded(value, kind).map_or(Value::Null, Value::Number),
        Cell::Empty => Value::Null,
    };
    columns.iter().zip(cells).map(|(&(name, kind), cell)| (name.to_owned(), value((cell, kind)))).collect()
}

fn rounded(value: f64, kind: Kind) -> Option<Number> {
    match kind {
        Kind::Number(decimals) => Number::from_f64(format!("{value:.decimals$}").parse().ok()?),
        Kind::Text => Number::from_f64(value),
    }
}

fn write_parquet(
    out: &mut dyn Write,
    columns: &[Column],
    rows: &mut dyn Iterator<Item = Vec<Cell>>,
) -> std::result::Result<(), ParquetError> {
    let fields = columns.iter().map(|&(name, kind)| {
        let physical = if kind == Kind::Text { PhysicalType::BYTE_ARRAY } else { PhysicalType::DOUBLE };
        let logical = (kind == Kind::Text).then_some(LogicalType::String);
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        field.with_logical_type(logical).build().map(Arc::new)
    });
    let fields = fields.collect::<std::result::Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("packshot").with_fields(fields).build()?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    // The writer wants a sized sender of bytes it may keep: a buffer is written out at the end.
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
    loop {
        let group: Vec<Vec<Cell>> = rows.take(ROW_GROUP).collect();
        if group.is_empty() {
            break;
        }
        let mut writer = file.next_row_group()?;
        for (index, (_, kind)) in columns.iter().enumerate() {
            let Some(mut column) = writer.next_column()? else { break };
            let cells = group.iter().map(|row| &row[index]);
            let present: Vec<i16> = cells.clone().map(|cell| i16::from(*cell != Cell::Empty)).collect();
            match kind {
                Kind::Text => {
                    let texts: Vec<ByteArray> = cells.filter_map(as_bytes).collect();
                    column.typed::<ByteArrayType>().write_batch(&texts, Some(&present), None)?;
                }
                Kind::Number(_) => {
                    let numbers: Vec<f64> = cells
                        .filter_map(|cell| match cell {
                            Cell::Number(value) => rounded(*value, *kind).and_then(|number| number.as_f64()),
                            _ => None,
                        })
                        .collect();
                    column.typed::<DoubleType>().write_batch(&numbers, Some(&present), None)?;
                }
            }
            column.close()?;
        }
        writer.close()?;
    }
    file.close()?;
    out.write_all(&bytes)?;
    Ok(())
}

fn as_bytes(cell: &Cell) -> Option<ByteArray> {
    match cell {
        Cell::Text(text) => Some(ByteArray::from(text.as_str())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::*;
    use crate::error::Code;

    const COLUMNS: [Column; 3] = [("path", Kind::Text), ("fill", Kind::Number(2)), ("error", Kind::Text)];

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec![Cell::text("=a, \"b\"\n.jpg"), Cell::number(Some(0.876)), Cell::Empty],
            vec![Cell::text("ü.jpg"), Cell::number(Some(f64::NAN)), Cell::text("ends too early")],
        ]
    }

    fn written(name: &str, rows: Vec<Vec<Cell>>) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join(name);
        write(&path, &COLUMNS, &mut rows.clone().into_iter(), false).expect("writes");
        let error = write(&path, &COLUMNS, &mut rows.into_iter(), false).expect_err("exists");
        assert_eq!(error.code, Code::Usage);
        std::fs::read(&path).expect("reads")
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_before_any_work_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("temp dir");
        let error = refuse_unknown(&folder.path().join("gone/x.csv"), "a table", &EXTENSIONS).expect_err("refuses");
        assert!(error.summary.contains("gone") && error.summary.contains("x.csv"), "{error}");
        refuse_unknown(&folder.path().join("x.csv"), "a table", &EXTENSIONS).expect("a folder to write to");
        assert_eq!(folder.path().read_dir().expect("reads").count(), 0);
        refuse_unknown(Path::new("/dev/null"), "nothing", &[""]).expect("devices are written in place");
    }

    #[test]
    fn csv_and_json_say_the_same() {
        let csv = String::from_utf8(written("x.CSV", rows())).expect("text");
        assert_eq!(csv, "path,fill,error\n\"=a, \"\"b\"\"\n.jpg\",0.88,\nü.jpg,,ends too early\n");
        let json = String::from_utf8(written("x.json", rows())).expect("text");
        let expected = "[\n{\"path\":\"=a, \\\"b\\\"\\n.jpg\",\"fill\":0.88,\"error\":null},\n\
                        {\"path\":\"ü.jpg\",\"fill\":null,\"error\":\"ends too early\"}\n]\n";
        assert_eq!(json, expected);
        assert_eq!(written("x.json", Vec::new()), b"[]\n");
    }

    fn on_disk(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().expect("temp file");
        file.write_all(bytes).expect("writes");
        file
    }

    #[test]
    fn parquet_reads_back_with_types_and_nulls() {
        let reader = SerializedFileReader::new(on_disk(&written("x.parquet", rows()))).expect("opens");
        let read: Vec<_> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("row")).collect();
        let cells: Vec<Vec<Field>> =
            read.iter().map(|row| row.get_column_iter().map(|(_, field)| field.clone()).collect()).collect();
        let text = |text: &str| Field::Str(text.to_owned());
        assert_eq!(cells[0], [text("=a, \"b\"\n.jpg"), Field::Double(0.88), Field::Null]);
        assert_eq!(cells[1], [text("ü.jpg"), Field::Null, text("ends too early")]);
        let empty = SerializedFileReader::new(on_disk(&written("y.parquet", Vec::new()))).expect("opens");
        assert_eq!(empty.metadata().file_metadata().num_rows(), 0);
    }

    #[test]
    fn unknown_extensions_are_refused_with_those_that_are_known() {
        for name in ["scores.xlsx", "scores"] {
            let error = write(Path::new(name), &COLUMNS, &mut rows().into_iter(), true).expect_err("unknown");
            assert_eq!(error.code, Code::Usage);
            assert!(error.details.is_some_and(|text| text.contains(".csv, .json, .parquet")));
        }
    }
}
