//! A model on disk: a folder with `model.json` (the card) and `weights.bpk`, written whole or not at all.
//!
//! Must not know runs, the store or training.

use std::path::Path;

use burn::module::Module as _;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};

use crate::domain::{ModelCard, ModelId};
use crate::error::{Error, Result};
use crate::nn::{self, Cnn};

const CARD: &str = "model.json";
const WEIGHTS: &str = "weights.bpk";

/// Writes `network` and its card to `folder`, replacing what was there only when the new files are complete on disk.
/// The card's id is set from the weights; `beside` holds more files (name, content) for the folder.
///
/// # Errors
/// When a file cannot be written.
pub fn save(folder: &Path, network: &Cnn, card: &ModelCard, beside: &[(&str, &[u8])]) -> Result<ModelCard> {
    let bytes = network
        .clone()
        .into_record()
        .into_bytes()
        .map_err(|error| Error::internal("could not serialise the network").caused_by(error))?;
    let id: String = crate::imaging::sha256_hex(&bytes).chars().take(16).collect();
    let card = ModelCard { id: ModelId(id), ..card.clone() };
    let text = serde_json::to_string_pretty(&card)
        .map_err(|error| Error::internal("could not serialise the model card").caused_by(error))?;
    let mut files: Vec<(&str, &[u8])> = vec![(WEIGHTS, &bytes), (CARD, text.as_bytes())];
    files.extend_from_slice(beside);
    replace_folder(folder, &files)?;
    Ok(card)
}

/// Writes files into a fresh folder and moves it to `folder`; a crash leaves the old folder or the new one.
///
/// # Errors
/// When a file cannot be written or the folder cannot be moved.
pub fn replace_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    let fresh = folder.with_extension("new");
    let old = folder.with_extension("old");
    let io = |action: &str, path: &Path, error| Error::io(action, path, error);
    for leftover in [&fresh, &old] {
        if leftover.exists() {
            std::fs::remove_dir_all(leftover).map_err(|error| io("remove", leftover, error))?;
        }
    }
    std::fs::create_dir_all(&fresh).map_err(|error| io("create the folder", &fresh, error))?;
    for (name, bytes) in files {
        let path = fresh.join(name);
        let write = || {
            let mut file = std::fs::File::create(&path)?;
            std::io::Write::write_all(&mut file, bytes)?;
            file.sync_all()
        };
        write().map_err(|error| io("write", &path, error))?;
    }
    if folder.exists() {
        std::fs::rename(folder, &old).map_err(|error| io("move", folder, error))?;
    }
    std::fs::rename(&fresh, folder).map_err(|error| io("move", &fresh, error))?;
    if old.exists() {
        std::fs::remove_dir_all(&old).map_err(|error| io("remove", &old, error))?;
    }
    Ok(())
}

/// Puts the former folder back when a crash fell between the two moves of [`replace_folder`].
///
/// # Errors
/// When the folder cannot be moved.
pub fn repair_folder(folder: &Path) -> Result<()> {
    let old = folder.with_extension("old");
    if !folder.exists() && old.exists() {
        std::fs::rename(&old, folder).map_err(|error| Error::io("move", &old, error))?;
    }
    Ok(())
}

/// Reads a model's card.
///
/// # Errors
/// [`crate::error::Code::NotFound`] when there is no model, [`crate::error::Code::BadData`] when the card is damaged,
/// of a newer format, or made for another preprocessing.
pub fn read_card(folder: &Path) -> Result<ModelCard> {
    repair_folder(folder)?;
    let path = folder.join(CARD);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    let card: ModelCard = serde_json::from_str(&text)
        .map_err(|error| Error::bad_data(format!("{} is not a model card", path.display())).caused_by(error))?;
    if card.format > ModelCard::FORMAT {
        return Err(Error::bad_data(format!("{} was written by a newer Packshot", path.display()))
            .hint("Update Packshot to use this model."));
    }
    if card.preprocess != crate::preprocess::VERSION {
        return Err(Error::bad_data(format!("the model in {} expects another preprocessing", folder.display()))
            .hint("Train it again with this version of Packshot."));
    }
    Ok(card)
}

/// Reads a model: card and network, on `device`.
///
/// # Errors
/// As [`read_card`], and when the weights do not belong to the card.
pub fn load(folder: &Path, device: &Device) -> Result<(ModelCard, Cnn)> {
    let card = read_card(folder)?;
    let path = folder.join(WEIGHTS);
    let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    if !crate::imaging::sha256_hex(&bytes).starts_with(&card.id.0) {
        return Err(Error::bad_data(format!(
            "{} is damaged: its content does not match the model card",
            path.display()
        ))
        .hint("Train again, or copy the model folder anew."));
    }
    let network = network(&card.architecture, &bytes, device)
        .map_err(|error| Error::bad_data(format!("{} cannot be loaded", path.display())).caused_by(error))?;
    Ok((card, network))
}

/// Bytes as burn's readers want them.
pub fn burn_bytes(bytes: Vec<u8>) -> Bytes {
    Bytes::from_bytes_vec(bytes)
}

/// A network of a named architecture with weights from burnpack bytes.
///
/// # Errors
/// When the architecture is unknown or the weights do not fit it.
pub fn network(architecture: &str, bytes: &[u8], device: &Device) -> Result<Cnn> {
    let found = nn::find(architecture).ok_or_else(|| {
        let names: Vec<_> = nn::ARCHITECTURES.iter().map(|architecture| architecture.name).collect();
        Error::bad_data(format!("there is no architecture {architecture:?}"))
            .hint(format!("Known: {}", names.join(", ")))
    })?;
    let record = ModuleRecord::from_bytes(burn_bytes(bytes.to_vec()))
        .map_err(|error| Error::bad_data("the weights cannot be read").caused_by(error))?;
    found
        .config
        .init(device)
        .try_load_record(record)
        .map_err(|error| Error::bad_data(format!("the weights do not fit {architecture}")).caused_by(error))
}
