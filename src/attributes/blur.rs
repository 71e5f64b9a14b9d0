//! Blur: how wide the sharpest edges are, as the radius (standard deviation) of the Gaussian that would make them so.
//!
//! The gradient across a step edge blurred by a Gaussian of radius σ is itself a Gaussian of radius σ, so that
//! `σ² = d² / (2 ln g(0) − ln g(−d) − ln g(d))` for the gradient g at an edge and d pixels beside it. Unlike the
//! variance of the Laplacian this does not fall for a smooth or a low-contrast product. (Edge width as a measure of
//! blur: P. Marziliano et al., "A no-reference perceptual blur metric", ICIP 2002; the Gaussian edge model: J. H. Elder
//! and S. W. Zucker, "Local scale control for edge detection and blur estimation", PAMI 20(7), 1998.)

use super::area::Area;
use super::plane::Plane;

/// An edge's gradient must reach this many grey levels a pixel: above noise and compression.
const LEAST_GRADIENT: f32 = 6.0;
/// This share of the edges is sharper than what counts as the photo's blur: something in focus is enough.
const SHARPEST: f64 = 0.5;
/// Fewer edges than this tell nothing.
const FEWEST_EDGES: u32 = 40;
/// What the central difference (a box two pixels wide) adds to σ².
const OPERATOR: f32 = 1.0 / 3.0;
/// Bins a pixel of the histogram of σ.
const BINS: usize = 20;
/// The widest σ that is told apart, in pixels.
const WIDEST: usize = 12;

/// Radius in pixels at the sharpest fifth of the edges of product and rim; nothing when there are too few edges.
pub(super) fn blur(plane: &Plane, area: &Area) -> Option<f64> {
    let mut widths = [0_u32; BINS * WIDEST];
    if plane.width < 9 || plane.height < 9 {
        return None;
    }
    let mut across = Vec::new();
    for y in 4..plane.height - 4 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for range in area.inner(y, plane.width, 4) {
            gradient(&here[range.start - 4..range.end + 4], &mut across);
            for x in range.clone() {
                let at = x - range.start + 3;
                let strength = across[at].abs();
                if strength >= LEAST_GRADIENT && strength > across[at - 1].abs() && strength >= across[at + 1].abs() {
                    let upright = (below[x] - above[x]).abs() < strength;
                    if upright && let Some(width) = width(|offset| across[at.wrapping_add_signed(offset)]) {
                        widths[bin(width)] += 1;
                    }
                }
                let along = |dy: isize| {
                    let y = y.wrapping_add_signed(dy);
                    (plane.row(y + 1)[x] - plane.row(y - 1)[x]) / 2.0
                };
                let strength = (below[x] - above[x]).abs() / 2.0;
                if strength >= LEAST_GRADIENT && strength > along(-1).abs() && strength >= along(1).abs() {
                    let level = across[at].abs() * 2.0 < strength;
                    if level && let Some(width) = width(along) {
                        widths[bin(width)] += 1;
                    }
                }
            }
        }
    }
    quantile(&widths)
}

/// Central differences: `out[i]` belongs to `row[i + 1]`.
fn gradient(row: &[f32], out: &mut Vec<f32>) {
    out.clear();
    out.extend(row.windows(3).map(|three| (three[2] - three[0]) / 2.0));
}

/// σ² at an edge whose gradient at an offset in pixels is `gradient`.
fn width(gradient: impl Fn(isize) -> f32) -> Option<f32> {
    let peak = gradient(0);
    // The same sign on both sides: one edge, not a line.
    let side = |offset: isize| (gradient(offset) * peak.signum()).max(0.05 * peak.abs());
    let variance = |distance: isize| {
        let fall = 2.0 * peak.abs().ln() - side(-distance).ln() - side(distance).ln();
        (fall > 1e-3).then(|| (distance * distance) as f32 / fall)
    };
    let near = variance(1)?;
    // Wide edges fall too little within one pixel to be told from rounding.
    let best = if near > 1.5 { variance(3).unwrap_or(near) } else { near };
    Some((best - OPERATOR).max(0.0).sqrt())
}

fn bin(width: f32) -> usize {
    ((width * BINS as f32) as usize).min(BINS * WIDEST - 1)
}

fn quantile(widths: &[u32]) -> Option<f64> {
    let total: u32 = widths.iter().sum();
    if total < FEWEST_EDGES {
        return None;
    }
    let wanted = SHARPEST * f64::from(total);
    let mut seen = 0.0;
    for (index, &count) in widths.iter().enumerate() {
        if seen + f64::from(count) >= wanted {
            let part = (wanted - seen) / f64::from(count.max(1));
            return Some((index as f64 + part) / BINS as f64);
        }
        seen += f64::from(count);
    }
    None
}
