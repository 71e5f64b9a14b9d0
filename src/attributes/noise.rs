//! Noise: the median absolute deviation of the finest diagonal detail.
//!
//! D. L. Donoho and I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81(3), 1994:
//! `σ = median |HH| / 0.6745` for the diagonal Haar coefficients HH of 2×2 pixels. Edges are rare and barely move a
//! median; clipped pixels hold no noise and are left out.

use super::mask::Mask;
use super::plane::Plane;

/// Bins a grey level of the histogram of |HH|.
const BINS: usize = 16;
/// Pixels outside of this range may be clipped.
const OPEN: std::ops::RangeInclusive<f32> = 2.0..=253.0;

/// Standard deviation of the noise over the product in grey levels; nothing when no pixel can show it.
pub(super) fn noise(plane: &Plane, mask: &Mask) -> Option<f64> {
    let mut counts = vec![0_u64; 256 * BINS];
    for y in (0..plane.height.saturating_sub(1)).step_by(2) {
        let (here, below) = (plane.row(y), plane.row(y + 1));
        for run in mask.product(y) {
            let (upper, lower) =
                (&here[run.start as usize..run.end as usize], &below[run.start as usize..run.end as usize]);
            for (above, under) in upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0) {
                if OPEN.contains(&above[0]) && OPEN.contains(&under[1]) {
                    let detail = (above[0] - above[1] - under[0] + under[1]).abs() / 2.0;
                    counts[((detail * BINS as f32) as usize).min(256 * BINS - 1)] += 1;
                }
            }
        }
    }
    let total: u64 = counts.iter().sum();
    let mut seen = 0;
    let middle = counts.iter().position(|count| {
        seen += count;
        2 * seen >= total && total > 0
    })?;
    let below = (seen - counts[middle]) as f64;
    let within = (total as f64 / 2.0 - below) / counts[middle].max(1) as f64;
    Some((middle as f64 + within) / BINS as f64 / 0.6745)
}
