//! Blockiness: how much larger the steps at the borders of JPEG's 8×8 blocks are than the steps inside.
//!
//! The two activities of Z. Wang, H. R. Sheikh and A. C. Bovik, "No-reference perceptual quality assessment of JPEG
//! compressed images", ICIP 2002, as one ratio. The grid may start anywhere (a photo cropped after compression), so the
//! strongest of the eight phases counts.

use super::area::Area;
use super::plane::Plane;

/// Mean step at block borders over the mean step elsewhere, minus 1, over product and rim; the mean of both directions,
/// never below 0. Nothing when the photo is smaller than two blocks or has no steps at all.
pub(super) fn blockiness(plane: &Plane, area: &Area) -> Option<f64> {
    if plane.width < 16 || plane.height < 16 {
        return None;
    }
    let (mut across, mut down) = ([0.0_f64; 8], [0.0_f64; 8]);
    let (mut across_count, mut down_count) = ([0_u64; 8], [0_u64; 8]);
    for y in 1..plane.height {
        let (above, here) = (plane.row(y - 1), plane.row(y));
        for run in area.runs(y) {
            let range = run.start as usize..run.end as usize;
            let mut lanes = [0.0_f32; 8];
            let (ours, theirs) = (&here[range.clone()], &above[range.clone()]);
            for (eight, before) in ours.as_chunks::<8>().0.iter().zip(theirs.as_chunks::<8>().0) {
                for lane in 0..8 {
                    lanes[lane] += (eight[lane] - before[lane]).abs();
                }
            }
            let whole = range.len() / 8 * 8;
            down[y % 8] += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
            down_count[y % 8] += whole as u64;
            // Runs start at multiples of eight: the lane is the phase. The first has no left neighbour in the run.
            let mut lanes = [0.0_f32; 8];
            let start = range.start.max(8);
            let blocks = range.end.saturating_sub(start) / 8;
            for block in 0..blocks {
                let at = start + block * 8;
                let (left, middle) = (&here[at - 1..at + 7], &here[at..at + 8]);
                for lane in 0..8 {
                    lanes[lane] += (middle[lane] - left[lane]).abs();
                }
            }
            for (phase, lane) in lanes.iter().enumerate() {
                across[phase] += f64::from(*lane);
                across_count[phase] += blocks as u64;
            }
        }
    }
    let both = [excess(across, across_count)?, excess(down, down_count)?];
    Some((both[0] + both[1]) / 2.0)
}

/// How far the largest of eight means stands above the mean of the others.
fn excess(sums: [f64; 8], counts: [u64; 8]) -> Option<f64> {
    let means: [f64; 8] = std::array::from_fn(|phase| sums[phase] / counts[phase].max(1) as f64);
    let largest = means.iter().copied().fold(0.0, f64::max);
    let others = (means.iter().sum::<f64>() - largest) / 7.0;
    (others > 0.0).then(|| (largest / others - 1.0).max(0.0))
}
