//! The audit: read and judged off the frame, kept up a photo at a time while measuring runs.

use std::path::PathBuf;
use std::sync::Arc;

use super::{ended, failed, photos};
use crate::api::{AuditRow, AuditSummary};
use crate::jobs::Outcome;
use crate::ui::catalogue::Audit;
use crate::ui::message::{DialogFor, Effect, JobKind};
use crate::ui::state::{AppState, AuditColumn, AuditFilter};

/// New photos after which the spread is worked out anew, at least.
const FRESH: usize = 64;

/// Time between two listings while measures come in, milliseconds.
const LIST_EVERY_MS: i64 = 1_000;

/// Reads the catalogue, now or as soon as the reading under way has ended.
pub(super) fn read(state: &mut AppState) -> Vec<Effect> {
    if std::mem::replace(&mut state.audit.busy, true) {
        state.audit.stale = true;
        return Vec::new();
    }
    (state.audit.stale, state.audit.unjudged, state.audit.fresh) = (false, false, 0);
    vec![Effect::LoadAudit(state.prefs.pack.clone(), state.now_ms)]
}

/// Judges the catalogue, now or as soon as the judging under way has ended.
fn judge(state: &mut AppState) -> Vec<Effect> {
    let Some(catalogue) = state.audit.catalogue.clone().filter(|_| !state.audit.busy) else {
        state.audit.unjudged = true;
        return Vec::new();
    };
    (state.audit.busy, state.audit.unjudged, state.audit.fresh) = (true, false, 0);
    vec![Effect::JudgeAudit(catalogue, state.prefs.pack.clone(), state.now_ms)]
}

/// The catalogue has been read and judged; what waited is taken in.
pub(super) fn judged(state: &mut AppState, found: Audit) -> Vec<Effect> {
    let audit = &mut state.audit;
    audit.busy = false;
    let former =
        audit.catalogue.replace(found.catalogue).map(|former| Effect::ForgetAudit(former, audit.report.take()));
    audit.spread = found.spread;
    (audit.report, audit.problem) = match found.report {
        Ok(report) => (Some(Box::new(report)), None),
        Err(error) => (None, Some(error.chain())),
    };
    audit.list();
    audit.listed_ms = state.now_ms;
    let waiting = std::mem::take(&mut state.audit.waiting);
    if state.audit.stale {
        state.audit.waiting = waiting;
        return former.into_iter().chain(read(state)).collect();
    }
    let mut effects = take(state, waiting);
    if effects.is_empty() && state.audit.unjudged {
        effects = judge(state);
    }
    // Not while measures come in: the grid would move under the pointer.
    if state.browse.needs_measures(state.prefs.sort) && state.job(JobKind::Audit).is_none() {
        effects.extend(photos::changed(state));
    }
    former.into_iter().chain(effects).collect()
}

/// Takes in measures of a running audit.
pub(super) fn take(state: &mut AppState, rows: Vec<AuditRow>) -> Vec<Effect> {
    let audit = &mut state.audit;
    let (false, Some(catalogue)) = (audit.busy, &mut audit.catalogue) else {
        audit.waiting.extend(rows);
        return Vec::new();
    };
    let catalogue = Arc::make_mut(catalogue);
    for row in &rows {
        let Some(place) = catalogue.take(row) else { continue };
        if let Some(report) = &mut audit.report {
            report.judge(place, catalogue.entries[place].attributes.as_deref());
        }
        audit.fresh += 1;
        audit.unlisted = true;
    }
    if audit.fresh >= FRESH.max(catalogue.entries.len() / 16) { judge(state) } else { Vec::new() }
}

