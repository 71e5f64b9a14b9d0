//! How well scores follow labels: SRCC, PLCC, KRCC, MAE, RMSE.

/// Pearson's linear correlation coefficient (PLCC); nothing when a side does not vary or has fewer than two values.
pub fn plcc(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        xy += (a - mean_x) * (b - mean_y);
        xx += (a - mean_x).powi(2);
        yy += (b - mean_y).powi(2);
    }
    let value = xy / (xx * yy).sqrt();
    value.is_finite().then_some(value)
}

/// Spearman's rank correlation coefficient (SRCC): PLCC of the ranks, ties sharing their mean rank.
pub fn srcc(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    plcc(&ranks(x), &ranks(y))
}

/// Ranks from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|&&index| values[index] == values[order[start]]).count();
        let shared = start as f64 + (same as f64 + 1.0) / 2.0;
        order[start..start + same].iter().for_each(|&index| ranks[index] = shared);
        start += same;
    }
    ranks
}

/// Kendall's rank correlation τ-b (KRCC; Kendall 1945), which accounts for ties on both sides.
pub fn krcc(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    let (mut agreement, mut pairs_x, mut pairs_y) = (0.0, 0.0, 0.0);
    for i in 0..x.len() {
        for j in 0..i {
            let (a, b) = (order(x[i], x[j]), order(y[i], y[j]));
            agreement += a * b;
            pairs_x += a.abs();
            pairs_y += b.abs();
        }
    }
    let value = agreement / (pairs_x * pairs_y).sqrt();
    value.is_finite().then_some(value)
}

fn order(a: f64, b: f64) -> f64 {
    f64::from(i8::from(a > b) - i8::from(a < b))
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

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 8] = [12.0, 55.0, 31.0, 31.0, 80.0, 64.0, 9.0, 47.0];
    const Y: [f64; 8] = [20.0, 40.0, 35.0, 28.0, 90.0, 40.0, 15.0, 60.0];

    #[test]
    fn values_match_scipy() {
        // scipy 1.17.1: pearsonr, spearmanr, kendalltau (tau-b) of X and Y; numpy for MAE and RMSE.
        let check = |name: &str, value: Option<f64>, expected: f64| {
            let value = value.expect(name);
            assert!((value - expected).abs() < 1e-9, "{name}: {value}");
        };
        check("plcc", plcc(&X, &Y), 0.8587185134476286);
        check("srcc", srcc(&X, &Y), 0.9156626506024095);
        check("krcc", krcc(&X, &Y), 0.8148148148148148);
        check("mae", mae(&X, &Y), 10.375);
        check("rmse", rmse(&X, &Y), 12.221906561580317);
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        assert_eq!(srcc(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(plcc(&[1.0], &[1.0]), None);
        assert_eq!(krcc(&[2.0, 2.0], &[1.0, 3.0]), None);
        assert_eq!(mae(&[], &[]), None);
    }
}
