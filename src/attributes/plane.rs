//! Luma of a photo as numbers: ITU-R BT.601, the weights JPEG itself uses.

use image::{Rgb, RgbImage};

use super::wide::{Loop, wide};

/// `0.299 R + 0.587 G + 0.114 B` of a pixel, 0-255.
#[inline(always)]
pub(super) fn luma(pixel: Rgb<u8>) -> f32 {
    let [red, green, blue] = pixel.0;
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Pixels that are worked out together.
const PIECE: usize = 2048;

struct FillLuma<'a> {
    pixels: &'a [[u8; 3]],
    values: &'a mut [f32],
}

impl Loop for FillLuma<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (value, pixel) in self.values.iter_mut().zip(self.pixels) {
            *value = luma(Rgb(*pixel));
        }
    }
}

/// `0.299 R + 0.587 G + 0.114 B` of every pixel, 0-255, row by row.
pub(super) struct Plane {
    /// Pixels a row.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// The luma of a photo.
    pub(super) fn of(photo: &RgbImage) -> Self {
        let (pixels, _) = photo.as_raw().as_chunks::<3>();
        // By way of a piece that stays in the cache: filling megabytes with zeros first takes as long as the luma.
        let (mut values, mut piece) = (Vec::with_capacity(pixels.len()), [0.0; PIECE]);
        for pixels in pixels.chunks(PIECE) {
            wide(FillLuma { pixels, values: &mut piece });
            values.extend_from_slice(&piece[..pixels.len()]);
        }
        Self { width: photo.width() as usize, height: photo.height() as usize, values }
    }

    /// One row.
    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }
}
