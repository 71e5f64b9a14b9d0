//! What the window does when a long work ends.

use super::failed;
use crate::api::{OpenSummary, ScoreSummary, TrainSummary};
use crate::domain::ScoreRow;
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind};
use crate::ui::state::{AppState, ScoreColumn};

fn forget(state: &mut AppState, kind: JobKind) {
    state.jobs.retain(|job| job.kind != kind);
}

/// Indexing ended.
pub(super) fn open(state: &mut AppState, outcome: Outcome<OpenSummary>) -> Vec<Effect> {
    forget(state, JobKind::Open);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    match outcome {
        Outcome::Completed(summary) => {
            let text = format!("{} photos, {} new", summary.found, summary.added);
            if summary.failed.is_empty() {
                state.toasts.tell(text, now);
            } else {
                let first: Vec<String> = summary
                    .failed
                    .iter()
                    .take(8)
                    .map(|photo| format!("{}: {}", photo.path.display(), photo.reason))
                    .collect();
                let text = format!("{text}; {} could not be used", summary.failed.len());
                state.toasts.warn(text, Some(first.join("\n")));
            }
        }
        Outcome::Cancelled(_) => state.toasts.tell("Opening stopped; what was indexed is kept", now),
        Outcome::Failed(_) => {}
    }
    vec![Effect::LoadPhotos, Effect::LoadLabelling]
}

/// Training ended.
pub(super) fn train(state: &mut AppState, outcome: Outcome<TrainSummary>) -> Vec<Effect> {
    forget(state, JobKind::Train);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    let run = match outcome {
        Outcome::Completed(summary) => {
            state.toasts.tell("Training finished", now);
            if !summary.left_out.is_empty() {
                let text = format!("{} labelled photos could not be used", summary.left_out.len());
                let first = summary.left_out.iter().take(8).map(|photo| photo.reason.clone()).collect::<Vec<_>>();
                state.toasts.warn(text, Some(first.join("\n")));
            }
            summary.run
        }
        Outcome::Cancelled(summary) => {
            state.toasts.tell("Training stopped; it can be resumed", now);
            summary.run
        }
        Outcome::Failed(_) => state.train.view.as_ref().map(|view| view.run.id.clone()),
    };
    let mut effects = vec![Effect::LoadHistory];
    effects.extend(run.map(Effect::LoadRun));
    effects
}

/// Scoring ended.
pub(super) fn score(state: &mut AppState, outcome: Outcome<ScoreSummary>) -> Vec<Effect> {
    forget(state, JobKind::Score);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    let stopped = matches!(outcome, Outcome::Cancelled(_));
    if let Outcome::Completed(summary) | Outcome::Cancelled(summary) = outcome {
        let known = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
        let lost = if summary.failed > 0 { format!(", {} without a score", summary.failed) } else { String::new() };
        let end = if stopped { "; stopped, scoring the folder again goes on" } else { "" };
        let text = format!("{} scored{known}{lost}{end}", summary.scored);
        state.toasts.tell(text.clone(), now);
        state.score.verdict = Some(text);
    }
    sort_rows(state);
    vec![Effect::LoadPhotos]
}

/// Brings the score table into its order.
pub fn sort_rows(state: &mut AppState) {
    let descending = state.score.descending;
    let value = |row: &ScoreRow| row.score.map(|score| score.value);
    let reason = |row: &ScoreRow| row.error.clone().or_else(|| row.reason.clone());
    let turned = |order: std::cmp::Ordering| if descending { order.reverse() } else { order };
    let column = state.score.column;
    state.score.rows.sort_by(|a, b| {
        let order = match column {
            ScoreColumn::Score => match (value(a), value(b)) {
                (Some(a), Some(b)) => turned(a.total_cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
            ScoreColumn::Name => turned(a.path.cmp(&b.path)),
            ScoreColumn::Reason => match (reason(a), reason(b)) {
                (Some(a), Some(b)) => turned(a.cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        };
        order.then_with(|| a.path.cmp(&b.path))
    });
    state.score.unsorted = false;
}
