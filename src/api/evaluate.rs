//! Evaluating a model, or two, on a label file: score its photos, hold scores against labels, say what is known about
//! how far the numbers can be trusted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lineage::{known_to, note};
use super::score::{Photos, score_photos};
use super::{FailedPhoto, Feed, ModelEntry, Project, clock, find_model};
use crate::domain::{Comparison, EvaluatedPhoto, Evaluation, ModelId, Rating, Scale, Score, ScoreRow, Split};
use crate::error::{Error, Result};
use crate::evaluate::{self, Settings};
use crate::export::{EvaluationInput, write_evaluation};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::labels::{self, LabelRow};

pub use crate::export::check_evaluation_file;

/// Folders from which on a folder is taken for a group (one a SKU); fewer are mere storage.
const FOLDERS_OF_SKUS: usize = 10;

/// What to evaluate.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateRequest {
    /// Run id, run name, model id or folder; the newest model when absent.
    pub model: Option<String>,
    /// The model it is compared with.
    pub against: Option<String>,
    /// The label file.
    pub labels: PathBuf,
    /// The scale of its scores; needed when the file does not make it clear.
    pub scale: Option<Scale>,
    /// The column whose values part the photos into subsets.
    pub subset_column: Option<String>,
    /// Labels from here on count as good, 0-100.
    pub threshold: f64,
    /// Leave out photos that served in training or validation of one of the models.
    pub unseen_only: bool,
    /// Drives the bootstrap.
    pub seed: u64,
}

impl EvaluateRequest {
    /// The newest model on a label file.
    pub fn new(labels: PathBuf) -> Self {
        let (model, against, scale, subset_column) = (None, None, None, None);
        Self { model, against, labels, scale, subset_column, threshold: 50.0, unseen_only: false, seed: 1 }
    }
}

/// A model that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvaluatedModel {
    /// Its id.
    pub id: ModelId,
    /// The name of its run or folder, else its id.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
}

/// Photos of the label file that a model already knew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SeenPhotos {
    /// They fitted the weights.
    pub train: u64,
    /// They chose the epoch and calibrated the intervals.
    pub validation: u64,
    /// Such photos that were left out.
    pub left_out: u64,
}

/// How an evaluation ended.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EvaluateSummary {
    /// The model.
    pub model: Option<EvaluatedModel>,
    /// The model it was compared with.
    pub against: Option<EvaluatedModel>,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Photos evaluated.
    pub photos: u64,
    /// Photos that could not be scored.
    pub failed: u64,
    /// Photos that a model already knew.
    pub seen: SeenPhotos,
    /// What a reader must know to trust the numbers, in sentences.
    pub notes: Vec<String>,
    /// The numbers.
    pub evaluation: Evaluation,
    /// The numbers beside those of the other model.
    pub comparison: Option<Comparison>,
    /// The verdict on the model in plain words.
    pub verdict: Option<String>,
    /// Rows of the label file that were left out: line and reason.
    pub problems: Vec<(usize, String)>,
    /// Photos without a score.
    pub errors: Vec<FailedPhoto>,
    /// One entry a photo, in order of path.
    #[serde(skip)]
    pub rows: Vec<EvaluatedPhoto>,
}

/// Starts an evaluation. Scores are kept in the project like those of a scoring, so that a second start goes on where
/// the first one ended.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_evaluation(project: &Project, request: EvaluateRequest, wake: Wake) -> Result<JobHandle<EvaluateSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-evaluate", wake, move |reporter| run(&project, &request, reporter))
}

/// Writes an evaluation by the file's extension (HTML, CSV or JSON).
///
/// # Errors
/// When the extension is unknown, the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_evaluation(
    project: &Project,
    summary: &EvaluateSummary,
    labels: &Path,
    file: &Path,
    overwrite: bool,
) -> Result<()> {
    let name = |model: &Option<EvaluatedModel>| model.as_ref().map(|model| model.name.clone());
    let (model, against) = (name(&summary.model).unwrap_or_default(), name(&summary.against));
    let failed: Vec<(PathBuf, String)> =
        summary.errors.iter().map(|failed| (failed.path.clone(), failed.reason.clone())).collect();
    let thumbs = |photo: &EvaluatedPhoto| super::export::thumbnail_jpeg(project, &photo.path, &photo.content_sha256);
    let input = EvaluationInput {
        model: &model,
        against: against.as_deref(),
        labels,
        made_at_ms: clock::now_ms(),
        photos: &summary.rows,
        failed: &failed,
        evaluation: &summary.evaluation,
        comparison: summary.comparison.as_ref(),
        notes: &summary.notes,
        thumbs: &thumbs,
    };
    write_evaluation(file, &input, overwrite)
}

