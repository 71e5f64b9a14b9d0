//! Colourfulness of the product.
//!
//! D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003:
//! `√(σ²rg + σ²yb) + 0.3 √(μ²rg + μ²yb)` with `rg = R − G` and `yb = (R + G)/2 − B`. 0 is grey, 109 extremely colourful.

use image::RgbImage;

use super::mask::Mask;

/// Hasler and Süsstrunk's M over the product's pixels.
pub(super) fn colourfulness(photo: &RgbImage, mask: &Mask) -> f64 {
    let (mut count, mut red_green, mut yellow_blue) = (0_i64, [0_i64; 2], [0_i64; 2]);
    for &[red, green, blue] in mask.pixels(photo) {
        let [red, green, blue] = [red, green, blue].map(i64::from);
        // Twice yb, to stay with whole numbers.
        let (rg, yb) = (red - green, red + green - 2 * blue);
        count += 1;
        red_green = [red_green[0] + rg, red_green[1] + rg * rg];
        yellow_blue = [yellow_blue[0] + yb, yellow_blue[1] + yb * yb];
    }
    let n = count.max(1) as f64;
    let moments = |[sum, squares]: [i64; 2], scale: f64| {
        let mean = sum as f64 / scale / n;
        (mean, squares as f64 / (scale * scale) / n - mean * mean)
    };
    let ((mean_rg, var_rg), (mean_yb, var_yb)) = (moments(red_green, 1.0), moments(yellow_blue, 2.0));
    (var_rg + var_yb).max(0.0).sqrt() + 0.3 * mean_rg.hypot(mean_yb)
}
