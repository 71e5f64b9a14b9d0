//! The models a project can score with.

use std::path::PathBuf;

use super::Project;
use crate::domain::ModelCard;
use crate::error::{Error, Result};

/// A model that can be used: its card and the folder it lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// The card.
    pub card: ModelCard,
    /// The folder with `model.json` and the weights.
    pub folder: PathBuf,
    /// The name of the run that made it, or the folder's name.
    pub name: String,
}

/// The project's models, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn list_models(_project: &Project) -> Result<Vec<ModelEntry>> {
    Err(Error::internal("models"))
}

/// Finds a model by run id, run name, model id (or a unique prefix of one) or folder; the newest when nothing is named.
///
/// # Errors
/// [`crate::error::Code::NotFound`] that says what there is.
pub fn find_model(_project: &Project, _name: Option<&str>) -> Result<ModelEntry> {
    Err(Error::internal("model"))
}
