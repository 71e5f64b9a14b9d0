//! The backdrop: how white it is, and how even.
//!
//! Marketplaces ask for a pure white backdrop (Amazon's main image: 255, 255, 255); 250 leaves room for what JPEG does to
//! it. The border ring is looked at whole; the backdrop alone, where the product was told from it.

use image::RgbImage;

use super::mask::{Mask, rows_of};
use super::plane::Plane;
use super::runs::Run;
use super::sum::moments;

/// Width of the ring as a share of the frame's shorter side.
const RING: f64 = 0.03;
/// The least value of every channel of a white pixel.
const WHITE: u8 = 250;

/// What the border and the backdrop are like.
pub(super) struct Background {
    /// Share of the border ring that is exactly 255, 255, 255.
    pub(super) pure_border: f64,
    /// Share of the border ring with every channel at 250 or more.
    pub(super) white_border: f64,
    /// Standard deviation of the border ring's luma.
    pub(super) spread: f64,
    /// Share of the backdrop that is exactly 255, 255, 255; nothing when there is no even backdrop.
    pub(super) pure: Option<f64>,
    /// Share of the backdrop with every channel at 250 or more; of the border ring when there is no even backdrop.
    pub(super) white: f64,
}

/// How many pixels are white.
#[derive(Default)]
struct Tally {
    count: u64,
    pure: u64,
    white: u64,
}

impl Tally {
    fn add(&mut self, pixels: &[[u8; 3]]) {
        let (mut pure, mut white) = (0_u32, 0_u32);
        for &[red, green, blue] in pixels {
            let low = red.min(green).min(blue);
            pure += u32::from(low == 255);
            white += u32::from(low >= WHITE);
        }
        self.count += pixels.len() as u64;
        self.pure += u64::from(pure);
        self.white += u64::from(white);
    }

    fn share(&self, part: u64) -> f64 {
        part as f64 / self.count.max(1) as f64
    }
}

/// Measures the border ring (3 % of the shorter side, at least one native pixel) and the backdrop.
pub(super) fn background(photo: &RgbImage, plane: &Plane, mask: &Mask) -> Background {
    let (mut ring, mut backdrop) = (Tally::default(), Tally::default());
    let (mut sum, mut squares) = (0.0, 0.0);
    let pivot = plane.row(0)[0];
    for (y, row) in rows_of(photo).enumerate() {
        for run in ring_runs(photo, y as u32) {
            let range = run.start as usize..run.end as usize;
            ring.add(&row[range.clone()]);
            let luma = &plane.row(y)[range];
            let part = moments(luma.len(), |x| luma[x] - pivot);
            sum += part.0;
            squares += part.1;
        }
        if mask.has_backdrop() {
            for run in mask.backdrop(y) {
                backdrop.add(&row[run.start as usize..run.end as usize]);
            }
        }
    }
    let n = ring.count.max(1) as f64;
    let mean = sum / n;
    let whole = if mask.has_backdrop() { &backdrop } else { &ring };
    Background {
        pure_border: ring.share(ring.pure),
        white_border: ring.share(ring.white),
        spread: (squares / n - mean * mean).max(0.0).sqrt(),
        pure: mask.has_backdrop().then(|| backdrop.share(backdrop.pure)),
        white: whole.share(whole.white),
    }
}

/// The part of a row that lies in the border ring.
fn ring_runs(photo: &RgbImage, y: u32) -> impl Iterator<Item = Run> {
    let (width, height) = photo.dimensions();
    let ring = ((f64::from(width.min(height)) * RING).round() as u32).max(1);
    let whole = y < ring || y >= height.saturating_sub(ring) || 2 * ring >= width;
    let left = Run { start: 0, end: if whole { width } else { ring } };
    let right = Run { start: width.saturating_sub(ring), end: width };
    std::iter::once(left).chain((!whole).then_some(right))
}
