//! Long works as the window knows them: begun, stopped, paused, under way; and the paths that dialogs ask for.

use std::path::PathBuf;

use super::{audit, runs, scores, sort_out};
use crate::domain::RunId;
use crate::jobs::Progress;
use crate::ui::message::{DialogFor, Effect, JobKind};
use crate::ui::state::{AppState, JobView};

/// Starts a work, unless one of its kind is under way.
pub(super) fn start(state: &mut AppState, kind: JobKind, effect: Effect) -> Vec<Effect> {
    if state.job(kind).is_some() {
        state.toasts.warn(format!("{} is under way", kind.text()), Some("Wait for it, or stop it first.".to_owned()));
        return Vec::new();
    }
    let stage_since_ms = state.now_ms;
    state.jobs.push(JobView {
        kind,
        progress: None,
        stopping: false,
        paused: false,
        stage_since_ms,
        progress_at_ms: stage_since_ms,
        warnings: 0,
    });
    if kind == JobKind::Train {
        state.train.since_ms = stage_since_ms;
        (state.train.run, state.train.view, state.train.device) = (None, None, None);
        (state.train.reading, state.train.behind) = (false, false);
    }
    vec![effect]
}

/// Stops a work.
pub(super) fn stop(state: &mut AppState, kind: JobKind) -> Vec<Effect> {
    if let Some(job) = state.job_mut(kind) {
        job.stopping = true;
    }
    vec![Effect::Stop(kind)]
}

/// Pauses a work, or lets it go on.
pub(super) fn pause(state: &mut AppState, kind: JobKind, paused: bool) -> Vec<Effect> {
    if let Some(job) = state.job_mut(kind) {
        job.paused = paused;
    }
    vec![Effect::Pause(kind, paused)]
}

/// A work warns.
pub(super) fn warned(state: &mut AppState, kind: JobKind, text: &str) {
    tracing::debug!("{text}");
    if let Some(job) = state.job_mut(kind) {
        job.warnings += 1;
    }
}

/// A dialog gave a path.
pub(super) fn picked(state: &mut AppState, dialog: DialogFor, path: PathBuf) -> Vec<Effect> {
    match dialog {
        DialogFor::OpenFolder => start(state, JobKind::Open, Effect::StartOpen(vec![path])),
        DialogFor::SortOutFolder => sort_out::picked(state, &path),
        DialogFor::ScoreFolder => scores::start_on(state, &[path]),
        DialogFor::WriteReport => {
            let run = state.score.rows.first().and_then(|row| {
                let model = state.models.iter().find(|model| model.card.id == row.model);
                model.and_then(|model| model.card.run.clone()).map(RunId)
            });
            vec![Effect::Report(state.score.rows.clone(), run, path)]
        }
        DialogFor::ExportRuns => runs::export(state, path),
        DialogFor::ExportAudit => audit::export(state, path),
        DialogFor::ExportDuplicates => vec![Effect::ExportDuplicates(state.doubles.groups().to_vec(), path)],
        DialogFor::ExportScores => vec![Effect::Export(state.score.rows.clone(), path)],
    }
}

/// A work reports.
pub(super) fn progress(state: &mut AppState, kind: JobKind, progress: Progress) {
    let now = state.now_ms;
    if let Some(job) = state.job_mut(kind) {
        if job.progress.as_ref().is_none_or(|shown| shown.stage != progress.stage) {
            job.stage_since_ms = now;
        }
        // A report that says nothing new tells nothing about the pace.
        if job.progress.as_ref().is_none_or(|shown| shown.done != progress.done) {
            job.progress_at_ms = now;
        }
        job.progress = Some(progress);
    }
}
