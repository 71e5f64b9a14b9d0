//! Entropy of the frame's grey levels: near 0 for an empty or nearly empty photo.
//!
//! C. E. Shannon, "A mathematical theory of communication", 1948: `−Σ p log₂ p` over the 256 levels of luma.

use super::plane::Plane;
use super::wide::{Loop, wide};

/// Bits, 0-8.
pub(super) fn entropy(plane: &Plane) -> f64 {
    let mut counts = [[0_u32; 256]; 4];
    let mut levels = vec![0_u8; plane.width];
    for y in 0..plane.height {
        wide(Round { values: plane.row(y), levels: &mut levels });
        // Four histograms: neighbours are often alike and would wait for each other's count.
        for quad in levels.chunks(4) {
            for (count, level) in counts.iter_mut().zip(quad) {
                count[usize::from(*level)] += 1;
            }
        }
    }
    let total = (plane.width * plane.height) as f64;
    let level = |level: usize| counts.iter().map(|count| f64::from(count[level])).sum::<f64>() / total;
    let shares = (0..256).map(level).filter(|share| *share > 0.0);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}

/// Rounds luma to whole levels.
struct Round<'a> {
    values: &'a [f32],
    levels: &'a mut [u8],
}

impl Loop for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (level, value) in self.levels.iter_mut().zip(self.values) {
            *level = (value + 0.5) as u8;
        }
    }
}
