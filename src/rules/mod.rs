//! Rule packs: limits on measured attributes, in TOML that people can edit, and the verdicts they give.
//!
//! Judges numbers; must not know pixels or models.

mod pack;

pub use pack::{BUILTIN_NAMES, builtin, load};

use crate::domain::{Attribute, Attributes, Unit};

/// How bad it is when a rule is not met; the worse sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The photo should not be used.
    Fail,
    /// The photo can be used, but could be better.
    Warn,
}

/// The limit of a rule; the limit itself is still good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// The value must be this or more.
    Min(f64),
    /// The value must be this or less.
    Max(f64),
}

/// One rule of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What is measured.
    pub measure: Attribute,
    /// What it must keep to.
    pub limit: Limit,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// What is wrong then, in a word or two: "Blurred".
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// A dated, sourced set of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct RulePack {
    /// Short name, as in `--rules NAME`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// The day it was checked against its source, `YYYY-MM-DD`.
    pub date: String,
    /// Where its limits come from.
    pub source: String,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
}

/// What one rule says about one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// What was measured; nothing when this photo has no such value.
    pub value: Option<f64>,
}

impl Limit {
    /// Whether the value keeps to the limit; a value that is not a number never does.
    pub fn allows(self, value: f64) -> bool {
        match self {
            Self::Min(limit) => value >= limit,
            Self::Max(limit) => value <= limit,
        }
    }

    fn value(self) -> f64 {
        match self {
            Self::Min(limit) | Self::Max(limit) => limit,
        }
    }
}

impl RulePack {
    /// What every rule says about a photo, in the order of the pack.
    pub fn judge(&self, attributes: &Attributes) -> Vec<Verdict> {
        let verdict = |rule: &Rule| Verdict { rule: rule.clone(), value: attributes.get(rule.measure) };
        self.rules.iter().map(verdict).collect()
    }
}

impl Verdict {
    /// Whether the photo keeps to the rule.
    pub fn passed(&self) -> bool {
        self.value.is_none_or(|value| self.rule.limit.allows(value))
    }

    /// The verdict with value and limit: "Blurred: sharpness 12, want 25 or more", or for a rule that is met
    /// "sharpness 140, want 25 or more".
    pub fn text(&self) -> String {
        let measure = self.rule.measure;
        let Some(value) = self.value else { return format!("{} not measurable here", measure.words()) };
        let (value, limit) = write_apart(measure, value, self.rule.limit.value());
        let bound = if matches!(self.rule.limit, Limit::Min(_)) { "more" } else { "less" };
        let facts = format!("{} {value}, want {limit} or {bound}", measure.words());
        if self.passed() { facts } else { format!("{}: {facts}", self.rule.message) }
    }

    /// How far the value is beyond the limit, as a share of how far it could be.
    fn distance(&self) -> f64 {
        let Some(value) = self.value else { return 0.0 };
        match self.rule.limit {
            Limit::Min(limit) => (limit - value) / limit.abs().max(f64::MIN_POSITIVE),
            Limit::Max(limit) => {
                let room = self.rule.measure.top().map_or(limit.abs(), |top| top - limit);
                (value - limit) / room.max(f64::MIN_POSITIVE)
            }
        }
    }
}

/// The worst of the rules that are not met: failures before warnings, then the one that is furthest beyond its limit,
/// then the order of the pack. Nothing when all are met.
pub fn worst(verdicts: &[Verdict]) -> Option<&Verdict> {
    let broken = verdicts.iter().filter(|verdict| !verdict.passed());
    broken.min_by(|a, b| {
        let by_severity = a.rule.severity.cmp(&b.rule.severity);
        by_severity.then_with(|| b.distance().total_cmp(&a.distance()))
    })
}

/// The worst rule that is not met, in words: "Blurred: sharpness 12, want 25 or more".
pub fn reason(verdicts: &[Verdict]) -> Option<String> {
    worst(verdicts).map(Verdict::text)
}

/// Value and limit as people read them, with as many decimals as it takes to tell them apart.
fn write_apart(measure: Attribute, value: f64, limit: f64) -> (String, String) {
    let fewest = usize::from(matches!(measure.unit(), Unit::Mega(_)));
    let apart = |decimals: &usize| value == limit || measure.write(value, *decimals) != measure.write(limit, *decimals);
    let value_text = measure.write(value, (fewest..6).find(apart).unwrap_or(6));
    let shift = if measure.unit() == Unit::Share { 100.0 } else { 1.0 };
    let whole = |decimals: &usize| {
        let scaled = limit * shift * 10_f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-9
    };
    (value_text, measure.write(limit, (0..6).find(whole).unwrap_or(6)))
}

#[cfg(test)]
mod tests;
