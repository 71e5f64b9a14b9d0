//! The audit page and what the inspector knows of the catalogue.

use std::sync::Arc;

use crate::api::AuditRow;
use crate::domain::{Attributes, ImageId};
use crate::rules::{Outcome as Judgement, PackEntry};
use crate::ui::catalogue::{Catalogue, Judged, Report, Spread};

/// Which photos the audit page lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuditFilter {
    /// All.
    #[default]
    Everything,
    /// Those that do not keep to a rule, by its place in the pack.
    Broken(u16),
    /// Those with an outcome; nothing means not measured.
    With(Option<Judgement>),
}

/// What the audit page is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuditColumn {
    /// The outcome, then the worst rule.
    #[default]
    Verdict,
    /// The file's path.
    Name,
}

/// The audit page.
#[derive(Debug, Clone, Default)]
pub struct Auditing {
    /// The packs that can be chosen.
    pub packs: Vec<PackEntry>,
    /// Every photo with its attributes; nothing before it has been read.
    pub catalogue: Option<Arc<Catalogue>>,
    /// How each attribute spreads over the catalogue.
    pub spread: Spread,
    /// What the chosen pack says; nothing while it is being worked out for the first time.
    pub report: Option<Box<Report>>,
    /// Why the chosen pack cannot be used.
    pub problem: Option<String>,
    /// The catalogue is being read or judged: what comes in meanwhile waits.
    pub busy: bool,
    /// The catalogue has changed since it was read.
    pub stale: bool,
    /// Another pack was chosen, or enough has come in, since the last judging.
    pub unjudged: bool,
    /// Rows of a running audit that wait.
    pub waiting: Vec<AuditRow>,
    /// Photos measured since the spread was worked out.
    pub fresh: usize,
    /// Which photos are listed.
    pub filter: AuditFilter,
    /// The sorting.
    pub column: AuditColumn,
    /// Turned round.
    pub descending: bool,
    /// Places in the catalogue, filtered and sorted.
    pub listed: Vec<usize>,
    /// The list has to be made anew.
    pub unlisted: bool,
    /// When it was made, milliseconds since 1970.
    pub listed_ms: i64,
    /// The selection was moved by key and has to be brought into sight.
    pub reveal: bool,
}

impl Auditing {
    /// What was measured on a photo.
    pub fn attributes(&self, id: ImageId) -> Option<&Attributes> {
        self.catalogue.as_ref()?.entry(id)?.attributes.as_deref()
    }

    /// Photos that could be measured and are not yet.
    pub fn unmeasured(&self) -> usize {
        self.catalogue.as_ref().map_or(0, |catalogue| catalogue.unmeasured())
    }

    /// Filters and sorts the list anew.
    pub fn list(&mut self) {
        self.unlisted = false;
        let Some(report) = &self.report else {
            self.listed.clear();
            return;
        };
        let wanted = |judged: &Judged| match self.filter {
            AuditFilter::Everything => true,
            AuditFilter::Broken(rule) => judged.broken.contains(&rule),
            AuditFilter::With(judgement) => judged.judgement == judgement,
        };
        let mut listed: Vec<usize> =
            report.judged.iter().enumerate().filter(|(_, judged)| wanted(judged)).map(|(place, _)| place).collect();
        if self.column == AuditColumn::Verdict {
            // Failures first, then warnings, then what is not measured, passes last.
            let rank = |place: &usize| {
                let judged = &report.judged[*place];
                let outcome = match judged.judgement {
                    Some(Judgement::Fail) => 0,
                    Some(Judgement::Warn) => 1,
                    None => 2,
                    Some(Judgement::Pass) => 3,
                };
                (outcome, judged.worst)
            };
            listed.sort_by_key(rank);
        }
        if self.descending {
            listed.reverse();
        }
        self.listed = listed;
    }
}
