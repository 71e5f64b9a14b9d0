//! The demo catalogue as a job.

use std::path::Path;
use std::sync::Arc;

use super::{ImportSummary, LabelImport, Project, import_labels};

use crate::degrade::{DemoConfig, DemoTally, draw_catalogue};
use crate::error::{Code, Result};
use crate::jobs::{self, JobEvent, JobHandle, Outcome, Reporter, Wake};

/// Starts drawing the demo catalogue into `folder`; a finished one is left as it is.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn draw_demo(folder: &Path, config: DemoConfig, wake: Wake) -> Result<JobHandle<DemoTally>> {
    let folder = folder.to_owned();
    jobs::spawn("packshot-demo", wake, move |reporter| {
        let progress = |done: u64, total: u64| {
            reporter.progress("Drawing photos", done, total, "");
            reporter.control.checkpoint().is_ok()
        };
        match draw_catalogue(&folder, &config, &progress) {
            Err(error) if error.code == Code::Cancelled => {
                Ok(Outcome::Cancelled(DemoTally { photos: 0, folder: folder.clone() }))
            }
            other => other.map(Outcome::Completed),
        }
    })
}

/// What trying the demo catalogue came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct DemoSummary {
    /// Photos in it.
    pub photos: u64,
    /// Labels of them that are in the project now.
    pub labels: u64,
}

/// Starts drawing the demo catalogue into the project's own folder and importing its labels, which indexes its photos.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_demo(project: &Project, wake: Wake) -> Result<JobHandle<DemoSummary>> {
    let project = project.clone();
    let silent: Wake = Arc::new(|| {});
    jobs::spawn("packshot-demo", wake, move |reporter| {
        let folder = project.root().join(DEMO_FOLDER);
        let drawing = draw_demo(&folder, DemoConfig::default(), silent.clone())?;
        let tally = match follow(drawing, reporter) {
            Outcome::Completed(tally) => tally,
            Outcome::Cancelled(_) => return Ok(Outcome::Cancelled(DemoSummary::default())),
            Outcome::Failed(error) => return Err(error),
        };
        let importing = import_labels(&project, LabelImport::new(&folder.join("labels.csv")), silent.clone())?;
        let summary =
            |found: &ImportSummary| DemoSummary { photos: tally.photos, labels: found.added + found.unchanged };
        match follow(importing, reporter) {
            Outcome::Completed(found) => Ok(Outcome::Completed(summary(&found))),
            Outcome::Cancelled(found) => Ok(Outcome::Cancelled(summary(&found))),
            Outcome::Failed(error) => Err(error),
        }
    })
}

/// The folder of a project in which its demo catalogue lies.
const DEMO_FOLDER: &str = "demo";

/// Waits for a job inside a job: its progress is ours, and so is a stop.
fn follow<T, U>(job: JobHandle<T>, reporter: &Reporter<U>) -> Outcome<T> {
    let control = job.control().clone();
    job.join(|event| {
        if reporter.control.is_cancelled() {
            control.cancel();
        }
        if let JobEvent::Progress(progress) = event {
            reporter.progress(&progress.stage, progress.done, progress.total, progress.detail.clone());
        }
    })
}
