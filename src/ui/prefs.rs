//! What the window remembers between starts: the only persisted interface state.

use std::collections::BTreeSet;
use std::path::Path;

use eframe::egui::Theme;
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::ledger::RunColumn;
use super::triage::Prices;
use crate::api::QueueKind;
use crate::domain::Edges;

/// A page of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// The grid of photos.
    #[default]
    Browse,
    /// One photo, five keys.
    Label,
    /// Training and its curves.
    Train,
    /// Scoring a folder.
    Score,
    /// What a rule pack says about every photo.
    Audit,
    /// Photos that are there more than once.
    Duplicates,
    /// Earlier runs.
    History,
}

impl Page {
    /// Every page in the order of the rail.
    pub const ALL: [Self; 7] =
        [Self::Browse, Self::Label, Self::Train, Self::Score, Self::Audit, Self::Duplicates, Self::History];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Browse => "Browse",
            Self::Label => "Label",
            Self::Train => "Train",
            Self::Score => "Score",
            Self::Audit => "Audit",
            Self::Duplicates => "Duplicates",
            Self::History => "History",
        }
    }
}

/// How photos are labelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// One photo, a score.
    #[default]
    Score,
    /// One photo, its defects.
    Defects,
    /// Two photos, the better one.
    Pairs,
    /// Four photos, the best and the worst.
    Four,
}

impl Mode {
    /// Every mode, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Score, Self::Defects, Self::Pairs, Self::Four];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Score => "Score",
            Self::Defects => "Defects",
            Self::Pairs => "Pairs",
            Self::Four => "Best of 4",
        }
    }
}

/// What the grid is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortBy {
    /// File name.
    #[default]
    Name,
    /// Score, unscored last.
    Score,
    /// Label, unlabelled last.
    Label,
    /// Time of the file's last change.
    Date,
    /// Width of the score's interval.
    Uncertainty,
    /// Distance between score and label.
    Disagreement,
    /// A measure, chosen beside.
    Measure,
}

impl SortBy {
    /// Every order.
    pub const ALL: [Self; 7] =
        [Self::Name, Self::Date, Self::Score, Self::Uncertainty, Self::Label, Self::Disagreement, Self::Measure];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Score => "Score",
            Self::Label => "Label",
            Self::Date => "Date",
            Self::Uncertainty => "Uncertainty",
            Self::Disagreement => "Disagreement",
            Self::Measure => "Measure",
        }
    }
}

/// What the photos of the grid are put together by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupBy {
    /// Nothing.
    #[default]
    Nothing,
    /// SKU or scene.
    Sku,
    /// The folder.
    Folder,
    /// Groups of duplicates of the last search.
    Duplicates,
}

impl GroupBy {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Sku, Self::Folder, Self::Duplicates];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Nothing => "No groups",
            Self::Sku => "SKU",
            Self::Folder => "Folder",
            Self::Duplicates => "Duplicates",
        }
    }
}

/// How the table of runs looks; saved under a name, it can be come back to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunLook {
    /// The columns, from the left.
    pub columns: Vec<RunColumn>,
    /// The column it is sorted by.
    pub sort: RunColumn,
    /// Largest, or newest, first.
    pub descending: bool,
    /// Only runs in which these words are found show.
    pub filter: String,
    /// Runs of a series stand by themselves, not below it.
    pub series_apart: bool,
}

impl Default for RunLook {
    fn default() -> Self {
        Self {
            columns: RunColumn::USUAL.to_vec(),
            sort: RunColumn::Started,
            descending: true,
            filter: String::new(),
            series_apart: false,
        }
    }
}

/// What curves are drawn along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Along {
    /// Optimiser steps.
    #[default]
    Step,
    /// Passes over the photos.
    Epoch,
    /// The clock, from the run's start.
    Time,
}

impl Along {
    /// Every axis.
    pub const ALL: [Self; 3] = [Self::Step, Self::Epoch, Self::Time];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Epoch => "epoch",
            Self::Time => "time",
        }
    }
}

/// How curves are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CurveLook {
    /// What they are drawn along.
    pub along: Along,
    /// Loss on a logarithmic axis.
    pub log_scale: bool,
    /// Learning rate, photos a second and waiting, too.
    pub pace: bool,
    /// Share of the value before in a smoothed one, 0 to under 1.
    pub smoothing: f32,
}

/// An MLflow server and an experiment on it; passwords are never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MlflowPlace {
    /// The server's address.
    pub uri: String,
    /// The experiment.
    pub experiment: String,
}

