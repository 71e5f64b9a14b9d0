//! The one thread that infers, and the bounded queue before it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::api::{Predictor, Project};
use crate::domain::{ModelCard, ScoreRow};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome};

/// Requests that may wait.
pub(super) const WAITING: usize = 64;

/// A photo to score and where the answer goes.
pub(super) struct Errand {
    name: String,
    bytes: Vec<u8>,
    answer: oneshot::Sender<Result<ScoreRow>>,
}

/// The way into the worker; clones share it.
#[derive(Clone)]
pub(super) struct Queue(SyncSender<Errand>);

/// Why a photo was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many wait already.
    Full,
    /// The worker has ended.
    Closed,
}

impl Queue {
    /// Hands a photo over; the answer comes through the receiver.
    pub(super) fn push(
        &self,
        name: String,
        bytes: Vec<u8>,
    ) -> std::result::Result<oneshot::Receiver<Result<ScoreRow>>, Refused> {
        let (answer, receiver) = oneshot::channel();
        match self.0.try_send(Errand { name, bytes, answer }) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(Refused::Full),
            Err(TrySendError::Disconnected(_)) => Err(Refused::Closed),
        }
    }
}

/// The inference thread; it owns the model and its tensors.
pub(super) struct Worker {
    queue: Queue,
    card: ModelCard,
    _thread: JobHandle<()>,
}

impl Worker {
    /// Loads the model on the thread that will use it.
    ///
    /// # Errors
    /// When there is no such model, or no device.
    pub(super) fn start(project: &Project, model: Option<&str>) -> Result<Self> {
        let (project, model) = (project.clone(), model.map(str::to_owned));
        Self::spawn(move || {
            let predictor = Predictor::open(&project, model.as_deref())?;
            let card = predictor.card().clone();
            Ok((card, move |name: &str, bytes: &[u8]| predictor.predict(name, bytes)))
        })
    }

    /// Starts the thread with whatever `load` makes there: what scores a photo stays on it.
    ///
    /// # Errors
    /// The error of `load`.
    pub(super) fn spawn<P>(load: impl FnOnce() -> Result<(ModelCard, P)> + Send + 'static) -> Result<Self>
    where
        P: Fn(&str, &[u8]) -> Result<ScoreRow>,
    {
        let (sender, errands) = sync_channel(WAITING);
        let (loaded, ready) = sync_channel(1);
        let wake = std::sync::Arc::new(|| {});
        let thread = jobs::spawn("packshot-infer", wake, move |reporter| {
            let (card, predict) = match load() {
                Ok(loaded) => loaded,
                Err(error) => {
                    // The starter waits for exactly one answer.
                    let _gone = loaded.send(Err(error.clone()));
                    return Err(error);
                }
            };
            let _gone = loaded.send(Ok(card));
            answer_all(&predict, &errands, &reporter.control);
            Ok(Outcome::Completed(()))
        })?;
        let card = ready.recv().map_err(|_| Error::internal("the inference thread ended before it began"))??;
        Ok(Self { queue: Queue(sender), card, _thread: thread })
    }

    pub(super) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    pub(super) fn card(&self) -> &ModelCard {
        &self.card
    }
}

fn answer_all(predict: &impl Fn(&str, &[u8]) -> Result<ScoreRow>, errands: &Receiver<Errand>, control: &jobs::Control) {
    while !control.is_cancelled() {
        match errands.recv_timeout(Duration::from_millis(100)) {
            Ok(Errand { name, bytes, answer }) => {
                // One photo that meets a defect costs its own answer, not the server.
                let row = catch_unwind(AssertUnwindSafe(|| predict(&name, &bytes)));
                let row = row.unwrap_or_else(|_| Err(Error::internal("scoring this photo failed unexpectedly")));
                // A client that hung up needs no answer.
                let _gone = answer.send(row);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}
