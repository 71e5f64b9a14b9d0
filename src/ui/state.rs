//! Everything the window shows, as plain values.

mod auditing;
mod doubles;
mod history;
mod labelling;
mod learning;
mod training;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::message::JobKind;
use super::notify::Toasts;
use super::prefs::{Prefs, SortBy};
use crate::api::{ArchitectureEntry, ModelEntry, PhotoRow, RunView};
use crate::config::Config;
use crate::domain::{ImageId, ModelId, Run, RunId, ScoreRow};
use crate::jobs::Progress;
use crate::query;

pub use auditing::{AuditColumn, AuditFilter, Auditing};
pub use doubles::{Doubles, Large};
pub use history::{differences, recipe, sort_runs};
pub use labelling::Labelling;
pub use learning::{Guess, Learning};
pub use training::{LABEL_BINS, LabelledData, Planned};

/// A long work as the job strip shows it.
#[derive(Debug, Clone)]
pub struct JobView {
    /// Which.
    pub kind: JobKind,
    /// Latest progress.
    pub progress: Option<Progress>,
    /// A stop was asked for.
    pub stopping: bool,
    /// It waits.
    pub paused: bool,
    /// When the current stage began, milliseconds since 1970.
    pub stage_since_ms: i64,
    /// How many warnings it gave.
    pub warnings: u64,
}

/// The grid.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    /// Indices into the photos, filtered and sorted.
    pub visible: Vec<usize>,
    /// What is wrong with the filter.
    pub filter_error: Option<String>,
    /// The selected photo.
    pub selected: Option<ImageId>,
    /// The selection was moved and has to be brought into sight.
    pub reveal: bool,
    /// The photos have been read at least once.
    pub loaded: bool,
    /// Labels have changed since the photos were arranged.
    pub stale: bool,
    /// Counts up when the remembered scroll position has to be gone to.
    pub rescroll: u64,
}

/// The train page.
#[derive(Debug, Clone, Default)]
pub struct Training {
    /// The name for the next run.
    pub name: String,
    /// The run on the page: the one that was started last.
    pub run: Option<RunId>,
    /// It with its curves.
    pub view: Option<RunView>,
    /// Its curves are being read.
    pub reading: bool,
    /// There are newer points than those being read.
    pub behind: bool,
    /// When the training began, milliseconds since 1970.
    pub since_ms: i64,
    /// The device of the last training, with the reason it was chosen.
    pub device: Option<String>,
    /// Loss on a logarithmic axis.
    pub log_scale: bool,
    /// Learning rate, speed and waiting are drawn, too.
    pub pace: bool,
    /// Trainings that begin when the one under way ends.
    pub queue: Vec<Planned>,
    /// The labels it would learn from.
    pub data: LabelledData,
}

/// What the score table is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ScoreColumn {
    /// The score; photos without one last.
    #[default]
    Score,
    /// The width of the interval; photos without one last.
    Interval,
    /// The file's path.
    Name,
    /// The reason, or the error.
    Reason,
}

/// The score page.
#[derive(Debug, Clone, Default)]
pub struct Scoring {
    /// The rows, in the order of the table.
    pub rows: Vec<ScoreRow>,
    /// The sorting.
    pub column: ScoreColumn,
    /// Largest first.
    pub descending: bool,
    /// The rows came in after the last sorting.
    pub unsorted: bool,
    /// The chosen model's id; the newest when absent.
    pub model: Option<String>,
    /// The path field.
    pub path: String,
    /// The selected row's path.
    pub selected: Option<PathBuf>,
    /// What the last scoring said at its end.
    pub verdict: Option<String>,
}

/// The history page.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Newest first.
    pub runs: Vec<Run>,
    /// They have been read at least once.
    pub loaded: bool,
    /// The selected run.
    pub selected: Option<RunId>,
    /// It with its curves.
    pub view: Option<RunView>,
    /// Runs drawn beside it, in the order in which they were added.
    pub beside: Vec<RunId>,
    /// Those of them that have been read.
    pub others: Vec<RunView>,
    /// The name as it is being edited.
    pub name: String,
    /// The note as it is being edited.
    pub note: String,
}

impl History {
    /// Which of the runs that are drawn together this is, from 0; nothing where none is drawn beside the selected one.
    pub fn drawn(&self, id: &RunId) -> Option<usize> {
        let mut drawn = self.selected.iter().chain(&self.beside);
        if self.beside.is_empty() { None } else { drawn.position(|other| other == id) }
    }
}

/// The open palette.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    /// What is being looked for.
    pub text: String,
    /// The row that Enter runs.
    pub at: usize,
}

