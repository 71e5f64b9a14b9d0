//! What MLflow takes as a name, a value or a number.

use std::collections::HashSet;

use serde_json::{Value, json};

/// Longest name of a metric, parameter or tag.
const LONGEST_KEY: usize = 250;

/// Longest value of a parameter, in characters; the server cuts longer ones without a word.
pub(super) const LONGEST_PARAM: usize = 6000;

/// Longest value of a tag, in characters.
pub(super) const LONGEST_TAG: usize = 8000;

/// A name with letters, digits and `_-. :/` alone, that is no path out of its folder.
pub(super) fn key(name: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || "_-. :/".contains(letter);
    let plain: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect();
    let parts = plain.split('/').map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<String> =
        parts.map(|part| if part.chars().all(|c| c == '.') { "_".to_owned() } else { part.to_owned() }).collect();
    let joined: String = parts.join("/").chars().take(LONGEST_KEY).collect();
    if joined.is_empty() { "_".to_owned() } else { joined }
}

/// Names made fit, none twice: of two that become the same, the second gets a number.
pub(super) fn unique<T>(pairs: impl IntoIterator<Item = (String, T)>) -> Vec<(String, T)> {
    let mut taken = HashSet::new();
    let mut free = |name: &str| {
        let plain = key(name);
        let mut found = plain.clone();
        let mut number = 2;
        while !taken.insert(found.clone()) {
            let stem: String = plain.chars().take(LONGEST_KEY - 8).collect();
            found = format!("{stem}_{number}");
            number += 1;
        }
        found
    };
    pairs.into_iter().map(|(name, value)| (free(&name), value)).collect()
}

/// A text of at most so many characters; one that is cut says so.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let note = "… (cut: config.toml and run.json hold the whole)";
    let kept: String = text.chars().take(longest - note.chars().count()).collect();
    kept + note
}

/// A number as MLflow reads it: what is not finite goes as text, because JSON has no such number.
pub(super) fn number(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value == f64::INFINITY {
        json!("Infinity")
    } else if value == f64::NEG_INFINITY {
        json!("-Infinity")
    } else {
        json!(value)
    }
}

/// A number as MLflow writes it: what is not finite comes as text, or as the largest number there is.
pub(super) fn read_number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    Some(if number.abs() >= f64::MAX { f64::INFINITY.copysign(number) } else { number })
}

/// Numbers as text in bundles: JSON readers are off by a last bit here and there, and a point must come back as it was.
pub(super) mod exact {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use serde_json::{Value, json};

    pub(in super::super) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Value::String(text) => serializer.serialize_str(text),
            other => serializer.serialize_str(&other.to_string()),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => json!(value),
                _ => Value::String(text),
            },
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_and_stay_apart() {
        for (name, fit) in [
            ("train.epochs", "train.epochs"),
            ("a=b?c", "a_b_c"),
            ("/abs//deep/../x", "abs/deep/_/x"),
            ("", "_"),
            ("größe %", "größe _"),
        ] {
            assert_eq!(key(name), fit);
        }
        assert_eq!(key(&"x".repeat(300)).len(), 250);
        let names = ["a=b", "a?b", "a_b"].map(|name| (name.to_owned(), ()));
        let names: Vec<String> = unique(names).into_iter().map(|pair| pair.0).collect();
        assert_eq!(names, ["a_b", "a_b_2", "a_b_3"]);
    }

    #[test]
    fn long_texts_say_that_they_were_cut_and_odd_numbers_go_as_text() {
        let long = "ä".repeat(7000);
        let short = cut(&long, LONGEST_PARAM);
        assert_eq!(short.chars().count(), LONGEST_PARAM);
        assert!(short.ends_with("hold the whole)"));
        assert_eq!(cut("short", LONGEST_TAG), "short");
        let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.5].map(number);
        assert_eq!(numbers, [json!("NaN"), json!("Infinity"), json!("-Infinity"), json!(0.5)]);
        assert!(read_number(&json!("nan")).expect("a number").is_nan());
        let read = [json!("-Infinity"), json!(f64::MAX), json!(1), json!("x")].map(|value| read_number(&value));
        assert_eq!(read, [Some(f64::NEG_INFINITY), Some(f64::INFINITY), Some(1.0), None]);
    }
}
