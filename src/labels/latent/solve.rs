//! The maximum of the posterior: Newton's method whose steps come from conjugate gradients, so that many thousand photos
//! with few pairs each cost little.

use super::{Evidence, bend};

/// Steps of Newton's method at most; the posterior is concave and smooth, a handful do.
const STEPS: usize = 60;

/// A step that moves no quality by more than this many points is the last.
const STILL: f64 = 1e-7;

/// The likeliest qualities, from `start` or from what is known of each photo.
pub(super) fn maximum(evidence: &Evidence, start: Option<&[f64]>) -> Vec<f64> {
    let beliefs = || evidence.beliefs.iter().map(|belief| belief.mean).collect();
    let mut qualities: Vec<f64> = start.map_or_else(beliefs, <[f64]>::to_vec);
    for _ in 0..STEPS {
        let curve = Curve::at(evidence, &qualities);
        let mut step = curve.solve();
        // Far from the maximum a full step may overshoot: the logistic is flat there.
        let longest = step.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
        let allowed = 2.0 * evidence.noise.pair_scale();
        if longest > allowed {
            step.iter_mut().for_each(|part| *part *= allowed / longest);
        }
        qualities.iter_mut().zip(&step).for_each(|(quality, part)| *quality -= part);
        if longest < STILL {
            break;
        }
    }
    qualities
}

/// Gradient and curvature of the negative log posterior at some qualities.
pub(super) struct Curve<'a> {
    evidence: &'a Evidence,
    pub(super) gradient: Vec<f64>,
    pub(super) diagonal: Vec<f64>,
    /// The curvature along each duel.
    pub(super) weights: Vec<f64>,
}

impl<'a> Curve<'a> {
    pub(super) fn at(evidence: &'a Evidence, qualities: &[f64]) -> Self {
        let known = evidence.beliefs.iter().zip(qualities);
        let mut gradient: Vec<f64> =
            known.map(|(belief, quality)| belief.precision * (quality - belief.mean)).collect();
        let mut diagonal: Vec<f64> = evidence.beliefs.iter().map(|belief| belief.precision).collect();
        let scale = evidence.noise.pair_scale();
        let weights = evidence.duels.iter().map(|duel| {
            let (slope, curvature) = bend(evidence.difference(duel, qualities), duel.preference, evidence.noise.ties);
            let weight = curvature / (scale * scale);
            gradient[duel.first] += slope / scale;
            gradient[duel.second] -= slope / scale;
            diagonal[duel.first] += weight;
            diagonal[duel.second] += weight;
            weight
        });
        let weights = weights.collect();
        Self { evidence, gradient, diagonal, weights }
    }

    /// The curvature times a direction.
    fn times(&self, direction: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = self.diagonal.iter().zip(direction).map(|(own, part)| own * part).collect();
        for (duel, weight) in self.evidence.duels.iter().zip(&self.weights) {
            product[duel.first] -= weight * direction[duel.second];
            product[duel.second] -= weight * direction[duel.first];
        }
        product
    }

    /// The inverse of the curvature times the gradient, by conjugate gradients, each scaled by its diagonal.
    fn solve(&self) -> Vec<f64> {
        let n = self.gradient.len();
        let scaled = |residual: &[f64]| -> Vec<f64> {
            residual.iter().zip(&self.diagonal).map(|(part, own)| part / own.max(1e-12)).collect()
        };
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let (mut solution, mut residual) = (vec![0.0; n], self.gradient.clone());
        let mut direction = scaled(&residual);
        let mut power = dot(&residual, &direction);
        let enough = power * 1e-20;
        for _ in 0..(2 * n).clamp(20, 500) {
            if power <= enough {
                break;
            }
            let along = self.times(&direction);
            let bending = dot(&direction, &along);
            if bending <= 0.0 {
                break;
            }
            let length = power / bending;
            solution.iter_mut().zip(&direction).for_each(|(part, along)| *part += length * along);
            residual.iter_mut().zip(&along).for_each(|(part, along)| *part -= length * along);
            let next = scaled(&residual);
            let after = dot(&residual, &next);
            direction.iter_mut().zip(&next).for_each(|(part, next)| *part = next + after / power * *part);
            power = after;
        }
        solution
    }
}
