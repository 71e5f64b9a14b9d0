//! What can happen; [`Effect`] is what is to be done about it.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use eframe::egui::KeyboardShortcut;

use super::arrange::{Arranged, Photos};
use super::catalogue::Audit;
use super::chosen::Band;
use super::command::UiCommand;
pub use super::effect::Effect;
use super::keys::Bound;
use super::ledger::{Ledger, RunColumn};
use super::prefs::{CurveLook, GroupBy, Mode, Page, RunLook, SortBy};
use super::state::{AuditColumn, AuditFilter, Planned, ScoreColumn, SendRuns, SortOut};
use super::triage::{Prices, Sorted};
use super::view::{Pairing, View};
use crate::api::{
    Alike, ArchitectureEntry, Arena, AuditRow, AuditSummary, DemoSummary, DescribeSummary, DuplicatesSummary,
    LabelForecast, LabelProgress, Lesson, MlflowSummary, ModelEntry, OpenSummary, QueueKind, RaterReport, RunView,
    ScoreSummary, SideBySide, Suspect, Taken, TrainSummary, TriagePlan, TriageSummary,
};
use crate::config::DeviceChoice;
use crate::domain::{Attribute, ImageId, Label, ModelId, Preference, Run, RunId, ScoreRow, Tag, TagId, Vote, VoteKind};
use crate::error::Error;
use crate::jobs::{Outcome, Progress};
use crate::rules::PackEntry;

/// Which of the long works; at most one of each kind runs at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Indexing folders.
    Open,
    /// Training.
    Train,
    /// Scoring.
    Score,
    /// Measuring.
    Audit,
    /// Looking for duplicates.
    Duplicates,
    /// Describing photos for the personal model.
    Describe,
    /// Writing copies or side-cars of scored photos.
    SortOut,
    /// Drawing the demo catalogue.
    Demo,
    /// Sending runs to an MLflow server.
    Mlflow,
    /// Finding out what more labels would bring.
    Forecast,
}

impl JobKind {
    /// Its name in the job strip.
    pub fn text(self) -> &'static str {
        match self {
            Self::Open => "Opening",
            Self::Train => "Training",
            Self::Score => "Scoring",
            Self::Audit => "Measuring",
            Self::Duplicates => "Looking for duplicates",
            Self::Describe => "Describing photos",
            Self::SortOut => "Sorting out",
            Self::Demo => "Drawing the demo catalogue",
            Self::Mlflow => "Sending runs",
            Self::Forecast => "Forecasting",
        }
    }
}

/// What a file dialog is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogFor {
    /// A folder to index.
    OpenFolder,
    /// A folder to score.
    ScoreFolder,
    /// Where to write the scores.
    ExportScores,
    /// Where to write the report.
    WriteReport,
    /// Where to write the audit.
    ExportAudit,
    /// Where to write the groups of duplicates.
    ExportDuplicates,
    /// Where to write the runs.
    ExportRuns,
    /// Where to write copies or side-cars of scored photos.
    SortOutFolder,
}

/// The state of the label page as the store has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelData {
    /// Photos still to label, in order.
    pub queue: Vec<ImageId>,
    /// Newest votes first.
    pub recent: Vec<Vote>,
    /// Counts.
    pub progress: LabelProgress,
    /// Photos whose defects are still to be tagged, in order.
    pub untagged: Vec<ImageId>,
    /// The defects that there are.
    pub tags: Vec<Tag>,
    /// Those that the rater tagged photos with.
    pub tagged: HashMap<ImageId, BTreeSet<TagId>>,
    /// Scores and skips of the rater that stand.
    pub opinions: u64,
    /// Photos that can be slipped in a second time.
    pub repeats: Vec<ImageId>,
}

/// Votes that are on disk, and what followed from them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Receipt {
    /// The votes.
    pub votes: Vec<(ImageId, VoteKind)>,
    /// The labels of their photos now.
    pub labels: Vec<(ImageId, Option<Label>)>,
    /// Newest votes first.
    pub recent: Vec<Vote>,
}

