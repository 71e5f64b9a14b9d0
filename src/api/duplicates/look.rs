//! Learning each photo's hash and fingerprint on all cores, from the store where it is known.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use crate::api::Project;
use crate::dedup::{self, Fingerprint};
use crate::domain::Photo;
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::jobs::{Reporter, worker_count};
use crate::store::Store;

/// Photos a transaction: what a killed process has to look at again at most.
const PHOTOS_A_COMMIT: usize = 256;

/// Results that may wait for the one thread that writes.
const WAITING: usize = 64;

/// A photo that was looked at.
pub(crate) struct Seen {
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: u64,
    /// "jpeg", "png", …
    pub(crate) format: String,
    /// Absent when only the bytes were asked for.
    pub(crate) print: Option<Box<Fingerprint>>,
    /// It was read now; nothing but the store was asked otherwise.
    pub(crate) is_new: bool,
}

/// Looks at photos.
pub(crate) struct Looking {
    project: Project,
    limits: Limits,
    bytes_only: bool,
    indexed: HashMap<PathBuf, Photo>,
}

impl Looking {
    /// `bytes_only`: no pixels are decoded.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub(crate) fn new(project: &Project, bytes_only: bool) -> Result<Self> {
        let indexed = project.store()?.photos()?.into_iter().map(|photo| (photo.path.clone(), photo)).collect();
        let limits = Limits::from_config(&project.config.decode);
        Ok(Self { project: project.clone(), limits, bytes_only, indexed })
    }

    /// The photos below `paths`, or those of the project when there are none, and what could not be listed.
    pub(crate) fn files<T>(&self, paths: &[PathBuf], reporter: &Reporter<T>) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
        if paths.is_empty() {
            let there = self.indexed.values().filter(|photo| !photo.missing);
            let mut files: Vec<PathBuf> = there.map(|photo| photo.path.clone()).collect();
            files.sort();
            return (files, Vec::new());
        }
        let mut keep_going = |found: usize| {
            reporter.progress("Looking for photos", found as u64, 0, "");
            !reporter.control.is_cancelled()
        };
        let listing = imaging::list_photos(paths, &mut keep_going);
        (listing.files, listing.problems)
    }

    /// Looks at every file, keeps what was made, and hands each photo to `take` on this thread, in no order. Ends
    /// early when a stop is asked for.
    ///
    /// # Errors
    /// When the project cannot be read or written.
    pub(crate) fn all<T: Send>(
        &self,
        files: &[PathBuf],
        reporter: &Reporter<T>,
        take: &mut dyn FnMut(PathBuf, Result<Seen>),
    ) -> Result<()> {
        let mut store = self.project.store()?;
        let (total, next) = (files.len() as u64, AtomicUsize::new(0));
        let (sender, receiver) = sync_channel(WAITING);
        let mut unsaved = Vec::new();
        let mut done = 0;
        std::thread::scope(|scope| {
            // Dropped at the end of this closure: senders that wait for room then stop.
            let receiver = receiver;
            for _ in 0..worker_count() {
                let (sender, next, control) = (sender.clone(), &next, &reporter.control);
                scope.spawn(move || {
                    let store = self.project.store();
                    while control.checkpoint().is_ok() {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(path) = files.get(at) else { break };
                        let looked = store.as_ref().map_err(Error::clone).and_then(|store| self.look(path, store));
                        if sender.send((at, looked)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (at, looked) in receiver {
                if let Ok(Seen { print: Some(print), is_new: true, sha256, .. }) = &looked {
                    unsaved.push((sha256.clone(), print.to_bytes()));
                }
                take(files[at].clone(), looked);
                done += 1;
                reporter.progress("Looking at photos", done, total, "");
                if unsaved.len() >= PHOTOS_A_COMMIT {
                    store.save_fingerprints(dedup::VERSION, &unsaved)?;
                    unsaved.clear();
                }
            }
            store.save_fingerprints(dedup::VERSION, &unsaved)
        })
    }

    fn look(&self, path: &Path, store: &Store) -> Result<Seen> {
        if let Some(seen) = self.known(path, store)? {
            return Ok(seen);
        }
        let file = imaging::read(path, &self.limits)?;
        let header = imaging::header(&file.bytes, path, &self.limits)?;
        let stored = if self.bytes_only { None } else { stored(store, &file.sha256)? };
        let is_new = stored.is_none();
        let print = match stored {
            None if self.bytes_only => None,
            Some(print) => Some(print),
            None => {
                let picture = imaging::decode_small(&file.bytes, path, &self.limits, dedup::LEAST_SIDE)?;
                Some(Box::new(Fingerprint::of(&picture, header.width, header.height)))
            }
        };
        Ok(Seen {
            path: path.to_owned(),
            sha256: file.sha256,
            width: header.width,
            height: header.height,
            bytes: file.bytes.len() as u64,
            format: header.format.to_owned(),
            print,
            is_new,
        })
    }

    /// An indexed photo whose file has not changed since, without reading it.
    fn known(&self, path: &Path, store: &Store) -> Result<Option<Seen>> {
        let Some(photo) = self.indexed.get(path).filter(|photo| is_as_it_was(photo)) else { return Ok(None) };
        let print = if self.bytes_only { None } else { stored(store, &photo.sha256)? };
        if print.is_none() && !self.bytes_only {
            return Ok(None);
        }
        Ok(Some(Seen {
            path: path.to_owned(),
            sha256: photo.sha256.clone(),
            width: photo.width,
            height: photo.height,
            bytes: photo.bytes,
            format: photo.format.clone(),
            print,
            is_new: false,
        }))
    }
}

pub(super) fn stored(store: &Store, sha256: &str) -> Result<Option<Box<Fingerprint>>> {
    let bytes = store.fingerprint(dedup::VERSION, sha256)?;
    Ok(bytes.and_then(|bytes| Fingerprint::from_bytes(&bytes)).map(Box::new))
}

/// Readable, and of the same size and modification time as when it was indexed.
fn is_as_it_was(photo: &Photo) -> bool {
    !photo.missing
        && photo.error.is_none()
        && !photo.sha256.is_empty()
        && imaging::stamp(&photo.path).is_ok_and(|stamp| stamp == (photo.bytes, photo.modified_ms))
}
