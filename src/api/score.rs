//! Scoring folders: decode, infer, write; bounded, resumable, cancellable.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use jiff::civil::Date;

use super::scorer::{Look, Needs, Scorer};
use super::shard::Shard;
use super::{Feed, ModelEntry, Project, clock, find_model, find_rule_pack, photos, watched};
use crate::domain::{Attributes, ModelId, ScoreRow};
use crate::error::{Code, Error, Result};
use crate::imaging::{self, Limits, Listing};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake, worker_count};
use crate::preprocess::{self, Views};
use crate::rules::RulePack;
use crate::store::Store;
use crate::{attributes, device, rules};

/// What to score.
#[derive(Debug, Clone, Default)]
pub struct ScoreRequest {
    /// Folders and files; every photo of the project when empty.
    pub paths: Vec<PathBuf>,
    /// Run id, run name, model id or folder; the newest model when absent.
    pub model: Option<String>,
    /// Only the `i`-th of `n` parts (1-based); a photo's part follows from its path below the folder that is named.
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
    /// What computes the network on it, with the reason.
    pub engine: String,
    /// Labels that the model's intervals were measured on; with 0 they are a guess.
    pub calibrated_on: u32,
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

/// A scoring under way.
pub struct ScoreJob {
    /// Progress, warnings and the end.
    pub handle: JobHandle<ScoreSummary>,
    /// Rows as they become known.
    pub feed: Feed<ScoreRow>,
}

/// Starts scoring; every finished batch is in the store at once, so a second start goes on where the first one ended.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_scoring(project: &Project, request: ScoreRequest, wake: Wake) -> Result<ScoreJob> {
    let project = project.clone();
    let feed = Feed::default();
    let rows = feed.clone();
    let handle = jobs::spawn("packshot-score", wake, move |reporter| run(&project, &request, &rows, reporter))?;
    Ok(ScoreJob { handle, feed })
}

/// A photo that is ready for the network, or a row that needs none.
enum Prepared {
    Ready { path: PathBuf, sha256: String, look: Look, reason: Option<String> },
    Known(Box<ScoreRow>),
    Failed(Box<ScoreRow>),
}

fn run(
    project: &Project,
    request: &ScoreRequest,
    feed: &Feed<ScoreRow>,
    reporter: &Reporter<ScoreSummary>,
) -> Result<Outcome<ScoreSummary>> {
    let entry = find_model(project, request.model.as_deref())?;
    let mut keep_going = |found: usize| {
        reporter.progress("Looking for photos", found as u64, 0, "");
        !reporter.control.is_cancelled()
    };
    let listing = if request.paths.is_empty() {
        let files = photos::list_files(project)?.into_iter().filter(|photo| !photo.missing).map(|photo| photo.path);
        imaging::Listing { files: files.collect(), problems: Vec::new() }
    } else {
        imaging::list_photos(&request.paths, &mut keep_going)
    };
    if listing.files.is_empty() && listing.problems.is_empty() {
        return Err(Error::new(Code::NotFound, "there are no photos to score")
            .hint("Name folders or files with JPEG, PNG, WebP, BMP, GIF or TIFF photos."));
    }
    let (files, problems) = part_of(listing, request);
    photos::refresh(project, &files, reporter)?;
    let photos = Photos { files: &files, problems, again: request.again };
    let summary = score_photos(project, &entry, photos, feed, reporter)?;
    Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
}

/// Photos to be scored.
pub(super) struct Photos<'a> {
    /// Their files.
    pub(super) files: &'a [PathBuf],
    /// What could not be listed, and why: a failed row each.
    pub(super) problems: Vec<(PathBuf, String)>,
    /// Score again what the model has already scored.
    pub(super) again: bool,
}

/// Scores photos with a model on the configured device; one row a photo, in order of path. Stops early when the job is
/// cancelled.
pub(super) fn score_photos<T>(
    project: &Project,
    entry: &ModelEntry,
    photos: Photos<'_>,
    feed: &Feed<ScoreRow>,
    reporter: &Reporter<T>,
) -> Result<ScoreSummary> {
    let config = &project.config.score;
    let rules = find_rule_pack(&project.config, &config.rules)?;
    let chosen = device::choose(config.device)?;
    let scorer = Scorer::load(entry, &chosen.device, config)?;
    let model = scorer.card().id.clone();
    let mut store = project.store()?;
    let mut known = if photos.again { HashMap::new() } else { scorer.known(&mut store)? };
    // Scored without attributes or under other measures before, and now they are wanted.
    known.retain(|_, row| row.attributes.is_some() || !config.attributes);
    let preparing = Preparing {
        model: &model,
        limits: Limits::from_config(&project.config.decode),
        rules: config.attributes.then_some(rules),
        today: clock::today(),
        known: &known,
        needs: scorer.needs(config.attributes),
    };
    let summary = ScoreSummary {
        model: Some(model.clone()),
        device: format!("{}: {}", chosen.name, chosen.reason),
        engine: scorer.engine_reason().to_owned(),
        calibrated_on: scorer.card().reach.n,
        ..ScoreSummary::default()
    };
    let (attributes, total) = (config.attributes, photos.files.len() as u64);
    let mut writing = Writing { store, scorer: &scorer, feed, reporter, summary, attributes, total };
    let lost: Vec<ScoreRow> =
        photos.problems.into_iter().map(|(path, reason)| failed_row(path, &model, reason)).collect();
    writing.add(lost);
    score_all(photos.files, &preparing, &mut writing)?;
    let mut summary = writing.summary;
    summary.rows.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(summary)
}

