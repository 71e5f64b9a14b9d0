//! Ridges on groups drawn with replacement: how far they differ on a photo says how unsure the model is of it.
//!
//! They live in the axes that the penalty leaves of the features. For a labelled photo each of them is judged without
//! its group too, by the block form of PRESS for weighted least squares, so that spreads of labelled and new photos
//! compare.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::error::{Error, Result};
use crate::train::linear::{self, Matrix, dot};
use crate::train::ridge::{Choice, Groups, leave_identity};
use crate::train::shuffle::below;

/// Ridges drawn.
const HEADS: usize = 5;

/// A ridge on drawn groups: `level + slopes · coordinates`.
pub(super) struct Head {
    pub(super) slopes: Vec<f64>,
    pub(super) level: f64,
    /// Predictions of the labelled photos, each without its group.
    out: Vec<f64>,
}

pub(super) fn heads(
    coordinates: &Matrix,
    labels: &[f64],
    groups: &Groups,
    choice: &Choice,
    seed: u64,
) -> Result<Vec<Head>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let failed = || Error::internal("a ridge on drawn groups could not be solved");
    (0..HEADS)
        .map(|_| head(coordinates, labels, groups, &drawn(groups, &mut rng), choice.penalty).ok_or_else(failed))
        .collect()
}

/// The standard deviation of the heads' scores of each labelled photo, times the ridge's share in the score.
pub(super) fn spreads(heads: &[Head], own_share: f64) -> Vec<f64> {
    let photos = heads.first().map_or(0, |head| head.out.len());
    let spread = |photo: usize| spread(heads.iter().map(|head| head.out[photo]));
    (0..photos).map(|photo| own_share * spread(photo)).collect()
}

/// The standard deviation of some values.
pub(super) fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
}

/// How often each group is drawn, at least two of them.
fn drawn(groups: &Groups, rng: &mut ChaCha8Rng) -> Vec<f64> {
    loop {
        let mut times = vec![0.0; groups.members().len()];
        (0..times.len()).for_each(|_| times[below(rng, groups.members().len())] += 1.0);
        if times.iter().filter(|times| **times > 0.0).count() > 1 {
            return times;
        }
    }
}

fn head(coordinates: &Matrix, labels: &[f64], groups: &Groups, times: &[f64], penalty: f64) -> Option<Head> {
    let mut weights = vec![0.0; labels.len()];
    for (members, times) in groups.members().iter().zip(times) {
        members.iter().for_each(|&photo| weights[photo] = *times);
    }
    let total: f64 = weights.iter().sum();
    let means = coordinates.weighted_means(&weights);
    let mean = dot(labels, &weights) / total;
    let used: Vec<usize> = (0..labels.len()).filter(|&photo| weights[photo] > 0.0).collect();
    let mut rows = coordinates.gather(&used);
    rows.centre(&means);
    for (row, &photo) in used.iter().enumerate() {
        rows.row_mut(row).iter_mut().for_each(|value| *value *= weights[photo].sqrt());
    }
    let mut normal = linear::transposed_product(&rows, &rows);
    (0..normal.rows()).for_each(|k| normal.row_mut(k)[k] += penalty);
    let inverse = linear::inverse(&normal)?;
    let targets: Vec<f64> = used.iter().map(|&photo| weights[photo].sqrt() * (labels[photo] - mean)).collect();
    let slopes = inverse.times(&rows.transposed_times(&targets));
    let level = mean - dot(&slopes, &means);
    let mut out: Vec<f64> = coordinates.times(&slopes).into_iter().map(|value| value + level).collect();

    let solved = linear::product(&rows, &inverse);
    let row_of: std::collections::HashMap<usize, usize> = used.iter().copied().zip(0..).collect();
    for (members, times) in groups.members().iter().zip(times).filter(|(_, times)| **times > 0.0) {
        let places: Vec<usize> = members.iter().map(|photo| row_of[photo]).collect();
        let mut rest = linear::product_transposed(&solved.gather(&places), &rows.gather(&places));
        leave_identity(&mut rest, |_, _| times / total);
        let residuals: Vec<f64> = members.iter().map(|&photo| times.sqrt() * (labels[photo] - out[photo])).collect();
        let left = linear::solve_positive(&rest, &residuals)?;
        members.iter().zip(left).for_each(|(&photo, residual)| out[photo] = labels[photo] - residual / times.sqrt());
    }
    Some(Head { slopes, level, out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_judges_each_group_as_if_it_had_not_seen_it() {
        let value = |a: usize, b: usize| ((a * 7919 + b * 104_729 + 11) % 1013) as f64 / 1013.0 - 0.5;
        let coordinates = Matrix::from_fn(24, 6, |r, c| value(r, c) * 3.0);
        let labels: Vec<f64> = (0..24).map(|r| 50.0 + 10.0 * coordinates.row(r)[0] + 4.0 * value(r, 9)).collect();
        let groups = Groups::new(&(0..24).map(|i| i / 3).collect::<Vec<_>>());
        let times = [2.0, 0.0, 1.0, 3.0, 0.0, 1.0, 0.0, 1.0];
        let full = head(&coordinates, &labels, &groups, &times, 0.7).expect("solves");
        for group in 0..times.len() {
            let mut without = times;
            without[group] = 0.0;
            let refitted = head(&coordinates, &labels, &groups, &without, 0.7).expect("solves");
            for &photo in &groups.members()[group] {
                let value = refitted.level + dot(&refitted.slopes, coordinates.row(photo));
                assert!((full.out[photo] - value).abs() < 1e-8, "{photo}: {} {value}", full.out[photo]);
            }
        }
    }

    #[test]
    fn a_spread_is_the_sample_deviation() {
        assert!((spread([1.0, 2.0, 3.0, 4.0].into_iter()) - (5.0f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
