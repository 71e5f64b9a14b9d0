//! The same work on many things, on all workers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use crate::error::Result;
use crate::jobs::{Control, worker_count};

/// Does `work` on every item on all workers and hands the results to `take` on this thread, as they become ready; at most
/// `waiting` of them wait. Stops early when asked to, or when `take` fails.
///
/// # Errors
/// The error of `take`.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    waiting: usize,
    control: &Control,
    work: &(dyn Fn(&T) -> R + Sync),
    take: &mut dyn FnMut(R) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = sync_channel(waiting);
    std::thread::scope(|scope| {
        // Dropped at the end of this closure: senders that wait for room then stop.
        let receiver = receiver;
        for _ in 0..worker_count() {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while control.checkpoint().is_ok() {
                    let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if sender.send(work(item)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        receiver.into_iter().try_for_each(take)
    })
}
