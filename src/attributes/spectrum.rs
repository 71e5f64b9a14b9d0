//! The spectrum of the product's detail: its slope, and the frequency at which it ends.
//!
//! The radial mean of the power spectrum over native 64×64 patches (Hann window). *Slope*: least squares of log
//! amplitude against log frequency; about −1 for sharp photographs (D. J. Field, "Relations between the statistics of
//! natural images and the response properties of cortical cells", JOSA A 4(12), 1987), lower for blurred ones.
//! *Cut-off*: the frequency below which 95 % of the energy lies after the natural fall of 1/f² in power is undone
//! (spectral roll-off); enlarging a photo leaves nothing above its old highest frequency, and so moves it down.

use std::cell::RefCell;
use std::f32::consts::PI;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::area::Area;
use super::plane::Plane;

/// Side of a patch in pixels.
const SIDE: usize = 64;
/// Most patches, spread evenly over the product.
const MOST_PATCHES: usize = 40;
/// Rings of frequency, the last at the highest a photo can hold along a row.
const RINGS: usize = SIDE / 2;
/// Rings that the slope is fitted to: without the window's own spread below and rounding above.
const FITTED: std::ops::Range<usize> = 2..14;
/// Share of the whitened energy below the cut-off.
const ROLL_OFF: f64 = 0.95;

/// What the spectrum tells.
pub(super) struct Spectrum {
    /// Exponent of amplitude over frequency.
    pub(super) slope: f64,
    /// Cut-off as a share of the highest frequency, 0-1.
    pub(super) cutoff: f64,
}

/// The spectrum of the product; nothing for a photo smaller than a patch or without detail.
pub(super) fn spectrum(plane: &Plane, area: &Area) -> Option<Spectrum> {
    let patches = patches(plane, area);
    let mut power = [0.0_f64; RINGS];
    SCRATCH.with_borrow_mut(|scratch| {
        for &(x, y) in &patches {
            scratch.add(plane, x, y, &mut power);
        }
    });
    // Ring 0 is the mean and what the window spreads of it.
    if power[2..].iter().sum::<f64>() <= f64::EPSILON {
        return None;
    }
    Some(Spectrum { slope: slope(&power), cutoff: cutoff(&power) })
}

/// Upper left corners of patches whose middle lies in the area.
fn patches(plane: &Plane, area: &Area) -> Vec<(usize, usize)> {
    if plane.width < SIDE || plane.height < SIDE {
        return Vec::new();
    }
    let starts = |length: usize| {
        let last = length - SIDE;
        let count = (length / SIDE).max(1);
        (0..count).map(move |index| if count == 1 { last / 2 } else { last * index / (count - 1) })
    };
    let inside = |&(x, y): &(usize, usize)| {
        let middle = (x + SIDE / 2) as u32;
        area.runs(y + SIDE / 2).iter().any(|run| (run.start..run.end).contains(&middle))
    };
    let all = starts(plane.height).flat_map(|y| starts(plane.width).map(move |x| (x, y)));
    let all: Vec<_> = all.filter(inside).collect();
    let step = all.len().div_ceil(MOST_PATCHES).max(1);
    all.into_iter().step_by(step).collect()
}

fn slope(power: &[f64; RINGS]) -> f64 {
    let points = FITTED.map(|ring| ((ring as f64).ln(), 0.5 * power[ring].max(1e-9).ln()));
    let n = FITTED.len() as f64;
    let (mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0);
    for (x, y) in points {
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    (n * sxy - sx * sy) / (n * sxx - sx * sx)
}

fn cutoff(power: &[f64; RINGS]) -> f64 {
    let energy = |ring: usize| power[ring] * (ring * ring) as f64;
    let total: f64 = (2..RINGS).map(energy).sum();
    let mut seen = 0.0;
    for ring in 2..RINGS {
        let own = energy(ring);
        if seen + own >= ROLL_OFF * total {
            let part = (ROLL_OFF * total - seen) / own.max(f64::MIN_POSITIVE);
            return (ring as f64 + part) / RINGS as f64;
        }
        seen += own;
    }
    1.0
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// What every transform on a thread needs again.
struct Scratch {
    fft: std::sync::Arc<dyn Fft<f32>>,
    window: [f32; SIDE],
    values: Vec<Complex<f32>>,
    turned: Vec<Complex<f32>>,
    work: Vec<Complex<f32>>,
}

impl Scratch {
    fn new() -> Self {
        let fft = FftPlanner::new().plan_fft_forward(SIDE);
        let zero = Complex::new(0.0, 0.0);
        Self {
            work: vec![zero; fft.get_inplace_scratch_len()],
            fft,
            window: std::array::from_fn(|at| 0.5 - 0.5 * (2.0 * PI * (at as f32 + 0.5) / SIDE as f32).cos()),
            values: vec![zero; SIDE * SIDE],
            turned: vec![zero; SIDE * SIDE],
        }
    }

    /// Adds a patch's power to the rings, as the mean over each ring.
    fn add(&mut self, plane: &Plane, left: usize, top: usize, power: &mut [f64; RINGS]) {
        let rows = (0..SIDE).map(|row| &plane.row(top + row)[left..left + SIDE]);
        let mean = rows.clone().flatten().sum::<f32>() / (SIDE * SIDE) as f32;
        for (row, source) in rows.enumerate() {
            let line = &mut self.values[row * SIDE..(row + 1) * SIDE];
            for ((out, value), weight) in line.iter_mut().zip(source).zip(&self.window) {
                *out = Complex::new((value - mean) * weight * self.window[row], 0.0);
            }
        }
        self.fft.process_with_scratch(&mut self.values, &mut self.work);
        // The input is real: half of the columns tell all.
        let columns = RINGS + 1;
        for column in 0..columns {
            for row in 0..SIDE {
                self.turned[column * SIDE + row] = self.values[row * SIDE + column];
            }
        }
        self.fft.process_with_scratch(&mut self.turned[..columns * SIDE], &mut self.work);
        let (mut sums, mut counts) = ([0.0_f64; RINGS], [0_u32; RINGS]);
        for column in 0..columns {
            for row in 0..SIDE {
                let down = row.min(SIDE - row);
                let ring = ((column * column + down * down) as f32).sqrt().round() as usize;
                if ring < RINGS {
                    sums[ring] += f64::from(self.turned[column * SIDE + row].norm_sqr());
                    counts[ring] += 1;
                }
            }
        }
        for (ring, total) in power.iter_mut().enumerate() {
            *total += sums[ring] / f64::from(counts[ring].max(1));
        }
    }
}
