//! What could be typed next: fields, measures, operators and words that join.

use super::parser::FIELDS;
use crate::domain::Attribute;

/// A way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The whole text once it is chosen; the cursor stands at its end.
    pub text: String,
    /// What is offered: `sharpness`.
    pub word: String,
    /// What it is, in a few words.
    pub about: &'static str,
}

/// Most ways that are offered.
const MOST: usize = 8;

/// Ways to go on from the end of a text, the likeliest first; none in the middle of a number or a quoted text.
pub fn complete(text: &str) -> Vec<Completion> {
    if text.matches('"').count() % 2 == 1 {
        return Vec::new();
    }
    let ends_word = |(_, letter): &(usize, char)| letter.is_whitespace() || *letter == '(';
    let from = text.char_indices().rev().find(ends_word).map_or(0, |(at, letter)| at + letter.len_utf8());
    let (before, word) = text.split_at(from);
    let chosen = |end: &str, about| Completion { text: format!("{before}{end}"), word: end.to_owned(), about };
    if let Some((field, value)) = word.split_once(':') {
        let values = values_of(field).iter().filter(|known| known.starts_with(value) && **known != value);
        return values.map(|known| chosen(&format!("{field}:{known}"), "")).collect();
    }
    if word.is_empty() || word.contains(['<', '>', '=', '!']) {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let fits = |name: &str| name.starts_with(&lower) && name != lower;
    let fields = FIELDS.into_iter().filter(|name| fits(name)).map(|name| chosen(name, about(name)));
    let known = |attribute: &Attribute| FIELDS.contains(&attribute.name());
    let measures = Attribute::all().filter(|attribute| fits(attribute.name()) && !known(attribute));
    let measures = measures.map(|attribute| chosen(attribute.name(), "measure"));
    fields.chain(measures).take(MOST).collect()
}

/// The words that may follow a field and a colon.
fn values_of(field: &str) -> &'static [&'static str] {
    match field.to_lowercase().as_str() {
        "error" | "missing" => &["yes", "no"],
        "format" => &["jpeg", "png", "webp", "bmp", "gif", "tiff"],
        "name" | "path" | "width" | "height" => &[],
        "score" | "label" | "group" | "uncertainty" | "disagreement" => &["none", "any"],
        name if Attribute::from_name(name).is_some() => &["none", "any"],
        _ => &[],
    }
}

fn about(field: &str) -> &'static str {
    match field {
        "score" => "0-100",
        "label" => "what people said, 0-100",
        "uncertainty" => "width of the score's interval",
        "disagreement" => "distance between score and label",
        "name" => "part of the file's name",
        "path" => "part of the path",
        "group" => "SKU or scene",
        "format" => "jpeg, png, …",
        "error" => "photos that cannot be read",
        "missing" => "photos whose file is gone",
        _ => "pixels",
    }
}
