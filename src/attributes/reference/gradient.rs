//! Gradient magnitudes by 3×3 kernels, and how alike two maps are.

use super::plane::Plane;

/// `√(gx² + gy²)` with the kernel `[side, middle, side] × [1, 0, −1]` and its transpose; zeros stand around the plane.
pub(super) fn magnitude(plane: &Plane, side: f32, middle: f32) -> Vec<f32> {
    let blank = vec![0.0; plane.width];
    let row = |y: Option<usize>| y.filter(|&y| y < plane.height).map_or(blank.as_slice(), |y| plane.row(y));
    let mut out = Vec::with_capacity(plane.values.len());
    for y in 0..plane.height {
        let rows = [row(y.checked_sub(1)), row(Some(y)), row(Some(y + 1))];
        for x in 0..plane.width {
            let column = |at: Option<usize>| rows.map(|row| at.and_then(|at| row.get(at)).copied().unwrap_or(0.0));
            let (left, here, right) = (column(x.checked_sub(1)), column(Some(x)), column(Some(x + 1)));
            let across = side * (left[0] - right[0] + left[2] - right[2]) + middle * (left[1] - right[1]);
            let down = side * (left[0] - left[2] + right[0] - right[2]) + middle * (here[0] - here[2]);
            out.push((across * across + down * down).sqrt());
        }
    }
    out
}

/// `(2 a b + c) / (a² + b² + c)`: 1 where both are equal.
#[inline]
pub(super) fn likeness(a: f64, b: f64, constant: f64) -> f64 {
    (2.0 * a * b + constant) / (a * a + b * b + constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_has_its_slope_inside_and_the_border_meets_zeros() {
        let plane = Plane { width: 4, height: 3, values: (0..12).map(|index| (index % 4) as f32 * 5.0).collect() };
        let found = magnitude(&plane, 1.0 / 3.0, 1.0 / 3.0);
        assert!((found[5] - 10.0).abs() < 1e-5 && (found[6] - 10.0).abs() < 1e-5, "{found:?}");
        assert!((found[7] - 10.0).abs() < 1e-5, "the right border looks at 0 instead of 20: {found:?}");
        assert!(found[1] > 6.0, "the top border is an edge to zeros: {found:?}");
    }
}
