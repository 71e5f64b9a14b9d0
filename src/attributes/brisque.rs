//! The 36 features of BRISQUE: how far a photo's local contrasts are from those of natural photos.
//!
//! A. Mittal, A. Moorthy, A. Bovik, "No-reference image quality assessment in the spatial domain", IEEE TIP 21 (2012).
//! On 8-bit luma (BT.601, rounded), at full and at half size: `MSCN = (I − μ) / (σ + 1)` with μ and σ from a 7×7 Gaussian
//! window of σ = 7/6 and zeros outside the photo. Then 18 features a size: shape and variance of a generalised Gaussian
//! fitted to MSCN; for the products of neighbours (right, below, below right, above right; the border meets the
//! opposite one) shape, mean, left and right variance of an asymmetric one. Fits are by moments; the shape is the best
//! of 0.2, 0.201, … 10. Half size is MATLAB's `imresize(x, 0.5)`: a cubic kernel widened to eight taps.
//! All of it as in the authors' release, in double precision, but for one thing: where a photo is exactly flat, MSCN is
//! exactly 0, where the release and its ports take the signs of rounding errors.

use std::sync::OnceLock;

use image::{Rgb, RgbImage};

use super::reference::window::{add, gaussian, slide};

/// Features a photo has.
pub const BRISQUE_FEATURES: usize = 36;

/// The shorter side that the features need at least, in pixels.
const LEAST_SIDE: usize = 16;
const RADIUS: usize = 3;
const SIGMA: f64 = 7.0 / 6.0;
/// Grey levels that are zero but for rounding: one level of one pixel changes every mean around it by 10⁻⁴ or more.
const LEAST_CONTRAST: f64 = 1e-9;
/// Where a neighbour lies: rows down, columns to the right.
const NEIGHBOURS: [(isize, isize); 4] = [(0, 1), (1, 0), (1, 1), (-1, 1)];

/// The features in the authors' order: per size shape and variance of MSCN, then per neighbour shape, mean, left and
/// right variance. Nothing for a photo below 16 pixels a side or without any contrast.
pub fn brisque_features(photo: &RgbImage) -> Option<[f64; BRISQUE_FEATURES]> {
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    if width.min(height) < LEAST_SIDE {
        return None;
    }
    let values = photo.pixels().map(|pixel| rounded_luma(*pixel)).collect();
    let full = Grey { width, height, values };
    let mut features = [0.0; BRISQUE_FEATURES];
    let (first, second) = features.split_at_mut(BRISQUE_FEATURES / 2);
    first.copy_from_slice(&scale_features(&full)?);
    second.copy_from_slice(&scale_features(&full.halved())?);
    features.iter().all(|feature| feature.is_finite()).then_some(features)
}

/// BT.601 luma in whole grey levels, halves up: the weights in thousandths keep the rounding exact.
fn rounded_luma(pixel: Rgb<u8>) -> f64 {
    let [red, green, blue] = pixel.0.map(u32::from);
    f64::from((299 * red + 587 * green + 114 * blue + 500) / 1000)
}

fn scale_features(grey: &Grey) -> Option<[f64; BRISQUE_FEATURES / 2]> {
    let contrasts = grey.mscn();
    let mut features = [0.0; BRISQUE_FEATURES / 2];
    [features[0], features[1]] = symmetric_fit(&contrasts.values)?;
    for (index, neighbour) in NEIGHBOURS.into_iter().enumerate() {
        features[2 + 4 * index..][..4].copy_from_slice(&asymmetric_fit(contrasts.products(neighbour))?);
    }
    Some(features)
}

struct Grey {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

impl Grey {
    fn row(&self, y: usize) -> &[f64] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Mean-subtracted, contrast-normalised values.
    fn mscn(&self) -> Self {
        let taps = gaussian(RADIUS, SIGMA);
        let window = taps.len();
        let mut padded = vec![0.0; self.width + 2 * RADIUS];
        // The rows under the window, averaged along x: values and their squares.
        let mut rows: Vec<[Vec<f64>; 2]> = (0..window).map(|_| [0; 2].map(|_| vec![0.0; self.width])).collect();
        let mut means = [0; 2].map(|_| vec![0.0; self.width]);
        let mut values = Vec::with_capacity(self.values.len());
        for bottom in 0..self.height + RADIUS {
            let [first, squares] = &mut rows[bottom % window];
            if bottom < self.height {
                padded[RADIUS..RADIUS + self.width].copy_from_slice(self.row(bottom));
                slide(&taps, &padded, first);
                padded.iter_mut().for_each(|value| *value *= *value);
                slide(&taps, &padded, squares);
            } else {
                first.fill(0.0);
                squares.fill(0.0);
            }
            let Some(y) = bottom.checked_sub(RADIUS) else { continue };
            for (map, mean) in means.iter_mut().enumerate() {
                mean.fill(0.0);
                // Rows above the photo were never written: zeros.
                for (offset, tap) in taps.iter().enumerate() {
                    add(*tap, &rows[(bottom + 1 + offset) % window][map], mean);
                }
            }
            let contrast = |((value, mean), square): ((&f64, &f64), &f64)| {
                let above = value - mean;
                // On a flat backdrop only rounding errors are left, and the fits count signs.
                if above.abs() < LEAST_CONTRAST {
                    return 0.0;
                }
                above / ((square - mean * mean).abs().sqrt() + 1.0)
            };
            values.extend(self.row(y).iter().zip(&means[0]).zip(&means[1]).map(contrast));
        }
        Self { width: self.width, height: self.height, values }
    }

