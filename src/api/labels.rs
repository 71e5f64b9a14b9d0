//! Label files in and out.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::{Project, clock};
use crate::domain::{ImageId, Photo, Scale, Split, Vote, VoteId, VoteKind};
use crate::error::Result;
use crate::imaging::{self, Limits};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::labels::{self, ActiveVote, Format, ParsedLabels, Tagged};
use crate::store::Store;

/// What an import of a label file did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportSummary {
    /// Rows read: scores and defects.
    pub rows: u64,
    /// Votes added.
    pub added: u64,
    /// Votes that were already there.
    pub unchanged: u64,
    /// Photos that were indexed because the file names them.
    pub indexed: u64,
    /// Rows left out: line and reason.
    pub problems: Vec<(usize, String)>,
}

/// Starts importing a label file; photos it names that are not indexed yet are indexed, and groups it names are kept.
///
/// Importing the same file twice changes nothing.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn import_labels(
    project: &Project,
    file: &Path,
    format: Option<Format>,
    scale: Option<Scale>,
    wake: Wake,
) -> Result<JobHandle<ImportSummary>> {
    let project = project.clone();
    let file = file.to_owned();
    jobs::spawn("packshot-labels", wake, move |reporter| {
        let format = format.map_or_else(|| Format::of_existing(&file), Ok)?;
        import(&project, &file, &labels::parse_as(&file, format, scale)?, reporter)
    })
}

fn import(
    project: &Project,
    file: &Path,
    parsed: &ParsedLabels,
    reporter: &Reporter<ImportSummary>,
) -> Result<Outcome<ImportSummary>> {
    let mut store = project.store()?;
    let mut known = paths(&store, parsed)?;
    let named = parsed.rows.iter().map(|row| &row.path).chain(parsed.tags.iter().map(|tag| &tag.path));
    let unknown: BTreeSet<&PathBuf> = named.filter(|path| !known.contains_key(*path)).collect();
    let unknown: Vec<PathBuf> = unknown.into_iter().cloned().collect();
    let rows = (parsed.rows.len() + parsed.tags.len()) as u64;
    let mut summary = ImportSummary { rows, ..ImportSummary::default() };
    let limits = Limits::from_config(&project.config.decode);
    for (index, chunk) in unknown.chunks(FILES_A_COMMIT).enumerate() {
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(summary));
        }
        reporter.progress("Indexing", (index * FILES_A_COMMIT) as u64, unknown.len() as u64, "");
        let probed: Vec<_> =
            chunk.iter().filter(|path| path.exists()).map(|path| imaging::probe(path, &limits)).collect();
        summary.indexed += store.import_files(&probed, clock::now_ms())?.added;
    }
    if !unknown.is_empty() {
        known = paths(&store, parsed)?;
    }
    reporter.progress("Saving labels", 0, summary.rows, "");
    let groups: Vec<_> =
        parsed.rows.iter().filter_map(|row| Some((*known.get(&row.path)?, row.group.clone()?))).collect();
    let (votes, lost) = labels::to_votes(&parsed.rows, file, &known, clock::now_ms());
    let (tags, untagged) = labels::to_tags(&parsed.tags, file, &known, clock::now_ms());
    let ids = store.add_tags(tags.iter().map(|tag| tag.tag.as_str()))?;
    let tagged = tags.into_iter().filter_map(|tag| {
        let kind = VoteKind::Tag { tag: *ids.get(&tag.tag)?, on: true };
        Some(Vote { id: VoteId(0), image: tag.image, kind, rater: tag.rater, source: tag.source, at_ms: tag.at_ms })
    });
    let tally = store.append_votes(&votes.into_iter().chain(tagged).collect::<Vec<_>>())?;
    store.set_groups(&groups)?;
    summary.added = tally.added;
    summary.unchanged = tally.unchanged;
    let problems = parsed.problems.iter().cloned().chain(lost).chain(untagged);
    summary.problems = problems.map(|problem| (problem.line, problem.text)).collect();
    summary.problems.sort();
    summary.problems.dedup();
    Ok(Outcome::Completed(summary))
}

/// Files a transaction while indexing.
const FILES_A_COMMIT: usize = 256;

/// The ids of photos by path; a path of the file that is no photo of the project means the one with the content that the
/// file names beside it, as for a copy that was made for another programme.
fn paths(store: &Store, parsed: &ParsedLabels) -> Result<HashMap<PathBuf, ImageId>> {
    let photos = store.photos()?;
    let contents: HashMap<String, ImageId> =
        photos.iter().filter(|photo| !photo.sha256.is_empty()).map(|photo| (photo.sha256.clone(), photo.id)).collect();
    let mut known: HashMap<PathBuf, ImageId> = photos.into_iter().map(|photo| (photo.path, photo.id)).collect();
    let rows = parsed.rows.iter().map(|row| (&row.path, &row.content_sha256));
    for (path, content) in rows.chain(parsed.tags.iter().map(|tag| (&tag.path, &tag.content_sha256))) {
        if let Some(id) = content.as_ref().and_then(|content| contents.get(content)) {
            known.entry(path.clone()).or_insert(*id);
        }
    }
    Ok(known)
}

/// Writes every active vote and defect to a file or folder in a format (that of its extension when none is named), and
/// returns how many entries.
///
/// # Errors
/// [`crate::Code::Usage`] when no format is clear; when the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_labels(project: &Project, file: &Path, format: Option<Format>, overwrite: bool) -> Result<u64> {
    let format = format.map_or_else(|| Format::of_extension(file), Ok)?;
    let store = project.store()?;
    let photos: HashMap<ImageId, Photo> = store.photos()?.into_iter().map(|photo| (photo.id, photo)).collect();
    // The part each photo served in last: the newest run's that was trained here.
    let parts: HashMap<ImageId, Split> = match store.runs()?.iter().find(|run| run.origin.is_none()) {
        Some(run) => store.split(&run.id)?.into_iter().map(|(image, part, ..)| (image, part)).collect(),
        None => HashMap::new(),
    };
    let votes = store.active_votes()?.into_iter().filter_map(|vote| {
        let photo = photos.get(&vote.image)?;
        let (path, content_sha256) = (photo.path.clone(), photo.sha256.clone());
        let split = parts.get(&vote.image).copied();
        Some(ActiveVote { path, content_sha256, split, vote, group: photo.group.clone() })
    });
    let votes: Vec<ActiveVote> = votes.collect();
    let names: HashMap<_, _> = store.tags()?.into_iter().map(|tag| (tag.id, tag.name)).collect();
    let tags = store.tagged()?.into_iter().filter_map(|tagged| {
        let photo = photos.get(&tagged.image)?;
        let (path, content_sha256) = (photo.path.clone(), photo.sha256.clone());
        let tag = names.get(&tagged.tag)?.clone();
        Some(Tagged { path, content_sha256, rater: tagged.rater, at_ms: tagged.at_ms, tag })
    });
    labels::write_labels(file, format, &votes, &tags.collect::<Vec<_>>(), overwrite)
}
