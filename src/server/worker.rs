//! From a photo's bytes to its row: threads that make photos ready, one thread that infers batches, bounded room.
//!
//! Everything that was taken in is answered, also while the model is exchanged for another.

mod batch;
mod prepare;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::api::{ModelEntry, Predictor, PreparedPhoto, Project};
use crate::config::ServerConfig;
use crate::domain::{ModelCard, ScoreRow};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome};

/// How often a thread that has nothing to do looks at whether to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What scores photos. It lives on the inference thread; what makes photos ready for it is shared.
pub(super) trait Model: 'static {
    /// A photo made ready.
    type Photo: Send + 'static;

    /// The model's card.
    fn card(&self) -> ModelCard;

    /// What makes photos ready.
    fn preparer(&self) -> Prepare<Self::Photo>;

    /// The rows of photos, in their order.
    ///
    /// # Errors
    /// When the model itself fails.
    fn score(&self, photos: &[&Self::Photo]) -> Result<Vec<ScoreRow>>;
}

/// Makes a photo ready from its name and bytes.
pub(super) type Prepare<P> = Arc<dyn Fn(&str, &[u8]) -> Result<P> + Send + Sync>;

impl Model for Predictor {
    type Photo = PreparedPhoto;

    fn card(&self) -> ModelCard {
        Self::card(self).clone()
    }

    fn preparer(&self) -> Prepare<PreparedPhoto> {
        let preparer = Self::preparer(self).clone();
        Arc::new(move |name, bytes| preparer.prepare(name, bytes))
    }

    fn score(&self, photos: &[&PreparedPhoto]) -> Result<Vec<ScoreRow>> {
        Self::score(self, photos)
    }
}

type Answer = oneshot::Sender<Result<ScoreRow>>;

/// A photo to score and where the answer goes; its place is free again when it is dropped.
struct Errand {
    name: String,
    bytes: Bytes,
    answer: Answer,
    room: OwnedSemaphorePermit,
}

/// A model's way of making photos ready; the model is kept as long as photos are on their way to it.
struct Serving<P> {
    prepare: Prepare<P>,
}

/// A photo that was made ready for a model.
struct Ready<P> {
    photo: P,
    serving: Arc<Serving<P>>,
    answer: Answer,
    _room: OwnedSemaphorePermit,
}

/// What reaches the inference thread.
enum Work<M: Model> {
    Photo(Box<Ready<M::Photo>>),
    /// Another model takes over.
    Exchange(Load<M>),
}

/// Loads a model on the thread that will use it.
pub(super) type Load<M> = Box<dyn FnOnce() -> Result<M> + Send>;

/// What the threads share.
struct Shared<P> {
    serving: RwLock<Arc<Serving<P>>>,
    /// Photos taken in that have not reached the inference thread.
    preparing: Arc<AtomicUsize>,
}

impl<P> Shared<P> {
    fn serving(&self) -> Arc<Serving<P>> {
        self.serving.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Why photos were not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no room now.
    Full,
    /// There is never room for so many at a time.
    TooMany,
    /// The worker has ended.
    Closed,
}

/// The way into the worker; clones share it.
#[derive(Clone)]
pub(super) struct Queue {
    errands: Sender<Errand>,
    preparing: Arc<AtomicUsize>,
    room: Arc<Semaphore>,
    size: usize,
}

impl Queue {
    /// Hands photos (name, bytes) over, all or none; the answers come through the receivers, in their order.
    pub(super) fn push(
        &self,
        photos: Vec<(String, Bytes)>,
    ) -> std::result::Result<Vec<oneshot::Receiver<Result<ScoreRow>>>, Refused> {
        let wanted = photos.len();
        if wanted > self.size {
            return Err(Refused::TooMany);
        }
        let many = u32::try_from(wanted).map_err(|_| Refused::TooMany)?;
        let mut rooms = self.room.clone().try_acquire_many_owned(many).map_err(|_| Refused::Full)?;
        let mut answers = Vec::with_capacity(wanted);
        for (name, bytes) in photos {
            let Some(room) = rooms.split(1) else { return Err(Refused::Full) };
            let (answer, receiver) = oneshot::channel();
            self.preparing.fetch_add(1, Ordering::SeqCst);
            self.errands.send(Errand { name, bytes, answer, room }).map_err(|_| Refused::Closed)?;
            answers.push(receiver);
        }
        Ok(answers)
    }

