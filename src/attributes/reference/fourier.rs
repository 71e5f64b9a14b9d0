//! Fourier transforms of planes.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// A complex number.
pub(super) type C = Complex<f64>;

/// Forward and inverse transforms for planes of one size.
pub(super) struct Fourier {
    width: usize,
    height: usize,
    rows: [Arc<dyn Fft<f64>>; 2],
    columns: [Arc<dyn Fft<f64>>; 2],
}

impl Fourier {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let mut planner = FftPlanner::new();
        let mut both = |length| [planner.plan_fft_forward(length), planner.plan_fft_inverse(length)];
        Self { width, height, rows: both(width), columns: both(height) }
    }

    /// The spectrum of a plane, column by column: frequency (u, v) stands at `u · height + v`.
    pub(super) fn spectrum(&self, values: &[f32]) -> Vec<C> {
        let mut plane: Vec<C> = values.iter().map(|&value| C::new(value.into(), 0.0)).collect();
        self.rows[0].process(&mut plane);
        let mut turned = transpose(&plane, self.width, self.height);
        self.columns[0].process(&mut turned);
        turned
    }

    /// The plane of a spectrum as [`Self::spectrum`] lays it out, row by row.
    pub(super) fn plane(&self, mut spectrum: Vec<C>) -> Vec<C> {
        self.columns[1].process(&mut spectrum);
        let mut plane = transpose(&spectrum, self.height, self.width);
        self.rows[1].process(&mut plane);
        let scale = 1.0 / (self.width * self.height) as f64;
        plane.iter_mut().for_each(|value| *value *= scale);
        plane
    }
}

/// Rows of `width` values become columns. In blocks, so that both sides stay in the cache.
fn transpose(values: &[C], width: usize, height: usize) -> Vec<C> {
    const BLOCK: usize = 16;
    let mut out = vec![C::default(); values.len()];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..(top + BLOCK).min(height) {
                for x in left..(left + BLOCK).min(width) {
                    out[x * height + y] = values[y * width + x];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_has_one_frequency_and_comes_back() {
        let (width, height) = (20, 33);
        let wave = |x: usize, y: usize| std::f64::consts::TAU * (3.0 * x as f64 / 20.0 + 5.0 * y as f64 / 33.0);
        let values: Vec<f32> = (0..width * height).map(|at| wave(at % width, at / width).cos() as f32).collect();
        let fourier = Fourier::new(width, height);
        let spectrum = fourier.spectrum(&values);
        let half = (width * height) as f64 / 2.0;
        assert!((spectrum[3 * height + 5].re - half).abs() < 1e-3);
        assert!((spectrum[17 * height + 28].re - half).abs() < 1e-3, "the mirrored frequency");
        assert!(spectrum[3 * height + 6].norm() < 1e-3);
        let back = fourier.plane(spectrum);
        assert!(back.iter().zip(&values).all(|(found, &value)| (found.re - f64::from(value)).abs() < 1e-6));
    }
}
