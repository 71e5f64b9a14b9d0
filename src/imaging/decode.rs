//! Decoding to upright 8-bit RGB: any supported format, any orientation, alpha on white.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};

use super::Limits;
use super::probe::cut_short;
use crate::error::{Code, Error, Result};

/// Decodes a photo; `name` is only used in messages.
///
/// # Errors
/// [`Code::BadData`] naming the file when it is no photo, is cut short, is damaged, or has too many pixels.
pub fn decode(bytes: &[u8], name: &Path, limits: &Limits) -> Result<RgbImage> {
    // A damaged file must cost one photo, whatever its decoder does.
    catch_unwind(AssertUnwindSafe(|| try_decode(bytes, name, limits)))
        .unwrap_or_else(|_| Err(damaged(name).hint("Its decoder stopped unexpectedly; export the photo again.")))
}

pub(super) fn damaged(name: &Path) -> Error {
    Error::bad_data(format!("{} is damaged", name.display()))
}

/// The decoder for a photo, with its pixel and memory limits set.
pub(super) fn decoder<'a>(bytes: &'a [u8], name: &Path, limits: &Limits) -> Result<(impl ImageDecoder + 'a, String)> {
    let unknown = || {
        Error::bad_data(format!("{} is not a photo in a known format", name.display()))
            .hint("Packshot reads JPEG, PNG, WebP, BMP, GIF and TIFF.")
    };
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| Error::io("read", name, error))?;
    let format = reader.format().ok_or_else(unknown)?;
    let mut decoder = reader.into_decoder().map_err(|error| explain(name, error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.max_pixels || pixels == 0 {
        let text = format!("{} claims {width}×{height} pixels", name.display());
        return Err(Error::bad_data(text).hint("Raise decode.max_megapixels if it really is that large."));
    }
    let mut allocation = image::Limits::no_limits();
    // Sixteen bits in four channels are 8 bytes a pixel; decoders need about as much again.
    allocation.max_alloc = Some(pixels * 16 + (64 << 20));
    decoder.set_limits(allocation).map_err(|error| explain(name, error))?;
    let format = format.extensions_str().first().copied().unwrap_or_default();
    Ok((decoder, if format == "jpg" { "jpeg".to_owned() } else { format.to_owned() }))
}

fn explain(name: &Path, error: image::ImageError) -> Error {
    match error {
        image::ImageError::Unsupported(_) => {
            Error::bad_data(format!("{} uses a variant that cannot be read", name.display()))
                .hint("Export the photo as a baseline JPEG or PNG.")
                .caused_by(error)
        }
        error => damaged(name).caused_by(error),
    }
}

fn try_decode(bytes: &[u8], name: &Path, limits: &Limits) -> Result<RgbImage> {
    let (mut decoder, format) = decoder(bytes, name, limits)?;
    if cut_short(bytes, &format) {
        return Err(Error::new(Code::BadData, format!("{} is cut short", name.display())).hint("Copy the photo again."));
    }
    // A broken orientation tag leaves the photo as it lies.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut photo = DynamicImage::from_decoder(decoder).map_err(|error| explain(name, error))?;
    photo.apply_orientation(orientation);
    Ok(on_white(photo))
}

/// Eight bits a channel, transparent parts white.
fn on_white(photo: DynamicImage) -> RgbImage {
    if !photo.color().has_alpha() {
        return photo.into_rgb8();
    }
    let photo = photo.into_rgba8();
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let [r, g, b, alpha] = photo.get_pixel(x, y).0;
        image::Rgb([over(r, alpha), over(g, alpha), over(b, alpha)])
    })
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, Rgba};

    use super::*;

    fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encodes");
        bytes.into_inner()
    }

    fn read(bytes: &[u8]) -> Result<RgbImage> {
        decode(bytes, Path::new("photo.x"), &Limits::default())
    }

    /// Red left half, blue right half.
    fn halves() -> DynamicImage {
        let colour = |x, _| if x < 24 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) };
        DynamicImage::ImageRgb8(RgbImage::from_fn(48, 32, colour))
    }

    fn is_red(photo: &RgbImage, x: u32, y: u32) -> bool {
        let [r, _, b] = photo.get_pixel(x, y).0;
        r > 200 && b < 60
    }

    #[test]
    fn every_format_decodes_whole_and_is_refused_when_cut_short() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, WebP, Bmp, Gif, Tiff] {
            let bytes = encode(&halves(), format);
            let photo = read(&bytes).unwrap_or_else(|error| panic!("{format:?}: {error:#}"));
            assert!(is_red(&photo, 5, 5) && !is_red(&photo, 40, 5), "{format:?}");
            for keep in [bytes.len() / 2, bytes.len() - 3] {
                let error = read(&bytes[..keep]).err().map(|error| error.code);
                assert_eq!(error, Some(Code::BadData), "{format:?} cut to {keep} of {}", bytes.len());
            }
        }
    }

    /// A JPEG with an EXIF segment that holds nothing but an orientation.
    fn oriented(orientation: u8) -> Vec<u8> {
        let jpeg = encode(&halves(), ImageFormat::Jpeg);
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let mut bytes = jpeg[..2].to_vec();
        bytes.extend([0xff, 0xe1]);
        bytes.extend(((exif.len() + 2) as u16).to_be_bytes());
        bytes.extend(exif);
        bytes.extend(&jpeg[2..]);
        bytes
    }

    #[test]
    fn all_eight_orientations_are_applied() {
        // Where the red half ends up: left, right, right, left, top, top, bottom, bottom.
        let expected = [(5, 16), (43, 16), (43, 16), (5, 16), (16, 5), (16, 5), (16, 43), (16, 43)];
        for (index, (x, y)) in expected.into_iter().enumerate() {
            let photo = read(&oriented(index as u8 + 1)).expect("decodes");
            let size = if index < 4 { (48, 32) } else { (32, 48) };
            assert_eq!(photo.dimensions(), size, "orientation {}", index + 1);
            let (other_x, other_y) = (size.0 - 1 - x, size.1 - 1 - y);
            assert!(is_red(&photo, x, y) && !is_red(&photo, other_x, other_y), "orientation {}", index + 1);
        }
    }

    #[test]
    fn transparent_is_white_and_half_transparent_half_white() {
        let mut image = image::RgbaImage::from_pixel(2, 1, Rgba([0, 0, 0, 0]));
        image.put_pixel(1, 0, Rgba([0, 100, 200, 128]));
        let photo = read(&encode(&DynamicImage::ImageRgba8(image), ImageFormat::Png)).expect("decodes");
        assert_eq!(photo.get_pixel(0, 0).0, [255, 255, 255]);
        assert_eq!(photo.get_pixel(1, 0).0, [127, 177, 227]);
    }

    #[test]
    fn sixteen_bits_and_grey_become_eight_bit_rgb() {
        let deep = image::ImageBuffer::<Rgb<u16>, _>::from_pixel(2, 2, Rgb([65535, 32896, 0]));
        let photo = read(&encode(&DynamicImage::ImageRgb16(deep), ImageFormat::Png)).expect("decodes");
        assert_eq!(photo.get_pixel(0, 0).0, [255, 128, 0]);
        let grey = image::GrayImage::from_pixel(2, 2, image::Luma([77]));
        let photo = read(&encode(&DynamicImage::ImageLuma8(grey), ImageFormat::Png)).expect("decodes");
        assert_eq!(photo.get_pixel(1, 1).0, [77, 77, 77]);
    }

    #[test]
    fn cmyk_jpegs_have_their_real_colours() {
        // Made with Pillow: a 16×16 CMYK JPEG, pure red (0, 255, 255, 0) on the left, mid grey (0, 0, 0, 127) on the right.
        let photo = read(include_bytes!("../../tests/fixtures/cmyk.jpg")).expect("decodes");
        let close = |x: u32, expected: [u8; 3]| {
            let found = photo.get_pixel(x, 8).0;
            let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12);
            assert!(near, "pixel {x}: {found:?}, expected {expected:?}");
        };
        close(3, [255, 0, 0]);
        close(12, [128, 128, 128]);
    }

    #[test]
    fn what_is_no_photo_is_refused_by_name() {
        let error = read(b"just some text").expect_err("no photo");
        assert!(error.summary.contains("photo.x is not a photo"), "{}", error.summary);
    }

    #[test]
    fn huge_claims_are_refused_before_decoding() {
        let mut png = encode(&halves(), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let crc = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&crc.to_be_bytes());
        let error = read(&png).expect_err("refused");
        assert!(error.summary.contains("65536×65536"), "{}", error.summary);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }
}
