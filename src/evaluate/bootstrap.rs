//! The bootstrap over groups (Efron 1979): whole groups are drawn with replacement, because photos of one group are
//! not independent.
//!
//! A draw is told by how often each photo counts, so that nothing is sorted or copied again. Every draw has a random
//! stream of its own: the result does not depend on how many threads share the work.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::domain::Interval;
use crate::jobs::worker_count;

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 2000;

/// Fewest groups whose draws say anything.
const FEWEST_GROUPS: usize = 3;

/// How often each photo and each group was drawn.
pub(super) struct Counts {
    pub(super) photos: Vec<f64>,
    pub(super) groups: Vec<f64>,
}

impl Counts {
    /// Everything once.
    pub(super) fn once(photos: usize, groups: usize) -> Self {
        Self { photos: vec![1.0; photos], groups: vec![1.0; groups] }
    }

    fn draw(groups: &[Vec<usize>], photos: usize, seed: u64, resample: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(resample as u64);
        let mut counts = Self { photos: vec![0.0; photos], groups: vec![0.0; groups.len()] };
        (0..groups.len()).for_each(|_| counts.groups[(rng.next_u64() % groups.len() as u64) as usize] += 1.0);
        for (members, times) in groups.iter().zip(&counts.groups) {
            members.iter().for_each(|&photo| counts.photos[photo] = *times);
        }
        counts
    }
}

/// What `measure` says of each of [`RESAMPLES`] draws of the groups; nothing with fewer than three groups.
pub(super) fn resample<T: Default + Send>(
    groups: &[Vec<usize>],
    photos: usize,
    seed: u64,
    measure: &(dyn Fn(&Counts) -> T + Sync),
) -> Vec<T> {
    if groups.len() < FEWEST_GROUPS {
        return Vec::new();
    }
    let mut results: Vec<T> = std::iter::repeat_with(T::default).take(RESAMPLES).collect();
    let share = RESAMPLES.div_ceil(worker_count());
    std::thread::scope(|scope| {
        for (worker, part) in results.chunks_mut(share).enumerate() {
            scope.spawn(move || {
                for (place, result) in part.iter_mut().enumerate() {
                    *result = measure(&Counts::draw(groups, photos, seed, worker * share + place));
                }
            });
        }
    });
    results
}

/// The 95 % percentile interval of what the draws gave; nothing when the value was defined in less than half of them.
pub(super) fn interval(drawn: impl IntoIterator<Item = Option<f64>>) -> Option<Interval> {
    let mut values: Vec<f64> = drawn.into_iter().flatten().collect();
    if values.len() < RESAMPLES / 2 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some((quantile(&values, 0.025)?, quantile(&values, 0.975)?))
}

/// A quantile of sorted values, between two of them by linear interpolation (Hyndman and Fan 1996, type 7; NumPy's).
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_takes_whole_groups_as_many_as_there_are() {
        let groups = vec![vec![0, 3], vec![1], vec![2, 4, 5]];
        let mut seen = std::collections::BTreeSet::new();
        for resample in 0..500 {
            let counts = Counts::draw(&groups, 6, 7, resample);
            assert_eq!(counts.groups.iter().sum::<f64>(), 3.0);
            for (members, times) in groups.iter().zip(&counts.groups) {
                assert!(members.iter().all(|&photo| counts.photos[photo] == *times));
            }
            seen.insert(format!("{:?}", counts.groups));
        }
        assert_eq!(seen.len(), 10, "all ten ways to draw three of three");
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy 2.4: quantile([1, 2, 4, 8, 16], [0, .025, .5, .975, 1]).
        let expected = [(0.0, 1.0), (0.025, 1.1), (0.5, 4.0), (0.975, 15.2), (1.0, 16.0)];
        for (share, value) in expected {
            let found = quantile(&[1.0, 2.0, 4.0, 8.0, 16.0], share).expect("values");
            assert!((found - value).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_value_that_is_rarely_defined_has_no_interval() {
        let every = |step: usize| (0..RESAMPLES).map(move |index| (index % step == 0).then_some(index as f64));
        assert!(interval(every(2)).is_some() && interval(every(3)).is_none());
    }
}
