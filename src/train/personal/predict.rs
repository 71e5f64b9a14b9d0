//! Scores photos with a personal model: one pass over their cached features.

use std::ops::Range;

use super::bootstrap::spread;
use super::{Base, Personal, Rule};
use crate::domain::Score;
use crate::error::{Error, Result};
use crate::jobs;
use crate::train::features::Features;

/// What the personal model says of a photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Score and 90 % interval.
    pub score: Score,
    /// The photo is unlike those it learnt from: neither score nor interval can be relied on.
    pub unfamiliar: bool,
}

/// Photos that are worth a thread.
const LEAST_SHARE: usize = 2000;

/// Lanes that a sum is spread over, so that the compiler may add them side by side.
const LANES: usize = 16;

impl Personal {
    /// Scores photos; `base` are the base model's scores, needed when [`Self::needs_base`].
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the features are of another kind than those it learnt from,
    /// [`crate::Code::Internal`] when base scores are missing.
    pub fn predict(&self, features: &Features, base: Option<&[f64]>) -> Result<Vec<Estimate>> {
        self.scaling.check(features)?;
        let base = match (&self.base, base) {
            (None, _) => None,
            (Some(blend), Some(scores)) if scores.len() == features.photos() => Some((blend, scores)),
            (Some(_), _) => return Err(Error::internal("the personal model needs the base score of every photo")),
        };
        let part = &|photos: Range<usize>| -> Vec<Estimate> {
            let mut row = vec![0.0; self.scaling.width()];
            let mut estimate = |photo: usize| {
                self.scaling.scaled(features, photo, &mut row);
                self.estimate(&row, base.map(|(blend, scores)| (blend, scores[photo])))
            };
            photos.map(&mut estimate).collect()
        };
        let all = features.photos();
        let share = all.div_ceil(jobs::worker_count()).max(LEAST_SHARE);
        std::thread::scope(|scope| {
            let start = |from: usize| scope.spawn(move || part(from..all.min(from + share)));
            let workers: Vec<_> = (share..all).step_by(share).map(start).collect();
            let mut estimates = part(0..all.min(share));
            for worker in workers {
                estimates.extend(worker.join().map_err(|_| Error::internal("scoring photos failed"))?);
            }
            Ok(estimates)
        })
    }

    fn estimate(&self, row: &[f32], base: Option<(&Base, f64)>) -> Estimate {
        let (own, drawn) = self.rules.split_first().map_or((0.0, [].as_slice()), |(own, drawn)| (own.at(row), drawn));
        let (share, score) = match base {
            None => (1.0, own),
            Some((blend, base)) => {
                (blend.own_share, blend.own_share * own + (1.0 - blend.own_share) * blend.curve.at(base))
            }
        };
        let value = score.clamp(0.0, 100.0);
        let spread = if drawn.is_empty() { 0.0 } else { share * spread(drawn.iter().map(|rule| rule.at(row))) };
        let half_width = self.conformal.half_width(spread);
        Estimate {
            score: Score { value, low: (value - half_width).max(0.0), high: (value + half_width).min(100.0) },
            unfamiliar: self.novelty.as_ref().is_some_and(|novelty| novelty.is_unfamiliar(row)),
        }
    }
}

impl Rule {
    fn at(&self, row: &[f32]) -> f64 {
        let mut lanes = [0.0f32; LANES];
        let ((weights, more_weights), (values, more_values)) =
            (self.weights.as_chunks::<LANES>(), row.as_chunks::<LANES>());
        let rest: f32 = more_weights.iter().zip(more_values).map(|(weight, value)| weight * value).sum();
        for (weights, values) in weights.iter().zip(values) {
            for lane in 0..LANES {
                lanes[lane] += weights[lane] * values[lane];
            }
        }
        f64::from(self.bias + rest + lanes.iter().sum::<f32>())
    }
}
