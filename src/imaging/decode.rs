//! From bytes to upright 8-bit RGB pixels, with every decoder behind an unwind boundary and limits.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, RgbImage,
};
use turbojpeg::Colorspace;

use super::{Limits, PhotoFile, file, jpeg, whole};
use crate::domain::{ColourMode, FileFacts, PhotoFormat};
use crate::error::{Code, Error, Result};

/// A progressive JPEG has about ten scans; one with hundreds takes minutes, whatever its size.
const MOST_SCANS: usize = 500;

/// What a photo's header says, after EXIF orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Format by content: "jpeg", "png", "webp", "bmp", "gif" or "tiff".
    pub format: &'static str,
    /// Upright width in pixels.
    pub width: u32,
    /// Upright height in pixels.
    pub height: u32,
}

/// Decodes a photo to upright RGB, 8 bits a channel.
///
/// The format is told by content, never by name. Alpha is laid on white, 16 bits are rounded to 8, CMYK is converted
/// (stored inverted, the Adobe convention), and of an animation the first frame is taken. `name` is for messages.
///
/// # Errors
/// [`crate::error::Code::BadData`] naming the file: not a photo, cut short or damaged;
/// [`Code::TooLarge`] with more pixels than `limits.max_pixels`.
pub fn decode(bytes: &[u8], name: &Path, limits: &Limits) -> Result<RgbImage> {
    decode_by(bytes, name, limits, jpeg::full)
}

/// Decodes a photo for looking at it small: upright RGB whose shorter side is at least `at_least` pixels, if the photo
/// is that large. A JPEG is reduced while it is decoded, several times as fast as [`decode`]; other formats come in full.
///
/// # Errors
/// As [`decode`].
pub fn decode_small(bytes: &[u8], name: &Path, limits: &Limits, at_least: u32) -> Result<RgbImage> {
    decode_by(bytes, name, limits, |bytes| jpeg::scaled(bytes, at_least))
}

fn decode_by(
    bytes: &[u8],
    name: &Path,
    limits: &Limits,
    fast_jpeg: impl FnOnce(&[u8]) -> Option<RgbImage>,
) -> Result<RgbImage> {
    let format = checked_format(bytes, name)?;
    guarded(name, || {
        let mut decoder = open(bytes, format, limits).map_err(|error| damaged(name, error))?;
        check_size(&decoder, name, limits)?;
        let orientation = upright(&mut decoder);
        let fast = if format == ImageFormat::Jpeg { fast_jpeg(bytes) } else { None };
        let mut picture = match fast {
            Some(picture) => DynamicImage::ImageRgb8(picture),
            None => DynamicImage::from_decoder(decoder).map_err(|error| damaged(name, error))?,
        };
        picture.apply_orientation(orientation);
        Ok(flatten(picture))
    })
}

/// What the file says about itself; nothing when it is no photo.
pub fn facts(bytes: &[u8]) -> Option<FileFacts> {
    let format = image::guess_format(bytes).ok()?;
    let known = known_format(format)?;
    let decoder = catch_unwind(|| open(bytes, format, &Limits::default()).ok()).ok()??;
    let colour = decoder.original_color_type();
    let colour_mode = match jpeg::colorspace(bytes).filter(|_| format == ImageFormat::Jpeg) {
        Some(Colorspace::CMYK | Colorspace::YCCK) => ColourMode::Cmyk,
        Some(Colorspace::Gray) => ColourMode::Grey,
        Some(_) => ColourMode::Rgb,
        None if matches!(colour, ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16) => ColourMode::Cmyk,
        None if colour.channel_count() < 3 => ColourMode::Grey,
        None => ColourMode::Rgb,
    };
    let bit_depth = (colour.bits_per_pixel() / u16::from(colour.channel_count().max(1))) as u8;
    Some(FileFacts { format: known, colour_mode, bit_depth, bytes: bytes.len() as u64 })
}

/// Reads and decodes a photo.
///
/// # Errors
/// As [`super::read`] and [`decode`].
pub fn load(path: &Path, limits: &Limits) -> Result<(PhotoFile, RgbImage)> {
    let file = file::read(path, limits)?;
    let picture = decode(&file.bytes, path, limits)?;
    Ok((file, picture))
}

