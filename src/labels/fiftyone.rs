//! FiftyOne's image classification folder: `labels.json` names a class and attributes by the stem of each file in `data/`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::copies::copy_photos;
use super::write::PhotoVotes;
use super::{LabelProblem, RawFile, jsonl, table};
use crate::domain::{LEVEL_WORDS, Scale};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Reads `labels.json`; lines are the places of labels in it, from 1.
///
/// # Errors
/// [`crate::Code::BadData`] when it is no such file.
pub(super) fn read(file: &Path, text: &str) -> Result<RawFile> {
    let bad = || {
        Error::bad_data(format!("{} is no labels.json of FiftyOne", file.display()))
            .hint("Export the dataset from FiftyOne as FiftyOneImageClassificationDataset.")
    };
    let whole: Value = serde_json::from_str(text).map_err(|error| bad().caused_by(error))?;
    let labels = whole.get("labels").and_then(Value::as_object).ok_or_else(bad)?;
    let classes: Vec<&str> =
        whole["classes"].as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_str).collect();
    let names = files(&file.with_file_name("data"));
    let mut raw = RawFile::default();
    for ((stem, label), line) in labels.iter().zip(1..) {
        let name = names.get(stem).map_or_else(|| format!("data/{stem}"), |name| format!("data/{name}"));
        let mut object = label.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        object.insert("file_name".to_owned(), name.into());
        let class = label.get("label").unwrap_or(label);
        let class = class.as_str().or_else(|| classes.get(class.as_u64()? as usize).copied());
        if let Some(level) = class.and_then(table::level_of).filter(|_| !object.contains_key("score")) {
            object.insert("label".to_owned(), LEVEL_WORDS[usize::from(level) - 1].into());
        }
        if let Some(scale) = object.get("scale").and_then(Value::as_str) {
            table::declare(file, line, scale, &mut raw.declared)?;
        }
        match jsonl::row(&object, line) {
            Ok(row) => {
                raw.tags.extend(jsonl::tags(&object, &row));
                raw.rows.push(row);
            }
            Err(text) => raw.problems.push(LabelProblem { line, text }),
        }
    }
    Ok(raw)
}

/// The files of a folder by stem.
fn files(folder: &Path) -> HashMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.path()).filter_map(|path| {
        let text = |part: Option<&std::ffi::OsStr>| Some(part?.to_string_lossy().into_owned());
        Some((text(path.file_stem())?, text(path.file_name())?))
    });
    names.collect()
}

/// Writes `labels.json` and copies of the photos in `data/`; returns how many photos. The class is the nearest of the five
/// levels; a photo that was only tagged has none.
///
/// # Errors
/// When the labels are there and `overwrite` is not set, or something cannot be written.
pub(super) fn write(folder: &Path, photos: &BTreeMap<&Path, PhotoVotes<'_>>, overwrite: bool) -> Result<u64> {
    let file = folder.join("labels.json");
    super::refuse(&file, overwrite)?;
    let names = copy_photos(photos.keys().copied(), &folder.join("data"))?;
    let mut labels = Map::new();
    for (said, name) in photos.values().zip(&names) {
        let mut attributes = Map::new();
        said.describe(&mut attributes);
        let level = said.mos().map(|mos| (mos / Scale::PERCENT.max * (LEVEL_WORDS.len() - 1) as f64).round());
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let class = level.map_or(Value::Null, |level| (level as u64).into());
        labels.insert(stem, json!({"label": class, "attributes": attributes}));
    }
    let whole = json!({"classes": LEVEL_WORDS, "labels": labels});
    write_atomically(&file, overwrite, |out| Ok(serde_json::to_writer_pretty(out, &whole)?))?;
    Ok(photos.len() as u64)
}
