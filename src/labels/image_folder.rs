//! Hugging Face's `imagefolder`: photos beside a `metadata.jsonl` that names them, in a folder of the split.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::copies::copy_photos;
use super::write::PhotoVotes;
use crate::error::Result;
use crate::files::write_atomically;

/// The folder of the only split that is written.
const SPLIT: &str = "train";

/// The metadata of a folder, or of its training split.
pub(super) fn metadata_file(folder: &Path) -> Option<PathBuf> {
    let names = ["metadata.jsonl", "metadata.csv"];
    let places = [folder.to_owned(), folder.join(SPLIT)];
    places.iter().flat_map(|place| names.map(|name| place.join(name))).find(|file| file.is_file())
}

/// Writes `train/metadata.jsonl` and copies of the photos beside it; returns how many photos.
///
/// # Errors
/// When the metadata are there and `overwrite` is not set, or something cannot be written.
pub(super) fn write(folder: &Path, photos: &BTreeMap<&Path, PhotoVotes<'_>>, overwrite: bool) -> Result<u64> {
    let split = folder.join(SPLIT);
    let file = split.join("metadata.jsonl");
    super::refuse(&file, overwrite)?;
    let names = copy_photos(photos.keys().copied(), &split)?;
    write_atomically(&file, overwrite, |out| {
        photos.values().zip(&names).try_for_each(|(said, name)| {
            let mut line = Map::new();
            line.insert("file_name".to_owned(), name.as_str().into());
            said.describe(&mut line);
            writeln!(out, "{}", Value::Object(line))
        })
    })?;
    Ok(photos.len() as u64)
}