/// The whole window.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Remembered between starts.
    pub prefs: Prefs,
    /// The configuration; the train page edits its copy of `[train]`.
    pub config: Config,
    /// The project's folder, for the title line.
    pub project: PathBuf,
    /// Every photo.
    pub photos: Vec<PhotoRow>,
    /// Where each photo lies in `photos`.
    pub index: HashMap<ImageId, usize>,
    /// The grid.
    pub browse: Browse,
    /// The label page.
    pub label: Labelling,
    /// The personal model.
    pub learning: Learning,
    /// The train page.
    pub train: Training,
    /// The score page.
    pub score: Scoring,
    /// The audit page.
    pub audit: Auditing,
    /// The duplicates page.
    pub doubles: Doubles,
    /// The selected photo on the whole page.
    pub large: Large,
    /// The history page.
    pub history: History,
    /// Models, newest first.
    pub models: Vec<ModelEntry>,
    /// Architectures that can be trained, the default first.
    pub architectures: Vec<ArchitectureEntry>,
    /// Long works under way.
    pub jobs: Vec<JobView>,
    /// Toasts.
    pub toasts: Toasts,
    /// The palette, when it is open.
    pub palette: Option<Finder>,
    /// The filter wants the keyboard.
    pub focus_filter: bool,
    /// The path field of the empty Browse page.
    pub open_path: String,
    /// The time of this frame, milliseconds since 1970.
    pub now_ms: i64,
}

impl AppState {
    /// The state of a window that has read nothing yet.
    pub fn new(project: &Path, config: Config, prefs: Prefs) -> Self {
        Self {
            prefs,
            config,
            project: project.to_owned(),
            photos: Vec::new(),
            index: HashMap::new(),
            browse: Browse::default(),
            label: Labelling::default(),
            learning: Learning::default(),
            train: Training::default(),
            score: Scoring::default(),
            audit: Auditing::default(),
            doubles: Doubles::default(),
            large: Large::default(),
            history: History::default(),
            models: Vec::new(),
            architectures: Vec::new(),
            jobs: Vec::new(),
            toasts: Toasts::default(),
            palette: None,
            focus_filter: false,
            open_path: String::new(),
            now_ms: 0,
        }
    }

    /// A photo by id.
    pub fn photo(&self, id: ImageId) -> Option<&PhotoRow> {
        self.photos.get(*self.index.get(&id)?)
    }

    /// The job of a kind that is under way.
    pub fn job(&self, kind: JobKind) -> Option<&JobView> {
        self.jobs.iter().find(|job| job.kind == kind)
    }

    /// The job of a kind that is under way, to change it.
    pub fn job_mut(&mut self, kind: JobKind) -> Option<&mut JobView> {
        self.jobs.iter_mut().find(|job| job.kind == kind)
    }

    /// The model's intervals were not measured on labels of this project.
    pub fn is_uncalibrated(&self, model: &ModelId) -> bool {
        self.models.iter().any(|entry| entry.card.id == *model && entry.card.reach.n == 0)
    }

    /// Filters and sorts the grid anew.
    pub fn arrange(&mut self) {
        let query = match query::parse(&self.prefs.filter) {
            Ok(query) => {
                self.browse.filter_error = None;
                query
            }
            Err(error) => {
                // The last good arrangement stays while the person is still typing.
                self.browse.filter_error = Some(error.chain());
                return;
            }
        };
        let photos = &self.photos;
        let matches = |row: &PhotoRow| {
            let name = row.photo.file_name();
            query.matches(&query::Row {
                name: &name,
                score: score_of(row),
                label: row.label.map(|label| label.mos),
                width: row.photo.width,
                height: row.photo.height,
                error: row.photo.error.is_some(),
                missing: row.photo.missing,
                group: row.photo.group.as_deref(),
            })
        };
        let mut visible: Vec<usize> = (0..photos.len()).filter(|&index| matches(&photos[index])).collect();
        let descending = self.prefs.descending;
        let by_value = |value: &dyn Fn(&PhotoRow) -> Option<f64>, a: usize, b: usize| {
            let order = match (value(&photos[a]), value(&photos[b])) {
                (Some(a), Some(b)) if descending => b.total_cmp(&a),
                (Some(a), Some(b)) => a.total_cmp(&b),
                // What has no value comes last, whichever way round.
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            order.then(a.cmp(&b))
        };
        match self.prefs.sort {
            SortBy::Name if descending => visible.reverse(),
            SortBy::Name => {}
            SortBy::Score => visible.sort_by(|&a, &b| by_value(&score_of, a, b)),
            SortBy::Label => visible.sort_by(|&a, &b| by_value(&|row| row.label.map(|label| label.mos), a, b)),
            SortBy::Date => visible.sort_by(|&a, &b| by_value(&|row| Some(row.photo.modified_ms as f64), a, b)),
        }
        self.browse.visible = visible;
        self.browse.stale = false;
    }
}

/// The score of a photo under the newest model.
pub fn score_of(row: &PhotoRow) -> Option<f64> {
    row.score.as_ref().and_then(|row| row.score).map(|score| score.value)
}