/// Measuring ended.
pub(super) fn ended(state: &mut AppState, outcome: Outcome<AuditSummary>) -> Vec<Effect> {
    ended::forget(state, JobKind::Audit);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    let stopped = matches!(outcome, Outcome::Cancelled(_));
    let mut effects = Vec::new();
    if let Outcome::Completed(summary) | Outcome::Cancelled(summary) = outcome {
        effects = reread(state, summary.changed);
        let known = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
        let lost = if summary.failed > 0 { format!(", {} cannot be measured", summary.failed) } else { String::new() };
        let end = if stopped { "; stopped, measuring again goes on" } else { "" };
        state.toasts.tell(format!("{} measured{known}{lost}{end}", summary.measured), now);
    }
    // What was measured stands in the list already; only the spread is behind.
    if effects.is_empty() && state.audit.fresh > 0 {
        effects = judge(state);
    }
    if state.browse.needs_measures(state.prefs.sort) {
        effects.extend(photos::changed(state));
    }
    effects
}

/// Photos that changed on disk have other hashes, and so other thumbnails and measures: everything is read again.
pub(super) fn reread(state: &mut AppState, changed: u64) -> Vec<Effect> {
    if changed == 0 {
        return Vec::new();
    }
    let mut effects = photos::read(state);
    effects.extend(read(state));
    effects
}

/// Another pack.
pub(super) fn choose(state: &mut AppState, name: String) -> Vec<Effect> {
    if state.prefs.pack == name && state.audit.problem.is_none() {
        return Vec::new();
    }
    state.prefs.pack = name;
    if matches!(state.audit.filter, AuditFilter::Broken(_)) {
        state.audit.filter = AuditFilter::Everything;
    }
    // What the old pack said must not show, be clicked or be exported under the new one's name.
    state.audit.report = None;
    judge(state)
}

/// Lists these photos; the same choice again lists all.
pub(super) fn filter(state: &mut AppState, filter: AuditFilter) {
    let audit = &mut state.audit;
    audit.filter = if audit.filter == filter { AuditFilter::Everything } else { filter };
    audit.list();
}

/// Sorts the list; the same column again turns it round.
pub(super) fn sort_by(state: &mut AppState, column: AuditColumn) {
    let audit = &mut state.audit;
    audit.descending = audit.column == column && !audit.descending;
    audit.column = column;
    audit.list();
}

/// Makes the list anew when measures came in, and not too often.
pub fn list_due(state: &mut AppState) {
    let waited = state.now_ms - state.audit.listed_ms >= LIST_EVERY_MS;
    if state.audit.unlisted && (waited || state.job(JobKind::Audit).is_none()) {
        state.audit.list();
        state.audit.listed_ms = state.now_ms;
    }
}

/// Moves the selection along the list.
pub(super) fn move_by(state: &mut AppState, by: i64) -> Vec<Effect> {
    let audit = &mut state.audit;
    let Some(catalogue) = &audit.catalogue else { return Vec::new() };
    let id = |place: &usize| catalogue.entries[*place].id;
    let at = state.browse.selected.and_then(|selected| audit.listed.iter().position(|place| id(place) == selected));
    let last = audit.listed.len() as i64 - 1;
    let next = at.map_or(0, |at| (at as i64).saturating_add(by).clamp(0, last.max(0)) as usize);
    let Some(id) = audit.listed.get(next).map(id) else { return Vec::new() };
    audit.reveal = true;
    photos::select(state, id)
}

/// Asks where to write the audit.
pub(super) fn ask(state: &mut AppState) -> Vec<Effect> {
    let measured = state.audit.catalogue.as_ref().map_or(0, |catalogue| catalogue.measured());
    if measured == 0 || state.audit.report.is_none() {
        state.toasts.warn("There is no audit to write yet", Some("Measure the catalogue first.".to_owned()));
        return Vec::new();
    }
    vec![Effect::Ask(DialogFor::ExportAudit)]
}

/// Writes the audit of the whole catalogue.
pub(super) fn export(state: &AppState, file: PathBuf) -> Vec<Effect> {
    let (Some(catalogue), Some(report)) = (&state.audit.catalogue, &state.audit.report) else { return Vec::new() };
    vec![Effect::ExportAudit(catalogue.clone(), report.pack.clone(), report.today, file)]
}
