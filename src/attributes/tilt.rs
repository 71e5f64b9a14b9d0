//! Tilt: the angle of the product's straight edges against the nearest axis.
//!
//! A histogram of gradient directions modulo 90°, weighted by strength (the idea of Hough's transform without positions):
//! a box, a bottle or a book gives a sharp peak, a person or a shirt none, and then there is no tilt to tell. Along edges
//! no wider than a pixel Sobel's directions lean towards the axis: a tenth of the angle at most.

use super::area::Area;
use super::plane::Plane;

/// Least gradient of an edge, in grey levels a pixel.
const LEAST_GRADIENT: f32 = 10.0;
/// Bins a degree.
const BINS: usize = 2;
/// Half the width of a peak, in bins.
const PEAK: usize = 3;
/// Share of all edges that a peak must hold; edges without a common direction put 4 % there.
const LEAST_SHARE: f64 = 0.4;
/// Least number of edge pixels.
const FEWEST: u32 = 400;
/// Beyond this a direction is a shape, not a tilt.
const MOST: f64 = 25.0;

/// Degrees 0-25; nothing when the edges have no common direction near an axis.
pub(super) fn tilt(plane: &Plane, area: &Area) -> Option<f64> {
    const COUNT: usize = 90 * BINS;
    let mut weights = [0.0_f64; COUNT];
    let mut edges = 0;
    for y in (1..plane.height.saturating_sub(1)).step_by(2) {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for range in area.inner(y, plane.width, 1) {
            for x in range {
                let across = (above[x + 1] - above[x - 1] + 2.0 * (here[x + 1] - here[x - 1]) + below[x + 1]
                    - below[x - 1])
                    / 8.0;
                let down =
                    (below[x - 1] - above[x - 1] + 2.0 * (below[x] - above[x]) + below[x + 1] - above[x + 1]) / 8.0;
                let squared = across * across + down * down;
                if squared >= LEAST_GRADIENT * LEAST_GRADIENT {
                    let angle = down.atan2(across).to_degrees().rem_euclid(90.0);
                    weights[((angle * BINS as f32).round() as usize) % COUNT] += f64::from(squared.sqrt());
                    edges += 1;
                }
            }
        }
    }
    if edges < FEWEST {
        return None;
    }
    let around = |bin: usize| (0..=2 * PEAK).map(move |step| (bin + COUNT + step - PEAK) % COUNT);
    let held = |bin: usize| around(bin).map(|near| weights[near]).sum::<f64>();
    let peak = (0..COUNT).max_by(|a, b| held(*a).total_cmp(&held(*b)))?;
    let offset: f64 = around(peak).enumerate().map(|(step, near)| (step as f64 - PEAK as f64) * weights[near]).sum();
    let angle = (peak as f64 + offset / held(peak)) / BINS as f64;
    let from_axis = if angle > 45.0 { 90.0 - angle } else { angle }.abs();
    let clear = held(peak) >= LEAST_SHARE * weights.iter().sum::<f64>();
    (clear && from_axis <= MOST).then_some(from_axis)
}
