//! Rows of a job as they become known.

use std::sync::{Arc, Mutex, PoisonError};

/// Rows as they become known, for a live table; clones share the rows.
#[derive(Debug)]
pub struct Feed<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Feed<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Feed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone> Feed<T> {
    /// The rows that came in since the last call.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn push(&self, rows: &[T]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(rows);
    }
}
