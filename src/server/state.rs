//! What the routes share: the way to the model, the board that shows what serves, limits, and whether the server stops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Refusal;
use super::gate::Gate;
use super::metrics::Metrics;
use super::worker::{Queue, Refused, Watch};
use crate::config::ServerConfig;
use crate::domain::{ModelCard, ScoreRow};
use crate::error::{Code, Error, Result};

/// The model that serves, and the counters.
#[derive(Default)]
pub(super) struct Board {
    card: RwLock<Option<Arc<ModelCard>>>,
    /// Counters.
    pub(super) metrics: Metrics,
}

impl Board {
    /// The model that serves; nothing before the first one is loaded.
    pub(super) fn card(&self) -> Option<Arc<ModelCard>> {
        self.card.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Watch for Board {
    fn serves(&self, card: &ModelCard) {
        tracing::info!(model = %card.id, "a model serves");
        *self.card.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(card.clone()));
    }

    fn batch(&self, photos: usize) {
        self.metrics.batch(photos);
    }
}

struct Shared {
    queue: Queue,
    board: Arc<Board>,
    config: ServerConfig,
    gate: Gate,
    draining: AtomicBool,
    /// Kilobytes of bodies that may be read or worked on.
    room: Arc<Semaphore>,
}

/// What the routes share; clones are the same.
#[derive(Clone)]
pub(super) struct ServerState(Arc<Shared>);

/// A photo with the name that the client gave it.
pub(super) type Photo = (String, Bytes);

impl ServerState {
    /// # Errors
    /// When a key in the configuration is none.
    pub(super) fn new(queue: Queue, board: Arc<Board>, config: &ServerConfig) -> Result<Self> {
        let gate = Gate::new(&config.keys, config.requests_per_minute)?;
        let kilobytes = config.max_inflight_mb.max(config.max_batch_mb).max(config.max_body_mb).saturating_mul(1000);
        let room = Arc::new(Semaphore::new(kilobytes.min(Semaphore::MAX_PERMITS)));
        let draining = AtomicBool::default();
        Ok(Self(Arc::new(Shared { queue, board, config: config.clone(), gate, draining, room })))
    }

    pub(super) fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.board.metrics
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    /// The model that serves.
    ///
    /// # Errors
    /// 503 before the first one is loaded.
    pub(super) fn card(&self) -> std::result::Result<Arc<ModelCard>, Refusal> {
        self.0.board.card().ok_or_else(|| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "no model is loaded yet"))
    }

    /// Room for a body of at most so many bytes, until it is dropped.
    ///
    /// # Errors
    /// 503 when the bodies of other requests take all there is.
    pub(super) fn room(&self, bytes: usize) -> std::result::Result<OwnedSemaphorePermit, Refusal> {
        let kilobytes = u32::try_from(bytes.div_ceil(1000)).unwrap_or(u32::MAX);
        self.0.room.clone().try_acquire_many_owned(kilobytes).map_err(|_| {
            self.metrics().refused();
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the bodies of other requests take all the room")
        })
    }

    /// From now on new photos are refused.
    pub(super) fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::SeqCst)
    }

    /// How long a body or a score may take.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.0.config.timeout_s)
    }

    /// Largest photo, in bytes.
    pub(super) fn max_photo_bytes(&self) -> usize {
        self.0.config.max_body_mb.saturating_mul(1_000_000)
    }

    /// Scores photos, in their order; each has its row or its error.
    ///
    /// # Errors
    /// 413 when there are too many, 503 when there is no room or the server stops, 504 when it takes too long.
    pub(super) async fn score(&self, photos: Vec<Photo>) -> std::result::Result<Vec<Result<ScoreRow>>, Refusal> {
        if self.is_draining() {
            return Err(Refusal::draining());
        }
        let most = self.0.config.max_photos.min(self.0.queue.size());
        if photos.len() > most {
            let detail = format!("{} photos in one request, more than {most}", photos.len());
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let largest = self.max_photo_bytes();
        let mut results: Vec<Option<Result<ScoreRow>>> =
            photos.iter().map(|(name, bytes)| (bytes.len() > largest).then(|| Err(too_large(name, largest)))).collect();
        let fit: Vec<Photo> = photos.into_iter().filter(|(_, bytes)| bytes.len() <= largest).collect();
        let answers = self.0.queue.push(fit).map_err(|refused| {
            self.metrics().refused();
            match refused {
                Refused::Full | Refused::TooMany => {
                    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many photos are waiting")
                }
                Refused::Closed => Refusal::draining(),
            }
        })?;
        let all = async {
            let mut rows = Vec::with_capacity(answers.len());
            for answer in answers {
                rows.push(answer.await.map_err(|_| Refusal::draining())?);
            }
            Ok::<_, Refusal>(rows)
        };
        let late = |_| {
            let detail = format!("no score within {} s", self.0.config.timeout_s);
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, detail)
        };
        let mut rows = tokio::time::timeout(self.timeout(), all).await.map_err(late)??.into_iter();
        for result in results.iter_mut().filter(|result| result.is_none()) {
            *result = rows.next();
        }
        let results: Vec<_> = results.into_iter().flatten().collect();
        self.metrics().photos(&results);
        Ok(results)
    }
}

fn too_large(name: &str, bytes: usize) -> Error {
    Error::new(Code::TooLarge, format!("{name} is larger than {} MB", bytes / 1_000_000))
}