    /// Photos that wait or are worked on.
    pub(super) fn taken(&self) -> usize {
        self.size - self.room.available_permits().min(self.size)
    }

    /// The most that may.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

/// How the worker batches and how many threads make photos ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) batch: usize,
    pub(super) wait: Duration,
    pub(super) queue: usize,
    pub(super) threads: usize,
}

impl Settings {
    pub(super) fn of(config: &ServerConfig) -> Self {
        Self {
            batch: config.batch_size.max(1),
            wait: Duration::from_millis(config.batch_wait_ms),
            queue: config.queue.max(1),
            threads: if config.workers == 0 { jobs::worker_count() } else { config.workers },
        }
    }
}

/// Told about models and batches as they come.
pub(super) trait Watch: Send + Sync + 'static {
    /// A model has taken over.
    fn serves(&self, card: &ModelCard);

    /// So many photos were computed together.
    fn batch(&self, photos: usize);
}

/// Changes the model of a running worker; clones share it.
pub(super) struct Exchange<M: Model>(Sender<Work<M>>);

impl<M: Model> Exchange<M> {
    /// Lets another model take over; when it cannot be loaded, the former one stays and the log says why. False when the
    /// worker has ended.
    pub(super) fn with(&self, load: Load<M>) -> bool {
        self.0.send(Work::Exchange(load)).is_ok()
    }
}

/// The threads; dropping it ends them.
pub(super) struct Worker {
    queue: Queue,
    _threads: Vec<JobHandle<()>>,
}

/// Loads a model of a project, on the thread that will use it.
pub(super) fn loads(project: &Project, entry: ModelEntry) -> Load<Predictor> {
    let project = project.clone();
    Box::new(move || Predictor::load(&project, &entry))
}

impl Worker {
    /// Starts the threads with the model that `load` makes there.
    ///
    /// # Errors
    /// The error of `load`, or when a thread cannot be started.
    pub(super) fn start<M: Model>(
        settings: Settings,
        watch: Arc<dyn Watch>,
        load: Load<M>,
    ) -> Result<(Self, Exchange<M>)> {
        let (errands, errand_end) = channel();
        let (work, work_end) = channel();
        let (loaded, ready) = sync_channel(1);
        let mut threads = Vec::with_capacity(settings.threads + 1);
        threads.push(jobs::spawn("packshot-infer", Arc::new(|| {}), move |reporter| {
            let model = match load() {
                Ok(model) => model,
                Err(error) => {
                    // The starter waits for exactly one answer.
                    let _gone = loaded.send(Err(error.clone()));
                    return Err(error);
                }
            };
            let serving = Arc::new(Serving { prepare: model.preparer() });
            let shared = Arc::new(Shared { serving: RwLock::new(serving.clone()), preparing: Arc::default() });
            watch.serves(&model.card());
            let _gone = loaded.send(Ok(shared.clone()));
            batch::Inference::new(settings, shared, watch, model, serving).run(&work_end, &reporter.control);
            Ok(Outcome::Completed(()))
        })?);
        let shared = ready.recv().map_err(|_| Error::internal("the inference thread ended before it began"))??;
        let errand_end = Arc::new(Mutex::new(errand_end));
        for _ in 0..settings.threads.max(1) {
            let (errands, work, shared) = (errand_end.clone(), work.clone(), shared.clone());
            threads.push(jobs::spawn("packshot-prepare", Arc::new(|| {}), move |reporter| {
                prepare::run::<M>(&errands, &work, &shared, &reporter.control);
                Ok(Outcome::Completed(()))
            })?);
        }
        let preparing = shared.preparing.clone();
        let room = Arc::new(Semaphore::new(settings.queue));
        let queue = Queue { errands, preparing, room, size: settings.queue };
        Ok((Self { queue, _threads: threads }, Exchange(work)))
    }

    pub(super) fn queue(&self) -> Queue {
        self.queue.clone()
    }
}
