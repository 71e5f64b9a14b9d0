//! The project's active votes as a label file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Format, fiftyone, image_folder, label_studio, xmp};
use crate::domain::{LEVEL_WORDS, Scale, Split, Vote, VoteKind};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// The columns of an exported CSV; a file with exactly these is read back as 0-100.
pub(super) const COLUMNS: [&str; 9] =
    ["path", "content_sha256", "score", "label", "rater", "rated_at", "split", "flags", "group"];

/// An active vote with what an export says about its photo.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveVote {
    /// Absolute path of the photo.
    pub path: PathBuf,
    /// SHA-256 of the photo's bytes; empty when unreadable.
    pub content_sha256: String,
    /// The vote.
    pub vote: Vote,
    /// The part the photo served in, in the run the export is about.
    pub split: Option<Split>,
    /// The group the photo belongs to, such as its SKU.
    pub group: Option<String>,
}

/// A defect that a rater tagged a photo with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Absolute path of the photo.
    pub path: PathBuf,
    /// SHA-256 of the photo's bytes; empty when unreadable.
    pub content_sha256: String,
    /// Who.
    pub rater: String,
    /// When, milliseconds since 1970; 0 when unknown.
    pub at_ms: i64,
    /// The defect.
    pub tag: String,
}

/// Writes votes and defects in a format and returns how many votes (in a format of one entry a photo: photos) it holds.
/// Label Studio and CSV keep every rater's own vote; the others have one entry a photo with the mean of all raters.
///
/// # Errors
/// [`crate::error::Code::Usage`] for a refused overwrite; else when the file cannot be written or, where a format holds the
/// photos themselves, one cannot be copied.
pub fn write_labels(
    path: &Path,
    format: Format,
    votes: &[ActiveVote],
    tags: &[Tagged],
    overwrite: bool,
) -> Result<u64> {
    match format {
        Format::Csv => write_csv(path, votes, tags, overwrite),
        Format::JsonLines => write_jsonl(path, votes, tags, overwrite),
        Format::LabelStudio => label_studio::write(path, votes, tags, overwrite),
        Format::ImageFolder => image_folder::write(path, &by_photo(votes, tags), overwrite),
        Format::FiftyOne => fiftyone::write(path, &by_photo(votes, tags), overwrite),
        Format::Xmp => xmp::write(path, &by_photo(votes, tags), overwrite),
    }
}

/// A photo with all that was said of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PhotoVotes<'a> {
    pub(super) content_sha256: &'a str,
    /// Scores with the raters behind each.
    pub(super) votes: Vec<(f64, u32)>,
    /// Defects, each once, in order.
    pub(super) tags: BTreeSet<&'a str>,
}

impl PhotoVotes<'_> {
    /// How many raters stand behind the score.
    pub(super) fn raters(&self) -> u32 {
        self.votes.iter().map(|(_, n)| n).sum()
    }

    /// The mean of all raters, 0-100; nothing when nobody scored the photo.
    pub(super) fn mos(&self) -> Option<f64> {
        let sum: f64 = self.votes.iter().map(|(score, n)| score * f64::from(*n)).sum();
        (!self.votes.is_empty()).then(|| sum / f64::from(self.raters()))
    }

    /// Writes `score`, `scale`, `votes` or `n`, `tags` and `content_sha256` into an object. When a vote stands for several
    /// raters, single votes would give it too little weight: `n` then takes the place of `votes`.
    pub(super) fn describe(&self, object: &mut Map<String, Value>) {
        if let Some(mos) = self.mos() {
            object.insert("score".to_owned(), mos.into());
            object.insert("scale".to_owned(), format!("{}..{}", Scale::PERCENT.min, Scale::PERCENT.max).into());
            if self.votes.iter().all(|(_, n)| *n == 1) {
                object.insert("votes".to_owned(), self.votes.iter().map(|(score, _)| *score).collect());
            } else {
                object.insert("n".to_owned(), self.raters().into());
            }
        }
        if !self.tags.is_empty() {
            object.insert("tags".to_owned(), self.tags.iter().copied().collect());
        }
        if !self.content_sha256.is_empty() {
            object.insert("content_sha256".to_owned(), self.content_sha256.into());
        }
    }
}

/// Votes and defects by photo, in order of path.
pub(super) fn by_photo<'a>(votes: &'a [ActiveVote], tags: &'a [Tagged]) -> BTreeMap<&'a Path, PhotoVotes<'a>> {
    let mut photos: BTreeMap<&Path, PhotoVotes<'_>> = BTreeMap::new();
    for row in votes {
        let Some(score) = row.vote.kind.score() else { continue };
        let n = if let VoteKind::Mean { n, .. } = row.vote.kind { n } else { 1 };
        let photo = photos.entry(&row.path).or_default();
        photo.content_sha256 = &row.content_sha256;
        photo.votes.push((score, n));
    }
    for tag in tags {
        let photo = photos.entry(&tag.path).or_default();
        photo.content_sha256 = &tag.content_sha256;
        photo.tags.insert(&tag.tag);
    }
    photos
}

