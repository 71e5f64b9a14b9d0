//! Label Studio's tasks: one task a photo, one annotation a rater, with a rating, a number and choices of defects.
//!
//! Control names are free in Label Studio, so results are told by their type alone. Cancelled annotations are passed over.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::write::{Paths, Tagged};
use super::{ActiveVote, LabelProblem, RawFile, RawRow, TagRow, table};
use crate::domain::{LEVEL_WORDS, Scale, VoteKind};
use crate::error::{Error, Result};
use crate::files::write_atomically;

/// Where Label Studio serves local files from.
const LOCAL: &str = "/data/local-files/?d=";

/// Where our own exports say who the annotators are.
const OWN: &str = "packshot";

/// Reads tasks; lines are the places of tasks, from 1. Stars are on a scale of 1 to 5 and our own numbers on 0 to 100;
/// `scale` is that of anything else.
///
/// # Errors
/// [`crate::Code::BadData`] when the text is no list of tasks, [`crate::Code::Usage`] when a scale is not clear.
pub(super) fn read(file: &Path, text: &str, scale: Option<Scale>) -> Result<RawFile> {
    let tasks: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|error| {
        Error::bad_data(format!("{} is no list of Label Studio tasks", file.display()))
            .hint("Export it from Label Studio as JSON (not JSON-MIN).")
            .caused_by(error)
    })?;
    let (mut raw, mut numbers) = (RawFile::default(), Vec::new());
    for (task, line) in tasks.iter().zip(1..) {
        if let Err(text) = read_task(task, line, file, &mut raw, &mut numbers) {
            raw.problems.push(LabelProblem { line, text });
        }
    }
    let own = tasks.iter().all(|task| task.get("meta").is_some_and(|meta| meta.get(OWN).is_some()));
    let stars = scale.filter(|_| numbers.is_empty()).map_or_else(|| five_stars(file, &raw.rows), Ok)?;
    raw.rows.iter_mut().for_each(|row| row.scale = Some(stars));
    if !numbers.is_empty() {
        let scale = match scale {
            _ if own => Scale::PERCENT,
            Some(scale) => scale,
            None => super::scale::infer(file, &numbers)?,
        };
        numbers.iter_mut().for_each(|row| row.scale = Some(scale));
        raw.rows.extend(numbers);
        raw.rows.sort_by_key(|row| row.line);
    }
    raw.declared = Some(Scale::PERCENT);
    Ok(raw)
}

/// The scale of ratings when nobody says so: five stars, unless there are more.
fn five_stars(file: &Path, rows: &[RawRow]) -> Result<Scale> {
    let most = rows.iter().filter_map(|row| row.score).fold(0.0, f64::max);
    if most <= 5.0 {
        return Ok(Scale { min: 1.0, max: 5.0 });
    }
    Err(Error::usage(format!("{} has ratings of up to {most} stars", file.display()))
        .hint(format!("Say how many stars there are, for example --scale 1..{most}.")))
}

fn read_task(
    task: &Map<String, Value>,
    line: usize,
    file: &Path,
    raw: &mut RawFile,
    numbers: &mut Vec<RawRow>,
) -> std::result::Result<(), String> {
    let data = task.get("data").and_then(Value::as_object).ok_or("a task without data")?;
    let image = data.get("image").or_else(|| data.values().find(|value| value.as_str().is_some_and(is_photo)));
    let path = local_path(image.and_then(Value::as_str).ok_or("a task without an image")?, file)?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    let (group, content_sha256) = (text("group").or_else(|| text("sku")), text("content_sha256"));
    let names = task.get("meta").and_then(|meta| meta.get(OWN)).and_then(|own| own.get("raters"));
    let annotations = task.get("annotations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for annotation in annotations {
        if annotation.get("was_cancelled").and_then(Value::as_bool).unwrap_or(false) {
            continue;
        }
        let rated_at_ms = annotation.get("created_at").and_then(Value::as_str).and_then(table::time_ms);
        let found = Found::in_results(annotation)?;
        let row = RawRow {
            line,
            path: path.clone(),
            rater: rater_of(annotation, names),
            rated_at_ms,
            group: group.clone(),
            content_sha256: content_sha256.clone(),
            n: found.raters,
            ..RawRow::default()
        };
        let tags: Vec<TagRow> = found.choices.iter().map(|tag| row.tagged(tag)).collect();
        match (found.number, found.rating) {
            (Some(number), _) => numbers.push(RawRow { score: Some(number), ..row }),
            (None, Some(rating)) => raw.rows.push(RawRow { score: Some(rating), level: level_of(rating), ..row }),
            (None, None) => {}
        }
        raw.tags.extend(tags);
    }
    Ok(())
}

fn level_of(rating: f64) -> Option<u8> {
    (rating.fract() == 0.0 && (1.0..=5.0).contains(&rating)).then_some(rating as u8)
}

/// What an annotation says.
#[derive(Default)]
struct Found {
    number: Option<f64>,
    rating: Option<f64>,
    raters: Option<u32>,
    choices: Vec<String>,
}

