//! What more labels would bring: an inverse power law through the accuracy at fewer labels.
//!
//! `SRCC(n) = a − b n^(−c)` with `b ≥ 0`, `a ≤ 1` (Cortes et al. 1993; Figueroa et al. 2012). The points are ridges on
//! groups drawn from the labels there are, each judged on photos whose group was left out.

use std::fmt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::block_weights;
use super::metrics;
use super::personal::{FEWEST_LABELS, Fit, Training, join};
use super::ridge::Groups;
use super::scaling::Scaling;
use super::shuffle::{below, shuffle};
use crate::error::Result;

/// Shares of the labels that a model is fitted with.
const SHARES: [f64; 6] = [0.3, 0.4, 0.5, 0.65, 0.8, 1.0];

/// Draws of each share.
const DRAWS: usize = 6;

/// Labels looked at, at most: beyond, a curve is flat and each fit slow.
const MOST_LABELS: usize = 800;

/// Exponents tried.
const EXPONENTS: [f64; 7] = [0.25, 0.35, 0.5, 0.65, 0.8, 1.0, 1.3];

/// Resamples of the points that say how sure a forecast is.
const RESAMPLES: usize = 200;

/// How accurate a model with so many labels is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Labels it was fitted with.
    pub labels: usize,
    /// Its Spearman correlation on photos whose group was left out.
    pub srcc: f64,
}

/// What more labels would bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// More labels.
    pub more: usize,
    /// Expected gain in SRCC; never below 0.
    pub gain: f64,
    /// Three standard errors of the gain: two would do if the points came from different labels.
    pub margin: f64,
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "≈{} more labels → +{:.2} ± {:.2}", self.more, self.gain, self.margin.max(0.01))
    }
}

