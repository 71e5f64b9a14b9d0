//! The personal model: a ridge on cached features, fitted to a person's labels in well under a second.
//!
//! - Features are scaled once ([`Scaling`]); blocks are weighed, and the penalty chosen, by the error on left-out groups.
//! - The ridge is shrunk toward the base model's score, calibrated to the labels: see [`own_share`].
//! - Five ridges on groups drawn with replacement say how unsure it is of a photo; normalised split-conformal prediction
//!   on photos whose group was left out turns that into 90 % intervals.
//! - A photo far from the labelled ones (Mahalanobis) is marked unfamiliar.
//!
//! Numbers in, numbers out: must not know where features come from, files or the store.

mod bootstrap;
mod lines;
mod nearest;
mod novelty;
mod predict;
mod validate;

use serde::{Deserialize, Serialize};

use super::block_weights;
use super::calibrate::Curve;
use super::conformal::Conformal;
use super::features::Features;
use super::linear::Matrix;
use super::metrics;
use super::ridge::{Choice, Groups, Spectrum};
use super::scaling::Scaling;
use crate::error::{Error, Result};
pub use lines::Lines;
use novelty::Novelty;
pub use predict::Estimate;
pub use validate::Validation;

/// Labels from which there is a personal model.
pub const FEWEST_LABELS: usize = 20;

/// Version of the serialised layout.
const FORMAT: u32 = 1;

/// Labels at which ridge and base score count alike before the data have a say.
const PRIOR_LABELS: f64 = 30.0;

/// What a personal model learns from; all of it photo by photo in the same order.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Features of the labelled photos.
    pub features: &'a Features,
    /// Labels, 0-100.
    pub labels: &'a [f64],
    /// Keys of groups (SKU, near-duplicates): photos of one group are left out together.
    pub groups: &'a [u32],
    /// Scores of the base model, when there is one.
    pub base: Option<&'a [f64]>,
}

/// A fitted personal model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Personal {
    format: u32,
    scaling: Scaling,
    /// The ridge, then those on drawn groups.
    rules: Vec<Rule>,
    base: Option<Base>,
    conformal: Conformal,
    novelty: Option<Novelty>,
    /// How the fit went.
    pub report: FitReport,
}

/// A linear rule on scaled features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rule {
    weights: Vec<f32>,
    bias: f32,
}

/// How the base model's score enters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Base {
    /// From the base score to the labels' scale.
    curve: Curve,
    /// The share of the ridge; the rest is the base's.
    own_share: f64,
}

/// How a fit went; every figure is of photos whose group was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// Labels it learnt from.
    pub labels: usize,
    /// Groups they come from.
    pub groups: usize,
    /// The ridge's penalty.
    pub penalty: f64,
    /// Weight of each block of features relative to the first.
    pub block_weights: Vec<f64>,
    /// The share of the ridge in the score, 0-1; 1 without a base model.
    pub own_share: f64,
    /// Spearman's correlation of scores and labels.
    pub srcc: Option<f64>,
    /// The same of the base model's scores.
    pub base_srcc: Option<f64>,
    /// Mean absolute error in points.
    pub mae: f64,
}

impl Personal {
    /// Fits a personal model; `seed` drives the drawn groups.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] for fewer than [`FEWEST_LABELS`] labels, labels that do not vary, or features of another
    /// kind than `scaling`'s.
    pub fn fit(training: Training<'_>, scaling: &Scaling, seed: u64) -> Result<Self> {
        check(&training)?;
        let designs = scaling.design(training.features)?;
        let groups = Groups::new(training.groups);
        let weights = block_weights::choose(&designs, training.labels, &groups)?;
        let mut centred = join(&designs, &weights);
        let means = centred.means();
        centred.centre(&means);
        let fit = Fit::new(&centred, training, &groups)?;
        let heads = bootstrap::heads(
            &fit.spectrum.coordinates(fit.choice.penalty),
            training.labels,
            &groups,
            &fit.choice,
            seed,
        )?;

        let mean = training.labels.iter().sum::<f64>() / training.labels.len() as f64;
        let own = fit.spectrum.dual_weights(training.labels, fit.choice.penalty);
        let column_weights = column_weights(&designs, &weights);
        let rule = |dual: &[f64], level: f64| {
            let slopes = centred.transposed_times(dual);
            let bias = level - slopes.iter().zip(&means).map(|(slope, mean)| slope * mean).sum::<f64>();
            let folded = slopes.iter().zip(&column_weights).map(|(slope, weight)| (slope * weight) as f32);
            Rule { weights: folded.collect(), bias: bias as f32 }
        };
        let mut rules = vec![rule(&own, mean)];
        rules.extend(heads.iter().map(|head| rule(&fit.spectrum.dual_of_coordinates(&head.slopes), head.level)));

        let spreads = bootstrap::spreads(&heads, fit.own_share);
        let residuals: Vec<f64> = fit.scores.iter().zip(training.labels).map(|(score, label)| label - score).collect();
        let conformal = Conformal::fit(&residuals, &spreads, &groups)
            .or_else(|| Conformal::fit(&residuals, &spreads, &Groups::singly(residuals.len())))
            .ok_or_else(|| Error::internal("too few residuals for an interval"))?;
        let base =
            training.base.map(|base| Base { curve: Curve::fit(base, training.labels), own_share: fit.own_share });
        let report = FitReport {
            labels: training.labels.len(),
            groups: groups.members().len(),
            penalty: fit.choice.penalty,
            block_weights: weights,
            own_share: fit.own_share,
            srcc: metrics::srcc(&fit.scores, training.labels),
            base_srcc: training.base.and_then(|base| metrics::srcc(base, training.labels)),
            mae: residuals.iter().map(|residual| residual.abs()).sum::<f64>() / residuals.len() as f64,
        };
        let novelty = Novelty::fit(&designs[0], &groups);
        Ok(Self { format: FORMAT, scaling: scaling.clone(), rules, base, conformal, novelty, report })
    }

