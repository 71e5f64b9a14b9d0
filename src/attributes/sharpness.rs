//! Sharpness: the variance of the Laplacian.
//!
//! J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000 (the
//! measure LAPV in S. Pertuz et al., "Analysis of focus measure operators for shape-from-focus", 2013). Over the
//! product and a rim around it only: a flat backdrop has no detail and would make the same product score lower the
//! smaller it stands in the frame.

use image::RgbImage;

use super::luma::luma;
use super::mask::Mask;

/// Width of the rim in native pixels: the product's outline counts, also where the mask cuts into it.
const RIM: u32 = 16;

/// Variance of `4·c − left − right − up − down` of luma over product and rim, in squared grey levels. Native pixels;
/// the outermost pixels have no four neighbours and do not count. 0 when nothing is left.
pub(super) fn sharpness(photo: &RgbImage, mask: &Mask) -> f64 {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    if width < 3 || height < 3 {
        return 0.0;
    }
    let area = mask.widened(RIM.div_ceil(mask.step) as usize);
    let step = mask.step as usize;
    let mut above = luma_row(photo, 0);
    let mut here = luma_row(photo, 1);
    let (mut count, mut sum, mut squares) = (0_u64, 0.0_f64, 0.0_f64);
    for y in 1..height - 1 {
        let below = luma_row(photo, y + 1);
        for column in 0..area.columns {
            if !area.is_product(column, y / step) {
                continue;
            }
            for x in (column * step).max(1)..((column + 1) * step).min(width - 1) {
                let laplacian = f64::from(4.0 * here[x] - here[x - 1] - here[x + 1] - above[x] - below[x]);
                count += 1;
                sum += laplacian;
                squares += laplacian * laplacian;
            }
        }
        above = std::mem::replace(&mut here, below);
    }
    if count == 0 {
        return 0.0;
    }
    let mean = sum / count as f64;
    (squares / count as f64 - mean * mean).max(0.0)
}

fn luma_row(photo: &RgbImage, y: usize) -> Vec<f32> {
    let stride = photo.width() as usize * 3;
    let row = photo.as_raw().get(y * stride..(y + 1) * stride).unwrap_or_default();
    row.as_chunks::<3>().0.iter().map(|channels| luma(image::Rgb(*channels))).collect()
}
