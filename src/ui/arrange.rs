//! Which photos the grid shows and in which order: asked as a question, answered off the frame.
//!
//! Plain values; must not know the state, the project or the screen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::facets::Facets;
use super::prefs::{GroupBy, SortBy};
use crate::api::{Estimate, PhotoRow};
use crate::domain::{Attribute, ImageId, Score};
use crate::query::{Query, Row};

/// Every photo of the project and where each of them lies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Photos {
    /// In order of path.
    pub rows: Arc<Vec<PhotoRow>>,
    /// Where each photo lies in `rows`.
    pub index: Arc<HashMap<ImageId, usize>>,
}

impl Photos {
    /// Indexes the rows.
    pub fn new(rows: Vec<PhotoRow>) -> Self {
        let index = rows.iter().enumerate().map(|(index, row)| (row.photo.id, index)).collect();
        Self { rows: Arc::new(rows), index: Arc::new(index) }
    }
}

/// Scores that stand before those of the rows: the personal model's, by photo.
pub type Estimates = Arc<HashMap<ImageId, Estimate>>;

/// What the grid is to show.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Larger for every later question: only the answer to the last one is wanted.
    pub turn: u64,
    /// Which photos.
    pub query: Query,
    /// In which order.
    pub sort: SortBy,
    /// The measure to sort by.
    pub measure: Option<Attribute>,
    /// Largest first.
    pub descending: bool,
    /// Scores that stand before those of the rows.
    pub estimates: Option<Estimates>,
    /// What is measured.
    pub catalogue: Option<Arc<Catalogue>>,
    /// What the photos are put together by.
    pub group_by: GroupBy,
    /// The group of duplicates of each photo that has one.
    pub doubles: Option<Arc<HashMap<PathBuf, usize>>>,
    /// The photos that look like one, with their distance: they alone show, the nearest first.
    pub similar: Option<Arc<HashMap<ImageId, f64>>>,
    /// Scores below are rejected, scores from on are accepted.
    pub edges: (f64, f64),
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arranged {
    /// The question's.
    pub turn: u64,
    /// Places in the photos, filtered and sorted.
    pub visible: Vec<usize>,
    /// Where each photo stands in `visible`; [`HIDDEN`] when it does not.
    pub places: Vec<u32>,
    /// The photos that stand together, in order; none when they are not put together.
    pub sections: Vec<Section>,
    /// What there is among them.
    pub facets: Facets,
}

/// Photos of the grid that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they have in common.
    pub title: String,
    /// How many.
    pub count: usize,
}

/// The place of a photo that the filter hides.
pub const HIDDEN: u32 = u32::MAX;

/// The score of a photo: the personal model's where it has one, else the newest model's.
pub fn score_of(row: &PhotoRow, estimates: Option<&HashMap<ImageId, Estimate>>) -> Option<Score> {
    let personal = estimates.and_then(|estimates| estimates.get(&row.photo.id)).map(|estimate| estimate.score);
    personal.or(row.score.as_ref().map(|shown| shown.score))
}

