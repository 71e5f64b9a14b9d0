//! A personal model as lines on the columns of its features: what a runtime that knows no features can compute.

use super::Personal;
use crate::train::calibrate::Curve;

/// Straight lines, a curve, and what makes an interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<'a> {
    /// Slopes on the columns of each rule: that of the score, then those whose spread tells how unsure it is.
    pub slopes: Vec<Vec<f64>>,
    /// The level of each rule, where all columns are 0.
    pub levels: Vec<f64>,
    /// From the base score to the labels' scale.
    pub curve: &'a Curve,
    /// The share of the first rule in the score.
    pub own_share: f64,
    /// Quantile and floor of [`crate::train::conformal::Conformal`].
    pub interval: (f64, f64),
}

impl Personal {
    /// The model as lines; nothing unless it learnt from one block of values that are never missing, and has a base.
    pub fn lines(&self) -> Option<Lines<'_>> {
        let (means, factors) = self.scaling.line()?;
        let base = self.base.as_ref()?;
        let columns = || means.iter().zip(factors).map(|(mean, factor)| (f64::from(*mean), f64::from(*factor)));
        let (mut slopes, mut levels) = (Vec::new(), Vec::new());
        for rule in &self.rules {
            let own: Vec<f64> = rule.weights.iter().zip(columns()).map(|(w, (_, by))| f64::from(*w) * by).collect();
            let off: f64 = own.iter().zip(columns()).map(|(slope, (mean, _))| slope * mean).sum();
            levels.push(f64::from(rule.bias) - off);
            slopes.push(own);
        }
        let (own_share, interval) = (base.own_share, self.conformal.parts());
        Some(Lines { slopes, levels, curve: &base.curve, own_share, interval })
    }
}
