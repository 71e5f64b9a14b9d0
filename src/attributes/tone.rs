//! Brightness and contrast: mean and population standard deviation of luma (ITU-R BT.601) over the product.
//!
//! The deviation is the RMS contrast of E. Peli, "Contrast in complex images", JOSA A 7(10), 1990, in grey levels.

use image::RgbImage;

use super::luma::luma;
use super::mask::Mask;

/// Mean luma (0-255) and its standard deviation (0-127.5) over the product.
pub(super) fn brightness_and_contrast(photo: &RgbImage, mask: &Mask) -> (f64, f64) {
    let (mut count, mut sum, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
    for pixel in mask.pixels(photo) {
        let value = f64::from(luma(pixel));
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    let n = count.max(1.0);
    let mean = sum / n;
    (mean, (squares / n - mean * mean).max(0.0).sqrt())
}
