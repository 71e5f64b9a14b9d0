//! Sorting scored photos out by band: copies in a folder a band or XMP side-cars, with a list. Photos are only read:
//! nothing is moved, deleted or overwritten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::each::each;
use super::{FailedPhoto, clock};
use crate::domain::{Band, Edges, ScoreRow};
use crate::error::{Error, Result};
use crate::export::{Sorted, write_triage};
use crate::files::{self, FreeNames};
use crate::jobs::{self, Control, JobHandle, Outcome, Reporter, Wake};
use crate::labels;

/// Results that may wait for the thread that counts them.
const WAITING: usize = 64;

/// What is written for each photo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TriageOutput {
    /// A copy, in a folder of its band.
    #[default]
    Copies,
    /// An XMP side-car with stars and the band, laid out as the photos lie.
    SideCars,
    /// Nothing: the list alone.
    List,
}

/// What to sort out.
#[derive(Debug, Clone, PartialEq)]
pub struct TriageRequest {
    /// Scored photos.
    pub rows: Vec<Arc<ScoreRow>>,
    /// Where the bands meet.
    pub edges: Edges,
    /// The bands to write.
    pub bands: BTreeSet<Band>,
    /// What is written for each photo.
    pub output: TriageOutput,
    /// The folder to write into.
    pub folder: PathBuf,
}

/// How many photos of a band, and what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct TriageLine {
    /// The band.
    pub band: Band,
    /// Photos.
    pub photos: u64,
    /// Bytes of their files.
    pub bytes: u64,
}

/// What would be written.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TriagePlan {
    /// The chosen bands, the best first.
    pub bands: Vec<TriageLine>,
    /// Photos whose file or side-car is there already.
    pub there: u64,
    /// Photos that are gone.
    pub missing: u64,
    /// Photos without a score: they belong to no band.
    pub unscored: u64,
    /// Photos that lie in the folder of another band already, sorted there by other edges or another model.
    pub elsewhere: u64,
}

/// How it ended.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct TriageSummary {
    /// Copies or side-cars written now.
    pub written: u64,
    /// Those that were there already.
    pub there: u64,
    /// Photos for which nothing could be written.
    pub failed: Vec<FailedPhoto>,
    /// Photos in no band: they have no score, for this reason.
    pub unscored: Vec<FailedPhoto>,
    /// The list; none when it was stopped before its end.
    pub list: Option<PathBuf>,
}

/// A photo and what is to be written for it.
struct Step {
    row: Arc<ScoreRow>,
    band: Band,
    score: f64,
    to: Option<PathBuf>,
}

/// Finds out what would be written; nothing is.
///
/// # Errors
/// [`crate::error::Code::Usage`] when no band or no photo is chosen, or copies would land among the photos themselves.
pub fn plan_triage(request: &TriageRequest) -> Result<TriagePlan> {
    let steps = steps(request)?;
    let unscored = request.rows.iter().filter(|row| row.score.is_none()).count() as u64;
    let line = |band: &Band| TriageLine { band: *band, photos: 0, bytes: 0 };
    let bands = request.bands.iter().map(line).collect();
    let mut plan = TriagePlan { bands, there: 0, missing: 0, unscored, elsewhere: 0 };
    for step in &steps {
        let Ok(facts) = std::fs::metadata(&step.row.path) else {
            plan.missing += 1;
            continue;
        };
        plan.there += u64::from(step.to.as_ref().is_some_and(|to| to.exists()));
        plan.elsewhere += u64::from(lies_elsewhere(step, request, facts.len()));
        if let Some(line) = plan.bands.iter_mut().find(|line| line.band == step.band) {
            line.photos += 1;
            line.bytes += facts.len();
        }
    }
    Ok(plan)
}

/// Whether a copy of it lies in the folder of another band.
fn lies_elsewhere(step: &Step, request: &TriageRequest, bytes: u64) -> bool {
    let Some(name) = step.to.as_deref().and_then(Path::file_name) else { return false };
    let others = Band::ALL.into_iter().filter(|band| *band != step.band);
    request.output == TriageOutput::Copies
        && others
            .map(|band| request.folder.join(band.name()).join(name))
            .any(|copy| std::fs::metadata(copy).is_ok_and(|facts| facts.len() == bytes))
}

/// Starts writing; started again with the same request, it goes on where it was stopped.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_triage(request: TriageRequest, wake: Wake) -> Result<JobHandle<TriageSummary>> {
    jobs::spawn("packshot-triage", wake, move |reporter| run(&request, reporter))
}

