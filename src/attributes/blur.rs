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
/// Pixels that are looked at together.
const STRETCH: usize = 16;

/// Radius in native pixels at the median of the edges of product and rim; nothing when there are too few edges.
pub(super) fn blur(plane: &Plane, area: &Area) -> Option<f64> {
    if plane.width <= 2 * MARGIN || plane.height <= 2 * MARGIN {
        return None;
    }
    let mut widths = [0_u32; BINS * WIDEST];
    let mut gradients = Gradients::default();
    for y in MARGIN..plane.height - MARGIN {
        let rows: [&[f32]; 5] = std::array::from_fn(|row| plane.row(y + row - 2));
        for range in area.inner(y, plane.width, MARGIN) {
            // One more on each side than is looked at, and what the widest comparison reaches.
            let reach = range.start - MARGIN + 1..range.end + MARGIN - 1;
            let first = MARGIN - 1;
            let rows = rows.map(|row| &row[reach.start - 1..=reach.end]);
            wide(FindGradients { rows, into: &mut gradients });
            let sideways = |&place: &usize| edge_width(|by| gradients.across[(place + first).wrapping_add_signed(by)]);
            let upright = |&place: &usize| {
                let x = place + range.start;
                edge_width(|by| {
                    let y = y.wrapping_add_signed(by);
                    (plane.row(y + 1)[x] - plane.row(y - 1)[x]) / 2.0
                })
            };
            let found = gradients.sideways.iter().filter_map(sideways);
            found.chain(gradients.upright.iter().filter_map(upright)).for_each(|width| widths[bin(width)] += 1);
        }
    }
    median(&widths)
}

/// The gradients along a row, and where edges may be. Places count from the fourth gradient on.
#[derive(Default)]
struct Gradients {
    /// Half the difference of the neighbours in the row.
    across: Vec<f32>,
    /// Half the difference of the rows beside this one, and the same a row above and a row below.
    down: [Vec<f32>; 3],
    /// Where an edge is crossed along the row: the steepest places.
    sideways: Vec<usize>,
    /// Where one is crossed from row to row.
    upright: Vec<usize>,
}

/// Fills gradients from five rows, the middle one their own, each with one more pixel on both sides.
struct FindGradients<'a> {
    rows: [&'a [f32]; 5],
    into: &'a mut Gradients,
}

impl Loop for FindGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Gradients { across, down, sideways, upright } = self.into;
        let n = self.rows[0].len() - 2;
        half_differences(&self.rows[2][..n], &self.rows[2][2..], across);
        for (row, down) in down.iter_mut().enumerate() {
            half_differences(&self.rows[row][1..=n], &self.rows[row + 2][1..=n], down);
        }
        sideways.clear();
        upright.clear();
        let inner = MARGIN - 1..n - (MARGIN - 1);
        for start in inner.clone().step_by(STRETCH) {
            let end = (start + STRETCH).min(inner.end);
            let across = &across[start - 1..=end];
            let [above, here, below] = [&down[0][start..end], &down[1][start..end], &down[2][start..end]];
            let (mut along, mut between) = ([0_u8; STRETCH], [0_u8; STRETCH]);
            for x in 0..here.len() {
                let [before, own, after] = [across[x].abs(), across[x + 1].abs(), across[x + 2].abs()];
                let [over, vertical, under] = [above[x].abs(), here[x].abs(), below[x].abs()];
                // Only edges along one axis: across a slanted one the same blur looks wider. Only at their steepest.
                let strong = (own >= LEAST_GRADIENT) & (own > 2.0 * vertical);
                along[x] = u8::from(strong & (own > before) & (own >= after));
                let strong = (vertical >= LEAST_GRADIENT) & (vertical > 2.0 * own);
                between[x] = u8::from(strong & (vertical > over) & (vertical >= under));
            }
            push_places(&along, start - inner.start, sideways);
            push_places(&between, start - inner.start, upright);
        }
    }
}

/// Where flags are set, counted from `start`. Most stretches of a photo have none.
#[inline(always)]
fn push_places(flags: &[u8; STRETCH], start: usize, places: &mut Vec<usize>) {
    let mut bits = u128::from_le_bytes(*flags);
    while bits != 0 {
        places.push(start + bits.trailing_zeros() as usize / 8);
        bits &= bits - 1;
    }
}

#[inline(always)]
fn half_differences(before: &[f32], after: &[f32], out: &mut Vec<f32>) {
    out.resize(before.len(), 0.0);
    for (out, (before, after)) in out.iter_mut().zip(before.iter().zip(after)) {
        *out = (after - before) / 2.0;
    }
}

/// σ at the steepest place of an edge, whose gradient at an offset in pixels is `gradient`.
fn edge_width(gradient: impl Fn(isize) -> f32) -> Option<f32> {
    let peak = gradient(0);
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
