//! Long work: a named thread, a control to stop it, and events for whoever watches.
//!
//! The worker never blocks on its watcher: progress is latest-value, warnings are bounded, and there is always
//! exactly one final event, even when the worker panics. Must not know what the work is.

mod control;
mod handle;

pub use control::{Control, Stopped};
pub use handle::{JobEvent, JobHandle, Outcome, Progress, Reporter, Wake, spawn};

use std::any::Any;

/// The message of a caught panic, in words.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_owned())
}

/// How many worker threads to use: the cores the machine has, less one that is left to the window.
pub fn worker_count() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}
