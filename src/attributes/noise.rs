//! Noise: the finest diagonal detail where the product is smoothest.
//!
//! After D. L. Donoho and I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81(3), 1994, who
//! take the absolute deviation of the diagonal Haar coefficients HH of 2×2 pixels for noise. Over a whole product
//! that is as much texture and lettering as noise, so it is taken tile by tile, as the mean `E|HH| = σ √(2/π)`, and the
//! smooth tiles count: texture only ever adds to it (S. I. Olsen, "Estimation of noise in images: an evaluation", CVGIP
//! 55(4), 1993). Clipped pixels hold no noise and are left out, and so are tiles where many are clipped: what is left of them is the
//! half of the noise that did not reach the end of the scale.

use super::mask::Mask;
use super::plane::Plane;
use super::runs::Run;

/// Side of a tile in pixels.
const TILE: usize = 16;
/// Coefficients of a tile that must be on the product and not clipped: half of them.
const FEWEST: u32 = (TILE * TILE / 8) as u32;
/// Share of a tile's coefficients on the product that must not be clipped.
const LEAST_OPEN: f64 = 0.8;
/// Share of the tiles that are smoother than the one that counts.
const SMOOTH: f64 = 0.2;
/// What that tile shows of the noise where all tiles are equally smooth: with 64 coefficients a tile's mean strays by
/// 9.4 %, and a fifth of them stray by -0.84 times that or more.
const LOWEST_SHOW: f64 = 0.92;
/// Pixels outside of this range may be clipped.
const OPEN: std::ops::RangeInclusive<f32> = 2.0..=253.0;

/// The coefficients of a tile.
#[derive(Debug, Clone, Copy, Default)]
struct Tile {
    /// Sum of those that are not clipped.
    sum: f32,
    /// How many those are.
    open: u32,
    /// How many there are.
    all: u32,
}

impl Tile {
    fn mean(self) -> f32 {
        self.sum / self.open as f32
    }
}

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

/// Means of the absolute coefficients over the tiles that have enough of them within `runs` of their rows: those where few
/// are clipped, or all where there is no such tile.
fn tile_means<'a>(plane: &Plane, runs: impl Fn(usize) -> &'a [Run]) -> Vec<f32> {
    let mut found: Vec<Tile> = Vec::new();
    let mut tiles = vec![Tile::default(); plane.width.div_ceil(TILE)];
    for top in (0..plane.height).step_by(TILE) {
        tiles.fill(Tile::default());
        let bottom = (top + TILE).min(plane.height.saturating_sub(1));
        for y in (top..bottom).step_by(2) {
            add_row(plane.row(y), plane.row(y + 1), runs(y), &mut tiles);
        }
        found.extend(tiles.iter().filter(|tile| tile.open >= FEWEST));
    }
    let open = |tile: &&Tile| f64::from(tile.open) >= LEAST_OPEN * f64::from(tile.all);
    let means: Vec<f32> = found.iter().filter(open).map(|tile| tile.mean()).collect();
    if means.is_empty() { found.into_iter().map(Tile::mean).collect() } else { means }
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
            let tile = &mut tiles[(start + 2 * index) / TILE];
            tile.all += 1;
            if OPEN.contains(&above[0]) && OPEN.contains(&under[1]) {
                tile.sum += (above[0] - above[1] - under[0] + under[1]).abs() / 2.0;
                tile.open += 1;
            }
        }
    }
}
