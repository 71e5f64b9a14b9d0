//! Whether a score means what it says: mean label against mean score, in bins of neighbouring scores.

use super::bootstrap::{Counts, interval, resample};
use super::frame::members;
use crate::domain::{CalibrationBin, EvaluatedPhoto};

/// Most bins, and photos a bin at least where there are fewer photos.
const BINS: usize = 10;
const PHOTOS_A_BIN: usize = 10;

/// Bins of equal count by rising score; photos of equal score never lie in two bins.
pub(super) fn bins(photos: &[&EvaluatedPhoto], seed: u64) -> Vec<CalibrationBin> {
    let mut order: Vec<usize> = (0..photos.len()).collect();
    order.sort_by(|&a, &b| photos[a].score.value.total_cmp(&photos[b].score.value).then(a.cmp(&b)));
    let parts = cut(photos, &order);
    let groups = members(photos.iter().map(|photo| photo.group.as_str()));
    let mean_label = |part: &[usize], counts: &Counts| {
        let n: f64 = part.iter().map(|&index| counts.photos[index]).sum();
        let sum: f64 = part.iter().map(|&index| counts.photos[index] * photos[index].label).sum();
        (n > 0.0).then(|| sum / n)
    };
    let drawn = resample(&groups, photos.len(), seed, &|counts| {
        parts.iter().map(|part| mean_label(part, counts)).collect::<Vec<_>>()
    });
    let bin = |(place, part): (usize, &&[usize])| {
        let mean = |value: fn(&EvaluatedPhoto) -> f64| {
            part.iter().map(|&index| value(photos[index])).sum::<f64>() / part.len() as f64
        };
        CalibrationBin {
            n: part.len(),
            range: (photos[part[0]].score.value, photos[part[part.len() - 1]].score.value),
            score: mean(|photo| photo.score.value),
            label: mean(|photo| photo.label),
            label_interval: interval(drawn.iter().map(|means| means[place])),
        }
    };
    parts.iter().enumerate().map(bin).collect()
}

fn cut<'a>(photos: &[&EvaluatedPhoto], order: &'a [usize]) -> Vec<&'a [usize]> {
    let bins = (order.len() / PHOTOS_A_BIN).clamp(1, BINS);
    let (mut parts, mut start) = (Vec::new(), 0);
    for bin in 1..=bins {
        let mut end = order.len() * bin / bins;
        let score = |place: usize| photos[order[place]].score.value;
        while end > 0 && end < order.len() && score(end) == score(end - 1) {
            end += 1;
        }
        if end > start {
            parts.push(&order[start..end]);
            start = end;
        }
    }
    parts
}

/// Expected calibration error: the distance of mean label and mean score, weighted by photos (Naeini et al. 2015).
pub(super) fn error(bins: &[CalibrationBin]) -> Option<f64> {
    let n: usize = bins.iter().map(|bin| bin.n).sum();
    let sum: f64 = bins.iter().map(|bin| bin.n as f64 * (bin.score - bin.label).abs()).sum();
    (n > 0).then(|| sum / n as f64)
}
