//! Labelling: votes from the window, label files in and out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Project, clock};
use crate::domain::{ImageId, Photo, Scale, Split, Vote, VoteId, VoteKind};
use crate::error::Result;
use crate::imaging::{self, Limits};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::labels::{self, ActiveVote};
use crate::store::Store;

/// The rater name of the person at this window.
pub const RATER: &str = "me";

/// Casts a vote from the window; it is on disk when this returns.
///
/// # Errors
/// When the database cannot be written; then nothing was saved.
pub fn cast_vote(project: &Project, image: ImageId, kind: VoteKind) -> Result<VoteId> {
    project.store()?.append_vote(&own_vote(image, kind))
}

/// Takes the newest vote or skip back, also one from an earlier session, and returns it; nothing when there is none.
///
/// # Errors
/// When the database cannot be written.
pub fn undo_vote(project: &Project) -> Result<Option<Vote>> {
    let mut store = project.store()?;
    let Some(last) = store.last_vote(RATER)? else { return Ok(None) };
    store.append_vote(&own_vote(last.image, VoteKind::Undo { vote: last.id }))?;
    Ok(Some(last))
}

/// Casts the same vote on many photos, all of them or none; they are on disk when this returns.
///
/// # Errors
/// When the database cannot be written; then nothing was saved.
pub fn cast_votes(project: &Project, images: &[ImageId], kind: VoteKind) -> Result<Vec<VoteId>> {
    let votes: Vec<Vote> = images.iter().map(|&image| own_vote(image, kind)).collect();
    project.store()?.append_each(&votes)
}

/// Takes votes back that are not taken back yet, all of them or none; how many those were.
///
/// # Errors
/// When the database cannot be read or written; then nothing was taken back.
pub fn undo_votes(project: &Project, votes: &[VoteId]) -> Result<usize> {
    let mut store = project.store()?;
    let open = store.not_undone(votes)?;
    let undos: Vec<Vote> = open.into_iter().map(|(vote, image)| own_vote(image, VoteKind::Undo { vote })).collect();
    Ok(store.append_each(&undos)?.len())
}

fn own_vote(image: ImageId, kind: VoteKind) -> Vote {
    Vote { id: VoteId(0), image, kind, rater: RATER.to_owned(), source: "window".to_owned(), at_ms: clock::now_ms() }
}

/// The photos still to label, in a stable shuffled order.
///
/// # Errors
/// When the database cannot be read.
pub fn label_queue(project: &Project) -> Result<Vec<ImageId>> {
    project.store()?.unlabelled(RATER)
}

/// The newest votes and skips of the person at this window, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn recent_votes(project: &Project, count: u32) -> Result<Vec<Vote>> {
    project.store()?.recent_votes(RATER, count)
}

/// How far labelling is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelProgress {
    /// Readable photos.
    pub photos: u64,
    /// Photos with a label from anyone.
    pub labelled: u64,
    /// Photos this rater has still to see.
    pub remaining: u64,
}

/// How far labelling is.
///
/// # Errors
/// When the database cannot be read.
pub fn label_progress(project: &Project) -> Result<LabelProgress> {
    let store = project.store()?;
    let (photos, unreadable) = store.photo_counts()?;
    Ok(LabelProgress {
        photos: photos - unreadable,
        labelled: store.labels()?.len() as u64,
        remaining: store.unlabelled(RATER)?.len() as u64,
    })
}

/// What an import of a label file did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportSummary {
    /// Rows read.
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
    scale: Option<Scale>,
    wake: Wake,
) -> Result<JobHandle<ImportSummary>> {
    let project = project.clone();
    let file = file.to_owned();
    jobs::spawn("packshot-labels", wake, move |reporter| import(&project, &file, scale, reporter))
}

fn import(
    project: &Project,
    file: &Path,
    scale: Option<Scale>,
    reporter: &Reporter<ImportSummary>,
) -> Result<Outcome<ImportSummary>> {
    let parsed = labels::parse(file, scale)?;
    let mut store = project.store()?;
    let mut known = paths(&store)?;
    let unknown: Vec<PathBuf> =
        parsed.rows.iter().map(|row| &row.path).filter(|path| !known.contains_key(*path)).cloned().collect();
    let mut summary = ImportSummary { rows: parsed.rows.len() as u64, ..ImportSummary::default() };
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
        known = paths(&store)?;
    }
    reporter.progress("Saving labels", 0, summary.rows, "");
    let groups: Vec<_> =
        parsed.rows.iter().filter_map(|row| Some((*known.get(&row.path)?, row.group.clone()?))).collect();
    let (votes, lost) = labels::to_votes(&parsed.rows, file, &known, clock::now_ms());
    let tally = store.append_votes(&votes)?;
    store.set_groups(&groups)?;
    summary.added = tally.added;
    summary.unchanged = tally.unchanged;
    summary.problems = parsed.problems.into_iter().chain(lost).map(|problem| (problem.line, problem.text)).collect();
    summary.problems.sort();
    Ok(Outcome::Completed(summary))
}

/// Files a transaction while indexing.
const FILES_A_COMMIT: usize = 256;

fn paths(store: &Store) -> Result<HashMap<PathBuf, ImageId>> {
    Ok(store.photos()?.into_iter().map(|photo| (photo.path, photo.id)).collect())
}

/// Writes every active vote to a CSV or metadata.jsonl file and returns how many.
///
/// # Errors
/// When the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_labels(project: &Project, file: &Path, overwrite: bool) -> Result<u64> {
    let store = project.store()?;
    let photos: HashMap<ImageId, Photo> = store.photos()?.into_iter().map(|photo| (photo.id, photo)).collect();
    // The part each photo served in last: the newest run's.
    let parts: HashMap<ImageId, Split> = match store.runs()?.first() {
        Some(run) => store.split(&run.id)?.into_iter().map(|(image, part, ..)| (image, part)).collect(),
        None => HashMap::new(),
    };
    let votes = store.active_votes()?.into_iter().filter_map(|vote| {
        let photo = photos.get(&vote.image)?;
        let (path, content_sha256) = (photo.path.clone(), photo.sha256.clone());
        Some(ActiveVote { path, content_sha256, split: parts.get(&vote.image).copied(), vote })
    });
    labels::write_labels(file, &votes.collect::<Vec<_>>(), overwrite)
}
