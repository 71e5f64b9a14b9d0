//! Ridge regression (Hoerl and Kennard 1970) whose penalty is chosen by leaving each group out, in closed form.
//!
//! One eigen-decomposition serves every penalty: with centred features `Z` (n×p), `Z Zᵀ = U S Uᵀ` and an intercept that
//! is not penalised, the fitted values are `H y`, `H(λ) = 11ᵀ/n + U S/(S+λ) Uᵀ`. The residuals of a group `G` under the
//! model that never saw it are exactly `(I − H_GG)⁻¹ (y − H y)_G`: the block form of PRESS (Allen 1974; Golub, Heath and
//! Wahba 1979; Cook and Weisberg 1982, section 3.6), which for single photos is `e / (1 − h)`. Must not know photos.

use std::collections::BTreeMap;

use super::linear::{self, Matrix};
use crate::error::Result;

/// Penalties tried.
const PENALTIES: usize = 25;

/// The least and the largest penalty as powers of ten of the features' total variance over all photos.
const PENALTY_POWERS: (f64, f64) = (-5.0, 1.0);

/// Eigenvalues below this share of the first are rounding noise.
const NEGLIGIBLE: f64 = 1e-11;

/// Which photos belong together: the unit that is left out, and that is drawn in a bootstrap.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    members: Vec<Vec<usize>>,
}

impl Groups {
    /// Groups of photos with the same key, in order of the key. A single group cannot be left out: then each photo is a
    /// group of its own.
    pub fn new(keys: &[u32]) -> Self {
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            members.entry(*key).or_default().push(index);
        }
        if members.len() < 2 {
            return Self::singly(keys.len());
        }
        Self { members: members.into_values().collect() }
    }

    /// Each photo a group of its own.
    pub fn singly(photos: usize) -> Self {
        Self { members: (0..photos).map(|photo| vec![photo]).collect() }
    }

    /// The photos of each group.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Deals the groups onto `folds` folds: the fold of each photo.
    pub fn folds(&self, folds: usize) -> Vec<usize> {
        let photos = self.members.iter().map(Vec::len).sum();
        let mut fold_of = vec![0; photos];
        for (group, members) in self.members.iter().enumerate() {
            members.iter().for_each(|&photo| fold_of[photo] = group % folds.max(1));
        }
        fold_of
    }
}

/// Features seen through their eigen-decomposition: `Z = U √S Vᵀ`.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// `U`: photos × rank.
    left: Matrix,
    /// `S`, falling.
    values: Vec<f64>,
}

/// A penalty and how the ridge with it does on photos of groups it did not see.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// λ, in the unit of the squared features.
    pub penalty: f64,
    /// Mean squared error out of group.
    pub error: f64,
    /// Each photo's prediction by the ridge fitted without its group.
    pub predictions: Vec<f64>,
}

impl Spectrum {
    /// Decomposes centred features, by photos or by features, whichever are fewer.
    ///
    /// # Errors
    /// When a feature is not a number.
    pub fn of_rows(centred: &Matrix) -> Result<Self> {
        if centred.rows() <= centred.columns() {
            return Self::of_kernel(&linear::outer_product(centred));
        }
        let eigen = linear::symmetric_eigen(&linear::transposed_product(centred, centred))?;
        let rank = rank(&eigen.values);
        let right = Matrix::from_fn(centred.columns(), rank, |row, column| {
            eigen.vectors.row(row)[column] / eigen.values[column].sqrt()
        });
        Ok(Self { left: linear::product(centred, &right), values: eigen.values[..rank].to_vec() })
    }

    /// Decomposes the inner products `Z Zᵀ` of centred features.
    ///
    /// # Errors
    /// When a value is not a number.
    pub fn of_kernel(kernel: &Matrix) -> Result<Self> {
        let eigen = linear::symmetric_eigen(kernel)?;
        let rank = rank(&eigen.values);
        let left = Matrix::from_fn(kernel.rows(), rank, |row, column| eigen.vectors.row(row)[column]);
        Ok(Self { left, values: eigen.values[..rank].to_vec() })
    }

    /// The penalties that are tried: evenly spaced in their logarithm around the features' variance.
    pub fn penalties(&self) -> Vec<f64> {
        let total: f64 = self.values.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let (low, high) = PENALTY_POWERS;
        let power = |step: usize| low + (high - low) * step as f64 / (PENALTIES - 1) as f64;
        (0..PENALTIES).map(|step| total * 10f64.powf(power(step))).collect()
    }

