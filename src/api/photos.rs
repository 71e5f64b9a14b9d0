//! Opening folders and looking at photos.

use std::path::{Path, PathBuf};

use super::Project;
use crate::domain::{Label, Photo, ScoreRow};
use crate::error::{Error, Result};
use crate::jobs::{JobHandle, Wake};

/// A photo that could not be indexed, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FailedPhoto {
    /// The file or folder.
    pub path: PathBuf,
    /// The reason in words.
    pub reason: String,
}

/// What opening folders did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct OpenSummary {
    /// Photo files found.
    pub found: u64,
    /// Photos seen for the first time.
    pub added: u64,
    /// Photos whose content changed.
    pub changed: u64,
    /// Photos recognised at a new place.
    pub moved: u64,
    /// Photos that were already indexed and have not changed.
    pub unchanged: u64,
    /// Photos whose file is gone.
    pub missing: u64,
    /// Files that cannot be used, with the reason.
    pub failed: Vec<FailedPhoto>,
}

/// Starts indexing folders (or single files) into the project; incremental, cancellable, safe to repeat.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn open_folders(_project: &Project, _roots: Vec<PathBuf>, _wake: Wake) -> Result<JobHandle<OpenSummary>> {
    Err(Error::internal("open"))
}

/// A photo with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoRow {
    /// The photo.
    pub photo: Photo,
    /// Its label, when anyone voted.
    pub label: Option<Label>,
    /// Its score under the newest model, when it was scored.
    pub score: Option<ScoreRow>,
}

/// Every photo of the project with label and newest score, in order of path.
///
/// # Errors
/// When the database cannot be read.
pub fn list_photos(project: &Project) -> Result<Vec<PhotoRow>> {
    let store = project.store()?;
    let labels: std::collections::HashMap<_, _> =
        store.labels()?.into_iter().map(|label| (label.image, label)).collect();
    let mut scores = match store.models()?.first() {
        Some(model) => store.scores_of(&model.id)?,
        None => std::collections::HashMap::new(),
    };
    let rows = store.photos()?.into_iter().map(|photo| PhotoRow {
        label: labels.get(&photo.id).copied(),
        score: scores.remove(&photo.sha256).map(|row| ScoreRow { path: photo.path.clone(), ..row }),
        photo,
    });
    Ok(rows.collect())
}

/// Pixels for the screen: 8-bit RGB, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width × height × 3` bytes.
    pub rgb: Vec<u8>,
}

/// A small picture of a photo (longest side `edge`), from the project's cache when it is there.
///
/// `sha256` may be empty when it is not known yet.
///
/// # Errors
/// When the photo cannot be read or decoded.
pub fn load_thumbnail(_project: &Project, _path: &Path, _sha256: &str, _edge: u32) -> Result<Picture> {
    Err(Error::internal("thumbnail"))
}

/// The whole photo, reduced so that its longest side is at most `max_edge`; never enlarged.
///
/// # Errors
/// When the photo cannot be read or decoded.
pub fn load_picture(_project: &Project, _path: &Path, _max_edge: u32) -> Result<Picture> {
    Err(Error::internal("picture"))
}
