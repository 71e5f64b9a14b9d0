//! Describing photos: every photo passes through the network once, and its row is kept by content; cancellable and
//! resumable. The same pass gives its attributes and the base model's score, which are kept too.

use std::collections::HashSet;
use std::path::PathBuf;

use jiff::civil::Date;

use super::extractor::{Extractor, StoredBasis};
use super::observer::{Observer, Source};
use super::row::{self, Measures};
use crate::api::each::each;
use crate::api::score::look_at;
use crate::api::{FailedPhoto, Project, clock, find_rule_pack, fused};
use crate::domain::{ImageId, ModelId, Photo, Score, ScoreRow};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::infer::Description;
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::preprocess::Views;
use crate::rules::RulePack;
use crate::store::Store;
use crate::train::components::Basis;
use crate::{attributes, device};

/// Photos that a basis is fitted on, at most.
const BASIS_PHOTOS: usize = 1024;

/// A basis is fitted anew once there are so many times the photos that it could choose from.
const OUTGROWN: usize = 2;

/// Which photos to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Every readable photo of the project.
    All,
    /// Those with a label.
    Labelled,
}

/// How describing ended.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DescribeSummary {
    /// Photos described now.
    pub described: u64,
    /// Photos that were described before.
    pub known: u64,
    /// Photos that could not be read.
    pub failed: Vec<FailedPhoto>,
    /// Device in words, with the reason it was chosen.
    pub device: String,
}

/// Starts describing every photo of the project for the personal model, labelled ones first. Each batch is in the store at
/// once, so a second start goes on where the first ended (but for the first 1,024 photos, which the basis waits for).
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_describing(project: &Project, wake: Wake) -> Result<JobHandle<DescribeSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-describe", wake, move |reporter| {
        let summary = describe(&project, Which::All, reporter)?;
        Ok(if reporter.control.is_cancelled() { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
    })
}

/// Describes photos; stops early when the job is cancelled.
pub(super) fn describe<T>(project: &Project, which: Which, reporter: &Reporter<T>) -> Result<DescribeSummary> {
    let source = Source::of(project)?;
    let name = source.name();
    let mut store = project.store()?;
    let wanted = wanted(&store, which)?;
    let basis = StoredBasis::read(&store, &name)?.filter(|basis| wanted.len() < OUTGROWN * basis.offered as usize);
    let lacks: HashSet<ImageId> = store.photos_without_features(&name)?.into_iter().collect();
    let todo: Vec<Photo> =
        wanted.iter().filter(|photo| basis.is_none() || lacks.contains(&photo.id)).cloned().collect();
    let config = &project.config.score;
    let chosen = device::choose(config.device)?;
    let known = (wanted.len() - todo.len()) as u64;
    let summary = DescribeSummary { known, device: format!("{}: {}", chosen.name, chosen.reason), ..<_>::default() };
    if todo.is_empty() {
        return Ok(summary);
    }
    let backbone = source.backbone.as_ref().map(|backbone| backbone.path.as_path());
    let observer = Observer::load(&source.base.folder, backbone, &chosen.device, config.batch_size)?;
    let looking = Looking {
        base: source.base.card.id.clone(),
        observer: &observer,
        limits: Limits::from_config(&project.config.decode),
        pack: find_rule_pack(&project.config, &config.rules)?,
        today: clock::today(),
    };
    let mut work = Work { store: project.store()?, reporter, summary, total: todo.len() as u64 };
    let (basis, rest) = match basis {
        Some(basis) => (basis, todo),
        None => match first_basis(&looking, &mut work, todo, wanted.len(), &name)? {
            Some(found) => found,
            None => return Ok(work.summary),
        },
    };
    let extractor = Extractor::new(name.clone(), &basis.bytes)?;
    looking.all(&rest, &mut work, &mut |store, found| {
        let rows = extractor.rows(found.iter().map(|photo| (&photo.description, &photo.measures)))?;
        store.save_features(&name, found.iter().zip(&rows).map(|(photo, row)| (photo.sha256.as_str(), row.as_slice())))
    })?;
    if which == Which::All && !reporter.control.is_cancelled() {
        store.keep_only_extractor(&name)?;
    }
    Ok(work.summary)
}

/// The photos to describe, one of each content: labelled ones first, then in an order that follows from their content
/// alone, so that the first of them are a fair sample.
fn wanted(store: &Store, which: Which) -> Result<Vec<Photo>> {
    let labelled: HashSet<ImageId> = fused::labels(store)?.into_iter().map(|label| label.image).collect();
    let mut photos = store.photos()?;
    let is_labelled = |photo: &Photo| labelled.contains(&photo.id);
    photos.retain(|photo| photo.error.is_none() && !photo.missing && (which == Which::All || is_labelled(photo)));
    photos.sort_by_cached_key(|photo| (!is_labelled(photo), photo.sha256.clone()));
    let mut contents = HashSet::new();
    photos.retain(|photo| contents.insert(photo.sha256.clone()));
    Ok(photos)
}

