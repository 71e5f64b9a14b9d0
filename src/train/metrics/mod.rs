//! How well scores follow labels: correlations, errors, the order of pairs.
//!
//! Functions named `…_counted` take how often each photo counts: a resample of a bootstrap is then a pass over values
//! that were sorted once ([`Order`]), and equals the plain function on the photos written out that often.

mod logistic;
mod order;

pub use logistic::{Logistic, plcc_fitted};
pub use order::{Order, auc_counted, krcc_counted, pairs_in_order, srcc_counted};

/// Pearson's linear correlation coefficient (PLCC); nothing when a side does not vary or has fewer than two values.
pub fn plcc(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    plcc_counted(x, y, &once(x.len()))
}

/// [`plcc`] of pairs that count so often.
pub fn plcc_counted(x: &[f64], y: &[f64], counts: &[f64]) -> Option<f64> {
    let n: f64 = counts.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(counts).map(|(value, count)| value * count).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for ((a, b), count) in x.iter().zip(y).zip(counts) {
        let (a, b) = (a - mean_x, b - mean_y);
        xy += count * a * b;
        xx += count * a * a;
        yy += count * b * b;
    }
    // What is left of equal values after rounding is no variation.
    let varies = |squares: f64, mean: f64| squares > n * (mean.abs() * 1e-14).powi(2);
    let value = xy / (xx * yy).sqrt();
    (varies(xx, mean_x) && varies(yy, mean_y) && value.is_finite()).then(|| value.clamp(-1.0, 1.0))
}

/// PLCC after the four-parameter logistic was fitted to the scores (VQEG 2000), so that a scale that is bent but in
/// order costs nothing; the plain PLCC where no fit is found. See [`plcc_fitted`].
pub fn plcc_logistic(scores: &[f64], labels: &[f64]) -> Option<f64> {
    if scores.len() != labels.len() {
        return None;
    }
    plcc_fitted(scores, labels, &once(scores.len()), None).map(|(value, _)| value)
}

/// Spearman's rank correlation coefficient (SRCC): PLCC of the ranks, ties sharing their mean rank.
pub fn srcc(x: &[f64], y: &[f64]) -> Option<f64> {
    let usable = x.len() == y.len() && x.iter().chain(y).all(|value| value.is_finite());
    if usable { srcc_counted(&Order::of(x), &Order::of(y), &once(x.len())) } else { None }
}

/// Kendall's rank correlation τ-b (KRCC; Kendall 1945), which accounts for ties on both sides.
pub fn krcc(x: &[f64], y: &[f64]) -> Option<f64> {
    let usable = x.len() == y.len() && x.iter().chain(y).all(|value| value.is_finite());
    if usable { krcc_counted(&Order::of(x), &Order::of(y), &once(x.len())) } else { None }
}

/// Area under the ROC curve: the share of pairs of a good and a bad photo in which the good one scores higher, equal
/// scores counting half (Mann and Whitney 1947). Nothing when all photos are good, or none.
pub fn auc(scores: &[f64], good: &[bool]) -> Option<f64> {
    let usable = scores.len() == good.len() && scores.iter().all(|value| value.is_finite());
    if usable { auc_counted(&Order::of(scores), good, &once(scores.len())) } else { None }
}

/// Share of the pairs of photos of one group whose labels differ that the scores put in the right order, equal scores
/// counting half: (Somers' D of scores given labels + 1) / 2, pooled over the groups. `groups[i]` is photo i's group.
/// Nothing when there is no such pair.
pub fn pair_accuracy(scores: &[f64], labels: &[f64], groups: &[usize]) -> Option<f64> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.iter().max().map_or(0, |last| last + 1)];
    groups.iter().enumerate().for_each(|(photo, group)| members[*group].push(photo));
    let tallies = members.iter().map(|members| pairs_in_order(scores, labels, members));
    let (right, pairs) = tallies.fold((0.0, 0.0), |sum, tally| (sum.0 + tally.0, sum.1 + tally.1));
    (pairs > 0.0).then(|| right / pairs)
}

/// Mean absolute error, in the unit of its input.
pub fn mae(predicted: &[f64], label: &[f64]) -> Option<f64> {
    mean(predicted.iter().zip(label).map(|(p, l)| (p - l).abs()))
}

/// Root of the mean squared error, in the unit of its input.
pub fn rmse(predicted: &[f64], label: &[f64]) -> Option<f64> {
    mean(predicted.iter().zip(label).map(|(p, l)| (p - l).powi(2))).map(f64::sqrt)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / n as f64)
}

fn once(n: usize) -> Vec<f64> {
    vec![1.0; n]
}

#[cfg(test)]
mod tests;
