//! From a model's scores to the scale of the labels: the more labels, the freer the curve.
//!
//! Below 100 labels a line, below 400 a four-parameter logistic, from 400 on an isotonic curve. None of them ever falls:
//! calibration moves scores but never turns their order round. Must not know models.

use serde::{Deserialize, Serialize};

use super::metrics::Logistic;
use super::ridge::Groups;

/// Labels from which a logistic is fitted.
pub const LOGISTIC_FROM: usize = 100;

/// Labels from which an isotonic curve is fitted.
pub const ISOTONIC_FROM: usize = 400;

/// Folds in which a curve is fitted without the photos it is tried on.
const FOLDS: usize = 10;

/// A rising curve from scores to labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    shape: Shape,
}

/// What a curve is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `slope · x + offset`
    Line {
        /// Points a point.
        slope: f64,
        /// At 0.
        offset: f64,
    },
    /// A four-parameter logistic.
    Logistic(Logistic),
    /// Points with rising `x` and `y`, joined by lines.
    Isotonic(Vec<(f64, f64)>),
}

impl Curve {
    /// Fits the curve that suits the number of pairs of score and label (both finite). Where scores do not rise with
    /// labels it is flat at the labels' mean: such scores say nothing.
    pub fn fit(scores: &[f64], labels: &[f64]) -> Self {
        let line = line(scores, labels);
        let shape = match scores.len() {
            _ if matches!(line, Shape::Line { slope, .. } if slope <= 0.0) => line,
            ISOTONIC_FROM.. => isotonic(scores, labels),
            LOGISTIC_FROM.. => match Logistic::fit(scores, labels, &vec![1.0; scores.len()], None) {
                Some(curve) if curve.is_rising() => Shape::Logistic(curve),
                _ => line,
            },
            _ => line,
        };
        Self { shape }
    }

    /// What it is.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// "linear", "logistic" or "isotonic".
    pub fn name(&self) -> &'static str {
        match self.shape {
            Shape::Line { .. } => "linear",
            Shape::Logistic(_) => "logistic",
            Shape::Isotonic(_) => "isotonic",
        }
    }

    /// The calibrated score.
    pub fn at(&self, score: f64) -> f64 {
        match &self.shape {
            Shape::Line { slope, offset } => slope * score + offset,
            Shape::Logistic(curve) => curve.at(score),
            Shape::Isotonic(points) => interpolate(points, score),
        }
    }

    /// What curves fitted without a photo's group make of its score: an honest look at how well scores calibrate.
    pub fn out_of_group(scores: &[f64], labels: &[f64], groups: &Groups) -> Vec<f64> {
        let folds = groups.members().len().min(FOLDS);
        let fold_of = groups.folds(folds);
        let mut calibrated = vec![0.0; scores.len()];
        for fold in 0..folds {
            let inside = || (0..scores.len()).filter(|&photo| fold_of[photo] != fold);
            let (x, y): (Vec<f64>, Vec<f64>) = inside().map(|photo| (scores[photo], labels[photo])).unzip();
            let curve = Self::fit(&x, &y);
            for photo in (0..scores.len()).filter(|&photo| fold_of[photo] == fold) {
                calibrated[photo] = curve.at(scores[photo]);
            }
        }
        calibrated
    }
}

/// Least squares; flat at the mean when scores do not vary or fall with labels.
fn line(scores: &[f64], labels: &[f64]) -> Shape {
    let n = scores.len().max(1) as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (x, y) = (mean(scores), mean(labels));
    let xy: f64 = scores.iter().zip(labels).map(|(a, b)| (a - x) * (b - y)).sum();
    let xx: f64 = scores.iter().map(|a| (a - x).powi(2)).sum();
    let slope = if xx > 0.0 { (xy / xx).max(0.0) } else { 0.0 };
    Shape::Line { slope, offset: y - slope * x }
}

struct Pool {
    score: f64,
    label: f64,
    weight: f64,
}

