//! FSIM and FSIMc: feature similarity, without and with colour.
//!
//! L. Zhang, L. Zhang, X. Mou, D. Zhang, "FSIM: a feature similarity index for image quality assessment", IEEE TIP 20
//! (2011), and P. Kovesi for phase congruency (see `phase`). The photo is first averaged over F×F blocks with
//! `F = max(1, round(shorter side / 256))`, halves rounded to even, left-over columns and rows dropped: as piq
//! does. The authors' MATLAB code places its blocks half a block away, with zeros at the border, and rounds halves up;
//! where F is 3 or more the two are up to 0.005 apart, else equal to 10⁻⁴.
//!
//! YIQ as in the paper; Scharr gradients with zeros around; T1 = 0.85, T2 = 160, T3 = T4 = 200, λ = 0.03.

use image::RgbImage;

use super::Pair;
use super::gradient::{likeness, magnitude};
use super::phase;
use super::plane::Plane;

const PHASE: f64 = 0.85;
const GRADIENT: f64 = 160.0;
const COLOUR: f64 = 200.0;
const LAMBDA: f64 = 0.03;
/// Twice the shortest wave of the filters: on less there is nothing to agree in phase.
const LEAST_SIDE: usize = 12;

const YIQ: [[f64; 3]; 3] = [[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]];

/// Feature similarity of luma, 0-1 (equal luma); nothing below 12 pixels a side, or for two photos without any
/// structure.
pub fn fsim(pair: &Pair<'_>) -> Option<f64> {
    both(pair).map(|(fsim, _)| fsim)
}

/// Feature similarity with colour, 0-1 (equal photos); nothing where [`fsim`] is nothing.
pub fn fsimc(pair: &Pair<'_>) -> Option<f64> {
    both(pair).map(|(_, fsimc)| fsimc)
}

/// FSIM and FSIMc.
pub(super) fn both(pair: &Pair<'_>) -> Option<(f64, f64)> {
    let (a, b) = (pair.reference.features()?, pair.edited.features()?);
    let (mut grey, mut colour, mut weights) = (0.0, 0.0, 0.0);
    for at in 0..a.congruency.len() {
        let weight = a.congruency[at].max(b.congruency[at]);
        let alike = likeness(a.congruency[at], b.congruency[at], PHASE)
            * likeness(a.gradient[at].into(), b.gradient[at].into(), GRADIENT);
        let [i, q] = [0, 1].map(|channel| likeness(a.chroma[channel][at].into(), b.chroma[channel][at].into(), COLOUR));
        grey += alike * weight;
        colour += alike * real_power(i * q, LAMBDA) * weight;
        weights += weight;
    }
    (weights > 0.0).then(|| (grey / weights, colour / weights))
}

/// The real part of a power; opposite colours make the base negative.
fn real_power(base: f64, exponent: f64) -> f64 {
    let power = base.abs().powf(exponent);
    if base < 0.0 { power * (std::f64::consts::PI * exponent).cos() } else { power }
}

/// What FSIM compares.
#[derive(Debug)]
pub(super) struct Features {
    congruency: Vec<f64>,
    gradient: Vec<f32>,
    chroma: [Vec<f32>; 2],
}

impl Features {
    /// The features of a photo; nothing when it is too small.
    pub(super) fn of(photo: &RgbImage) -> Option<Self> {
        let [luma, i, q] = shrunk(photo);
        if luma.width.min(luma.height) < LEAST_SIDE {
            return None;
        }
        let gradient = magnitude(&luma, 3.0 / 16.0, 10.0 / 16.0);
        Some(Self { congruency: phase::congruency(&luma), gradient, chroma: [i.values, q.values] })
    }
}

/// YIQ, averaged over blocks.
fn shrunk(photo: &RgbImage) -> [Plane; 3] {
    let (across, down) = (photo.width() as usize, photo.height() as usize);
    let block = ((across.min(down) as f64 / 256.0).round_ties_even() as usize).max(1);
    let (width, height) = (across / block, down / block);
    let mut planes = YIQ.map(|_| Plane { width, height, values: Vec::with_capacity(width * height) });
    let mut sums = vec![[0_u32; 3]; width];
    for rows in photo.as_raw().chunks_exact(3 * across * block).take(height) {
        sums.fill([0; 3]);
        for row in rows.chunks_exact(3 * across) {
            for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(3 * block)) {
                for pixel in pixels.chunks_exact(3) {
                    (0..3).for_each(|channel| sum[channel] += u32::from(pixel[channel]));
                }
            }
        }
        for sum in &sums {
            let mean = sum.map(|sum| f64::from(sum) / (block * block) as f64);
            for (plane, weights) in planes.iter_mut().zip(&YIQ) {
                plane.values.push(weights.iter().zip(mean).map(|(weight, mean)| weight * mean).sum::<f64>() as f32);
            }
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_the_shorter_side_and_halves_round_to_even() {
        for (width, height, expected) in [(300, 200, (300, 200)), (640, 700, (320, 350)), (1000, 901, (250, 225))] {
            let [luma, i, q] = shrunk(&RgbImage::from_pixel(width, height, image::Rgb([200, 100, 50])));
            assert_eq!((luma.width, luma.height), expected);
            let found = [luma, i, q].map(|plane| plane.values[plane.values.len() - 1]);
            for (found, expected) in found.into_iter().zip([124.2_f32, 75.7, 5.5]) {
                assert!((found - expected).abs() < 1e-3, "{found} instead of {expected}");
            }
        }
    }

    #[test]
    fn a_negative_base_gives_the_real_part() {
        assert!((real_power(-1.0, 0.03) - 0.995_562).abs() < 1e-6);
        assert_eq!(real_power(1.0, 0.03), 1.0);
    }
}
