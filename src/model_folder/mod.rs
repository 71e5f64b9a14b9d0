//! A model on disk: a folder with `model.json` (the card) and `weights.safetensors`, written whole or not
//! at all.
//!
//! Must not know runs, the store or training.

mod shipped;

use std::path::Path;

use burn::store::{ModuleSnapshot as _, SafetensorsStore};
use burn::tensor::{Bytes, Device};

use crate::domain::{ModelCard, ModelId};
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::nn::{self, Network};

pub use shipped::{SHIPPED, shipped};

const CARD: &str = "model.json";
const WEIGHTS: &str = "weights.safetensors";

/// Writes `network` and its card to `folder`, replacing what was there only when the new files are complete on disk.
/// The card's id is set from the weights; `beside` holds more files (name, content) for the folder.
///
/// # Errors
/// When a file cannot be written.
pub fn save(folder: &Path, network: &Network, card: &ModelCard, beside: &[(&str, &[u8])]) -> Result<ModelCard> {
    let bytes = safetensors(network)?;
    let id: String = crate::imaging::sha256_hex(&bytes).chars().take(16).collect();
    let card = ModelCard { id: ModelId(id), ..card.clone() };
    let text = serde_json::to_string_pretty(&card)
        .map_err(|error| Error::internal("could not serialise the model card").caused_by(error))?;
    let mut files: Vec<(&str, &[u8])> = vec![(WEIGHTS, &bytes), (CARD, text.as_bytes())];
    files.extend_from_slice(beside);
    replace_folder(folder, &files)?;
    Ok(card)
}

/// The weights as a safetensors file; the same weights give the same bytes.
fn safetensors(network: &Network) -> Result<Vec<u8>> {
    let failed = |error| Error::internal("could not serialise the network").caused_by(error);
    // The store's own metadata come out of a hash map, in any order.
    let mut store = SafetensorsStore::from_bytes(None).clear_metadata().skip_enum_variants(true);
    network.save_into(&mut store).map_err(failed)?;
    store.get_bytes().map_err(failed)
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

/// Writes a card beside what it describes, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_card(folder: &Path, card: &ModelCard) -> Result<()> {
    let text = serde_json::to_string_pretty(card)
        .map_err(|error| Error::internal("could not serialise the model card").caused_by(error))?;
    write_atomically(&folder.join(CARD), true, |out| out.write_all(text.as_bytes()))
}

/// Copies a network, card and weights, to another folder; one that holds it already is left alone.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_network(from: &Path, to: &Path) -> Result<()> {
    let card = read_card(from)?;
    if read_card(to).is_ok_and(|found| found == card) && to.join(WEIGHTS).is_file() {
        return Ok(());
    }
    let read = |name: &str| {
        let path = from.join(name);
        std::fs::read(&path).map_err(|error| Error::io("read", &path, error))
    };
    replace_folder(to, &[(WEIGHTS, &read(WEIGHTS)?), (CARD, &read(CARD)?)])
}

/// Reads a network: card and weights, on `device`.
///
/// # Errors
/// As [`read_card`], when the folder holds a personal model, and when the weights do not belong to the card.
pub fn load(folder: &Path, device: &Device) -> Result<(ModelCard, Network)> {
    let card = read_card(folder)?;
    if card.personal.is_some() {
        return Err(not_a_network(folder));
    }
    let path = folder.join(WEIGHTS);
    let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    if !crate::imaging::sha256_hex(&bytes).starts_with(&card.id.0) {
        return Err(Error::bad_data(format!(
            "{} is damaged: its content does not match the model card",
            path.display()
        ))
        .hint("Train again, or copy the model folder anew."));
    }
    let network = network(&card.architecture, bytes, device)
        .map_err(|error| Error::bad_data(format!("{} cannot be loaded", path.display())).caused_by(error))?;
    Ok((card, network))
}

/// SHA-256 of a network's weights, in full: the model's id is its start.
///
/// # Errors
/// When the file cannot be read.
pub fn weights_sha256(folder: &Path) -> Result<String> {
    let path = folder.join(WEIGHTS);
    let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    Ok(crate::imaging::sha256_hex(&bytes))
}

/// Says that a personal model was given where only a network will do.
pub fn not_a_network(folder: &Path) -> Error {
    Error::bad_data(format!("{} holds a personal model, and this needs a network", folder.display()))
        .hint("Name a network with --model, for example \"default\"; `packshot models list` shows them.")
}

/// Bytes as burn's readers want them.
pub fn burn_bytes(bytes: Vec<u8>) -> Bytes {
    Bytes::from_bytes_vec(bytes)
}

/// A network of a named architecture with weights from a safetensors file.
fn network(architecture: &str, bytes: Vec<u8>, device: &Device) -> Result<Network> {
    let mut network = nn::named(architecture)?.config.init(device);
    network
        .load_from(&mut SafetensorsStore::from_bytes(Some(bytes)).skip_enum_variants(true))
        .map_err(|error| Error::bad_data(format!("the weights do not fit {architecture}")).caused_by(error))?;
    Ok(network)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;
    use crate::domain::{Calibration, Reach};
    use crate::nn::{VIEW_EDGE, VIEWS, seeded};

    pub(super) fn card(architecture: &str) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(String::new()),
            architecture: architecture.to_owned(),
            preprocess: crate::preprocess::VERSION,
            calibration: Calibration { mean: 50.0, std: 20.0 },
            reach: Reach::UNKNOWN,
            names_flaws: false,
            run: None,
            created_ms: 5,
            code_version: "test".to_owned(),
            personal: None,
        }
    }

    #[test]
    fn a_model_comes_back_as_it_was_and_its_id_names_its_weights() {
        let folder = tempfile::tempdir().expect("temp dir");
        let device = Device::flex();
        let network = |seed| seeded(nn::ARCHITECTURES[1].config.init(&device), seed);
        let write = |name: &str, seed| {
            save(&folder.path().join(name), &network(seed), &card("cnn-xs"), &[]).expect("writes").id
        };
        let (first, again, other) = (write("a", 1), write("b", 1), write("c", 2));
        assert_eq!(first, again);
        assert_ne!(first, other);
        let (read, loaded) = load(&folder.path().join("a"), &device).expect("loads");
        assert_eq!(read.id, first);
        let views = Tensor::<5>::full([1, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], 0.4, &device);
        assert_eq!(loaded.raw_scores(views.clone(), 1), network(1).raw_scores(views, 1));
    }

    #[test]
    fn weights_of_another_architecture_or_cut_short_are_refused() {
        let folder = tempfile::tempdir().expect("temp dir");
        let (path, device) = (folder.path().join("m"), Device::flex());
        let network = seeded(nn::ARCHITECTURES[1].config.init(&device), 1);
        save(&path, &network, &card("cnn-s"), &[]).expect("writes");
        let error = load(&path, &device).expect_err("another architecture");
        assert!(error.chain().contains("do not fit cnn-s"), "{error:#}");
        save(&path, &network, &card("cnn-xs"), &[]).expect("writes");
        let weights = path.join(WEIGHTS);
        let bytes = std::fs::read(&weights).expect("reads");
        std::fs::write(&weights, &bytes[..bytes.len() - 4]).expect("writes");
        let error = load(&path, &device).expect_err("cut short");
        assert!(error.summary.contains("damaged") && error.summary.contains(WEIGHTS), "{error}");
    }
}
