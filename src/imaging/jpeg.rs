//! JPEG through libjpeg-turbo: the full picture, or one straight from the transform at a fraction of its size.
//!
//! What libjpeg-turbo refuses or warns of (CMYK, oddities of old cameras) is left to the slower decoder.

use image::RgbImage;
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use super::dc;

/// What a JPEG's header says that other decoders do not tell.
pub(super) fn colorspace(bytes: &[u8]) -> Option<Colorspace> {
    turbojpeg::read_header(bytes).ok().map(|header| header.colorspace)
}

/// All pixels as stored (not turned upright); nothing when the file is for the other decoder.
pub(super) fn full(bytes: &[u8]) -> Option<RgbImage> {
    scaled(bytes, u32::MAX)
}

/// The picture at the smallest eighth whose shorter side is still `at_least` pixels. The reduction happens in the
/// transform and so averages away fine defects: good for looking, never for measuring.
pub(super) fn scaled(bytes: &[u8], at_least: u32) -> Option<RgbImage> {
    let header = turbojpeg::read_header(bytes).ok()?;
    if matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK) {
        return None;
    }
    let shorter = header.width.min(header.height);
    let large_enough = |eighths: &usize| ScalingFactor::new(*eighths, 8).scale(shorter) >= at_least as usize;
    let eighths = (1..8).find(large_enough).filter(|_| !header.is_lossless).unwrap_or(8);
    // A file may say by its components' names alone that it holds RGB: `dc` knows YCbCr and grey.
    let known = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray);
    let first_scans = if eighths == 1 && header.is_progressive && known { dc::eighth(bytes) } else { None };
    first_scans.or_else(|| scaled_by_turbo(bytes, eighths))
}

/// The picture at so many eighths of its size.
pub(super) fn scaled_by_turbo(bytes: &[u8], eighths: usize) -> Option<RgbImage> {
    let mut decoder = Decompressor::new().ok()?;
    let header = decoder.read_header(bytes).ok()?;
    let factor = if eighths == 8 { ScalingFactor::ONE } else { ScalingFactor::new(eighths, 8) };
    decoder.set_scaling_factor(factor).ok()?;
    let size = header.scaled(factor);
    let mut picture = RgbImage::new(u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    let target = Image {
        pixels: &mut picture.as_mut()[..],
        width: size.width,
        pitch: size.width * 3,
        height: size.height,
        format: PixelFormat::RGB,
    };
    decoder.decompress(bytes, target).ok()?;
    Some(picture)
}

/// A JPEG of the picture, chroma halved.
///
/// # Errors
/// When libjpeg-turbo cannot hold it, such as a picture without pixels.
pub(super) fn encode(picture: &RgbImage, quality: u8) -> turbojpeg::Result<Vec<u8>> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    let source = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    turbojpeg::compress(source, i32::from(quality), Subsamp::Sub2x2).map(|bytes| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::testing;
    use super::super::{Limits, decode, decode_small};
    use super::*;

    #[test]
    fn scaled_pictures_are_the_smallest_eighth_that_is_large_enough() {
        let bytes = testing::encode(&testing::gradient(800, 640), image::ImageFormat::Jpeg);
        for (at_least, expected) in [(80, (100, 80)), (81, (200, 160)), (500, (700, 560)), (9000, (800, 640))] {
            assert_eq!(scaled(&bytes, at_least).expect("decodes").dimensions(), expected, "{at_least}");
        }
        let small = decode_small(&bytes, Path::new("x"), &Limits::default(), 80).expect("decodes");
        let whole = decode(&bytes, Path::new("x"), &Limits::default()).expect("decodes");
        for (x, y) in [(5, 5), (50, 40), (95, 75)] {
            let (a, b) = (small.get_pixel(x, y), whole.get_pixel(x * 8 + 4, y * 8 + 4));
            assert!(a.0.iter().zip(b.0).all(|(a, b)| a.abs_diff(b) < 8), "{a:?} {b:?} at {x},{y}");
        }
    }

    #[test]
    fn what_is_no_plain_jpeg_is_left_to_the_other_decoder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
        for name in ["cmyk.jpg", "ycck.jpg", "rotated.webp"] {
            assert!(full(&std::fs::read(folder.join(name)).expect(name)).is_none(), "{name}");
        }
        assert!(full(&std::fs::read(folder.join("progressive.jpg")).expect("reads")).is_some());
    }

    #[test]
    fn encoding_keeps_the_picture() {
        let picture = testing::gradient(60, 40);
        let back = full(&encode(&picture, 95).expect("encodes")).expect("decodes");
        assert!(back.iter().zip(picture.iter()).all(|(a, b)| a.abs_diff(*b) < 16));
        assert!(encode(&RgbImage::new(0, 0), 90).is_err());
    }
}
