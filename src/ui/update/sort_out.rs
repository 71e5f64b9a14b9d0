//! Sorting scored photos out: what is asked, what would be written, what was.

use std::path::PathBuf;

use super::works::start;
use super::{ended, failed};
use crate::api::{TriagePlan, TriageSummary};
use crate::error::Result;
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, SortOut};

/// Opens the question.
pub(super) fn open(state: &mut AppState) -> Vec<Effect> {
    state.prefs.page = Page::Score;
    if state.score.rows.is_empty() {
        state.toasts.warn("There are no scores to sort out yet", Some("Score a folder first.".to_owned()));
        return Vec::new();
    }
    state.score.sorting_out = Some(SortOut::default());
    Vec::new()
}

/// An answer was changed, or the question closed; what would be written is found out anew.
pub(super) fn ask(state: &mut AppState, asked: Option<SortOut>) -> Vec<Effect> {
    let turn = state.score.sorting_out.as_ref().map_or(0, |asked| asked.turn) + 1;
    state.score.sorting_out = asked.map(|asked| SortOut { plan: None, turn, ..asked });
    let Some(asked) = &state.score.sorting_out else { return Vec::new() };
    let request = asked.request(&state.score, state.prefs.edges());
    request.map(|request| Effect::PlanTriage(request, turn)).into_iter().collect()
}

/// A folder was picked.
pub(super) fn picked(state: &mut AppState, folder: &std::path::Path) -> Vec<Effect> {
    let Some(asked) = state.score.sorting_out.clone() else { return Vec::new() };
    ask(state, Some(SortOut { folder: folder.to_string_lossy().into_owned(), ..asked }))
}

/// What would be written is known.
pub(super) fn planned(state: &mut AppState, plan: Result<TriagePlan>, turn: u64) {
    if let Some(asked) = state.score.sorting_out.as_mut().filter(|asked| asked.turn == turn) {
        asked.plan = Some(plan.map_err(|error| error.chain()));
    }
}

/// Starts writing.
pub(super) fn begin(state: &mut AppState) -> Vec<Effect> {
    let request = state.score.sorting_out.as_ref().and_then(|asked| asked.request(&state.score, state.prefs.edges()));
    let Some(request) = request else { return Vec::new() };
    let effects = start(state, JobKind::SortOut, Effect::StartTriage(request));
    if !effects.is_empty() {
        state.score.sorting_out = None;
    }
    effects
}

/// It ended.
pub(super) fn ended(state: &mut AppState, outcome: Outcome<TriageSummary>) -> Vec<Effect> {
    ended::forget(state, JobKind::SortOut);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    match outcome {
        Outcome::Completed(summary) => told(state, &summary, now),
        Outcome::Cancelled(summary) => {
            let text = format!("Stopped; {} written. The same again goes on", grouped(summary.written as usize));
            state.toasts.tell(text, now);
        }
        Outcome::Failed(_) => {}
    }
    Vec::new()
}

fn told(state: &mut AppState, summary: &TriageSummary, now: i64) {
    let there = match summary.there {
        0 => String::new(),
        some => format!(", {} there already", grouped(some as usize)),
    };
    let text = format!("{} written{there}", grouped(summary.written as usize));
    if !summary.failed.is_empty() {
        let lost = grouped(summary.failed.len());
        state.toasts.warn(format!("{text}; {lost} could not be"), Some(ended::reasons(&summary.failed)));
    } else if let Some(folder) = summary.list.as_ref().and_then(|list| list.parent()) {
        state.toasts.offer(text, "Open the folder", Message::OpenFile(PathBuf::from(folder)), now);
    }
}