/// Writes `path,content_sha256,score,label,rater,rated_at,split,flags,group`, one row a vote that has a score.
///
/// Paths below the file's folder are relative to it, others absolute; scores are 0-100 in full precision; `label` is
/// the level's word for a rating on five levels; `flags` are the rater's defects, and for an aggregated vote
/// `n=<raters>`, joined by `;`. A rater who only tagged a photo has a row without a score. Text stands there as it is, also
/// where it begins with `=`: a path must stay a path.
///
/// # Errors
/// As [`write_labels`].
pub fn write_csv(path: &Path, votes: &[ActiveVote], tags: &[Tagged], overwrite: bool) -> Result<u64> {
    let paths = Paths::beside(path)?;
    let mut count = 0;
    let mut flags: BTreeMap<(&Path, &str), Vec<&Tagged>> = BTreeMap::new();
    tags.iter().for_each(|tag| flags.entry((&tag.path, &tag.rater)).or_default().push(tag));
    let time = |ms| jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default();
    write_atomically(path, overwrite, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        for row in votes {
            let Some(score) = row.vote.kind.score() else { continue };
            let own = flags.remove(&(row.path.as_path(), row.vote.rater.as_str())).unwrap_or_default();
            let mut flags: Vec<String> = own.iter().map(|tag| tag.tag.clone()).collect();
            let label = match row.vote.kind {
                VoteKind::Rating { level, levels: 5 } => level_word(level),
                VoteKind::Mean { n, .. } if n != 1 => {
                    flags.push(format!("n={n}"));
                    ""
                }
                _ => "",
            };
            writer.write_record([
                paths.portable(&row.path).as_str(),
                &row.content_sha256,
                &score.to_string(),
                label,
                &row.vote.rater,
                &time(row.vote.at_ms),
                row.split.map(Split::name).unwrap_or_default(),
                &flags.join(";"),
                row.group.as_deref().unwrap_or_default(),
            ])?;
            count += 1;
        }
        for ((path, rater), own) in &flags {
            let names: Vec<&str> = own.iter().map(|tag| tag.tag.as_str()).collect();
            let (content, at_ms) = own.first().map_or(("", 0), |tag| (tag.content_sha256.as_str(), tag.at_ms));
            let (path, names) = (paths.portable(path), names.join(";"));
            writer.write_record([path.as_str(), content, "", "", rater, &time(at_ms), "", &names, ""])?;
            count += 1;
        }
        writer.flush()
    })?;
    Ok(count)
}

/// Writes one JSON object a photo, in order of path: `file_name`, `score` (0-100, the mean over all raters), `votes`
/// (each single vote) or `n`, `scale`, `tags`, `content_sha256`. Who voted when is only in the CSV and in Label Studio's.
///
/// # Errors
/// As [`write_labels`].
pub fn write_jsonl(path: &Path, votes: &[ActiveVote], tags: &[Tagged], overwrite: bool) -> Result<u64> {
    let paths = Paths::beside(path)?;
    let photos = by_photo(votes, tags);
    write_atomically(path, overwrite, |out| {
        photos.iter().try_for_each(|(photo, said)| {
            let mut line = Map::new();
            line.insert("file_name".to_owned(), paths.portable(photo).into());
            said.describe(&mut line);
            writeln!(out, "{}", Value::Object(line))
        })
    })?;
    Ok(photos.len() as u64)
}

fn level_word(level: u8) -> &'static str {
    LEVEL_WORDS.get(usize::from(level).wrapping_sub(1)).copied().unwrap_or_default()
}

/// Paths as a label file names them.
pub(super) struct Paths {
    folder: PathBuf,
}

impl Paths {
    /// For a file that is to be written.
    ///
    /// # Errors
    /// When there is no current folder.
    pub(super) fn beside(file: &Path) -> Result<Self> {
        let file = std::path::absolute(file).map_err(|error| Error::io("write", file, error))?;
        Ok(Self { folder: file.parent().map(Path::to_path_buf).unwrap_or_default() })
    }

    /// The path relative to the folder when it lies below it, with `/` on every system; else the path itself.
    pub(super) fn portable(&self, path: &Path) -> String {
        match path.strip_prefix(&self.folder) {
            Ok(below) => {
                let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                parts.join("/")
            }
            Err(_) => path.to_string_lossy().into_owned(),
        }
    }
}
