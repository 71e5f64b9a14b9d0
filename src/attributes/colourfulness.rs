//! Colourfulness of the product.
//!
//! D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003:
//! `√(σ²rg + σ²yb) + 0.3 √(μ²rg + μ²yb)` with `rg = R − G` and `yb = (R + G)/2 − B`. 0 is grey, 109 extremely colourful.

use image::RgbImage;

use super::mask::{Mask, rows_of};

/// Hasler and Süsstrunk's M over the product's pixels.
pub(super) fn colourfulness(photo: &RgbImage, mask: &Mask) -> f64 {
    let (mut count, mut red_green, mut yellow_blue) = (0_u64, [0_i64; 2], [0_i64; 2]);
    for (y, row) in rows_of(photo).enumerate() {
        for run in mask.product(y) {
            // Whole numbers of a run fit 32 bits up to 4,000 pixels: the processor adds eight of them at once.
            for part in row[run.start as usize..run.end as usize].chunks(4000) {
                let (mut rg_sum, mut rg_squares, mut yb_sum, mut yb_squares) = (0_i32, 0_u32, 0_i32, 0_u32);
                for &[red, green, blue] in part {
                    let [red, green, blue] = [red, green, blue].map(i32::from);
                    // Twice yb, to stay with whole numbers.
                    let (rg, yb) = (red - green, red + green - 2 * blue);
                    rg_sum += rg;
                    rg_squares += (rg * rg) as u32;
                    yb_sum += yb;
                    yb_squares += (yb * yb) as u32;
                }
                count += part.len() as u64;
                red_green = [red_green[0] + i64::from(rg_sum), red_green[1] + i64::from(rg_squares)];
                yellow_blue = [yellow_blue[0] + i64::from(yb_sum), yellow_blue[1] + i64::from(yb_squares)];
            }
        }
    }
    let n = count.max(1) as f64;
    let moments = |[sum, squares]: [i64; 2], scale: f64| {
        let mean = sum as f64 / scale / n;
        (mean, squares as f64 / (scale * scale) / n - mean * mean)
    };
    let ((mean_rg, var_rg), (mean_yb, var_yb)) = (moments(red_green, 1.0), moments(yellow_blue, 2.0));
    (var_rg + var_yb).max(0.0).sqrt() + 0.3 * mean_rg.hypot(mean_yb)
}
