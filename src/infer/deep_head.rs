//! A personal model on deep features alone, as plain numbers: what its ONNX graph is made of, and what that is held against.

use crate::domain::Score;

/// Rules on the features that a network describes a photo by, and how they make a score with the network's own.
#[derive(Debug, Clone, PartialEq)]
pub struct DeepHead {
    /// Taken from the features first `[features]`.
    pub means: Vec<f32>,
    /// `[features, rules]`: the rule of the score, then those whose spread tells how unsure it is.
    pub weights: Vec<f32>,
    /// `[rules]`
    pub biases: Vec<f32>,
    /// The share of the first rule in the score, 0-1; the rest is the network's score on the labels' scale.
    pub own_share: f64,
    /// From the network's score to the labels' scale.
    pub curve: HeadCurve,
    /// Half of the interval is `quantile · √((own_share · spread)² + floor²)`.
    pub quantile: f64,
    /// See [`Self::quantile`].
    pub floor: f64,
}

/// A rising curve.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadCurve {
    /// `slope · x + offset`
    Line {
        /// Points a point.
        slope: f64,
        /// At 0.
        offset: f64,
    },
    /// `(b1 − b2)/(1 + exp(−(x − b3)/b4)) + b2`
    Logistic([f64; 4]),
    /// Points with rising `x` and `y`, joined by lines, flat outside.
    Points(Vec<(f64, f64)>),
}

impl HeadCurve {
    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Line { slope, offset } => slope * x + offset,
            Self::Logistic([b1, b2, b3, b4]) => (b1 - b2) / (1.0 + (-(x - b3) / b4).exp()) + b2,
            Self::Points(points) => {
                let first = points.first().map_or(x, |point| point.1);
                let rise = |pair: &[(f64, f64)]| {
                    let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
                    (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
                };
                first + points.windows(2).map(rise).sum::<f64>()
            }
        }
    }
}

impl DeepHead {
    /// The score of a photo with these features, whose score by the network is `base` (0-100).
    pub fn score(&self, features: &[f32], base: f64) -> Score {
        let count = self.biases.len();
        let mut rules: Vec<f64> = self.biases.iter().map(|bias| f64::from(*bias)).collect();
        for ((value, mean), weights) in features.iter().zip(&self.means).zip(self.weights.chunks_exact(count)) {
            let off = f64::from(value - mean);
            rules.iter_mut().zip(weights).for_each(|(rule, weight)| *rule += off * f64::from(*weight));
        }
        let (own, drawn) = (rules[0], &rules[1..]);
        let value = (self.own_share * own + (1.0 - self.own_share) * self.curve.at(base)).clamp(0.0, 100.0);
        let mean = drawn.iter().sum::<f64>() / drawn.len().max(1) as f64;
        let squares: f64 = drawn.iter().map(|rule| (rule - mean).powi(2)).sum();
        let spread = self.own_share * (squares / self.degrees()).sqrt();
        let half = self.quantile * (spread * spread + self.floor * self.floor).sqrt();
        Score { value, low: (value - half).max(0.0), high: (value + half).min(100.0) }
    }

    /// What squares of the drawn rules' differences are divided by.
    pub(super) fn degrees(&self) -> f64 {
        self.biases.len().saturating_sub(2).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_rule_and_the_calibrated_base_by_their_shares() {
        let head = DeepHead {
            means: vec![1.0, 2.0],
            weights: vec![2.0, 1.0, 3.0, -1.0, 0.0, 0.0],
            biases: vec![50.0, 40.0, 44.0],
            own_share: 0.75,
            curve: HeadCurve::Points(vec![(10.0, 20.0), (30.0, 30.0), (40.0, 60.0)]),
            quantile: 2.0,
            floor: 3.0,
        };
        // Rules: 50 + 2·2 − 1 = 53, 40 + 2 = 42, 44 + 6 = 50; the base 35 is 45 of the labels.
        let score = head.score(&[3.0, 3.0], 35.0);
        assert!((score.value - (0.75 * 53.0 + 0.25 * 45.0)).abs() < 1e-9, "{score:?}");
        let spread = 0.75 * 32.0_f64.sqrt();
        assert!((score.high - score.value - 2.0 * (spread * spread + 9.0).sqrt()).abs() < 1e-9, "{score:?}");
        assert_eq!((head.curve.at(-5.0), head.curve.at(20.0), head.curve.at(99.0)), (20.0, 25.0, 60.0));
        assert_eq!(HeadCurve::Logistic([80.0, 20.0, 50.0, 5.0]).at(50.0), 50.0);
    }
}
