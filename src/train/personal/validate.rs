//! How a personal model does on photos that no part of it has seen: neither weights, penalty nor intervals.

use super::{FEWEST_LABELS, Personal, Training};
use crate::domain::Score;
use crate::error::Result;
use crate::train::metrics;
use crate::train::ridge::Groups;
use crate::train::scaling::Scaling;

/// Folds, each fitted from scratch on the others.
const FOLDS: usize = 5;

/// Scores of labelled photos by models that saw none of their group.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// The score of each labelled photo, in their order.
    pub scores: Vec<Score>,
    /// Spearman's correlation of scores and labels.
    pub srcc: Option<f64>,
    /// Mean absolute error in points.
    pub mae: f64,
    /// The share of labels inside their 90 % interval.
    pub coverage: f64,
}

impl Personal {
    /// Fits five models, each without a fifth of the groups, and judges them on it; takes five fits. Nothing when a fold
    /// leaves fewer than [`FEWEST_LABELS`] labels, or none that differ.
    ///
    /// # Errors
    /// As [`Self::fit`].
    pub fn validate(training: Training<'_>, scaling: &Scaling, seed: u64) -> Result<Option<Validation>> {
        let groups = Groups::new(training.groups);
        let folds = groups.members().len().min(FOLDS);
        let fold_of = groups.folds(folds);
        let labels = training.labels;
        let mut scores = vec![Score { value: 0.0, low: 0.0, high: 0.0 }; labels.len()];
        for fold in 0..folds {
            let (out, inside): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&photo| fold_of[photo] == fold);
            // Without these labels, there is nothing to learn.
            let alike = inside.windows(2).all(|pair| labels[pair[0]] == labels[pair[1]]);
            if inside.len() < FEWEST_LABELS || alike {
                return Ok(None);
            }
            let pick = |values: &[f64], photos: &[usize]| photos.iter().map(|&photo| values[photo]).collect::<Vec<_>>();
            let base = training.base.map(|base| pick(base, &inside));
            let some = Training {
                features: &training.features.gather(&inside),
                labels: &pick(labels, &inside),
                groups: &inside.iter().map(|&photo| training.groups[photo]).collect::<Vec<_>>(),
                base: base.as_deref(),
            };
            let model = Self::fit(some, scaling, seed)?;
            let base = training.base.map(|base| pick(base, &out));
            let judged = model.predict(&training.features.gather(&out), base.as_deref())?;
            out.iter().zip(judged).for_each(|(&photo, estimate)| scores[photo] = estimate.score);
        }
        let n = labels.len() as f64;
        let held = scores.iter().zip(labels).filter(|(score, label)| score.low <= **label && **label <= score.high);
        let coverage = held.count() as f64 / n;
        let values: Vec<f64> = scores.iter().map(|score| score.value).collect();
        let mae = metrics::mae(&values, labels).unwrap_or_default();
        Ok(Some(Validation { srcc: metrics::srcc(&values, labels), mae, coverage, scores }))
    }
}
