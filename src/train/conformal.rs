//! Intervals that hold what they promise: normalised split-conformal prediction.
//!
//! Residuals of photos that the model did not see, divided by how unsure the model was of each, give one quantile; an
//! interval is the score ± quantile × unsureness (Papadopoulos, Gammerman and Vovk 2008; Lei et al. 2018, section 5.2).
//! Photos of one group err alike, and the next photo comes from a group not seen yet: each group counts as one, and one
//! more as the worst of all (pooled distributions of Dunn, Wasserman and Ramdas 2023). Must not know models.

use serde::{Deserialize, Serialize};

use super::ridge::Groups;

/// The share of labels that an interval is to hold.
pub const LEVEL: f64 = 0.9;

/// Sums of shares are off by less.
const ROUNDING: f64 = 1e-9;

/// Floors of the unsureness tried, as multiples of the mean spread; the last is a constant width but for rounding.
const FLOORS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 1000.0];

/// What turns a spread into the half-width of a 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Conformal {
    /// The quantile of normalised residuals.
    quantile: f64,
    /// What is added to the spread, in squares: a model is never surer than its noise allows.
    floor: f64,
    /// Residuals it was measured on.
    n: u32,
}

impl Conformal {
    /// Measures the quantile of `|residual| / √(spread² + floor²)` that holds 90 % of a photo of a new group; when every
    /// photo is a group, the `ceil((n + 1) · 0.9)`-th smallest. The floor is that of largest Gaussian likelihood. Nothing
    /// for fewer than nine groups, which have no finite quantile.
    pub fn fit(residuals: &[f64], spreads: &[f64], groups: &Groups) -> Option<Self> {
        let floor = floor(residuals, spreads);
        let mut sizes = Vec::with_capacity(residuals.len());
        for members in groups.members() {
            let share = 1.0 / ((groups.members().len() + 1) * members.len()) as f64;
            let unsure = |photo: usize| (spreads[photo].powi(2) + floor * floor).sqrt();
            sizes.extend(members.iter().map(|&photo| (residuals[photo].abs() / unsure(photo), share)));
        }
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut held = 0.0;
        let quantile = sizes.iter().find(|(_, share)| {
            held += share;
            held >= LEVEL - ROUNDING
        });
        quantile.map(|(quantile, _)| Self { quantile: *quantile, floor, n: residuals.len() as u32 })
    }

    /// The half-width of the interval for a photo with this spread.
    pub fn half_width(&self, spread: f64) -> f64 {
        self.quantile * (spread * spread + self.floor * self.floor).sqrt()
    }

    /// The quantile, and the floor of the spread.
    pub fn parts(&self) -> (f64, f64) {
        (self.quantile, self.floor)
    }

    /// Residuals it was measured on.
    pub fn n(&self) -> u32 {
        self.n
    }
}

/// Maximises the likelihood of residuals of deviation `κ √(spread² + floor²)` over the floor, κ at its best for each.
fn floor(residuals: &[f64], spreads: &[f64]) -> f64 {
    let n = residuals.len() as f64;
    let mean = (spreads.iter().map(|spread| spread * spread).sum::<f64>() / n).sqrt();
    if mean <= 0.0 {
        return 1.0;
    }
    let cost = |floor: f64| {
        let squares = || spreads.iter().map(move |spread| spread * spread + floor * floor);
        let scatter = residuals.iter().zip(squares()).map(|(r, square)| r * r / square).sum::<f64>() / n;
        n * scatter.max(f64::MIN_POSITIVE).ln() + squares().map(f64::ln).sum::<f64>()
    };
    let tried = FLOORS.map(|factor| factor * mean);
    tried.into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearly normal numbers of deviation 1: sums of twelve evenly spread ones.
    fn normal(i: usize) -> f64 {
        let even = |k: usize| {
            let mut x = (i * 12 + k) as u64 + 1;
            for _ in 0..3 {
                x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            (x >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..12).map(even).sum::<f64>() - 6.0
    }

    /// Photos half of which the model is four times as unsure of, and knows it.
    fn case(from: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
        let spread = |i: usize| if i.is_multiple_of(2) { 1.0 } else { 4.0 };
        (from..from + n).map(|i| (3.0 * spread(i) * normal(i), spread(i))).unzip()
    }

    fn singly(n: u32) -> Groups {
        Groups::new(&(0..n).collect::<Vec<_>>())
    }

    #[test]
    fn fresh_photos_fall_inside_as_often_as_promised_sure_or_not() {
        let (residuals, spreads) = case(0, 500);
        let conformal = Conformal::fit(&residuals, &spreads, &singly(500)).expect("enough");
        let (fresh, unsure) = case(500, 4000);
        for spread in [1.0, 4.0] {
            let of: Vec<f64> = fresh.iter().zip(&unsure).filter(|(_, s)| **s == spread).map(|(r, _)| *r).collect();
            let inside = of.iter().filter(|r| r.abs() <= conformal.half_width(spread)).count() as f64;
            let share = inside / of.len() as f64;
            assert!((share - LEVEL).abs() < 0.04, "spread {spread}: {share}");
        }
    }

    #[test]
    fn photos_of_new_groups_fall_inside_although_groups_err_alike() {
        let (groups, photos) = (12, 10);
        let residual = |i: usize| 4.0 * normal(100_000 + i / photos) + normal(i);
        let coverage = |keys: &Groups| {
            let inside = (0..100).map(|trial| {
                let from = trial * 1000;
                let known: Vec<f64> = (from..from + groups * photos).map(residual).collect();
                let conformal = Conformal::fit(&known, &vec![0.0; known.len()], keys).expect("enough");
                (from + 500..from + 1000).filter(|&i| residual(i).abs() <= conformal.half_width(0.0)).count()
            });
            inside.sum::<usize>() as f64 / 50_000.0
        };
        let whole =
            coverage(&Groups::new(&(0..(groups * photos) as u32).map(|i| i / photos as u32).collect::<Vec<_>>()));
        let single = coverage(&singly((groups * photos) as u32));
        assert!(whole > LEVEL - 0.01 && whole < LEVEL + 0.08, "{whole}");
        assert!(single < LEVEL - 0.01 && single < whole - 0.02, "{single} {whole}");
    }

    #[test]
    fn a_spread_that_tells_nothing_gives_one_width() {
        let residuals: Vec<f64> = (0..400).map(normal).collect();
        let spreads: Vec<f64> = (0..400).map(|i| 0.5 + (i % 7) as f64).collect();
        let conformal = Conformal::fit(&residuals, &spreads, &singly(400)).expect("enough");
        assert!(conformal.half_width(6.5) < 1.3 * conformal.half_width(0.5), "{conformal:?}");
    }

    #[test]
    fn the_quantile_is_that_of_the_formula_and_few_have_none() {
        let residuals: Vec<f64> = (1..=19).map(f64::from).collect();
        let width = |n: usize| {
            let conformal = Conformal::fit(&residuals[..n], &vec![0.0; n], &singly(n as u32))?;
            Some(conformal.half_width(0.0))
        };
        assert_eq!([8, 9, 10, 19].map(width), [None, Some(9.0), Some(10.0), Some(18.0)]);
    }
}
