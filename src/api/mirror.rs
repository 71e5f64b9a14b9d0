//! A training, or a series of them, that is followed on an MLflow server while it goes on. Whatever happens there, the training goes on: what could
//! not be sent is a warning, and is sent at the end or by a later export.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::mlflow::{account_name, connection, numbers, plan};
use super::train::TrainSummary;
use super::{Project, run_view};
use crate::domain::Run;
use crate::error::Result;
use crate::export::mlflow::{self, Connection, Live, Server};
use crate::jobs::{Control, Reporter};

/// Time until a server that did not answer is asked again.
const AGAIN: Duration = Duration::from_secs(30);

/// Follows one training.
pub(super) struct Mirror {
    server: Server,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Step of the newest checkpoint: what was measured later may be measured again.
    saved: u64,
    over: bool,
}

/// Ends the following, also when the training panics.
struct Over<'a>(&'a Mirror);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.changed.notify_all();
    }
}

impl Mirror {
    /// A mirror on the server at an address; nothing is sent yet.
    ///
    /// # Errors
    /// When that is no address, or the certificates cannot be read.
    pub(super) fn new(project: &Project, uri: &str) -> Result<Self> {
        let connection = Connection { hasty: true, ..connection(project, uri, false) };
        // A stop of the training is no reason to leave its end out.
        let server = Server::new(&connection, &Control::default())?;
        Ok(Self { server, state: Mutex::default(), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Points up to this step are final.
    pub(super) fn saved(&self, step: u64) {
        self.state().saved = step;
        self.changed.notify_all();
    }

    /// Shows that a run has begun: trainings of a series are placed below it.
    pub(super) fn begin<S>(&self, project: &Project, run: &Run, reporter: &Reporter<S>) {
        let begun = numbers(project, run, &account_name()).and_then(|plan| Live::default().send(&self.server, &plan));
        if let Err(error) = begun {
            reporter.warn(format!("MLflow does not follow: {error:#}; the training goes on, and it is tried again"));
        }
    }

    /// Does the work of a training, followed on a thread beside it, and then sends everything.
    pub(super) fn follow<T>(
        &self,
        project: &Project,
        run: &Run,
        reporter: &Reporter<TrainSummary>,
        work: impl FnOnce() -> T,
    ) -> T {
        let done = std::thread::scope(|scope| {
            scope.spawn(|| self.send_points(project, run, reporter));
            let _over = Over(self);
            work()
        });
        self.finish(project, run, reporter);
        done
    }

    /// Sends everything of a run that has ended; what cannot be sent is a warning.
    pub(super) fn finish<S>(&self, project: &Project, run: &Run, reporter: &Reporter<S>) {
        reporter.progress("Sending to MLflow", 0, 0, "");
        if let Err(error) = self.send_all(project, run, reporter) {
            reporter.warn(format!(
                "MLflow does not hold all of run {0}: {error:#}; `packshot export mlflow --run {0}` sends what is missing",
                run.id
            ));
        }
    }

    fn send_points(&self, project: &Project, run: &Run, reporter: &Reporter<TrainSummary>) {
        let (mut live, mut sent, mut failed) = (Live::default(), None, false);
        while let Some(step) = self.next(sent, failed) {
            match self.send_until(&mut live, project, run, step) {
                Ok(()) => (sent, failed) = (Some(step), false),
                Err(error) => {
                    if !failed {
                        reporter.warn(format!(
                            "MLflow does not follow: {error:#}; the training goes on, and it is tried again"
                        ));
                    }
                    failed = true;
                }
            }
        }
    }

    /// Waits for a newer checkpoint than was sent; none when the training is over.
    fn next(&self, sent: Option<u64>, failed: bool) -> Option<u64> {
        let state = self.state();
        let state = if failed {
            self.changed.wait_timeout_while(state, AGAIN, |state| !state.over).unwrap_or_else(PoisonError::into_inner).0
        } else {
            let nothing_new = |state: &mut State| !state.over && sent == Some(state.saved);
            self.changed.wait_while(state, nothing_new).unwrap_or_else(PoisonError::into_inner)
        };
        (!state.over).then_some(state.saved)
    }

    fn send_until(&self, live: &mut Live, project: &Project, run: &Run, step: u64) -> Result<()> {
        let mut plan = numbers(project, run, &account_name())?;
        plan.metrics.retain(|metric| u64::try_from(metric.step).is_ok_and(|at| at <= step));
        live.send(&self.server, &plan).map(drop)
    }

    /// What the run came to, with its files and its model.
    fn send_all<S>(&self, project: &Project, run: &Run, reporter: &Reporter<S>) -> Result<()> {
        let run = run_view(project, &run.id)?.run;
        let plan = plan(project, &run, &account_name(), &|text| reporter.warn(text))?;
        let was_stopped = reporter.control.is_cancelled();
        mlflow::send(&self.server, &plan, &mut |_| was_stopped || !reporter.control.is_cancelled()).map(drop)
    }
}
