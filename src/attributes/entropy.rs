//! Entropy of the frame's grey levels: near 0 for an empty or nearly empty photo.
//!
//! C. E. Shannon, "A mathematical theory of communication", 1948: `−Σ p log₂ p` over the 256 levels of luma.

use super::plane::Plane;

/// Bits, 0-8.
pub(super) fn entropy(plane: &Plane) -> f64 {
    let mut counts = [[0_u32; 256]; 4];
    for y in 0..plane.height {
        let (quads, rest) = plane.row(y).as_chunks::<4>();
        // Four histograms: neighbours are often alike and would wait for each other's count.
        for quad in quads {
            for (count, value) in counts.iter_mut().zip(quad) {
                count[usize::from((value + 0.5) as u8)] += 1;
            }
        }
        rest.iter().for_each(|value| counts[0][usize::from((value + 0.5) as u8)] += 1);
    }
    let total = (plane.width * plane.height) as f64;
    let level = |level: usize| counts.iter().map(|count| f64::from(count[level])).sum::<f64>() / total;
    let shares = (0..256).map(level).filter(|share| *share > 0.0);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}
