//! The personal model learns along: after every vote it is fitted again, and photos it does not know are described.

use std::sync::Arc;

use super::{ended, failed, photos, start};
use crate::api::{DescribeSummary, FEWEST_FOR_PERSONAL, LabelForecast, Lesson};
use crate::domain::{ImageId, VoteKind};
use crate::error::Error;
use crate::jobs::Outcome;
use crate::ui::message::{Effect, JobKind};
use crate::ui::state::{AppState, Guess};

/// Fits the model when there are labels enough, one fit at a time; `anew` when photos were described or opened since.
pub(super) fn learn(state: &mut AppState, anew: bool) -> Vec<Effect> {
    let few = state.label.loaded && (state.label.data.progress.labelled as usize) < FEWEST_FOR_PERSONAL;
    if few {
        return Vec::new();
    }
    let learning = &mut state.learning;
    if learning.busy {
        learning.behind = true;
        learning.anew |= anew;
        return Vec::new();
    }
    learning.busy = true;
    vec![Effect::Learn(anew)]
}

/// Remembers what the model said of a photo before this vote: shown from now on, never before.
pub(super) fn voted(state: &mut AppState, image: ImageId, kind: VoteKind) {
    let estimate = state.learning.scores.get(&image).copied();
    state.learning.guess = kind.score().zip(estimate).map(|(vote, estimate)| Guess { image, vote, estimate });
}

/// The model was fitted.
pub(super) fn learnt(state: &mut AppState, lesson: Lesson) -> Vec<Effect> {
    let mut effects = Vec::new();
    state.learning.busy = false;
    state.learning.problem = None;
    state.learning.report = lesson.report;
    if let Some(card) = lesson.card {
        let former = state.learning.model.replace(card.id.clone());
        let former = former.map(|id| id.0);
        if former.is_some() && state.score.model == former {
            state.score.model = Some(card.id.0.clone());
        }
        match state.models.iter_mut().find(|entry| entry.card.personal.is_some()) {
            Some(entry) => entry.card = card.clone(),
            None => effects.push(Effect::LoadHistory),
        }
        (state.learning.current, state.learning.scores) = (lesson.current, Arc::new(lesson.scores));
        if state.learning.shown().is_some() {
            effects.extend(photos::changed(state));
        }
        effects.extend(state.browse.selected.map(Effect::LookAlike));
    }
    if std::mem::take(&mut state.learning.described) {
        state.learning.given_up = lesson.undescribed;
    }
    if std::mem::take(&mut state.learning.behind) {
        let anew = std::mem::take(&mut state.learning.anew);
        effects.extend(learn(state, anew));
    }
    let enough = lesson.labels >= FEWEST_FOR_PERSONAL;
    if enough && lesson.undescribed > state.learning.given_up && state.job(JobKind::Describe).is_none() {
        effects.extend(start(state, JobKind::Describe, Effect::StartDescribe));
    }
    effects
}

/// The model could not be fitted.
pub(super) fn failed_to_learn(state: &mut AppState, error: &Error) -> Vec<Effect> {
    let learning = &mut state.learning;
    (learning.busy, learning.behind, learning.anew) = (false, false, false);
    let problem = Some(error.chain());
    if learning.problem != problem {
        learning.problem = problem;
        state.toasts.error(error);
    }
    Vec::new()
}

/// It is known what more labels would bring.
pub(super) fn forecast(state: &mut AppState, outcome: Outcome<LabelForecast>) -> Vec<Effect> {
    ended::forget(state, JobKind::Forecast);
    match outcome {
        Outcome::Completed(found) => state.learning.forecast = Some(found),
        Outcome::Cancelled(_) => {}
        Outcome::Failed(error) => state.toasts.error(&error),
    }
    Vec::new()
}

/// Describing photos ended: the model learns from what there is now.
pub(super) fn described(state: &mut AppState, outcome: &Outcome<DescribeSummary>) -> Vec<Effect> {
    ended::forget(state, JobKind::Describe);
    if let Some(error) = failed(outcome) {
        state.toasts.error(error);
        state.learning.given_up = usize::MAX;
        return Vec::new();
    }
    state.learning.described = true;
    let now = state.now_ms;
    match outcome {
        Outcome::Completed(summary) if !summary.failed.is_empty() => {
            let text = format!("{} photos cannot be described for the personal model", summary.failed.len());
            state.toasts.warn(text, Some(ended::reasons(&summary.failed)));
        }
        Outcome::Cancelled(_) => {
            state.toasts.tell("Describing stopped; it goes on when the project is opened again", now);
        }
        _ => {}
    }
    learn(state, true)
}
