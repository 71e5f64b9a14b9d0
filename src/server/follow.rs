//! Follows a model's name: when it comes to mean another model, that one takes over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::worker::{Exchange, loads};
use crate::api::{Predictor, Project, find_model, models_mark};
use crate::domain::ModelId;
use crate::error::Result;
use crate::jobs::{self, Control, JobHandle, Outcome};

/// Time between two looks at the project.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
    let mut mark = String::new();
    while waits(control) {
        match models_mark(project) {
            Ok(now) if now != mark => mark = now,
            Ok(_) => continue,
            Err(error) => {
                tracing::debug!("the model that serves stays: {error:#}");
                continue;
            }
        }
        match find_model(project, model) {
            Ok(entry) if entry.card.id != serving => {
                tracing::info!("model {} takes over from {serving}", entry.card.id);
                serving = entry.card.id.clone();
                if !exchange.with(loads(project, entry)) {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => tracing::debug!("the model that serves stays: {error:#}"),
        }
    }
}

/// False when a stop is asked for.
fn waits(control: &Control) -> bool {
    let until = Instant::now() + LOOK_EVERY;
    while Instant::now() < until {
        if control.is_cancelled() {
            return false;
        }
        std::thread::sleep(STEP);
    }
    true
}