    /// Products of each value with the one that lies `down` rows above and `right` columns to its left, around the
    /// border.
    fn products(&self, (down, right): (isize, isize)) -> impl Iterator<Item = f64> {
        let wrapped = |at: usize, by: isize, side: usize| (at as isize - by).rem_euclid(side as isize) as usize;
        (0..self.height).flat_map(move |y| {
            let (row, other) = (self.row(y), self.row(wrapped(y, down, self.height)));
            (0..self.width).map(move |x| row[x] * other[wrapped(x, right, self.width)])
        })
    }

    /// Half the size, sides rounded up; the border is mirrored.
    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut rows = Vec::with_capacity(width * self.height);
        for y in 0..self.height {
            let row = self.row(y);
            rows.extend((0..width).map(|x| half(|at| row[at], x, self.width)));
        }
        let column = |x: usize, y: usize| half(|at| rows[at * width + x], y, self.height);
        let values = (0..width * height).map(|at| column(at % width, at / width)).collect();
        Self { width, height, values }
    }
}

/// Eight taps of a cubic kernel (Keys, a = −0.5) at half the size, around the middle of values `2 at` and `2 at + 1`.
fn half(value: impl Fn(usize) -> f64, at: usize, side: usize) -> f64 {
    const TAPS: [f64; 8] = [-3.0, -9.0, 29.0, 111.0, 111.0, 29.0, -9.0, -3.0];
    let mirrored = |at: isize| {
        let at = if at < 0 { -1 - at } else { at } as usize;
        if at < side { at } else { 2 * side - 1 - at }
    };
    let first = 2 * at as isize - 3;
    let tap = |(offset, tap): (usize, &f64)| tap * value(mirrored(first + offset as isize));
    TAPS.iter().enumerate().map(tap).sum::<f64>() / 256.0
}

/// Shapes tried by the fits.
fn shapes() -> impl Iterator<Item = f64> {
    (0..=9800).map(|step| 0.2 + f64::from(step) * 0.001)
}

/// `Γ(2/α)² / (Γ(1/α) Γ(3/α))` of every shape: the square of the mean magnitude over the variance.
fn ratios() -> &'static [f64] {
    static RATIOS: OnceLock<Vec<f64>> = OnceLock::new();
    RATIOS.get_or_init(|| {
        let ratio = |a: f64| (2.0 * ln_gamma(2.0 / a) - ln_gamma(1.0 / a) - ln_gamma(3.0 / a)).exp();
        shapes().map(ratio).collect()
    })
}

/// The shape whose ratio, as `seen` looks at it, is nearest to the photo's.
fn nearest_shape(ratio: f64, seen: impl Fn(f64) -> f64) -> f64 {
    let distances = ratios().iter().map(|&known| (seen(known) - ratio).abs());
    let nearest = distances.zip(shapes()).min_by(|a, b| a.0.total_cmp(&b.0));
    nearest.map_or(f64::NAN, |(_, shape)| shape)
}

/// Shape and variance of a generalised Gaussian.
fn symmetric_fit(values: &[f64]) -> Option<[f64; 2]> {
    let count = values.len() as f64;
    let variance = values.iter().map(|value| value * value).sum::<f64>() / count;
    let magnitude = values.iter().map(|value| value.abs()).sum::<f64>() / count;
    (magnitude > 0.0).then(|| [nearest_shape(variance / (magnitude * magnitude), f64::recip), variance])
}

