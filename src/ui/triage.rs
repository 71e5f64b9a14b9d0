//! Scores in bands: counted as they come in, so that moving an edge costs no look at the photos.
//!
//! Plain values; must not know the state, the project or the screen.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::state::ScoreColumn;
use crate::api::PhotoRow;
use crate::domain::ScoreRow;

/// Buckets a point: edges lie between two of them.
const FINE: usize = 100;

/// How many scores lie where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    buckets: Vec<u32>,
    scored: usize,
    failed: usize,
}

impl Default for Triage {
    fn default() -> Self {
        Self { buckets: vec![0; 100 * FINE + 1], scored: 0, failed: 0 }
    }
}

/// Photos by band.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BandCounts {
    /// Below the lower edge.
    pub reject: usize,
    /// Between the edges.
    pub review: usize,
    /// From the upper edge on.
    pub accept: usize,
}

impl Triage {
    /// Counts rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a ScoreRow>) -> Self {
        let mut triage = Self::default();
        rows.into_iter().for_each(|row| triage.add(row));
        triage
    }

    /// Counts one row more.
    pub fn add(&mut self, row: &ScoreRow) {
        match row.score {
            Some(score) => {
                self.buckets[bucket(score.value)] += 1;
                self.scored += 1;
            }
            None => self.failed += 1,
        }
    }

    /// Photos with a score.
    pub fn scored(&self) -> usize {
        self.scored
    }

    /// Photos without one.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// How many photos lie in each band; edges are whole or hundredth points.
    pub fn counts(&self, reject_below: f64, accept_from: f64) -> BandCounts {
        let below = |edge: f64| self.buckets[..bucket(edge)].iter().map(|count| *count as usize).sum::<usize>();
        let (reject, accept) = (below(reject_below), self.scored - below(accept_from));
        BandCounts { reject, review: self.scored - reject - accept, accept }
    }

    /// How many photos lie in each of so many equal columns from 0 to 100.
    pub fn columns(&self, count: usize) -> Vec<u32> {
        let mut columns = vec![0; count];
        for (place, photos) in self.buckets.iter().enumerate() {
            columns[(place * count / (100 * FINE)).min(count - 1)] += photos;
        }
        columns
    }
}

fn bucket(score: f64) -> usize {
    // The floor of 70 hundredths of a point must not be that of 69.999….
    ((score * FINE as f64 + 1e-6).max(0.0) as usize).min(100 * FINE)
}

/// Scores of photos that people have labelled, too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Photos that people call good, by whole points of their score.
    good: Vec<usize>,
    /// The others.
    poor: Vec<usize>,
}

/// Labels from here on are called good.
pub const GOOD_FROM: f64 = 50.0;

/// What a wrong decision costs, in looks at a photo.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prices {
    /// A photo that people call poor is accepted.
    pub wrong_accept: f64,
    /// A photo that people call good is rejected.
    pub wrong_reject: f64,
    /// Somebody looks at a photo.
    pub review: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self { wrong_accept: 5.0, wrong_reject: 2.0, review: 1.0 }
    }
}

/// What two edges come to on labelled photos.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bill {
    /// Accepted, although people call them poor.
    pub wrong_accepts: usize,
    /// Rejected, although people call them good.
    pub wrong_rejects: usize,
    /// To be looked at.
    pub reviews: usize,
    /// What that costs together.
    pub cost: f64,
}

impl Judged {
    /// Sorts labelled photos by their score.
    pub fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (mut good, mut poor) = (vec![0; 102], vec![0; 102]);
        for (score, label) in pairs {
            let place = score.clamp(0.0, 100.0) as usize;
            *if label >= GOOD_FROM { &mut good[place] } else { &mut poor[place] } += 1;
        }
        Self { good, poor }
    }

    /// How many labelled photos there are.
    pub fn photos(&self) -> usize {
        self.good.iter().chain(&self.poor).sum()
    }

    /// What whole edges come to.
    pub fn bill(&self, reject_below: f64, accept_from: f64, prices: Prices) -> Bill {
        let place = |edge: f64| (edge.clamp(0.0, 101.0) as usize).min(self.good.len());
        let (low, high) = (place(reject_below), place(accept_from).max(place(reject_below)));
        let sum = |counts: &[usize]| counts.iter().sum::<usize>();
        let (wrong_rejects, wrong_accepts) = (sum(&self.good[..low]), sum(&self.poor[high..]));
        let reviews = sum(&self.good[low..high]) + sum(&self.poor[low..high]);
        let cost = prices.wrong_accept * wrong_accepts as f64
            + prices.wrong_reject * wrong_rejects as f64
            + prices.review * reviews as f64;
        Bill { wrong_accepts, wrong_rejects, reviews, cost }
    }

    /// The whole edges that cost least; of equal ones those that are closest to each other.
    pub fn cheapest(&self, prices: Prices) -> Option<(f64, f64, Bill)> {
        if self.photos() == 0 {
            return None;
        }
        let edges = (0..=100_u32).flat_map(|low| (low..=100).map(move |high| (f64::from(low), f64::from(high))));
        let bills = edges.map(|(low, high)| (low, high, self.bill(low, high, prices)));
        let order = |a: &(f64, f64, Bill), b: &(f64, f64, Bill)| {
            a.2.cost.total_cmp(&b.2.cost).then((a.1 - a.0).total_cmp(&(b.1 - b.0)))
        };
        bills.min_by(order)
    }
}