/// What of a listing is to be scored: all, or the part that was asked for, which may be empty.
fn part_of(listing: Listing, request: &ScoreRequest) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
    let Listing { mut files, mut problems } = listing;
    if let Some(shard) = request.shard.map(|shard| Shard::new(shard, &request.paths)) {
        files.retain(|file| shard.holds(file));
        problems.retain(|(path, _)| shard.holds(path));
    }
    (files, problems)
}

/// Decodes on several threads, and infers and writes on this one; at most two batches wait in between.
fn score_all<T>(files: &[PathBuf], preparing: &Preparing<'_>, writing: &mut Writing<'_, T>) -> Result<()> {
    let batch = writing.scorer.batch_size();
    let control = writing.reporter.control.clone();
    let (sender, receiver) = sync_channel(batch * 2);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // Dropped at the end of this closure: senders that wait for room then stop.
        let receiver = receiver;
        for _ in 0..worker_count() {
            let (sender, next, control) = (sender.clone(), &next, &control);
            scope.spawn(move || preparing.feed(files, next, &sender, control));
        }
        drop(sender);
        let mut waiting = Vec::with_capacity(batch);
        while let Ok(prepared) = receiver.recv() {
            if control.checkpoint().is_err() {
                break;
            }
            match prepared {
                Prepared::Known(row) | Prepared::Failed(row) => writing.add(vec![*row]),
                Prepared::Ready { .. } => waiting.push(prepared),
            }
            if waiting.len() == batch {
                writing.infer(std::mem::take(&mut waiting))?;
            }
        }
        // What was decoded before a stop is kept too: it costs one batch.
        writing.infer(waiting)
    })
}

struct Preparing<'a> {
    model: &'a ModelId,
    limits: Limits,
    /// Nothing when only scores are wanted.
    rules: Option<RulePack>,
    today: Date,
    known: &'a HashMap<String, ScoreRow>,
    needs: Needs,
}

impl Preparing<'_> {
    fn feed(&self, files: &[PathBuf], next: &AtomicUsize, sender: &SyncSender<Prepared>, control: &Control) {
        while control.checkpoint().is_ok() {
            let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let Some(prepared) = self.prepare(path, control) else { break };
            if sender.send(prepared).is_err() {
                break;
            }
        }
    }

    /// Nothing when a stop is asked for meanwhile.
    fn prepare(&self, path: &Path, control: &Control) -> Option<Prepared> {
        self.try_prepare(path, control).unwrap_or_else(|error| {
            Some(Prepared::Failed(Box::new(failed_row(path.to_owned(), self.model, error.chain()))))
        })
    }

    fn try_prepare(&self, path: &Path, control: &Control) -> Result<Option<Prepared>> {
        let file = imaging::read(path, &self.limits)?;
        if let Some(row) = self.known.get(&file.sha256) {
            return Ok(Some(Prepared::Known(Box::new(ScoreRow { path: path.to_owned(), ..self.judged_today(row) }))));
        }
        let Some((file, photo)) = watched::decode(file, &self.limits, control)? else { return Ok(None) };
        let look = Look::at(&photo, &file.bytes, self.needs, &|| !control.is_cancelled());
        let Some(look) = look else { return Ok(None) };
        let reason = look.measures.as_ref().and_then(|measures| self.reason(&measures.attributes));
        Ok(Some(Prepared::Ready { path: path.to_owned(), sha256: file.sha256, look, reason }))
    }

    /// A row with its reason by the rules of today, not those it was scored under; where no rule is asked, nothing but the
    /// score.
    fn judged_today(&self, row: &ScoreRow) -> ScoreRow {
        if self.rules.is_none() {
            return ScoreRow { attributes: None, reason: None, ..row.clone() };
        }
        let reason = row.attributes.as_ref().map_or_else(|| row.reason.clone(), |attributes| self.reason(attributes));
        ScoreRow { reason, ..row.clone() }
    }

    fn reason(&self, attributes: &Attributes) -> Option<String> {
        self.rules.as_ref().and_then(|rules| rules::reason(&rules.judge(attributes, self.today)))
    }
}

