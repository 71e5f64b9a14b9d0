//! Whether a photo is unlike the labelled ones: its Mahalanobis distance in the leading components.
//!
//! Distances of labelled photos are taken from the other groups (ten folds). A photo is unfamiliar beyond the 99 % point
//! of a χ² whose median is theirs, and, with labels enough to tell, beyond 99 % of theirs.

use serde::{Deserialize, Serialize};

use crate::train::linear::{self, Matrix};
use crate::train::ridge::Groups;

/// Leading components looked at, at most.
const MOST_COMPONENTS: usize = 16;

/// Labelled photos a component.
const PHOTOS_A_COMPONENT: usize = 5;

const FOLDS: usize = 10;
const SHARE: f64 = 0.99;

/// Labels from which the 99 % point of their own distances is known.
const EMPIRICAL_FROM: usize = 100;

/// 99 % and 50 % points of the standard normal distribution.
const NORMAL: (f64, f64) = (2.326_347_874, 0.0);

/// Where the labelled photos lie, and how far off is unfamiliar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Novelty {
    centre: Vec<f32>,
    /// Inverse covariance, row after row.
    precision: Vec<f32>,
    threshold: f32,
}

impl Novelty {
    /// Learns from the scaled columns of the first block; nothing when they do not vary.
    pub(super) fn fit(design: &Matrix, groups: &Groups) -> Option<Self> {
        let n = design.rows();
        let components = (n / PHOTOS_A_COMPONENT).clamp(1, MOST_COMPONENTS).min(design.columns());
        let leading = Matrix::from_fn(n, components, |row, column| design.row(row)[column]);
        let folds = groups.members().len().min(FOLDS);
        let fold_of = groups.folds(folds);
        let mut distances = Vec::with_capacity(n);
        for fold in 0..folds {
            let (out, inside): (Vec<usize>, Vec<usize>) = (0..n).partition(|&photo| fold_of[photo] == fold);
            let cloud = Cloud::fit(&leading.gather(&inside))?;
            distances.extend(out.iter().map(|&photo| cloud.distance(leading.row(photo))));
        }
        distances.sort_by(f64::total_cmp);
        let by_shape = distances[n / 2] * chi_square(components, NORMAL.0) / chi_square(components, NORMAL.1);
        let empirical = if n < EMPIRICAL_FROM { 0.0 } else { distances[((n + 1) as f64 * SHARE) as usize - 1] };
        let cloud = Cloud::fit(&leading)?;
        Some(Self {
            centre: cloud.centre.iter().map(|value| *value as f32).collect(),
            precision: cloud.precision.values().iter().map(|value| *value as f32).collect(),
            threshold: by_shape.max(empirical) as f32,
        })
    }

    /// Whether it can judge rows of this width.
    pub(super) fn fits(&self, width: usize) -> bool {
        self.centre.len() <= width && self.precision.len() == self.centre.len().pow(2)
    }

    /// Whether a photo, by its scaled columns, is unlike the labelled ones.
    pub(super) fn is_unfamiliar(&self, row: &[f32]) -> bool {
        let size = self.centre.len();
        let mut off = [0.0f32; MOST_COMPONENTS];
        off.iter_mut().zip(row.iter().zip(&self.centre)).for_each(|(off, (value, centre))| *off = value - centre);
        let off = &off[..size];
        let distance: f32 = self
            .precision
            .chunks_exact(size)
            .zip(off)
            .map(|(row, own)| own * row.iter().zip(off).map(|(p, o)| p * o).sum::<f32>())
            .sum();
        distance > self.threshold
    }
}

struct Cloud {
    centre: Vec<f64>,
    precision: Matrix,
}

impl Cloud {
    /// The covariance is drawn toward its diagonal by as many photos as there are components, so that it can be
    /// inverted however few photos there are.
    fn fit(rows: &Matrix) -> Option<Self> {
        let (n, size) = (rows.rows() as f64, rows.columns());
        let centre = rows.means();
        let mut off = rows.clone();
        off.centre(&centre);
        let mut covariance = linear::transposed_product(&off, &off);
        let keep = 1.0 / (n + size as f64);
        let least = 1e-9 * (0..size).map(|k| covariance.row(k)[k]).sum::<f64>() / (n * size as f64);
        for row in 0..size {
            for (column, value) in covariance.row_mut(row).iter_mut().enumerate() {
                *value *= if row == column { 1.0 / n } else { keep };
                if row == column {
                    *value += least;
                }
            }
        }
        Some(Self { centre, precision: linear::inverse(&covariance)? })
    }

    fn distance(&self, row: &[f64]) -> f64 {
        let off: Vec<f64> = row.iter().zip(&self.centre).map(|(value, centre)| value - centre).collect();
        linear::dot(&self.precision.times(&off), &off)
    }
}

/// The point of the χ² distribution that the normal distribution has at `normal` (Wilson and Hilferty 1931).
fn chi_square(freedom: usize, normal: f64) -> f64 {
    let k = freedom as f64;
    let part = 2.0 / (9.0 * k);
    k * (1.0 - part + normal * part.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(a: usize, b: usize) -> f64 {
        let even = |k: usize| {
            let mut x = ((a * 64 + b) * 12 + k) as u64 + 1;
            for _ in 0..3 {
                x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            (x >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..12).map(even).sum::<f64>() - 6.0
    }

    #[test]
    fn points_of_chi_square_are_those_of_tables() {
        for (freedom, point) in [(2, 9.210), (5, 15.086), (16, 32.000)] {
            assert!((chi_square(freedom, NORMAL.0) / point - 1.0).abs() < 0.01, "{freedom}");
        }
        assert!((chi_square(5, NORMAL.1) / 4.351 - 1.0).abs() < 0.01);
    }

    #[test]
    fn alike_photos_are_familiar_and_others_are_not() {
        // Two components that nearly agree, so that what lies off their diagonal is strange though each value is usual.
        let place = |photo: usize, column: usize| match column {
            0 => normal(photo, 0),
            1 => normal(photo, 0) + 0.1 * normal(photo, 1),
            _ => 0.5 * normal(photo, column),
        };
        for labels in [30, 60, 300] {
            let design = Matrix::from_fn(labels, 40, place);
            let novelty = Novelty::fit(&design, &Groups::new(&(0..labels as u32).collect::<Vec<_>>())).expect("fits");
            let row = |photo: usize| (0..40).map(|column| place(photo, column) as f32).collect::<Vec<_>>();
            let flagged = (5000..7000).filter(|&photo| novelty.is_unfamiliar(&row(photo))).count() as f64 / 2000.0;
            assert!(flagged < 0.05, "{labels}: {flagged}");
            let mut strange = row(5000);
            (strange[0], strange[1]) = (1.2, -1.2);
            assert!(novelty.is_unfamiliar(&strange), "{labels}");
        }
    }

    #[test]
    fn features_that_do_not_vary_judge_nothing() {
        let groups = Groups::new(&(0..30).collect::<Vec<_>>());
        assert_eq!(Novelty::fit(&Matrix::zeros(30, 4), &groups), None);
    }
}
