//! One scale for scores and pairs: every photo has a hidden quality `s`, in points from 0 to 100, that both kinds of votes
//! look at.
//!
//! - A score is `s` plus noise of deviation `σ`; the mean of `n` raters has the noise `σ/√n`.
//! - A pair is Davidson's model (Davidson 1970, JASA 65:317), Bradley-Terry with ties. With `d = (s₁ − s₂)/τ`:
//!   `P(better) = e^(d/2)/Z`, `P(worse) = e^(−d/2)/Z`, `P(tie) = ν/Z`, `Z = e^(d/2) + e^(−d/2) + ν`.
//! - A comparison holds two noisy impressions against each other, so that its noise follows from that of a score
//!   (Thurstone's case V): the logistic of scale `τ` has the deviation of `√2·σ` for `τ = σ·√6/π`.
//! - That scores and pairs share the quality and differ in noise alone is the model of Pérez-Ortiz et al. 2019
//!   (arXiv:1712.03686), which also shows that it needs fewer votes than either kind alone.
//!
//! The qualities are the maximum of the posterior (it is concave: Newton's method with conjugate gradients finds it); the
//! inverse of its curvature there is their covariance (Laplace). Numbers in, numbers out; knows no photo.

mod dense;
mod solve;

pub use dense::Posterior;

use std::f64::consts::PI;

use crate::domain::Preference;

/// Deviation of one person's score of a photo around its quality, in points, until votes say otherwise.
pub const NOISE: f64 = 12.0;

/// Score differences that [`NOISE`] weighs as much as when it is estimated.
const NOISE_WEIGHT: f64 = 20.0;

/// Davidson's `ν` until votes say otherwise: equals are called a tie one time in five.
const TIES: f64 = 0.5;

/// Pairs that [`TIES`] weighs as much as when it is estimated.
const TIES_WEIGHT: f64 = 10.0;

/// How noisy votes are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Deviation of one score, in points.
    pub score: f64,
    /// Davidson's `ν`.
    pub ties: f64,
}

impl Default for Noise {
    fn default() -> Self {
        Self { score: NOISE, ties: TIES }
    }
}

impl Noise {
    /// From the differences between two scores of one photo by persons, or times, that are as good as each other.
    pub fn of_differences(differences: &[f64]) -> Self {
        let squares: f64 = differences.iter().map(|difference| difference * difference / 2.0).sum();
        let n = differences.len() as f64;
        Self {
            score: ((NOISE_WEIGHT * NOISE * NOISE + squares) / (NOISE_WEIGHT + n)).sqrt().max(1.0),
            ..Self::default()
        }
    }

    /// The scale `τ` of a pair, in points.
    pub fn pair_scale(self) -> f64 {
        self.score * 6f64.sqrt() / PI
    }
}

/// What is known of a photo's quality beside pairs: a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Its mean, in points.
    pub mean: f64,
    /// One over its variance; 0 when nothing is known.
    pub precision: f64,
}

impl Belief {
    /// Of a mean and a deviation.
    pub fn new(mean: f64, deviation: f64) -> Self {
        Self { mean, precision: 1.0 / (deviation * deviation) }
    }

    /// What both say together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let precision = self.precision + other.precision;
        let mean = if precision > 0.0 {
            (self.mean * self.precision + other.mean * other.precision) / precision
        } else {
            self.mean
        };
        Self { mean, precision }
    }
}

/// Two photos, by their places, that were held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duel {
    /// The first.
    pub first: usize,
    /// The second, another one.
    pub second: usize,
    /// How the first compares.
    pub preference: Preference,
}

/// What the votes say.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What is known of each photo beside pairs.
    pub beliefs: Vec<Belief>,
    /// The pairs.
    pub duels: Vec<Duel>,
    /// How noisy they are.
    pub noise: Noise,
}

/// The chances that a photo is better, as good, worse, when its quality is `difference / τ` above the other's.
pub fn chances(difference: f64, ties: f64) -> [f64; 3] {
    // Scaled by the larger term, so that nothing overflows.
    let half = difference.abs() / 2.0;
    let (large, small, tie) = (1.0, (-2.0 * half).exp(), ties * (-half).exp());
    let all = large + small + tie;
    let (better, worse) = if difference >= 0.0 { (large, small) } else { (small, large) };
    [better / all, tie / all, worse / all]
}

/// Slope and curvature of `−ln P(preference)` at `difference = (s₁ − s₂)/τ`.
fn bend(difference: f64, preference: Preference, ties: f64) -> (f64, f64) {
    let [better, tie, worse] = chances(difference, ties);
    // The mean and the variance of the outcome counted as −½, 0, ½.
    let mean = (better - worse) / 2.0;
    let variance = (better + worse) / 4.0 - mean * mean;
    let seen = f64::from(preference as i8 - 1) / 2.0;
    debug_assert!((better + tie + worse - 1.0).abs() < 1e-9);
    (mean - seen, variance)
}

impl Evidence {
    /// The qualities that are likeliest, and the evidence with `ν` as the ties among the pairs have it.
    pub fn fit(mut self) -> (Vec<f64>, Self) {
        let mut qualities = solve::maximum(&self, None);
        // The likeliest ν depends on the qualities and the other way round; the second round moves neither visibly.
        for _ in 0..2 {
            if self.duels.is_empty() {
                break;
            }
            self.noise.ties = self.likeliest_ties(&qualities);
            qualities = solve::maximum(&self, Some(&qualities));
        }
        (qualities, self)
    }

    fn difference(&self, duel: &Duel, qualities: &[f64]) -> f64 {
        (qualities[duel.first] - qualities[duel.second]) / self.noise.pair_scale()
    }

    /// The `ν` under which as many ties are expected as there are, drawn toward [`TIES`] as if by pairs of equals.
    fn likeliest_ties(&self, qualities: &[f64]) -> f64 {
        let equals = TIES_WEIGHT * chances(0.0, TIES)[1];
        let seen = self.duels.iter().filter(|duel| duel.preference == Preference::Tie).count() as f64 + equals;
        let differences: Vec<f64> = self.duels.iter().map(|duel| self.difference(duel, qualities)).collect();
        let expected = |ties: f64| {
            let pairs: f64 = differences.iter().map(|difference| chances(*difference, ties)[1]).sum();
            pairs + TIES_WEIGHT * chances(0.0, ties)[1]
        };
        let (mut low, mut high) = (1e-3_f64, 1e3_f64);
        for _ in 0..50 {
            let middle = (low * high).sqrt();
            if expected(middle) < seen { low = middle } else { high = middle }
        }
        (low * high).sqrt()
    }
}

#[cfg(test)]
mod tests;
