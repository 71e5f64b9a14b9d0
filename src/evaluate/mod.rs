//! Honest numbers: metrics of held-out photos with bootstrap intervals over groups, calibration, the human ceiling,
//! and whether one model is better than another.
//!
//! Must not know files or the store.

mod bootstrap;
mod calibration;
mod ceiling;
mod comparison;
mod frame;
mod whole;

use serde::Serialize;

use crate::domain::{Interval, Measure};
use frame::Frame;

pub use bootstrap::RESAMPLES;
pub use comparison::compare;
pub use whole::{Settings, evaluate};

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

/// The short form for the end of a training: how well scores follow labels on held-out photos.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Photos.
    pub n: usize,
    /// Groups they come from.
    pub groups: usize,
    /// Spearman's rank correlation.
    pub srcc: Option<f64>,
    /// Its 95 % bootstrap interval over groups.
    pub srcc_interval: Option<Interval>,
    /// Pearson's correlation.
    pub plcc: Option<f64>,
    /// Kendall's τ-b.
    pub krcc: Option<f64>,
    /// Mean absolute error in points.
    pub mae: Option<f64>,
    /// Root mean squared error in points.
    pub rmse: Option<f64>,
}

/// Measures held-out photos; `seed` drives the bootstrap alone.
pub fn report(judged: &[Judged], seed: u64) -> Report {
    let column = |pick: fn(&Judged) -> f64| judged.iter().map(pick).collect::<Vec<_>>();
    let groups = frame::members(judged.iter().map(|photo| photo.group.as_str()));
    let frame = Frame::new(column(|photo| photo.score), column(|photo| photo.label), groups);
    let value = |measure| frame.whole(measure);
    let drawn = bootstrap::resample(&frame.groups, judged.len(), seed, &|counts| frame.drawn(Measure::Srcc, counts));
    Report {
        n: judged.len(),
        groups: frame.groups.len(),
        srcc: value(Measure::Srcc),
        srcc_interval: bootstrap::interval(drawn),
        plcc: value(Measure::Plcc),
        krcc: value(Measure::Krcc),
        mae: value(Measure::Mae),
        rmse: value(Measure::Rmse),
    }
}

#[cfg(test)]
mod tests;