fn run(request: &TriageRequest, reporter: &Reporter<TriageSummary>) -> Result<Outcome<TriageSummary>> {
    let steps = steps(request)?;
    let list = free_list(&request.folder);
    std::fs::create_dir_all(&request.folder).map_err(|error| Error::io("make", &request.folder, error))?;
    let mut summary = TriageSummary::default();
    let mut errors: Vec<Option<String>> = vec![None; steps.len()];
    let places: Vec<usize> = (0..steps.len()).collect();
    let (total, mut done) = (steps.len() as u64, 0);
    let work = |place: &usize| (*place, write(&steps[*place], &reporter.control));
    each(&places, WAITING, &reporter.control, &work, &mut |(place, written)| {
        done += 1;
        let row = &steps[place].row;
        match written {
            Ok(true) => summary.written += 1,
            Ok(false) => summary.there += 1,
            Err(error) => {
                reporter.warn(error.chain());
                summary.failed.push(FailedPhoto { path: row.path.clone(), reason: error.chain() });
                errors[place] = Some(error.chain());
            }
        }
        reporter.progress("Sorting out", done, total, "");
        Ok(())
    })?;
    if reporter.control.is_cancelled() {
        return Ok(Outcome::Cancelled(summary));
    }
    let sorted = steps.iter().zip(&errors).map(|(step, error)| Sorted {
        row: &step.row,
        band: Some(step.band),
        written: step.to.as_deref().filter(|_| error.is_none()),
        error: error.as_deref(),
    });
    let unscored = request.rows.iter().filter(|row| row.score.is_none());
    for row in unscored.clone() {
        let reason = row.error.clone().unwrap_or_else(|| "it has no score".to_owned());
        summary.unscored.push(FailedPhoto { path: row.path.clone(), reason });
    }
    let unsorted = unscored.map(|row| Sorted { row, band: None, written: None, error: row.error.as_deref() });
    write_triage(&list, &sorted.chain(unsorted).collect::<Vec<_>>())?;
    summary.list = Some(list);
    Ok(Outcome::Completed(summary))
}

/// Writes what a step asks for; tells whether it was there already, or a stop came.
fn write(step: &Step, control: &Control) -> Result<bool> {
    let Some(to) = &step.to else { return Ok(false) };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
    }
    if to.extension().is_some_and(|ending| ending == "xmp") {
        return labels::write_predicted(to, step.score, step.band, &step.row.sha256);
    }
    files::copy_new(&step.row.path, to, &|| !control.is_cancelled())
}

fn steps(request: &TriageRequest) -> Result<Vec<Step>> {
    let banded = |row: &Arc<ScoreRow>| {
        let score = row.score?.value;
        let band = request.edges.band(score);
        request.bands.contains(&band).then(|| Step { row: row.clone(), band, score, to: None })
    };
    let mut steps: Vec<Step> = request.rows.iter().filter_map(banded).collect();
    if steps.is_empty() {
        return Err(Error::usage("no photo lies in the chosen bands").hint("Choose other bands, or move their edges."));
    }
    // The same photos get the same names whatever order they are shown in.
    steps.sort_by(|a, b| a.row.path.cmp(&b.row.path));
    steps.dedup_by(|a, b| a.row.path == b.row.path);
    match request.output {
        TriageOutput::List => {}
        TriageOutput::Copies => name_copies(&mut steps, &request.folder)?,
        TriageOutput::SideCars => {
            let shared = labels::shared_folder(steps.iter().map(|step| step.row.path.as_path()));
            for step in &mut steps {
                let below = step.row.path.strip_prefix(&shared).unwrap_or(&step.row.path);
                step.to = Some(request.folder.join(below.with_file_name(labels::side_car_name(below))));
            }
        }
    }
    Ok(steps)
}

fn name_copies(steps: &mut [Step], folder: &Path) -> Result<()> {
    let mut names: [FreeNames; 3] = Default::default();
    let absolute = |path: &Path| files::absolute(path).unwrap_or_else(|_| path.to_owned());
    let whole = absolute(folder);
    for step in steps {
        if absolute(&step.row.path).starts_with(&whole) {
            return Err(Error::usage(format!("{} holds the photos themselves", folder.display()))
                .hint("Copies would be found as new photos there; choose another folder."));
        }
        let name = names[step.band as usize].take(&step.row.path);
        step.to = Some(folder.join(step.band.name()).join(name));
    }
    Ok(())
}

/// A name for the list that is free: every list stays.
fn free_list(folder: &Path) -> PathBuf {
    let time = clock::compact_text(clock::now_ms());
    let numbered = |number: u32| folder.join(format!("triage-{time}-{number}.csv"));
    let plain = folder.join(format!("triage-{time}.csv"));
    std::iter::once(plain).chain((2..).map(numbered)).find(|file| !file.exists()).unwrap_or_default()
}

#[cfg(test)]
#[path = "triage_tests.rs"]
mod tests;