    /// Each photo's prediction by the ridge fitted without its group; nothing when the penalty is too small to tell.
    pub fn without_group(&self, labels: &[f64], groups: &Groups, penalty: f64) -> Option<Vec<f64>> {
        let n = labels.len() as f64;
        let mean = labels.iter().sum::<f64>() / n;
        let centred: Vec<f64> = labels.iter().map(|label| label - mean).collect();
        let kept: Vec<f64> = self.values.iter().map(|value| value / (value + penalty)).collect();
        let inner = self.left.transposed_times(&centred);
        let fitted = self.left.times(&inner.iter().zip(&kept).map(|(a, b)| a * b).collect::<Vec<_>>());
        let mut predictions = labels.to_vec();
        for members in groups.members() {
            let residual = |&photo: &usize| centred[photo] - fitted[photo];
            if let [photo] = members[..] {
                let row = self.left.row(photo);
                let leverage = 1.0 / n + row.iter().zip(&kept).map(|(u, kept)| u * u * kept).sum::<f64>();
                predictions[photo] -= residual(&photo) / (1.0 - leverage);
                continue;
            }
            let rows = self.left.gather(members);
            let mut scaled = rows.clone();
            for row in 0..members.len() {
                scaled.row_mut(row).iter_mut().zip(&kept).for_each(|(u, kept)| *u *= kept);
            }
            let mut rest = linear::product_transposed(&scaled, &rows);
            leave_identity(&mut rest, |_, _| 1.0 / n);
            let residuals: Vec<f64> = members.iter().map(residual).collect();
            let out = linear::solve_positive(&rest, &residuals)?;
            members.iter().zip(out).for_each(|(&photo, residual)| predictions[photo] -= residual);
        }
        predictions.iter().all(|value| value.is_finite()).then_some(predictions)
    }

    /// The penalty with the least squared error out of group; of equals the larger.
    pub fn choose(&self, labels: &[f64], groups: &Groups) -> Option<Choice> {
        let mut best: Option<Choice> = None;
        for penalty in self.penalties() {
            let Some(predictions) = self.without_group(labels, groups, penalty) else { continue };
            let squares = predictions.iter().zip(labels).map(|(prediction, label)| (prediction - label).powi(2));
            let error = squares.sum::<f64>() / labels.len() as f64;
            if best.as_ref().is_none_or(|best| error <= best.error) {
                best = Some(Choice { penalty, error, predictions });
            }
        }
        best
    }

    /// `α` such that `Zᵀ α` are the ridge's weights.
    pub fn dual_weights(&self, labels: &[f64], penalty: f64) -> Vec<f64> {
        let mean = labels.iter().sum::<f64>() / labels.len() as f64;
        let centred: Vec<f64> = labels.iter().map(|label| label - mean).collect();
        let inner = self.left.transposed_times(&centred);
        let scaled: Vec<f64> = inner.iter().zip(&self.values).map(|(a, value)| a / (value + penalty)).collect();
        self.left.times(&scaled)
    }

    /// The photos in the axes that the penalty leaves: `U √S`, without those it shrinks to less than a thousandth.
    pub fn coordinates(&self, penalty: f64) -> Matrix {
        let kept = self.values.iter().take_while(|value| **value > 1e-3 * penalty).count();
        Matrix::from_fn(self.left.rows(), kept, |row, column| self.left.row(row)[column] * self.values[column].sqrt())
    }

    /// `α` such that `Zᵀ α` are the features' weights of a model with weights `theta` on [`Self::coordinates`].
    pub fn dual_of_coordinates(&self, theta: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = theta.iter().zip(&self.values).map(|(theta, value)| theta / value.sqrt()).collect();
        (0..self.left.rows()).map(|row| linear::dot(&self.left.row(row)[..scaled.len()], &scaled)).collect()
    }
}

/// `matrix` becomes `I − matrix − part`.
pub(super) fn leave_identity(matrix: &mut Matrix, part: impl Fn(usize, usize) -> f64) {
    for row in 0..matrix.rows() {
        for (column, value) in matrix.row_mut(row).iter_mut().enumerate() {
            *value = f64::from(u8::from(row == column)) - *value - part(row, column);
        }
    }
}

