//! White backdrop: how much of the frame's border ring is white.
//!
//! Marketplaces ask for a pure white backdrop (Amazon's main image: 255, 255, 255); 250 leaves room for what JPEG does to it.

use image::RgbImage;

/// Width of the ring as a share of the frame's shorter side.
const RING: f64 = 0.03;
/// The least value of every channel of a white pixel.
const WHITE: u8 = 250;

/// Share (0-1) of the native pixels in the border ring, at least one pixel wide, with every channel at 250 or more.
pub(super) fn white_border(photo: &RgbImage) -> f64 {
    let (width, height) = photo.dimensions();
    let ring = ((f64::from(width.min(height)) * RING).round() as u32).max(1);
    let (mut count, mut white) = (0_u64, 0_u64);
    let mut look_at = |x: u32, y: u32| {
        count += 1;
        white += u64::from(photo.get_pixel(x, y).0.iter().all(|channel| *channel >= WHITE));
    };
    for y in 0..height {
        if y < ring || y >= height.saturating_sub(ring) {
            (0..width).for_each(|x| look_at(x, y));
        } else {
            (0..ring.min(width)).for_each(|x| look_at(x, y));
            (width.saturating_sub(ring).max(ring)..width).for_each(|x| look_at(x, y));
        }
    }
    white as f64 / count.max(1) as f64
}