/// Shape, mean, left and right variance of an asymmetric generalised Gaussian.
fn asymmetric_fit(values: impl Iterator<Item = f64>) -> Option<[f64; 4]> {
    let (mut left, mut right) = ((0.0, 0.0), (0.0, 0.0));
    let (mut magnitude, mut count) = (0.0, 0.0);
    for value in values {
        let side = if value < 0.0 { &mut left } else { &mut right };
        if value != 0.0 {
            *side = (side.0 + value * value, side.1 + 1.0);
        }
        magnitude += value.abs();
        count += 1.0;
    }
    if left.0 <= 0.0 || right.0 <= 0.0 {
        return None;
    }
    let (left_variance, right_variance) = (left.0 / left.1, right.0 / right.1);
    let skew = (left_variance / right_variance).sqrt();
    let ratio = (magnitude / count).powi(2) / ((left.0 + right.0) / count);
    let shape = nearest_shape(
        ratio * (skew.powi(3) + 1.0) * (skew + 1.0) / (skew * skew + 1.0).powi(2),
        std::convert::identity,
    );
    let scale = (ln_gamma(2.0 / shape) - (ln_gamma(1.0 / shape) + ln_gamma(3.0 / shape)) / 2.0).exp();
    let mean = (right_variance.sqrt() - left_variance.sqrt()) * scale;
    Some([shape, mean, left_variance, right_variance])
}

/// The logarithm of the gamma function for `x > 0` (C. Lanczos 1964, with P. Godfrey's coefficients for g = 7; relative
/// error below 10⁻¹³).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const SERIES: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = SERIES.iter().zip(1..).map(|(coefficient, index)| coefficient / (x + f64::from(index)));
    let sum = FIRST + terms.sum::<f64>();
    let t = x + G + 0.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_agree_with_a_published_implementation() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/reference");
        let text = std::fs::read_to_string(format!("{folder}/expected.json")).expect("expected.json");
        let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let photos = expected["brisque"].as_object().expect("photos");
        assert_eq!(photos.len(), 3);
        let mut largest: f64 = 0.0;
        for (name, expected) in photos {
            let photo = image::open(format!("{folder}/{name}.png")).expect("fixture").to_rgb8();
            let found = brisque_features(&photo).expect("features");
            for (index, (found, expected)) in found.iter().zip(expected.as_array().expect("list")).enumerate() {
                let expected = expected.as_f64().expect("number");
                largest = largest.max((found - expected).abs());
                assert!((found - expected).abs() < 1e-6, "{name} feature {index}: {found} instead of {expected}");
            }
        }
        eprintln!("largest difference {largest:.1e}");
    }

    #[test]
    fn the_gamma_function_has_its_known_values() {
        for (x, expected) in [(1.0, 1.0_f64), (5.0, 24.0), (0.5, std::f64::consts::PI.sqrt()), (0.1, 9.513_507_698_668)]
        {
            assert!((ln_gamma(x) - expected.ln()).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn the_fit_finds_the_distribution_that_values_came_from() {
        // Quantiles of a Laplace distribution (shape 1, variance 2 b²) and of a uniform one (shape towards infinity).
        let at = |index: i32| (f64::from(index) + 0.5) / 20_000.0;
        let laplace: Vec<f64> = (0..20_000)
            .map(at)
            .map(|p| if p < 0.5 { 3.0 * (2.0 * p).ln() } else { -3.0 * (2.0 - 2.0 * p).ln() })
            .collect();
        let [shape, variance] = symmetric_fit(&laplace).expect("fit");
        assert!((shape - 1.0).abs() < 0.01 && (variance - 18.0).abs() < 0.1, "{shape} {variance}");
        let skewed = laplace.iter().map(|value| if *value < 0.0 { 2.0 * value } else { *value });
        let [shape, mean, left, right] = asymmetric_fit(skewed).expect("fit");
        assert!((shape - 1.0).abs() < 0.1 && mean < 0.0, "{shape} {mean}");
        assert!((left - 72.0).abs() < 0.3 && (right - 18.0).abs() < 0.1, "{left} {right}");
        let uniform: Vec<f64> = (0..20_000).map(|index| at(index) - 0.5).collect();
        assert!(symmetric_fit(&uniform).expect("fit")[0] > 9.0);
    }

    #[test]
    fn flat_areas_are_exactly_without_contrast() {
        for value in [255.0, 1.0 / 3.0, 201.7] {
            let grey = Grey { width: 20, height: 18, values: vec![value; 360] };
            let inside = |at: &usize| (3..17).contains(&(at % 20)) && (3..15).contains(&(at / 20));
            let contrasts = grey.mscn().values;
            assert!((0..360).filter(inside).all(|at| contrasts[at] == 0.0));
            assert!(contrasts[0] > 0.0, "the border is an edge to zeros: {}", contrasts[0]);
        }
    }

    #[test]
    fn photos_too_small_or_without_contrast_have_none() {
        assert_eq!(brisque_features(&RgbImage::from_pixel(15, 64, Rgb([9, 200, 3]))), None);
        assert_eq!(brisque_features(&RgbImage::new(64, 64)), None);
        assert_eq!(brisque_features(&RgbImage::new(0, 0)), None);
        let checks = RgbImage::from_fn(16, 17, |x, y| Rgb([((x * 37 + y * 91) % 256) as u8; 3]));
        assert!(brisque_features(&checks).is_some());
    }
}