fn rank(values: &[f64]) -> usize {
    let least = values.first().copied().unwrap_or(0.0).max(0.0) * NEGLIGIBLE;
    values.iter().take_while(|value| **value > least).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(a: usize, b: usize) -> f64 {
        let mut x = (a as u64) << 32 | b as u64;
        for _ in 0..3 {
            x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        (x >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }

    fn case(n: usize, p: usize) -> (Matrix, Vec<f64>) {
        let mut z = Matrix::from_fn(n, p, |r, c| noise(r, c + 1) * (1.0 + c as f64 / 3.0));
        let means = z.means();
        z.centre(&means);
        let labels = (0..n).map(|r| 50.0 + 20.0 * z.row(r)[0] - 8.0 * z.row(r)[1] + 5.0 * noise(r, 0)).collect();
        (z, labels)
    }

    /// Refits without a group by the normal equations with an intercept of its own, and predicts the group.
    fn refitted(z: &Matrix, labels: &[f64], out: &[usize], penalty: f64) -> Vec<f64> {
        let inside: Vec<usize> = (0..z.rows()).filter(|row| !out.contains(row)).collect();
        let p = z.columns();
        let with_one = |row: usize, column: usize| if column == p { 1.0 } else { z.row(row)[column] };
        let x = Matrix::from_fn(inside.len(), p + 1, |r, c| with_one(inside[r], c));
        let mut normal = linear::transposed_product(&x, &x);
        (0..p).for_each(|c| normal.row_mut(c)[c] += penalty);
        let right = x.transposed_times(&inside.iter().map(|&row| labels[row]).collect::<Vec<_>>());
        let weights = linear::solve_positive(&normal, &right).expect("positive definite");
        out.iter().map(|&row| (0..=p).map(|c| with_one(row, c) * weights[c]).sum()).collect()
    }

    fn check(n: usize, p: usize, keys: &[u32]) {
        let (z, labels) = case(n, p);
        let spectrum = Spectrum::of_rows(&z).expect("decomposes");
        let groups = Groups::new(keys);
        for penalty in spectrum.penalties().into_iter().skip(4).step_by(5) {
            let closed = spectrum.without_group(&labels, &groups, penalty).expect("finite");
            for members in groups.members() {
                for (photo, value) in members.iter().zip(refitted(&z, &labels, members, penalty)) {
                    assert!((closed[*photo] - value).abs() < 1e-6, "{n}×{p}, λ {penalty}: {} {value}", closed[*photo]);
                }
            }
        }
    }

    #[test]
    fn leaving_out_in_closed_form_equals_refitting() {
        let grouped = |n: u32| (0..n).map(|i| [0, 1, 1, 2, 2, 2, 3][i as usize % 7] + 4 * (i / 21)).collect::<Vec<_>>();
        check(40, 12, &grouped(40));
        check(24, 60, &grouped(24));
        check(30, 30, &(0..30).collect::<Vec<_>>());
        check(12, 50, &[5; 12]);
    }

    #[test]
    fn the_choice_has_the_least_error_and_its_weights_predict() {
        let (z, labels) = case(60, 20);
        let groups = Groups::new(&(0..60).map(|i| i / 3).collect::<Vec<_>>());
        let spectrum = Spectrum::of_rows(&z).expect("decomposes");
        let choice = spectrum.choose(&labels, &groups).expect("finite");
        let error_at = |penalty| {
            let predictions = spectrum.without_group(&labels, &groups, penalty).expect("finite");
            predictions.iter().zip(&labels).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 60.0
        };
        assert!(spectrum.penalties().into_iter().all(|penalty| error_at(penalty) >= choice.error));
        let weights = z.transposed_times(&spectrum.dual_weights(&labels, choice.penalty));
        // Noise of deviation 1.4 on weights 20, −8, 0…: the ridge must find them.
        assert!((weights[0] - 20.0).abs() < 3.0 && (weights[1] + 8.0).abs() < 3.0, "{weights:?}");
        assert!(weights[2..].iter().all(|weight| weight.abs() < 2.0), "{weights:?}");
    }

    #[test]
    fn coordinates_stand_for_the_features() {
        let (z, labels) = case(25, 40);
        let spectrum = Spectrum::of_rows(&z).expect("decomposes");
        let coordinates = spectrum.coordinates(1e-6);
        let theta: Vec<f64> = (0..coordinates.columns()).map(|c| noise(c, 99)).collect();
        let by_features = z.times(&z.transposed_times(&spectrum.dual_of_coordinates(&theta)));
        let by_coordinates = coordinates.times(&theta);
        assert_eq!(by_coordinates.len(), labels.len());
        assert!(by_features.iter().zip(&by_coordinates).all(|(a, b)| (a - b).abs() < 1e-8));
    }

    #[test]
    fn a_single_group_counts_by_photo_and_folds_keep_groups_whole() {
        assert_eq!(Groups::new(&[7, 7, 7]).members(), [[0], [1], [2]]);
        let groups = Groups::new(&[3, 1, 3, 2, 1]);
        assert_eq!(groups.members(), [vec![1, 4], vec![3], vec![0, 2]]);
        assert_eq!(groups.folds(2), [0, 0, 0, 1, 0]);
    }
}
