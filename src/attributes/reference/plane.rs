//! One channel of a photo, and the ways the metrics shrink it.

use image::RgbImage;

use super::super::plane::luma;

/// Values in grey levels, row by row. Single precision holds them to 10⁻⁵; sums are taken in double.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    /// BT.601 luma.
    pub(super) fn luma(photo: &RgbImage) -> Self {
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        Self { width, height, values: photo.pixels().map(|pixel| luma(*pixel)).collect() }
    }

    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }

    /// Means of 2×2 blocks. An odd side is first made even: `first` columns or rows, 0 or 1, stand before it and come
    /// from `outside`, which is given the edge's value.
    fn halved_by(&self, first: usize, outside: impl Fn(f32) -> f32) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let before = |side: usize| first * (side % 2);
        let (left, top) = (before(self.width), before(self.height));
        let at = |x: usize, y: usize| {
            let (inner_x, inner_y) = (x.saturating_sub(left), y.saturating_sub(top));
            let inside = x >= left && y >= top && inner_x < self.width && inner_y < self.height;
            let edge = self.values[inner_y.min(self.height - 1) * self.width + inner_x.min(self.width - 1)];
            if inside { edge } else { outside(edge) }
        };
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (2 * x, 2 * y);
                values.push((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0);
            }
        }
        Self { width, height, values }
    }

    /// Half the size; an odd side repeats its first column or row.
    pub(super) fn halved_repeating_first(&self) -> Self {
        self.halved_by(1, |edge| edge)
    }

    /// Half the size; an odd side ends with zeros.
    pub(super) fn halved_with_zeros(&self) -> Self {
        self.halved_by(0, |_| 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_side_repeats_its_first_value_or_ends_with_zeros() {
        let plane = Plane { width: 3, height: 2, values: vec![0.0, 4.0, 8.0, 8.0, 12.0, 16.0] };
        let repeating = plane.halved_repeating_first();
        assert_eq!((repeating.width, repeating.height), (2, 1));
        assert_eq!(repeating.values, [4.0, 10.0]);
        assert_eq!(plane.halved_with_zeros().values, [6.0, 6.0]);
        let tall = Plane { width: 2, height: 3, values: vec![0.0, 8.0, 4.0, 12.0, 8.0, 16.0] };
        assert_eq!(tall.halved_repeating_first().values, [4.0, 10.0]);
        assert_eq!(tall.halved_with_zeros().values, [6.0, 6.0]);
    }
}
