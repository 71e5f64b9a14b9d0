//! Edge strength: Tenengrad, the mean squared Sobel gradient.
//!
//! J. M. Tenenbaum, "Accommodation in computer vision", Stanford 1970; E. Krotkov, "Focusing", IJCV 1(3), 1988 (the
//! measure GRAE/TENG in S. Pertuz et al. 2013). Less moved by noise than the Laplacian, more by contrast.

use super::area::Area;
use super::plane::Plane;
use super::sum::moments;

/// Mean of `gx² + gy²` over product and rim, Sobel's kernels divided by 8, in squared grey levels a pixel.
pub(super) fn tenengrad(plane: &Plane, area: &Area) -> f64 {
    if plane.width < 3 || plane.height < 3 {
        return 0.0;
    }
    let (mut count, mut squares) = (0_usize, 0.0);
    for y in 1..plane.height - 1 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for range in area.inner(y, plane.width, 1) {
            let wide = range.start - 1..range.end + 1;
            let (up, middle, down) = (&above[wide.clone()], &here[wide.clone()], &below[wide]);
            let across =
                |x: usize| (up[x + 2] - up[x] + 2.0 * (middle[x + 2] - middle[x]) + down[x + 2] - down[x]) / 8.0;
            let along = |x: usize| (down[x] - up[x] + 2.0 * (down[x + 1] - up[x + 1]) + down[x + 2] - up[x + 2]) / 8.0;
            let energy = |x: usize| across(x) * across(x) + along(x) * along(x);
            count += range.len();
            squares += moments(range.len(), energy).0;
        }
    }
    squares / count.max(1) as f64
}
