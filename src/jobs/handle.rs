//! Spawning a job and watching it: mailbox, reporter, handle.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Control, panic_text};
use crate::error::{Error, Result};

/// Told that there is something to drain: the window asks for a repaint, the command line prints.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Time between two wake-ups for progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Warnings kept until drained; older ones give way and are counted.
const MAX_WARNINGS: usize = 100;

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What is being done, in words: "Reading photos".
    pub stage: String,
    /// Pieces done.
    pub done: u64,
    /// Pieces in all; 0 when not known yet.
    pub total: u64,
    /// A live detail: the loss, images per second.
    pub detail: String,
}

/// How a job ended.
#[derive(Debug, Clone)]
pub enum Outcome<T> {
    /// By itself.
    Completed(T),
    /// Because it was asked to stop; what was finished is kept.
    Cancelled(T),
    /// With an error.
    Failed(Error),
}

/// What a watcher learns from [`JobHandle::drain`].
#[derive(Debug, Clone)]
pub enum JobEvent<T> {
    /// The worker runs.
    Started,
    /// Latest progress; older ones were replaced.
    Progress(Progress),
    /// New metric points are in the store.
    Points,
    /// Something went wrong that does not stop the job.
    Warning(String),
    /// The last event; exactly one.
    Finished(Outcome<T>),
}

#[derive(Debug)]
struct Mailbox<T> {
    started: bool,
    progress: Option<Progress>,
    points: bool,
    warnings: VecDeque<String>,
    dropped_warnings: u64,
    finished: Option<Outcome<T>>,
    last_wake: Option<Instant>,
}

struct Shared<T> {
    mailbox: Mutex<Mailbox<T>>,
    changed: Condvar,
    wake: Wake,
}

impl<T> Shared<T> {
    fn post(&self, urgent: bool, change: impl FnOnce(&mut Mailbox<T>)) {
        let mut mailbox = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut mailbox);
        let due = mailbox.last_wake.is_none_or(|at| at.elapsed() >= REPORT_EVERY);
        if urgent || due {
            mailbox.last_wake = Some(Instant::now());
            drop(mailbox);
            self.changed.notify_all();
            (self.wake)();
        }
    }
}

/// The worker's end: posts progress and warnings without ever blocking.
pub struct Reporter<T> {
    shared: Arc<Shared<T>>,
    /// Pause and cancel.
    pub control: Control,
}

impl<T> Clone for Reporter<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), control: self.control.clone() }
    }
}

impl<T> Reporter<T> {
    /// Replaces the progress; the watcher is woken at most every 100 ms.
    pub fn progress(&self, stage: &str, done: u64, total: u64, detail: impl Into<String>) {
        let progress = Progress { stage: stage.to_owned(), done, total, detail: detail.into() };
        self.shared.post(done == total, |mailbox| mailbox.progress = Some(progress));
    }

    /// Says that new metric points are in the store.
    pub fn points(&self) {
        self.shared.post(false, |mailbox| mailbox.points = true);
    }

    /// Reports a problem that does not stop the job.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        // The watcher shows it to the person; the log file keeps it.
        tracing::info!("{text}");
        self.shared.post(true, |mailbox| {
            if mailbox.warnings.len() == MAX_WARNINGS {
                mailbox.warnings.pop_front();
                mailbox.dropped_warnings += 1;
            }
            mailbox.warnings.push_back(text);
        });
    }
}

/// The watcher's end; dropping it cancels the job.
pub struct JobHandle<T> {
    name: String,
    shared: Arc<Shared<T>>,
    control: Control,
    thread: Option<std::thread::JoinHandle<()>>,
    finished: bool,
}

impl<T> JobHandle<T> {
    /// The job's name, as given to [`spawn`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pause and cancel.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The final event has been drained.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Everything that happened since the last call, in order; the final event comes last and once.
    pub fn drain(&mut self) -> Vec<JobEvent<T>> {
        let mut mailbox = self.shared.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        if std::mem::take(&mut mailbox.started) {
            events.push(JobEvent::Started);
        }
        events.extend(mailbox.progress.take().map(JobEvent::Progress));
        if std::mem::take(&mut mailbox.points) {
            events.push(JobEvent::Points);
        }
        let dropped = std::mem::take(&mut mailbox.dropped_warnings);
        if dropped > 0 {
            events.push(JobEvent::Warning(format!("{dropped} earlier warnings are in the log")));
        }
        events.extend(mailbox.warnings.drain(..).map(JobEvent::Warning));
        if let Some(outcome) = mailbox.finished.take() {
            self.finished = true;
            events.push(JobEvent::Finished(outcome));
        }
        events
    }

