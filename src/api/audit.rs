//! Auditing: measuring every photo of some folders or of the project; bounded, resumable, cancellable.
//!
//! Verdicts are not kept: they follow from attributes and a rule pack in no time, so that packs can be changed at will.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::each::each;
use super::{Feed, Project, photos, watched};
use crate::attributes;
use crate::domain::{Attribute, Attributes, Evidence};
use crate::error::{Code, Error, Result};
use crate::imaging::{self, Limits};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake};

/// Photos a transaction: what a killed process has to measure again at most.
const PHOTOS_A_COMMIT: usize = 64;

/// What to audit.
#[derive(Debug, Clone, Default)]
pub struct AuditRequest {
    /// Folders and files; every photo of the project when empty.
    pub paths: Vec<PathBuf>,
    /// Measure again what is already measured.
    pub again: bool,
    /// Only these attributes, quicker than all of them, and then nothing is kept in the project; all when empty.
    pub only: Vec<Attribute>,
}

/// One photo: its attributes, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes; empty when it could not be read.
    pub sha256: String,
    /// What was measured.
    pub attributes: Option<Attributes>,
    /// Why nothing could be measured.
    pub error: Option<String>,
}

/// How an audit ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct AuditSummary {
    /// Photos measured now.
    pub measured: u64,
    /// Photos that were already measured.
    pub reused: u64,
    /// Photos that could not be measured.
    pub failed: u64,
    /// Photos of the project that had changed on disk since they were indexed.
    pub changed: u64,
    /// One row a photo, in order of path.
    #[serde(skip)]
    pub rows: Vec<AuditRow>,
}

/// An audit under way.
pub struct AuditJob {
    /// Progress, warnings and the end.
    pub handle: JobHandle<AuditSummary>,
    /// Rows as they become known.
    pub feed: Feed<AuditRow>,
}

/// Starts an audit; what is measured is in the store within seconds, so a second start goes on where the first ended.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_audit(project: &Project, request: AuditRequest, wake: Wake) -> Result<AuditJob> {
    let project = project.clone();
    let feed = Feed::default();
    let rows = feed.clone();
    let handle = jobs::spawn("packshot-audit", wake, move |reporter| run(&project, &request, &rows, reporter))?;
    Ok(AuditJob { handle, feed })
}

/// The attributes that are already known, by content hash.
///
/// # Errors
/// When the project cannot be read.
pub fn known_attributes(project: &Project) -> Result<HashMap<String, Attributes>> {
    project.store()?.attributes(attributes::VERSION)
}

/// Where in a photo its measures come from, on maps of at most `max_edge` samples a side.
///
/// # Errors
/// When the photo cannot be read or decoded.
pub fn load_evidence(project: &Project, path: &Path, max_edge: u32) -> Result<Evidence> {
    let (_, photo) = imaging::load(path, &Limits::from_config(&project.config.decode))?;
    Ok(attributes::evidence(&photo, max_edge))
}

