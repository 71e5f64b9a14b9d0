//! Photos one by one on every core: how the engines that take one photo at a time use the processor.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;
use crate::jobs::worker_count;
use crate::preprocess::Views;

/// What `run` gives for every photo, in their order. Every worker (numbered from 0) makes a state of its own and takes
/// the next photo that no other has taken.
///
/// # Errors
/// The first that `state` or `run` gives.
pub(super) fn on_every_core<S, T: Send>(
    photos: &[&Views],
    state: impl Fn(usize) -> Result<S> + Sync,
    run: impl Fn(&mut S, &Views) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let work = |worker: usize| -> Result<Vec<(usize, T)>> {
        let mut state = state(worker)?;
        let turns = std::iter::from_fn(|| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            photos.get(index).map(|photo| (index, photo))
        });
        turns.map(|(index, photo)| Ok((index, run(&mut state, photo)?))).collect()
    };
    let helpers = worker_count().min(photos.len()).saturating_sub(1);
    let parts: Vec<Result<_>> = std::thread::scope(|scope| {
        let work = &work;
        let helpers: Vec<_> = (1..=helpers).map(|worker| scope.spawn(move || work(worker))).collect();
        let own = work(0);
        let joined = helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(joined).collect()
    });
    let mut all = Vec::with_capacity(photos.len());
    for part in parts {
        all.extend(part?);
    }
    all.sort_by_key(|photo| photo.0);
    Ok(all.into_iter().map(|photo| photo.1).collect())
}
