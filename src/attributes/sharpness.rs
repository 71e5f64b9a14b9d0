//! Sharpness: the variance of the Laplacian.
//!
//! J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000 (the
//! measure LAPV in S. Pertuz et al., "Analysis of focus measure operators for shape-from-focus", 2013). Over the
//! product and a rim around it only: a flat backdrop has no detail and would make the same product score lower the
//! smaller it stands in the frame.

use super::area::Area;
use super::plane::Plane;
use super::sum::moments;

/// Variance of `4·c − left − right − up − down` of luma over product and rim, in squared grey levels. Native pixels;
/// the outermost pixels have no four neighbours and do not count. 0 when nothing is left.
pub(super) fn sharpness(plane: &Plane, area: &Area) -> f64 {
    if plane.width < 3 || plane.height < 3 {
        return 0.0;
    }
    let (mut count, mut sum, mut squares) = (0_usize, 0.0, 0.0);
    for y in 1..plane.height - 1 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for range in area.inner(y, plane.width, 1) {
            let n = range.len();
            let (up, down) = (&above[range.clone()], &below[range.clone()]);
            let (left, middle) = (&here[range.start - 1..range.end - 1], &here[range.clone()]);
            let right = &here[range.start + 1..=range.end];
            let part = moments(n, |x| 4.0 * middle[x] - left[x] - right[x] - up[x] - down[x]);
            count += n;
            sum += part.0;
            squares += part.1;
        }
    }
    let mean = sum / count.max(1) as f64;
    (squares / count.max(1) as f64 - mean * mean).max(0.0)
}
