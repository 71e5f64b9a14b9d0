//! A large project to measure with: photos of the demo catalogue under many names, with scores, measures and labels.
//!
//! Every photo has a path, a hash, measures and a score of its own; the files behind them are hard links to a few drawn
//! ones, so that 100,000 take no more disk than 48.

use std::fs;
use std::path::{Path, PathBuf};

mod runs;

pub use runs::{HistorySize, make_history};

use super::{Project, draw_demo};
use crate::attributes;
use crate::config::Config;
use crate::degrade::DemoConfig;
use crate::domain::{
    Attribute, Attributes, Calibration, ColourMode, ImageId, ImportedFile, ModelCard, ModelId, PhotoFormat, Reach,
    Score, ScoreRow, Vote, VoteId, VoteKind,
};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::imaging::{self, Limits, sha256_hex};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::store::StoredModel;

/// Products and views that are drawn.
const DRAWN: DemoConfig = DemoConfig { seed: 1, skus: 12, shots: 4 };

/// Photos of one product in the large project.
const SHOTS: usize = 8;

/// Every so many photos have a label.
const LABELLED: usize = 5;

/// Rows a transaction.
const ROWS: usize = 5_000;

/// The file that says what a finished project holds.
const MARK: &str = "rehearsal.txt";

const MODEL: &str = "00000000rehearse";

/// Starts making a project of `photos` photos in `root`; a finished one of that size is left as it is.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn make_rehearsal(root: &Path, photos: usize, wake: Wake) -> Result<JobHandle<Project>> {
    let root = root.to_owned();
    jobs::spawn("packshot-rehearsal", wake, move |reporter| make(&root, photos, reporter))
}

fn make(root: &Path, photos: usize, reporter: &Reporter<Project>) -> Result<Outcome<Project>> {
    let (project, is_there) = begun(root, &photos.to_string())?;
    if is_there {
        return Ok(Outcome::Completed(project));
    }
    let drawn = draw(&root.join("drawn"), reporter)?;
    let mut store = project.store()?;
    for from in (0..photos).step_by(ROWS) {
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(project));
        }
        let numbers = from..photos.min(from + ROWS);
        let files =
            numbers.map(|number| link(root, number, &drawn[number % drawn.len()])).collect::<Result<Vec<_>>>()?;
        store.import_files(&files, 0)?;
        reporter.progress("Linking photos", (from + files.len()) as u64, photos as u64, "");
    }
    register_model(&project)?;
    let rows = store.photos()?;
    for (index, rows) in rows.chunks(ROWS).enumerate() {
        reporter.progress("Making up scores", (index * ROWS) as u64, photos as u64, "");
        let numbers = || (index * ROWS..).zip(rows);
        let groups: Vec<(ImageId, String)> =
            numbers().map(|(number, photo)| (photo.id, format!("sku-{:05}", number / SHOTS))).collect();
        store.set_groups(&groups)?;
        let scores: Vec<ScoreRow> =
            numbers().map(|(number, photo)| score(number, &photo.path, &photo.sha256)).collect();
        store.save_scores(&scores, "", attributes::VERSION)?;
        let labelled = numbers().filter(|(number, _)| number % LABELLED == 0);
        let votes: Vec<Vote> = labelled.map(|(number, photo)| vote(number, photo.id)).collect();
        store.append_votes(&votes)?;
    }
    finished(root, &photos.to_string())?;
    Ok(Outcome::Completed(project))
}

/// The project in a folder, and whether it is finished already with this mark.
///
/// # Errors
/// [`crate::Code::Usage`] when another project is there; else when it cannot be opened.
fn begun(root: &Path, mark: &str) -> Result<(Project, bool)> {
    let is_there = fs::read_to_string(root.join(MARK)).is_ok_and(|text| text.trim() == mark);
    if !is_there && Project::is_in(root) {
        return Err(Error::usage(format!("{} holds another project", root.display()))
            .hint("Name a new folder with --project, or delete this one."));
    }
    Ok((Project::open(root, Config::default())?, is_there))
}

/// Marks a project as finished.
fn finished(root: &Path, mark: &str) -> Result<()> {
    write_atomically(&root.join(MARK), true, |file| write!(file, "{mark}"))
}

/// Draws the photos and returns what indexing finds in each of them.
fn draw(folder: &Path, reporter: &Reporter<Project>) -> Result<Vec<ImportedFile>> {
    reporter.progress("Drawing photos", 0, 1, "");
    match draw_demo(folder, DRAWN, std::sync::Arc::new(|| {}))?.join(|_| {}) {
        Outcome::Failed(error) => return Err(error),
        Outcome::Cancelled(_) | Outcome::Completed(_) => {}
    }
    let listing = imaging::list_photos(&[folder.join("images")], &mut |_| true);
    let limits = Limits::default();
    Ok(listing.files.iter().map(|path| imaging::probe(path, &limits)).collect())
}

