//! SSIM: structural similarity.
//!
//! Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility to structural
//! similarity", IEEE TIP 13 (2004). On luma at full size; an 11×11 Gaussian window with σ = 1.5; population variances;
//! `C1 = (0.01 · 255)²`, `C2 = (0.03 · 255)²`; the mean over all positions where the window lies inside the photo.
//! That is scikit-image's `structural_similarity(…, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//! data_range=255)`.

use super::Pair;
use super::plane::Plane;
use super::window::{add, gaussian, slide};

/// The shorter side that SSIM needs at least: its window, in pixels.
pub const SSIM_LEAST_SIDE: u32 = WINDOW as u32;

const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);

/// Structural similarity of luma, at most 1 (equal luma); nothing below [`SSIM_LEAST_SIDE`] pixels a side.
pub fn ssim(pair: &Pair<'_>) -> Option<f64> {
    structure(&pair.reference.luma, &pair.edited.luma, pair.keep_going).map(|structure| structure.ssim)
}

/// Means over all positions of the window.
pub(super) struct Structure {
    /// SSIM.
    pub(super) ssim: f64,
    /// SSIM without its luminance term: contrast times structure.
    pub(super) contrast: f64,
}

/// What is averaged in the window: a, b, a² + b² and a · b.
const MAPS: usize = 4;

type Row = [Vec<f64>; MAPS];

/// Compares two planes of one size; nothing when the window does not fit, or `keep_going` said no.
pub(super) fn structure(a: &Plane, b: &Plane, keep_going: &dyn Fn() -> bool) -> Option<Structure> {
    if a.width < WINDOW || a.height < WINDOW {
        return None;
    }
    let inner = a.width + 1 - WINDOW;
    let taps = gaussian(WINDOW / 2, SIGMA);
    let mut products: Row = std::array::from_fn(|_| vec![0.0; a.width]);
    // The rows under the window, averaged along x.
    let mut rows: Vec<Row> = (0..WINDOW).map(|_| std::array::from_fn(|_| vec![0.0; inner])).collect();
    let mut means: Row = std::array::from_fn(|_| vec![0.0; inner]);
    let (mut ssim, mut contrast) = (0.0, 0.0);
    for y in 0..a.height {
        if !keep_going() {
            return None;
        }
        multiply(a.row(y), b.row(y), &mut products);
        for (product, row) in products.iter().zip(&mut rows[y % WINDOW]) {
            slide(&taps, product, row);
        }
        let Some(top) = (y + 1).checked_sub(WINDOW) else { continue };
        for (map, mean) in means.iter_mut().enumerate() {
            mean.fill(0.0);
            for (offset, tap) in taps.iter().enumerate() {
                add(*tap, &rows[(top + offset) % WINDOW][map], mean);
            }
        }
        let (row_ssim, row_contrast) = sum_row(&means);
        ssim += row_ssim;
        contrast += row_contrast;
    }
    let positions = (inner * (a.height + 1 - WINDOW)) as f64;
    Some(Structure { ssim: ssim / positions, contrast: contrast / positions })
}

fn multiply(a: &[f32], b: &[f32], [first, second, squares, product]: &mut Row) {
    for (x, (&a, &b)) in a.iter().zip(b).enumerate() {
        let (a, b) = (f64::from(a), f64::from(b));
        (first[x], second[x], squares[x], product[x]) = (a, b, a * a + b * b, a * b);
    }
}

fn sum_row([first, second, squares, product]: &Row) -> (f64, f64) {
    let (mut ssim, mut contrast) = (0.0, 0.0);
    for (((a, b), squares), product) in first.iter().zip(second).zip(squares).zip(product) {
        let (means_squared, means_product) = (a * a + b * b, a * b);
        let structure = (2.0 * (product - means_product) + C2) / (squares - means_squared + C2);
        contrast += structure;
        ssim += structure * (2.0 * means_product + C1) / (means_squared + C1);
    }
    (ssim, contrast)
}
