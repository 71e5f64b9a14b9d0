//! The one thread that infers: batches fill up while more photos are on their way, and models take over in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::{LOOK_EVERY, Load, Model, Ready, Serving, Settings, Shared, Watch, Work};
use crate::domain::ScoreRow;
use crate::error::{Error, Result};
use crate::jobs::Control;

/// A model, and the handle by which photos say that they were made ready for it.
struct Loaded<M: Model> {
    model: M,
    serving: Arc<Serving<M::Photo>>,
}

/// The thread's state.
pub(super) struct Inference<M: Model> {
    settings: Settings,
    shared: Arc<Shared<M::Photo>>,
    watch: Arc<dyn Watch>,
    /// The last one serves; the others have photos on their way.
    models: Vec<Loaded<M>>,
}

impl<M: Model> Inference<M> {
    pub(super) fn new(
        settings: Settings,
        shared: Arc<Shared<M::Photo>>,
        watch: Arc<dyn Watch>,
        model: M,
        serving: Arc<Serving<M::Photo>>,
    ) -> Self {
        Self { settings, shared, watch, models: vec![Loaded { model, serving }] }
    }

    /// Works until a stop is asked for.
    pub(super) fn run(mut self, work: &Receiver<Work<M>>, control: &Control) {
        while !control.is_cancelled() {
            match work.recv_timeout(LOOK_EVERY) {
                Ok(Work::Photo(first)) => {
                    let (photos, exchange) = self.fill(*first, work);
                    self.answer(photos);
                    if let Some(load) = exchange {
                        self.exchange(load);
                    }
                }
                Ok(Work::Exchange(load)) => self.exchange(load),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.retire();
        }
    }

    /// Photos that go with the first one: what is there, and what comes within the waiting time while photos are being
    /// made ready. Nobody waits for photos that nobody has sent.
    fn fill(&self, first: Ready<M::Photo>, work: &Receiver<Work<M>>) -> (Vec<Ready<M::Photo>>, Option<Load<M>>) {
        let until = Instant::now() + self.settings.wait;
        let mut photos = vec![first];
        while photos.len() < self.settings.batch {
            let next = match work.try_recv() {
                Ok(next) => next,
                Err(_) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() || self.shared.preparing.load(Ordering::SeqCst) == 0 {
                        break;
                    }
                    let Ok(next) = work.recv_timeout(left) else { break };
                    next
                }
            };
            match next {
                Work::Photo(photo) => photos.push(*photo),
                Work::Exchange(load) => return (photos, Some(load)),
            }
        }
        (photos, None)
    }

    /// Scores photos, each by the model that it was made ready for.
    fn answer(&self, mut photos: Vec<Ready<M::Photo>>) {
        photos.retain(|photo| !photo.answer.is_closed());
        for loaded in &self.models {
            let (ours, others) = photos.into_iter().partition(|photo| Arc::ptr_eq(&photo.serving, &loaded.serving));
            photos = others;
            self.answer_with(&loaded.model, ours);
        }
    }

    fn answer_with(&self, model: &M, photos: Vec<Ready<M::Photo>>) {
        if photos.is_empty() {
            return;
        }
        self.watch.batch(photos.len());
        let inputs: Vec<&M::Photo> = photos.iter().map(|photo| &photo.photo).collect();
        let rows = match scored(model, &inputs) {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(error) if inputs.len() == 1 => vec![Err(error)],
            // One of them meets a defect: the others need not suffer for it.
            Err(_) => inputs.iter().map(|input| alone(model, input)).collect(),
        };
        for (photo, row) in photos.into_iter().zip(rows) {
            let Ready { answer, _room: room, .. } = photo;
            drop(room);
            // A client that hung up needs no answer.
            let _gone = answer.send(row);
        }
    }

    fn exchange(&mut self, load: Load<M>) {
        let model = catch_unwind(AssertUnwindSafe(load))
            .unwrap_or_else(|_| Err(Error::internal("loading the model failed unexpectedly")));
        match model {
            Ok(model) => {
                let serving = Arc::new(Serving { prepare: model.preparer() });
                *self.shared.serving.write().unwrap_or_else(PoisonError::into_inner) = serving.clone();
                self.watch.serves(&model.card());
                self.models.push(Loaded { model, serving });
            }
            Err(error) => tracing::error!("the former model stays: {error:#}"),
        }
    }

    /// Lets go of former models that no photo is on its way to.
    fn retire(&mut self) {
        let last = self.models.len() - 1;
        let mut index = 0;
        self.models.retain(|loaded| {
            let stays = index == last || Arc::strong_count(&loaded.serving) > 1;
            index += 1;
            stays
        });
    }
}

fn scored<M: Model>(model: &M, photos: &[&M::Photo]) -> Result<Vec<ScoreRow>> {
    let rows = catch_unwind(AssertUnwindSafe(|| model.score(photos)));
    let rows = rows.unwrap_or_else(|_| Err(Error::internal("scoring this photo failed unexpectedly")))?;
    if rows.len() == photos.len() { Ok(rows) } else { Err(Error::internal("a photo has no score")) }
}

fn alone<M: Model>(model: &M, photo: &M::Photo) -> Result<ScoreRow> {
    scored(model, &[photo])?.into_iter().next().ok_or_else(|| Error::internal("a photo has no score"))
}
