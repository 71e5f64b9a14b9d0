//! Finding photos that are there more than once: incremental, bounded, cancellable.

use std::path::PathBuf;

use super::{FailedPhoto, Project};
use crate::dedup::exact_groups;
use crate::domain::ImageId;
use crate::error::{Code, Error, Result};
use crate::imaging::{self, Limits};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};

/// Where to look for duplicates.
#[derive(Debug, Clone, Default)]
pub struct DuplicatesRequest {
    /// Folders and files; every photo of the project when empty.
    pub paths: Vec<PathBuf>,
    /// Only photos with the same bytes; pixels are not looked at.
    pub exact_only: bool,
}

/// A photo of a group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DuplicatePhoto {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// File size in bytes.
    pub bytes: u64,
    /// How far its picture is from the best one's: 0 the same picture, 1 as far as a near-duplicate may be.
    pub distance_to_best: f64,
}

/// Photos that show the same picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DuplicateGroup {
    /// All have the same bytes.
    pub exact: bool,
    /// Two or more, the best first.
    pub photos: Vec<DuplicatePhoto>,
    /// Why the first is the best, in words: "largest: 1080×1340 against 540×670".
    pub reason: String,
}

/// What a search for duplicates found.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DuplicatesSummary {
    /// Photos looked at.
    pub photos: u64,
    /// Photos fingerprinted now.
    pub hashed: u64,
    /// Photos whose fingerprint was already known.
    pub reused: u64,
    /// Photos that could not be read.
    pub failed: Vec<FailedPhoto>,
    /// The groups, in order of their best photo's path.
    pub groups: Vec<DuplicateGroup>,
}

/// Starts a search for duplicates; fingerprints are kept by content, so a second search takes seconds.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_duplicates(
    project: &Project,
    request: DuplicatesRequest,
    wake: Wake,
) -> Result<JobHandle<DuplicatesSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-duplicates", wake, move |reporter| run(&project, &request, reporter))
}

fn run(
    project: &Project,
    request: &DuplicatesRequest,
    reporter: &Reporter<DuplicatesSummary>,
) -> Result<Outcome<DuplicatesSummary>> {
    let paths = if request.paths.is_empty() {
        let photos = project.store()?.photos()?;
        photos.into_iter().filter(|photo| !photo.missing).map(|photo| photo.path).collect()
    } else {
        request.paths.clone()
    };
    let listing = imaging::list_photos(&paths, &mut |_| !reporter.control.is_cancelled());
    if listing.files.is_empty() && listing.problems.is_empty() {
        return Err(Error::new(Code::NotFound, "there are no photos to compare")
            .hint("Name folders or files with JPEG, PNG, WebP, BMP, GIF or TIFF photos."));
    }
    let mut summary = DuplicatesSummary { photos: listing.files.len() as u64, ..DuplicatesSummary::default() };
    summary.failed = listing.problems.into_iter().map(|(path, reason)| FailedPhoto { path, reason }).collect();
    let limits = Limits::from_config(&project.config.decode);
    let mut photos = Vec::new();
    for path in listing.files {
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(summary));
        }
        let file = imaging::probe(&path, &limits);
        match file.error {
            Some(reason) => summary.failed.push(FailedPhoto { path, reason }),
            None => photos.push(DuplicatePhoto {
                path,
                sha256: file.sha256,
                width: file.width,
                height: file.height,
                bytes: file.bytes,
                distance_to_best: 0.0,
            }),
        }
        summary.hashed += 1;
        reporter.progress("Comparing", summary.hashed, summary.photos, "");
    }
    let items: Vec<(ImageId, &str)> = (0..).map(ImageId).zip(photos.iter().map(|p| p.sha256.as_str())).collect();
    summary.groups = exact_groups(&items)
        .into_iter()
        .map(|ids| DuplicateGroup {
            exact: true,
            photos: ids.into_iter().map(|id| photos[id.0 as usize].clone()).collect(),
            reason: "the same file: any of them will do".to_owned(),
        })
        .collect();
    Ok(Outcome::Completed(summary))
}