impl Found {
    fn in_results(annotation: &Value) -> std::result::Result<Self, String> {
        let mut found = Self::default();
        let results = annotation.get("result").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for result in results {
            let value = &result["value"];
            match result.get("type").and_then(Value::as_str) {
                Some("rating") => {
                    found.rating = Some(value["rating"].as_f64().ok_or("a rating that is not a number")?);
                }
                Some("number") => {
                    found.number = Some(value["number"].as_f64().ok_or("a number that is none")?);
                    found.raters = result["meta"]["raters"].as_f64().and_then(table::count_from);
                }
                Some("choices") => {
                    let choices = value["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
                    found
                        .choices
                        .extend(choices.iter().filter_map(Value::as_str).map(|text| text.trim().to_lowercase()));
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

fn is_photo(text: &str) -> bool {
    let ending = text.rsplit('.').next().unwrap_or_default().to_lowercase();
    ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff"].contains(&ending.as_str())
}

/// Who made an annotation: the name our own export gave, else the e-mail, else the number.
fn rater_of(annotation: &Value, names: Option<&Value>) -> Option<String> {
    let by = annotation.get("completed_by")?;
    let id = by.get("id").unwrap_or(by);
    let named = names.and_then(|names| names.get(id.to_string())).and_then(Value::as_str);
    let email = by.get("email").and_then(Value::as_str).or_else(|| by.as_str());
    named.or(email).map(str::to_owned).or_else(|| id.as_i64().map(|id| format!("annotator {id}")))
}

/// The file that an image's address means. Local files lie below a root that only the server knows: beside the label file,
/// or at the top of the disk.
fn local_path(address: &str, file: &Path) -> std::result::Result<String, String> {
    let Some((_, name)) = address.split_once("local-files/?d=") else {
        return if address.contains("://") && !address.starts_with("file://") {
            Err(format!("{address} is not a file on this machine"))
        } else {
            Ok(percent_decoded(address.strip_prefix("file://").unwrap_or(address)))
        };
    };
    let name = percent_decoded(name);
    let folder = file.parent().unwrap_or(Path::new("."));
    let rooted = Path::new("/").join(&name);
    Ok(if !folder.join(&name).exists() && rooted.exists() { rooted.to_string_lossy().into_owned() } else { name })
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Writes one task a photo, in order of path, and returns how many votes they hold.
///
/// # Errors
/// When the file exists and `overwrite` is not set, or it cannot be written.
pub(super) fn write(path: &Path, votes: &[ActiveVote], tags: &[Tagged], overwrite: bool) -> Result<u64> {
    let paths = Paths::beside(path)?;
    let mut photos: BTreeMap<&Path, Vec<&ActiveVote>> = BTreeMap::new();
    let mut defects: BTreeMap<&Path, BTreeMap<&str, Vec<&Tagged>>> = BTreeMap::new();
    votes.iter().filter(|row| row.vote.kind.score().is_some()).for_each(|row| {
        photos.entry(row.path.as_path()).or_default().push(row);
    });
    for tag in tags {
        photos.entry(tag.path.as_path()).or_default();
        defects.entry(tag.path.as_path()).or_default().entry(&tag.rater).or_default().push(tag);
    }
    let mut count = 0;
    let tasks: Vec<Value> = photos
        .into_iter()
        .map(|(photo, votes)| {
            count += votes.len() as u64;
            task(photo, &votes, defects.remove(photo).unwrap_or_default(), &paths)
        })
        .collect();
    write_atomically(path, overwrite, |out| Ok(serde_json::to_writer_pretty(out, &tasks)?))?;
    Ok(count)
}

fn task(photo: &Path, votes: &[&ActiveVote], mut tags: BTreeMap<&str, Vec<&Tagged>>, paths: &Paths) -> Value {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let (mut annotations, mut names) = (Vec::new(), Map::new());
    let mut content = votes.first().map(|row| row.content_sha256.as_str());
    let mut annotate = |rater: &str, id: usize, at_ms: i64, result: Vec<Value>| {
        let created_at = jiff::Timestamp::from_millisecond(at_ms).map(|time| time.to_string()).unwrap_or_default();
        names.insert(id.to_string(), rater.into());
        annotations
            .push(json!({"was_cancelled": false, "completed_by": id, "created_at": created_at, "result": result}));
    };
    for row in votes {
        let id = ids.len() + 1;
        ids.insert(&row.vote.rater, id);
        let mut result = said(row.vote.kind);
        result.extend(choices(&tags.remove(row.vote.rater.as_str()).unwrap_or_default()));
        annotate(&row.vote.rater, id, row.vote.at_ms, result);
    }
    for (rater, own) in tags {
        content = content.or_else(|| own.first().map(|tag| tag.content_sha256.as_str()));
        let id = ids.len() + 1;
        ids.insert(rater, id);
        annotate(rater, id, own.first().map_or(0, |tag| tag.at_ms), choices(&own).into_iter().collect());
    }
    let address = format!("{LOCAL}{}", percent_encoded(paths.portable(photo).trim_start_matches('/')));
    json!({
        "data": {"image": address, "content_sha256": content.unwrap_or_default()},
        "meta": {OWN: {"raters": names}},
        "annotations": annotations,
        "predictions": [],
    })
}

/// A vote as results: stars for a rating on five levels, a number from 0 to 100 for anything else.
fn said(kind: VoteKind) -> Vec<Value> {
    let result = |kind: &str, name: &str, value: Value| json!({"from_name": name, "to_name": "image", "type": kind, "value": {kind: value}});
    match kind {
        VoteKind::Rating { level, levels } if usize::from(levels) == LEVEL_WORDS.len() => {
            vec![result("rating", "quality", level.into())]
        }
        VoteKind::Mean { score, n } if n != 1 => {
            let mut number = result("number", "score", score.into());
            number["meta"] = json!({"raters": n});
            vec![number]
        }
        kind => kind.score().map(|score| result("number", "score", score.into())).into_iter().collect(),
    }
}

fn choices(tags: &[&Tagged]) -> Option<Value> {
    let names: Vec<&str> = tags.iter().map(|tag| tag.tag.as_str()).collect();
    (!names.is_empty())
        .then(|| json!({"from_name": "defects", "to_name": "image", "type": "choices", "value": {"choices": names}}))
}
