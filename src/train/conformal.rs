//! Intervals that hold what they promise: normalised split-conformal prediction.
//!
//! Residuals of photos that the model did not see, divided by how unsure the model was of each, give one quantile; an
//! interval is the score ± quantile × unsureness (Papadopoulos, Gammerman and Vovk 2008; Lei et al. 2018, section 5.2).
//! Must not know models.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::ridge::Groups;
use super::shuffle::shuffle;

/// The share of labels that an interval is to hold.
pub const LEVEL: f64 = 0.9;

/// Floors of the unsureness tried, as multiples of the mean spread; the last is a constant width but for rounding.
const FLOORS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 1000.0];

/// Random halvings over which realised coverage is averaged.
const HALVINGS: usize = 40;

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
    /// Measures the quantile, the `ceil((n + 1) · 0.9)`-th smallest of `|residual| / √(spread² + floor²)`; the floor is
    /// that of largest Gaussian likelihood. Nothing for fewer than nine residuals, which have no finite one.
    pub fn fit(residuals: &[f64], spreads: &[f64]) -> Option<Self> {
        let n = residuals.len();
        let rank = ((n + 1) as f64 * LEVEL).ceil() as usize;
        if n == 0 || rank > n {
            return None;
        }
        let floor = floor(residuals, spreads);
        let unsure = |spread: &f64| (spread * spread + floor * floor).sqrt();
        let mut sizes: Vec<f64> = residuals.iter().zip(spreads).map(|(r, s)| r.abs() / unsure(s)).collect();
        sizes.sort_by(f64::total_cmp);
        Some(Self { quantile: sizes[rank - 1], floor, n: n as u32 })
    }

    /// The half-width of the interval for a photo with this spread.
    pub fn half_width(&self, spread: f64) -> f64 {
        self.quantile * (spread * spread + self.floor * self.floor).sqrt()
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

/// The share of labels inside intervals measured without them: on random halves of the groups, each half judged by the
/// quantile of the other. Nothing when a half has fewer than nine photos every time.
pub fn realised_coverage(residuals: &[f64], spreads: &[f64], groups: &Groups, seed: u64) -> Option<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<&Vec<usize>> = groups.members().iter().collect();
    let (mut inside, mut all) = (0, 0);
    for _ in 0..HALVINGS {
        shuffle(&mut order, &mut rng);
        let (one, other) = order.split_at(order.len() / 2);
        for (known, judged) in [(one, other), (other, one)] {
            let known: (Vec<f64>, Vec<f64>) =
                known.iter().copied().flatten().map(|&photo| (residuals[photo], spreads[photo])).unzip();
            let Some(conformal) = Conformal::fit(&known.0, &known.1) else { continue };
            for &photo in judged.iter().copied().flatten() {
                inside += usize::from(residuals[photo].abs() <= conformal.half_width(spreads[photo]));
                all += 1;
            }
        }
    }
    (all > 0).then(|| inside as f64 / all as f64)
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
        let spread = |i: usize| if i % 2 == 0 { 1.0 } else { 4.0 };
        (from..from + n).map(|i| (3.0 * spread(i) * normal(i), spread(i))).unzip()
    }

    #[test]
    fn fresh_photos_fall_inside_as_often_as_promised_sure_or_not() {
        let (residuals, spreads) = case(0, 500);
        let conformal = Conformal::fit(&residuals, &spreads).expect("enough");
        let (fresh, unsure) = case(500, 4000);
        for spread in [1.0, 4.0] {
            let of: Vec<f64> = fresh.iter().zip(&unsure).filter(|(_, s)| **s == spread).map(|(r, _)| *r).collect();
            let inside = of.iter().filter(|r| r.abs() <= conformal.half_width(spread)).count() as f64;
            let share = inside / of.len() as f64;
            assert!((share - LEVEL).abs() < 0.04, "spread {spread}: {share}");
        }
        let realised = realised_coverage(&residuals, &spreads, &Groups::new(&(0..500).collect::<Vec<_>>()), 1);
        assert!((realised.expect("enough") - LEVEL).abs() < 0.025, "{realised:?}");
    }

    #[test]
    fn a_spread_that_tells_nothing_gives_one_width() {
        let residuals: Vec<f64> = (0..400).map(normal).collect();
        let spreads: Vec<f64> = (0..400).map(|i| 0.5 + (i % 7) as f64).collect();
        let conformal = Conformal::fit(&residuals, &spreads).expect("enough");
        assert!(conformal.half_width(6.5) < 1.3 * conformal.half_width(0.5), "{conformal:?}");
    }

    #[test]
    fn the_quantile_is_that_of_the_formula_and_few_have_none() {
        let residuals: Vec<f64> = (1..=10).map(f64::from).collect();
        let conformal = Conformal::fit(&residuals, &[0.0; 10]).expect("enough");
        assert_eq!(conformal.half_width(0.0), 10.0);
        let nineteen: Vec<f64> = (1..=19).map(f64::from).collect();
        assert_eq!(Conformal::fit(&nineteen, &[0.0; 19]).expect("enough").half_width(0.0), 18.0);
        assert_eq!(Conformal::fit(&residuals[..8], &[0.0; 8]), None);
        assert_eq!(realised_coverage(&residuals, &[0.0; 10], &Groups::new(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 1), None);
    }
}
