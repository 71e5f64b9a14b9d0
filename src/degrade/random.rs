//! Seeded randomness: a stream of draws for decisions, and a hash for values at positions (noise, textures).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Draws that follow from (seed, stream) alone.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in 0..1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform in `low..high`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..count`, for small counts; 0 when there is nothing to choose.
    pub(super) fn index(&mut self, count: usize) -> usize {
        (self.0.next_u32() as usize).checked_rem(count).unwrap_or(0)
    }

    /// One of the items.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, items: [T; N]) -> T {
        items[self.index(N)]
    }

    /// True with that probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A seed for something that draws its own stream.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// A well-mixed 64-bit hash (the finaliser of `SplitMix64`, Steele et al. 2014).
#[inline(always)]
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Uniform in 0..1 for a lattice point.
#[inline(always)]
fn lattice(x: i32, y: i32, seed: u32) -> f32 {
    let key = (x as u32 as u64) | (y as u32 as u64) << 32;
    (mix(key ^ u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 40) as f32 / (1 << 24) as f32
}

/// Smooth value noise in 0..1 with one feature a unit.
pub(super) fn noise2(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let (fx, fy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let (x, y) = (left as i32, top as i32);
    let upper = lattice(x, y, seed) * (1.0 - fx) + lattice(x + 1, y, seed) * fx;
    let lower = lattice(x, y + 1, seed) * (1.0 - fx) + lattice(x + 1, y + 1, seed) * fx;
    upper * (1.0 - fy) + lower * fy
}

/// A pair of independent standard normal values for a counter (Box and Muller 1958).
#[inline(always)]
pub(super) fn normal_pair(seed: u64, counter: u64) -> [f32; 2] {
    let bits = mix(seed ^ mix(counter.wrapping_add(0x9E37_79B9_7F4A_7C15)));
    let first = ((bits >> 40) as f32 + 1.0) / (1 << 24) as f32;
    let second = (bits & 0xFF_FFFF) as f32 / (1 << 24) as f32;
    let radius = (-2.0 * first.ln()).sqrt();
    let (sin, cos) = (std::f32::consts::TAU * second).sin_cos();
    [radius * cos, radius * sin]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_values_have_mean_zero_and_variance_one() {
        let values: Vec<f64> = (0..20_000).flat_map(|index| normal_pair(7, index)).map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "mean {mean}, variance {variance}");
    }

    #[test]
    fn draws_follow_from_seed_and_stream() {
        let draw = |seed, stream| Dice::new(seed, stream).range(0.0, 1.0);
        assert_eq!(draw(1, 2).to_bits(), draw(1, 2).to_bits());
        assert_ne!(draw(1, 2).to_bits(), draw(1, 3).to_bits());
        assert_ne!(draw(1, 2).to_bits(), draw(2, 2).to_bits());
    }
}
