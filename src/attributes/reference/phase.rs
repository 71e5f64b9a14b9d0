//! Phase congruency: where the frequencies of a photo agree in phase, as they do at edges and lines.
//!
//! P. Kovesi, "Image features from phase congruency", Videre 1 (1999), with the log-Gabor filters and constants that
//! FSIM (see `fsim`) sets: 4 scales from a wavelength of 6 pixels, each double the last, σ/f = 0.55; 4 orientations,
//! their spacing 1.2 σ; a Butterworth low-pass of order 15 at 0.45; noise threshold 2 σ.

use std::f64::consts::{FRAC_PI_2, LN_2, PI, TAU};
use std::sync::{Arc, Mutex, PoisonError};

use super::fourier::{C, Fourier};
use super::plane::Plane;

const SCALES: usize = 4;
const ORIENTATIONS: usize = 4;
const SHORTEST_WAVE: f64 = 6.0;
const BANDWIDTH: f64 = 0.55;
const ANGLES_A_SIGMA: f64 = 1.2;
const CUTOFF: f64 = 0.45;
const SHARPNESS: i32 = 15;
const NOISE_SIGMAS: f64 = 2.0;
/// By how much the noise estimate is too high for this measure, found by Kovesi.
const NOISE_EXCESS: f64 = 1.7;
/// Keeps areas without any response at 0.
const LEAST_ENERGY: f64 = 1e-4;

/// Phase congruency of every pixel, 0-1, row by row.
pub(super) fn congruency(plane: &Plane) -> Vec<f64> {
    let fourier = Fourier::new(plane.width, plane.height);
    let spectrum = fourier.spectrum(&plane.values);
    let bank = Bank::of(plane.width, plane.height);
    let mut energy = vec![0.0; spectrum.len()];
    let mut amplitude = vec![0.0; spectrum.len()];
    for orientation in &bank.orientations {
        let respond = |filter: &Vec<f64>| {
            fourier.plane(spectrum.iter().zip(filter).map(|(value, filter)| value * filter).collect())
        };
        let responses: Vec<Vec<C>> = orientation.filters.iter().map(respond).collect();
        gather(&responses, orientation.noise_threshold(&responses[0]), &mut energy, &mut amplitude);
    }
    let share = |(energy, amplitude): (&f64, &f64)| if *amplitude > 0.0 { energy / amplitude } else { 0.0 };
    energy.iter().zip(&amplitude).map(share).collect()
}

/// The filters for photos of one size.
struct Bank {
    width: usize,
    height: usize,
    orientations: Vec<Orientation>,
}

impl Bank {
    /// The filters for a size. Those used last are kept: photos that are compared one after the other are often of one
    /// size, and making filters takes as long as using them.
    fn of(width: usize, height: usize) -> Arc<Self> {
        static LAST: Mutex<Option<Arc<Bank>>> = Mutex::new(None);
        let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bank) = last().as_ref().filter(|bank| (bank.width, bank.height) == (width, height)) {
            return bank.clone();
        }
        let made = Arc::new(Self::make(width, height));
        *last() = Some(made.clone());
        made
    }

    fn make(width: usize, height: usize) -> Self {
        let frequencies = frequencies(width, height);
        let radial: Vec<Vec<f64>> = (0..SCALES).map(|scale| log_gabor(&frequencies, scale)).collect();
        let orientation = |orientation: usize| {
            let angular = spread(&frequencies, orientation);
            let filter = |radial: &Vec<f64>| -> Vec<f64> {
                radial.iter().zip(&angular).map(|(radial, angular)| radial * angular).collect()
            };
            Orientation::new(radial.iter().map(filter).collect(), height)
        };
        Self { width, height, orientations: (0..ORIENTATIONS).map(orientation).collect() }
    }
}

/// The filters of one orientation, the finest first.
struct Orientation {
    filters: Vec<Vec<f64>>,
    /// Energy of the finest filter.
    finest: f64,
    /// What noise of power 1 gives, all scales together.
    noise: f64,
}

impl Orientation {
    /// Kovesi sums squares and products of the filters' real parts in space. By Parseval's theorem these are sums over
    /// the even parts of the filters in frequency.
    fn new(filters: Vec<Vec<f64>>, height: usize) -> Self {
        let even: Vec<Vec<f64>> = filters.iter().map(|filter| even_part(filter, height)).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let squares: f64 = even.iter().map(|filter| dot(filter, filter)).sum();
        let pairs = (0..SCALES).flat_map(|first| (first + 1..SCALES).map(move |second| (first, second)));
        let products: f64 = pairs.map(|(first, second)| dot(&even[first], &even[second])).sum();
        Self { finest: dot(&filters[0], &filters[0]), noise: squares + 2.0 * products, filters }
    }