fn run(
    project: &Project,
    request: &EvaluateRequest,
    reporter: &Reporter<EvaluateSummary>,
) -> Result<Outcome<EvaluateSummary>> {
    let entry = find_model(project, request.model.as_deref())?;
    let other = request.against.as_deref().map(|name| find_model(project, Some(name))).transpose()?;
    let labelled = read_labels(request)?;
    let mut summary = EvaluateSummary {
        model: Some(describe(&entry)),
        against: other.as_ref().map(describe),
        problems: labelled.problems,
        ..EvaluateSummary::default()
    };
    let files: Vec<PathBuf> = labelled.photos.keys().cloned().collect();
    let mut score = |entry: &ModelEntry| -> Result<Option<Vec<ScoreRow>>> {
        let photos = Photos { files: &files, problems: Vec::new(), again: false };
        let scored = score_photos(project, entry, photos, &Feed::default(), reporter)?;
        summary.device = scored.device;
        Ok((!reporter.control.is_cancelled()).then_some(scored.rows))
    };
    let Some(rows) = score(&entry)? else { return Ok(Outcome::Cancelled(summary)) };
    let others = match &other {
        Some(other) => match score(other)? {
            Some(rows) => rows,
            None => return Ok(Outcome::Cancelled(summary)),
        },
        None => Vec::new(),
    };
    let known = parts(project, std::iter::once(&entry).chain(&other))?;
    reporter.progress("Evaluating", 0, 0, "");
    summary.fill(Scored { rows, others, labels: labelled.photos, known }, request)?;
    summary.notes = notes(&summary, &entry);
    Ok(Outcome::Completed(summary))
}

fn describe(entry: &ModelEntry) -> EvaluatedModel {
    let id = entry.card.id.clone();
    let name = if entry.name.is_empty() { id.0.clone() } else { entry.name.clone() };
    EvaluatedModel { id, name, architecture: entry.card.architecture.clone() }
}

/// What a label file says about one photo.
struct LabelledPhoto {
    label: f64,
    group: Option<String>,
    subset: Option<String>,
    ratings: Vec<Rating>,
}

struct Labelled {
    photos: BTreeMap<PathBuf, LabelledPhoto>,
    problems: Vec<(usize, String)>,
}

fn read_labels(request: &EvaluateRequest) -> Result<Labelled> {
    let parsed = labels::parse(&request.labels, request.scale)?;
    let column = request.subset_column.as_deref();
    let subsets = column.map(|name| labels::read_column(&request.labels, name)).transpose()?.unwrap_or_default();
    let mut rows: BTreeMap<PathBuf, Vec<LabelRow>> = BTreeMap::new();
    for row in parsed.rows {
        rows.entry(row.path.clone()).or_default().push(row);
    }
    let photos = rows.into_iter().map(|(path, rows)| (path, join(&rows, &subsets))).collect();
    let problems = parsed.problems.into_iter().map(|problem| (problem.line, problem.text)).collect();
    Ok(Labelled { photos, problems })
}

/// The rows of one photo as one label: the mean of the scores, weighted by how many raters each stands for.
fn join(rows: &[LabelRow], subsets: &BTreeMap<usize, String>) -> LabelledPhoto {
    let n: f64 = rows.iter().map(|row| f64::from(row.n)).sum();
    LabelledPhoto {
        label: rows.iter().map(|row| row.score * f64::from(row.n)).sum::<f64>() / n,
        group: rows.iter().find_map(|row| row.group.clone()),
        subset: rows.iter().find_map(|row| subsets.get(&row.line).cloned()),
        ratings: rows.iter().flat_map(ratings).collect(),
    }
}

