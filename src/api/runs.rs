//! The history: runs with status, metrics and curves; rename, note, tag, delete and restore.

use std::collections::BTreeMap;

use super::{Project, clock};
use crate::domain::{ImageId, MetricPoint, Run, RunId, RunMeta, Split};
use crate::error::{Error, Result};
use crate::store::{Artifact, SplitRow};

/// Everything about one run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// Its curves, by name and step.
    pub points: Vec<MetricPoint>,
    /// When each of the points was measured, milliseconds since 1970.
    #[serde(skip)]
    pub at_ms: Vec<i64>,
    /// What the network said of a few held-out photos while it learnt, from the lowest label to the highest.
    pub samples: Vec<SampleTrail>,
    /// Files it made.
    #[serde(skip)]
    pub artifacts: Vec<Artifact>,
    /// Photos in train, validation and test.
    pub photos: [u64; 3],
}

/// One held-out photo in the course of a run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SampleTrail {
    /// The photo.
    pub image: ImageId,
    /// Its label, 0 to 100, when the run began.
    pub label: f64,
    /// Steps taken, and the score after them, 0 to 100.
    pub scores: Vec<(u64, f64)>,
}

/// The runs, newest first; deleted ones only when asked for.
///
/// # Errors
/// When the database cannot be read.
pub fn list_runs(project: &Project, with_deleted: bool) -> Result<Vec<Run>> {
    let runs = project.store()?.runs()?;
    let wanted = runs.into_iter().filter(|run| with_deleted || run.meta.deleted_ms.is_none());
    Ok(wanted.map(|run| with_true_status(project, run)).collect())
}

/// Finds a run by id (also the one on the server it was imported from), unique id prefix, or name; "latest" is the newest
/// that was trained here.
///
/// # Errors
/// [`crate::error::Code::NotFound`] when none fits, [`crate::error::Code::Usage`] when several do.
pub fn find_run(project: &Project, name: &str) -> Result<Run> {
    let runs = list_runs(project, true)?;
    let named = |run: &&Run| run.id.0 == name || run.origin.as_ref().is_some_and(|origin| origin.run == name);
    if let Some(run) = runs.iter().find(named) {
        return Ok(run.clone());
    }
    let kept: Vec<_> = runs.iter().filter(|run| run.meta.deleted_ms.is_none()).collect();
    if name == "latest" {
        let own = kept.into_iter().find(|run| run.origin.is_none());
        return own.cloned().ok_or_else(|| no_run(name));
    }
    let fits: Vec<_> = kept.into_iter().filter(|run| run.meta.name == name || run.id.0.starts_with(name)).collect();
    match fits.as_slice() {
        [run] => Ok((*run).clone()),
        [] => Err(no_run(name)),
        several => {
            let ids: Vec<_> = several.iter().map(|run| run.id.0.as_str()).collect();
            Err(Error::usage(format!("{name:?} fits several runs")).hint(format!("Name one of {}", ids.join(", "))))
        }
    }
}

fn no_run(name: &str) -> Error {
    Error::not_found(format!("there is no run {name:?}")).hint("`packshot runs list` shows them.")
}

/// Refuses what only a run of this project can do; `what` completes "it cannot be".
///
/// # Errors
/// [`crate::error::Code::Usage`] when the run was imported.
pub(super) fn refuse_imported(run: &Run, what: &str) -> Result<()> {
    let Some(origin) = &run.origin else { return Ok(()) };
    Err(Error::usage(format!("run {} was imported from {}: it cannot be {what}", run.id, origin.server))
        .hint("Imported runs are there to be looked at and compared; name a run that was trained in this project."))
}