/// What scoring wants to know of a decoded photo: views for the network, attributes, the main rule it breaks.
pub(super) fn look_at(
    photo: &image::RgbImage,
    bytes: &[u8],
    rules: &RulePack,
    today: Date,
) -> (Views, Attributes, Option<String>) {
    let attributes = attributes::measure(photo, Some(bytes));
    let verdicts = rules.judge(&attributes, today);
    (preprocess::views(photo), attributes, rules::reason(&verdicts))
}

fn failed_row(path: PathBuf, model: &ModelId, reason: String) -> ScoreRow {
    ScoreRow {
        path,
        sha256: String::new(),
        model: model.clone(),
        score: None,
        attributes: None,
        reason: None,
        error: Some(reason),
        at_ms: clock::now_ms(),
    }
}

struct Writing<'a, T> {
    store: Store,
    scorer: &'a Scorer,
    feed: &'a Feed<ScoreRow>,
    reporter: &'a Reporter<T>,
    summary: ScoreSummary,
    /// Attributes are wanted beside scores.
    attributes: bool,
    total: u64,
}

impl<T> Writing<'_, T> {
    fn infer(&mut self, batch: Vec<Prepared>) -> Result<()> {
        let looks: Vec<&Look> = batch
            .iter()
            .filter_map(|photo| match photo {
                Prepared::Ready { look, .. } => Some(look),
                Prepared::Known(_) | Prepared::Failed(_) => None,
            })
            .collect();
        let rated = self.scorer.score(&looks)?;
        let now = clock::now_ms();
        let model = &self.scorer.card().id;
        let (mut rows, mut kept) = (Vec::with_capacity(batch.len()), Vec::new());
        for (photo, rated) in batch.into_iter().zip(rated) {
            let Prepared::Ready { path, sha256, look, reason } = photo else { continue };
            kept.extend(rated.row.map(|row| (sha256.clone(), row)));
            let measures = look.measures.filter(|_| self.attributes);
            rows.push(ScoreRow {
                path,
                sha256,
                model: model.clone(),
                score: Some(rated.score),
                attributes: measures.map(|measures| *measures.attributes),
                reason,
                error: None,
                at_ms: now,
            });
        }
        self.scorer.keep(&mut self.store, &rows, &kept)?;
        self.summary.scored += rows.len() as u64;
        self.publish(rows);
        Ok(())
    }

    /// Adds rows that need no network: known scores and photos without one.
    fn add(&mut self, rows: Vec<ScoreRow>) {
        for row in &rows {
            match &row.error {
                Some(reason) => {
                    self.summary.failed += 1;
                    self.reporter.warn(photos::about(&row.path, reason));
                }
                None => self.summary.reused += 1,
            }
        }
        self.publish(rows);
    }

    fn publish(&mut self, rows: Vec<ScoreRow>) {
        self.feed.push(&rows);
        self.summary.rows.extend(rows);
        let done = (self.summary.rows.len() as u64).min(self.total);
        let detail = if self.summary.failed > 0 { format!("{} failed", self.summary.failed) } else { String::new() };
        self.reporter.progress("Scoring", done, self.total, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(project: &Project, photo: &Path) -> ScoreSummary {
        let request = ScoreRequest { paths: vec![photo.to_owned()], ..ScoreRequest::default() };
        let job = start_scoring(project, request, std::sync::Arc::new(|| {})).expect("starts");
        match job.handle.join(|_| {}) {
            Outcome::Completed(summary) => summary,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn attributes_of_a_known_score_follow_the_measures_and_the_file() {
        let folder = tempfile::tempdir().expect("temp dir");
        let config = crate::config::Config::default();
        let project = Project::open(&folder.path().join("project"), config).expect("opens");
        let photo = folder.path().join("cup.png");
        let paint =
            |level: u8| image::RgbImage::from_pixel(96, 80, image::Rgb([level; 3])).save(&photo).expect("writes");
        let brightness = |summary: &ScoreSummary| {
            let measured = summary.rows[0].attributes.expect("measured");
            measured.get(crate::domain::Attribute::Brightness).expect("always there").round()
        };
        paint(60);
        let first = score(&project, &photo);
        assert_eq!((first.scored, first.reused, brightness(&first)), (1, 0, 60.0));
        let again = score(&project, &photo);
        assert_eq!((again.scored, again.reused, brightness(&again)), (0, 1, 60.0));

        // As another version of the measures left it.
        let mut store = project.store().expect("opens");
        let other = Attributes::default().with(crate::domain::Attribute::Brightness, 7.0);
        let sha256 = &again.rows[0].sha256;
        store.save_attributes(attributes::VERSION - 1, [(sha256.as_str(), &other)]).expect("saves");
        assert_eq!(brightness(&score(&project, &photo)), 60.0);
        paint(190);
        let changed = score(&project, &photo);
        assert_eq!((changed.scored, brightness(&changed)), (1, 190.0));
    }
}
