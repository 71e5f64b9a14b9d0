//! MSE, MAE and PSNR: differences pixel by pixel.

use super::Pair;
use super::plane::Plane;

/// Mean squared error over all pixels and the three channels, in squared grey levels.
pub fn mse(pair: &Pair<'_>) -> f64 {
    let sum: u64 = channel_differences(pair).map(|difference| u64::from(difference) * u64::from(difference)).sum();
    sum as f64 / pair.reference.photo.as_raw().len() as f64
}

/// Mean absolute error over all pixels and the three channels, in grey levels.
pub fn mae(pair: &Pair<'_>) -> f64 {
    let sum: u64 = channel_differences(pair).map(u64::from).sum();
    sum as f64 / pair.reference.photo.as_raw().len() as f64
}

/// Mean squared error of luma, in squared grey levels.
pub fn mse_luma(pair: &Pair<'_>) -> f64 {
    mean_of_luma(pair, |difference| difference * difference)
}

/// Mean absolute error of luma, in grey levels.
pub fn mae_luma(pair: &Pair<'_>) -> f64 {
    mean_of_luma(pair, f64::abs)
}

/// Peak signal-to-noise ratio in dB for a mean squared error: `10 log10(255² / MSE)`; infinite without an error.
pub fn psnr(mse: f64) -> f64 {
    10.0 * (255.0 * 255.0 / mse).log10()
}

fn channel_differences(pair: &Pair<'_>) -> impl Iterator<Item = u8> {
    let edited = pair.edited.photo.as_raw();
    pair.reference.photo.as_raw().iter().zip(edited).map(|(&a, &b)| a.abs_diff(b))
}

fn mean_of_luma(pair: &Pair<'_>, measure: impl Fn(f64) -> f64) -> f64 {
    let (Plane { values: reference, .. }, Plane { values: edited, .. }) = (&pair.reference.luma, &pair.edited.luma);
    let sum: f64 = reference.iter().zip(edited).map(|(&a, &b)| measure(f64::from(a) - f64::from(b))).sum();
    sum / reference.len() as f64
}