/// What can be drawn over a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Overlay {
    /// The backdrop's pixels that are not exactly white.
    Ground,
    /// The product's box with its fill.
    Product,
    /// The product's pixels without detail.
    Clipped,
    /// Drawn frames, and text or logos laid over the photo.
    Marks,
    /// Where the model finds quality, and where it misses it.
    Insight,
}

impl Overlay {
    /// Every overlay.
    pub const ALL: [Self; 5] = [Self::Ground, Self::Product, Self::Clipped, Self::Marks, Self::Insight];

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Ground => "Background",
            Self::Product => "Product",
            Self::Clipped => "Clipped",
            Self::Marks => "Frame and text",
            Self::Insight => "Score",
        }
    }
}

/// Remembered per project; fields that are missing in an older file take their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// Dark rather than light.
    pub dark: bool,
    /// Dark or light as the desktop is, where it tells.
    pub as_system: bool,
    /// The frames' times show.
    pub hud: bool,
    /// The last report of a crash that was told of.
    pub crash_told: String,
    /// The page that was open.
    pub page: Page,
    /// The filter of the grid.
    pub filter: String,
    /// The order of the grid.
    pub sort: SortBy,
    /// Largest first.
    pub descending: bool,
    /// Name of the measure that the grid can be sorted by.
    pub measure: String,
    /// What the photos of the grid are put together by.
    pub group_by: GroupBy,
    /// The counts beside the grid show.
    pub facets: bool,
    /// Width of a tile in points.
    pub tile: f32,
    /// Path of the selected photo.
    pub selected: Option<String>,
    /// Scroll position of the grid in points.
    pub scroll: f32,
    /// Scores below this are rejected.
    pub reject_below: f64,
    /// Scores from this on are accepted.
    pub accept_from: f64,
    /// What wrong decisions on the score page cost.
    pub prices: Prices,
    /// Name of the rule pack.
    pub pack: String,
    /// What is drawn over a photo.
    pub overlays: BTreeSet<Overlay>,
    /// How the table of runs looks.
    pub runs: RunLook,
    /// Looks that were saved, by name.
    pub run_looks: Vec<(String, RunLook)>,
    /// How curves are drawn in the history.
    pub curves: CurveLook,
    /// Where runs were sent last.
    pub mlflow: MlflowPlace,
    /// The name under which votes are cast.
    pub rater: String,
    /// How photos are labelled.
    pub mode: Mode,
    /// Which photos come first on the label page.
    pub queue: QueueKind,
    /// Scores from 0 to 100 rather than five levels.
    pub exact: bool,
    /// Photos that are put in order by pairs.
    pub arena: usize,
    /// The rater panel shows.
    pub panel: bool,
    /// Changed keys of the label page.
    pub keys: Keys,
}

impl Prefs {
    /// The theme to draw in, on a desktop with this one.
    pub fn theme(&self, system: Option<Theme>) -> Theme {
        let own = if self.dark { Theme::Dark } else { Theme::Light };
        system.filter(|_| self.as_system).unwrap_or(own)
    }

    /// Dark, then light, then as the desktop is.
    pub fn next_theme(&mut self) {
        (self.dark, self.as_system) = match (self.dark, self.as_system) {
            (_, true) => (true, false),
            (true, false) => (false, false),
            (false, false) => (false, true),
        };
    }

    /// What [`Self::next_theme`] comes to.
    pub fn next_theme_text(&self) -> &'static str {
        match (self.dark, self.as_system) {
            (_, true) => "Dark",
            (true, false) => "Light",
            (false, false) => "System",
        }
    }

    /// Where the bands of scores meet.
    pub fn edges(&self) -> Edges {
        Edges { reject_below: self.reject_below, accept_from: self.accept_from }
    }
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            dark: true,
            as_system: false,
            hud: false,
            crash_told: String::new(),
            page: Page::Browse,
            filter: String::new(),
            sort: SortBy::Name,
            descending: false,
            measure: "sharpness".to_owned(),
            group_by: GroupBy::Nothing,
            facets: false,
            tile: 150.0,
            selected: None,
            scroll: 0.0,
            reject_below: Edges::default().reject_below,
            accept_from: Edges::default().accept_from,
            prices: Prices::default(),
            pack: "house".to_owned(),
            overlays: BTreeSet::new(),
            runs: RunLook::default(),
            run_looks: Vec::new(),
            curves: CurveLook::default(),
            mlflow: MlflowPlace::default(),
            rater: crate::api::RATER.to_owned(),
            mode: Mode::Score,
            queue: QueueKind::Random,
            exact: false,
            arena: 24,
            panel: true,
            keys: Keys::default(),
        }
    }
}

/// The versioned key under which a project's preferences are kept.
pub(super) fn key(root: &Path) -> String {
    format!("packshot.prefs.1:{}", root.display())
}
