//! How well people agree with people: no model can be asked for more.
//!
//! Each photo's ratings are split at random into two halves of equal size; the SRCC between the halves' means over the
//! photos, averaged over splits, is the agreement of half a panel with another half. The Spearman-Brown formula
//! (Spearman 1910; Brown 1910) steps it up to the whole panel: `k·r / (1 + (k − 1)·r)`, where `k` is how many times
//! larger than a half the panel is.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::domain::{Ceiling, CeilingSource, EvaluatedPhoto, Rating};
use crate::train::metrics;

/// Random splits that are averaged.
const SPLITS: u64 = 200;

/// Fewest photos with two ratings.
const FEWEST: usize = 10;

/// The ceiling; nothing when fewer than ten photos have two ratings. Where some photo was rated by several people,
/// each person counts once a photo; else the repeated ratings of single persons are compared with each other.
pub(super) fn ceiling(photos: &[&EvaluatedPhoto], seed: u64) -> Option<Ceiling> {
    let by_rater: Vec<Vec<f64>> = photos.iter().map(|photo| one_a_rater(&photo.ratings)).collect();
    let several = |ratings: &[Vec<f64>]| ratings.iter().filter(|ratings| ratings.len() > 1).count();
    let (source, ratings) = if several(&by_rater) > 0 {
        (CeilingSource::Raters, by_rater)
    } else {
        let all = |photo: &&EvaluatedPhoto| photo.ratings.iter().map(|rating| rating.value).collect();
        (CeilingSource::Repeats, photos.iter().map(all).collect())
    };
    let n = several(&ratings);
    if n < FEWEST {
        return None;
    }
    let usable: Vec<&Vec<f64>> = ratings.iter().filter(|ratings| ratings.len() > 1).collect();
    let agreements: Vec<f64> = (0..SPLITS).filter_map(|split| agreement(&usable, seed, split)).collect();
    if agreements.is_empty() {
        return None;
    }
    let half = agreements.iter().sum::<f64>() / agreements.len() as f64;
    let mean = |size: fn(usize) -> usize| usable.iter().map(|r| size(r.len())).sum::<usize>() as f64 / n as f64;
    let (whole_size, half_size) = (mean(|len| len), mean(|len| len / 2));
    Some(Ceiling { source, n, ratings: whole_size, half, panel: stepped_up(half, whole_size / half_size) })
}

/// The mean of each rater's ratings.
fn one_a_rater(ratings: &[Rating]) -> Vec<f64> {
    let mut raters: std::collections::BTreeMap<&str, (f64, f64)> = std::collections::BTreeMap::new();
    for rating in ratings {
        let tally = raters.entry(&rating.rater).or_default();
        *tally = (tally.0 + rating.value, tally.1 + 1.0);
    }
    raters.into_values().map(|(sum, n)| sum / n).collect()
}

/// SRCC between the means of two random halves of each photo's ratings.
fn agreement(ratings: &[&Vec<f64>], seed: u64, split: u64) -> Option<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6861_6c76_6573);
    rng.set_stream(split);
    let halves = ratings.iter().map(|ratings| {
        let mut shuffled = (*ratings).clone();
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, (rng.next_u64() % (last as u64 + 1)) as usize);
        }
        let size = shuffled.len() / 2;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / size as f64;
        // With an odd number, one rating, another one each time, stands aside.
        (mean(&shuffled[..size]), mean(&shuffled[size..2 * size]))
    });
    let (first, second): (Vec<f64>, Vec<f64>) = halves.unzip();
    metrics::srcc(&first, &second)
}

/// The Spearman-Brown formula for a panel `times` as large; agreement at or below 0 stays what it is.
fn stepped_up(agreement: f64, times: f64) -> f64 {
    if agreement <= 0.0 { agreement } else { times * agreement / (1.0 + (times - 1.0) * agreement) }
}
