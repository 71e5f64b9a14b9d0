//! Labelling: votes from the window, label files in and out.

use std::path::Path;

use super::{Project, clock};
use crate::domain::{ImageId, Scale, Vote, VoteId, VoteKind};
use crate::error::{Error, Result};
use crate::jobs::{JobHandle, Wake};

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

/// Starts importing a label file; photos it names that are not indexed yet are indexed.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn import_labels(
    _project: &Project,
    _file: &Path,
    _scale: Option<Scale>,
    _wake: Wake,
) -> Result<JobHandle<ImportSummary>> {
    Err(Error::internal("label import"))
}

/// Writes every active vote to a CSV or metadata.jsonl file and returns how many.
///
/// # Errors
/// When the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_labels(_project: &Project, _file: &Path, _overwrite: bool) -> Result<u64> {
    Err(Error::internal("label export"))
}
