//! What photos are described by for personal models: the base network, and, in place of its features, those of a network
//! trained elsewhere when there is one.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::folder;
use super::row::Measures;
use crate::api::{ModelEntry, Project, find_network};
use crate::backbone_file;
use crate::domain::{ModelCard, PersonalBackbone, RunId};
use crate::error::{Error, Result};
use crate::infer::{self, Describer, Description};
use crate::jobs::Control;
use crate::preprocess::{BACKBONE_VERSION, BACKBONE_VIEWS, BackboneViews, Views};

/// Hex digits that tell weight files apart.
const DIGITS: usize = 16;

/// What `personal.backbone` says for the base network's own features.
pub const NO_BACKBONE: &str = "none";

/// Features of the whole photo and the mean of its crops' are kept, how far the crops differ is not: it gained nothing
/// (docs/benchmarks.md).
const PARTS: usize = 3;
const KEPT_PARTS: usize = 2;

/// The files that photos are described by.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The network whose score a personal model starts from.
    pub(super) base: ModelEntry,
    /// The network trained elsewhere whose features it learns from, else the base's.
    pub(super) backbone: Option<BackboneFile>,
}

/// A weight file of a network trained elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BackboneFile {
    pub(super) path: PathBuf,
    /// What the user calls it.
    pub(super) name: String,
    /// The start of its SHA-256.
    pub(super) digest: String,
}

impl BackboneFile {
    /// The weight file at `path`, called `name`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn at(path: PathBuf, name: String) -> Result<Self> {
        let digest = backbone_file::sha256(&path)?.chars().take(DIGITS).collect();
        Ok(Self { path, name, digest })
    }

    /// As a personal model's card names it; the file lies in the model's folder.
    pub(super) fn card(&self) -> PersonalBackbone {
        let extension = self.path.extension().unwrap_or_default().to_string_lossy();
        PersonalBackbone { name: self.name.clone(), file: format!("backbone-{}.{extension}", self.digest) }
    }
}

impl Source {
    /// What the project's personal models are to be based on.
    ///
    /// # Errors
    /// When a file cannot be read, or the base network learnt from this project's labels: what it says of them is no
    /// evidence.
    pub(super) fn of(project: &Project) -> Result<Self> {
        Ok(Self { base: base_model(project)?, backbone: backbone_of(project)? })
    }

    /// What features are known by in the store.
    pub(super) fn name(&self) -> String {
        source_name(&self.base.card, self.backbone.as_ref())
    }

    /// What gives the features, in words.
    pub(super) fn features(&self) -> &str {
        self.backbone.as_ref().map_or(self.base.name.as_str(), |backbone| backbone.name.as_str())
    }
}

/// What features by a network, or by a backbone beside it, are known by.
pub(super) fn source_name(card: &ModelCard, backbone: Option<&BackboneFile>) -> String {
    let own = format!("personal-{}-p{}-a{}", card.id, card.preprocess, crate::attributes::VERSION);
    match backbone {
        Some(backbone) => format!("{own}-b{}v{BACKBONE_VERSION}", backbone.digest),
        None => own,
    }
}

/// The network that personal models of the project are based on.
fn base_model(project: &Project) -> Result<ModelEntry> {
    let name = project.config.personal.base.as_str();
    let entry = find_network(project, Some(name).filter(|name| !name.is_empty()).or(Some("default")))?;
    if let Some(run) = &entry.card.run
        && !project.store()?.split(&RunId(run.clone()))?.is_empty()
    {
        return Err(Error::bad_data(format!("the network {} learnt from the labels of this project", entry.name))
            .hint(
                "A personal model needs one that did not: set personal.base to \"default\" or to a pre-trained one.",
            ));
    }
    Ok(entry)
}

/// The configured backbone; where nothing is said, that of the personal model there is.
fn backbone_of(project: &Project) -> Result<Option<BackboneFile>> {
    let configured = project.config.personal.backbone.trim();
    match configured {
        "" => folder::backbone_in(&folder::folder_of(project)),
        NO_BACKBONE => Ok(None),
        file => {
            // A path in the project's configuration may be relative to the project.
            let beside = project.root().join(file);
            let path = if beside.is_file() { beside } else { PathBuf::from(file) };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            BackboneFile::at(path, name).map(Some).map_err(|error| {
                error.hint("personal.backbone names a .safetensors, .pth or .pt file; \"none\" goes without one.")
            })
        }
    }
}

/// The networks, loaded.
pub(super) struct Observer {
    describer: Describer,
    backbone: Option<infer::Extractor>,
}

impl Observer {
    /// Loads the network in a folder, and the weights beside it; `batch` photos are computed at a time.
    ///
    /// # Errors
    /// When a file of them is missing or damaged.
    pub(super) fn load(network: &Path, backbone: Option<&Path>, device: &Device, batch: usize) -> Result<Self> {
        let views = batch.div_ceil(BACKBONE_VIEWS);
        let backbone = backbone.map(|path| infer::Extractor::load(path, device, views)).transpose()?;
        Ok(Self { describer: Describer::load(network, device, batch)?, backbone })
    }

    /// The network.
    pub(super) fn describer(&self) -> &Describer {
        &self.describer
    }

    /// Whether it looks at a photo's views for a backbone.
    pub(super) fn has_backbone(&self) -> bool {
        self.backbone.is_some()
    }

    /// Widths of the levels of features that are brought to one variance each.
    pub(super) fn levels(&self) -> Vec<usize> {
        let Some(backbone) = &self.backbone else { return self.describer.level_widths() };
        let mut levels = backbone.level_widths();
        levels.truncate(levels.len() / PARTS * KEPT_PARTS);
        levels
    }

    /// Describes photos, in their order; nothing when a stop was asked for.
    ///
    /// # Errors
    /// [`crate::Code::Internal`] when a photo was not looked at for the backbone.
    pub(super) fn describe(
        &self,
        photos: &[(&Views, &Measures)],
        control: &Control,
    ) -> Result<Option<Vec<Description>>> {
        let views: Vec<&Views> = photos.iter().map(|photo| photo.0).collect();
        let Ok(mut descriptions) = self.describer.describe(&views, control) else { return Ok(None) };
        let Some(backbone) = &self.backbone else { return Ok(Some(descriptions)) };
        let views: Vec<&BackboneViews> = photos.iter().filter_map(|photo| photo.1.backbone.as_deref()).collect();
        if views.len() != photos.len() {
            return Err(Error::internal("a photo was not looked at for the backbone"));
        }
        let Ok(features) = backbone.extract(views, control) else { return Ok(None) };
        for (description, mut features) in descriptions.iter_mut().zip(features) {
            features.truncate(features.len() / PARTS * KEPT_PARTS);
            description.features = features;
        }
        Ok(Some(descriptions))
    }
}
