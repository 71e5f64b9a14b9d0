//! Resizing, the one copy: thumbnails, model input and degradations all come through here.

use std::borrow::Cow;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// The filter of every resize: a windowed sinc (Lanczos, three lobes) widened by the scale when shrinking, so that fine
/// texture is averaged and not aliased. 8-bit convolution is done in fixed point, so every CPU gives the same pixels.
const FILTER: FilterType = FilterType::Lanczos3;

/// The picture at exactly `width` x `height` pixels (each at least 1), aspect not kept.
pub fn resize(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (width, height) = (width.max(1), height.max(1));
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let mut out = RgbImage::new(width, height);
    let source = ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8x3);
    let target = Image::from_slice_u8(width, height, &mut out, PixelType::U8x3);
    if let (Ok(source), Ok(mut target)) = (source, target) {
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FILTER));
        // Fails only for pixel types that differ; a picture without pixels leaves the output black.
        let _ = Resizer::new().resize(&source, &mut target, &options);
    }
    out
}

/// The picture with its longer edge at most `max_edge` pixels; aspect kept, never enlarged.
pub fn fit(picture: &RgbImage, max_edge: u32) -> RgbImage {
    fitted(picture, max_edge).into_owned()
}

/// As [`fit`], without a copy of a picture that is small enough.
pub fn fitted(picture: &RgbImage, max_edge: u32) -> Cow<'_, RgbImage> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height).max(1);
    if longest <= max_edge {
        return Cow::Borrowed(picture);
    }
    let scaled = |edge: u32| ((u64::from(edge) * u64::from(max_edge) * 2 / u64::from(longest)).div_ceil(2)) as u32;
    Cow::Owned(resize(picture, scaled(width), scaled(height)))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::testing::gradient;
    use super::*;

    #[test]
    fn fit_keeps_aspect_and_never_enlarges() {
        let cases = [((400, 200), 100, (100, 50)), ((200, 400), 100, (50, 100)), ((60, 40), 100, (60, 40))];
        for ((width, height), edge, expected) in cases {
            assert_eq!(fit(&RgbImage::new(width, height), edge).dimensions(), expected);
        }
        assert_eq!(fit(&RgbImage::new(5000, 2), 100).dimensions(), (100, 1), "a sliver keeps a pixel");
        assert_eq!(fit(&RgbImage::new(300, 200), 100).dimensions(), (100, 67));
    }

    #[test]
    fn shrinking_averages_and_does_not_alias() {
        let checks = RgbImage::from_fn(256, 256, |x, y| if (x + y) % 2 == 0 { Rgb([255; 3]) } else { Rgb([0; 3]) });
        let small = resize(&checks, 32, 32);
        assert!(small.iter().all(|&value| (120..=136).contains(&value)), "a fine checkerboard becomes mid grey");
    }

    #[test]
    fn a_flat_colour_stays_and_a_gradient_keeps_its_direction() {
        let flat = RgbImage::from_pixel(50, 40, Rgb([10, 200, 99]));
        assert!(resize(&flat, 23, 71).pixels().all(|pixel| *pixel == Rgb([10, 200, 99])));
        let small = resize(&gradient(200, 100), 20, 10);
        assert!(small.get_pixel(0, 0)[0] < 20 && small.get_pixel(19, 0)[0] > 235);
        assert!(small.get_pixel(0, 0)[1] < 30 && small.get_pixel(0, 9)[1] > 225);
    }
}
