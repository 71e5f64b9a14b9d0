//! The four-parameter logistic between scores and labels (VQEG 2000; Sheikh, Sabir and Bovik 2006), fitted by damped
//! least squares (Levenberg 1944; Marquardt 1963).

use serde::{Deserialize, Serialize};

use super::plcc_counted;

/// Fewest photos a curve with four parameters is fitted to.
const FEWEST: f64 = 10.0;

/// Most steps of a fit from nothing, and from a curve that was fitted to much the same photos.
const STEPS: usize = 200;
const STEPS_FROM_A_CURVE: usize = 20;

/// A fit has converged when a step gains less than this share of what is left.
const ENOUGH: f64 = 1e-9;

/// Where the best curve has no end (labels bend one way only), steps gain little for ever: a last one below this share
/// counts as converged, too.
const LITTLE: f64 = 1e-3;

/// The curve `(b1 − b2)/(1 + exp(−(x − b3)/b4)) + b2`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// `b1` to `b4`: the upper and the lower end, the middle, and the width.
    pub b: [f64; 4],
}

impl Logistic {
    /// The label that belongs to a score.
    pub fn at(&self, x: f64) -> f64 {
        let [b1, b2, b3, b4] = self.b;
        (b1 - b2) / (1.0 + (-(x - b3) / b4).exp()) + b2
    }

    /// Whether labels rise with scores.
    pub fn is_rising(&self) -> bool {
        (self.b[0] - self.b[1]) * self.b[3] > 0.0
    }

    /// How the curve at `x` moves with each parameter, and its value.
    fn slopes(&self, x: f64) -> ([f64; 4], f64) {
        let [b1, b2, b3, b4] = self.b;
        let share = 1.0 / (1.0 + (-(x - b3) / b4).exp());
        let steep = (b1 - b2) * share * (1.0 - share) / b4;
        ([share, 1.0 - share, -steep, -steep * (x - b3) / b4], (b1 - b2) * share + b2)
    }

    fn squares(&self, x: &[f64], y: &[f64], counts: &[f64]) -> f64 {
        x.iter().zip(y).zip(counts).map(|((x, y), count)| count * (y - self.at(*x)).powi(2)).sum()
    }

    /// Fits the curve to pairs that count so often, from `start` or else from the ends, the mean and the deviation of
    /// the data. Nothing when there are fewer than ten pairs, a side does not vary, or it does not converge.
    pub fn fit(x: &[f64], y: &[f64], counts: &[f64], start: Option<Self>) -> Option<Self> {
        let guess = first_guess(x, y, counts)?;
        let narrowest = guess.b[3] * 1e-6;
        let mut curve = start.unwrap_or(guess);
        let mut squares = curve.squares(x, y, counts);
        let (mut damping, mut last_gain) = (1e-3, f64::INFINITY);
        for _ in 0..if start.is_some() { STEPS_FROM_A_CURVE } else { STEPS } {
            let next = curve.step(x, y, counts, damping)?;
            let found = next.squares(x, y, counts);
            if found <= squares && next.b[3].abs() > narrowest {
                let gain = squares - found;
                (curve, squares, damping) = (next, found, f64::max(damping * 0.2, 1e-12));
                if gain <= ENOUGH * squares {
                    return Some(curve);
                }
                last_gain = gain;
            } else {
                damping *= 5.0;
                if damping > 1e12 {
                    // Not even the smallest step downhill gains anything: this is the bottom.
                    return squares.is_finite().then_some(curve);
                }
            }
        }
        (last_gain <= LITTLE * squares).then_some(curve)
    }

    /// One step: solves `(JᵀJ + damping·diag(JᵀJ))·δ = Jᵀr`.
    fn step(&self, x: &[f64], y: &[f64], counts: &[f64], damping: f64) -> Option<Self> {
        let mut system = [[0.0; 5]; 4];
        for ((x, y), count) in x.iter().zip(y).zip(counts) {
            let (slopes, value) = self.slopes(*x);
            let residual = y - value;
            for (row, slope) in system.iter_mut().zip(slopes) {
                let weighted = count * slope;
                row[..4].iter_mut().zip(slopes).for_each(|(cell, other)| *cell += weighted * other);
                row[4] += weighted * residual;
            }
        }
        for (index, row) in system.iter_mut().enumerate() {
            row[index] += damping * row[index] + f64::MIN_POSITIVE;
        }
        let step = solve(system)?;
        let mut b = self.b;
        b.iter_mut().zip(step).for_each(|(b, step)| *b += step);
        Some(Self { b })
    }
}

/// Where a fit begins: the ends of the labels, the mean and the deviation of the scores.
fn first_guess(x: &[f64], y: &[f64], counts: &[f64]) -> Option<Logistic> {
    let n: f64 = counts.iter().sum();
    let correlation = plcc_counted(x, y, counts)?;
    if n < FEWEST {
        return None;
    }
    let mean = x.iter().zip(counts).map(|(x, count)| count * x).sum::<f64>() / n;
    let variance = x.iter().zip(counts).map(|(x, count)| count * (x - mean).powi(2)).sum::<f64>() / n;
    let present = || y.iter().zip(counts).filter(|(_, count)| **count > 0.0).map(|(y, _)| *y);
    let (low, high) = (present().fold(f64::INFINITY, f64::min), present().fold(f64::NEG_INFINITY, f64::max));
    let (b1, b2) = if correlation >= 0.0 { (high, low) } else { (low, high) };
    Some(Logistic { b: [b1, b2, mean, variance.sqrt()] })
}

/// Solves four equations by elimination with pivots; nothing when they have no single solution.
fn solve(mut system: [[f64; 5]; 4]) -> Option<[f64; 4]> {
    for column in 0..4 {
        let pivot = (column..4).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))?;
        system.swap(column, pivot);
        let head = system[column];
        for row in system.iter_mut().skip(column + 1) {
            let factor = row[column] / head[column];
            row.iter_mut().zip(head).skip(column).for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    let mut solution = [0.0; 4];
    for row in (0..4).rev() {
        let known: f64 = (row + 1..4).map(|column| system[row][column] * solution[column]).sum();
        solution[row] = (system[row][4] - known) / system[row][row];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

/// PLCC of labels with scores that went through the fitted logistic, and the curve; the plain PLCC and no curve where
/// none is found. A curve that falls keeps its minus sign: scores that run against the labels are not excused.
pub fn plcc_fitted(
    scores: &[f64],
    labels: &[f64],
    counts: &[f64],
    start: Option<Logistic>,
) -> Option<(f64, Option<Logistic>)> {
    // A start that is far off may not arrive in its few steps.
    let curve = Logistic::fit(scores, labels, counts, start)
        .or_else(|| start.and_then(|_| Logistic::fit(scores, labels, counts, None)));
    let fitted = curve.and_then(|curve| {
        let mapped: Vec<f64> = scores.iter().map(|score| curve.at(*score)).collect();
        let size = plcc_counted(&mapped, labels, counts)?;
        Some((if curve.is_rising() { size } else { -size }, Some(curve)))
    });
    fitted.or_else(|| plcc_counted(scores, labels, counts).map(|value| (value, None)))
}
