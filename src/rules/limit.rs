//! Limits: which values are good, how far off the others are, and both in words.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Measure, Measured};
use crate::domain::{Attribute, Unit};

/// The limit of a rule; the limit itself is still good.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// The value must be this or more.
    Min(f64),
    /// The value must be this or less.
    Max(f64),
    /// The value must lie between the two.
    Range(f64, f64),
    /// The word must be one of these.
    OneOf(Vec<&'static str>),
}

impl Limit {
    /// Whether the value keeps to the limit; a value that is not a number never does.
    pub fn allows(&self, value: Measured) -> bool {
        match (self, value) {
            (Self::Min(least), Measured::Number(value)) => value >= *least,
            (Self::Max(most), Measured::Number(value)) => value <= *most,
            (Self::Range(least, most), Measured::Number(value)) => (*least..=*most).contains(&value),
            (Self::OneOf(words), Measured::Word(word)) => words.contains(&word),
            _ => false,
        }
    }

    /// What is wanted, in words: "25 or more", "75 % to 90 %", "jpeg or png".
    pub fn words(&self, measure: Measure) -> String {
        let write = |limit: f64| match measure {
            Measure::Number(attribute) => attribute.write(limit, self.decimals(attribute)),
            Measure::Format | Measure::ColourMode => limit.to_string(),
        };
        match self {
            Self::Min(least) => format!("{} or more", write(*least)),
            Self::Max(0.0) => "none".to_owned(),
            Self::Max(most) => format!("{} or less", write(*most)),
            Self::Range(least, most) => format!("{} to {}", write(*least), write(*most)),
            Self::OneOf(words) => match words.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, others)) => format!("{} or {last}", others.join(", ")),
                None => "nothing".to_owned(),
            },
        }
    }

    /// A value as people read it beside this limit: with as many decimals as the limit, or as it takes to tell the
    /// two apart.
    pub(super) fn write_beside(&self, measure: Measure, value: Measured) -> String {
        match (measure, value) {
            (Measure::Number(attribute), Measured::Number(value)) => {
                let fewest = self.decimals(attribute).max(usize::from(matches!(attribute.unit(), Unit::Mega(_))));
                let reads_alike = |limit: f64, decimals: usize| {
                    value != limit && attribute.write(value, decimals) == attribute.write(limit, decimals)
                };
                let apart = |decimals: &usize| !self.bounds().any(|limit| reads_alike(limit, *decimals));
                attribute.write(value, (fewest..6).find(apart).unwrap_or(6))
            }
            (_, Measured::Number(value)) => value.to_string(),
            (_, Measured::Word(word)) => word.to_owned(),
        }
    }

    /// How far the value is beyond the limit, as a share of how far it could be; a wrong word is as wrong as can be.
    pub(super) fn distance(&self, measure: Measure, value: Measured) -> f64 {
        let (Measure::Number(attribute), Measured::Number(value)) = (measure, value) else { return 1.0 };
        let below = |least: f64| (least - value) / least.abs().max(f64::MIN_POSITIVE);
        let above = |most: f64| {
            let room = attribute.top().map_or(most.abs(), |top| top - most);
            (value - most) / room.max(f64::MIN_POSITIVE)
        };
        match self {
            Self::Min(least) => below(*least),
            Self::Max(most) => above(*most),
            Self::Range(least, most) => below(*least).max(above(*most)),
            Self::OneOf(_) => 1.0,
        }
    }

    /// The numbers of the limit.
    pub(super) fn bounds(&self) -> impl Iterator<Item = f64> {
        let (first, second) = match self {
            Self::Min(limit) | Self::Max(limit) => (Some(*limit), None),
            Self::Range(least, most) => (Some(*least), Some(*most)),
            Self::OneOf(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The decimals that the limit needs as it is written.
    fn decimals(&self, attribute: Attribute) -> usize {
        let shift = if attribute.unit() == Unit::Share { 100.0 } else { 1.0 };
        let needed = |limit: f64| {
            let is_whole = |decimals: &usize| {
                let scaled = limit * shift * 10_f64.powi(*decimals as i32);
                (scaled - scaled.round()).abs() < 1e-9
            };
            (0..6).find(is_whole).unwrap_or(6)
        };
        self.bounds().map(needed).max().unwrap_or(0)
    }
}

/// As in a pack: `min`, `max`, both, or `one_of`.
impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Min(least) => map.serialize_entry("min", least)?,
            Self::Max(most) => map.serialize_entry("max", most)?,
            Self::Range(least, most) => {
                map.serialize_entry("min", least)?;
                map.serialize_entry("max", most)?;
            }
            Self::OneOf(words) => map.serialize_entry("one_of", words)?,
        }
        map.end()
    }
}
