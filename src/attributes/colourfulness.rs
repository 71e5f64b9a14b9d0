//! Colourfulness of the product.
//!
//! D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003:
//! `√(σ²rg + σ²yb) + 0.3 √(μ²rg + μ²yb)` with `rg = R − G` and `yb = (R + G)/2 − B`. 0 is grey, 109 extremely colourful.

use image::RgbImage;

use super::mask::{Mask, rows_of};
use super::wide::{Loop, wide};

/// Squares of so many pixels fit 32 bits.
const MOST: usize = 4000;

/// Hasler and Süsstrunk's M over the product's pixels.
pub(super) fn colourfulness(photo: &RgbImage, mask: &Mask) -> f64 {
    let (mut count, mut red_green, mut yellow_blue) = (0_u64, [0_i64; 2], [0_i64; 2]);
    for (y, row) in rows_of(photo).enumerate() {
        for run in mask.product(y) {
            for part in row[run.start as usize..run.end as usize].chunks(MOST) {
                let [rg_sum, rg_squares, yb_sum, yb_squares] = wide(OpponentSums(part));
                count += part.len() as u64;
                red_green = [red_green[0] + rg_sum, red_green[1] + rg_squares];
                yellow_blue = [yellow_blue[0] + yb_sum, yellow_blue[1] + yb_squares];
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

/// Sums and sums of squares of rg and of twice yb, to stay with whole numbers, over at most [`MOST`] pixels.
struct OpponentSums<'a>(&'a [[u8; 3]]);

impl Loop for OpponentSums<'_> {
    type Output = [i64; 4];

    #[inline(always)]
    fn call(self) -> [i64; 4] {
        let mut sums = [0_i32; 4];
        for &[red, green, blue] in self.0 {
            let [red, green, blue] = [red, green, blue].map(i32::from);
            let (rg, yb) = (red - green, red + green - 2 * blue);
            for (sum, term) in sums.iter_mut().zip([rg, rg * rg, yb, yb * yb]) {
                *sum = sum.wrapping_add(term);
            }
        }
        sums.map(i64::from)
    }
}
