//! The model that comes with the program, so that photos have scores before the first label. It lies in `models/default`
//! of the sources, with a card that says what it learnt from.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{CARD, WEIGHTS, read_card, replace_folder};
use crate::domain::ModelCard;
use crate::error::{Error, Result};

/// What the shipped model is called wherever models are named.
pub const SHIPPED: &str = "default";

const CARD_TEXT: &str = include_str!("../../models/default/model.json");
const WEIGHT_BYTES: &[u8] = include_bytes!("../../models/default/weights.safetensors");

/// Several threads ask for it when a window opens.
static UNPACKING: Mutex<()> = Mutex::new(());

/// The shipped model's card, and the folder in `cache` that it was unpacked to (now, or before).
///
/// # Errors
/// When the folder cannot be written.
pub fn shipped(cache: &Path) -> Result<(ModelCard, PathBuf)> {
    let card: ModelCard = serde_json::from_str(CARD_TEXT)
        .map_err(|error| Error::internal("the shipped card is damaged").caused_by(error))?;
    let folder = cache.join(format!("{SHIPPED}-{}", card.id));
    let whole = |folder: &Path| {
        let size = std::fs::metadata(folder.join(WEIGHTS)).map(|found| found.len()).unwrap_or_default();
        size == WEIGHT_BYTES.len() as u64 && read_card(folder).is_ok_and(|found| found == card)
    };
    let _one_at_a_time = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    if !whole(&folder) {
        std::fs::create_dir_all(cache).map_err(|error| Error::io("create the folder", cache, error))?;
        let unpacked = replace_folder(&folder, &[(WEIGHTS, WEIGHT_BYTES), (CARD, CARD_TEXT.as_bytes())]);
        // Another process may have unpacked it meanwhile, and been in the way.
        if !whole(&folder) {
            unpacked?;
        }
    }
    Ok((card, folder))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::model_folder::load;

    #[test]
    fn it_unpacks_loads_and_comes_back_when_it_was_deleted_or_damaged() {
        let cache = tempfile::tempdir().expect("temp dir");
        let (card, folder) = shipped(cache.path()).expect("unpacks");
        assert_eq!(load(&folder, &Device::flex()).expect("loads").0, card);
        std::fs::write(folder.join(WEIGHTS), b"cut").expect("writes");
        shipped(cache.path()).expect("mends");
        load(&folder, &Device::flex()).expect("loads again");
        std::fs::remove_dir_all(&folder).expect("deletes");
        assert_eq!(shipped(cache.path()).expect("unpacks again").1, folder);
        load(&folder, &Device::flex()).expect("loads again");
    }

    #[test]
    fn several_at_once_find_it_whole() {
        let cache = tempfile::tempdir().expect("temp dir");
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| shipped(cache.path()).map(drop))).collect();
            asked.into_iter().for_each(|answer| answer.join().expect("joins").expect("unpacks"));
        });
    }

    #[test]
    fn it_fits_this_build_and_is_not_called_calibrated() {
        let card: ModelCard = serde_json::from_str(CARD_TEXT).expect("a card");
        assert_eq!((card.preprocess, card.reach.n, card.run), (crate::preprocess::VERSION, 0, None));
        assert!(WEIGHT_BYTES.len() <= 8 << 20, "{} bytes", WEIGHT_BYTES.len());
    }
}