/// What happened: the person did something, a job reported, or the desk answered.
#[derive(Debug, Clone)]
pub enum Message {
    /// A command from menu, palette or keyboard.
    Command(UiCommand),
    /// Go to a page.
    Show(Page),
    /// The text of the filter changed.
    Filter(String),
    /// Another order; the same one again turns it round.
    Sort(SortBy),
    /// Width of the tiles.
    TileSize(f32),
    /// Scroll position of the grid.
    Scrolled(f32),
    /// A photo was selected.
    Select(ImageId),
    /// Move the selection by so many photos.
    MoveSelection(i64),
    /// Choose a photo beside the others, or no more.
    Toggle(ImageId),
    /// Choose every photo between the last one that was picked and this one.
    SelectTo(ImageId),
    /// The same, by key: the grid follows.
    ExtendTo(ImageId),
    /// Select a photo by key: the grid follows.
    GoTo(ImageId),
    /// Show the photos that look like one.
    FindSimilar(ImageId),
    /// Show all photos again.
    DropSimilar,
    /// Show this one of the compared photos in the inspector.
    TurnTo(ImageId),
    /// Show the compared photos of the grid like this.
    Survey(Pairing),
    /// Choose what a rubber band touches; nothing when it was let go.
    Band(Option<Band>),
    /// Choose only the selected photo.
    SelectNone,
    /// Put the photos of the grid together by something.
    Group(GroupBy),
    /// Show only the heading of a section, or its photos again.
    Fold(String),
    /// The measure to sort by.
    SortMeasure(Attribute),
    /// Add a condition to the filter, or take it out when it is there.
    Narrow(String),
    /// Take the condition at this place out of the filter.
    DropCondition(usize),
    /// Score every chosen photo.
    RateChosen(u8),
    /// Show a photo on the label page.
    LabelPhoto(ImageId),
    /// Score the photo on the label page.
    Rate(u8),
    /// Score the photo on the label page from 0 to 100.
    ScoreExactly(f64),
    /// The score from 0 to 100 that is being set, not yet cast.
    SetExact(Option<f64>),
    /// Label in another mode.
    LabelMode(Mode),
    /// Let other photos come first on the label page.
    LabelQueue(QueueKind),
    /// Put so many photos in order by pairs.
    ArenaSize(usize),
    /// Tag the photo on the label page with a defect, or take it off.
    ToggleTag(TagId),
    /// Add a defect.
    AddTag(String),
    /// Vote under another name.
    RateAs(String),
    /// How the first of the two photos on screen compares.
    Compare(Preference),
    /// Show the two photos on screen like this.
    LabelPairing(Pairing),
    /// One of the four photos on screen is the best, or the worst when the best is known.
    PickOfFour(usize),
    /// Wait for a key for this; nothing closes the list of keys.
    ChooseKey(Option<Option<Bound>>),
    /// Give this key to what waits for one.
    GiveKey(KeyboardShortcut),
    /// Every key of the label page as it came.
    ResetKeys,
    /// Take the newest vote back.
    UndoVote,
    /// Cast again what was taken back last.
    RedoVote,
    /// Index folders.
    OpenFolders(Vec<PathBuf>),
    /// Files or folders were dropped on the window.
    Dropped(Vec<PathBuf>),
    /// Ask for a path.
    Ask(DialogFor),
    /// The answer of a dialog.
    Picked(DialogFor, PathBuf),
    /// Start a training, or put it behind the one under way.
    StartTraining(Planned),
    /// Begin the training that has waited longest.
    StartNext,
    /// Draw a run beside the selected one, or no more.
    CompareRun(RunId),
    /// Draw no run beside the selected one.
    CompareNone,
    /// Show the runs of a series below it, or no more.
    UnfoldRun(RunId, bool),
    /// Sort the runs; the same column again turns the order round.
    SortRuns(RunColumn),
    /// Show the table of runs like this.
    LookAtRuns(RunLook),
    /// Save the look of the table of runs under a name, or forget that name.
    KeepRunLook(String, bool),
    /// Draw the runs as points, a column against another; nothing draws curves again.
    ScatterRuns(Option<(RunColumn, RunColumn)>),
    /// Hold two models against each other on the photos that both have scored; nothing draws curves again.
    HoldModels(Option<[ModelId; 2]>),
    /// Show this photo of the two models' list.
    ShowHeld(usize),
    /// Go on by so many photos of the two models' list.
    StepHeld(i64),
    /// An answer to where runs are to be sent was changed; nothing closes the question.
    SendRuns(Option<SendRuns>),
    /// Send runs as was answered.
    StartSending,
    /// Draw curves like this.
    DrawCurves(CurveLook),
    /// Star a run, or take its star away.
    StarRun(RunId, bool),
    /// Score with this model from now on.
    UseModel(ModelId),
    /// Take a waiting training out.
    Unplan(usize),
    /// Go on with a run.
    ResumeRun(RunId),
    /// Score folders with a model (its id; the newest when absent).
    StartScoring(Vec<PathBuf>, Option<String>),
    /// Stop a job.
    Stop(JobKind),
    /// Pause a job or go on.
    Pause(JobKind, bool),
    /// Show a run in the history.
    SelectRun(RunId),
    /// Give a run a name.
    RenameRun(RunId, String),
    /// Replace a run's note.
    NoteRun(RunId, String),
    /// Give a run a tag, or take it away.
    TagRun(RunId, String, bool),
    /// Delete a run; the toast offers to undo.
    DeleteRun(RunId),
    /// Bring a run back.
    RestoreRun(RunId),
    /// Sort the score table; the same column again turns it round.
    SortScores(ScoreColumn),
    /// What wrong decisions on the score page cost.
    Price(Prices),
    /// An answer to how scored photos are to be sorted out was changed; nothing closes the question.
    SortOut(Option<SortOut>),
    /// Sort scored photos out as was answered.
    StartSortingOut,
    /// Show a scored photo beside the table, or none.
    ShowScored(Option<PathBuf>),
    /// Move the shown scored photo by so many rows.
    MoveScored(i64),
    /// Judge the catalogue with the pack of this name.
    ChoosePack(String),
    /// Measure every photo that is not measured yet.
    StartAudit,
    /// List these photos on the audit page; the same choice again lists all.
    ListAudit(AuditFilter),
    /// Sort the audit page; the same column again turns it round.
    SortAudit(AuditColumn),
    /// Move the selection along the list of the audit page.
    MoveAudited(i64),
    /// Show this part of the large photo.
    LookAt(View),
    /// Look for duplicates in the project.
    FindDuplicates,
    /// Look for equal files only.
    ExactOnly(bool),
    /// Show a group of duplicates.
    ChooseGroup(usize),
    /// Go on by so many groups.
    StepGroup(i64),
    /// Compare the best of the group with this photo of it.
    ChooseMember(usize),
    /// Go on by so many photos of the group.
    StepMember(i64),
    /// Show the compared photos like this.
    Pair(Pairing),
    /// Copy a text.
    Copy(String),
    /// Open a file with the desktop's own programme.
    OpenFile(PathBuf),
    /// Edges of the bands on the score page.
    Bands(f64, f64),
    /// A toast was closed.
    CloseToast(u64),
    /// The list of earlier messages is closed.
    CloseMessages,
    /// Draw the demo catalogue and open it.
    StartDemo,
    /// Go to a step of the tour; nothing ends it.
    Tour(Option<usize>),
    /// A photo could not be drawn by the pool; try it again.
    Retry(PathBuf),

