//! The long works the window has started.

use super::message::{JobKind, Message};
use crate::api::{
    AuditJob, DemoSummary, DescribeSummary, DuplicatesSummary, LabelForecast, MlflowSummary, OpenSummary, ScoreJob,
    TrainSummary, TriageSummary,
};
use crate::jobs::{Control, JobEvent, JobHandle};

/// A job under way.
pub enum Running {
    /// Indexing.
    Open(JobHandle<OpenSummary>),
    /// Training.
    Train(JobHandle<TrainSummary>),
    /// Scoring.
    Score(ScoreJob),
    /// Measuring.
    Audit(AuditJob),
    /// Looking for duplicates.
    Duplicates(JobHandle<DuplicatesSummary>),
    /// Describing photos.
    Describe(JobHandle<DescribeSummary>),
    /// Writing copies or side-cars of scored photos.
    SortOut(JobHandle<TriageSummary>),
    /// Drawing the demo catalogue.
    Demo(JobHandle<DemoSummary>),
    /// Sending runs to an MLflow server.
    Mlflow(JobHandle<MlflowSummary>),
    /// Forecasting what more labels would bring.
    Forecast(JobHandle<LabelForecast>),
}

impl Running {
    /// Which.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Open(_) => JobKind::Open,
            Self::Train(_) => JobKind::Train,
            Self::Score(_) => JobKind::Score,
            Self::Audit(_) => JobKind::Audit,
            Self::Duplicates(_) => JobKind::Duplicates,
            Self::Describe(_) => JobKind::Describe,
            Self::SortOut(_) => JobKind::SortOut,
            Self::Demo(_) => JobKind::Demo,
            Self::Mlflow(_) => JobKind::Mlflow,
            Self::Forecast(_) => JobKind::Forecast,
        }
    }

    /// Pause and cancel.
    pub fn control(&self) -> &Control {
        match self {
            Self::Open(handle) => handle.control(),
            Self::Train(handle) => handle.control(),
            Self::Score(job) => job.handle.control(),
            Self::Audit(job) => job.handle.control(),
            Self::Duplicates(handle) => handle.control(),
            Self::Describe(handle) => handle.control(),
            Self::SortOut(handle) => handle.control(),
            Self::Demo(handle) => handle.control(),
            Self::Mlflow(handle) => handle.control(),
            Self::Forecast(handle) => handle.control(),
        }
    }

    /// It has said its last word.
    pub fn is_finished(&self) -> bool {
        match self {
            Self::Open(handle) => handle.is_finished(),
            Self::Train(handle) => handle.is_finished(),
            Self::Score(job) => job.handle.is_finished(),
            Self::Audit(job) => job.handle.is_finished(),
            Self::Duplicates(handle) => handle.is_finished(),
            Self::Describe(handle) => handle.is_finished(),
            Self::SortOut(handle) => handle.is_finished(),
            Self::Demo(handle) => handle.is_finished(),
            Self::Mlflow(handle) => handle.is_finished(),
            Self::Forecast(handle) => handle.is_finished(),
        }
    }

    /// What it reported since the last call.
    pub fn drain(&mut self) -> Vec<Message> {
        let kind = self.kind();
        match self {
            Self::Open(handle) => messages(kind, handle.drain(), Message::OpenEnded),
            Self::Train(handle) => messages(kind, handle.drain(), Message::TrainEnded),
            Self::Score(job) => {
                let events = job.handle.drain();
                // Taken after the events: when the end is among them, all rows are here.
                let rows = job.feed.take();
                let scored = (!rows.is_empty()).then_some(Message::Scored(rows));
                scored.into_iter().chain(messages(kind, events, Message::ScoreEnded)).collect()
            }
            Self::Audit(job) => {
                let events = job.handle.drain();
                let rows = job.feed.take();
                let measured = (!rows.is_empty()).then_some(Message::Audited(rows));
                measured.into_iter().chain(messages(kind, events, Message::AuditEnded)).collect()
            }
            Self::Duplicates(handle) => messages(kind, handle.drain(), Message::DuplicatesEnded),
            Self::Describe(handle) => messages(kind, handle.drain(), Message::DescribeEnded),
            Self::SortOut(handle) => messages(kind, handle.drain(), Message::SortOutEnded),
            Self::Demo(handle) => messages(kind, handle.drain(), Message::DemoEnded),
            Self::Mlflow(handle) => messages(kind, handle.drain(), Message::MlflowEnded),
            Self::Forecast(handle) => messages(kind, handle.drain(), Message::ForecastEnded),
        }
    }
}

fn messages<T>(
    kind: JobKind,
    events: Vec<JobEvent<T>>,
    ended: impl Fn(crate::jobs::Outcome<T>) -> Message,
) -> Vec<Message> {
    let message = |event| match event {
        JobEvent::Started => None,
        JobEvent::Progress(progress) => Some(Message::JobProgress(kind, progress)),
        JobEvent::Points => Some(Message::JobPoints(kind)),
        JobEvent::Warning(text) => Some(Message::JobWarning(kind, text)),
        JobEvent::Finished(outcome) => Some(ended(outcome)),
    };
    events.into_iter().filter_map(message).collect()
}
