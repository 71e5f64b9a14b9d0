//! Label files with columns: CSV, also as spreadsheets write it.

use std::collections::BTreeMap;
use std::path::Path;

use csv::StringRecord;

use super::{Column, LabelProblem, RawFile, RawRow, TagRow, write::COLUMNS};
use crate::domain::{LEVEL_WORDS, Scale};
use crate::error::{Error, Result};

/// Names a path goes by, best first; [`super::jsonl`] uses the same lists.
pub(super) const PATH_NAMES: [&str; 4] = ["path", "file_name", "file", "image"];
/// Names a score goes by.
pub(super) const SCORE_NAMES: [&str; 3] = ["score", "mos", "rating"];
/// Names a group goes by.
pub(super) const GROUP_NAMES: [&str; 2] = ["group", "sku"];

/// Where each known column stands.
struct Columns {
    path: usize,
    score: Option<usize>,
    label: Option<usize>,
    votes: Option<usize>,
    n: Option<usize>,
    rater: Option<usize>,
    rated_at: Option<usize>,
    group: Option<usize>,
    content_sha256: Option<usize>,
    scale: Option<usize>,
    flags: Option<usize>,
    count: usize,
    own: bool,
    decimal_comma: bool,
}

/// A reader of a CSV text, and whether it is a semicolon that parts its fields.
fn reader(text: &str) -> (csv::Reader<&[u8]>, bool) {
    let header_line = text.lines().next().unwrap_or_default();
    let semicolons = header_line.contains(';') && !header_line.contains(',');
    let delimiter = if semicolons { b';' } else { b',' };
    (csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes()), semicolons)
}

/// The values of a column by line.
///
/// # Errors
/// When the text cannot be read as CSV.
pub(super) fn column(file: &Path, text: &str, name: &str) -> Result<Column> {
    let (mut reader, _) = reader(text);
    let header = reader.headers().map_err(|error| unreadable(file, error))?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let Some(index) = names.iter().position(|known| known.eq_ignore_ascii_case(name.trim())) else {
        return Ok((None, names));
    };
    let lines = LineIndex::new(text);
    let mut values = BTreeMap::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| unreadable(file, error))?;
        let start = record.position().map_or(0, |position| position.byte() as usize);
        if let Some(value) = record.get(index).map(str::trim).filter(|value| !value.is_empty()) {
            values.insert(lines.line_of_record_at(start), value.to_owned());
        }
    }
    Ok((Some(values), names))
}

/// Reads the rows of a CSV text.
///
/// # Errors
/// When there is no path or score column, a column stands twice, or the declared scale is unreadable.
pub(super) fn read(file: &Path, text: &str) -> Result<RawFile> {
    let (mut reader, semicolons) = reader(text);
    let header = reader.headers().map_err(|error| unreadable(file, error))?.clone();
    let columns = Columns::find(file, &header, semicolons)?;
    let lines = LineIndex::new(text);
    let mut raw = RawFile { declared: columns.own.then_some(Scale::PERCENT), ..RawFile::default() };
    for record in reader.into_records() {
        let record = record.map_err(|error| unreadable(file, error))?;
        let start = record.position().map_or(0, |position| position.byte() as usize);
        let line = lines.line_of_record_at(start);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if let Some(scale) = columns.text(&record, columns.scale) {
            declare(file, line, scale, &mut raw.declared)?;
        }
        match columns.row(&record, line) {
            Ok(row) => {
                raw.tags.extend(columns.tags(&record, &row));
                raw.rows.push(row);
            }
            Err(text) => raw.problems.push(LabelProblem { line, text }),
        }
    }
    Ok(raw)
}

fn unreadable(file: &Path, error: csv::Error) -> Error {
    Error::bad_data(format!("cannot read {} as CSV", file.display())).caused_by(error)
}

/// Takes over the scale a row declares.
///
/// # Errors
/// When it is not `MIN..MAX`, or another row declares another one.
pub(super) fn declare(file: &Path, line: usize, text: &str, declared: &mut Option<Scale>) -> Result<()> {
    let scale = Scale::parse(text).ok_or_else(|| {
        Error::bad_data(format!("{} line {line}: scale “{text}” is not of the form 1..5", file.display()))
    })?;
    if declared.is_some_and(|declared| declared != scale) {
        return Err(Error::bad_data(format!("{} line {line}: a second scale, {text}", file.display()))
            .hint("Split the file by scale and import each part."));
    }
    *declared = Some(scale);
    Ok(())
}

/// The level (1-5) of a level word.
pub(super) fn level_of(word: &str) -> Option<u8> {
    LEVEL_WORDS.iter().position(|known| known.eq_ignore_ascii_case(word.trim())).map(|index| index as u8 + 1)
}

/// A date in RFC 3339, without an offset (read as UTC), or as milliseconds since 1970.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    let moment = text.parse::<jiff::Timestamp>().ok();
    let moment = moment.or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
    });
    moment.map(jiff::Timestamp::as_millisecond)
}