/// The name of a photo, and a file behind it.
fn link(root: &Path, number: usize, drawn: &ImportedFile) -> Result<ImportedFile> {
    let folder = root.join(format!("photos/{:03}/sku-{:05}", number / 1_000, number / SHOTS));
    let extension =
        drawn.path.extension().map_or_else(String::new, |extension| extension.to_string_lossy().into_owned());
    let path: PathBuf = folder.join(format!("photo-{number:06}.{extension}"));
    if !path.exists() {
        fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
        // Not every file system has hard links.
        fs::hard_link(&drawn.path, &path)
            .or_else(|_| fs::copy(&drawn.path, &path).map(drop))
            .map_err(|error| Error::io("write", &path, error))?;
    }
    let sha256 = sha256_hex(format!("rehearsal {number}").as_bytes());
    Ok(ImportedFile { path, sha256, modified_ms: drawn.modified_ms + scattered(number, 1) as i64, ..drawn.clone() })
}

/// A number below 2³² that looks like chance and is always the same.
fn scattered(number: usize, salt: u64) -> u64 {
    let mixed = (number as u64 ^ (salt << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
}

/// The same between 0 and 1.
fn share(number: usize, salt: u64) -> f64 {
    scattered(number, salt) as f64 / 4_294_967_296.0
}

fn score(number: usize, path: &Path, sha256: &str) -> ScoreRow {
    let value = 100.0 * share(number, 2);
    let half = 4.0 + 20.0 * share(number, 3);
    let reasons = ["blurred", "the product fills too little of the frame", "the background is not white", "too dark"];
    let mut measures = Attributes::default();
    measures.file = Some((PhotoFormat::Jpeg, ColourMode::Rgb));
    for attribute in Attribute::all() {
        let top = attribute.top().unwrap_or(1_000.0);
        measures.set(attribute, top * share(number, 10 + attribute as u64));
    }
    ScoreRow {
        path: path.to_owned(),
        sha256: sha256.to_owned(),
        model: ModelId(MODEL.to_owned()),
        score: Some(Score { value, low: (value - half).max(0.0), high: (value + half).min(100.0) }),
        attributes: Some(measures),
        reason: (value < 40.0).then(|| reasons[number % reasons.len()].to_owned()),
        error: None,
        at_ms: 0,
    }
}

fn vote(number: usize, image: ImageId) -> Vote {
    let kind = VoteKind::Mean { score: 100.0 * share(number, 4), n: 1 };
    Vote { id: VoteId(0), image, kind, rater: "rehearsal".to_owned(), source: "rehearsal".to_owned(), at_ms: 0 }
}

/// A model that has made the scores; it is a card alone and scores nothing.
fn register_model(project: &Project) -> Result<()> {
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId(MODEL.to_owned()),
        architecture: "cnn-s".to_owned(),
        preprocess: crate::preprocess::VERSION,
        calibration: Calibration { mean: 50.0, std: 20.0 },
        reach: Reach { half_width: 12.0, n: 100 },
        names_flaws: false,
        run: None,
        created_ms: 0,
        code_version: super::CODE_VERSION.to_owned(),
        personal: None,
    };
    let path = "models/rehearsal/model";
    let file = project.root().join(path).join("model.json");
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
    }
    let text = serde_json::to_string(&card).unwrap_or_default();
    fs::write(&file, text).map_err(|error| Error::io("write", &file, error))?;
    let (id, architecture) = (card.id, card.architecture);
    project.store()?.save_model(&StoredModel { id, run: None, architecture, path: path.to_owned(), created_ms: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{list_models, list_photos};

    #[test]
    fn every_photo_has_a_file_a_score_and_measures_and_a_fifth_a_label() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = folder.path().join("large");
        let project = match make_rehearsal(&root, 60, std::sync::Arc::new(|| {})).expect("starts").join(|_| {}) {
            Outcome::Completed(project) => project,
            other => panic!("{other:?}"),
        };
        let rows = list_photos(&project).expect("reads");
        assert_eq!(rows.len(), 60);
        assert!(rows.iter().all(|row| row.photo.path.is_file() && row.score.is_some() && row.photo.group.is_some()));
        assert_eq!(rows.iter().filter(|row| row.label.is_some()).count(), 12);
        let contents: std::collections::HashSet<_> = rows.iter().map(|row| row.photo.sha256.clone()).collect();
        assert_eq!(contents.len(), 60, "each has a thumbnail of its own");
        assert!(list_models(&project).expect("reads").iter().any(|model| model.card.id.0 == MODEL));
        let again = make_rehearsal(&root, 60, std::sync::Arc::new(|| {})).expect("starts").join(|_| {});
        assert!(matches!(again, Outcome::Completed(_)));
        let other = make_rehearsal(&root, 70, std::sync::Arc::new(|| {})).expect("starts").join(|_| {});
        assert!(matches!(other, Outcome::Failed(_)), "never into another project");
    }
}