/// The single ratings of a row. A list of votes is several people's, unless the row names one: then that person rated
/// several times. A mean of several raters is no single rating.
fn ratings(row: &LabelRow) -> Vec<Rating> {
    let rater = |number: usize| row.rater.clone().unwrap_or_else(|| format!("#{number}"));
    if !row.votes.is_empty() {
        return row.votes.iter().enumerate().map(|(number, &value)| Rating { rater: rater(number), value }).collect();
    }
    if row.n == 1 { vec![Rating { rater: rater(0), value: row.score }] } else { Vec::new() }
}

/// The part in which photos served when these models were trained, by content.
fn parts<'a>(project: &Project, entries: impl Iterator<Item = &'a ModelEntry>) -> Result<HashMap<String, Split>> {
    let store = project.store()?;
    let mut known = HashMap::new();
    for entry in entries {
        known_to(&store, entry)?.into_iter().for_each(|(content, part)| note(&mut known, &content, part));
    }
    Ok(known)
}

/// Everything that becomes rows of an evaluation.
struct Scored {
    rows: Vec<ScoreRow>,
    others: Vec<ScoreRow>,
    labels: BTreeMap<PathBuf, LabelledPhoto>,
    known: HashMap<String, Split>,
}

impl Scored {
    /// The photos with a score, and those without.
    fn photos(self) -> (Vec<EvaluatedPhoto>, Vec<FailedPhoto>) {
        let others: HashMap<PathBuf, Score> =
            self.others.into_iter().filter_map(|row| Some((row.path, row.score?))).collect();
        let folders = folders(self.labels.keys());
        let mut labels = self.labels;
        let (mut photos, mut failed) = (Vec::new(), Vec::new());
        for row in self.rows {
            let Some(labelled) = labels.remove(&row.path) else { continue };
            let Some(score) = row.score.filter(|score| score.value.is_finite()) else {
                let reason = row.error.unwrap_or_else(|| "the model gave no score".to_owned());
                failed.push(FailedPhoto { path: row.path, reason });
                continue;
            };
            let folder = || folders.then(|| row.path.parent().map(|folder| folder.to_string_lossy().into_owned()));
            // Photos without a group stand alone, but copies of one photo are one.
            let group = labelled.group.or_else(|| folder().flatten()).unwrap_or_else(|| row.sha256.clone());
            photos.push(EvaluatedPhoto {
                against: others.get(&row.path).copied(),
                path: row.path,
                seen: self.known.get(&row.sha256).copied(),
                content_sha256: row.sha256,
                label: labelled.label,
                score,
                group,
                subset: labelled.subset,
                ratings: labelled.ratings,
            });
        }
        (photos, failed)
    }
}

/// Whether the photos lie in so many folders that each is taken for a group.
fn folders<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> bool {
    paths.map(|path| path.parent()).collect::<BTreeSet<_>>().len() >= FOLDERS_OF_SKUS
}

impl EvaluateSummary {
    fn fill(&mut self, scored: Scored, request: &EvaluateRequest) -> Result<()> {
        let (mut photos, failed) = scored.photos();
        let served = |part: Split| photos.iter().filter(|photo| photo.seen == Some(part)).count() as u64;
        self.seen = SeenPhotos { train: served(Split::Train), validation: served(Split::Validation), left_out: 0 };
        if request.unseen_only {
            let before = photos.len();
            photos.retain(|photo| !matches!(photo.seen, Some(Split::Train | Split::Validation)));
            self.seen.left_out = (before - photos.len()) as u64;
        }
        if photos.is_empty() {
            return Err(nothing_left(request, &failed, self.seen));
        }
        let settings = Settings { seed: request.seed, threshold: request.threshold };
        self.evaluation = evaluate::evaluate(&photos, &settings);
        if let Some(against) = &self.against {
            let comparison = evaluate::compare(&photos, &settings);
            self.verdict = Some(comparison.text(&against.name));
            self.comparison = Some(comparison);
        }
        (self.photos, self.failed) = (photos.len() as u64, failed.len() as u64);
        (self.rows, self.errors) = (photos, failed);
        Ok(())
    }
}

