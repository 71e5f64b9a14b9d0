//! Rule packs by name.

use super::Project;
use crate::error::Result;
use crate::rules::{self, RulePack};

/// A pack that can be chosen, or why it cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackEntry {
    /// Short name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// The day it was checked, `YYYY-MM-DD`.
    pub date: String,
    /// Why it cannot be used.
    pub error: Option<String>,
}

/// Every pack that can be chosen.
///
/// # Errors
/// Never here.
pub fn list_rule_packs(_project: &Project) -> Result<Vec<PackEntry>> {
    let entry = |name: &str| {
        let pack = rules::builtin(name)?;
        Ok(PackEntry { name: pack.name, title: pack.title, date: pack.date, error: None })
    };
    rules::BUILTIN_NAMES.into_iter().map(entry).collect()
}

/// A pack by name.
///
/// # Errors
/// When there is none of that name.
pub fn find_rule_pack(_project: &Project, name: &str) -> Result<RulePack> {
    rules::builtin(name)
}

/// What a pack says about a photo as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Keeps to every rule.
    Pass,
    /// Could be better.
    Warn,
    /// Should not be used.
    Fail,
}

/// The outcome of a photo's verdicts.
pub fn outcome(verdicts: &[rules::Verdict]) -> Outcome {
    match rules::worst(verdicts).map(|verdict| verdict.rule.severity) {
        None => Outcome::Pass,
        Some(rules::Severity::Warn) => Outcome::Warn,
        Some(rules::Severity::Fail) => Outcome::Fail,
    }
}
