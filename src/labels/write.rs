//! The project's active votes as a label file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{extension, unknown_extension};
use crate::domain::{LEVEL_WORDS, Scale, Split, Vote, VoteKind};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// The columns of an exported CSV; a file with exactly these is read back as 0-100.
pub(super) const COLUMNS: [&str; 8] =
    ["path", "content_sha256", "score", "label", "rater", "rated_at", "split", "flags"];

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
}

/// Writes the votes by the file's extension: [`write_csv`] or [`write_jsonl`]. Returns how many rows were written.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub fn write_labels(path: &Path, votes: &[ActiveVote], overwrite: bool) -> Result<u64> {
    match extension(path).as_str() {
        "csv" => write_csv(path, votes, overwrite),
        "jsonl" => write_jsonl(path, votes, overwrite),
        _ => Err(unknown_extension(path)),
    }
}

/// Writes `path,content_sha256,score,label,rater,rated_at,split,flags`, one row a vote that has a score.
///
/// Paths below the file's folder are relative to it, others absolute; scores are 0-100 in full precision; `label` is
/// the level's word for a rating on five levels; an aggregated vote carries the flag `n=<raters>`. Text stands there
/// as it is, also where it begins with `=`: a path must stay a path.
///
/// # Errors
/// As [`write_labels`].
pub fn write_csv(path: &Path, votes: &[ActiveVote], overwrite: bool) -> Result<u64> {
    let folder = folder_of(path)?;
    let mut count = 0;
    write_atomically(path, overwrite, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        for row in votes {
            let Some(score) = row.vote.kind.score() else { continue };
            let (label, flags) = match row.vote.kind {
                VoteKind::Rating { level, levels: 5 } => (level_word(level), String::new()),
                VoteKind::Mean { n, .. } if n != 1 => ("", format!("n={n}")),
                _ => ("", String::new()),
            };
            let rated_at = jiff::Timestamp::from_millisecond(row.vote.at_ms).map(|time| time.to_string());
            writer.write_record([
                portable(&row.path, &folder).as_str(),
                &row.content_sha256,
                &score.to_string(),
                label,
                &row.vote.rater,
                &rated_at.unwrap_or_default(),
                row.split.map(Split::name).unwrap_or_default(),
                &flags,
            ])?;
            count += 1;
        }
        writer.flush()
    })?;
    Ok(count)
}

/// Writes one JSON object a photo, in order of path: `file_name`, `score` (0-100, the mean over all raters), `votes`
/// (each single vote), `scale`. When a vote stands for several raters, single votes would give it too little weight:
/// `n` then takes the place of `votes`. Who voted when is only in the CSV.
///
/// # Errors
/// As [`write_labels`].
pub fn write_jsonl(path: &Path, votes: &[ActiveVote], overwrite: bool) -> Result<u64> {
    let folder = folder_of(path)?;
    let mut photos: Vec<(&Path, Vec<(f64, u32)>)> = Vec::new();
    let mut ordered: Vec<&ActiveVote> = votes.iter().collect();
    ordered.sort_by(|a, b| a.path.cmp(&b.path));
    for row in ordered {
        let Some(score) = row.vote.kind.score() else { continue };
        let n = if let VoteKind::Mean { n, .. } = row.vote.kind { n } else { 1 };
        match photos.last_mut() {
            Some((last, votes)) if *last == row.path => votes.push((score, n)),
            _ => photos.push((&row.path, vec![(score, n)])),
        }
    }
    write_atomically(path, overwrite, |out| {
        photos.iter().try_for_each(|(photo, votes)| writeln!(out, "{}", photo_line(&portable(photo, &folder), votes)))
    })?;
    Ok(photos.len() as u64)
}

fn photo_line(file_name: &str, votes: &[(f64, u32)]) -> Value {
    let raters: u32 = votes.iter().map(|(_, n)| n).sum();
    let mos = votes.iter().map(|(score, n)| score * f64::from(*n)).sum::<f64>() / f64::from(raters);
    let mut line = json!({ "file_name": file_name, "score": mos, "scale": format!("{}..{}", Scale::PERCENT.min, Scale::PERCENT.max) });
    if votes.iter().all(|(_, n)| *n == 1) {
        line["votes"] = votes.iter().map(|(score, _)| *score).collect();
    } else {
        line["n"] = raters.into();
    }
    line
}

fn level_word(level: u8) -> &'static str {
    LEVEL_WORDS.get(usize::from(level).wrapping_sub(1)).copied().unwrap_or_default()
}

fn folder_of(file: &Path) -> Result<PathBuf> {
    let file = std::path::absolute(file).map_err(|error| Error::io("write", file, error))?;
    Ok(file.parent().map(Path::to_path_buf).unwrap_or_default())
}

/// The path relative to the folder when it lies below it, with `/` on every system; else the path itself.
fn portable(path: &Path, folder: &Path) -> String {
    match path.strip_prefix(folder) {
        Ok(below) => {
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            parts.join("/")
        }
        Err(_) => path.to_string_lossy().into_owned(),
    }
}
