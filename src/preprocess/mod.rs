//! Photo -> views -> tensors: the one copy for training, scoring, features, server and export.
//!
//! A photo becomes two fixed-size views: the whole photo reduced and padded, and a mosaic of patches at native
//! resolution, because a reduction hides blur, noise and compression. Must not know files, the store or networks'
//! insides.

mod backbone;

pub use backbone::{BACKBONE_CROPS, BACKBONE_VERSION, BACKBONE_VIEWS, BackboneViews, backbone_batch, backbone_views};

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use image::imageops;

use crate::domain::{Region, VIEWING_SIZE};
use crate::imaging;
use crate::nn::{VIEW_EDGE, VIEWS};

/// Version of this preprocessing; a model is only ever fed the version it was trained with. 2: patches start on the grid of
/// JPEG's blocks.
pub const VERSION: u32 = 2;

/// Patches along each side of the mosaic.
const GRID: u32 = 6;

/// Width and height of a patch, in pixels.
const PATCH: u32 = VIEW_EDGE as u32 / GRID;

/// Candidate positions along each side of a grid cell, from which the most detailed patch is taken.
const CANDIDATES: u32 = 3;

/// Patches start at multiples of this many pixels: the blocks of a JPEG file that was not reduced then lie at the same place
/// in every patch, and the network can see their seams.
const BLOCK: u32 = 8;

/// Bytes of one photo's views.
pub const VIEWS_LEN: usize = VIEWS * 3 * VIEW_EDGE * VIEW_EDGE;

/// The views of one photo: `[VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` bytes, channels first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views(Vec<u8>);

impl Views {
    /// The bytes, `[VIEWS, 3, VIEW_EDGE, VIEW_EDGE]`.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same photo seen in a mirror: a change that leaves quality as it is.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mut bytes = self.0.clone();
        bytes.chunks_exact_mut(VIEW_EDGE).for_each(<[u8]>::reverse);
        Self(bytes)
    }
}

/// Makes the views of a decoded photo.
pub fn views(photo: &RgbImage) -> Views {
    let viewed = imaging::fitted(photo, VIEWING_SIZE);
    let mut bytes = Vec::with_capacity(VIEWS_LEN);
    push_planar(&mut bytes, &whole(&viewed));
    push_planar(&mut bytes, &mosaic(&viewed));
    Views(bytes)
}

/// The whole photo inside a white square.
fn whole(photo: &RgbImage) -> RgbImage {
    let edge = VIEW_EDGE as u32;
    on_white(&imaging::fitted(photo, edge), edge).into_owned()
}

/// Where a photo of this size lies in the view of the whole, as shares of the view; the rest is padding.
pub fn placed_in_whole(width: u32, height: u32) -> Region {
    let (longest, edge) = (f64::from(width.max(height).max(1)), VIEW_EDGE as f64);
    let scale = (edge / longest).min(1.0);
    let half = |side: u32| f64::from(side) * scale / edge / 2.0;
    let (across, down) = (half(width), half(height));
    Region { left: 0.5 - across, top: 0.5 - down, right: 0.5 + across, bottom: 0.5 + down }
}

/// `GRID`×`GRID` native patches, each the most detailed one of its cell, so that flat backgrounds do not crowd out
/// the product (after the mini-patch sampling of UIQA, AIM 2024 challenge).
fn mosaic(photo: &RgbImage) -> RgbImage {
    let photo: &RgbImage = &on_white(photo, PATCH);
    let edge = VIEW_EDGE as u32;
    let mut canvas = RgbImage::new(edge, edge);
    for row in 0..GRID {
        for column in 0..GRID {
            let xs = candidates(column, photo.width());
            let ys = candidates(row, photo.height());
            let corners = ys.iter().flat_map(|&y| xs.iter().map(move |&x| (x, y)));
            let best = corners.map(|(x, y)| (detail(photo, x, y), x, y)).max_by_key(|found| found.0);
            let (_, x, y) = best.unwrap_or_default();
            copy_patch(photo, [x, y], &mut canvas, [column * PATCH, row * PATCH]);
        }
    }
    canvas
}

