//! The filter language: `score<40 and label:none`.
//!
//! ```text
//! expression  term, terms joined by `and` (which may be left out) or `or`, `not`, parentheses; `and` binds tighter
//! number      score label width height   with  < <= > >= = !=  and a number; a share may be written in per cent, 85%
//!             uncertainty                width of the score's interval
//!             disagreement               distance between score and label
//!             sharpness fill …           every measure, by its name in tables and rule packs
//!             all but width and height   with  :none (there is none) or :any
//! text        name path group format     with  : (contains) = !=  and a word or "words in quotes"; letter case aside
//!             group                      with  :none or :any
//! state       error missing              alone, or :yes :no
//! word        any other word: the name contains it
//! ```
//!
//! A photo without the value meets no comparison, not even `!=`. Must not know where rows come from.

mod complete;
mod lexer;
mod parser;

pub use complete::{Completion, complete};
pub use parser::{is_either, parse, parts};

use crate::domain::{Attribute, Attributes};

/// What a filter can ask about a photo.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Row<'a> {
    /// File name.
    pub name: &'a str,
    /// The whole path.
    pub path: &'a str,
    /// Score, 0-100.
    pub score: Option<f64>,
    /// Width of the score's interval, in points.
    pub uncertainty: Option<f64>,
    /// Label (MOS), 0-100.
    pub label: Option<f64>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The photo cannot be read.
    pub error: bool,
    /// The file is gone.
    pub missing: bool,
    /// SKU or scene.
    pub group: Option<&'a str>,
    /// Format name: "jpeg", "png", …
    pub format: &'a str,
    /// What is measured.
    pub attributes: Option<&'a Attributes>,
}

/// A filter, ready to be asked about many photos.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query(Option<Expression>);

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Number, Comparison, f64),
    Has(Value),
    Contains(Text, String),
    Equals(Text, String),
    Error,
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Score,
    Uncertainty,
    Label,
    Disagreement,
    Width,
    Height,
    Measure(Attribute),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Number(Number),
    Group,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Text {
    Name,
    Path,
    Group,
    Format,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Query {
    /// Whether the photo passes the filter.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.0.as_ref().is_none_or(|expression| expression.matches(row))
    }

    /// It lets everything pass.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// It asks about measures: an answer needs [`Row::attributes`].
    pub fn asks_measures(&self) -> bool {
        self.0.as_ref().is_some_and(Expression::asks_measures)
    }
}

impl Expression {
    fn matches(&self, row: &Row<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Not(part) => !part.matches(row),
            Self::Compare(number, comparison, limit) => {
                number.of(row).is_some_and(|value| comparison.holds(value, *limit))
            }
            Self::Has(Value::Number(number)) => number.of(row).is_some(),
            Self::Has(Value::Group) => row.group.is_some(),
            Self::Contains(text, wanted) => text.of(row).is_some_and(|text| text.to_lowercase().contains(wanted)),
            Self::Equals(text, wanted) => text.of(row).is_some_and(|text| text.to_lowercase() == *wanted),
            Self::Error => row.error,
            Self::Missing => row.missing,
        }
    }

    fn asks_measures(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_measures),
            Self::Not(part) => part.asks_measures(),
            Self::Compare(number, ..) | Self::Has(Value::Number(number)) => matches!(number, Number::Measure(_)),
            _ => false,
        }
    }
}

impl Number {
    fn of(self, row: &Row<'_>) -> Option<f64> {
        match self {
            Self::Score => row.score,
            Self::Uncertainty => row.uncertainty,
            Self::Label => row.label,
            Self::Disagreement => row.score.zip(row.label).map(|(score, label)| (score - label).abs()),
            Self::Measure(attribute) => row.attributes.and_then(|attributes| attributes.get(attribute)),
            Self::Width => Some(f64::from(row.width)),
            Self::Height => Some(f64::from(row.height)),
        }
    }
}

impl Text {
    fn of<'a>(self, row: &Row<'a>) -> Option<&'a str> {
        match self {
            Self::Name => Some(row.name),
            Self::Path => Some(row.path),
            Self::Group => row.group,
            Self::Format => Some(row.format),
        }
    }
}

impl Comparison {
    fn holds(self, value: f64, limit: f64) -> bool {
        // Labels are means: 74.99999999999999 is the 75 that is shown.
        let equal = (value - limit).abs() < 1e-9;
        match self {
            Self::Less => value < limit && !equal,
            Self::LessOrEqual => value < limit || equal,
            Self::Greater => value > limit && !equal,
            Self::GreaterOrEqual => value > limit || equal,
            Self::Equal => equal,
            Self::NotEqual => !equal,
        }
    }
}

#[cfg(test)]
mod tests;
