//! Luma of a photo as numbers: ITU-R BT.601, the weights JPEG itself uses.

use image::RgbImage;

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
        let luma = |[red, green, blue]: &[u8; 3]| {
            0.299 * f32::from(*red) + 0.587 * f32::from(*green) + 0.114 * f32::from(*blue)
        };
        let values = pixels.iter().map(luma).collect();
        Self { width: photo.width() as usize, height: photo.height() as usize, values }
    }

    /// One row.
    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }
}