/// Copies a patch, row by row.
fn copy_patch(from: &RgbImage, [x, y]: [u32; 2], to: &mut RgbImage, [left, top]: [u32; 2]) {
    let start = |width: u32, x: u32, y: u32| 3 * (y as usize * width as usize + x as usize);
    let (length, from_width, to_width) = (3 * PATCH as usize, from.width(), to.width());
    for row in 0..PATCH {
        let pixels = &from.as_raw()[start(from_width, x, y + row)..][..length];
        to.as_mut()[start(to_width, left, top + row)..][..length].copy_from_slice(pixels);
    }
}

/// A photo with a side shorter than `edge` is laid on white: it is never enlarged.
fn on_white(photo: &RgbImage, edge: u32) -> std::borrow::Cow<'_, RgbImage> {
    if photo.width() >= edge && photo.height() >= edge {
        return std::borrow::Cow::Borrowed(photo);
    }
    let (width, height) = (photo.width().max(edge), photo.height().max(edge));
    let mut canvas = RgbImage::from_pixel(width, height, image::Rgb([255; 3]));
    let (x, y) = ((width - photo.width()) / 2, (height - photo.height()) / 2);
    imageops::replace(&mut canvas, photo, i64::from(x), i64::from(y));
    std::borrow::Cow::Owned(canvas)
}

/// Where patches of cell `index` may start along a side of `length` pixels: at multiples of [`BLOCK`].
fn candidates(index: u32, length: u32) -> [u32; CANDIDATES as usize] {
    let on_grid = |start: u32| start - start % BLOCK;
    let last_start = on_grid(length - PATCH);
    let cell = f64::from(length) / f64::from(GRID);
    std::array::from_fn(|step| {
        let room = (cell - f64::from(PATCH)).max(0.0);
        let offset = room * step as f64 / f64::from(CANDIDATES - 1);
        on_grid((f64::from(index) * cell + offset).round() as u32).min(last_start)
    })
}

/// Rec. 709 luma, rounded down.
fn luma(pixel: &[u8]) -> u8 {
    ((2126 * u32::from(pixel[0]) + 7152 * u32::from(pixel[1]) + 722 * u32::from(pixel[2])) / 10_000) as u8
}

/// Sum of absolute luma differences between diagonal neighbours at every second pixel of a patch. Luma is worked out
/// where it is looked at: patches take a small part of a large photo.
fn detail(photo: &RgbImage, left: u32, top: u32) -> u32 {
    let (width, length) = (photo.width() as usize * 3, PATCH as usize * 3);
    let pixels = &photo.as_raw()[left as usize * 3..];
    let row = |y: u32| &pixels[y as usize * width..][..length];
    let mut sum = 0;
    for y in (top..top + PATCH - 1).step_by(2) {
        // Two pixels at a time: the first of them, and the second one in the row below.
        let pairs = row(y).as_chunks::<6>().0.iter().zip(row(y + 1).as_chunks::<6>().0);
        sum += pairs.map(|(this, next)| u32::from(luma(&this[..3]).abs_diff(luma(&next[3..])))).sum::<u32>();
    }
    sum
}

fn push_planar(bytes: &mut Vec<u8>, view: &RgbImage) {
    let plane = view.as_raw().len() / 3;
    let from = bytes.len();
    bytes.resize(from + 3 * plane, 0);
    let (red, rest) = bytes[from..].split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    let places = red.iter_mut().zip(green).zip(blue);
    for (((red, green), blue), pixel) in places.zip(view.as_raw().as_chunks::<3>().0) {
        [*red, *green, *blue] = *pixel;
    }
}