    /// The energy that noise alone would give: its power is estimated from the median response of the finest filter.
    fn noise_threshold(&self, finest: &[C]) -> f64 {
        let mut squares: Vec<f64> = finest.iter().map(C::norm_sqr).collect();
        let mean_square = median(&mut squares) / LN_2;
        let tau = (mean_square / self.finest * self.noise).max(0.0).sqrt();
        tau * (FRAC_PI_2.sqrt() + NOISE_SIGMAS * (2.0 - FRAC_PI_2).sqrt()) / NOISE_EXCESS
    }
}

/// Adds one orientation: the energy above the noise, and the amplitudes it can at most reach.
fn gather(responses: &[Vec<C>], threshold: f64, energy: &mut [f64], amplitude: &mut [f64]) {
    for (at, (energy, amplitude)) in energy.iter_mut().zip(amplitude).enumerate() {
        let sum: C = responses.iter().map(|response| response[at]).sum();
        // Even and odd part of the mean phase.
        let mean = sum / (size(sum) + LEAST_ENERGY);
        let mut here = 0.0;
        for value in responses.iter().map(|response| response[at]) {
            let turned = value * mean.conj();
            here += turned.re - turned.im.abs();
            *amplitude += size(value);
        }
        *energy += (here - threshold).max(0.0);
    }
}

/// Absolute value. Amplitudes of pixels neither over- nor underflow, so the careful and slow way is not needed.
fn size(value: C) -> f64 {
    value.norm_sqr().sqrt()
}

fn even_part(filter: &[f64], height: usize) -> Vec<f64> {
    let width = filter.len() / height;
    let mirrored = |at: usize| ((width - at / height) % width) * height + (height - at % height) % height;
    (0..filter.len()).map(|at| (filter[at] + filter[mirrored(at)]) / 2.0).collect()
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if even { (*upper + below.iter().copied().fold(f64::MIN, f64::max)) / 2.0 } else { *upper }
}

/// Radius (0-0.7, in cycles a pixel) and angle of a frequency.
#[derive(Clone, Copy)]
struct Polar {
    radius: f64,
    angle: f64,
}

/// All frequencies, laid out as a spectrum. An odd side spreads over all of ±0.5, as Kovesi has it.
fn frequencies(width: usize, height: usize) -> Vec<Polar> {
    let axis = |side: usize| {
        let range = if side.is_multiple_of(2) { side } else { side.max(3) - 1 } as f64;
        let signed = move |at: usize| if at < side.div_ceil(2) { at as f64 } else { at as f64 - side as f64 };
        (0..side).map(move |at| signed(at) / range)
    };
    let vertical: Vec<f64> = axis(height).collect();
    let polar = |(u, v): (f64, f64)| Polar { radius: u.hypot(v), angle: (-v).atan2(u) };
    axis(width).flat_map(|u| vertical.iter().map(move |&v| (u, v))).map(polar).collect()
}

fn log_gabor(frequencies: &[Polar], scale: usize) -> Vec<f64> {
    let wavelength = SHORTEST_WAVE * 2_f64.powi(scale as i32);
    let filter = |Polar { radius, .. }: &Polar| {
        if *radius == 0.0 {
            return 0.0;
        }
        let band = (-(radius * wavelength).ln().powi(2) / (2.0 * BANDWIDTH.ln().powi(2))).exp();
        band / (1.0 + (radius / CUTOFF).powi(2 * SHARPNESS))
    };
    frequencies.iter().map(filter).collect()
}

fn spread(frequencies: &[Polar], orientation: usize) -> Vec<f64> {
    let spacing = PI / ORIENTATIONS as f64;
    let sigma = spacing / ANGLES_A_SIGMA;
    let filter = |Polar { angle, .. }: &Polar| {
        let apart = (angle - orientation as f64 * spacing).abs();
        let apart = apart.min(TAU - apart);
        (-apart * apart / (2.0 * sigma * sigma)).exp()
    };
    frequencies.iter().map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(value: impl Fn(usize, usize) -> f32) -> Plane {
        let (width, height) = (96, 64);
        Plane { width, height, values: (0..width * height).map(|at| value(at % width, at / width)).collect() }
    }

    #[test]
    fn an_edge_is_congruent_whatever_its_contrast_and_flat_areas_are_not() {
        for step in [20.0, 200.0] {
            let found = congruency(&plane(|x, _| if (24..72).contains(&x) { step } else { 0.0 }));
            let at = |x: usize| found[32 * 96 + x];
            assert!(at(24).max(at(23)) > 0.5, "{}", at(24));
            assert!(at(34) < 0.1 && at(86) < 0.1, "{} {}", at(34), at(86));
            assert!(found.iter().all(|value| (0.0..=1.0).contains(value)));
        }
        assert!(congruency(&plane(|_, _| 200.0)).iter().all(|&value| value < 1e-6));
    }

    #[test]
    fn the_median_of_an_even_count_lies_between_the_middle_two() {
        assert_eq!(median(&mut [5.0, 1.0, 2.0, 9.0]), 3.5);
        assert_eq!(median(&mut [5.0, 1.0, 2.0]), 2.0);
    }
}
