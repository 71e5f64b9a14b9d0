//! What is worked out about the photo on screen alone: on one thread, the newest question first and only it, kept for one
//! photo.
//!
//! Must not know the state: it is asked by what the answer depends on.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Wake};

/// What is known of the photo that was asked for.
pub enum Glance<'a, T> {
    /// On its way.
    Waiting,
    /// There.
    Ready(&'a mut T),
    /// It cannot be had.
    Failed(&'a Error),
}

struct Tray<K, T> {
    wanted: Option<K>,
    done: Option<(K, Result<T>)>,
}

type Shared<K, T> = (Mutex<Tray<K, T>>, Condvar);

/// The answer to the newest question.
pub struct Lens<K, T> {
    tray: Arc<Shared<K, T>>,
    asked: Option<K>,
    seen: Option<(K, Result<T>)>,
    _thread: JobHandle<()>,
}

impl<K: PartialEq + Clone + Send + 'static, T: Send + 'static> Lens<K, T> {
    /// Starts a thread of that name where `look` answers.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(name: &str, wake: &Wake, mut look: impl FnMut(&K) -> Result<T> + Send + 'static) -> Result<Self> {
        let tray = Arc::new((Mutex::new(Tray { wanted: None, done: None }), Condvar::new()));
        let (shared, notify) = (tray.clone(), wake.clone());
        let thread = jobs::spawn(name, wake.clone(), move |reporter| {
            while !reporter.control.is_cancelled() {
                look_next(&shared, &notify, &mut look);
            }
            Ok(Outcome::Completed(()))
        })?;
        Ok(Self { tray, asked: None, seen: None, _thread: thread })
    }

    /// Takes in what was worked out; once a frame.
    pub fn begin_frame(&mut self) {
        let done = lock(&self.tray.0).done.take();
        if done.is_some() {
            self.seen = done;
        }
    }

    /// The answer; asked for now when it is not there yet.
    pub fn look(&mut self, key: &K) -> Glance<'_, T> {
        if self.asked.as_ref() != Some(key) {
            lock(&self.tray.0).wanted = Some(key.clone());
            self.tray.1.notify_one();
            self.asked = Some(key.clone());
        }
        match &mut self.seen {
            Some((seen, found)) if seen == key => match found {
                Ok(shown) => Glance::Ready(shown),
                Err(error) => Glance::Failed(error),
            },
            _ => Glance::Waiting,
        }
    }

    /// Nothing is being worked out.
    pub fn is_idle(&self) -> bool {
        self.asked.as_ref() == self.seen.as_ref().map(|(key, _)| key)
    }
}

fn lock<K, T>(tray: &Mutex<Tray<K, T>>) -> std::sync::MutexGuard<'_, Tray<K, T>> {
    tray.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_next<K, T>(shared: &Shared<K, T>, wake: &Wake, look: &mut impl FnMut(&K) -> Result<T>) {
    let tray = lock(&shared.0);
    let (mut tray, _) = shared
        .1
        .wait_timeout_while(tray, Duration::from_millis(100), |tray| tray.wanted.is_none())
        .unwrap_or_else(PoisonError::into_inner);
    let Some(key) = tray.wanted.take() else { return };
    drop(tray);
    // One photo must not cost the thread.
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&key)))
        .unwrap_or_else(|panic| Err(Error::internal(jobs::panic_text(&*panic))));
    lock(&shared.0).done = Some((key, found));
    wake();
}
