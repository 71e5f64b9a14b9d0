//! Noise: the finest diagonal detail where the product is smoothest.
//!
//! After D. L. Donoho and I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81(3), 1994, who
//! take the absolute deviation of the diagonal Haar coefficients HH of 2×2 pixels for noise. Over a whole product
//! that is as much texture and lettering as noise, so it is taken tile by tile, as the mean `E|HH| = σ √(2/π)`, and the
//! smooth tiles count: texture only ever adds to it (S. I. Olsen, "Estimation of noise in images: an evaluation", CVGIP
//! 55(4), 1993). Clipped pixels hold no noise and are left out.

use super::mask::Mask;
use super::plane::Plane;
use super::runs::Run;

/// Side of a tile in pixels.
const TILE: usize = 16;
/// Coefficients of a tile that must be on the product and not clipped: half of them.
const FEWEST: u32 = (TILE * TILE / 8) as u32;
/// Share of the tiles that are smoother than the one that counts.
const SMOOTH: f64 = 0.2;
/// What that tile shows of the noise where all tiles are equally smooth: with 64 coefficients a tile's mean strays by
/// 9.4 %, and a fifth of them stray by -0.84 times that or more.
const LOWEST_SHOW: f64 = 0.92;
/// Pixels outside of this range may be clipped.
const OPEN: std::ops::RangeInclusive<f32> = 2.0..=253.0;

/// Sum and number of the coefficients of a tile.
type Tile = (f32, u32);

/// Standard deviation of the noise on the product in grey levels, on the whole frame where the product has no tile that
/// can show it; nothing where no tile can.
pub(super) fn noise(plane: &Plane, mask: &Mask) -> Option<f64> {
    let whole = [Run { start: 0, end: plane.width as u32 }];
    let mut means = tile_means(plane, |y| mask.product(y));
    if means.is_empty() {
        means = tile_means(plane, |_| &whole);
    }
    let place = (means.len() as f64 * SMOOTH) as usize;
    if means.is_empty() {
        return None;
    }
    let smooth = f64::from(*means.select_nth_unstable_by(place, f32::total_cmp).1);
    Some(smooth / (2.0 / std::f64::consts::PI).sqrt() / LOWEST_SHOW)
}

/// Means of the absolute coefficients over the tiles that have enough of them within `runs` of their rows.
fn tile_means<'a>(plane: &Plane, runs: impl Fn(usize) -> &'a [Run]) -> Vec<f32> {
    let mut means: Vec<f32> = Vec::new();
    let mut tiles: Vec<Tile> = vec![(0.0, 0); plane.width.div_ceil(TILE)];
    for top in (0..plane.height).step_by(TILE) {
        tiles.fill((0.0, 0));
        let bottom = (top + TILE).min(plane.height.saturating_sub(1));
        for y in (top..bottom).step_by(2) {
            add_row(plane.row(y), plane.row(y + 1), runs(y), &mut tiles);
        }
        means.extend(tiles.iter().filter(|tile| tile.1 >= FEWEST).map(|tile| tile.0 / tile.1 as f32));
    }
    means
}

/// Adds the coefficients of two rows to their tiles.
fn add_row(here: &[f32], below: &[f32], runs: &[Run], tiles: &mut [Tile]) {
    for run in runs {
        let (start, end) = ((run.start as usize).next_multiple_of(2), run.end as usize);
        if start >= end {
            continue;
        }
        let blocks = here[start..end].as_chunks::<2>().0.iter().zip(below[start..end].as_chunks::<2>().0);
        for (index, (above, under)) in blocks.enumerate() {
            if OPEN.contains(&above[0]) && OPEN.contains(&under[1]) {
                let tile = &mut tiles[(start + 2 * index) / TILE];
                tile.0 += (above[0] - above[1] - under[0] + under[1]).abs() / 2.0;
                tile.1 += 1;
            }
        }
    }
}