    /// The photos as the store has them, and which of them show.
    Photos(Box<(Photos, Arranged)>),
    /// Scores of another model show from now on.
    PhotosOutdated,
    /// The photos could not be read.
    PhotosFailed(Error),
    /// Which photos show.
    Arranged(Box<Arranged>),
    /// The label page as the store has it.
    Labelling(LabelData),
    /// Votes are on disk.
    Voted(Receipt),
    /// Votes were taken back (nothing when there were none), and this is the label page now.
    Undone(Option<Taken>, Receipt, LabelData),
    /// Votes were cast again (nothing when there were none), and this is the label page now.
    Redone(Option<Taken>, Receipt, LabelData),
    /// Photos that come first, and for suspects why.
    QueueFilled(QueueKind, Vec<ImageId>, Vec<Suspect>),
    /// The photos in order, and the next pairs.
    ArenaSeen(Box<Arena>),
    /// The rater panel.
    RatersSeen(Box<RaterReport>),
    /// The runs.
    Runs(Ledger),
    /// One of them was renamed, starred, tagged or noted.
    RunChanged(Box<Run>),
    /// What each choice of a device comes to on this machine.
    Devices(Vec<(DeviceChoice, String)>),
    /// The architectures that can be trained.
    Architectures(Vec<ArchitectureEntry>),
    /// The models.
    Models(Vec<ModelEntry>),
    /// One run with its curves.
    RunLoaded(Box<RunView>),
    /// What two models say of the same photos.
    ModelsHeld([ModelId; 2], Box<SideBySide>),
    /// Something was done; said in a toast.
    Told(String),
    /// The packs that can be chosen.
    Packs(Vec<PackEntry>),
    /// The catalogue, judged.
    Judged(Box<Audit>),
    /// The catalogue could not be read.
    JudgingFailed(Error),
    /// A report was written.
    ReportWritten(PathBuf),
    /// A file was written; said in a toast that offers to open it.
    Written(String, PathBuf),
    /// Something failed.
    Failed(Error),
    /// A vote could not be saved; the photo stays.
    VoteFailed(Error),

