//! Everything the window shows, as plain values.

mod auditing;
mod doubles;
mod labelling;
mod learning;
mod send_runs;
mod sort_out;
mod training;
mod two_models;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arrange::{HIDDEN, Question, Section, score_of};
use super::chosen::Chosen;
use super::facets::Facets;
use super::ledger::{Ledger, Row, RunColumn};
use super::message::JobKind;
use super::notify::Toasts;
use super::prefs::{GroupBy, Prefs, SortBy};
use super::tiling::Tiling;
use super::triage::{Judged, Triage};
use crate::api::{ArchitectureEntry, ModelEntry, PhotoRow, RunView};
use crate::config::{Config, DeviceChoice};
use crate::domain::{Attribute, ImageId, ModelId, RunId, Score, ScoreRow};
use crate::jobs::Progress;
use crate::query::{self, Query};

pub use auditing::{AuditColumn, AuditFilter, Auditing};
pub use doubles::{Doubles, Large, MOST_COMPARED};
pub use labelling::Labelling;
pub use learning::{Guess, Learning};
pub use send_runs::SendRuns;
pub use sort_out::SortOut;
pub use training::{LABEL_BINS, LabelledData, Planned};
pub use two_models::TwoModels;

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
    /// When progress was reported last, milliseconds since 1970.
    pub progress_at_ms: i64,
    /// How many warnings it gave.
    pub warnings: u64,
}

/// The grid.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    /// Indices into the photos, filtered and sorted.
    pub visible: Vec<usize>,
    /// Where each photo stands in `visible`; [`HIDDEN`] when it does not.
    pub places: Vec<u32>,
    /// The photos that stand together, in order; none when they are not put together.
    pub sections: Vec<Section>,
    /// Titles of the sections of which only the heading shows.
    pub folded: HashSet<String>,
    /// What there is among the photos that show.
    pub facets: Facets,
    /// Only the photos that look like one show.
    pub similar: Option<Similar>,
    /// The chosen photos, as places in the photos; the selected one is among them.
    pub chosen: Chosen,
    /// Where a range of photos starts.
    pub anchor: Option<ImageId>,
    /// What was chosen when the rubber band was drawn up.
    pub before_band: Option<Chosen>,
    /// How the grid was laid out last.
    pub tiling: Option<Arc<Tiling>>,
    /// The filter in force.
    pub query: Query,
    /// The last question that was asked about what shows.
    pub turn: u64,
    /// The question that what shows answers.
    pub answered: u64,
    /// Votes on the chosen photos are being saved.
    pub rating: bool,
    /// The photos are being read.
    pub reading: bool,
    /// Something has changed since that reading began.
    pub outdated: bool,
    /// What is wrong with the filter.
    pub filter_error: Option<String>,
    /// The selected photo.
    pub selected: Option<ImageId>,
    /// The selection was moved and has to be brought into sight.
    pub reveal: bool,
    /// The photos have been read at least once.
    pub loaded: bool,
    /// Labels or scores have changed since the photos were arranged.
    pub stale: bool,
    /// Counts up when the remembered scroll position has to be gone to.
    pub rescroll: u64,
}

/// The photos that look like one.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The photo.
    pub image: ImageId,
    /// Its distance to each of them.
    pub distances: Arc<HashMap<ImageId, f64>>,
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
    /// What each choice of a device comes to on this machine, in words.
    pub devices: Vec<(DeviceChoice, String)>,
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
    /// The rows, in the order of the table; what came in since stands at the end.
    pub rows: Vec<Arc<ScoreRow>>,
    /// How many lie in which band.
    pub triage: Triage,
    /// Those that people have labelled, too.
    pub judged: Judged,
    /// Where the selected row stands.
    pub at: Option<usize>,
    /// The last question about the order.
    pub turn: u64,
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
    /// How photos are to be sorted out, while that is being asked.
    pub sorting_out: Option<SortOut>,
}

