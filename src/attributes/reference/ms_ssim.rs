//! MS-SSIM: structural similarity at five sizes.
//!
//! Z. Wang, E. Simoncelli, A. Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar 2003.
//! SSIM's contrast and structure term at five sizes, its luminance term at the smallest; each size is the 2×2 mean of
//! the one before. `Π contrastᵢ^wᵢ · ssim₅^w₅` with means over each size, negative means taken as 0.
//!
//! A side that is odd repeats its first column or row before it is halved, which is what pytorch-msssim comes
//! to. Other published code repeats the last one; then pixels pair up differently, and photos with fine regular texture
//! give values up to 0.013 apart.

use super::Pair;
use super::ssim::structure;

/// The weights of the sizes, from the full one down.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// The shorter side that MS-SSIM needs at least, in pixels: SSIM's window must fit the fifth size. With fewer sizes it
/// would be another metric.
pub const MS_SSIM_LEAST_SIDE: u32 = 161;

/// Multi-scale structural similarity of luma, 0-1 (equal luma); nothing below [`MS_SSIM_LEAST_SIDE`] pixels a side.
pub fn ms_ssim(pair: &Pair<'_>) -> Option<f64> {
    both(pair).1
}

/// SSIM and MS-SSIM, which share the first size.
pub(super) fn both(pair: &Pair<'_>) -> (Option<f64>, Option<f64>) {
    let (first, second) = (&pair.reference.luma, &pair.edited.luma);
    let Some(full) = structure(first, second, pair.keep_going) else { return (None, None) };
    if first.width.min(first.height) < MS_SSIM_LEAST_SIDE as usize {
        return (Some(full.ssim), None);
    }
    let ssim = full.ssim;
    let mut product = full.contrast.max(0.0).powf(WEIGHTS[0]);
    let (mut a, mut b) = (first.halved_repeating_first(), second.halved_repeating_first());
    for (index, weight) in WEIGHTS.into_iter().enumerate().skip(1) {
        let Some(here) = structure(&a, &b, pair.keep_going) else { return (Some(ssim), None) };
        let last = index == WEIGHTS.len() - 1;
        product *= if last { here.ssim } else { here.contrast }.max(0.0).powf(weight);
        if !last {
            (a, b) = (a.halved_repeating_first(), b.halved_repeating_first());
        }
    }
    (Some(ssim), Some(product))
}
