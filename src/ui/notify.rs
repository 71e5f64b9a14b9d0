//! Toasts: what happened and what to do; errors are told exactly once, here.

use std::collections::VecDeque;

use super::message::Message;
use crate::error::{Code, Error};

/// How long a toast without a choice stays, milliseconds.
const STAYS_MS: i64 = 6_000;

/// The mood of a toast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Something was done.
    Good,
    /// Something to know.
    Warning,
    /// Something failed.
    Bad,
}

/// One toast.
#[derive(Debug, Clone)]
pub struct Toast {
    /// Identifies it.
    pub id: u64,
    /// Mood.
    pub mood: Mood,
    /// What happened.
    pub text: String,
    /// What to do, or more facts; folded out.
    pub details: Option<String>,
    /// A choice: its text and what it does.
    pub choice: Option<(String, Box<Message>)>,
    /// When it goes by itself; errors stay until closed.
    pub until_ms: Option<i64>,
}

/// A message that was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Mood.
    pub mood: Mood,
    /// What happened.
    pub text: String,
    /// What to do, or more facts.
    pub details: Option<String>,
}

/// The toasts on screen, and those of before.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    next: u64,
    now_ms: i64,
    /// Oldest first.
    pub shown: Vec<Toast>,
    /// What was told since the window opened, newest first.
    pub past: VecDeque<Past>,
}

/// Earlier messages that are kept.
const KEPT: usize = 200;

/// Most toasts on screen; older ones give way.
const MOST: usize = 4;

impl Toasts {
    fn push(&mut self, toast: Toast) {
        let Toast { mood, text, details, .. } = toast.clone();
        self.past.push_front(Past { at_ms: self.now_ms, mood, text, details });
        self.past.truncate(KEPT);
        self.shown.retain(|shown| shown.text != toast.text);
        self.shown.push(Toast { id: self.next, ..toast });
        self.next += 1;
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    /// Says that something was done.
    pub fn tell(&mut self, text: impl Into<String>, now_ms: i64) {
        let until_ms = Some(now_ms + STAYS_MS);
        self.push(Toast { id: 0, mood: Mood::Good, text: text.into(), details: None, choice: None, until_ms });
    }

    /// Says that something was done and offers a way back.
    pub fn offer(&mut self, text: impl Into<String>, choice: &str, message: Message, now_ms: i64) {
        let choice = Some((choice.to_owned(), Box::new(message)));
        let until_ms = Some(now_ms + 2 * STAYS_MS);
        self.push(Toast { id: 0, mood: Mood::Good, text: text.into(), details: None, choice, until_ms });
    }

    /// Says something to know; stays until closed.
    pub fn warn(&mut self, text: impl Into<String>, details: Option<String>) {
        self.push(Toast { id: 0, mood: Mood::Warning, text: text.into(), details, choice: None, until_ms: None });
    }

    /// Says something to know and offers to look at it; stays until closed.
    pub fn warn_with(&mut self, text: impl Into<String>, choice: &str, message: Message) {
        let choice = Some((choice.to_owned(), Box::new(message)));
        self.push(Toast { id: 0, mood: Mood::Warning, text: text.into(), details: None, choice, until_ms: None });
    }

    /// Tells an error; stays until closed.
    pub fn error(&mut self, error: &Error) {
        if error.code == Code::Cancelled {
            return;
        }
        tracing::error!("{error:#}");
        let text = error.chain();
        self.push(Toast { id: 0, mood: Mood::Bad, text, details: error.details.clone(), choice: None, until_ms: None });
    }

    /// Closes one.
    pub fn close(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// Lets go of those whose time is over.
    pub fn expire(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        self.shown.retain(|toast| toast.until_ms.is_none_or(|until| until > now_ms));
    }
}
