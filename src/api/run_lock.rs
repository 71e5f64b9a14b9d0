//! Who works on a run: a file lock that the operating system lets go when its process ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::domain::RunId;
use crate::error::{Code, Error, Result};

const FILE_NAME: &str = "lock";

/// Held while a process works on a run.
#[derive(Debug)]
pub(super) struct RunLock {
    folder: PathBuf,
    _file: File,
}

impl RunLock {
    /// Takes the lock of the run in `folder`.
    ///
    /// # Errors
    /// [`Code::Busy`] when another process has it.
    pub(super) fn take(folder: &Path, id: &RunId) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        let file = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(Code::Busy, format!("another Packshot is working on run {id}"))
                    .hint("Wait for it, or stop it first."))
            }
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &path, error)),
        }
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether some process works on the run in `folder`.
    pub(super) fn is_held(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join(FILE_NAME)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("temp dir");
        let id = RunId("r".to_owned());
        assert!(!RunLock::is_held(folder.path()));
        let lock = RunLock::take(folder.path(), &id).expect("takes");
        assert!(RunLock::is_held(folder.path()));
        assert_eq!(RunLock::take(folder.path(), &id).expect_err("busy").code, Code::Busy);
        drop(lock);
        assert!(!RunLock::is_held(folder.path()));
    }
}
