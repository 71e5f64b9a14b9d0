//! One row a photo: its attributes, what a rule pack says about it, and what to do.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::scores::{attribute_cells, attribute_columns};
use super::table::{self, Cell, Column, Kind};
use super::{audit_page, page};
use crate::domain::Attributes;
use crate::error::Result;
use crate::files::{check_output, write_atomically};
use crate::rules::{self, Outcome, Rule, RulePack, Verdict};

/// The file extensions [`write_audit`] knows.
pub const AUDIT_EXTENSIONS: [&str; 4] = ["csv", "json", "parquet", "html"];

/// A photo and the verdicts on it.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The photo.
    pub path: std::path::PathBuf,
    /// SHA-256 of its bytes; empty when it could not be read.
    pub sha256: String,
    /// What was measured.
    pub attributes: Option<Attributes>,
    /// What each rule says; empty when nothing was measured.
    pub verdicts: Vec<Verdict>,
    /// Why nothing could be measured.
    pub error: Option<String>,
}

impl Audited {
    /// The worst of the verdicts; nothing when nothing was measured, or no rule asks for what was.
    pub fn outcome(&self) -> Option<Outcome> {
        (self.attributes.is_some() && !self.verdicts.is_empty()).then(|| rules::outcome(&self.verdicts))
    }

    /// The rules that are not met, as the pack orders them.
    pub fn broken(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| !verdict.passed())
    }
}

/// How many photos break a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Broken {
    /// Photos that fail for it.
    pub failed: usize,
    /// Photos that it warns about: a rule that warns, or one whose day is still to come.
    pub warned: usize,
}

/// Counts the photos that break a rule.
pub fn count_broken(rows: &[Audited], rule: &Arc<Rule>) -> Broken {
    let breaks = |row: &&Audited, outcome| {
        row.verdicts.iter().any(|verdict| Arc::ptr_eq(&verdict.rule, rule) && verdict.outcome() == outcome)
    };
    let count = |outcome| rows.iter().filter(|row| breaks(row, outcome)).count();
    Broken { failed: count(Outcome::Fail), warned: count(Outcome::Warn) }
}

/// What stands around the rows.
pub struct AuditInput<'a> {
    /// The pack.
    pub pack: &'a RulePack,
    /// When the table is made, milliseconds since 1970.
    pub made_at_ms: i64,
    /// One row a photo.
    pub rows: &'a [Audited],
    /// A JPEG thumbnail of a photo; asked only for the photos that a page shows.
    pub thumbs: &'a dyn Fn(&Audited) -> Option<Vec<u8>>,
}

/// Refuses a file whose extension no audit table has.
///
/// # Errors
/// [`crate::error::Code::Usage`] that lists the known extensions.
pub fn check_audit_file(path: &Path, overwrite: bool) -> Result<()> {
    table::refuse_unknown(path, "an audit", &AUDIT_EXTENSIONS)?;
    check_output(path, overwrite)
}

/// Writes an audit by the file's extension: CSV, JSON (with every verdict), Parquet, or an HTML page.
///
/// # Errors
/// [`crate::error::Code::Usage`] for an unknown extension or a refused overwrite; else when the file cannot be written.
pub fn write_audit(path: &Path, input: &AuditInput<'_>, overwrite: bool) -> Result<()> {
    check_audit_file(path, overwrite)?;
    let pack = input.pack;
    match table::extension(path).as_str() {
        "html" => page::write(path, audit_page::page(input), overwrite),
        "json" => write_atomically(path, overwrite, |out| {
            table::write_json(out, &mut input.rows.iter().map(|row| with_verdicts(row, pack)))
        }),
        _ => table::write(path, &columns(), &mut input.rows.iter().map(|row| cells(row, pack)), overwrite),
    }
}

fn columns() -> Vec<Column> {
    let first = ["path", "verdict", "reason", "fix", "failed_rules", "warned_rules"].map(|name| (name, Kind::Text));
    let last = ["rules", "content_sha256", "error"].map(|name| (name, Kind::Text));
    first.into_iter().chain(attribute_columns()).chain(last).collect()
}

fn cells(row: &Audited, pack: &RulePack) -> Vec<Cell> {
    let worst = rules::worst(&row.verdicts);
    let messages = |outcome: Outcome| {
        let broken = row.broken().filter(|verdict| verdict.outcome() == outcome);
        broken.map(|verdict| verdict.rule.message.as_str()).collect::<Vec<_>>().join("; ")
    };
    let first = [
        Cell::text(row.path.to_string_lossy()),
        Cell::text(row.outcome().map_or("", Outcome::name)),
        Cell::text(worst.map(Verdict::text).unwrap_or_default()),
        Cell::text(worst.map(|verdict| verdict.fix().to_owned()).unwrap_or_default()),
        Cell::text(messages(Outcome::Fail)),
        Cell::text(messages(Outcome::Warn)),
    ];
    let last = [
        Cell::text(format!("{} {}", pack.name, pack.date)),
        Cell::text(&row.sha256),
        Cell::text(row.error.as_deref().unwrap_or_default()),
    ];
    first.into_iter().chain(attribute_cells(row.attributes.as_ref())).chain(last).collect()
}

fn with_verdicts(row: &Audited, pack: &RulePack) -> Map<String, Value> {
    let mut object = table::object(&columns(), cells(row, pack));
    let verdict = |verdict: &Verdict| {
        json!({
            "outcome": verdict.outcome().name(),
            "rule": verdict.rule.message,
            "text": verdict.text(),
            "fix": if verdict.passed() { Value::Null } else { json!(verdict.fix()) },
        })
    };
    object.insert("verdicts".to_owned(), row.verdicts.iter().map(verdict).collect());
    object
}
