//! Training: from labels to a model, as a job.

use super::Project;
use crate::domain::{ModelId, RunId};
use crate::error::{Error, Result};
use crate::jobs::{JobHandle, Wake};

/// What to train.
#[derive(Debug, Clone, Default)]
pub struct TrainRequest {
    /// Go on with this run instead of starting one; its recorded configuration is used.
    pub resume: Option<RunId>,
    /// The new run's name; made up from architecture and loss when empty.
    pub name: String,
}

/// How a training ended.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct TrainSummary {
    /// The run.
    pub run: Option<RunId>,
    /// The model, when at least one epoch was finished.
    pub model: Option<ModelId>,
    /// Device in words, with the reason it was chosen.
    pub device: String,
    /// Photos in train, validation and test.
    pub photos: [u64; 3],
    /// Final metrics by name, as recorded in the run.
    pub metrics: serde_json::Map<String, serde_json::Value>,
    /// Labelled photos that could not be used, with the reason.
    pub left_out: Vec<super::FailedPhoto>,
}

/// Starts or resumes a training with the project's `[train]` configuration. Curves go to the store
/// (`train_loss`, `validation_loss`, `validation_srcc`, `validation_plcc`, `validation_mae`, `validation_rmse`), the
/// job says `Points` when there are new ones; `Progress` counts steps, its detail carries loss, images/s and device.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_training(_project: &Project, _request: TrainRequest, _wake: Wake) -> Result<JobHandle<TrainSummary>> {
    Err(Error::internal("train"))
}
