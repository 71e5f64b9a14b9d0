//! The posterior of some hundred photos with its covariance: intervals, how settled their order is, and which pair would
//! tell most.

use super::solve::Curve;
use super::{Evidence, chances};

/// Nodes and weights of Gauss-Hermite quadrature for the standard normal distribution, 9 points (Abramowitz and Stegun
/// 25.4.46, scaled).
const NODES: [(f64, f64); 9] = [
    (-4.512_745_863_399_783, 2.234_584_400_774_658_3e-5),
    (-3.205_429_002_856_470_4, 2.789_141_321_231_769e-3),
    (-2.076_847_978_677_83, 4.991_640_676_521_787e-2),
    (-1.023_255_663_789_132_5, 0.244_097_502_894_938_94),
    (0.0, 0.406_349_206_349_206_35),
    (1.023_255_663_789_132_5, 0.244_097_502_894_938_94),
    (2.076_847_978_677_83, 4.991_640_676_521_787e-2),
    (3.205_429_002_856_470_4, 2.789_141_321_231_769e-3),
    (4.512_745_863_399_783, 2.234_584_400_774_658_3e-5),
];

/// The qualities of photos with how sure they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// The likeliest qualities, in points.
    pub means: Vec<f64>,
    covariance: Vec<f64>,
    pair_scale: f64,
    ties: f64,
}

impl Posterior {
    /// The posterior of an evidence in which something is known of every photo; takes time that grows with the cube of
    /// their number.
    pub fn new(evidence: Evidence) -> Self {
        let (means, evidence) = evidence.fit();
        let n = means.len();
        let curve = Curve::at(&evidence, &means);
        let mut curvature = vec![0.0; n * n];
        for (index, own) in curve.diagonal.iter().enumerate() {
            curvature[index * n + index] = *own;
        }
        for (duel, weight) in evidence.duels.iter().zip(&curve.weights) {
            curvature[duel.first * n + duel.second] -= weight;
            curvature[duel.second * n + duel.first] -= weight;
        }
        let covariance = inverse(curvature, n);
        Self { means, covariance, pair_scale: evidence.noise.pair_scale(), ties: evidence.noise.ties }
    }

    /// The deviation of a photo's quality, in points.
    pub fn deviation(&self, photo: usize) -> f64 {
        self.covariance[photo * self.means.len() + photo].sqrt()
    }

    /// Mean and deviation of the difference between two qualities, in points.
    pub fn difference(&self, first: usize, second: usize) -> (f64, f64) {
        let n = self.means.len();
        let at = |row: usize, column: usize| self.covariance[row * n + column];
        let variance = at(first, first) + at(second, second) - 2.0 * at(first, second);
        (self.means[first] - self.means[second], variance.max(0.0).sqrt())
    }

    /// The chance that the two stand in the wrong order.
    pub fn doubt(&self, first: usize, second: usize) -> f64 {
        let (mean, deviation) = self.difference(first, second);
        if deviation > 0.0 { below(-mean.abs() / deviation) } else { 0.0 }
    }

    /// The share of all pairs that are expected to stand in the right order; 1 for fewer than two photos.
    pub fn settled(&self) -> f64 {
        let n = self.means.len();
        let pairs = (n * n.saturating_sub(1) / 2) as f64;
        let doubts: f64 = (0..n).flat_map(|a| (0..a).map(move |b| (a, b))).map(|(a, b)| self.doubt(a, b)).sum();
        if pairs > 0.0 { 1.0 - doubts / pairs } else { 1.0 }
    }

    /// What the answer to a pair is expected to tell about the qualities, in bits: the mutual information of answer and
    /// difference, the uncertainty of the answer less what remains of it when the difference is known.
    pub fn gain(&self, first: usize, second: usize) -> f64 {
        let (mean, deviation) = self.difference(first, second);
        let (mut answer, mut remaining) = ([0.0; 3], 0.0);
        for (node, weight) in NODES {
            let chances = chances((mean + node * deviation) / self.pair_scale, self.ties);
            answer.iter_mut().zip(chances).for_each(|(sum, chance)| *sum += weight * chance);
            remaining += weight * bits(chances);
        }
        (bits(answer) - remaining).max(0.0)
    }

