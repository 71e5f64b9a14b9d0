//! The duplicates page: which group shows, and which of its photos stands against the best.

use std::sync::Arc;

use super::{audit, ended, failed, start};
use crate::api::{DuplicateGroup, DuplicatesSummary};
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind};
use crate::ui::prefs::{GroupBy, Page};
use crate::ui::state::AppState;
use crate::ui::view::View;

/// Starts a search; what the last one found stays until this one ends.
pub(super) fn find(state: &mut AppState) -> Vec<Effect> {
    state.prefs.page = Page::Duplicates;
    let exact_only = state.doubles.exact_only;
    start(state, JobKind::Duplicates, Effect::StartDuplicates(exact_only))
}

/// The search ended.
pub(super) fn ended(state: &mut AppState, outcome: Outcome<DuplicatesSummary>) -> Vec<Effect> {
    ended::forget(state, JobKind::Duplicates);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    let stopped = matches!(outcome, Outcome::Cancelled(_));
    let mut effects = Vec::new();
    if let Outcome::Completed(summary) | Outcome::Cancelled(summary) = outcome {
        effects = audit::reread(state, summary.changed);
        let lost = if summary.failed.is_empty() {
            String::new()
        } else {
            format!(", {} could not be read", summary.failed.len())
        };
        let end = if stopped { "; stopped, searching again goes on" } else { "" };
        let groups = if summary.groups.len() == 1 { "group" } else { "groups" };
        let text = format!("{} {groups} among {} photos{lost}{end}", summary.groups.len(), summary.photos);
        state.toasts.tell(text, now);
        if summary.crowded > 0 {
            let text = format!("{} photos resemble too many others to compare every pair", summary.crowded);
            let detail = "Some of their near-duplicates may be missing. Search parts of the catalogue on their own.";
            state.toasts.warn(text, Some(detail.to_owned()));
        }
        // A stopped search that has found nothing yet takes nothing away.
        if !(stopped && summary.groups.is_empty() && state.doubles.found.is_some()) {
            let members = |(number, group): (usize, &DuplicateGroup)| {
                group.photos.iter().map(move |photo| (photo.path.clone(), number)).collect::<Vec<_>>()
            };
            let by_path = summary.groups.iter().enumerate().flat_map(members).collect();
            state.doubles.by_path = Some(Arc::new(by_path));
            state.doubles.found = Some(summary);
            state.browse.stale |= state.prefs.group_by == GroupBy::Duplicates;
            state.doubles.stopped = stopped;
            choose(state, 0);
        }
    }
    effects
}

/// Shows a group: its best against the next.
pub(super) fn choose(state: &mut AppState, group: usize) {
    let doubles = &mut state.doubles;
    (doubles.group, doubles.member) = (group, 1);
    doubles.pairing.view = View::default();
    doubles.pairing.swapped = false;
}

/// Goes on by so many groups.
pub(super) fn step_group(state: &mut AppState, by: i64) {
    let last = state.doubles.groups().len() as i64 - 1;
    let next = (state.doubles.group as i64).saturating_add(by).clamp(0, last.max(0)) as usize;
    if next != state.doubles.group {
        choose(state, next);
    }
    state.doubles.reveal = true;
}

/// Goes on by so many photos of the group, never to the best itself.
pub(super) fn step_member(state: &mut AppState, by: i64) {
    let doubles = &mut state.doubles;
    let Some(group) = doubles.groups().get(doubles.group) else { return };
    let last = group.photos.len() as i64 - 1;
    doubles.member = (doubles.member as i64 + by).clamp(1, last.max(1)) as usize;
}
