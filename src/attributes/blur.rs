//! Blur: how wide the edges are, as the radius (standard deviation) of the Gaussian that would make a step so.
//!
//! The gradient across a step edge blurred by a Gaussian of radius σ is itself a Gaussian of radius σ, so that
//! `σ² = d² / (2 ln g(0) − ln g(−d) − ln g(d))` for the gradient g at an edge and d pixels beside it. Unlike the
//! variance of the Laplacian this does not fall for a smooth or a low-contrast product. (Edge width as a measure of
//! blur: P. Marziliano et al., "A no-reference perceptual blur metric", ICIP 2002; the Gaussian edge model: J. H. Elder
//! and S. W. Zucker, "Local scale control for edge detection and blur estimation", PAMI 20(7), 1998.)

use super::area::Area;
use super::plane::Plane;
use super::wide::{Loop, wide};

/// An edge's gradient must reach this many grey levels a pixel: above noise and compression.
const LEAST_GRADIENT: f32 = 6.0;
/// Pixels along the frame that are left out: the widest comparison reaches three, and a gradient one more.
const MARGIN: usize = 5;
/// Fewer edges than this tell nothing.
const FEWEST_EDGES: u32 = 40;
/// What the central difference (a box two pixels wide) adds to σ².
const OPERATOR: f32 = 1.0 / 3.0;
/// Bins a pixel of the histogram of σ.
const BINS: usize = 20;
/// The widest σ that is told apart, in pixels.
const WIDEST: usize = 12;

/// Radius in native pixels at the median of the edges of product and rim; nothing when there are too few edges.
pub(super) fn blur(plane: &Plane, area: &Area) -> Option<f64> {
    if plane.width <= 2 * MARGIN || plane.height <= 2 * MARGIN {
        return None;
    }
    let mut widths = [0_u32; BINS * WIDEST];
    let mut gradients = Gradients::default();
    for y in MARGIN..plane.height - MARGIN {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for range in area.inner(y, plane.width, MARGIN) {
            // One more on each side than is looked at, and what the widest comparison reaches.
            let reach = range.start - MARGIN + 1..range.end + MARGIN - 1;
            let first = MARGIN - 1;
            let rows = [here, above, below].map(|row| &row[reach.start - 1..=reach.end]);
            wide(FindGradients { rows, into: &mut gradients });
            let Gradients { across, down, strong } = &gradients;
            for &place in strong {
                let (at, x) = (place + first, place + range.start);
                let (sideways, upright) = (across[at].abs(), down[at].abs());
                // Only edges along one axis: across a slanted one the same blur looks wider.
                let found = if sideways > 2.0 * upright {
                    edge_width(|offset| across[at.wrapping_add_signed(offset)])
                } else if upright > 2.0 * sideways {
                    edge_width(|offset| {
                        let y = y.wrapping_add_signed(offset);
                        (plane.row(y + 1)[x] - plane.row(y - 1)[x]) / 2.0
                    })
                } else {
                    None
                };
                if let Some(width) = found {
                    widths[bin(width)] += 1;
                }
            }
        }
    }
    median(&widths)
}

/// The gradients along a row, and where they are strong.
#[derive(Default)]
struct Gradients {
    /// Half the difference of the neighbours in the row.
    across: Vec<f32>,
    /// Half the difference of the rows beside it.
    down: Vec<f32>,
    /// Where one of them is strong enough for an edge, counted from the fourth on.
    strong: Vec<usize>,
}

/// Fills gradients from a row, the one above and the one below, each with one more pixel on both sides.
struct FindGradients<'a> {
    rows: [&'a [f32]; 3],
    into: &'a mut Gradients,
}

impl Loop for FindGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        const STRETCH: usize = 16;
        let [here, above, below] = self.rows;
        let Gradients { across, down, strong } = self.into;
        let n = here.len() - 2;
        half_differences(&here[..n], &here[2..], across);
        half_differences(&above[1..=n], &below[1..=n], down);
        strong.clear();
        let inner = MARGIN - 1..n - (MARGIN - 1);
        let stretches = across[inner.clone()].chunks(STRETCH).zip(down[inner].chunks(STRETCH));
        for (index, (across, down)) in stretches.enumerate() {
            let mut flags = [false; STRETCH];
            for (flag, (across, down)) in flags.iter_mut().zip(across.iter().zip(down)) {
                *flag = (across.abs() >= LEAST_GRADIENT) | (down.abs() >= LEAST_GRADIENT);
            }
            // Most stretches of a photo have none.
            if flags != [false; STRETCH] {
                strong.extend((0..STRETCH).filter(|place| flags[*place]).map(|place| index * STRETCH + place));
            }
        }
    }
}

#[inline(always)]
fn half_differences(before: &[f32], after: &[f32], out: &mut Vec<f32>) {
    out.resize(before.len(), 0.0);
    for (out, (before, after)) in out.iter_mut().zip(before.iter().zip(after)) {
        *out = (after - before) / 2.0;
    }
}

/// σ at an edge whose gradient at an offset in pixels is `gradient`; nothing beside the edge's steepest pixel.
fn edge_width(gradient: impl Fn(isize) -> f32) -> Option<f32> {
    let peak = gradient(0);
    if peak.abs() <= gradient(-1).abs() || peak.abs() < gradient(1).abs() {
        return None;
    }
    // The same sign on both sides: one edge, not a line.
    let side = |offset: isize| (gradient(offset) * peak.signum()).max(0.05 * peak.abs());
    let variance = |distance: isize| {
        let fall = (peak * peak / (side(-distance) * side(distance))).ln();
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

fn median(widths: &[u32]) -> Option<f64> {
    let total: u32 = widths.iter().sum();
    if total < FEWEST_EDGES {
        return None;
    }
    let half = f64::from(total) / 2.0;
    let mut seen = 0.0;
    for (index, &count) in widths.iter().enumerate() {
        if seen + f64::from(count) >= half {
            let part = (half - seen) / f64::from(count.max(1));
            return Some((index as f64 + part) / BINS as f64);
        }
        seen += f64::from(count);
    }
    None
}