fn nothing_left(request: &EvaluateRequest, failed: &[FailedPhoto], seen: SeenPhotos) -> Error {
    if seen.left_out > 0 {
        return Error::bad_data("every photo served in the training of a model: there is nothing to evaluate on")
            .hint("Label photos that were not trained on, or leave --unseen-only out and read the numbers with care.");
    }
    let first = failed.iter().take(5).map(|photo| photo.reason.clone()).collect::<Vec<_>>().join("\n");
    Error::bad_data(format!("no photo of {} could be scored", request.labels.display())).hint(first)
}

/// What a reader must know to trust the numbers.
fn notes(summary: &EvaluateSummary, entry: &ModelEntry) -> Vec<String> {
    let mut notes = Vec::new();
    let SeenPhotos { train, validation, left_out } = summary.seen;
    if left_out > 0 {
        notes.push(format!("{left_out} photos that served in training or validation were left out."));
    } else if train + validation > 0 {
        notes.push(format!(
            "{train} of these photos served in training and {validation} in validation: on new photos the model will do \
             worse than this. --unseen-only leaves them out."
        ));
    }
    if summary.evaluation.all.groups < 3 {
        notes.push("There are too few groups of photos for intervals: at least three are needed.".to_owned());
    }
    if entry.card.reach.n == 0 {
        notes.push("The intervals of this model's scores were never calibrated on labels.".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, score: f64, n: u32, rater: Option<&str>, votes: &[f64]) -> LabelRow {
        LabelRow {
            path: PathBuf::from("a.jpg"),
            line,
            score,
            n,
            level: None,
            rater: rater.map(str::to_owned),
            rated_at_ms: None,
            group: (line == 3).then(|| "mug".to_owned()),
            content_sha256: None,
            votes: votes.to_vec(),
        }
    }

    #[test]
    fn rows_of_one_photo_become_one_label_with_its_ratings() {
        let subsets = BTreeMap::from([(2, "web".to_owned())]);
        let joined = join(&[row(2, 10.0, 1, Some("ann"), &[]), row(3, 70.0, 3, Some("ben"), &[])], &subsets);
        assert_eq!((joined.label, joined.group.as_deref(), joined.subset.as_deref()), (55.0, Some("mug"), Some("web")));
        assert_eq!(joined.ratings, [Rating { rater: "ann".to_owned(), value: 10.0 }], "a mean is no single rating");
        let raters = |row: LabelRow| ratings(&row).into_iter().map(|rating| rating.rater).collect::<Vec<_>>();
        assert_eq!(raters(row(2, 15.0, 2, None, &[10.0, 20.0])), ["#0", "#1"]);
        assert_eq!(raters(row(2, 15.0, 2, Some("ann"), &[10.0, 20.0])), ["ann", "ann"]);
    }

    #[test]
    fn many_folders_are_groups_and_copies_are_one_photo() {
        let scored = |folder: &dyn Fn(usize) -> usize| {
            let path = |index: usize| PathBuf::from(format!("shop/{}/{index}.jpg", folder(index)));
            let score = Score { value: 50.0, low: 40.0, high: 60.0 };
            let row = |index: usize| ScoreRow {
                path: path(index),
                sha256: format!("{}", index / 2),
                model: ModelId("m".to_owned()),
                score: (index != 7).then_some(score),
                attributes: None,
                reason: None,
                error: (index == 7).then(|| "broken".to_owned()),
                at_ms: 0,
            };
            let label = || LabelledPhoto { label: 1.0, group: None, subset: None, ratings: Vec::new() };
            Scored {
                rows: (0..20).map(row).collect(),
                others: Vec::new(),
                labels: (0..20).map(|index| (path(index), label())).collect(),
                known: HashMap::from([("3".to_owned(), Split::Train)]),
            }
        };
        let groups = |scored: Scored| {
            let (photos, failed) = scored.photos();
            assert_eq!((photos.len(), failed.len(), failed[0].reason.as_str()), (19, 1, "broken"));
            assert_eq!(photos.iter().filter(|photo| photo.seen == Some(Split::Train)).count(), 1);
            photos.into_iter().map(|photo| photo.group).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(groups(scored(&|index| index % 10)), 10);
        assert_eq!(groups(scored(&|_| 0)), 10, "nine pairs of copies and one that lost its twin");
        assert_eq!(groups(scored(&|index| index)), 19);
    }
}
