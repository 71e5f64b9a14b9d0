//! Label files in and out: CSV, `metadata.csv` and `metadata.jsonl`.
//!
//! [`parse`] reads a file into rows on the 0-100 scale, [`to_votes`] turns rows into votes, [`write_labels`] writes
//! the project's active votes; [`read_column`] reads what else a file says. Opens no photo and writes no vote: that is for the layers above.

mod jsonl;
mod scale;
mod table;
mod votes;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::domain::Scale;
use crate::error::{Error, Result};
use crate::files::absolute;

pub use votes::to_votes;
pub use write::{ActiveVote, write_csv, write_jsonl, write_labels};

/// One usable row of a label file.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRow {
    /// The photo, absolute: resolved against the label file's folder.
    pub path: PathBuf,
    /// 1-based line on which the row starts.
    pub line: usize,
    /// The score, 0-100; with single votes and no score of its own, their mean.
    pub score: f64,
    /// How many raters the score averages; 1 when unknown.
    pub n: u32,
    /// The level (1-5) when the row names one of [`crate::domain::LEVEL_WORDS`].
    pub level: Option<u8>,
    /// Who rated.
    pub rater: Option<String>,
    /// When, milliseconds since 1970; absent when the file does not say or in no known form.
    pub rated_at_ms: Option<i64>,
    /// SKU or scene.
    pub group: Option<String>,
    /// SHA-256 of the photo's bytes.
    pub content_sha256: Option<String>,
    /// The single votes, 0-100; empty when the file has only a score.
    pub votes: Vec<f64>,
}

/// A row that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelProblem {
    /// 1-based line on which the row starts.
    pub line: usize,
    /// What is wrong with it.
    pub text: String,
}

/// A label file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedLabels {
    /// The usable rows, in the order of the file.
    pub rows: Vec<LabelRow>,
    /// The rows that were left out, by line.
    pub problems: Vec<LabelProblem>,
    /// The scale the file's scores were read on.
    pub scale: Scale,
}

/// A row as the file has it: scores still on the file's own scale.
#[derive(Debug, Clone, Default)]
struct RawRow {
    line: usize,
    path: String,
    score: Option<f64>,
    n: Option<u32>,
    level: Option<u8>,
    rater: Option<String>,
    rated_at_ms: Option<i64>,
    group: Option<String>,
    content_sha256: Option<String>,
    votes: Vec<f64>,
}

/// What a reader found in a file.
#[derive(Debug, Default)]
struct RawFile {
    rows: Vec<RawRow>,
    problems: Vec<LabelProblem>,
    /// The scale the file itself declares.
    declared: Option<Scale>,
}

/// Reads a label file: `.csv` (also `;`-separated, then with decimal commas) or `.jsonl`.
///
/// Columns by name, letter case aside: `path`, `file_name`, `file` or `image`; `score`, `mos` or `rating`; `label` (a
/// level word); `votes` (a list, or their count), `n`; `group` or `sku`; `rater`; `rated_at` (RFC 3339, or
/// milliseconds since 1970); `content_sha256`; `scale` (`MIN..MAX`, the same on every row). Others are ignored.
///
/// The scale is, in this order: the argument; what the file says (a `scale` column, or exactly the columns that
/// Packshot exports, which are 0-100); 0-100 when the values allow no other reading, that is when all lie within
/// 0..100 and one is above 20. Anything lower could as well be 1-5, 0-10 or 0-20 (a file of bad photos on the 0-100
/// scale looks the same), so it is refused. Higher must be better; no file can tell.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or an ambiguous scale; [`crate::error::Code::BadData`] for a
/// file that is not UTF-8, has no path or no score column, or holds no usable row. Single bad rows are problems.
pub fn parse(file: &Path, scale: Option<Scale>) -> Result<ParsedLabels> {
    let text = read_text(file)?;
    let raw = match extension(file).as_str() {
        "csv" => table::read(file, &text)?,
        "jsonl" => jsonl::read(file, &text)?,
        _ => return Err(unknown_extension(file)),
    };
    if raw.rows.is_empty() && raw.problems.is_empty() {
        return Err(Error::bad_data(format!("{} holds no rows", file.display())));
    }
    let mut problems = raw.problems;
    let scale = match scale.or(raw.declared) {
        Some(scale) => scale,
        None if raw.rows.is_empty() => Scale::PERCENT,
        None => scale::infer(file, &raw.rows)?,
    };
    let folder = absolute(file).map_err(|error| Error::io("find", file, error))?;
    let folder = folder.parent().unwrap_or(Path::new("/")).to_path_buf();
    let mut seen = HashMap::new();
    let mut rows = Vec::with_capacity(raw.rows.len());
    for row in raw.rows {
        let line = row.line;
        match on_scale(row, scale, &folder).and_then(|row| first_of_its_kind(row, &mut seen)) {
            Ok(row) => rows.push(row),
            Err(text) => problems.push(LabelProblem { line, text }),
        }
    }
    problems.sort_by_key(|problem| problem.line);
    if rows.is_empty() {
        return Err(no_usable_row(file, &problems));
    }
    Ok(ParsedLabels { rows, problems, scale })
}

