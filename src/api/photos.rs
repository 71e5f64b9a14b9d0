//! Opening folders and looking at photos.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::personal::project_scores;
use super::{Project, clock, find_model, fused};
use crate::attributes;
use crate::domain::{ImageId, ImportedFile, Label, ModelCard, ModelId, Photo, Score, ScoreRow};
use crate::error::Result;
use crate::files::absolute;
use crate::imaging::{self, Limits};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake, worker_count};
use crate::store::Store;

/// A photo that could not be indexed, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FailedPhoto {
    /// The file or folder.
    pub path: PathBuf,
    /// The reason in words.
    pub reason: String,
}

impl FailedPhoto {
    /// The file and the reason, in one line that names it once.
    pub fn text(&self) -> String {
        about(&self.path, &self.reason)
    }
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
pub fn open_folders(project: &Project, roots: Vec<PathBuf>, wake: Wake) -> Result<JobHandle<OpenSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-open", wake, move |reporter| index(&project, &roots, reporter))
}

/// Files a transaction: what a killed process has to read again at most.
const FILES_A_COMMIT: usize = 256;

fn index(project: &Project, roots: &[PathBuf], reporter: &Reporter<OpenSummary>) -> Result<Outcome<OpenSummary>> {
    let mut keep_going = |found: usize| {
        reporter.progress("Looking for photos", found as u64, 0, "");
        reporter.control.checkpoint().is_ok()
    };
    let listing = imaging::list_photos(roots, &mut keep_going);
    let mut store = project.store()?;
    let known: HashMap<PathBuf, Photo> = store.photos()?.into_iter().map(|photo| (photo.path.clone(), photo)).collect();
    let mut summary = OpenSummary { found: listing.files.len() as u64, ..OpenSummary::default() };
    summary.failed = listing.problems.iter().map(|(path, reason)| failed(path, reason)).collect();
    let limits = Limits::from_config(&project.config.decode);
    let mut done = 0;
    for files in listing.files.chunks(FILES_A_COMMIT) {
        if reporter.control.checkpoint().is_err() {
            break;
        }
        let Some(probed) = probe_all(files, &known, &limits, &reporter.control) else { break };
        let fresh: Vec<ImportedFile> = probed.iter().flatten().cloned().collect();
        let tally = store.import_files(&fresh, clock::now_ms())?;
        summary.added += tally.added;
        summary.changed += tally.changed;
        summary.moved += tally.moved;
        summary.unchanged += (files.len() - fresh.len()) as u64;
        for (path, probed) in files.iter().zip(&probed) {
            let reason = probed.as_ref().map_or_else(|| known[path].error.as_ref(), |file| file.error.as_ref());
            if let Some(reason) = reason {
                reporter.warn(about(path, reason));
                summary.failed.push(failed(path, reason));
            }
        }
        done += files.len() as u64;
        reporter.progress("Indexing", done, summary.found, "");
    }
    let stopped = reporter.control.is_cancelled();
    if !stopped {
        summary.missing = mark_missing(&mut store, roots)?;
    }
    Ok(if stopped { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

/// What is wrong with a file, in one line that names it once: many reasons name it themselves.
pub(super) fn about(path: &Path, reason: &str) -> String {
    let name = path.display().to_string();
    let ends = |side: Option<char>| side.is_none_or(|next| next.is_whitespace() || next == ':' || next == ',');
    let named = reason
        .match_indices(&name)
        .any(|(at, _)| ends(reason[..at].chars().next_back()) && ends(reason[at + name.len()..].chars().next()));
    if named { reason.to_owned() } else { format!("{name}: {reason}") }
}

fn failed(path: &Path, reason: &str) -> FailedPhoto {
    FailedPhoto { path: path.to_owned(), reason: reason.to_owned() }
}

/// Reads the files that are new or have changed on several threads; nothing for a file that is as it was.
///
/// Returns nothing when a stop was asked for.
fn probe_all(
    files: &[PathBuf],
    known: &HashMap<PathBuf, Photo>,
    limits: &Limits,
    control: &Control,
) -> Option<Vec<Option<ImportedFile>>> {
    let next = AtomicUsize::new(0);
    let probed = Mutex::new(vec![None; files.len()]);
    let work = || {
        while !control.is_cancelled() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(index) else { break };
            if known.get(path).is_some_and(|photo| is_as_it_was(photo, path)) {
                continue;
            }
            let file = imaging::probe(path, limits);
            probed.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(file);
        }
    };
    std::thread::scope(|scope| {
        (0..worker_count()).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    if control.is_cancelled() {
        return None;
    }
    Some(probed.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Reads again those of `files` that are indexed and have changed since, so that what follows goes by what they hold
/// now; how many there were. Photos that are not indexed are left alone.
///
/// # Errors
/// When the database cannot be read or written.
pub(super) fn refresh<T>(project: &Project, files: &[PathBuf], reporter: &Reporter<T>) -> Result<u64> {
    let mut store = project.store()?;
    let known: HashMap<PathBuf, Photo> = store.photos()?.into_iter().map(|photo| (photo.path.clone(), photo)).collect();
    let limits = Limits::from_config(&project.config.decode);
    let mut changed = 0;
    let indexed: Vec<PathBuf> = files.iter().filter(|path| known.contains_key(*path)).cloned().collect();
    for files in indexed.chunks(FILES_A_COMMIT) {
        let Some(probed) = probe_all(files, &known, &limits, &reporter.control) else { break };
        let fresh: Vec<ImportedFile> = probed.into_iter().flatten().collect();
        changed += store.import_files(&fresh, clock::now_ms())?.changed;
    }
    Ok(changed)
}

/// Same size and modification time as when it was indexed.
fn is_as_it_was(photo: &Photo, path: &Path) -> bool {
    !photo.missing
        && imaging::stamp(path)
            .is_ok_and(|(bytes, modified_ms)| (bytes, modified_ms) == (photo.bytes, photo.modified_ms))
}

/// Marks indexed photos below the opened folders whose file is gone; moved ones have been given their new path before.
fn mark_missing(store: &mut Store, roots: &[PathBuf]) -> Result<u64> {
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| absolute(root).ok()).collect();
    let below = |photo: &Photo| roots.iter().any(|root| photo.path.starts_with(root));
    let gone = store.photos()?.into_iter().filter(|photo| below(photo) && !photo.path.exists());
    let gone: Vec<_> = gone.map(|photo| photo.id).collect();
    store.mark_missing(&gone)?;
    Ok(gone.len() as u64)
}

/// What the newest model says of a photo, as the grid shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoScore {
    /// Score and 90 % interval.
    pub score: Score,
    /// The model.
    pub model: Arc<ModelId>,
    /// The main reason for a low score in words; equal ones are shared.
    pub reason: Option<Arc<str>>,
}

/// A photo with what is known about it; a clone shares what is large.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoRow {
    /// The photo.
    pub photo: Arc<Photo>,
    /// Its label, when anyone voted.
    pub label: Option<Label>,
    /// Its score under the current model, when it was scored.
    pub score: Option<PhotoScore>,
}

/// Every photo of the project with label and newest score, in order of path.
///
/// # Errors
/// When the database cannot be read.
pub fn list_photos(project: &Project) -> Result<Vec<PhotoRow>> {
    let store = project.store()?;
    let labels: HashMap<_, _> = fused::labels(&store)?.into_iter().map(|label| (label.image, label)).collect();
    let photos = store.photos()?;
    let scores = shown_scores(project, &store, &photos)?;
    let rows = photos.into_iter().zip(scores).map(|(photo, score)| PhotoRow {
        label: labels.get(&photo.id).copied(),
        score,
        photo: Arc::new(photo),
    });
    Ok(rows.collect())
}

/// Every photo of the project as it is indexed, in order of path.
///
/// # Errors
/// When the database cannot be read.
pub fn list_files(project: &Project) -> Result<Vec<Photo>> {
    project.store()?.photos()
}

/// The newest model's scores of the project's photos with attributes and reason, in order of path.
///
/// # Errors
/// When the database cannot be read.
pub fn list_scores(project: &Project) -> Result<Vec<ScoreRow>> {
    let store = project.store()?;
    let scores = newest_scores(project, &store)?;
    let rows = store.photos()?.into_iter().filter_map(|photo| {
        let row = scores.get(&photo.sha256)?.clone();
        Some(ScoreRow { path: photo.path, ..row })
    });
    Ok(rows.collect())
}

/// What the current model says of each of these photos, without what only a report needs.
fn shown_scores(project: &Project, store: &Store, photos: &[Photo]) -> Result<Vec<Option<PhotoScore>>> {
    let (champion, model) = (store.champion()?, store.models()?.into_iter().next());
    let stored = match (champion, model) {
        // A model that the project has no row of, such as the shipped one, which is current while there is no other.
        (Some(champion), model) if model.as_ref().is_none_or(|model| model.id != champion) => champion,
        (_, Some(model)) if model.architecture == ModelCard::PERSONAL => {
            let rows = newest_scores(project, store)?;
            let id = Arc::new(model.id);
            let shown = |photo: &Photo| {
                let row = rows.get(&photo.sha256)?;
                let reason = row.reason.as_deref().map(Arc::from);
                Some(PhotoScore { score: row.score?, model: id.clone(), reason })
            };
            return Ok(photos.iter().map(shown).collect());
        }
        (_, Some(model)) => model.id,
        (_, None) => find_model(project, None)?.card.id,
    };
    let scores = store.score_values(&stored)?;
    let id = Arc::new(stored);
    let shown = |photo: &Photo| {
        let (score, reason) = scores.get(&photo.sha256)?;
        Some(PhotoScore { score: *score, model: id.clone(), reason: reason.clone() })
    };
    Ok(photos.iter().map(shown).collect())
}

/// The score of the newest model, by photo.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn newest_scores_by_image(project: &Project) -> Result<HashMap<ImageId, f64>> {
    let store = project.store()?;
    let scores = newest_scores(project, &store)?;
    let score = |photo: Photo| Some((photo.id, scores.get(&photo.sha256)?.score?.value));
    Ok(store.photos()?.into_iter().filter_map(score).collect())
}

/// What the current model says, by content: a network's scores as they were stored, a personal model's as they follow from
/// what is known of the photos.
fn newest_scores(project: &Project, store: &Store) -> Result<HashMap<String, ScoreRow>> {
    let (champion, model) = (store.champion()?, store.models()?.into_iter().next());
    if let Some(champion) = champion.filter(|champion| model.as_ref().is_none_or(|model| model.id != *champion)) {
        // The shipped model was promoted: the project has no row of it.
        return store.scores_of(&champion, attributes::VERSION);
    }
    let Some(model) = model else {
        // While the project has no model of its own, the shipped one is current.
        return store.scores_of(&find_model(project, None)?.card.id, attributes::VERSION);
    };
    if model.architecture != ModelCard::PERSONAL {
        return store.scores_of(&model.id, attributes::VERSION);
    }
    let entry = find_model(project, Some(&model.id.0))?;
    let scores_of_base = |model| store.scores_of(model, attributes::VERSION);
    let base = entry.card.personal.as_ref().map(|about| scores_of_base(&about.base)).transpose()?.unwrap_or_default();
    let contents: HashMap<ImageId, String> =
        store.photos()?.into_iter().map(|photo| (photo.id, photo.sha256)).collect();
    let row = |(image, score): (ImageId, Score)| {
        let content = contents.get(&image)?;
        // Describing a photo has left its attributes and the main rule it breaks with the network's score.
        let row = base.get(content)?;
        Some((content.clone(), ScoreRow { model: entry.card.id.clone(), score: Some(score), ..row.clone() }))
    };
    Ok(project_scores(project, &entry)?.into_iter().filter_map(row).collect())
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
pub fn load_thumbnail(project: &Project, path: &Path, sha256: &str, edge: u32) -> Result<Picture> {
    let cache = project.thumbs();
    if let Some(found) = (!sha256.is_empty()).then(|| cache.get(sha256, edge)).flatten() {
        return Ok(Picture::from(found));
    }
    let limits = Limits::from_config(&project.config.decode);
    let file = imaging::read(path, &limits)?;
    let small = imaging::fit(&imaging::decode_small(&file.bytes, path, &limits, edge)?, edge);
    // A full disk costs the cache entry, never the picture.
    if let Err(error) = cache.put(&file.sha256, edge, &small) {
        tracing::debug!("no thumbnail kept: {error:#}");
    }
    Ok(Picture::from(small))
}

/// The whole photo, reduced so that its longest side is at most `max_edge`; never enlarged.
///
/// # Errors
/// When the photo cannot be read or decoded.
pub fn load_picture(project: &Project, path: &Path, max_edge: u32) -> Result<Picture> {
    let limits = Limits::from_config(&project.config.decode);
    let file = imaging::read(path, &limits)?;
    Ok(Picture::from(imaging::fit(&imaging::decode_small(&file.bytes, path, &limits, max_edge)?, max_edge)))
}

impl From<image::RgbImage> for Picture {
    fn from(image: image::RgbImage) -> Self {
        Self { width: image.width(), height: image.height(), rgb: image.into_raw() }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::super::{AuditRequest, DuplicatesRequest, known_attributes, start_audit, start_duplicates};
    use super::*;
    use crate::config::Config;
    use crate::domain::{Attribute, Attributes};

    #[test]
    fn a_line_about_a_file_names_it_once() {
        let about = |reason| about(Path::new("shop/e.png"), reason);
        for reason in ["shop/e.png is empty", "cannot read shop/e.png: no such file", "a link to shop/e.png, listed"] {
            assert_eq!(about(reason), reason);
        }
        for reason in ["is empty", "differs from old/shop/e.png", "shop/e.png2 is another"] {
            assert_eq!(about(reason), format!("shop/e.png: {reason}"));
        }
    }

    fn completed<T>(handle: JobHandle<T>) -> T {
        match handle.join(|_| {}) {
            Outcome::Completed(summary) => summary,
            Outcome::Cancelled(_) => panic!("cancelled"),
            Outcome::Failed(error) => panic!("{error}"),
        }
    }

    fn index(project: &Project, folder: &Path) -> OpenSummary {
        completed(open_folders(project, vec![folder.to_owned()], Arc::new(|| {})).expect("starts"))
    }

    fn audit(project: &Project) {
        completed(start_audit(project, AuditRequest::default(), Arc::new(|| {})).expect("starts").handle);
    }

    fn only_photo(project: &Project) -> Photo {
        let mut rows = list_photos(project).expect("lists");
        assert_eq!(rows.len(), 1);
        rows.remove(0).photo.as_ref().clone()
    }

    fn known(project: &Project) -> Option<Attributes> {
        known_attributes(project).expect("reads").get(&only_photo(project).sha256).copied()
    }

    /// Writes the photo in another grey; the size differs, so that no clock needs to tick in between.
    fn paint(path: &Path, level: u8, side: u32) {
        RgbImage::from_pixel(side, 40, Rgb([level; 3])).save(path).expect("writes");
    }

    #[test]
    fn a_photo_edited_on_disk_gets_a_fresh_hash_thumbnail_and_attributes_when_it_is_indexed_again() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("project"), Config::default()).expect("opens");
        let photo = folder.path().join("photos/cup.png");
        std::fs::create_dir_all(folder.path().join("photos")).expect("folder");
        paint(&photo, 60, 50);
        index(&project, &folder.path().join("photos"));
        audit(&project);
        let before = only_photo(&project);
        let thumbnail = |sha256: &str| load_thumbnail(&project, &photo, sha256, 32).expect("loads").rgb[0];
        assert!(thumbnail(&before.sha256).abs_diff(60) < 4);

        paint(&photo, 190, 70);
        let summary = index(&project, &folder.path().join("photos"));
        assert_eq!((summary.changed, summary.unchanged, summary.added), (1, 0, 0));
        let after = only_photo(&project);
        assert_eq!((after.id, after.width), (before.id, 70), "the same photo, with its votes");
        assert_ne!(after.sha256, before.sha256);
        assert!(thumbnail(&after.sha256).abs_diff(190) < 4);
        assert_eq!(known(&project), None, "what was measured on the old picture is not said of the new one");
        audit(&project);
        assert_eq!(known(&project).and_then(|known| known.get(Attribute::Brightness)), Some(190.0));
    }

    #[test]
    fn work_on_a_photo_that_has_changed_brings_the_index_up_to_date() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("project"), Config::default()).expect("opens");
        let photo = folder.path().join("cup.png");
        paint(&photo, 60, 50);
        index(&project, &photo);
        paint(&photo, 190, 70);
        audit(&project);
        assert_eq!(only_photo(&project).width, 70);
        assert_eq!(known(&project).and_then(|known| known.get(Attribute::Brightness)), Some(190.0));
        paint(&photo, 100, 90);
        completed(start_duplicates(&project, DuplicatesRequest::default(), Arc::new(|| {})).expect("starts"));
        assert_eq!(only_photo(&project).width, 90);
    }
}