    /// A job reports.
    JobProgress(JobKind, Progress),
    /// A job has new curve points.
    JobPoints(JobKind),
    /// A job warns.
    JobWarning(JobKind, String),
    /// The score table is sorted.
    RowsSorted(Box<Sorted>),
    /// What sorting out would write, asked in this turn.
    SortOutPlanned(Result<TriagePlan, Error>, u64),
    /// Sorting out ended.
    SortOutEnded(Outcome<TriageSummary>),
    /// Scores came in.
    Scored(Vec<ScoreRow>),
    /// Find out what more labels would bring.
    StartForecast,
    /// The forecast ended.
    ForecastEnded(Outcome<LabelForecast>),
    /// Sending runs ended.
    MlflowEnded(Outcome<MlflowSummary>),
    /// The demo catalogue is drawn and opened.
    DemoEnded(Outcome<DemoSummary>),
    /// Indexing ended.
    OpenEnded(Outcome<OpenSummary>),
    /// Training ended.
    TrainEnded(Outcome<TrainSummary>),
    /// Scoring ended.
    ScoreEnded(Outcome<ScoreSummary>),
    /// Measures came in.
    Audited(Vec<AuditRow>),
    /// Measuring ended.
    AuditEnded(Outcome<AuditSummary>),
    /// The search for duplicates ended.
    DuplicatesEnded(Outcome<DuplicatesSummary>),
    /// Describing photos ended.
    DescribeEnded(Outcome<DescribeSummary>),
    /// The personal model was fitted, or there are too few labels.
    Learnt(Box<Lesson>),
    /// The personal model could not be fitted.
    LearningFailed(Error),
    /// Where a photo stands among the labelled ones.
    LookedAlike(Alike),
    /// The photos that look most like one, with their distance; nothing when it is not described yet.
    Similar(ImageId, Option<Vec<(ImageId, f64)>>),
}
