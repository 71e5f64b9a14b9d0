//! How raters compare: each one's bias and inconsistency, the scores without them, and how far raters agree.
//!
//! A score of photo `j` by rater `i` is `x = ψⱼ + Δᵢ + υᵢ·ε`: quality, bias, and noise of the rater's own deviation
//! (Li et al. 2017, SUREAL; ITU-T P.910 (2022) Annex E). Bias and quality take turns until neither moves.

pub mod agreement;

use std::collections::BTreeMap;

/// One score: which photo, by which rater, 0-100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rated {
    /// The photo's place.
    pub photo: usize,
    /// The rater's place.
    pub rater: usize,
    /// The score, 0-100.
    pub score: f64,
}

/// How a rater rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habit {
    /// Points that this rater gives above the panel's quality.
    pub bias: f64,
    /// Deviation of the scores around quality and bias, in points.
    pub inconsistency: f64,
    /// Scores behind it.
    pub scores: usize,
}

/// A panel of raters without its biases.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The quality of each photo that somebody scored, by place: the mean without biases, consistent raters counting more.
    pub qualities: BTreeMap<usize, f64>,
    /// How each rater rates, by place; a rater without a score has no bias.
    pub habits: Vec<Habit>,
}

/// Rounds at most.
const ROUNDS: usize = 1000;

/// Deviation that is expected of a rater, in points, and how many scores that expectation counts for. Without it the
/// likeliest answer for a small panel is one rater who is never wrong, and everyone else's noise.
const EXPECTED: (f64, f64) = (super::latent::NOISE, 10.0);

/// Judges a panel of `raters` persons.
pub fn judge(rated: &[Rated], raters: usize) -> Panel {
    judge_expecting(rated, raters, EXPECTED)
}

fn judge_expecting(rated: &[Rated], raters: usize, (deviation, weight): (f64, f64)) -> Panel {
    let mut qualities: BTreeMap<usize, f64> = means(rated.iter().map(|rated| (rated.photo, rated.score, 1.0)));
    let mut biases = vec![0.0; raters];
    let mut deviations = vec![deviation; raters];
    let mut counts = vec![0; raters];
    rated.iter().for_each(|rated| counts[rated.rater] += 1);
    let rebias = |qualities: &BTreeMap<usize, f64>, biases: &mut [f64]| {
        let found = means(rated.iter().map(|rated| (rated.rater, rated.score - qualities[&rated.photo], 1.0)));
        found.into_iter().for_each(|(rater, bias)| biases[rater] = bias);
    };
    rebias(&qualities, &mut biases);
    for _ in 0..ROUNDS {
        let squares = spread(rated, &qualities, &biases);
        for (rater, (sum, n)) in squares.into_iter().enumerate() {
            let total = n + weight;
            deviations[rater] = ((sum + weight * deviation * deviation) / total.max(1.0)).sqrt();
        }
        let next = means(rated.iter().map(|rated| {
            let own = deviations[rated.rater];
            (rated.photo, rated.score - biases[rated.rater], 1.0 / (own * own + 1e-8))
        }));
        let moved: f64 = next.iter().map(|(photo, quality)| (quality - qualities[photo]).powi(2)).sum();
        qualities = next;
        rebias(&qualities, &mut biases);
        if moved.sqrt() < 1e-8 {
            break;
        }
    }
    // The panel as a whole has no bias.
    let voting = counts.iter().filter(|count| **count > 0).count().max(1) as f64;
    let common =
        biases.iter().zip(&counts).filter(|(_, count)| **count > 0).map(|(bias, _)| bias).sum::<f64>() / voting;
    qualities.values_mut().for_each(|quality| *quality += common);
    let habits = (0..raters).map(|rater| Habit {
        bias: if counts[rater] > 0 { biases[rater] - common } else { 0.0 },
        inconsistency: deviations[rater],
        scores: counts[rater],
    });
    Panel { habits: habits.collect(), qualities }
}

/// The weighted mean of each key's values.
fn means(values: impl Iterator<Item = (usize, f64, f64)>) -> BTreeMap<usize, f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (key, value, weight) in values {
        let sum = sums.entry(key).or_default();
        *sum = (sum.0 + value * weight, sum.1 + weight);
    }
    sums.into_iter().map(|(key, (sum, weight))| (key, sum / weight)).collect()
}