impl Question {
    /// Filters and sorts; nothing when a later question came meanwhile.
    pub fn answer(&self, rows: &[PhotoRow], is_outdated: &dyn Fn() -> bool) -> Option<Arranged> {
        let mut visible = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            if index % 4096 == 0 && is_outdated() {
                return None;
            }
            if self.shows(row) {
                visible.push(index);
            }
        }
        self.sort(rows, &mut visible);
        let sections = self.put_together(rows, &mut visible);
        let facets = Facets::count(visible.iter().map(|&index| &rows[index]), |row| self.score(row), self.edges);
        let mut places = vec![HIDDEN; rows.len()];
        for (place, &index) in visible.iter().enumerate() {
            places[index] = place as u32;
        }
        Some(Arranged { turn: self.turn, visible, places, sections, facets })
    }

    fn score(&self, row: &PhotoRow) -> Option<Score> {
        score_of(row, self.estimates.as_deref())
    }

    fn shows(&self, row: &PhotoRow) -> bool {
        let looks_like = self.similar.as_ref().is_none_or(|similar| similar.contains_key(&row.photo.id));
        looks_like && (self.query.is_open() || self.matches(row))
    }

    fn matches(&self, row: &PhotoRow) -> bool {
        let name = row.photo.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let path = row.photo.path.to_string_lossy();
        let entry = self.catalogue.as_ref().and_then(|catalogue| catalogue.entry(row.photo.id));
        let score = self.score(row);
        self.query.matches(&Row {
            name: &name,
            path: &path,
            score: score.map(|score| score.value),
            uncertainty: score.map(uncertainty),
            label: row.label.map(|label| label.mos),
            width: row.photo.width,
            height: row.photo.height,
            error: row.photo.error.is_some(),
            missing: row.photo.missing,
            group: row.photo.group.as_deref(),
            format: &row.photo.format,
            attributes: entry.and_then(|entry| entry.attributes.as_deref()),
        })
    }

    fn sort(&self, rows: &[PhotoRow], visible: &mut Vec<usize>) {
        if let Some(similar) = &self.similar {
            let distance = |index: &usize| similar.get(&rows[*index].photo.id).copied().unwrap_or(f64::INFINITY);
            visible.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
            return;
        }
        if self.sort == SortBy::Name {
            if self.descending {
                visible.reverse();
            }
            return;
        }
        let mut keyed: Vec<(Option<f64>, usize)> =
            visible.iter().map(|&index| (self.key(&rows[index]), index)).collect();
        keyed.sort_unstable_by(|(a, first), (b, second)| {
            let order = match (a, b) {
                (Some(a), Some(b)) if self.descending => b.total_cmp(a),
                (Some(a), Some(b)) => a.total_cmp(b),
                // What has no value comes last, whichever way round.
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            order.then(first.cmp(second))
        });
        visible.clear();
        visible.extend(keyed.into_iter().map(|(_, index)| index));
    }

    /// Moves photos of one group beside each other; groups stand where their first photo stood, the rest at the end.
    fn put_together(&self, rows: &[PhotoRow], visible: &mut Vec<usize>) -> Vec<Section> {
        if self.group_by == GroupBy::Nothing {
            return Vec::new();
        }
        let mut known: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        let mut rest = Vec::new();
        for &index in visible.iter() {
            let Some(title) = self.title_of(&rows[index]) else {
                rest.push(index);
                continue;
            };
            let group = *known.entry(title).or_insert_with_key(|title| {
                groups.push((title.clone().into_owned(), Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(index);
        }
        if !rest.is_empty() {
            let title = if self.group_by == GroupBy::Duplicates { "Photos without a duplicate" } else { "No group" };
            groups.push((title.to_owned(), rest));
        }
        visible.clear();
        let sections = groups.into_iter().map(|(title, members)| {
            visible.extend(&members);
            Section { title, count: members.len() }
        });
        sections.collect()
    }

    fn title_of<'a>(&self, row: &'a PhotoRow) -> Option<Cow<'a, str>> {
        match self.group_by {
            GroupBy::Nothing => None,
            GroupBy::Sku => row.photo.group.as_deref().map(Cow::Borrowed),
            GroupBy::Folder => row.photo.path.parent().map(|folder| folder.to_string_lossy()),
            GroupBy::Duplicates => {
                let group = self.doubles.as_ref()?.get(&row.photo.path)?;
                Some(Cow::Owned(format!("Group {}", group + 1)))
            }
        }
    }

    fn key(&self, row: &PhotoRow) -> Option<f64> {
        let label = row.label.map(|label| label.mos);
        match self.sort {
            SortBy::Name => None,
            SortBy::Date => Some(row.photo.modified_ms as f64),
            SortBy::Score => self.score(row).map(|score| score.value),
            SortBy::Uncertainty => self.score(row).map(uncertainty),
            SortBy::Label => label,
            SortBy::Disagreement => self.score(row).zip(label).map(|(score, label)| (score.value - label).abs()),
            SortBy::Measure => {
                let entry = self.catalogue.as_ref()?.entry(row.photo.id)?;
                entry.attributes.as_deref()?.get(self.measure?)
            }
        }
    }
}

/// The width of a score's interval, in points.
fn uncertainty(score: Score) -> f64 {
    score.high - score.low
}
