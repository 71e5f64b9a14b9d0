//! The four-parameter logistic that maps scores to labels, `(b1 − b2) / (1 + exp(−(x − b3) / b4)) + b2` (Video Quality
//! Experts Group, final report 2000; Sheikh, Sabir and Bovik 2006).
//!
//! Fitted by damped least squares (Levenberg 1944; Marquardt 1963). Must not know where scores come from.

use serde::{Deserialize, Serialize};

use super::linear::{Matrix, solve_positive};

const STEPS: usize = 200;

/// A logistic curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logistic {
    /// `b1`, `b2`: the ends; `b3`: the middle; `b4 > 0`: the width.
    pub(crate) b: [f64; 4],
}

impl Logistic {
    /// The curve at `x`.
    pub(crate) fn at(&self, x: f64) -> f64 {
        let [b1, b2, b3, b4] = self.b;
        (b1 - b2) / (1.0 + (-(x - b3) / b4).exp()) + b2
    }

    fn squares(&self, x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(x, y)| (self.at(*x) - y).powi(2)).sum()
    }

    fn slopes(&self, x: f64) -> [f64; 4] {
        let [b1, b2, b3, b4] = self.b;
        let s = 1.0 / (1.0 + (-(x - b3) / b4).exp());
        let steep = (b1 - b2) * s * (1.0 - s);
        [s, 1.0 - s, -steep / b4, -steep * (x - b3) / (b4 * b4)]
    }
}

/// Fits the logistic to pairs by least squares; nothing for fewer than five pairs, or a side that does not vary, or when
/// no curve of positive width is found.
pub(crate) fn fit(x: &[f64], y: &[f64]) -> Option<Logistic> {
    let n = x.len() as f64;
    if x.len() != y.len() || x.len() < 5 || x.iter().chain(y).any(|value| !value.is_finite()) {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let spread = (x.iter().map(|x| (x - mean_x).powi(2)).sum::<f64>() / n).sqrt();
    let (low, high) = y.iter().fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(*y), high.max(*y)));
    if spread <= 0.0 || high <= low {
        return None;
    }
    let rising = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() >= 0.0;
    let (top, bottom) = if rising { (high, low) } else { (low, high) };
    let mut curve = Logistic { b: [top, bottom, mean_x, spread] };
    let (mut squares, mut damping) = (curve.squares(x, y), 1e-3);
    for _ in 0..STEPS {
        let Some(next) = step(&curve, x, y, damping) else { return None };
        let found = next.squares(x, y);
        if next.b[3] > 1e-6 * spread && found.is_finite() && found < squares {
            let gain = squares - found;
            (curve, squares, damping) = (next, found, (damping * 0.3f64).max(1e-12));
            if gain < 1e-12 * squares {
                break;
            }
        } else {
            damping *= 4.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    Some(curve)
}

fn step(curve: &Logistic, x: &[f64], y: &[f64], damping: f64) -> Option<Logistic> {
    let mut normal = Matrix::zeros(4, 4);
    let mut right = [0.0; 4];
    for (x, y) in x.iter().zip(y) {
        let slopes = curve.slopes(*x);
        let residual = y - curve.at(*x);
        for row in 0..4 {
            right[row] += slopes[row] * residual;
            (0..4).for_each(|column| normal.row_mut(row)[column] += slopes[row] * slopes[column]);
        }
    }
    (0..4).for_each(|k| normal.row_mut(k)[k] += damping * normal.row(k)[k].max(1e-9));
    let change = solve_positive(&normal, &right)?;
    let mut b = curve.b;
    b.iter_mut().zip(change).for_each(|(b, change)| *b += change);
    Some(Logistic { b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_curve_is_found_again() {
        for b in [[90.0, 10.0, 40.0, 12.0], [5.0, 80.0, -1.0, 0.5]] {
            let x: Vec<f64> = (0..60).map(|i| b[2] + b[3] * (f64::from(i) / 10.0 - 3.0)).collect();
            let y: Vec<f64> = x.iter().map(|x| Logistic { b }.at(*x)).collect();
            let found = fit(&x, &y).expect("fits");
            for (x, y) in x.iter().zip(&y) {
                assert!((found.at(*x) - y).abs() < 1e-4, "{b:?}: {found:?}");
            }
        }
    }

    #[test]
    fn noise_is_averaged_and_the_curve_beats_a_line() {
        let curve = Logistic { b: [95.0, 5.0, 50.0, 5.0] };
        let x: Vec<f64> = (0..200).map(|i| f64::from(i) / 2.0).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| curve.at(*x) + ((i * 37) % 11) as f64 - 5.0).collect();
        let found = fit(&x, &y).expect("fits");
        let far = x.iter().map(|x| (found.at(*x) - curve.at(*x)).abs()).fold(0.0, f64::max);
        assert!(far < 1.5, "{far}");
    }

    #[test]
    fn what_cannot_be_fitted_is_refused() {
        assert_eq!(fit(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(fit(&[3.0; 8], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]), None);
        assert_eq!(fit(&[1.0, 2.0, 3.0, 4.0, f64::NAN], &[1.0, 2.0, 3.0, 4.0, 5.0]), None);
    }
}
