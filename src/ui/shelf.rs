//! The shelf: one thread that reads the photos and works out which of them show, so that neither a frame nor a vote waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::arrange::{Photos, Question};
use super::desk::Desk;
use super::message::{Effect, Message};
use crate::api::{self, Project};
use crate::error::Result;
use crate::jobs::Wake;

/// The window's end of the shelf.
pub struct Shelf {
    desk: Desk,
    newest: Arc<AtomicU64>,
}

impl Shelf {
    /// Starts the thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(project: Project, wake: Wake) -> Result<Self> {
        let newest = Arc::new(AtomicU64::new(0));
        let last = newest.clone();
        let clerk = move |errand| errands(&project, errand, &|turn| last.load(Ordering::Relaxed) > turn);
        Ok(Self { desk: Desk::staffed("packshot-shelf", wake, clerk)?, newest })
    }

    /// Hands an errand over.
    pub fn send(&mut self, errand: Effect) {
        if let Effect::LoadPhotos(question) | Effect::Arrange(_, question) = &errand {
            self.newest.store(question.turn, Ordering::Relaxed);
        }
        self.desk.send(errand);
    }

    /// The next answer, when there is one.
    pub fn answer(&mut self) -> Option<Message> {
        self.desk.answer()
    }

    /// Nothing is under way and every answer has been taken.
    pub fn is_idle(&self) -> bool {
        self.desk.is_idle()
    }
}

/// Does an errand; nothing is answered when `is_outdated` says of the question's turn that a later one came meanwhile.
pub fn errands(project: &Project, errand: Effect, is_outdated: &dyn Fn(u64) -> bool) -> Vec<Message> {
    let began = Instant::now();
    match errand {
        Effect::LoadPhotos(question) => match api::list_photos(project) {
            Ok(rows) => {
                tracing::debug!("{} photos read in {} ms", rows.len(), began.elapsed().as_millis());
                vec![read(Photos::new(rows), &question)]
            }
            Err(error) => vec![Message::PhotosFailed(error)],
        },
        Effect::Arrange(photos, question) => {
            let answer = question.answer(&photos, &|| is_outdated(question.turn));
            answer.map(|answer| Message::Arranged(Box::new(answer))).into_iter().collect()
        }
        Effect::SortRows(rows, photos, sorting) => vec![Message::RowsSorted(Box::new(sorting.answer(rows, &photos)))],
        // Whatever else comes is only let go of: freeing 100,000 rows takes longer than a frame.
        _ => Vec::new(),
    }
}

/// Photos that were read, with the answer to a question.
pub fn read(photos: Photos, question: &Question) -> Message {
    let answer = question.answer(&photos.rows, &|| false).unwrap_or_default();
    Message::Photos(Box::new((photos, answer)))
}