    /// The model as JSON.
    ///
    /// # Errors
    /// When a value cannot be written.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("could not serialise the personal model").caused_by(error))
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the text is damaged or of another format.
    pub fn from_json(text: &str) -> Result<Self> {
        let damaged = || {
            Error::bad_data("the personal model cannot be read")
                .hint("It is damaged or was written by another version of Packshot; fit it again.")
        };
        let model: Self = serde_json::from_str(text).map_err(|error| damaged().caused_by(error))?;
        let width = model.scaling.width();
        let sound = model.format == FORMAT
            && !model.rules.is_empty()
            && model.rules.iter().all(|rule| rule.weights.len() == width)
            && model.novelty.as_ref().is_none_or(|novelty| novelty.fits(width));
        if sound { Ok(model) } else { Err(damaged()) }
    }

    /// Whether the score needs that of the base model.
    pub fn needs_base(&self) -> bool {
        self.base.is_some()
    }
}

/// A ridge blended with the base, and its scores of photos whose group was left out.
pub(super) struct Fit {
    spectrum: Spectrum,
    choice: Choice,
    own_share: f64,
    pub(super) scores: Vec<f64>,
}

impl Fit {
    pub(super) fn new(centred: &Matrix, training: Training<'_>, groups: &Groups) -> Result<Self> {
        let spectrum = Spectrum::of_rows(centred)?;
        let choice = spectrum
            .choose(training.labels, groups)
            .ok_or_else(|| Error::bad_data("the features of the labelled photos are the same"))?;
        let Some(base) = training.base else {
            let scores = clamped(&choice.predictions);
            return Ok(Self { spectrum, choice, own_share: 1.0, scores });
        };
        let base = Curve::out_of_group(base, training.labels, groups);
        let own_share = own_share(&choice.predictions, &base, training.labels);
        let blend = |(own, base): (&f64, &f64)| own_share * own + (1.0 - own_share) * base;
        let blended: Vec<f64> = choice.predictions.iter().zip(&base).map(blend).collect();
        Ok(Self { spectrum, choice, own_share, scores: clamped(&blended) })
    }
}

fn clamped(scores: &[f64]) -> Vec<f64> {
    scores.iter().map(|score| score.clamp(0.0, 100.0)).collect()
}

/// The share of the ridge in the score, 0-1: that of least squared error out of group, drawn toward `n / (n + 30)` as if
/// by 30 more labels.
///
/// Measured on 1,343 controlled shots of BIQ2021, ridge on attributes and BRISQUE, base models fitted to its web photos,
/// 20 draws of labels, SRCC on photos of other products. With a weak base (.50): `n / (n + 30)` alone .636 (20 labels),
/// .714 (50), .743 (200); least squares alone .606, .705, .744; this .638, .710, .744. With a strong base (.72): .726,
/// .734, .744; .665, .735, .752; .703, .737, .752. Fitting the ridge to the base's residuals or giving it the base as a
/// feature did worse.
fn own_share(own: &[f64], base: &[f64], labels: &[f64]) -> f64 {
    let n = labels.len() as f64;
    let (mut cross, mut square) = (0.0, 0.0);
    for ((own, base), label) in own.iter().zip(base).zip(labels) {
        cross += (own - base) * (label - base);
        square += (own - base).powi(2);
    }
    let prior = n / (n + PRIOR_LABELS);
    let prior_square = PRIOR_LABELS * square / n;
    if square > 0.0 { ((cross + prior * prior_square) / (square + prior_square)).clamp(0.0, 1.0) } else { prior }
}

fn check(training: &Training<'_>) -> Result<()> {
    let n = training.labels.len();
    let lengths = [training.features.photos(), training.groups.len(), training.base.map_or(n, <[f64]>::len)];
    if lengths.iter().any(|length| *length != n) {
        return Err(Error::internal("features, labels, groups and base scores are not of the same photos"));
    }
    if n < FEWEST_LABELS {
        return Err(Error::bad_data(format!("a personal model needs {FEWEST_LABELS} labelled photos; there are {n}")));
    }
    if training.labels.iter().chain(training.base.unwrap_or_default()).any(|value| !value.is_finite()) {
        return Err(Error::bad_data("a label or a base score is not a finite number"));
    }
    if training.labels.iter().all(|label| *label == training.labels[0]) {
        return Err(Error::bad_data("all labels are the same").hint("Label photos of different quality."));
    }
    Ok(())
}

/// The blocks side by side, each times its weight.
pub(super) fn join(designs: &[Matrix], weights: &[f64]) -> Matrix {
    let columns = designs.iter().map(Matrix::columns).sum();
    let mut joined = Matrix::zeros(designs[0].rows(), columns);
    for row in 0..joined.rows() {
        let values =
            designs.iter().zip(weights).flat_map(|(design, weight)| design.row(row).iter().map(move |v| v * weight));
        joined.row_mut(row).iter_mut().zip(values).for_each(|(target, value)| *target = value);
    }
    joined
}

fn column_weights(designs: &[Matrix], weights: &[f64]) -> Vec<f64> {
    designs.iter().zip(weights).flat_map(|(design, weight)| std::iter::repeat_n(*weight, design.columns())).collect()
}

#[cfg(test)]
mod tests;
