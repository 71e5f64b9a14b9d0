//! Gaussian windows.

/// A Gaussian of `2 radius + 1` taps whose sum is 1.
pub(in crate::attributes) fn gaussian(radius: usize, sigma: f64) -> Vec<f64> {
    let weight = |index: usize| (-(index as f64 - radius as f64).powi(2) / (2.0 * sigma * sigma)).exp();
    let sum: f64 = (0..=2 * radius).map(weight).sum();
    (0..=2 * radius).map(|index| weight(index) / sum).collect()
}

/// `out[i] = Σ taps[k] · values[i + k]` wherever all taps lie inside: `values.len() + 1 - taps.len()` results.
pub(in crate::attributes) fn slide(taps: &[f64], values: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (offset, tap) in taps.iter().enumerate() {
        add(*tap, &values[offset..], out);
    }
}

/// `out += weight · values`, as far as `out` reaches.
pub(in crate::attributes) fn add(weight: f64, values: &[f64], out: &mut [f64]) {
    for (sum, value) in out.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_sums_to_one_and_slides_inside_only() {
        let taps = gaussian(5, 1.5);
        assert_eq!(taps.len(), 11);
        assert!((taps.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((taps[4] / taps[5] - (-1.0_f64 / 4.5).exp()).abs() < 1e-15);
        let mut out = [0.0; 2];
        slide(&[0.25, 0.5, 0.25], &[0.0, 4.0, 8.0, 0.0], &mut out);
        assert_eq!(out, [4.0, 5.0]);
    }
}
