//! Honest numbers: metrics of held-out photos with bootstrap intervals over groups.
//!
//! Must not know files or the store.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::train::metrics;

/// One held-out photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its label, 0-100.
    pub label: f64,
    /// Its score, 0-100.
    pub score: f64,
    /// Its group.
    pub group: String,
}

/// How well scores follow labels on held-out photos.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Photos.
    pub n: usize,
    /// Groups they come from.
    pub groups: usize,
    /// Spearman's rank correlation.
    pub srcc: Option<f64>,
    /// Its 95 % bootstrap interval over groups.
    pub srcc_interval: Option<(f64, f64)>,
    /// Pearson's correlation.
    pub plcc: Option<f64>,
    /// Kendall's τ-b.
    pub krcc: Option<f64>,
    /// Mean absolute error in points.
    pub mae: Option<f64>,
    /// Root mean squared error in points.
    pub rmse: Option<f64>,
}

/// Resamples of the bootstrap.
const RESAMPLES: usize = 2000;

/// Measures held-out photos; `seed` drives the bootstrap alone.
pub fn report(judged: &[Judged], seed: u64) -> Report {
    let labels: Vec<f64> = judged.iter().map(|photo| photo.label).collect();
    let scores: Vec<f64> = judged.iter().map(|photo| photo.score).collect();
    let groups = by_group(judged);
    Report {
        n: judged.len(),
        groups: groups.len(),
        srcc: metrics::srcc(&scores, &labels),
        srcc_interval: bootstrap(&groups, judged, seed),
        plcc: metrics::plcc(&scores, &labels),
        krcc: metrics::krcc(&scores, &labels),
        mae: metrics::mae(&scores, &labels),
        rmse: metrics::rmse(&scores, &labels),
    }
}

fn by_group(judged: &[Judged]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, photo) in judged.iter().enumerate() {
        groups.entry(&photo.group).or_default().push(index);
    }
    groups.into_values().collect()
}

/// Percentile bootstrap (Efron 1979) of the SRCC: whole groups are drawn with replacement, because photos of one
/// group are not independent. Needs at least three groups.
fn bootstrap(groups: &[Vec<usize>], judged: &[Judged], seed: u64) -> Option<(f64, f64)> {
    if groups.len() < 3 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let drawn = (0..groups.len()).flat_map(|_| &groups[(rng.next_u64() % groups.len() as u64) as usize]);
        let (scores, labels): (Vec<f64>, Vec<f64>) =
            drawn.map(|&index| (judged[index].score, judged[index].label)).unzip();
        values.extend(metrics::srcc(&scores, &labels));
    }
    values.sort_by(f64::total_cmp);
    let at =
        |share: f64| values.get(((values.len() as f64 * share) as usize).min(values.len().checked_sub(1)?)).copied();
    Some((at(0.025)?, at(0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(n: usize, groups: usize, noise: f64) -> Vec<Judged> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut uniform = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let photo = |index: usize| {
            let label = 100.0 * uniform();
            let score = label + noise * (uniform() - 0.5);
            Judged { label, score, group: format!("g{}", index % groups) }
        };
        (0..n).map(photo).collect()
    }

    #[test]
    fn the_interval_holds_the_estimate_and_narrows_with_more_groups() {
        let few = report(&judged(60, 6, 120.0), 1);
        let many = report(&judged(600, 200, 120.0), 1);
        let width = |report: &Report| {
            let (low, high) = report.srcc_interval.expect("interval");
            let srcc = report.srcc.expect("srcc");
            assert!(low < srcc && srcc < high, "{low} {srcc} {high}");
            high - low
        };
        assert!(width(&many) < width(&few));
        assert_eq!((few.n, few.groups), (60, 6));
        assert_eq!(few, report(&judged(60, 6, 120.0), 1));
    }

    #[test]
    fn perfect_and_too_few_are_told_apart() {
        assert_eq!(report(&judged(50, 10, 0.0), 1).srcc_interval, Some((1.0, 1.0)));
        assert_eq!(report(&judged(10, 2, 0.0), 1).srcc_interval, None);
        assert_eq!(report(&[], 1), Report::default());
    }
}