/// Each rater's sum of squared residuals around their mean, and their number.
fn spread(rated: &[Rated], qualities: &BTreeMap<usize, f64>, biases: &[f64]) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0, 0.0); biases.len()];
    for rated in rated {
        let residual = rated.score - qualities[&rated.photo] - biases[rated.rater];
        let sum = &mut sums[rated.rater];
        *sum = (sum.0 + residual, sum.1 + residual * residual, sum.2 + 1.0);
    }
    sums.into_iter().map(|(sum, squares, n)| if n > 0.0 { (squares - sum * sum / n, n) } else { (0.0, 0.0) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of 14 photos by 8 raters; −1 is none. What follows was computed by Netflix's `sureal` 0.9.0
    /// (`SubjectMLEModelProjectionSolver`).
    const SCORES: [[i32; 8]; 14] = [
        [52, 54, 60, 35, 44, 51, 44, 51],
        [99, 90, 69, 42, 80, 80, 77, 85],
        [50, -1, 31, 45, 31, 35, 13, 16],
        [89, 79, 81, 60, 81, 74, 73, 84],
        [43, 27, 51, 39, 40, 31, 37, 35],
        [-1, 28, 61, 33, 33, 44, 38, 49],
        [70, 56, 84, 55, 75, 84, 49, 77],
        [61, 36, -1, 44, 46, 56, 33, 35],
        [58, 44, 69, 45, 39, 43, 55, 60],
        [17, -1, 29, -1, 25, 23, 9, 17],
        [83, 37, 76, 57, 55, 74, 54, 76],
        [58, 57, 71, 47, 45, 39, 63, 54],
        [38, 36, 46, 40, 38, 41, 24, 43],
        [67, 74, 91, 36, 48, 80, 89, 65],
    ];
    const QUALITIES: [f64; 14] = [
        48.537124624,
        79.836211498,
        28.473787024,
        78.494270418,
        36.489983154,
        42.685948187,
        71.470409988,
        45.364345201,
        50.898772079,
        17.868214031,
        66.461725459,
        51.791171984,
        37.924284849,
        67.61257092,
    ];
    const BIASES: [f64; 8] =
        [7.982856059, -4.96390153, 10.804271214, -9.849277338, -3.136344244, 2.220798613, -4.707772816, 1.649370042];
    const INCONSISTENCIES: [f64; 8] =
        [7.732026398, 11.021567044, 8.64075949, 13.848273725, 7.412115784, 7.434877238, 11.005489129, 6.395693097];

    fn rated(scores: &[[i32; 8]]) -> Vec<Rated> {
        let rows = scores.iter().enumerate();
        let all =
            rows.flat_map(|(photo, row)| row.iter().enumerate().map(move |(rater, score)| (photo, rater, *score)));
        let all = all.filter(|(.., score)| *score >= 0);
        all.map(|(photo, rater, score)| Rated { photo, rater, score: f64::from(score) }).collect()
    }

    #[test]
    fn without_an_expectation_it_is_the_recommended_method() {
        let panel = judge_expecting(&rated(&SCORES), 8, (12.0, 0.0));
        for (photo, expected) in QUALITIES.iter().enumerate() {
            assert!((panel.qualities[&photo] - expected).abs() < 1e-6, "{photo}: {}", panel.qualities[&photo]);
        }
        for (rater, habit) in panel.habits.iter().enumerate() {
            assert!((habit.bias - BIASES[rater]).abs() < 1e-6, "{habit:?}");
            assert!((habit.inconsistency - INCONSISTENCIES[rater]).abs() < 1e-6, "{habit:?}");
        }
    }

    #[test]
    fn an_expectation_keeps_small_panels_from_believing_one_rater_alone() {
        let few: Vec<[i32; 8]> = SCORES[..5].iter().map(|row| [row[0], row[1], row[3], -1, -1, -1, -1, -1]).collect();
        let naive = judge_expecting(&rated(&few), 3, (12.0, 0.0));
        let smallest = |panel: &Panel| panel.habits.iter().map(|habit| habit.inconsistency).fold(f64::MAX, f64::min);
        let sober = judge(&rated(&few), 3);
        assert!(smallest(&sober) > 7.0, "{sober:?}");
        assert!(smallest(&naive) < smallest(&sober));
    }

    #[test]
    fn biases_that_differ_by_photo_are_taken_out_of_the_scores() {
        // The strict rater scored the good photos alone, the mild one the bad ones: plain means turn them round.
        let rater = |rater, scores: [f64; 4], from: usize| {
            scores.into_iter().enumerate().map(move |(at, score)| Rated { photo: from + at, rater, score })
        };
        let all: Vec<Rated> = rater(0, [70.0, 60.0, 55.0, 50.0], 0)
            .chain(rater(1, [40.0, 30.0, 25.0, 20.0], 2))
            .chain(rater(1, [35.0, 25.0, 22.0, 18.0], 6))
            .collect();
        let panel = judge(&all, 3);
        assert!(panel.habits[0].bias > 5.0 && panel.habits[1].bias < -5.0, "{panel:?}");
        assert_eq!((panel.habits[2].scores, panel.habits[2].bias), (0, 0.0));
        assert!(panel.qualities[&9] > 18.0 + 5.0 && panel.qualities[&0] < 70.0 - 5.0, "{panel:?}");
    }
}
