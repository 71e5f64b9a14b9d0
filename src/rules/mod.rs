//! Rule packs: limits on measured attributes, in TOML that people can edit, and the verdicts they give.
//!
//! Judges numbers and words; must not know pixels, models, or which day it is.

mod library;
mod limit;
mod measure;
mod nearest;
mod pack;
mod verdict;

use std::sync::Arc;

use jiff::civil::Date;
use serde::ser::{Serialize, Serializer};

pub use library::{Library, PackEntry, Place};
pub use limit::Limit;
pub use measure::{Measure, Measured};
pub use pack::load;
pub use verdict::{Outcome, Verdict, outcome, reason, worst};

use crate::domain::{Attribute, Attributes};

/// How bad it is when a rule is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The photo should not be used.
    Fail,
    /// The photo can be used, but could be better.
    Warn,
}

/// One rule of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What is looked at.
    pub measure: Measure,
    /// What it must keep to.
    pub limit: Limit,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// The first day on which the rule is in force; from the beginning when absent.
    pub from: Option<Date>,
    /// The last day on which the rule is in force; for ever when absent.
    pub until: Option<Date>,
    /// What is wrong then, in a word or two: "Blurred".
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// A dated, sourced set of rules.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RulePack {
    /// Short name, as in `--rules NAME`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// The day it was checked against its source.
    #[serde(serialize_with = "write_day")]
    pub date: Date,
    /// Where its limits come from.
    pub source: String,
    /// The rules, in the order of the file.
    pub rules: Vec<Arc<Rule>>,
}

impl RulePack {
    /// The pack without the rules whose numbers are not among these: what a photo can be judged by when only these were
    /// measured.
    #[must_use]
    pub fn only(&self, measured: &[Attribute]) -> Self {
        let can_tell = |rule: &&Arc<Rule>| match rule.measure {
            Measure::Number(attribute) => measured.contains(&attribute),
            Measure::Format | Measure::ColourMode => true,
        };
        Self { rules: self.rules.iter().filter(can_tell).cloned().collect(), ..self.clone() }
    }

    /// The numbers that its rules need.
    pub fn attributes(&self) -> Vec<Attribute> {
        let number = |rule: &Arc<Rule>| match rule.measure {
            Measure::Number(attribute) => Some(attribute),
            Measure::Format | Measure::ColourMode => None,
        };
        self.rules.iter().filter_map(number).collect()
    }

    /// What the rules say about a photo on a day, in the order of the pack.
    ///
    /// A rule that is no longer in force on that day gives no verdict. One that is not in force yet gives an early
    /// warning, never a failure, so that photos can be replaced in time.
    pub fn judge(&self, attributes: &Attributes, today: Date) -> Vec<Verdict> {
        let lasting = self.rules.iter().filter(|rule| rule.until.is_none_or(|last| today <= last));
        let verdict = |rule: &Arc<Rule>| Verdict {
            rule: Arc::clone(rule),
            value: rule.measure.of(attributes),
            starts: rule.from.filter(|first| today < *first),
        };
        lasting.map(verdict).collect()
    }
}

fn write_day<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// As in a pack: the limit under the names `min`, `max` and `one_of`, days as text.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Written<'a> {
            measure: &'static str,
            #[serde(flatten)]
            limit: &'a Limit,
            severity: Severity,
            #[serde(skip_serializing_if = "Option::is_none")]
            from: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            until: Option<String>,
            message: &'a str,
            fix: &'a str,
        }
        let written = Written {
            measure: self.measure.name(),
            limit: &self.limit,
            severity: self.severity,
            from: self.from.map(|day| day.to_string()),
            until: self.until.map(|day| day.to_string()),
            message: &self.message,
            fix: &self.fix,
        };
        written.serialize(serializer)
    }
}

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;
