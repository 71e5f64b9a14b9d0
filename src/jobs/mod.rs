//! Long work: a named thread, a control to stop it, and events for whoever watches.
//!
//! The worker never blocks on its watcher: progress is latest-value, warnings are bounded, and there is always
//! exactly one final event, even when the worker panics. Must not know what the work is.

mod aside;
mod control;
mod handle;

pub use aside::aside;
pub use control::{Control, Stopped};
pub use handle::{JobEvent, JobHandle, Outcome, Progress, Reporter, Wake, spawn};

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The message of a caught panic, in words.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_owned())
}

/// Cores that are left to the window; none where there is none.
static SPARED: AtomicUsize = AtomicUsize::new(1);

/// Lets jobs use every core from now on: for a process without a window.
pub fn use_every_core() {
    SPARED.store(0, Ordering::Relaxed);
}

/// How nice a thread is that has stepped back: it gets about a tenth of a core that another one wants.
#[cfg(target_os = "linux")]
const STEPPED_BACK: i32 = 10;

/// From now on this thread leaves the cores to others as far as they want them (on Linux; elsewhere nothing changes).
pub fn step_back() {
    // Only what is done when changes, not what: a system that refuses does no harm.
    #[cfg(target_os = "linux")]
    let _refused = rustix::process::setpriority_process(Some(rustix::thread::gettid()), STEPPED_BACK);
}

/// How many worker threads to use: the cores the machine has, less one that is left to the window.
pub fn worker_count() -> usize {
    let spared = SPARED.load(Ordering::Relaxed);
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(spared).max(1))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    use super::*;

    #[test]
    fn a_thread_steps_back_alone() {
        let before = getpriority_process(Some(gettid())).expect("own priority");
        let stepped = std::thread::scope(|scope| {
            let stepped = scope.spawn(|| {
                step_back();
                getpriority_process(Some(gettid()))
            });
            stepped.join().expect("runs")
        });
        assert_eq!(stepped.expect("its priority"), STEPPED_BACK);
        assert_eq!(getpriority_process(Some(gettid())).expect("own priority"), before);
    }
}
