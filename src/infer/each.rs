//! Photos, or views of them, one by one on every core: how the engines that take one at a time use the processor.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;
use crate::jobs::worker_count;

/// What `run` gives for every item, in their order. Every worker (numbered from 0) makes a state of its own and takes
/// the next item that no other has taken.
///
/// # Errors
/// The first that `state` or `run` gives.
pub(super) fn on_every_core<I: Copy + Sync, S, T: Send>(
    items: &[I],
    state: impl Fn(usize) -> Result<S> + Sync,
    run: impl Fn(&mut S, I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let work = |worker: usize| -> Result<Vec<(usize, T)>> {
        let mut state = state(worker)?;
        let turns = std::iter::from_fn(|| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, *item))
        });
        turns.map(|(index, item)| Ok((index, run(&mut state, item)?))).collect()
    };
    let helpers = worker_count().min(items.len()).saturating_sub(1);
    let parts: Vec<Result<_>> = std::thread::scope(|scope| {
        let work = &work;
        let helpers: Vec<_> = (1..=helpers).map(|worker| scope.spawn(move || work(worker))).collect();
        let own = work(0);
        let joined = helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(joined).collect()
    });
    let mut all = Vec::with_capacity(items.len());
    for part in parts {
        all.extend(part?);
    }
    all.sort_by_key(|done| done.0);
    Ok(all.into_iter().map(|done| done.1).collect())
}
