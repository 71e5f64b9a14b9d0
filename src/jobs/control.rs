//! The shared switch through which a watcher pauses or cancels a worker.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    paused: bool,
}

/// Pause and cancel, shared between worker and watcher; clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct Control {
    shared: Arc<(Mutex<State>, Condvar)>,
}

/// Returned by [`Control::checkpoint`] when the worker has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl Control {
    fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        self.shared.1.notify_all();
        result
    }

    /// Asks the worker to stop; a paused worker wakes up to do so.
    pub fn cancel(&self) {
        self.with(|state| state.cancelled = true);
    }

    /// Asks the worker to wait, or to go on.
    pub fn set_paused(&self, paused: bool) {
        self.with(|state| state.paused = paused);
    }

    /// A stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.with(|state| state.cancelled)
    }

    /// Whether a pause was asked for.
    pub fn is_paused(&self) -> bool {
        self.with(|state| state.paused)
    }

    /// For the worker, between two pieces of work: waits while paused, and says when to stop.
    pub fn checkpoint(&self) -> Result<(), Stopped> {
        let (lock, condition) = &*self.shared;
        let mut state = lock.lock().unwrap_or_else(PoisonError::into_inner);
        while state.paused && !state.cancelled {
            let waited = condition.wait_timeout(state, Duration::from_millis(200));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.cancelled { Err(Stopped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancel_wakes_a_paused_worker() {
        let control = Control::default();
        control.set_paused(true);
        let worker = control.clone();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(move || worker.checkpoint());
            control.cancel();
            assert_eq!(waiting.join().ok(), Some(Err(Stopped)));
        });
    }
}
