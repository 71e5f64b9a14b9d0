//! A trained model's card: everything needed to turn the network's raw output into a score.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Score;

/// Identifier of a model: the first 16 hex digits of the SHA-256 of its weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelId(pub String);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Linear map from the network's raw output (standardised target) to 0-100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean of the training labels, 0-100.
    pub mean: f64,
    /// Standard deviation of the training labels, in points; at least 1.
    pub std: f64,
}

impl Calibration {
    /// Mean and population standard deviation of the labels (0-100).
    pub fn fit(labels: &[f64]) -> Self {
        let n = labels.len().max(1) as f64;
        let mean = labels.iter().sum::<f64>() / n;
        let variance = labels.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / n;
        Self { mean, std: variance.sqrt().max(1.0) }
    }

    /// A label (0-100) as the network's target.
    pub fn standardise(&self, label: f64) -> f64 {
        (label - self.mean) / self.std
    }

    /// The network's raw output as a score, clamped to 0-100.
    pub fn score(&self, raw: f64) -> f64 {
        (raw * self.std + self.mean).clamp(0.0, 100.0)
    }
}

/// Half-width of the 90 % interval and what it was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Half-width in points: the split-conformal 90 % quantile of absolute residuals.
    pub half_width: f64,
    /// How many held-out labels it was measured on; 0 means not calibrated.
    pub n: u32,
}

impl Reach {
    /// Used before there are labels to measure with.
    pub const UNKNOWN: Self = Self { half_width: 25.0, n: 0 };

    /// Split conformal prediction: the `ceil((n+1)·0.9)`-th smallest absolute residual
    /// (Vovk, Gammerman and Shafer 2005; Lei et al. 2018, section 2). With fewer than 9 residuals no finite
    /// quantile has 90 % coverage, so the result is [`Reach::UNKNOWN`].
    pub fn conformal(residuals: &[f64]) -> Self {
        let mut sizes: Vec<f64> = residuals.iter().map(|residual| residual.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let rank = ((sizes.len() + 1) as f64 * 0.9).ceil() as usize;
        match sizes.get(rank.wrapping_sub(1)) {
            Some(&half_width) => Self { half_width, n: sizes.len() as u32 },
            None => Self::UNKNOWN,
        }
    }
}

/// The card that lies beside a model's weights as `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of this card's layout.
    pub format: u32,
    /// The model's id.
    pub id: ModelId,
    /// Registry name of the architecture.
    pub architecture: String,
    /// Version of the preprocessing the weights were trained with.
    pub preprocess: u32,
    /// Raw output to score.
    pub calibration: Calibration,
    /// Interval.
    pub reach: Reach,
    /// Whether its defect heads have learnt to name flaws.
    #[serde(default)]
    pub names_flaws: bool,
    /// The run that made it.
    pub run: Option<String>,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// Packshot's version and build variant.
    pub code_version: String,
    /// What it adds to a network, when it is a personal model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<PersonalCard>,
}

/// What a personal model is: a ridge on features of a network, fitted to a person's labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalCard {
    /// The network that describes photos, and whose score it starts from.
    pub base: ModelId,
    /// What that is called.
    pub base_name: String,
    /// What the features are known by: network, versions of preprocessing and measures.
    pub extractor: String,
    /// The network trained elsewhere that gives the features; absent when the base does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone: Option<PersonalBackbone>,
    /// The basis that they are projected on: the start of its SHA-256.
    pub basis: String,
    /// Labels it learnt from.
    pub labels: usize,
    /// Groups they come from.
    pub groups: usize,
    /// Spearman's correlation of scores and labels, each group left out in turn.
    pub srcc: Option<f64>,
    /// The share of the labels in the score, 0-1; the rest is the network's.
    pub own_share: f64,
}

/// A network trained elsewhere whose features a personal model learnt from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalBackbone {
    /// What the user calls it.
    pub name: String,
    /// Its weights, in the model's folder.
    pub file: String,
}

impl ModelCard {
    /// Version written by this build.
    pub const FORMAT: u32 = 1;

    /// What stands in place of an architecture's name on the card of a personal model.
    pub const PERSONAL: &'static str = "personal";

    /// The raw network output as a score with its interval.
    pub fn score(&self, raw: f64) -> Score {
        let value = self.calibration.score(raw);
        Score { value, low: (value - self.reach.half_width).max(0.0), high: (value + self.reach.half_width).min(100.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_round_trips_and_clamps() {
        let calibration = Calibration::fit(&[20.0, 40.0, 60.0]);
        assert!((calibration.mean - 40.0).abs() < 1e-12);
        assert!((calibration.score(calibration.standardise(55.0)) - 55.0).abs() < 1e-9);
        assert_eq!(calibration.score(1e9), 100.0);
        assert_eq!(Calibration::fit(&[50.0, 50.0]).std, 1.0);
    }

    #[test]
    fn conformal_reach_is_the_ninetieth_percentile_with_the_finite_sample_correction() {
        let residuals: Vec<f64> = (1..=99).map(f64::from).collect();
        assert_eq!(Reach::conformal(&residuals), Reach { half_width: 90.0, n: 99 });
        assert_eq!(Reach::conformal(&[1.0; 8]), Reach::UNKNOWN);
        assert_eq!(Reach::conformal(&[-2.0; 9]), Reach { half_width: 2.0, n: 9 });
    }
}
