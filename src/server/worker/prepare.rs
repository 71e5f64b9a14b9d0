//! The threads that make photos ready.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};

use super::{Errand, LOOK_EVERY, Model, Ready, Shared, Work};
use crate::error::Error;
use crate::jobs::Control;

/// Works until a stop is asked for or nobody can hand anything over any more.
pub(super) fn run<M: Model>(
    errands: &Mutex<Receiver<Errand>>,
    work: &Sender<Work<M>>,
    shared: &Shared<M::Photo>,
    control: &Control,
) {
    while !control.is_cancelled() {
        // Whoever holds the lock takes the next one; the others wait for the lock.
        let next = errands.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK_EVERY);
        match next {
            Ok(errand) => {
                let ready = prepare::<M>(errand, shared);
                // Before it is sent: a batch must not wait for a photo that it has already.
                shared.preparing.fetch_sub(1, Ordering::SeqCst);
                if let Some(ready) = ready
                    && work.send(Work::Photo(Box::new(ready))).is_err()
                {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

/// Nothing when the client has hung up, or has its answer already: why there is no score.
fn prepare<M: Model>(errand: Errand, shared: &Shared<M::Photo>) -> Option<Ready<M::Photo>> {
    let Errand { name, bytes, answer, room } = errand;
    if answer.is_closed() {
        return None;
    }
    let serving = shared.serving();
    // One photo that meets a defect costs its own answer, not the server.
    let photo = catch_unwind(AssertUnwindSafe(|| (serving.prepare)(&name, &bytes)))
        .unwrap_or_else(|_| Err(Error::internal("measuring this photo failed unexpectedly")));
    match photo {
        Ok(photo) => Some(Ready { photo, serving, answer, _room: room }),
        Err(error) => {
            // Free before the client learns of it, which may ask again at once.
            drop(room);
            let _gone = answer.send(Err(error));
            None
        }
    }
}
