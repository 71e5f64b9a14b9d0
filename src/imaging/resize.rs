//! Reducing photos; they are never enlarged.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// The one filter: a bilinear convolution whose support grows with the reduction, as Pillow's BILINEAR. Scores depend
/// on it, so changing it means a new [`crate::preprocess::VERSION`].
const FILTER: FilterType = FilterType::Bilinear;

/// Reduces a photo so that its longest side is at most `max_edge` pixels, keeping its proportions.
pub fn fit(photo: &RgbImage, max_edge: u32) -> RgbImage {
    let longest = photo.width().max(photo.height());
    if longest <= max_edge {
        return photo.clone();
    }
    let reduced = |side: u32| {
        let exact = f64::from(side) * f64::from(max_edge) / f64::from(longest);
        (exact.round() as u32).max(1)
    };
    let mut small = RgbImage::new(reduced(photo.width()), reduced(photo.height()));
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FILTER));
    match Resizer::new().resize(photo, &mut small, &options) {
        Ok(()) => small,
        // Only mismatched pixel types fail, and both sides are 8-bit RGB; the slow way gives the same kind of result.
        Err(_) => image::imageops::resize(photo, small.width(), small.height(), image::imageops::FilterType::Triangle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_proportions_and_never_enlarges() {
        let photo = RgbImage::from_pixel(400, 100, image::Rgb([1, 2, 3]));
        assert_eq!(fit(&photo, 200).dimensions(), (200, 50));
        assert_eq!(fit(&photo, 2).dimensions(), (2, 1));
        assert_eq!(fit(&photo, 4000).dimensions(), (400, 100));
        assert_eq!(fit(&photo, 50).get_pixel(20, 5).0, [1, 2, 3]);
    }

    #[test]
    fn averages_what_it_reduces() {
        let checks = RgbImage::from_fn(64, 64, |x, y| image::Rgb(if (x + y) % 2 == 0 { [0; 3] } else { [255; 3] }));
        let small = fit(&checks, 8);
        assert!(small.pixels().all(|pixel| pixel.0[0].abs_diff(127) <= 12), "no aliasing");
    }
}