/// Describes the first photos and fits the basis on them; gives it back with the photos that are left, or nothing when
/// the job was stopped.
fn first_basis<T>(
    looking: &Looking<'_>,
    work: &mut Work<'_, T>,
    mut todo: Vec<Photo>,
    offered: usize,
    name: &str,
) -> Result<Option<(StoredBasis, Vec<Photo>)>> {
    let rest = todo.split_off(todo.len().min(BASIS_PHOTOS));
    let mut sample: Vec<Found> = Vec::with_capacity(todo.len());
    looking.all(&todo, work, &mut |_, found| {
        sample.extend(found);
        Ok(())
    })?;
    if work.reporter.control.is_cancelled() {
        return Ok(None);
    }
    if sample.is_empty() {
        return Err(Error::bad_data("none of the photos could be read").hint("Open their folder again."));
    }
    let done = work.done();
    work.reporter.progress("Finding what photos differ in", done, work.total, "");
    // The order in which photos became ready is chance.
    sample.sort_by(|a, b| a.sha256.cmp(&b.sha256));
    let values: Vec<f32> = sample.iter().flat_map(|photo| &photo.description.features).copied().collect();
    let basis = Basis::fit_levels(&values, &looking.observer.levels(), row::MOST_COMPONENTS)?;
    let stored = StoredBasis { offered: offered as u32, bytes: basis.to_bytes() };
    let extractor = Extractor::new(name.to_owned(), &stored.bytes)?;
    let rows = extractor.rows(sample.iter().map(|photo| (&photo.description, &photo.measures)))?;
    work.store.save_extractor(name, extractor.width(), &stored.blob())?;
    let contents = sample.iter().map(|photo| photo.sha256.as_str());
    work.store.save_features(name, contents.zip(rows.iter().map(Vec::as_slice)))?;
    // A model can learn from these while the rest is described.
    work.reporter.points();
    Ok(Some((stored, rest)))
}

/// What stays the same from photo to photo.
struct Looking<'a> {
    base: ModelId,
    observer: &'a Observer,
    limits: Limits,
    pack: RulePack,
    today: Date,
}

/// Where results go.
struct Work<'a, T> {
    store: Store,
    reporter: &'a Reporter<T>,
    summary: DescribeSummary,
    total: u64,
}

/// A photo that was read.
struct Seen {
    path: PathBuf,
    sha256: String,
    views: Views,
    measures: Measures,
    reason: Option<String>,
}

/// A photo that was described.
struct Found {
    sha256: String,
    measures: Measures,
    description: Description,
}

type Keep<'a> = dyn FnMut(&mut Store, Vec<Found>) -> Result<()> + 'a;

impl Looking<'_> {
    /// Describes photos and hands them to `keep`, batch by batch; what could not be read is noted.
    fn all<T>(&self, photos: &[Photo], work: &mut Work<'_, T>, keep: &mut Keep<'_>) -> Result<()> {
        let batch = self.observer.describer().batch_size();
        let control = work.reporter.control.clone();
        let mut ready = Vec::with_capacity(batch);
        each(photos, 2 * batch, &control, &|photo| self.look(photo), &mut |seen| {
            match seen {
                Ok(seen) => ready.push(seen),
                Err(failed) => work.failed(failed),
            }
            if ready.len() < batch { Ok(()) } else { self.batch(std::mem::take(&mut ready), work, keep) }
        })?;
        self.batch(ready, work, keep)
    }

    fn look(&self, photo: &Photo) -> std::result::Result<Seen, FailedPhoto> {
        let look = || {
            let (file, pixels) = imaging::load(&photo.path, &self.limits)?;
            let (views, attributes, reason) = look_at(&pixels, &file.bytes, &self.pack, self.today);
            let measures = Measures::beside(attributes, &pixels, self.observer.has_backbone());
            Ok(Seen { path: photo.path.clone(), sha256: file.sha256, views, measures, reason })
        };
        look().map_err(|error: Error| FailedPhoto { path: photo.path.clone(), reason: error.chain() })
    }

    fn batch<T>(&self, seen: Vec<Seen>, work: &mut Work<'_, T>, keep: &mut Keep<'_>) -> Result<()> {
        let looks: Vec<_> = seen.iter().map(|photo| (&photo.views, &photo.measures)).collect();
        let Some(descriptions) = self.observer.describe(&looks, &work.reporter.control)? else { return Ok(()) };
        let describer = self.observer.describer();
        let now = clock::now_ms();
        let reach = describer.card().reach.half_width;
        let score = |value: f64| Score { value, low: (value - reach).max(0.0), high: (value + reach).min(100.0) };
        let row = |(photo, description): (&Seen, &Description)| ScoreRow {
            path: photo.path.clone(),
            sha256: photo.sha256.clone(),
            model: self.base.clone(),
            score: Some(score(description.score)),
            attributes: Some(*photo.measures.attributes),
            reason: photo.reason.clone(),
            error: None,
            at_ms: now,
        };
        let rows: Vec<ScoreRow> = seen.iter().zip(&descriptions).map(row).collect();
        work.store.save_scores(&rows, describer.sha256(), attributes::VERSION)?;
        work.summary.described += rows.len() as u64;
        let found = seen.into_iter().zip(descriptions).map(|(photo, description)| Found {
            sha256: photo.sha256,
            measures: photo.measures,
            description,
        });
        keep(&mut work.store, found.collect())?;
        work.tell();
        Ok(())
    }
}

impl<T> Work<'_, T> {
    fn done(&self) -> u64 {
        self.summary.described + self.summary.failed.len() as u64
    }

    fn failed(&mut self, photo: FailedPhoto) {
        self.reporter.warn(photo.text());
        self.summary.failed.push(photo);
        self.tell();
    }

    fn tell(&self) {
        let failed = self.summary.failed.len();
        let detail = if failed > 0 { format!("{failed} failed") } else { String::new() };
        self.reporter.progress("Describing photos", self.done().min(self.total), self.total, detail);
    }
}
