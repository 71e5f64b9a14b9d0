//! Scores and labels made ready for many draws: sorted once, errors and pairs counted once.

use std::collections::BTreeMap;

use super::bootstrap::Counts;
use crate::domain::{EvaluatedPhoto, Measure, Score};
use crate::train::metrics::{self, Logistic, Order};

/// Photos with a model's scores.
pub(super) struct Frame {
    scores: Vec<f64>,
    labels: Vec<f64>,
    by_score: Order,
    by_label: Order,
    /// Positions of the photos of each group.
    pub(super) groups: Vec<Vec<usize>>,
    /// Pairs in the right order and all pairs, of each group.
    pairs: Vec<(f64, f64)>,
    good: Vec<bool>,
    covered: Vec<bool>,
    /// The logistic of all photos: where the fit of a draw begins.
    curve: Option<Logistic>,
}

/// Positions of the photos of each group, groups by name.
pub(super) fn members<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    names.enumerate().for_each(|(index, name)| groups.entry(name).or_default().push(index));
    groups.into_values().collect()
}

impl Frame {
    /// Photos of which only score, label and group are known: [`Measure::Auc`] and [`Measure::Coverage`] are not
    /// defined on them.
    pub(super) fn new(scores: Vec<f64>, labels: Vec<f64>, groups: Vec<Vec<usize>>) -> Self {
        let pairs = groups.iter().map(|members| metrics::pairs_in_order(&scores, &labels, members)).collect();
        let (by_score, by_label) = (Order::of(&scores), Order::of(&labels));
        let counts = vec![1.0; scores.len()];
        let curve = metrics::plcc_fitted(&scores, &labels, &counts, None).and_then(|(_, curve)| curve);
        Self { scores, labels, by_score, by_label, groups, pairs, good: Vec::new(), covered: Vec::new(), curve }
    }

    /// Photos with the scores that `pick` takes; labels from `threshold` on count as good.
    pub(super) fn of(photos: &[&EvaluatedPhoto], pick: &dyn Fn(&EvaluatedPhoto) -> Score, threshold: f64) -> Self {
        let scores: Vec<Score> = photos.iter().map(|photo| pick(photo)).collect();
        let labels: Vec<f64> = photos.iter().map(|photo| photo.label).collect();
        let covered = scores.iter().zip(&labels).map(|(score, label)| (score.low..=score.high).contains(label));
        let (covered, good) = (covered.collect(), labels.iter().map(|label| *label >= threshold).collect());
        let groups = members(photos.iter().map(|photo| photo.group.as_str()));
        let frame = Self::new(scores.iter().map(|score| score.value).collect(), labels, groups);
        Self { good, covered, ..frame }
    }

    /// A measure of all photos.
    pub(super) fn whole(&self, measure: Measure) -> Option<f64> {
        self.drawn(measure, &Counts::once(self.scores.len(), self.groups.len()))
    }

    /// A measure of the photos of a draw.
    pub(super) fn drawn(&self, measure: Measure, counts: &Counts) -> Option<f64> {
        let photos = counts.photos.as_slice();
        match measure {
            Measure::Srcc => metrics::srcc_counted(&self.by_score, &self.by_label, photos),
            Measure::Plcc => metrics::plcc_counted(&self.scores, &self.labels, photos),
            Measure::PlccLogistic => {
                metrics::plcc_fitted(&self.scores, &self.labels, photos, self.curve).map(|(value, _)| value)
            }
            Measure::Krcc => metrics::krcc_counted(&self.by_score, &self.by_label, photos),
            Measure::Mae => self.mean(photos, f64::abs),
            Measure::Rmse => self.mean(photos, |error| error * error).map(f64::sqrt),
            Measure::Bias => self.mean(photos, |error| error),
            Measure::PairAccuracy => share(self.pairs.iter().copied().zip(&counts.groups)),
            Measure::Auc if self.good.is_empty() => None,
            Measure::Auc => metrics::auc_counted(&self.by_score, &self.good, photos),
            Measure::Coverage => {
                share(self.covered.iter().map(|covered| (f64::from(u8::from(*covered)), 1.0)).zip(photos))
            }
        }
    }

    fn mean(&self, counts: &[f64], of_error: impl Fn(f64) -> f64) -> Option<f64> {
        let errors = self.scores.iter().zip(&self.labels).map(|(score, label)| (of_error(score - label), 1.0));
        share(errors.zip(counts))
    }
}

/// The sum of parts over the sum of wholes, each pair counting so often.
fn share<'a>(tallies: impl Iterator<Item = ((f64, f64), &'a f64)>) -> Option<f64> {
    let (part, whole) =
        tallies.fold((0.0, 0.0), |sum, ((part, whole), count)| (sum.0 + part * count, sum.1 + whole * count));
    (whole > 0.0).then(|| part / whole)
}
