//! Brightness, contrast and clipping of the product.
//!
//! Brightness and contrast are mean and population standard deviation of luma (ITU-R BT.601); the deviation is the RMS
//! contrast of E. Peli, "Contrast in complex images", JOSA A 7(10), 1990, in grey levels. Clipping counts pixels with a
//! channel at 0 or 255, as the highlight and shadow warnings of raw developers do; the backdrop may be pure white and is
//! left out. The brightness of the whole frame stands beside them: a product burnt to white melts into a white backdrop, so that its own
//! mean says nothing about too much light.

use image::RgbImage;

use super::mask::{Mask, rows_of};
use super::plane::Plane;
use super::sum::moments;
use super::wide::{Loop, wide};

/// From here on up a pixel shows no detail of a bright part.
const BURNT: u8 = 250;
/// Down from here a pixel shows no detail of a dark part.
const LOST: u8 = 5;

/// What the product's pixels tell about exposure.
pub(super) struct Tone {
    /// Mean luma, 0-255.
    pub(super) brightness: f64,
    /// Standard deviation of luma, 0-127.5.
    pub(super) contrast: f64,
    /// Share of pixels with a channel at 0 or 255.
    pub(super) clipped: f64,
    /// Share of pixels with every channel at 250 or more.
    pub(super) highlights: f64,
    /// Share of pixels with every channel at 5 or less.
    pub(super) shadows: f64,
}

/// Measures the product's pixels.
pub(super) fn tone(photo: &RgbImage, plane: &Plane, mask: &Mask) -> Tone {
    let (mut count, mut extreme) = (0_usize, [0_u32; 3]);
    let (mut sum, mut squares) = (0.0, 0.0);
    let first = (0..plane.height).find_map(|y| Some(plane.row(y)[mask.product(y).first()?.start as usize]));
    let pivot = first.unwrap_or_default();
    for (y, row) in rows_of(photo).enumerate() {
        for run in mask.product(y) {
            let range = run.start as usize..run.end as usize;
            let luma = &plane.row(y)[range.clone()];
            let (part, counts) = wide(RunSums { luma, pivot, pixels: &row[range] });
            count += luma.len();
            sum += part.0;
            squares += part.1;
            for (total, count) in extreme.iter_mut().zip(counts) {
                *total += count;
            }
        }
    }
    let [clipped, highlights, shadows] = extreme;
    let n = count.max(1) as f64;
    let mean = sum / n;
    let share = |part: u32| f64::from(part) / n;
    Tone {
        brightness: mean + f64::from(pivot),
        contrast: (squares / n - mean * mean).max(0.0).sqrt(),
        clipped: share(clipped),
        highlights: share(highlights),
        shadows: share(shadows),
    }
}

/// Mean luma of the whole frame, 0-255.
pub(super) fn frame_brightness(plane: &Plane) -> f64 {
    let sum: f64 = (0..plane.height).map(|y| wide(RowSum(plane.row(y)))).sum();
    sum / (plane.width * plane.height) as f64
}

/// Sum of a row.
struct RowSum<'a>(&'a [f32]);

impl Loop for RowSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        moments(self.0.len(), |x| self.0[x]).0
    }
}

/// Sum and sum of squares of luma around a pivot, and the counts of [`extremes`].
struct RunSums<'a> {
    luma: &'a [f32],
    pivot: f32,
    pixels: &'a [[u8; 3]],
}

impl Loop for RunSums<'_> {
    type Output = ((f64, f64), [u32; 3]);

    #[inline(always)]
    fn call(self) -> Self::Output {
        (moments(self.luma.len(), |x| self.luma[x] - self.pivot), extremes(self.pixels))
    }
}

/// How many pixels have a channel at its end, every channel at the bright end, every channel at the dark end.
#[inline(always)]
fn extremes(pixels: &[[u8; 3]]) -> [u32; 3] {
    let mut totals = [0_u32; 3];
    // Fewer than 256 at a time fit bytes, of which a vector holds the most.
    for part in pixels.chunks(255) {
        let mut counts = [0_u8; 3];
        for &[red, green, blue] in part {
            let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
            counts[0] = counts[0].wrapping_add(u8::from((low == 0) | (high == 255)));
            counts[1] = counts[1].wrapping_add(u8::from(low >= BURNT));
            counts[2] = counts[2].wrapping_add(u8::from(high <= LOST));
        }
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += u32::from(count);
        }
    }
    totals
}