    /// Waits until something can be drained, or the time is over.
    pub fn wait(&self, limit: Duration) {
        let mailbox = self.shared.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |mailbox: &mut Mailbox<T>| {
            mailbox.finished.is_none() && mailbox.progress.is_none() && mailbox.warnings.is_empty() && !mailbox.points
        };
        let _unused = self.shared.changed.wait_timeout_while(mailbox, limit, nothing);
    }

    /// Waits for the end, handing every event but the last to `watch`.
    pub fn join(mut self, mut watch: impl FnMut(&JobEvent<T>)) -> Outcome<T> {
        loop {
            self.wait(Duration::from_millis(200));
            for event in self.drain() {
                match event {
                    JobEvent::Finished(outcome) => return outcome,
                    other => watch(&other),
                }
            }
        }
    }
}

impl<T> Drop for JobHandle<T> {
    /// Cancels and waits, so that a checkpoint being written is never cut off.
    fn drop(&mut self) {
        self.control.cancel();
        if let Some(thread) = self.thread.take() {
            // The worker's panics are caught at its root; joining cannot fail in a way that matters here.
            let _unused = thread.join();
        }
    }
}

/// Starts `work` on a thread of its own; a panic in it becomes [`Outcome::Failed`].
///
/// The work says by its [`Outcome`] whether it ended by itself or because it was asked to stop.
///
/// # Errors
/// When the operating system cannot start a thread.
#[expect(clippy::disallowed_methods, reason = "the one place where threads are started")]
pub fn spawn<T: Send + 'static>(
    name: &str,
    wake: Wake,
    work: impl FnOnce(&Reporter<T>) -> Result<Outcome<T>> + Send + 'static,
) -> Result<JobHandle<T>> {
    let control = Control::default();
    let mailbox = Mailbox {
        started: true,
        progress: None,
        points: false,
        warnings: VecDeque::new(),
        dropped_warnings: 0,
        finished: None,
        last_wake: None,
    };
    let shared = Arc::new(Shared { mailbox: Mutex::new(mailbox), changed: Condvar::new(), wake });
    let reporter = Reporter { shared: shared.clone(), control: control.clone() };
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| work(&reporter)));
            let outcome = match result {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => Outcome::Failed(error),
                Err(panic) => Outcome::Failed(
                    Error::internal(format!("the job stopped unexpectedly: {}", panic_text(&*panic)))
                        .hint("This is a defect in Packshot; the log of the project holds the details."),
                ),
            };
            reporter.shared.post(true, |mailbox| mailbox.finished = Some(outcome));
        })
        .map_err(|error| Error::internal("cannot start a thread").caused_by(error))?;
    Ok(JobHandle { name: name.to_owned(), shared, control, thread: Some(thread), finished: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> Wake {
        Arc::new(|| {})
    }

    fn finals<T: Clone>(handle: &mut JobHandle<T>) -> Vec<Outcome<T>> {
        let mut outcomes = Vec::new();
        for _ in 0..100 {
            handle.wait(Duration::from_millis(20));
            for event in handle.drain() {
                if let JobEvent::Finished(outcome) = event {
                    outcomes.push(outcome);
                }
            }
        }
        outcomes
    }

    #[test]
    fn a_panic_becomes_one_failed_event() {
        let mut handle = spawn::<()>("test", silent(), |_| panic!("boom")).expect("thread");
        let outcomes = finals(&mut handle);
        assert_eq!(outcomes.len(), 1);
        assert!(matches!(&outcomes[0], Outcome::Failed(error) if error.summary.contains("boom")));
    }

    #[test]
    fn cancel_mid_work_yields_exactly_one_final_event() {
        let mut handle = spawn("test", silent(), |reporter| {
            let mut done = 0_u64;
            while reporter.control.checkpoint().is_ok() {
                done += 1;
                reporter.progress("Counting", done, 0, "");
            }
            Ok(Outcome::Cancelled(done))
        })
        .expect("thread");
        handle.control().cancel();
        let outcomes = finals(&mut handle);
        assert_eq!(outcomes.len(), 1);
        assert!(matches!(outcomes[0], Outcome::Cancelled(_)));
    }

    #[test]
    fn warnings_are_bounded_and_the_loss_is_told() {
        let handle = spawn("test", silent(), |reporter| {
            (0..150).for_each(|i| reporter.warn(format!("warning {i}")));
            Ok(Outcome::Completed(()))
        })
        .expect("thread");
        while !handle.thread.as_ref().is_some_and(std::thread::JoinHandle::is_finished) {
            std::thread::yield_now();
        }
        let mut warnings = Vec::new();
        assert!(matches!(handle.join(|event| warnings.push(format!("{event:?}"))), Outcome::Completed(())));
        let text = warnings.join("\n");
        assert!(text.contains("50 earlier warnings") && text.contains("warning 149") && !text.contains("warning 49\""));
    }
}
