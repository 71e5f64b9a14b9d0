//! Clipping: how much of the product lost its detail to pure black, pure white or a saturated channel.
//!
//! The share of product pixels with a channel at 0 or 255, as the highlight and shadow warnings of raw developers
//! count it; the backdrop may be pure white and is left out.

use image::RgbImage;

use super::mask::Mask;

/// Share (0-1) of the product's pixels with a channel at 0 or 255.
pub(super) fn clipped(photo: &RgbImage, mask: &Mask) -> f64 {
    let (mut count, mut clipped) = (0_u64, 0_u64);
    for pixel in mask.pixels(photo) {
        count += 1;
        clipped += u64::from(pixel.0.iter().any(|channel| matches!(channel, 0 | 255)));
    }
    clipped as f64 / count.max(1) as f64
}
