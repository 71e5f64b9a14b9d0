//! Follows a model's name: when it comes to mean another model, that one takes over.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::worker::{Exchange, Load, Model, loads};
use crate::api::{Predictor, Project, find_model, models_mark};
use crate::domain::ModelId;
use crate::error::{Error, Result};
use crate::jobs::{self, Control, JobHandle, Outcome};

/// Time between two looks at the project.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Time until a model that could not be loaded is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How often a stop is looked for meanwhile.
const STEP: Duration = Duration::from_millis(100);

/// The thread that looks; dropping it ends it.
pub(super) struct Follower {
    _thread: JobHandle<()>,
}

impl Follower {
    /// Starts looking; `serving` is the model that serves now.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(
        project: &Project,
        model: Option<&str>,
        serving: ModelId,
        exchange: Exchange<Predictor>,
    ) -> Result<Self> {
        let (project, model) = (project.clone(), model.map(str::to_owned));
        let thread = jobs::spawn("packshot-follow", Arc::new(|| {}), move |reporter| {
            follow(&project, model.as_deref(), serving, &exchange, &reporter.control);
            Ok(Outcome::Completed(()))
        })?;
        Ok(Self { _thread: thread })
    }
}

fn follow(
    project: &Project,
    model: Option<&str>,
    mut serving: ModelId,
    exchange: &Exchange<Predictor>,
    control: &Control,
) {
    // The database says nothing about a folder outside the project.
    let is_folder = model.is_some_and(|name| Path::new(name).join("model.json").exists());
    let mut settled = None;
    let mut pause = LOOK_EVERY;
    while waits(control, pause) {
        pause = LOOK_EVERY;
        let Ok(mark) = models_mark(project).inspect_err(stays) else { continue };
        if !is_folder && settled.as_ref() == Some(&mark) {
            continue;
        }
        match find_model(project, model) {
            Ok(entry) if entry.card.id != serving => {
                let id = entry.card.id.clone();
                tracing::info!("model {id} takes over from {serving}");
                match takes_over(exchange, loads(project, entry), control) {
                    Some(true) => serving = id,
                    // What cannot be loaded now may be whole later: it is not settled.
                    Some(false) => {
                        pause = AGAIN_AFTER;
                        continue;
                    }
                    None => return,
                }
            }
            Ok(_) => {}
            Err(error) => {
                stays(&error);
                continue;
            }
        }
        settled = Some(mark);
    }
}

fn stays(error: &Error) {
    tracing::debug!("the model that serves stays: {error:#}");
}

/// Exchanges the model and waits until it serves: whether it could be loaded; nothing when the worker has ended or a stop
/// is asked for.
fn takes_over<M: Model>(exchange: &Exchange<M>, load: Load<M>, control: &Control) -> Option<bool> {
    let (told, outcome) = channel();
    let load: Load<M> = Box::new(move || {
        let model = load();
        let _gone = told.send(model.is_ok());
        model
    });
    if !exchange.with(load) {
        return None;
    }
    while !control.is_cancelled() {
        match outcome.recv_timeout(STEP) {
            Ok(loaded) => return Some(loaded),
            Err(RecvTimeoutError::Timeout) => {}
            // Loading broke off, or the worker ended: the next try tells which.
            Err(RecvTimeoutError::Disconnected) => return Some(false),
        }
    }
    None
}

/// False when a stop is asked for.
fn waits(control: &Control, pause: Duration) -> bool {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        if control.is_cancelled() {
            return false;
        }
        std::thread::sleep(STEP);
    }
    true
}
