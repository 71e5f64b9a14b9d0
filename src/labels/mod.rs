//! Labels: files in and out, votes of every kind on one scale, and how raters compare.
//!
//! [`parse`] reads a file or folder of any [`Format`] into rows on the 0-100 scale, [`to_votes`] turns rows into votes,
//! [`write_labels`] writes the project's active votes; [`read_column`] reads what else a file says. [`latent`] and [`fuse`] put
//! scores and pairs on one scale, [`raters`] judges a panel. Decodes no photo and writes no vote: that is for the layers above.

mod copies;
mod fiftyone;
mod format;
pub mod fuse;
mod image_folder;
mod jsonl;
mod label_studio;
pub mod latent;
pub mod raters;
mod scale;
mod table;
mod votes;
mod write;
mod xmp;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::domain::Scale;
use crate::error::{Error, Result};
use crate::files::absolute;

pub use format::Format;
pub use votes::{ImportedTag, NAMELESS, source_of, to_tags, to_votes};
pub use write::{ActiveVote, Tagged, write_csv, write_jsonl, write_labels};
pub use xmp::{shared_folder, side_car_name, write_predicted};

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

/// A defect that a label file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// The photo, absolute once [`parse`] returns it.
    pub path: PathBuf,
    /// 1-based line.
    pub line: usize,
    /// Who tagged it.
    pub rater: Option<String>,
    /// When, milliseconds since 1970; absent when the file does not say.
    pub rated_at_ms: Option<i64>,
    /// SHA-256 of the photo's bytes.
    pub content_sha256: Option<String>,
    /// The defect, in small letters.
    pub tag: String,
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
    /// The defects it names.
    pub tags: Vec<TagRow>,
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
    /// The scale of this row, where it is not that of the file.
    scale: Option<Scale>,
}

impl RawRow {
    /// A defect that the row names.
    fn tagged(&self, tag: &str) -> TagRow {
        TagRow {
            path: PathBuf::from(&self.path),
            line: self.line,
            rater: self.rater.clone(),
            rated_at_ms: self.rated_at_ms,
            content_sha256: self.content_sha256.clone(),
            tag: tag.to_owned(),
        }
    }

    /// It says how good the photo is.
    fn has_score(&self) -> bool {
        self.score.is_some() || self.level.is_some() || !self.votes.is_empty()
    }
}

/// What a reader found in a file.
#[derive(Debug, Default)]
struct RawFile {
    rows: Vec<RawRow>,
    tags: Vec<TagRow>,
    problems: Vec<LabelProblem>,
    /// The scale the file itself declares.
    declared: Option<Scale>,
}

/// Reads a label file or folder in the format that it is in; see [`parse_as`].
///
/// # Errors
/// [`crate::error::Code::Usage`] when its format is unknown, else as [`parse_as`].
pub fn parse(file: &Path, scale: Option<Scale>) -> Result<ParsedLabels> {
    parse_as(file, Format::of_existing(file)?, scale)
}