impl Columns {
    fn find(file: &Path, header: &StringRecord, decimal_comma: bool) -> Result<Self> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let one = |name: &str| -> Result<Option<usize>> {
            let mut found = names.iter().enumerate().filter(|(_, known)| *known == name).map(|(index, _)| index);
            let first = found.next();
            match found.next() {
                Some(_) => Err(Error::bad_data(format!("{} has two columns named {name}", file.display()))),
                None => Ok(first),
            }
        };
        let any = |candidates: &[&str]| -> Result<Option<usize>> {
            for name in candidates {
                if let Some(index) = one(name)? {
                    return Ok(Some(index));
                }
            }
            Ok(None)
        };
        let lacking = |what: &str, candidates: &[&str]| {
            Error::bad_data(format!("{} has no {what} column", file.display()))
                .hint(format!("Its first line must name one: {}.", candidates.join(", ")))
        };
        let path = any(&PATH_NAMES)?.ok_or_else(|| lacking("path", &PATH_NAMES))?;
        let (score, votes, label) = (any(&SCORE_NAMES)?, one("votes")?, one("label")?);
        if score.is_none() && votes.is_none() && label.is_none() {
            return Err(lacking("score", &SCORE_NAMES));
        }
        Ok(Self {
            path,
            score,
            label,
            votes,
            n: one("n")?,
            rater: one("rater")?,
            rated_at: one("rated_at")?,
            group: any(&GROUP_NAMES)?,
            content_sha256: one("content_sha256")?,
            scale: one("scale")?,
            flags: one("flags")?,
            count: names.len(),
            // Files from before had no groups.
            own: names == COLUMNS || names == COLUMNS[..COLUMNS.len() - 1],
            decimal_comma,
        })
    }

    fn text<'a>(&self, record: &'a StringRecord, column: Option<usize>) -> Option<&'a str> {
        record.get(column?).map(str::trim).filter(|text| !text.is_empty())
    }

    fn row(&self, record: &StringRecord, line: usize) -> std::result::Result<RawRow, String> {
        if record.iter().skip(self.count).any(|field| !field.trim().is_empty()) {
            return Err(format!("{} fields where the first line names {}", record.len(), self.count));
        }
        let owned = |column| self.text(record, column).map(str::to_owned);
        let score = self.text(record, self.score).map(|text| self.number(text)).transpose()?;
        let (votes, count) = match self.text(record, self.votes) {
            Some(text) if text.starts_with('[') => (list(text)?, None),
            Some(text) => (Vec::new(), Some(text)),
            None => (Vec::new(), None),
        };
        let count = self.text(record, self.n).or(count).or_else(|| self.count_flag(record));
        Ok(RawRow {
            line,
            path: record.get(self.path).map(|path| self.path_text(path)).unwrap_or_default().to_owned(),
            score,
            n: count.map(|text| self.count_of_raters(text)).transpose()?,
            level: self.text(record, self.label).and_then(level_of),
            rater: owned(self.rater),
            rated_at_ms: self.text(record, self.rated_at).and_then(time_ms),
            group: owned(self.group),
            content_sha256: owned(self.content_sha256),
            votes,
            scale: None,
        })
    }

    /// The defects among the flags: those that are no `name=value`.
    fn tags(&self, record: &StringRecord, row: &RawRow) -> Vec<TagRow> {
        let flags = self.text(record, self.flags).unwrap_or_default().split(';').map(str::trim);
        let tags = flags.filter(|flag| !flag.is_empty() && !flag.contains('='));
        tags.map(|tag| row.tagged(&tag.to_lowercase())).collect()
    }

    /// Only files written by people have stray blanks around a path; in our own they belong to the name.
    fn path_text<'a>(&self, path: &'a str) -> &'a str {
        if self.own { path } else { path.trim() }
    }

    fn number(&self, text: &str) -> std::result::Result<f64, String> {
        let swapped = (self.decimal_comma && !text.contains('.')).then(|| text.replacen(',', ".", 1));
        let number = swapped.as_deref().unwrap_or(text).parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("“{text}” is not a number"))
    }

    fn count_of_raters(&self, text: &str) -> std::result::Result<u32, String> {
        count_from(self.number(text)?).ok_or_else(|| format!("“{text}” is not a number of raters"))
    }

    /// The `n=30` with which our own export marks an aggregated vote.
    fn count_flag<'a>(&self, record: &'a StringRecord) -> Option<&'a str> {
        self.text(record, self.flags)?.split(';').find_map(|flag| flag.trim().strip_prefix("n="))
    }
}

/// A whole, positive number of raters.
pub(super) fn count_from(number: f64) -> Option<u32> {
    (number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// A JSON list of numbers in a cell.
fn list(text: &str) -> std::result::Result<Vec<f64>, String> {
    serde_json::from_str(text).map_err(|_| format!("“{text}” is not a list of votes such as [3, 4]"))
}

/// Byte offsets of line starts: the reader's own line count stops at the blank lines before a record.
struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The 1-based line of the first record byte at or after `start`.
    fn line_of_record_at(&self, start: usize) -> usize {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.starts.partition_point(|line| *line <= start + blank)
    }
}
