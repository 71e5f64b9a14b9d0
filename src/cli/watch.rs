//! Watching a job from the terminal: a bar, lines or JSON on stderr, and Ctrl-C as a request to stop.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use serde_json::json;

use super::args::ProgressStyle;
use super::context::{Context, note_line};
use crate::error::{Code, Error, Result};
use crate::jobs::{Control, JobEvent, JobHandle, Outcome, Progress, Wake};

/// Time between two plain progress lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The control of the job in front of the user; Ctrl-C cancels it.
static CURRENT: Mutex<Option<Control>> = Mutex::new(None);

/// Nobody to wake: the terminal waits on the job itself.
pub(super) fn wake() -> Wake {
    Arc::new(|| {})
}

/// Cancels the current job on Ctrl-C or SIGTERM; asked again, or between two jobs, the process ends at once.
fn listen(style: ProgressStyle) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without a handler Ctrl-C still ends the process: resuming is always possible.
        let _unavailable = ctrlc::set_handler(move || {
            let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(control) = current.filter(|control| !control.is_cancelled()) else { end_now() };
            control.cancel();
            match style {
                ProgressStyle::Json => note_line(&json!({"event": "stopping"}).to_string()),
                _ => note_line("\nstopping… (again to end at once)"),
            }
        });
    });
}

/// Ends the process without waiting for its job; what was reported as saved is on disk already.
#[expect(clippy::disallowed_methods, reason = "the signal handler has no way back to main")]
fn end_now() -> ! {
    std::process::exit(Code::Cancelled.exit_status().into())
}

/// How a watched job ended without an error.
pub(super) enum Ended<T> {
    /// By itself.
    Completed(T),
    /// By the user.
    Cancelled(T),
}

/// Shows a job until it ends.
///
/// # Errors
/// The job's own error.
pub(super) fn watch<T>(context: &Context, handle: JobHandle<T>) -> Result<Ended<T>> {
    listen(context.progress_style());
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle.control().clone());
    let mut view = View::new(context.progress_style(), handle.name());
    let outcome = handle.join(|event| view.show(event));
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    view.end(&outcome);
    match outcome {
        Outcome::Completed(value) => Ok(Ended::Completed(value)),
        Outcome::Cancelled(value) => Ok(Ended::Cancelled(value)),
        Outcome::Failed(error) => Err(error),
    }
}

/// Shows a job that makes no sense half done.
///
/// # Errors
/// The job's own error, or that it was stopped, with how to go on.
pub(super) fn finish<T>(context: &Context, handle: JobHandle<T>, how_to_go_on: &str) -> Result<T> {
    match watch(context, handle)? {
        Ended::Completed(value) => Ok(value),
        Ended::Cancelled(_) => Err(stopped(how_to_go_on)),
    }
}

/// The error of a command that was stopped.
pub(super) fn stopped(how_to_go_on: &str) -> Error {
    Error::new(Code::Cancelled, "stopped on request").hint(how_to_go_on)
}

struct View {
    style: ProgressStyle,
    job: String,
    bar: Option<ProgressBar>,
    stage: String,
    last_line: Option<Instant>,
}

impl View {
    fn new(style: ProgressStyle, job: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = (style == ProgressStyle::Auto && terminal)
            .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        let style = if style == ProgressStyle::Auto { ProgressStyle::Plain } else { style };
        Self { style, job: job.trim_start_matches("packshot-").to_owned(), bar, stage: String::new(), last_line: None }
    }

    fn json(&self, event: &str, mut body: serde_json::Value) {
        if let Some(body) = body.as_object_mut() {
            body.insert("event".to_owned(), json!(event));
            body.insert("job".to_owned(), json!(self.job));
        }
        note_line(&body.to_string());
    }

    fn show<T>(&mut self, event: &JobEvent<T>) {
        match (event, self.style) {
            (_, ProgressStyle::None) | (JobEvent::Points | JobEvent::Finished(_), _) => {}
            (JobEvent::Started, ProgressStyle::Json) => self.json("started", json!({})),
            (JobEvent::Started, _) => {}
            (JobEvent::Warning(text), ProgressStyle::Json) => self.json("warning", json!({ "text": text })),
            (JobEvent::Warning(text), _) => self.warn(text),
            (JobEvent::Progress(progress), ProgressStyle::Json) => {
                let Progress { stage, done, total, detail } = progress;
                self.json("progress", json!({"stage": stage, "done": done, "total": total, "detail": detail}));
            }
            (JobEvent::Progress(progress), _) => self.progress(progress),
        }
    }

    fn warn(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("warning: {text}")),
            None => note_line(&format!("warning: {text}")),
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let new_stage = self.stage != progress.stage;
        if new_stage {
            progress.stage.clone_into(&mut self.stage);
        }
        if let Some(bar) = &self.bar {
            if new_stage {
                bar.set_style(bar_style(progress.total > 0));
                bar.reset_eta();
                bar.reset_elapsed();
            }
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_prefix(progress.stage.clone());
            bar.set_message(progress.detail.clone());
            return;
        }
        let due = self.last_line.is_none_or(|at| at.elapsed() >= LINE_EVERY);
        if new_stage || due || progress.done == progress.total {
            self.last_line = Some(Instant::now());
            let count = match (progress.done, progress.total) {
                (0, 0) => String::new(),
                (done, 0) => format!(" {done}"),
                (done, total) => format!(" {done}/{total}"),
            };
            let gap = if progress.detail.is_empty() { "" } else { "  " };
            note_line(&format!("{}{count}{gap}{}", progress.stage, progress.detail));
        }
    }

    fn end<T>(&self, outcome: &Outcome<T>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.style == ProgressStyle::Json {
            let status = match outcome {
                Outcome::Completed(_) => "completed",
                Outcome::Cancelled(_) => "cancelled",
                Outcome::Failed(_) => "failed",
            };
            self.json("finished", json!({ "status": status }));
        }
    }
}

fn bar_style(with_total: bool) -> BarStyle {
    let template = if with_total {
        "{prefix} {bar:30.cyan/blue} {human_pos}/{human_len}  {eta} left  {wide_msg:.dim}"
    } else {
        "{prefix} {human_pos}  {wide_msg:.dim}"
    };
    BarStyle::with_template(template).unwrap_or_else(|_| BarStyle::default_bar()).progress_chars("━╸─")
}
