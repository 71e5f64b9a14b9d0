//! Brightness, contrast and clipping of the product.
//!
//! Brightness and contrast are mean and population standard deviation of luma (ITU-R BT.601); the deviation is the RMS
//! contrast of E. Peli, "Contrast in complex images", JOSA A 7(10), 1990, in grey levels. Clipping counts pixels with a
//! channel at 0 or 255, as the highlight and shadow warnings of raw developers do; the backdrop may be pure white and is
//! left out.

use image::RgbImage;

use super::mask::Mask;

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
pub(super) fn tone(photo: &RgbImage, mask: &Mask) -> Tone {
    let (mut count, mut clipped, mut highlights, mut shadows) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for &[red, green, blue] in mask.pixels(photo) {
        // Luma in thousandths: whole numbers add up exactly, however large the photo.
        let luma = 299 * u64::from(red) + 587 * u64::from(green) + 114 * u64::from(blue);
        let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
        count += 1;
        sum += luma;
        squares += luma * luma / 1000;
        clipped += u64::from((low == 0) | (high == 255));
        highlights += u64::from(low >= BURNT);
        shadows += u64::from(high <= LOST);
    }
    let n = count.max(1) as f64;
    let mean = sum as f64 / 1e3 / n;
    let variance = squares as f64 / 1e3 / n - mean * mean;
    let share = |part: u64| part as f64 / n;
    Tone {
        brightness: mean,
        contrast: variance.max(0.0).sqrt(),
        clipped: share(clipped),
        highlights: share(highlights),
        shadows: share(shadows),
    }
}