/// Pool-adjacent-violators (Ayer et al. 1955): the rising step function of least squares, its steps' middles joined by
/// lines so that photos of one step keep their order.
fn isotonic(scores: &[f64], labels: &[f64]) -> Shape {
    let mut pairs: Vec<(f64, f64)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<Pool> = Vec::new();
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        let weight = same.len() as f64;
        let label = same.iter().map(|pair| pair.1).sum::<f64>() / weight;
        pools.push(Pool { score: same[0].0, label, weight });
        while let [.., before, last] = &mut pools[..]
            && before.label >= last.label
        {
            let weight = before.weight + last.weight;
            before.label = (before.label * before.weight + last.label * last.weight) / weight;
            before.score = (before.score * before.weight + last.score * last.weight) / weight;
            before.weight = weight;
            pools.pop();
        }
    }
    Shape::Isotonic(pools.into_iter().map(|pool| (pool.score, pool.label)).collect())
}

fn interpolate(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|point| point.0 < x);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, end)), None) | (None, Some(&(_, end))) => end,
        (None, None) => x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.5
    }

    /// Scores over 0-100 and labels of an S-shaped truth with noise of ±5.
    fn case(n: usize) -> (Vec<f64>, Vec<f64>) {
        let scores: Vec<f64> = (0..n).map(|i| 100.0 * (noise(i) + 0.5)).collect();
        let labels = scores.iter().enumerate().map(|(i, x)| truth(*x) + 10.0 * noise(i * 31 + 7)).collect();
        (scores, labels)
    }

    fn truth(x: f64) -> f64 {
        10.0 + 80.0 / (1.0 + (-(x - 60.0) / 6.0).exp())
    }

    #[test]
    fn the_curve_grows_freer_with_labels_and_nearer_to_the_truth() {
        let mut worst = f64::INFINITY;
        for (n, name) in [(99, "linear"), (100, "logistic"), (399, "logistic"), (400, "isotonic"), (4000, "isotonic")] {
            let (scores, labels) = case(n);
            let curve = Curve::fit(&scores, &labels);
            assert_eq!(curve.name(), name);
            let far = (0..=50).map(|i| (curve.at(f64::from(i) * 2.0) - truth(f64::from(i) * 2.0)).abs());
            let mean = far.sum::<f64>() / 51.0;
            if name != "linear" {
                assert!(mean < 2.0, "{n}: {mean}");
                assert!(mean < worst, "{n}: {mean}");
            } else {
                worst = mean;
            }
        }
    }

    #[test]
    fn pooling_matches_a_case_by_hand() {
        let found = isotonic(&[1.0, 2.0, 3.0, 4.0, 5.0], &[10.0, 30.0, 20.0, 40.0, 33.0]);
        let Shape::Isotonic(points) = found else { panic!("isotonic") };
        assert_eq!(points, [(1.0, 10.0), (2.5, 25.0), (4.5, 36.5)]);
        assert_eq!(interpolate(&points, 1.75), 17.5);
        assert_eq!((interpolate(&points, -9.0), interpolate(&points, 99.0)), (10.0, 36.5));
    }

    #[test]
    fn no_curve_ever_falls() {
        for n in [30, 200, 900] {
            let (scores, labels) = case(n);
            let turned: Vec<f64> = labels.iter().map(|label| 100.0 - label).collect();
            for labels in [labels, turned] {
                let curve = Curve::fit(&scores, &labels);
                let values: Vec<f64> = (-20..=120).map(|x| curve.at(f64::from(x))).collect();
                assert!(values.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9), "{n}: {}", curve.name());
            }
        }
    }

    #[test]
    fn out_of_group_a_curve_knows_nothing_of_the_group() {
        // One group's labels lie: a curve that had seen them would follow.
        let scores: Vec<f64> = (0..60).map(f64::from).collect();
        let groups = Groups::new(&(0..60).map(|i| i / 6).collect::<Vec<_>>());
        let honest: Vec<f64> = scores.clone();
        let mut lying = honest.clone();
        lying[54..].fill(0.0);
        let a = Curve::out_of_group(&scores, &honest, &groups);
        let b = Curve::out_of_group(&scores, &lying, &groups);
        assert!((54..60).all(|photo| (a[photo] - b[photo]).abs() < 1e-9));
        assert!((a[3] - b[3]).abs() > 0.5);
    }
}