    /// The pairs that would tell most, best first, each with what it is expected to tell in bits; `taken` leaves pairs out.
    pub fn best_pairs(&self, count: usize, taken: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize, f64)> {
        let n = self.means.len();
        let pairs = (0..n).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|&(a, b)| !taken(a, b));
        let mut pairs: Vec<_> = pairs.map(|(a, b)| (a, b, self.gain(a, b))).collect();
        pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        pairs.truncate(count);
        pairs
    }
}

fn bits(chances: [f64; 3]) -> f64 {
    chances.iter().filter(|chance| **chance > 0.0).map(|chance| -chance * chance.log2()).sum()
}

/// The standard normal distribution function, by the error function of Abramowitz and Stegun 7.1.26 (error below 1e-7).
pub(super) fn below(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let tail = t
        * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))))
        * (-x * x).exp()
        / 2.0;
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// The inverse of a symmetric positive definite matrix, row by row, by Cholesky's factors.
fn inverse(mut matrix: Vec<f64>, n: usize) -> Vec<f64> {
    // The lower triangle becomes the factor.
    for column in 0..n {
        for row in column..n {
            let (done, own) = (row * n, column * n);
            let dot: f64 = (0..column).map(|k| matrix[done + k] * matrix[own + k]).sum();
            let rest = matrix[done + column] - dot;
            matrix[done + column] = if row == column { rest.max(1e-12).sqrt() } else { rest / matrix[own + column] };
        }
    }
    // Its inverse, row by row of the transpose, so that the product below runs along memory.
    let mut factor = vec![0.0; n * n];
    for column in 0..n {
        for row in column..n {
            let own = if row == column { 1.0 } else { 0.0 };
            let dot: f64 = (column..row).map(|k| matrix[row * n + k] * factor[column * n + k]).sum();
            factor[column * n + row] = (own - dot) / matrix[row * n + row];
        }
    }
    let mut product = vec![0.0; n * n];
    for row in 0..n {
        for column in 0..=row {
            let dot: f64 = (row..n).map(|k| factor[row * n + k] * factor[column * n + k]).sum();
            product[row * n + column] = dot;
            product[column * n + row] = dot;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_tables() {
        for (z, expected) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.644_853_627, 0.05), (2.326_347_874, 0.99)] {
            assert!((below(z) - expected).abs() < 2e-7, "{z}");
        }
    }

    #[test]
    fn the_quadrature_has_the_moments_of_the_normal_distribution() {
        let moment = |power: i32| NODES.iter().map(|(node, weight)| weight * node.powi(power)).sum::<f64>();
        for (power, expected) in [(0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0), (8, 105.0)] {
            assert!((moment(power) - expected).abs() < 1e-9, "{power}: {}", moment(power));
        }
    }

    #[test]
    fn an_inverse_times_its_matrix_is_the_identity() {
        let n = 7;
        let value = |row: usize, column: usize| ((row * 31 + column * 17) % 11) as f64 / 11.0;
        let entry = |row: usize, column: usize| {
            (0..n).map(|k| value(row, k) * value(column, k)).sum::<f64>() + if row == column { 1.0 } else { 0.0 }
        };
        let matrix: Vec<f64> = (0..n * n).map(|at| entry(at / n, at % n)).collect();
        let found = inverse(matrix.clone(), n);
        for at in 0..n * n {
            let (row, column) = (at / n, at % n);
            let dot: f64 = (0..n).map(|k| matrix[row * n + k] * found[k * n + column]).sum();
            assert!((dot - if row == column { 1.0 } else { 0.0 }).abs() < 1e-9);
        }
    }
}
