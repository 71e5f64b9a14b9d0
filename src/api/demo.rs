//! The demo catalogue as a job.

use std::path::Path;

use crate::degrade::{DemoConfig, DemoTally, draw_catalogue};
use crate::error::{Code, Result};
use crate::jobs::{self, JobHandle, Outcome, Wake};

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