impl Forecast {
    /// Forecasts the gain of `more` labels beyond `labels`; nothing when the points are of fewer than three sizes.
    pub fn new(points: &[CurvePoint], labels: usize, more: usize, seed: u64) -> Option<Self> {
        let gain = |points: &[CurvePoint]| {
            let law = PowerLaw::fit(points)?;
            Some(law.at((labels + more) as f64) - law.at(labels as f64))
        };
        let expected = gain(points)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut squares = Vec::with_capacity(RESAMPLES);
        for _ in 0..RESAMPLES {
            let drawn: Vec<CurvePoint> = (0..points.len()).map(|_| points[below(&mut rng, points.len())]).collect();
            squares.extend(gain(&drawn).map(|gain| (gain - expected).powi(2)));
        }
        let margin = 3.0 * (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt();
        Some(Self { more, gain: expected, margin })
    }

    /// A next goal worth naming: half as many labels again, in tens, 20 to 500.
    pub fn next_goal(labels: usize) -> usize {
        (labels / 20 * 10).clamp(20, 500)
    }
}

/// Fits personal models with fewer labels than there are: the points of the learning curve, in rising order. Takes as
/// long as some twenty fits; `keep_going` hears how many of how many are done, and false ends it without points.
///
/// # Errors
/// When the features are not of `scaling`'s kind, or not finite.
pub fn learning_curve(
    training: Training<'_>,
    scaling: &Scaling,
    seed: u64,
    keep_going: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Vec<CurvePoint>> {
    let groups = Groups::new(training.groups);
    let designs = scaling.design(training.features)?;
    let weights = block_weights::choose(&designs, training.labels, &groups)?;
    let joined = join(&designs, &weights);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<(usize, &Vec<usize>)> = groups.members().iter().enumerate().collect();
    let most = training.labels.len().min(MOST_LABELS);
    let mut points = Vec::new();
    for (done, share) in SHARES.into_iter().enumerate() {
        let wanted = (share * most as f64).round() as usize;
        let draws = if wanted == training.labels.len() { 1 } else { DRAWS };
        for draw in 0..draws {
            if !keep_going(done * DRAWS + draw, SHARES.len() * DRAWS) {
                return Ok(Vec::new());
            }
            shuffle(&mut order, &mut rng);
            let mut photos: Vec<(usize, u32)> = Vec::new();
            for (key, members) in &order {
                if photos.len() < wanted {
                    photos.extend(members.iter().map(|&photo| (photo, *key as u32)));
                }
            }
            let (photos, keys): (Vec<usize>, Vec<u32>) = photos.into_iter().unzip();
            if photos.len() < FEWEST_LABELS {
                continue;
            }
            let pick = |values: &[f64]| photos.iter().map(|&photo| values[photo]).collect::<Vec<f64>>();
            let (labels, base) = (pick(training.labels), training.base.map(pick));
            let mut rows = joined.gather(&photos);
            let means = rows.means();
            rows.centre(&means);
            let some = Training { labels: &labels, groups: &keys, base: base.as_deref(), ..training };
            if let Ok(fit) = Fit::new(&rows, some, &Groups::new(&keys)) {
                let srcc = metrics::srcc(&fit.scores, &labels);
                points.extend(srcc.map(|srcc| CurvePoint { labels: photos.len(), srcc }));
            }
        }
    }
    points.sort_by(|a, b| a.labels.cmp(&b.labels).then(a.srcc.total_cmp(&b.srcc)));
    Ok(points)
}

#[derive(Debug, Clone, Copy)]
struct PowerLaw {
    a: f64,
    b: f64,
    c: f64,
}

impl PowerLaw {
    fn at(&self, n: f64) -> f64 {
        self.a - self.b * n.powf(-self.c)
    }

    /// Least squares for `a` and `b` at each exponent, each point weighted by its labels (the variance of a correlation
    /// falls with their number); the exponent with the least error.
    fn fit(points: &[CurvePoint]) -> Option<Self> {
        let mut sizes: Vec<usize> = points.iter().map(|point| point.labels).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.len() < 3 {
            return None;
        }
        let laws = EXPONENTS.map(|c| Self::with_exponent(points, c));
        laws.into_iter().min_by(|a, b| a.error(points).total_cmp(&b.error(points)))
    }

    fn with_exponent(points: &[CurvePoint], c: f64) -> Self {
        let pairs = || points.iter().map(|point| (point.labels as f64, (point.labels as f64).powf(-c), point.srcc));
        let total: f64 = pairs().map(|(w, ..)| w).sum();
        let x = pairs().map(|(w, x, _)| w * x).sum::<f64>() / total;
        let y = pairs().map(|(w, _, y)| w * y).sum::<f64>() / total;
        let xy: f64 = pairs().map(|(w, px, py)| w * (px - x) * (py - y)).sum();
        let xx: f64 = pairs().map(|(w, px, _)| w * (px - x).powi(2)).sum();
        let b = (-xy / xx).max(0.0);
        if y + b * x <= 1.0 {
            return Self { a: y + b * x, b, c };
        }
        let through_one: f64 = pairs().map(|(w, px, py)| w * px * (1.0 - py)).sum();
        let square: f64 = pairs().map(|(w, px, _)| w * px * px).sum();
        Self { a: 1.0, b: (through_one / square).max(0.0), c }
    }

    fn error(&self, points: &[CurvePoint]) -> f64 {
        points.iter().map(|point| point.labels as f64 * (self.at(point.labels as f64) - point.srcc).powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(law: PowerLaw, noise: f64) -> Vec<CurvePoint> {
        let sizes = [60, 80, 100, 130, 160, 200];
        let off = |i: usize| noise * (((i * 37) % 11) as f64 / 5.0 - 1.0);
        (0..36).map(|i| CurvePoint { labels: sizes[i / 6], srcc: law.at(sizes[i / 6] as f64) + off(i) }).collect()
    }

    #[test]
    fn a_known_law_is_forecast() {
        let law = PowerLaw { a: 0.95, b: 2.0, c: 0.5 };
        let truth = law.at(320.0) - law.at(200.0);
        let exact = Forecast::new(&points(law, 0.0), 200, 120, 1).expect("enough sizes");
        assert!((exact.gain - truth).abs() < 1e-6 && exact.margin < 1e-6, "{exact:?} {truth}");
        let noisy = Forecast::new(&points(law, 0.02), 200, 120, 1).expect("enough sizes");
        assert!((noisy.gain - truth).abs() < noisy.margin && noisy.margin < 0.05, "{noisy:?} {truth}");
        assert_eq!(exact.to_string(), "≈120 more labels → +0.03 ± 0.01");
    }

    #[test]
    fn a_flat_or_falling_curve_promises_nothing() {
        let falling = |srcc: f64| -> Vec<CurvePoint> {
            (0..6).map(|i| CurvePoint { labels: 50 + 20 * i, srcc: srcc - 0.01 * i as f64 }).collect()
        };
        assert_eq!(Forecast::new(&falling(0.8), 150, 100, 1).expect("enough sizes").gain, 0.0);
        assert_eq!(Forecast::new(&falling(0.8)[..2], 150, 100, 1), None);
        assert_eq!([30, 250, 9000].map(Forecast::next_goal), [20, 120, 500]);
    }
}