/// Rows in the order of the table, and what follows from them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sorted {
    /// The question's number.
    pub turn: u64,
    /// The rows.
    pub rows: Vec<Arc<ScoreRow>>,
    /// Where the selected one stands.
    pub at: Option<usize>,
    /// Those that people have labelled, too.
    pub judged: Judged,
}

/// How the table is to be sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorting {
    /// Larger for every later question.
    pub turn: u64,
    /// The column.
    pub column: ScoreColumn,
    /// Largest first.
    pub descending: bool,
    /// The selected row's path.
    pub selected: Option<PathBuf>,
}

impl Sorting {
    /// Sorts rows and holds them against the labels of the project's photos with the same content.
    pub fn answer(&self, mut rows: Vec<Arc<ScoreRow>>, photos: &[PhotoRow]) -> Sorted {
        rows.sort_by(|a, b| self.order(a, b).then_with(|| a.path.as_os_str().cmp(b.path.as_os_str())));
        let labels: HashMap<&str, f64> =
            photos.iter().filter_map(|row| Some((row.photo.sha256.as_str(), row.label?.mos))).collect();
        let pairs = rows.iter().filter_map(|row| Some((row.score?.value, *labels.get(row.sha256.as_str())?)));
        let judged = Judged::of(pairs);
        let at = self.selected.as_ref().and_then(|path| rows.iter().position(|row| row.path == *path));
        Sorted { turn: self.turn, at, judged, rows }
    }

    fn order(&self, a: &ScoreRow, b: &ScoreRow) -> Ordering {
        let turned = |order: Ordering| if self.descending { order.reverse() } else { order };
        let by_value = |value: fn(&ScoreRow) -> Option<f64>| match (value(a), value(b)) {
            (Some(a), Some(b)) => turned(a.total_cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let reason = |row: &ScoreRow| row.error.clone().or_else(|| row.reason.clone());
        match self.column {
            ScoreColumn::Score => by_value(|row| row.score.map(|score| score.value)),
            ScoreColumn::Interval => by_value(|row| row.score.map(|score| score.high - score.low)),
            ScoreColumn::Name => turned(a.path.as_os_str().cmp(b.path.as_os_str())),
            ScoreColumn::Reason => match (reason(a), reason(b)) {
                (Some(a), Some(b)) => turned(a.cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ModelId, Score};

    fn row(value: Option<f64>) -> ScoreRow {
        ScoreRow {
            path: PathBuf::from("/a.jpg"),
            sha256: String::new(),
            model: ModelId("m".to_owned()),
            score: value.map(|value| Score { value, low: 0.0, high: 100.0 }),
            attributes: None,
            reason: None,
            error: None,
            at_ms: 0,
        }
    }

    #[test]
    fn edges_belong_to_the_better_band_and_every_score_to_one() {
        let rows: Vec<ScoreRow> = [0.0, 39.999, 40.0, 69.99, 70.0, 100.0]
            .map(|value| row(Some(value)))
            .into_iter()
            .chain([row(None)])
            .collect();
        let triage = Triage::of(&rows);
        let counts = |low, high| {
            let found = triage.counts(low, high);
            (found.reject, found.review, found.accept)
        };
        assert_eq!(counts(40.0, 70.0), (2, 2, 2));
        assert_eq!((counts(0.0, 0.0), counts(100.0, 100.0)), ((0, 0, 6), (5, 0, 1)));
        assert_eq!((triage.scored(), triage.failed()), (6, 1));
        assert_eq!(triage.columns(2), [3, 3]);
    }

    #[test]
    fn the_bill_counts_disagreements_and_the_cheapest_edges_avoid_them() {
        // People call photos good from a score of 60 on, but for one at 90.
        let judged = Judged::of([(10.0, 0.0), (30.0, 25.0), (59.0, 25.0), (60.0, 75.0), (80.0, 100.0), (90.0, 0.0)]);
        let prices = Prices { wrong_accept: 5.0, wrong_reject: 2.0, review: 1.0 };
        let bill = judged.bill(40.0, 70.0, prices);
        assert_eq!((bill.wrong_accepts, bill.wrong_rejects, bill.reviews, bill.cost), (1, 0, 2, 7.0));
        let (low, high, least) = judged.cheapest(prices).expect("labelled photos");
        // Looking at the three best is as dear as it gets cheap.
        assert_eq!((low, least.cost), (60.0, 3.0));
        assert!(high > 90.0 && least.wrong_accepts == 0);
        let accepting = judged.cheapest(Prices { wrong_accept: 0.5, ..prices }).expect("labelled photos");
        assert_eq!((accepting.0, accepting.1, accepting.2.cost), (60.0, 60.0, 0.5));
        assert_eq!(Judged::of([]).cheapest(prices), None);
    }
}