fn run(
    project: &Project,
    request: &AuditRequest,
    feed: &Feed<AuditRow>,
    reporter: &Reporter<AuditSummary>,
) -> Result<Outcome<AuditSummary>> {
    let mut store = project.store()?;
    let (files, problems) = files_of(project, request, reporter)?;
    if files.is_empty() && problems.is_empty() {
        return Err(Error::new(Code::NotFound, "there are no photos to audit")
            .hint("Name folders or files with JPEG, PNG, WebP, BMP, GIF or TIFF photos."));
    }
    let fresh = request.again || !request.only.is_empty();
    let known = if fresh { HashMap::new() } else { store.attributes(attributes::VERSION)? };
    let looking = Looking { known: &known, only: &request.only, limits: Limits::from_config(&project.config.decode) };
    let mut summary = AuditSummary { changed: photos::refresh(project, &files, reporter)?, ..AuditSummary::default() };
    let mut unsaved: Vec<AuditRow> = Vec::new();
    let total = files.len() as u64;
    for (path, reason) in problems {
        reporter.warn(photos::about(&path, &reason));
        summary.failed += 1;
        let row = AuditRow { path, sha256: String::new(), attributes: None, error: Some(reason) };
        feed.push(std::slice::from_ref(&row));
        summary.rows.push(row);
    }
    looking.all(&files, reporter, &mut |row, fresh| {
        match &row.error {
            Some(reason) => {
                summary.failed += 1;
                reporter.warn(photos::about(&row.path, reason));
            }
            None if fresh => summary.measured += 1,
            None => summary.reused += 1,
        }
        if fresh && row.attributes.is_some() && request.only.is_empty() {
            unsaved.push(row.clone());
        }
        feed.push(std::slice::from_ref(&row));
        summary.rows.push(row);
        let detail = if summary.failed > 0 { format!("{} failed", summary.failed) } else { String::new() };
        reporter.progress("Measuring", (summary.rows.len() as u64).min(total), total, detail);
        if unsaved.len() < PHOTOS_A_COMMIT { Ok(()) } else { save(&mut store, &mut unsaved) }
    })?;
    save(&mut store, &mut unsaved)?;
    summary.rows.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

fn save(store: &mut crate::store::Store, rows: &mut Vec<AuditRow>) -> Result<()> {
    let measured = rows.iter().filter_map(|row| Some((row.sha256.as_str(), row.attributes.as_ref()?)));
    store.save_attributes(attributes::VERSION, measured)?;
    rows.clear();
    Ok(())
}

type Files = (Vec<PathBuf>, Vec<(PathBuf, String)>);

fn files_of(project: &Project, request: &AuditRequest, reporter: &Reporter<AuditSummary>) -> Result<Files> {
    if request.paths.is_empty() {
        let photos = project.store()?.photos()?;
        let there = photos.into_iter().filter(|photo| !photo.missing);
        return Ok((there.map(|photo| photo.path).collect(), Vec::new()));
    }
    let mut keep_going = |found: usize| {
        reporter.progress("Looking for photos", found as u64, 0, "");
        !reporter.control.is_cancelled()
    };
    let listing = imaging::list_photos(&request.paths, &mut keep_going);
    Ok((listing.files, listing.problems))
}

struct Looking<'a> {
    known: &'a HashMap<String, Attributes>,
    only: &'a [Attribute],
    limits: Limits,
}

impl Looking<'_> {
    /// Measures on all workers and hands each row to `take` on this thread, with whether it was measured now.
    fn all(
        &self,
        files: &[PathBuf],
        reporter: &Reporter<AuditSummary>,
        take: &mut dyn FnMut(AuditRow, bool) -> Result<()>,
    ) -> Result<()> {
        let control = &reporter.control;
        each(files, PHOTOS_A_COMMIT, control, &|path| self.row(path, control), &mut |found| {
            found.map_or(Ok(()), |(row, fresh)| take(row, fresh))
        })
    }

    /// A row, and whether it was measured now; nothing when a stop is asked for meanwhile.
    fn row(&self, path: &Path, control: &Control) -> Option<(AuditRow, bool)> {
        match self.look(path, control) {
            Ok(found) => found,
            Err(error) => {
                let error = Some(error.chain());
                Some((AuditRow { path: path.to_owned(), sha256: String::new(), attributes: None, error }, false))
            }
        }
    }

    fn look(&self, path: &Path, control: &Control) -> Result<Option<(AuditRow, bool)>> {
        let row = |sha256, attributes| AuditRow { path: path.to_owned(), sha256, attributes, error: None };
        let file = imaging::read(path, &self.limits)?;
        if let Some(known) = self.known.get(&file.sha256) {
            return Ok(Some((row(file.sha256, Some(*known)), false)));
        }
        let Some((file, photo)) = watched::decode(file, &self.limits, control)? else { return Ok(None) };
        let wanted = |attribute| self.only.is_empty() || self.only.contains(&attribute);
        let measured = attributes::measure_while(&photo, Some(&file.bytes), &wanted, &|| !control.is_cancelled());
        Ok(measured.map(|attributes| (row(file.sha256, Some(attributes)), true)))
    }
}
