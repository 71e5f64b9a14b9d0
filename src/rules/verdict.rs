//! Verdicts: what a rule says about a photo, with the value, the limit and what to do.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::civil::Date;
use serde::ser::{Serialize, Serializer};

use super::{Measured, Rule, Severity};

/// How a photo stands; the worse is the greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It keeps to the rules.
    #[default]
    Pass,
    /// It can be used, but could be better, or will not do before long.
    Warn,
    /// It should not be used.
    Fail,
}

/// What one rule says about one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The rule.
    pub rule: Arc<Rule>,
    /// What was measured; nothing when this photo has no such value.
    pub value: Option<Measured>,
    /// The day on which the rule comes into force, when it is not yet.
    pub starts: Option<Date>,
}

impl Outcome {
    /// The name in tables and JSON: "pass", "warn", "fail".
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The outcome for people: "passes", "passes with warnings", "fails".
    pub fn words(self) -> &'static str {
        match self {
            Self::Pass => "passes",
            Self::Warn => "passes with warnings",
            Self::Fail => "fails",
        }
    }
}

impl Verdict {
    /// Whether the photo keeps to the rule. What is not measurable on a photo breaks no rule; [`Self::text`] says so.
    pub fn passed(&self) -> bool {
        self.value.is_none_or(|value| self.rule.limit.allows(value))
    }

    /// How the photo stands by this rule; before a rule is in force it can only warn.
    pub fn outcome(&self) -> Outcome {
        match (self.passed(), self.rule.severity, self.starts) {
            (true, _, _) => Outcome::Pass,
            (false, Severity::Fail, None) => Outcome::Fail,
            (false, _, _) => Outcome::Warn,
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> &str {
        &self.rule.fix
    }

    /// The verdict with value and limit: "Blurred: sharpness 12, want 25 or more", or for a rule that is met
    /// "sharpness 140, want 25 or more". A rule that is not in force yet names its day.
    pub fn text(&self) -> String {
        let Rule { measure, limit, message, .. } = &*self.rule;
        let starts = self.starts.map(|day| format!(" from {}", day.strftime("%-d %b %Y"))).unwrap_or_default();
        let Some(value) = self.value else { return format!("{} not measurable here", measure.words()) };
        let (value, want) = (limit.write_beside(*measure, value), limit.words(*measure));
        let facts = format!("{} {value}, want {want}", measure.words());
        if self.passed() { format!("{facts}{starts}") } else { format!("{message}{starts}: {facts}") }
    }

    fn distance(&self) -> f64 {
        self.value.map_or(0.0, |value| self.rule.limit.distance(self.rule.measure, value))
    }
}

/// `measure`, `value` (null when it is not measurable), `want`, `outcome`, `message`, `fix`, `text`, and `starts` before
/// a rule is in force.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Written<'a> {
            measure: &'static str,
            value: Option<Measured>,
            want: String,
            outcome: Outcome,
            message: &'a str,
            fix: &'a str,
            text: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            starts: Option<String>,
        }
        let written = Written {
            measure: self.rule.measure.name(),
            value: self.value,
            want: self.rule.limit.words(self.rule.measure),
            outcome: self.outcome(),
            message: &self.rule.message,
            fix: &self.rule.fix,
            text: self.text(),
            starts: self.starts.map(|day| day.to_string()),
        };
        written.serialize(serializer)
    }
}

/// How a photo stands by all rules: as by the worst of them.
pub fn outcome(verdicts: &[Verdict]) -> Outcome {
    verdicts.iter().map(Verdict::outcome).max().unwrap_or_default()
}

/// The worst of the rules that are not met: failures before warnings, then the one that is furthest beyond its limit,
/// then the order of the pack. Nothing when all are met.
pub fn worst(verdicts: &[Verdict]) -> Option<&Verdict> {
    let broken = verdicts.iter().filter(|verdict| !verdict.passed());
    broken.min_by(|a, b| {
        let by_outcome = Reverse(a.outcome()).cmp(&Reverse(b.outcome()));
        by_outcome.then_with(|| b.distance().total_cmp(&a.distance()))
    })
}

/// The worst rule that is not met, in words: "Blurred: sharpness 12, want 25 or more".
pub fn reason(verdicts: &[Verdict]) -> Option<String> {
    worst(verdicts).map(Verdict::text)
}