/// A batch as a tensor `[size, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]` of values 0-1. Fewer views than `size` are filled up
/// with white, so that the shape, and with it the compiled kernels and the rounding, never changes.
pub fn batch<'a>(views: impl Iterator<Item = &'a Views>, size: usize, device: &Device) -> Tensor<5> {
    let mut values: Vec<f32> = Vec::with_capacity(size * VIEWS_LEN);
    for photo in views.take(size) {
        values.extend(photo.0.iter().map(|&byte| f32::from(byte) / 255.0));
    }
    values.resize(size * VIEWS_LEN, 1.0);
    Tensor::from_data(TensorData::new(values, [size, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb(if (x + y) % 2 == 0 { [0; 3] } else { [255; 3] }))
    }

    #[test]
    fn any_size_becomes_views_of_one_size() {
        for (width, height) in [(1, 1), (31, 500), (500, 31), (192, 192), (640, 480), (3000, 100)] {
            assert_eq!(views(&checks(width, height)).bytes().len(), VIEWS_LEN, "{width}x{height}");
        }
    }

    #[test]
    fn a_photo_lies_where_it_is_said_to() {
        for (width, height) in [(300, 150), (40, 100), (192, 192), (1, 1000)] {
            let view = whole(&RgbImage::from_pixel(width, height, image::Rgb([0; 3])));
            let placed = placed_in_whole(width, height);
            let edge = VIEW_EDGE as f64;
            for (x, y, pixel) in view.enumerate_pixels() {
                let (u, v) = ((f64::from(x) + 0.5) / edge, (f64::from(y) + 0.5) / edge);
                let inside = |slack: f64| {
                    (placed.left - slack..placed.right + slack).contains(&u)
                        && (placed.top - slack..placed.bottom + slack).contains(&v)
                };
                assert!(pixel.0[0] == 0 || !inside(-1.0 / edge), "{width}x{height}: {x},{y} is padding");
                assert!(pixel.0[0] == 255 || inside(1.0 / edge), "{width}x{height}: {x},{y} is photo");
            }
        }
    }

    #[test]
    fn native_detail_survives_in_the_mosaic_alone() {
        let plane = 3 * VIEW_EDGE * VIEW_EDGE;
        let views = views(&checks(1200, 1200));
        let extremes = |part: &[u8]| part.iter().filter(|&&value| value == 0 || value == 255).count();
        assert_eq!(extremes(&views.bytes()[plane..]), plane, "the mosaic holds native pixels");
        assert!(extremes(&views.bytes()[..plane]) < plane / 10, "the whole view averages them away");
    }

    #[test]
    fn luma_is_that_of_the_image_crate() {
        let colours = RgbImage::from_fn(256, 256, |x, y| image::Rgb([x as u8, y as u8, (x * 3 + y * 7) as u8]));
        let grey = imageops::grayscale(&colours);
        assert!(colours.pixels().zip(grey.iter()).all(|(pixel, &grey)| luma(&pixel.0) == grey));
    }

    #[test]
    fn patches_prefer_the_product_to_the_background() {
        let mut photo = RgbImage::from_pixel(900, 900, image::Rgb([255; 3]));
        imageops::replace(&mut photo, &checks(150, 900), 0, 0);
        let canvas = mosaic(&photo);
        let column_is_detailed =
            |column: u32| canvas.get_pixel(column * PATCH, 0) != canvas.get_pixel(column * PATCH + 1, 0);
        assert!(column_is_detailed(0) && !column_is_detailed(3));
    }

    #[test]
    fn patches_lie_on_the_grid_of_jpeg_blocks_inside_the_photo() {
        for length in [32, 33, 47, 192, 501, 1600] {
            for start in (0..GRID).flat_map(|index| candidates(index, length)) {
                assert!(start % BLOCK == 0 && start + PATCH <= length, "{start} of {length}");
            }
        }
        // A photo of seams at every eighth pixel: they stand at the same columns of every patch.
        let seams = RgbImage::from_fn(777, 555, |x, y| image::Rgb([if x % 8 == 0 { 20 } else { (y % 251) as u8 }; 3]));
        let canvas = mosaic(&seams);
        assert!((0..VIEW_EDGE as u32).all(|y| (0..GRID * 4).all(|block| canvas.get_pixel(block * 8, y).0[0] == 20)));
    }

    #[test]
    fn mirroring_twice_is_the_photo_itself() {
        let photo = RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, 7]));
        let views = views(&photo);
        assert_ne!(views.mirrored(), views);
        assert_eq!(views.mirrored().mirrored(), views);
    }

    #[test]
    fn short_batches_are_filled_up() {
        let photo = views(&checks(64, 64));
        let tensor = batch([&photo].into_iter(), 3, &Device::flex());
        assert_eq!(tensor.dims(), [3, VIEWS, 3, VIEW_EDGE, VIEW_EDGE]);
        let last = tensor.slice_dim(0, 2..3).into_data().iter::<f32>().fold(0.0, f32::max);
        assert_eq!(last, 1.0);
    }
}
