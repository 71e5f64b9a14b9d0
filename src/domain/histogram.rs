//! How the votes on a photo spread.

use super::LEVEL_WORDS;

/// Levels of a [`Histogram`], evenly spaced from 0 to 100.
pub const HISTOGRAM_LEVELS: usize = LEVEL_WORDS.len();

/// Shares of the votes on each level, worst first; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Histogram(pub [f64; HISTOGRAM_LEVELS]);

impl Histogram {
    /// Of single votes on the 0-100 scale; one between two levels counts for both, by its nearness. Nothing without
    /// votes.
    pub fn of(votes: &[f64]) -> Option<Self> {
        let mut shares = [0.0; HISTOGRAM_LEVELS];
        for vote in votes {
            let place = (vote / 100.0).clamp(0.0, 1.0) * (HISTOGRAM_LEVELS - 1) as f64;
            let below = (place as usize).min(HISTOGRAM_LEVELS - 2);
            let above = place - below as f64;
            shares[below] += (1.0 - above) / votes.len() as f64;
            shares[below + 1] += above / votes.len() as f64;
        }
        (!votes.is_empty()).then_some(Self(shares))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_count_for_their_levels_and_between_two_for_both() {
        let shares = |votes: &[f64]| Histogram::of(votes).map(|found| found.0);
        assert_eq!(shares(&[0.0, 25.0, 25.0, 100.0]), Some([0.25, 0.5, 0.0, 0.0, 0.25]));
        assert_eq!(
            shares(&[60.0]).map(|found| found.map(|share| (share * 100.0).round())),
            Some([0.0, 0.0, 60.0, 40.0, 0.0])
        );
        assert_eq!(shares(&[]), None);
        // The mean of the levels is that of the votes.
        let votes = [3.0, 47.0, 81.5, 99.0];
        let mean: f64 =
            shares(&votes).expect("votes").iter().zip(0..).map(|(share, level)| share * 25.0 * f64::from(level)).sum();
        assert!((mean - votes.iter().sum::<f64>() / 4.0).abs() < 1e-9);
    }
}
