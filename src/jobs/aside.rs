//! Work that cannot be interrupted, such as a decoder of another library: left behind when a stop is asked for.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::{Control, Stopped};
use crate::error::{Error, Result};

/// Time between two looks at whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Does `work` on a thread of its own and waits for it. When a stop is asked for meanwhile, the work runs to its end
/// unseen and what it gives is dropped: it must change nothing but its result. A panic in it goes on in the caller.
///
/// # Errors
/// When no thread can be started.
#[expect(clippy::disallowed_methods, reason = "beside `spawn` the one place where a thread outlives its caller")]
pub fn aside<T: Send + 'static>(
    control: &Control,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<std::result::Result<T, Stopped>> {
    let (sender, receiver) = sync_channel(1);
    let run = move || {
        // Nobody listens any more after a stop.
        let _left = sender.send(catch_unwind(AssertUnwindSafe(work)));
    };
    std::thread::Builder::new()
        .name("packshot-aside".to_owned())
        .spawn(run)
        .map_err(|error| Error::internal("cannot start a thread").caused_by(error))?;
    loop {
        match receiver.recv_timeout(LOOK_EVERY) {
            Ok(Ok(value)) => return Ok(Ok(value)),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(RecvTimeoutError::Timeout) if !control.is_cancelled() => {}
            Err(_) => return Ok(Err(Stopped)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    #[test]
    fn a_stop_leaves_the_work_behind_and_no_stop_waits_for_it() {
        let control = Control::default();
        assert_eq!(aside(&control, || 7).expect("starts"), Ok(7));
        let gate = Arc::new(Barrier::new(2));
        let (held, watched) = (gate.clone(), control.clone());
        let stuck = move || {
            watched.cancel();
            held.wait();
        };
        // The work ends only after its caller has come back.
        assert_eq!(aside(&control, stuck).expect("starts"), Err(Stopped));
        gate.wait();
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let panic = catch_unwind(|| aside(&Control::default(), || -> u8 { panic!("boom") }));
        assert_eq!(crate::jobs::panic_text(&*panic.expect_err("panics")), "boom");
    }
}
