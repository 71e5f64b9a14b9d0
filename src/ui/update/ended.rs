//! What the window does when a long work ends.

use super::scores::sort_rows;
use super::{audit, failed, label, learning, photos, runs, training, two_models};
use crate::api::{DemoSummary, FailedPhoto, Fate, OpenSummary, ScoreSummary, TrainSummary};
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind};
use crate::ui::numbers::grouped;
use crate::ui::state::AppState;

pub(super) fn forget(state: &mut AppState, kind: JobKind) {
    state.jobs.retain(|job| job.kind != kind);
}

/// Why the first photos of a list failed, a line each.
pub(super) fn reasons(failed: &[FailedPhoto]) -> String {
    failed.iter().take(8).map(FailedPhoto::text).collect::<Vec<_>>().join("\n")
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
            let text = format!("{} photos, {} new", grouped(summary.found as usize), grouped(summary.added as usize));
            if summary.failed.is_empty() {
                state.toasts.tell(text, now);
            } else {
                let text = format!("{text}; {} could not be used", grouped(summary.failed.len()));
                state.toasts.warn(text, Some(reasons(&summary.failed)));
            }
        }
        Outcome::Cancelled(_) => state.toasts.tell("Opening stopped; what was indexed is kept", now),
        Outcome::Failed(_) => {}
    }
    indexed(state)
}

/// The demo catalogue is there; the tour begins with it.
pub(super) fn demo(state: &mut AppState, outcome: Outcome<DemoSummary>) -> Vec<Effect> {
    forget(state, JobKind::Demo);
    let now = state.now_ms;
    match outcome {
        Outcome::Completed(summary) => {
            let (photos, labels) = (grouped(summary.photos as usize), grouped(summary.labels as usize));
            state.toasts.tell(format!("A demo catalogue of {photos} photos with {labels} labels"), now);
            state.tour = Some(0);
        }
        Outcome::Cancelled(_) => state.toasts.tell("Stopped; the demo catalogue can be drawn again", now),
        Outcome::Failed(error) => state.toasts.error(&error),
    }
    indexed(state)
}

/// Photos were indexed: everything that shows them is read anew.
fn indexed(state: &mut AppState) -> Vec<Effect> {
    let mut effects = photos::read(state);
    effects.push(label::load(state));
    effects.extend(audit::read(state));
    effects.extend(learning::learn(state, true));
    effects
}

/// Training ended.
pub(super) fn train(state: &mut AppState, outcome: Outcome<TrainSummary>) -> Vec<Effect> {
    forget(state, JobKind::Train);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    let stopped = matches!(outcome, Outcome::Cancelled(_));
    let run = match outcome {
        Outcome::Completed(summary) => {
            state.toasts.tell(fate(&summary), now);
            if !summary.left_out.is_empty() {
                let text = format!("{} labelled photos could not be used", grouped(summary.left_out.len()));
                let first = summary.left_out.iter().take(8).map(|photo| photo.reason.clone()).collect::<Vec<_>>();
                state.toasts.warn(text, Some(first.join("\n")));
            }
            state.train.device = Some(summary.device);
            summary.run
        }
        Outcome::Cancelled(summary) => {
            state.toasts.tell("Training stopped; it can be resumed", now);
            state.train.device = Some(summary.device);
            summary.run
        }
        Outcome::Failed(_) => None,
    };
    if run.is_some() {
        state.train.run = run;
    }
    let mut effects = vec![Effect::LoadHistory];
    if state.train.run.is_some() {
        effects.extend(runs::follow(state));
    }
    // Whoever stops a training wants the machine back: the others wait for a click.
    if !stopped {
        effects.extend(training::next(state));
    }
    effects
}

/// What a training came to, in words.
fn fate(summary: &TrainSummary) -> String {
    match (summary.fate, &summary.verdict) {
        (Fate::NotBetter, Some(verdict)) => format!("The new model is not kept: it is {verdict}"),
        (Fate::Astray, _) => {
            "Training finished. The new model's scores do not follow the labels of the test photos, so it does not score: \
             more labels help"
                .to_owned()
        }
        (_, Some(verdict)) => format!("The new model is kept: it is {verdict}"),
        (_, None) => "Training finished".to_owned(),
    }
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
        let some = |count: u64, what: &str| match count {
            0 => String::new(),
            _ => format!(", {} {what}", grouped(count as usize)),
        };
        let (known, lost) = (some(summary.reused, "known already"), some(summary.failed, "without a score"));
        let end = if stopped { "; stopped, scoring the folder again goes on" } else { "" };
        let text = format!("{} scored{known}{lost}{end}", grouped(summary.scored as usize));
        state.toasts.tell(text.clone(), now);
        state.score.verdict = Some(text);
    }
    let mut effects = sort_rows(state);
    effects.extend(two_models::again(state));
    effects.extend(photos::read(state));
    effects.extend(audit::read(state));
    effects
}