/// The history page.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// All runs, sorted.
    pub ledger: Ledger,
    /// The places of those that the words are found in.
    pub found: Vec<usize>,
    /// The rows of the table.
    pub rows: Vec<Row>,
    /// Series whose runs show below them.
    pub unfolded: HashSet<RunId>,
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
    /// The tag that is being typed.
    pub tag: String,
    /// The name under which the look of the table is being saved.
    pub look_name: String,
    /// The runs are drawn as points, one column against another.
    pub scatter: Option<(RunColumn, RunColumn)>,
    /// Where runs are to be sent, while that is being asked.
    pub sending: Option<SendRuns>,
    /// Two models are held against each other.
    pub two_models: Option<TwoModels>,
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
    pub photos: Arc<Vec<PhotoRow>>,
    /// Where each photo lies in `photos`.
    pub index: Arc<HashMap<ImageId, usize>>,
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
    /// The list of earlier messages is open.
    pub messages: bool,
    /// The step of the tour that shows.
    pub tour: Option<usize>,
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
            photos: Arc::default(),
            index: Arc::default(),
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
            messages: false,
            tour: None,
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

    /// Asks which photos show, anew; the answer to every earlier question is void. While the filter is wrong, the last
    /// one that was right stays in force.
    pub fn question(&mut self) -> Question {
        match query::parse(&self.prefs.filter) {
            Ok(query) => {
                self.browse.filter_error = None;
                self.browse.query = query;
            }
            Err(error) => self.browse.filter_error = Some(error.chain()),
        }
        self.browse.turn += 1;
        self.browse.stale = false;
        Question {
            turn: self.browse.turn,
            query: self.browse.query.clone(),
            sort: self.prefs.sort,
            measure: Attribute::from_name(&self.prefs.measure),
            descending: self.prefs.descending,
            estimates: self.learning.shown().cloned(),
            catalogue: self.audit.catalogue.clone().filter(|_| self.browse.needs_measures(self.prefs.sort)),
            group_by: self.prefs.group_by,
            doubles: self.doubles.by_path.clone().filter(|_| self.prefs.group_by == GroupBy::Duplicates),
            similar: self.browse.similar.as_ref().map(|similar| similar.distances.clone()),
            edges: (self.prefs.reject_below, self.prefs.accept_from),
        }
    }

    /// The score of a photo as it shows: the personal model's where that is current, else the newest model's.
    pub fn score_of(&self, row: &PhotoRow) -> Option<Score> {
        score_of(row, self.learning.shown().map(|estimates| &**estimates))
    }

    /// The model behind the score of a photo.
    pub fn model_of<'a>(&'a self, row: &'a PhotoRow) -> Option<&'a ModelId> {
        let personal = self.learning.shown().filter(|estimates| estimates.contains_key(&row.photo.id));
        match personal {
            Some(_) => self.learning.model.as_ref(),
            None => row.score.as_ref().map(|shown| &*shown.model),
        }
    }

    /// The photos that are compared, in the order of the grid; none when the large view shows one.
    pub fn compared(&self) -> Vec<&PhotoRow> {
        let count = self.browse.chosen.len();
        if !(self.large.open && self.large.compares && (2..=MOST_COMPARED).contains(&count)) {
            return Vec::new();
        }
        let mut rows: Vec<&PhotoRow> = self.browse.chosen.iter().filter_map(|index| self.photos.get(index)).collect();
        rows.sort_by_key(|row| self.place_of(row.photo.id));
        rows
    }

    /// Where a photo stands in the grid.
    pub fn place_of(&self, id: ImageId) -> Option<usize> {
        let index = *self.index.get(&id)?;
        self.browse.places.get(index).filter(|place| **place != HIDDEN).map(|place| *place as usize)
    }

    /// Where the selected photo stands in the grid.
    pub fn selected_place(&self) -> Option<usize> {
        self.place_of(self.browse.selected?)
    }

    /// The photo at a place of the grid.
    pub fn photo_at(&self, place: usize) -> Option<&PhotoRow> {
        self.photos.get(*self.browse.visible.get(place)?)
    }
}

impl Browse {
    /// Which photos show, or their order, depends on what is measured.
    pub fn needs_measures(&self, sort: SortBy) -> bool {
        sort == SortBy::Measure || self.query.asks_measures()
    }
}
