//! Label files with one JSON object a line: the `metadata.jsonl` of a Hugging Face image folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::table::{GROUP_NAMES, PATH_NAMES, SCORE_NAMES, count_from, declare, level_of, time_ms};
use super::{Column, LabelProblem, RawFile, RawRow, TagRow};
use crate::error::Result;

/// Reads the rows of a JSON lines text.
///
/// # Errors
/// When the declared scale is unreadable; everything else is a problem of its line.
pub(super) fn read(file: &Path, text: &str) -> Result<RawFile> {
    let mut raw = RawFile::default();
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        if content.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Map<String, Value>>(content) {
            Ok(object) => {
                if let Some(scale) = object.get("scale").and_then(Value::as_str) {
                    declare(file, line, scale, &mut raw.declared)?;
                }
                match row(&object, line) {
                    Ok(row) => {
                        raw.tags.extend(tags(&object, &row));
                        raw.rows.push(row);
                    }
                    Err(text) => raw.problems.push(LabelProblem { line, text }),
                }
            }
            Err(error) => raw.problems.push(LabelProblem { line, text: format!("not a JSON object: {error}") }),
        }
    }
    Ok(raw)
}

/// The values of a key by line.
pub(super) fn column(text: &str, name: &str) -> Column {
    let (mut values, mut names) = (BTreeMap::new(), BTreeSet::new());
    for (index, content) in text.lines().enumerate() {
        let Ok(object) = serde_json::from_str::<Map<String, Value>>(content) else { continue };
        for (key, value) in &object {
            if let Some(value) = self::text(value).filter(|_| key.eq_ignore_ascii_case(name.trim())) {
                values.insert(index + 1, value);
            }
            names.insert(key.clone());
        }
    }
    let there = names.iter().any(|key| key.eq_ignore_ascii_case(name.trim()));
    (there.then_some(values), names.into_iter().collect())
}

/// The row that an object is.
pub(super) fn row(object: &Map<String, Value>, line: usize) -> std::result::Result<RawRow, String> {
    let (votes, count) = match object.get("votes") {
        Some(Value::Array(votes)) => (votes.iter().map(number).collect::<std::result::Result<_, _>>()?, None),
        other => (Vec::new(), other),
    };
    let count = object.get("n").or(count).filter(|count| !count.is_null());
    Ok(RawRow {
        line,
        path: first(object, &PATH_NAMES).and_then(Value::as_str).unwrap_or_default().to_owned(),
        score: first(object, &SCORE_NAMES).map(number).transpose()?,
        n: count.map(count_of_raters).transpose()?,
        level: object.get("label").and_then(Value::as_str).and_then(level_of),
        rater: object.get("rater").and_then(text),
        rated_at_ms: object.get("rated_at").and_then(text).and_then(|text| time_ms(&text)),
        group: first(object, &GROUP_NAMES).and_then(text),
        content_sha256: object.get("content_sha256").and_then(text),
        votes,
        scale: None,
    })
}

/// The defects that an object names.
pub(super) fn tags(object: &Map<String, Value>, row: &RawRow) -> Vec<TagRow> {
    let tags = object.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let words = tags.iter().filter_map(Value::as_str).map(|tag| tag.trim().to_lowercase());
    words.filter(|tag| !tag.is_empty()).map(|tag| row.tagged(&tag)).collect()
}

/// The first of these keys that has a value.
fn first<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name).filter(|value| !value.is_null()))
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn number(value: &Value) -> std::result::Result<f64, String> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    number.filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("{value} is not a number"))
}

fn count_of_raters(value: &Value) -> std::result::Result<u32, String> {
    count_from(number(value)?).ok_or_else(|| format!("{value} is not a number of raters"))
}
