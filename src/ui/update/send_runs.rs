//! Sending runs to an MLflow server: the question, the work, its end.

use std::path::PathBuf;

use super::{ended, failed, start};
use crate::api::MlflowSummary;
use crate::domain::{RunId, RunStatus};
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind, Message};
use crate::ui::numbers::{counted, grouped};
use crate::ui::state::{AppState, SendRuns};

/// Opens the question with what was answered last; nothing closes it.
pub(super) fn ask(state: &mut AppState, asked: Option<SendRuns>) {
    state.history.sending = asked;
}

/// The answers of the last time, or those of the configuration.
pub fn remembered(state: &AppState) -> SendRuns {
    let (known, config) = (&state.prefs.mlflow, &state.config.mlflow);
    let or = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
    SendRuns {
        uri: or(&known.uri, &config.tracking_uri),
        experiment: or(&known.experiment, &config.experiment),
        selected_only: true,
    }
}

/// The runs that would be sent: those that are not under way and did not come from a server, oldest first.
pub fn to_send(state: &AppState, asked: &SendRuns) -> Vec<RunId> {
    let history = &state.history;
    let found = history.found.iter().filter_map(|&place| history.ledger.runs.get(place));
    let mut runs: Vec<_> = found
        .filter(|run| run.status != RunStatus::Running && run.origin.is_none())
        .filter(|run| !asked.selected_only || history.selected.as_ref() == Some(&run.id))
        .collect();
    runs.sort_by_key(|run| run.started_ms);
    runs.into_iter().map(|run| run.id.clone()).collect()
}

/// Starts sending, and remembers where to.
pub(super) fn begin(state: &mut AppState) -> Vec<Effect> {
    let Some(asked) = state.history.sending.clone().filter(|asked| asked.problem().is_none()) else {
        return Vec::new();
    };
    let request = asked.request(to_send(state, &asked));
    let effects = start(state, JobKind::Mlflow, Effect::StartMlflow(request, asked.experiment.trim().to_owned()));
    if !effects.is_empty() {
        (state.prefs.mlflow.uri, state.prefs.mlflow.experiment) = (asked.uri, asked.experiment);
        state.history.sending = None;
    }
    effects
}

/// It ended.
pub(super) fn ended(state: &mut AppState, outcome: Outcome<MlflowSummary>) -> Vec<Effect> {
    ended::forget(state, JobKind::Mlflow);
    let now = state.now_ms;
    if let Some(error) = failed(&outcome) {
        state.toasts.error(error);
    }
    match outcome {
        Outcome::Completed(summary) => {
            let sent: Vec<_> = summary.runs.iter().filter_map(|run| run.sent.as_ref()).collect();
            let known = sent.iter().filter(|sent| sent.unchanged).count();
            let runs = counted(sent.len(), "run", "runs");
            let there = if known > 0 { format!(", {} there already", grouped(known)) } else { String::new() };
            let text = format!("{runs} on the MLflow server{there}");
            match sent.last() {
                Some(last) => state.toasts.offer(text, "Open", Message::OpenFile(PathBuf::from(&last.url)), now),
                None => state.toasts.tell(text, now),
            }
        }
        Outcome::Cancelled(summary) => {
            let text = format!("Stopped after {}. The same again goes on", counted(summary.runs.len(), "run", "runs"));
            state.toasts.tell(text, now);
        }
        Outcome::Failed(_) => {}
    }
    Vec::new()
}