/// Reads a label file: `.csv` (also `;`-separated, then with decimal commas), `.jsonl`, Label Studio's `.json`, or a
/// folder of another programme.
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
pub fn parse_as(file: &Path, format: Format, scale: Option<Scale>) -> Result<ParsedLabels> {
    let (file, raw) = read_raw(file, format, scale)?;
    let file = file.as_path();
    if raw.rows.is_empty() && raw.tags.is_empty() && raw.problems.is_empty() {
        return Err(Error::bad_data(format!("{} holds no rows", file.display())));
    }
    let mut problems = raw.problems;
    let scale = match scale.or(raw.declared) {
        Some(scale) => scale,
        None if !raw.rows.iter().any(RawRow::has_score) => Scale::PERCENT,
        None => scale::infer(file, &raw.rows)?,
    };
    let folder = absolute(file).map_err(|error| Error::io("find", file, error))?;
    let folder = folder.parent().unwrap_or(Path::new("/")).to_path_buf();
    let mut seen = HashMap::new();
    let mut rows = Vec::with_capacity(raw.rows.len());
    let mut tags = raw.tags;
    let tagged: HashSet<usize> = tags.iter().map(|tag| tag.line).collect();
    for tag in &mut tags {
        tag.path = located(&folder, &tag.path).map_err(|error| Error::io("find", &tag.path, error))?;
    }
    for row in raw.rows {
        let line = row.line;
        if !row.has_score() && tagged.contains(&line) {
            continue;
        }
        let scale = row.scale.unwrap_or(scale);
        match on_scale(row, scale, &folder).and_then(|row| first_of_its_kind(row, &mut seen)) {
            Ok(row) => rows.push(row),
            Err(text) => problems.push(LabelProblem { line, text }),
        }
    }
    problems.sort_by_key(|problem| problem.line);
    if rows.is_empty() && tags.is_empty() {
        return Err(no_usable_row(file, &problems));
    }
    Ok(ParsedLabels { rows, tags, problems, scale })
}

/// What the reader of a format finds, and the file that paths are relative to.
fn read_raw(file: &Path, format: Format, scale: Option<Scale>) -> Result<(PathBuf, RawFile)> {
    let inside = match format {
        Format::Xmp => return Ok((file.join("side-cars"), xmp::read(file))),
        Format::FiftyOne if file.is_dir() => file.join("labels.json"),
        Format::ImageFolder if file.is_dir() => image_folder::metadata_file(file).ok_or_else(|| {
            Error::usage(format!("{} holds neither metadata.jsonl nor metadata.csv", file.display()))
                .hint("They stand in the folder itself or in its train folder.")
        })?,
        _ => file.to_owned(),
    };
    let text = read_text(&inside)?;
    let raw = match format {
        Format::LabelStudio => label_studio::read(&inside, &text, scale)?,
        Format::FiftyOne => fiftyone::read(&inside, &text)?,
        Format::JsonLines => jsonl::read(&inside, &text)?,
        Format::ImageFolder if extension(&inside) == "jsonl" => jsonl::read(&inside, &text)?,
        Format::Csv | Format::ImageFolder | Format::Xmp => table::read(&inside, &text)?,
    };
    Ok((inside, raw))
}

/// Refuses to write over a file that is there.
fn refuse(file: &Path, overwrite: bool) -> Result<()> {
    if overwrite || !file.exists() {
        return Ok(());
    }
    Err(Error::usage(format!("{} already exists", file.display()))
        .hint("Choose another place, or allow overwriting it. Nothing was written."))
}

/// The values of any column of a label file (a key of a `.jsonl`), by the line on which the row starts; rows where it is
/// empty are left out. Letter case of the name does not matter.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension, or a column that is not there, naming those that are;
/// [`crate::error::Code::BadData`] when the file cannot be read.
pub fn read_column(file: &Path, name: &str) -> Result<BTreeMap<usize, String>> {
    if file.is_dir() {
        return Err(unknown_extension(file));
    }
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
    Error::usage(format!("{} is no label file that Packshot knows", file.display())).hint(
        "Known are .csv, .jsonl (metadata.jsonl of an image folder), .json of Label Studio, and with --format the \
             folders of image-folder, fiftyone and xmp.",
    )
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

/// Where a photo lies that a label file names. A path that was written on Windows names a photo here, too: `\` parts folders
/// unless there is a file of just that name.
fn located(folder: &Path, path: &Path) -> std::io::Result<PathBuf> {
    let here = absolute(&folder.join(path))?;
    let written = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' || !written.contains('\\') || here.exists() {
        return Ok(here);
    }
    absolute(&folder.join(written.replace('\\', "/")))
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
        path: located(folder, Path::new(&row.path)).map_err(|error| error.to_string())?,
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
mod format_tests;
#[cfg(test)]
mod tests;
