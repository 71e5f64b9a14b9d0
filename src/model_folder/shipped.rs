//! The model that comes with the program, so that photos have scores before the first label. It lies in `models/default`
//! of the sources, with a card that says what it learnt from.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{CARD, WEIGHTS, read_card, replace_folder};
use crate::domain::ModelCard;
use crate::error::{Error, Result};

/// What the shipped model is called wherever models are named.
pub const SHIPPED: &str = "default";

const CARD_TEXT: &str = include_str!("../../models/default/model.json");
const WEIGHT_BYTES: &[u8] = include_bytes!("../../models/default/weights.safetensors");

/// Held by whoever unpacks it: threads of a window that opens, and programs that begin to score in one project at once.
const LOCK: &str = "default.lock";

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
    if !whole(&folder) {
        std::fs::create_dir_all(cache).map_err(|error| Error::io("create the folder", cache, error))?;
        let path = cache.join(LOCK);
        let one_at_a_time = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
        if let Err(error) = one_at_a_time.lock() {
            tracing::debug!("{} cannot be locked: {error}", path.display());
        }
        // Another one may have unpacked it meanwhile.
        if !whole(&folder) {
            replace_folder(&folder, &[(WEIGHTS, WEIGHT_BYTES), (CARD, CARD_TEXT.as_bytes())])?;
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
