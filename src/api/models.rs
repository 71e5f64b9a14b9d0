//! The models a project can score with.

use std::path::{Path, PathBuf};

use burn::module::Module as _;
use burn::tensor::Device;

use super::Project;
use crate::domain::ModelCard;
use crate::error::{Error, Result};
use crate::{model_folder, nn};

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

/// The project's models, newest first, then the shipped one; models whose folder is gone or damaged are left out.
///
/// # Errors
/// When the database cannot be read.
pub fn list_models(project: &Project) -> Result<Vec<ModelEntry>> {
    let store = project.store()?;
    let mut entries = Vec::new();
    for model in store.models()? {
        let folder = project.root().join(&model.path);
        let name = match &model.run {
            Some(run) => store.run(run)?.map(|run| run.meta.name).unwrap_or_default(),
            None => folder_name(&folder),
        };
        match model_folder::read_card(&folder) {
            Ok(card) => entries.push(ModelEntry { card, folder, name }),
            Err(error) => tracing::warn!("model {} is left out: {error:#}", model.id),
        }
    }
    entries.push(shipped_model(project)?);
    Ok(entries)
}

/// The model that comes with the program.
fn shipped_model(project: &Project) -> Result<ModelEntry> {
    let (card, folder) = model_folder::shipped(&project.cache())?;
    Ok(ModelEntry { card, folder, name: model_folder::SHIPPED.to_owned() })
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Finds a model by run id, run name, model id (or a unique prefix of an id) or folder; when nothing is named the
/// newest, and the shipped one while the project has none of its own.
///
/// # Errors
/// [`crate::Code::NotFound`] that says what there is, [`crate::Code::Usage`] when a prefix fits several.
pub fn find_model(project: &Project, name: Option<&str>) -> Result<ModelEntry> {
    let models = list_models(project)?;
    let Some(name) = name else {
        return models
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("there is no model").hint("Name a model folder with --model."));
    };
    let folder = Path::new(name);
    if folder.join("model.json").exists() {
        let card = model_folder::read_card(folder)?;
        return Ok(ModelEntry { card, folder: folder.to_owned(), name: folder_name(folder) });
    }
    let run_of = |entry: &ModelEntry| entry.card.run.clone().unwrap_or_default();
    let exact = |entry: &&ModelEntry| entry.card.id.0 == name || run_of(entry) == name || entry.name == name;
    if let Some(entry) = models.iter().find(exact) {
        return Ok(entry.clone());
    }
    let fits = |entry: &&ModelEntry| entry.card.id.0.starts_with(name) || run_of(entry).starts_with(name);
    match models.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [entry] => Ok((*entry).clone()),
        [] => Err(Error::not_found(format!("there is no model {name:?}"))
            .hint("`packshot models list` shows them; a model folder can be named too.")),
        _ => Err(Error::usage(format!("{name:?} fits several models")).hint("`packshot models list` shows them.")),
    }
}

/// As [`find_model`], but only networks: the newest of them, or the shipped one, when nothing is named.
///
/// # Errors
/// As [`find_model`]; [`crate::Code::BadData`] when a personal model is named.
pub(super) fn find_network(project: &Project, name: Option<&str>) -> Result<ModelEntry> {
    if name.is_none() {
        let network = list_models(project)?.into_iter().find(|entry| entry.card.personal.is_none());
        return network.ok_or_else(|| Error::not_found("there is no network"));
    }
    let entry = find_model(project, name)?;
    if entry.card.personal.is_some() { Err(model_folder::not_a_network(&entry.folder)) } else { Ok(entry) }
}

/// An architecture with its measured size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ArchitectureEntry {
    /// The stable name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Trainable numbers.
    pub parameters: usize,
    /// Multiply-accumulates a photo.
    pub macs: u64,
}

/// The architectures that can be trained, the default first.
pub fn list_architectures() -> Vec<ArchitectureEntry> {
    let entry = |found: &nn::Architecture| ArchitectureEntry {
        name: found.name,
        about: found.about,
        parameters: found.config.init(&Device::flex()).num_params(),
        macs: found.config.macs(),
    };
    nn::ARCHITECTURES.iter().map(entry).collect()
}
