//! Everything there is to say about a model on labelled photos.

use std::collections::BTreeMap;

use super::bootstrap::{interval, quantile, resample};
use super::frame::{Frame, members};
use super::{calibration, ceiling};
use crate::domain::{EvaluatedPhoto, Evaluation, GroupLine, Measure, Measured, Residuals, Subset, Summary};
use crate::train::metrics;

/// How many of the photos with the largest errors are named.
const WORST: usize = 24;

/// What an evaluation depends on besides the photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Drives the bootstrap and the splits of ratings.
    pub seed: u64,
    /// Labels from here on count as good (0-100).
    pub threshold: f64,
}

/// Evaluates a model on photos.
pub fn evaluate(photos: &[EvaluatedPhoto], settings: &Settings) -> Evaluation {
    let all: Vec<&EvaluatedPhoto> = photos.iter().collect();
    let mut by_subset: BTreeMap<&str, Vec<&EvaluatedPhoto>> = BTreeMap::new();
    for photo in photos {
        if let Some(subset) = &photo.subset {
            by_subset.entry(subset).or_default().push(photo);
        }
    }
    let subset = |(name, photos): (&str, Vec<&EvaluatedPhoto>)| Subset {
        name: name.to_owned(),
        summary: summary(&photos, settings),
    };
    let calibration = calibration::bins(&all, settings.seed);
    Evaluation {
        all: summary(&all, settings),
        subsets: by_subset.into_iter().map(subset).collect(),
        groups: group_lines(&all),
        calibration_error: calibration::error(&calibration),
        calibration,
        residuals: residuals(photos),
        worst: worst(photos),
        threshold: settings.threshold,
        ceiling: ceiling::ceiling(&all, settings.seed),
    }
}

fn summary(photos: &[&EvaluatedPhoto], settings: &Settings) -> Summary {
    let frame = Frame::of(photos, &|photo| photo.score, settings.threshold);
    let drawn = resample(&frame.groups, photos.len(), settings.seed, &|counts| {
        Measure::ALL.map(|measure| frame.drawn(measure, counts))
    });
    let measured = |measure: Measure| Measured {
        measure,
        value: frame.whole(measure),
        interval: interval(drawn.iter().map(|values| values[measure as usize])),
    };
    Summary { n: photos.len(), groups: frame.groups.len(), measures: Measure::ALL.map(measured).to_vec() }
}

/// Groups of at least two photos, the largest error first.
fn group_lines(photos: &[&EvaluatedPhoto]) -> Vec<GroupLine> {
    let column = |pick: fn(&EvaluatedPhoto) -> f64| photos.iter().map(|photo| pick(photo)).collect::<Vec<_>>();
    let (scores, labels) = (column(|photo| photo.score.value), column(|photo| photo.label));
    let line = |members: &Vec<usize>| {
        let mean = |value: &dyn Fn(usize) -> f64| {
            members.iter().map(|&index| value(index)).sum::<f64>() / members.len() as f64
        };
        let (right, pairs) = metrics::pairs_in_order(&scores, &labels, members);
        GroupLine {
            name: photos[members[0]].group.clone(),
            n: members.len(),
            label: mean(&|index| labels[index]),
            score: mean(&|index| scores[index]),
            mae: mean(&|index| (scores[index] - labels[index]).abs()),
            pair_accuracy: (pairs > 0.0).then(|| right / pairs),
        }
    };
    let groups = members(photos.iter().map(|photo| photo.group.as_str()));
    let mut lines: Vec<GroupLine> = groups.iter().filter(|members| members.len() > 1).map(line).collect();
    lines.sort_by(|a, b| b.mae.total_cmp(&a.mae).then_with(|| a.name.cmp(&b.name)));
    lines
}

fn residuals(photos: &[EvaluatedPhoto]) -> Residuals {
    let mut values: Vec<f64> = photos.iter().map(EvaluatedPhoto::residual).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    let quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| quantile(&values, share).unwrap_or_default());
    Residuals { deviation, quantiles }
}

fn worst(photos: &[EvaluatedPhoto]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..photos.len()).collect();
    let size = |index: usize| photos[index].residual().abs();
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then_with(|| photos[a].path.cmp(&photos[b].path)));
    order.truncate(WORST);
    order
}
