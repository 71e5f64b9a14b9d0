//! Luma of a pixel: ITU-R BT.601, the weights JPEG itself uses.

use image::Rgb;

/// `0.299 R + 0.587 G + 0.114 B`, 0-255.
#[inline]
pub(super) fn luma(pixel: Rgb<u8>) -> f32 {
    let [red, green, blue] = pixel.0;
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}
