//! Reading photos for the network: decoded on several threads, kept within a memory budget, fetched ahead.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::imaging::{self, Limits};
use crate::jobs::{Control, worker_count};
use crate::preprocess::{self, VIEWS_LEN, Views};

/// A photo that could not be read, and why.
pub type Unreadable = (usize, crate::error::Error);

/// Batches that wait for the network; more would only hold memory.
const AHEAD: usize = 2;

/// Views of a run's photos: the first ones stay in memory up to a budget, the others are decoded again when needed.
pub struct Loader {
    paths: Vec<PathBuf>,
    limits: Limits,
    kept: Vec<Option<Arc<Views>>>,
}

impl Loader {
    /// Reads every photo once, keeping what fits into `budget_bytes`, and lists those that cannot be read.
    /// `progress` is told how many are done.
    ///
    /// Returns nothing when a stop was asked for.
    pub fn read_all(
        paths: Vec<PathBuf>,
        limits: Limits,
        budget_bytes: usize,
        control: &Control,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Option<(Self, Vec<Unreadable>)> {
        let keep = (budget_bytes / VIEWS_LEN).min(paths.len());
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let kept = Mutex::new(vec![None; paths.len()]);
        let unreadable = Mutex::new(Vec::new());
        let read_on = || {
            while control.checkpoint().is_ok() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(path) = paths.get(index) else { break };
                match read_views(path, &limits) {
                    Ok(views) if index < keep => lock(&kept)[index] = Some(Arc::new(views)),
                    Ok(_) => {}
                    Err(error) => lock(&unreadable).push((index, error)),
                }
                progress(done.fetch_add(1, Ordering::Relaxed) as u64 + 1);
            }
        };
        std::thread::scope(|scope| {
            // Nothing else computes while photos are read: the last core may help too.
            (0..worker_count()).for_each(|_| drop(scope.spawn(read_on)));
            read_on();
        });
        if control.is_cancelled() {
            return None;
        }
        let mut unreadable = unreadable.into_inner().unwrap_or_else(PoisonError::into_inner);
        unreadable.sort_by_key(|entry| entry.0);
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Some((Self { paths, limits, kept }, unreadable))
    }

    /// The same loader without some photos; the others move up.
    #[must_use]
    pub fn without(self, gone: &HashSet<usize>) -> Self {
        let left = |index: &usize| !gone.contains(index);
        let pick = |index: usize| (self.paths[index].clone(), self.kept[index].clone());
        let (paths, kept) = (0..self.paths.len()).filter(left).map(pick).unzip();
        Self { paths, limits: self.limits, kept }
    }

    /// The views of one photo, by its index in the paths given to [`Loader::read_all`].
    ///
    /// # Errors
    /// When the photo has become unreadable since.
    pub fn views(&self, index: usize) -> Result<Arc<Views>> {
        match &self.kept[index] {
            Some(views) => Ok(views.clone()),
            None => read_views(&self.paths[index], &self.limits).map(Arc::new),
        }
    }

    /// Hands each batch of views to `work` in order, reading the next ones meanwhile; stops when `work` says false.
    ///
    /// # Errors
    /// The first photo that has become unreadable.
    pub fn for_each_batch(
        &self,
        batches: &[Vec<usize>],
        mut work: impl FnMut(usize, &[Arc<Views>]) -> Result<bool>,
    ) -> Result<()> {
        let (sender, receiver) = sync_channel(AHEAD);
        std::thread::scope(|scope| {
            // The receiver is dropped with this scope's closure, which ends a sender that waits for room.
            let receiver: Receiver<Result<Vec<Arc<Views>>>> = receiver;
            scope.spawn(move || {
                for batch in batches {
                    let views: Result<Vec<_>> = batch.iter().map(|&index| self.views(index)).collect();
                    if sender.send(views).is_err() {
                        break;
                    }
                }
            });
            for (index, views) in receiver.iter().enumerate() {
                if !work(index, &views?)? {
                    break;
                }
            }
            Ok(())
        })
    }
}

fn read_views(path: &Path, limits: &Limits) -> Result<Views> {
    imaging::load(path, limits).map(|(_, photo)| preprocess::views(&photo))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photos(count: usize) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().expect("temp dir");
        let paths = (0..count).map(|index| {
            let path = folder.path().join(format!("{index}.png"));
            let photo = image::RgbImage::from_pixel(40, 30, image::Rgb([index as u8 * 9; 3]));
            photo.save(&path).expect("writes");
            path
        });
        let paths = paths.collect();
        (folder, paths)
    }

    #[test]
    fn batches_arrive_in_order_whether_kept_or_read_again() {
        let (_folder, mut paths) = photos(7);
        paths.push(PathBuf::from("missing.png"));
        let read = |budget| {
            Loader::read_all(paths.clone(), Limits::default(), budget, &Control::default(), &|_| {})
                .expect("not cancelled")
        };
        let (all, unreadable) = read(usize::MAX);
        assert_eq!(unreadable.iter().map(|entry| entry.0).collect::<Vec<_>>(), [7]);
        let (some, _) = read(3 * VIEWS_LEN);
        assert_eq!(some.kept.iter().flatten().count(), 3);
        let batches = [vec![6, 0], vec![3, 5], vec![1]];
        for loader in [&all, &some] {
            let mut seen = Vec::new();
            loader
                .for_each_batch(&batches, |index, views| {
                    seen.push((index, views.iter().map(|view| view.bytes().to_vec()).collect::<Vec<_>>()));
                    Ok(index < 1)
                })
                .expect("reads");
            assert_eq!(seen.len(), 2, "stops when told to");
            assert_eq!(seen[0].1[1], all.views(0).expect("kept").bytes());
        }
        assert!(some.for_each_batch(&[vec![7]], |_, _| Ok(true)).is_err());
    }

    #[test]
    fn cancelling_while_reading_gives_nothing() {
        let (_folder, paths) = photos(3);
        let control = Control::default();
        control.cancel();
        assert!(Loader::read_all(paths, Limits::default(), 0, &control, &|_| {}).is_none());
    }
}