/// Everything about one run.
///
/// # Errors
/// When there is no such run, or the database cannot be read.
pub fn run_view(project: &Project, id: &RunId) -> Result<RunView> {
    let store = project.store()?;
    let run = read_run(project, id)?;
    let split = store.split(id)?;
    let photos = Split::ALL.map(|part| split.iter().filter(|row| row.1 == part).count() as u64);
    let mut trails: BTreeMap<ImageId, Vec<(u64, f64)>> = BTreeMap::new();
    for sample in store.samples(id)? {
        trails.entry(sample.image).or_default().push((sample.step, sample.score));
    }
    let trail = |row: &SplitRow| Some(SampleTrail { image: row.0, label: row.3, scores: trails.remove(&row.0)? });
    let mut samples: Vec<SampleTrail> = split.iter().filter_map(trail).collect();
    samples.sort_by(|a, b| a.label.total_cmp(&b.label));
    let (points, at_ms) = store.timed_points(id)?.into_iter().unzip();
    Ok(RunView { run, points, at_ms, samples, artifacts: store.artifacts(id)?, photos })
}

/// One run without its curves, deleted or not.
///
/// # Errors
/// When there is no such run, or the database cannot be read.
pub fn read_run(project: &Project, id: &RunId) -> Result<Run> {
    Ok(with_true_status(project, project.store()?.run(id)?.ok_or_else(|| no_run(&id.0))?))
}

fn with_true_status(project: &Project, run: Run) -> Run {
    Run { status: super::train::true_status(project, &run), ..run }
}

fn change_meta(project: &Project, id: &RunId, change: impl FnOnce(&mut RunMeta)) -> Result<()> {
    let mut store = project.store()?;
    let mut run = store.run(id)?.ok_or_else(|| no_run(&id.0))?;
    change(&mut run.meta);
    store.set_run_meta(id, &run.meta)
}

/// Gives a run a name; an empty name is refused.
///
/// # Errors
/// When the name is empty, there is no such run, or the database cannot be written.
pub fn rename_run(project: &Project, id: &RunId, name: &str) -> Result<()> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::usage("a run's name cannot be empty"));
    }
    change_meta(project, id, |meta| name.clone_into(&mut meta.name))
}

/// Replaces a run's note.
///
/// # Errors
/// When there is no such run, or the database cannot be written.
pub fn set_run_note(project: &Project, id: &RunId, note: &str) -> Result<()> {
    change_meta(project, id, |meta| note.clone_into(&mut meta.note))
}

/// The longest tag, in letters.
const LONGEST_TAG: usize = 40;

/// Gives a run tags and takes others away; a tag that it has already, or has not, changes nothing.
///
/// # Errors
/// When a tag is empty or longer than 40 letters, there is no such run, or the database cannot be written.
pub fn tag_run(project: &Project, id: &RunId, add: &[String], remove: &[String]) -> Result<()> {
    let add: Vec<&str> = add.iter().map(|tag| tag.trim()).collect();
    if let Some(tag) = add.iter().find(|tag| tag.is_empty() || tag.chars().count() > LONGEST_TAG) {
        let text =
            if tag.is_empty() { "a tag cannot be empty".to_owned() } else { format!("the tag {tag:?} is too long") };
        return Err(Error::usage(text).hint(format!("A tag has up to {LONGEST_TAG} letters; a note may be longer.")));
    }
    change_meta(project, id, |meta| {
        meta.tags.retain(|tag| !remove.iter().any(|gone| gone.trim() == tag));
        for tag in add {
            if !meta.tags.iter().any(|known| known == tag) {
                meta.tags.push(tag.to_owned());
            }
        }
    })
}

/// Stars a run, or takes its star away.
///
/// # Errors
/// When there is no such run, or the database cannot be written.
pub fn star_run(project: &Project, id: &RunId, starred: bool) -> Result<()> {
    change_meta(project, id, |meta| meta.starred = starred)
}

/// Hides a run and its model; [`restore_run`] brings it back, files included.
///
/// # Errors
/// When there is no such run, or the database cannot be written.
pub fn delete_run(project: &Project, id: &RunId) -> Result<()> {
    change_meta(project, id, |meta| meta.deleted_ms = Some(clock::now_ms()))
}

/// Brings a deleted run back.
///
/// # Errors
/// When there is no such run, or the database cannot be written.
pub fn restore_run(project: &Project, id: &RunId) -> Result<()> {
    change_meta(project, id, |meta| meta.deleted_ms = None)
}