/// The values of any column of a label file (a key of a `.jsonl`), by the line on which the row starts; rows where it is
/// empty are left out. Letter case of the name does not matter.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension, or a column that is not there, naming those that are;
/// [`crate::error::Code::BadData`] when the file cannot be read.
pub fn read_column(file: &Path, name: &str) -> Result<BTreeMap<usize, String>> {
    let text = read_text(file)?;
    let (values, known) = match extension(file).as_str() {
        "csv" => table::column(file, &text, name)?,
        "jsonl" => jsonl::column(&text, name),
        _ => return Err(unknown_extension(file)),
    };
    values.ok_or_else(|| {
        Error::usage(format!("{} has no column {name}", file.display()))
            .hint(format!("Its columns are {}.", known.join(", ")))
    })
}

/// The values of a column by line, if there is one, and the names of all columns.
type Column = (Option<BTreeMap<usize, String>>, Vec<String>);

fn extension(file: &Path) -> String {
    file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn unknown_extension(file: &Path) -> Error {
    Error::usage(format!("{} is no label file that Packshot knows", file.display()))
        .hint("Known are .csv and .jsonl (metadata.csv and metadata.jsonl of an image folder).")
}

fn no_usable_row(file: &Path, problems: &[LabelProblem]) -> Error {
    let first: Vec<String> =
        problems.iter().take(5).map(|problem| format!("line {}: {}", problem.line, problem.text)).collect();
    Error::bad_data(format!("none of the {} rows of {} is usable", problems.len(), file.display()))
        .hint(first.join("\n"))
}

/// The file as text, without a byte-order mark.
fn read_text(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).map_err(|error| Error::io("read", file, error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        Error::bad_data(format!("{} is not UTF-8 text (line {line})", file.display()))
            .hint("Save it as UTF-8; in Excel: “CSV UTF-8 (comma delimited)”.")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The row on the 0-100 scale, or what is wrong with it.
fn on_scale(row: RawRow, scale: Scale, folder: &Path) -> std::result::Result<LabelRow, String> {
    if row.path.is_empty() {
        return Err("no path".to_owned());
    }
    let convert = |value: f64| {
        scale.to_score(value).ok_or_else(|| format!("{value} lies outside the scale {}..{}", scale.min, scale.max))
    };
    let votes = row.votes.iter().map(|vote| convert(*vote)).collect::<std::result::Result<Vec<_>, _>>()?;
    let score = match (row.score, row.level) {
        (Some(score), _) => convert(score)?,
        (None, _) if !votes.is_empty() => votes.iter().sum::<f64>() / votes.len() as f64,
        (None, Some(level)) => Scale::levels(5).to_score(f64::from(level)).ok_or("no score")?,
        (None, None) => return Err("no score".to_owned()),
    };
    let n = if votes.is_empty() { row.n.unwrap_or(1) } else { votes.len() as u32 };
    Ok(LabelRow {
        path: absolute(&folder.join(&row.path)).map_err(|error| error.to_string())?,
        line: row.line,
        score,
        n,
        level: row.level,
        rater: row.rater,
        rated_at_ms: row.rated_at_ms,
        group: row.group,
        content_sha256: row.content_sha256,
        votes,
    })
}

type Seen = HashMap<(PathBuf, Option<String>), usize>;

/// The row, unless the same rater has already rated the same photo in this file.
fn first_of_its_kind(row: LabelRow, seen: &mut Seen) -> std::result::Result<LabelRow, String> {
    match seen.entry((row.path.clone(), row.rater.clone())) {
        std::collections::hash_map::Entry::Occupied(first) => {
            let rater = row.rater.map(|rater| format!(" and rater {rater}")).unwrap_or_default();
            Err(format!("the same photo{rater} as on line {}, which is kept", first.get()))
        }
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(row.line);
            Ok(row)
        }
    }
}

#[cfg(test)]
mod tests;
