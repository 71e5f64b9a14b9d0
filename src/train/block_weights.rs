//! How much each block of features counts beside the first: chosen by the same leave-one-group-out error as the penalty.
//!
//! The inner products of each block are computed once; a choice of weights is a weighted sum of them. Must not know what
//! the blocks hold.

use super::linear::{self, Matrix, add_scaled};
use super::ridge::{Groups, Spectrum};
use crate::error::Result;

/// Weights of a block relative to the first, tried.
const TRIED: [f64; 5] = [0.125, 0.25, 0.5, 1.0, 2.0];

/// Where the search begins; the first block has 1.
const START: f64 = 0.5;

/// The share by which the error has to fall for a weight to change, times the number of labels: less is chance.
const LEAST_GAIN: f64 = 2.0;

/// Photos that the choice looks at, at most: each try costs their cube.
const MOST_PHOTOS: usize = 320;

/// The weight of each block, the first 1: two rounds of coordinate descent over a small grid.
///
/// # Errors
/// When a feature is not a number.
pub fn choose(blocks: &[Matrix], labels: &[f64], groups: &Groups) -> Result<Vec<f64>> {
    let mut weights = vec![START; blocks.len()];
    weights[0] = 1.0;
    if blocks.len() < 2 {
        return Ok(weights);
    }
    let search = Search::new(blocks, labels, groups);
    let least = (1.0 - LEAST_GAIN / labels.len() as f64).max(0.0);
    let mut error = search.error(&weights)?;
    for _ in 0..2 {
        let before = weights.clone();
        for block in 1..blocks.len() {
            for tried in TRIED {
                let mut changed = weights.clone();
                changed[block] = tried;
                if changed == weights {
                    continue;
                }
                let found = search.error(&changed)?;
                if found < error * least {
                    (error, weights) = (found, changed);
                }
            }
        }
        if weights == before {
            break;
        }
    }
    Ok(weights)
}

struct Search {
    kernels: Vec<Matrix>,
    labels: Vec<f64>,
    groups: Groups,
}

impl Search {
    fn new(blocks: &[Matrix], labels: &[f64], groups: &Groups) -> Self {
        let (photos, keys) = some_photos(groups, labels.len());
        let kernel = |block: &Matrix| {
            let mut rows = block.gather(&photos);
            let means = rows.means();
            rows.centre(&means);
            linear::outer_product(&rows)
        };
        Self {
            kernels: blocks.iter().map(kernel).collect(),
            labels: photos.iter().map(|&photo| labels[photo]).collect(),
            groups: Groups::new(&keys),
        }
    }

    fn error(&self, weights: &[f64]) -> Result<f64> {
        let n = self.labels.len();
        let mut kernel = Matrix::zeros(n, n);
        for (part, weight) in self.kernels.iter().zip(weights) {
            add_scaled(kernel.values_mut(), part.values(), weight * weight);
        }
        let choice = Spectrum::of_kernel(&kernel)?.choose(&self.labels, &self.groups);
        Ok(choice.map_or(f64::INFINITY, |choice| choice.error))
    }
}

/// Whole groups, evenly spaced, of about [`MOST_PHOTOS`] photos: the photos and their groups' keys.
fn some_photos(groups: &Groups, photos: usize) -> (Vec<usize>, Vec<u32>) {
    let stride = photos.div_ceil(MOST_PHOTOS).max(1);
    let taken = groups.members().iter().enumerate().filter(|(group, _)| group % stride == 0);
    taken.flat_map(|(group, members)| members.iter().map(move |&photo| (photo, group as u32))).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(a: usize, b: usize) -> f64 {
        let mut x = ((a as u64) << 32) ^ b as u64 ^ 0x5555;
        for _ in 0..3 {
            x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        (x >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }

    #[test]
    fn the_block_that_tells_more_weighs_more() {
        let n = 90;
        let chance = Matrix::from_fn(n, 40, |r, c| noise(r, c) / 40f64.sqrt());
        let telling = Matrix::from_fn(n, 5, |r, c| noise(r, 1000 + c) / 5f64.sqrt());
        let labels: Vec<f64> = (0..n).map(|r| telling.row(r).iter().sum::<f64>() * 30.0).collect();
        let groups = Groups::new(&(0..n as u32).map(|i| i / 2).collect::<Vec<_>>());
        let helped = choose(&[chance.clone(), telling.clone()], &labels, &groups).expect("finite");
        assert_eq!(helped, [1.0, 2.0]);
        let misled = choose(&[telling, chance], &labels, &groups).expect("finite");
        assert_eq!(misled, [1.0, 0.125]);
    }

    #[test]
    fn of_many_photos_whole_groups_are_looked_at() {
        let keys: Vec<u32> = (0..2000).map(|i| i / 4).collect();
        let (photos, groups) = some_photos(&Groups::new(&keys), 2000);
        assert!(photos.len() > 200 && photos.len() <= MOST_PHOTOS, "{}", photos.len());
        assert!(photos.chunks(4).zip(groups.chunks(4)).all(|(p, g)| p[3] == p[0] + 3 && g[0] == g[3]));
    }
}
