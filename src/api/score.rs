//! Scoring folders: decode, infer, write; bounded, resumable, cancellable.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Project;
use crate::domain::{ModelId, ScoreRow};
use crate::error::{Error, Result};
use crate::jobs::{JobHandle, Wake};

/// What to score.
#[derive(Debug, Clone, Default)]
pub struct ScoreRequest {
    /// Folders and files.
    pub paths: Vec<PathBuf>,
    /// Run id, run name, model id or folder; the newest model when absent.
    pub model: Option<String>,
    /// Only the `i`-th of `n` parts (1-based), by content hash.
    pub shard: Option<(u32, u32)>,
    /// Score again what this model has already scored.
    pub again: bool,
}

/// How a scoring ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct ScoreSummary {
    /// The model.
    pub model: Option<ModelId>,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Photos scored now.
    pub scored: u64,
    /// Photos whose score was already in the project.
    pub reused: u64,
    /// Photos without a score.
    pub failed: u64,
    /// One row a photo, in order of path.
    #[serde(skip)]
    pub rows: Vec<ScoreRow>,
}

/// Rows as they become known, for a live table; clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct RowFeed(Arc<Mutex<Vec<ScoreRow>>>);

impl RowFeed {
    /// The rows that came in since the last call.
    pub fn take(&self) -> Vec<ScoreRow> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn push(&self, rows: &[ScoreRow]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(rows);
    }
}

/// A scoring under way.
pub struct ScoreJob {
    /// Progress, warnings and the end.
    pub handle: JobHandle<ScoreSummary>,
    /// Rows as they become known.
    pub feed: RowFeed,
}

/// Starts scoring; every finished batch is in the store at once, so a second start goes on where the first one ended.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_scoring(_project: &Project, _request: ScoreRequest, _wake: Wake) -> Result<ScoreJob> {
    Err(Error::internal("score"))
}
