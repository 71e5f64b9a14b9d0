//! What is to be done about what happened.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use super::arrange::{Photos, Question};
use super::catalogue::{Catalogue, Report};
use super::ledger::RunLine;
use super::message::{DialogFor, JobKind};
use super::place::Place;
use super::state::Planned;
use super::triage::Sorting;
use crate::api::{ArenaRequest, Ballot, DuplicateGroup, MlflowRequest, PhotoRow, QueueKind, TriageRequest};
use crate::domain::{ImageId, ModelId, RunId, ScoreRow};
use crate::rules::RulePack;

/// What is to be done; pure [`super::update`] asks for it, the application does it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read all photos and work out which show.
    LoadPhotos(Question),
    /// Work out which photos show.
    Arrange(Arc<Vec<PhotoRow>>, Question),
    /// Let go of photos that were replaced.
    ForgetPhotos(Photos),
    /// Let go of a catalogue that was replaced.
    ForgetAudit(Arc<Catalogue>, Option<Box<Report>>),
    /// Read the label page of a rater.
    LoadLabelling(String),
    /// Save votes.
    SaveVotes(Ballot),
    /// Take a rater's newest vote back.
    UndoVote(String),
    /// Cast again what a rater took back last.
    RedoVote(String),
    /// Remember where a rater is.
    SavePlace(String, Place),
    /// Add a defect and read the label page of a rater.
    AddTag(String, String),
    /// Choose the photos of a kind for a rater.
    FillQueue(QueueKind, String),
    /// Put photos in order.
    LookAtArena(ArenaRequest),
    /// Report on a rater.
    LoadRaters(String),
    /// Look what each choice of a device comes to.
    LoadDevices,
    /// Measure the architectures.
    LoadArchitectures,
    /// Read the runs and models.
    LoadHistory,
    /// Read one run.
    LoadRun(RunId),
    /// Read what two models say of the same photos.
    HoldModels([ModelId; 2]),
    /// Write runs to a file.
    ExportRuns(Vec<Arc<RunLine>>, PathBuf),
    /// Save a run's name.
    Rename(RunId, String),
    /// Save a run's note.
    Note(RunId, String),
    /// Star a run, or take its star away.
    Star(RunId, bool),
    /// Give a run a tag, or take it away.
    Tag(RunId, String, bool),
    /// Make a model the champion.
    Promote(ModelId),
    /// Hide a run.
    Delete(RunId),
    /// Bring a run back.
    Restore(RunId),
    /// Sort the score table and hold it against the labels of these photos.
    SortRows(Vec<Arc<ScoreRow>>, Arc<Vec<PhotoRow>>, Sorting),
    /// Find out what sorting scored photos out would write.
    PlanTriage(TriageRequest, u64),
    /// Sort scored photos out.
    StartTriage(TriageRequest),
    /// Write scores to a file.
    Export(Vec<Arc<ScoreRow>>, PathBuf),
    /// Write the catalogue, judged with a pack on a day, to a file.
    ExportAudit(Arc<Catalogue>, Arc<RulePack>, Date, PathBuf),
    /// Write groups of duplicates to a file.
    ExportDuplicates(Vec<DuplicateGroup>, PathBuf),
    /// Write the HTML report of these scores and the run behind them.
    Report(Vec<Arc<ScoreRow>>, Option<RunId>, PathBuf),
    /// Send runs to an MLflow server, into this experiment.
    StartMlflow(MlflowRequest, String),
    /// Draw the demo catalogue with its labels into the project.
    StartDemo,
    /// Start indexing.
    StartOpen(Vec<PathBuf>),
    /// Start training.
    StartTrain(Planned, Option<RunId>),
    /// Start scoring.
    StartScore(Vec<PathBuf>, Option<String>),
    /// Read the names of the rule packs.
    LoadPacks,
    /// Read the catalogue and judge it with a pack, at this moment.
    LoadAudit(String, i64),
    /// Judge the catalogue anew.
    JudgeAudit(Arc<Catalogue>, String, i64),
    /// Start measuring.
    StartAudit,
    /// Start a search for duplicates; `true` for equal files only.
    StartDuplicates(bool),
    /// Start describing photos for the personal model.
    StartDescribe,
    /// Start forecasting what more labels would bring.
    StartForecast,
    /// Fit the personal model; `true` when photos were described since.
    Learn(bool),
    /// Find the labelled photos most like this one.
    LookAlike(ImageId),
    /// Find the photos most like this one.
    FindSimilar(ImageId),
    /// Stop a job.
    Stop(JobKind),
    /// Pause a job or go on.
    Pause(JobKind, bool),
    /// Open a file dialog.
    Ask(DialogFor),
    /// Copy a text.
    Copy(String),
    /// Open a file with the desktop's own programme.
    OpenFile(PathBuf),
    /// Forget a failed picture.
    Retry(PathBuf),
}
