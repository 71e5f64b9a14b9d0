//! Where in a photo its measures come from.

use image::RgbImage;

use super::luma::luma;
use super::mask::Mask;
use crate::domain::{Clip, Evidence, Ground, Region};

/// Maps and boxes over a photo of at least one pixel, with at most `max_edge` samples a side.
pub fn evidence(photo: &RgbImage, max_edge: u32) -> Evidence {
    let mask = Mask::of(photo);
    let step = photo.width().max(photo.height()).div_ceil(max_edge.max(1)).max(1);
    let (columns, rows) = (photo.width().div_ceil(step) as usize, photo.height().div_ceil(step) as usize);
    let mut ground = Vec::with_capacity(columns * rows);
    let mut clipped = Vec::with_capacity(columns * rows);
    for row in 0..rows as u32 {
        for column in 0..columns as u32 {
            let (x, y) = (column * step, row * step);
            let pixel = photo.get_pixel(x, y);
            let is_product = mask.is_product((x / mask.step) as usize, (y / mask.step) as usize);
            let darkest = pixel.0.into_iter().min().unwrap_or_default();
            ground.push(match darkest {
                _ if is_product => Ground::Product,
                255 => Ground::Pure,
                250.. => Ground::NearWhite,
                _ => Ground::Coloured,
            });
            clipped.push(match pixel.0 {
                _ if !is_product => Clip::None,
                channels if channels.contains(&255) => Clip::High,
                channels if channels.contains(&0) => Clip::Low,
                _ => Clip::None,
            });
        }
    }
    let share = |[first, last]: [usize; 2], of: usize| (first as f64 / of as f64, (last + 1) as f64 / of as f64);
    let product = mask.bounds().map(|(across, down)| {
        let ((left, right), (top, bottom)) = (share(across, mask.columns), share(down, mask.rows));
        Region { left, top, right, bottom }
    });
    let histogram = histogram(photo);
    Evidence { columns, rows, ground, clipped, product, inside_frame: None, overlays: Vec::new(), histogram }
}

/// Pixels of each value: luma, red, green, blue.
fn histogram(photo: &RgbImage) -> [[u32; 256]; 4] {
    let mut counts = [[0; 256]; 4];
    for pixel in photo.pixels() {
        counts[0][usize::from(luma(*pixel).round() as u8)] += 1;
        for (count, value) in counts[1..].iter_mut().zip(pixel.0) {
            count[usize::from(value)] += 1;
        }
    }
    counts
}