/// Reads the header only; the pixel limit and the file's length are checked as in [`decode`].
///
/// # Errors
/// As [`decode`], but for damage inside the pixels.
pub fn header(bytes: &[u8], name: &Path, limits: &Limits) -> Result<Header> {
    let format = checked_format(bytes, name)?;
    guarded(name, || {
        let mut decoder = open(bytes, format, limits).map_err(|error| damaged(name, error))?;
        check_size(&decoder, name, limits)?;
        let (mut width, mut height) = decoder.dimensions();
        let turned = matches!(
            upright(&mut decoder),
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
        );
        if turned {
            (width, height) = (height, width);
        }
        Ok(Header { format: known_format(format).map_or("", PhotoFormat::name), width, height })
    })
}

fn known_format(format: ImageFormat) -> Option<PhotoFormat> {
    match format {
        ImageFormat::Jpeg => Some(PhotoFormat::Jpeg),
        ImageFormat::Png => Some(PhotoFormat::Png),
        ImageFormat::WebP => Some(PhotoFormat::WebP),
        ImageFormat::Bmp => Some(PhotoFormat::Bmp),
        ImageFormat::Gif => Some(PhotoFormat::Gif),
        ImageFormat::Tiff => Some(PhotoFormat::Tiff),
        _ => None,
    }
}

fn checked_format(bytes: &[u8], name: &Path) -> Result<ImageFormat> {
    let guess = image::guess_format(bytes).ok().filter(|format| known_format(*format).is_some());
    let format = guess.ok_or_else(|| {
        Error::bad_data(format!("{} is not a JPEG, PNG, WebP, BMP, GIF or TIFF photo", name.display()))
            .hint("The format is told by the file's content: export it in one of these formats.")
    })?;
    if format == ImageFormat::Jpeg && whole::scans(bytes) > MOST_SCANS {
        return Err(Error::bad_data(format!("{} has more than {MOST_SCANS} scans", name.display()))
            .hint("Such a file is made to keep a decoder busy. Export it again from an editor."));
    }
    if whole::is_whole(bytes, format) {
        Ok(format)
    } else {
        Err(Error::bad_data(format!("{} is cut short: its end is missing", name.display()))
            .hint("Copy or download the file again."))
    }
}

/// A decoder that has read the header. Decoders may hold the output (at most 16 bytes a pixel) and as much again.
fn open<'a>(bytes: &'a [u8], format: ImageFormat, limits: &Limits) -> ImageResult<impl ImageDecoder + use<'a>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder_limits = image::Limits::default();
    decoder_limits.max_alloc = Some(limits.max_pixels.saturating_mul(32).saturating_add(64 << 20));
    reader.limits(decoder_limits);
    reader.into_decoder()
}

fn check_size(decoder: &impl ImageDecoder, name: &Path, limits: &Limits) -> Result<()> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::bad_data(format!("{} has no pixels ({width}x{height})", name.display())));
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        let most = limits.max_pixels as f64 / 1e6;
        let summary = format!("{} has {width}x{height} pixels, more than {most} MP", name.display());
        return Err(Error::new(Code::TooLarge, summary)
            .hint("Raise decode.max_megapixels if the photo is meant to be this large."));
    }
    Ok(())
}

/// The orientation to apply. WebP files may repeat JPEG's `Exif\0\0` prefix, which the decoder does not expect.
fn upright(decoder: &mut impl ImageDecoder) -> Orientation {
    let stated = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if stated != Orientation::NoTransforms {
        return stated;
    }
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    exif.strip_prefix(b"Exif\0\0").and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// 8-bit RGB with transparency laid on white, the colour of the shop page behind it.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    let mut out = RgbImage::new(width, height);
    for (target, source) in out.chunks_exact_mut(3).zip(rgba.chunks_exact(4)) {
        let alpha = u32::from(source[3]);
        for (to, &from) in target.iter_mut().zip(source) {
            *to = ((u32::from(from) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
    out
}

fn damaged(name: &Path, error: ImageError) -> Error {
    Error::bad_data(format!("{} cannot be decoded", name.display())).caused_by(error)
}

/// Runs a decoder so that its panic costs one photo, not the process.
fn guarded<T>(name: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::bad_data(format!("{} is damaged in a way that its decoder cannot handle", name.display())))
    })
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
