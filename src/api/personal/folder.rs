//! The personal model on disk: `models/personal`, whole by itself.
//!
//! The fit lies in a file named after its content, beside the list of photos that it learnt from, the basis and a copy of
//! the network; the card, written last, says which of them count. A killed process leaves the former model or the new
//! one; the fit before the last stays for whoever is reading it.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::extractor::Extractor;
use super::observer::{BackboneFile, Observer, Source, source_name};
use crate::api::{ModelEntry, Project};
use crate::domain::{ModelCard, PersonalCard};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::imaging::sha256_hex;
use crate::model_folder;
use crate::train::personal::Personal;

/// The folder below the project's models, and the model's name.
pub(super) const NAME: &str = "personal";

/// Hex digits of a model's id.
const DIGITS: usize = 16;

/// What belongs to a fit.
pub(super) struct Fitted<'a> {
    /// SHA-256 of the photos it learnt from.
    pub(super) contents: Vec<String>,
    pub(super) source: &'a Source,
    /// The basis, as bytes.
    pub(super) basis: &'a [u8],
}

fn fit_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("fit-{id}.json"))
}

fn contents_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("photos-{id}.txt"))
}

fn basis_file(folder: &Path, card: &PersonalCard) -> PathBuf {
    folder.join(format!("basis-{}.bin", card.basis))
}

fn backbone_file(folder: &Path, card: &PersonalCard) -> Option<PathBuf> {
    // A file of the folder, whatever a card from elsewhere says.
    let name = Path::new(&card.backbone.as_ref()?.file).file_name()?;
    Some(folder.join(name))
}

/// The network trained elsewhere that the personal model in a folder learnt from; nothing without such a model.
///
/// # Errors
/// When its weights cannot be read.
pub(super) fn backbone_in(folder: &Path) -> Result<Option<BackboneFile>> {
    let Some(about) = model_folder::read_card(folder).ok().and_then(|card| card.personal) else { return Ok(None) };
    backbone_of(folder, &about)
}

fn backbone_of(folder: &Path, about: &PersonalCard) -> Result<Option<BackboneFile>> {
    let (Some(path), Some(backbone)) = (backbone_file(folder, about), &about.backbone) else { return Ok(None) };
    BackboneFile::at(path, backbone.name.clone()).map(Some)
}

/// Loads what describes photos for the model in a folder; `batch` photos are computed at a time.
///
/// # Errors
/// When a file of it is missing or damaged.
pub(super) fn load_observer(folder: &Path, card: &ModelCard, device: &Device, batch: usize) -> Result<Observer> {
    let about = about(folder, card)?;
    let backbone = backbone_file(folder, about);
    Observer::load(&network_folder(folder, about), backbone.as_deref(), device, batch)
}

/// The folder of the network that an entry's model is based on.
///
/// # Errors
/// [`crate::Code::BadData`] when it is no personal model.
pub(in crate::api) fn network_folder_of(entry: &ModelEntry) -> Result<PathBuf> {
    Ok(network_folder(&entry.folder, about(&entry.folder, &entry.card)?))
}

/// The folder of the network below that of the model.
pub(super) fn network_folder(folder: &Path, card: &PersonalCard) -> PathBuf {
    folder.join(format!("network-{}", card.base))
}

pub(super) fn folder_of(project: &Project) -> PathBuf {
    project.models().join(NAME)
}

/// The id that a fit has.
pub(super) fn id_of(fit: &str) -> String {
    sha256_hex(fit.as_bytes()).chars().take(DIGITS).collect()
}

/// Writes a model: the files, then `card`, then what no card names any more goes.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn save(folder: &Path, fit: &str, card: &ModelCard, fitted: &Fitted<'_>) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))?;
    let about = about(folder, card)?;
    let write = |path: PathBuf, bytes: &[u8]| {
        if path.is_file() { Ok(()) } else { write_atomically(&path, true, |out| out.write_all(bytes)) }
    };
    let id = &card.id.0;
    write(fit_file(folder, id), fit.as_bytes())?;
    write(contents_file(folder, id), fitted.contents.join("\n").as_bytes())?;
    write(basis_file(folder, about), fitted.basis)?;
    model_folder::copy_network(&fitted.source.base.folder, &network_folder(folder, about))?;
    if let (Some(from), Some(to)) = (&fitted.source.backbone, backbone_file(folder, about))
        && !to.is_file()
    {
        let bytes = std::fs::read(&from.path).map_err(|error| Error::io("read", &from.path, error))?;
        write(to, &bytes)?;
    }
    let former = model_folder::read_card(folder).ok();
    model_folder::write_card(folder, card)?;
    sweep(folder, &[Some(card), former.as_ref()]);
    Ok(())
}

/// Deletes what none of the cards names; what cannot be deleted now goes another time.
fn sweep(folder: &Path, cards: &[Option<&ModelCard>]) {
    let mut kept = Vec::new();
    for card in cards.iter().copied().flatten() {
        kept.extend([fit_file(folder, &card.id.0), contents_file(folder, &card.id.0)]);
        kept.extend(card.personal.iter().flat_map(|about| [basis_file(folder, about), network_folder(folder, about)]));
        kept.extend(card.personal.iter().filter_map(|about| backbone_file(folder, about)));
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let ours = ["fit-", "photos-", "basis-", "network-", "backbone-"].iter().any(|start| name.starts_with(start));
        if !ours || kept.contains(&path) {
            continue;
        }
        let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = gone {
            tracing::debug!("{} stays: {error}", path.display());
        }
    }
}

/// What the card of a personal model says beyond a network's.
///
/// # Errors
/// [`crate::Code::BadData`] when it is another model's card.
pub(super) fn about<'a>(folder: &Path, card: &'a ModelCard) -> Result<&'a PersonalCard> {
    let no = || Error::bad_data(format!("{} holds no personal model", folder.display()));
    card.personal.as_ref().ok_or_else(no)
}

/// Reads the fit that a card names.
///
/// # Errors
/// [`crate::Code::BadData`] when it is damaged, else when it cannot be read.
pub(super) fn read_fit(folder: &Path, card: &ModelCard) -> Result<Personal> {
    let path = fit_file(folder, &card.id.0);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    if id_of(&text) != card.id.0 {
        return Err(Error::bad_data(format!(
            "{} is damaged: its content does not match the model card",
            path.display()
        ))
        .hint("Fit it again with `packshot personal`."));
    }
    Personal::from_json(&text)
}

/// Reads what turns descriptions into rows.
///
/// # Errors
/// When the basis is damaged or cannot be read.
pub(super) fn read_extractor(folder: &Path, card: &ModelCard) -> Result<Extractor> {
    let about = about(folder, card)?;
    let path = basis_file(folder, about);
    let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    let network = model_folder::read_card(&network_folder(folder, about))?;
    let name = source_name(&network, backbone_of(folder, about)?.as_ref());
    let extractor = Extractor::new(name, &bytes)?;
    if extractor.name == about.extractor && extractor.basis_name == about.basis {
        return Ok(extractor);
    }
    Err(Error::bad_data(format!("{} was made by another version of Packshot", folder.display()))
        .hint("Fit it again with `packshot personal`."))
}

/// SHA-256 of the photos that a personal model learnt from.
///
/// # Errors
/// When the list cannot be read.
pub(in crate::api) fn learnt_from(entry: &ModelEntry) -> Result<Vec<String>> {
    let path = contents_file(&entry.folder, &entry.card.id.0);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    Ok(text.lines().map(str::to_owned).collect())
}
