//! Small pictures and encoders for the tests of this room.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Every format that is read, with the name it is reported under.
pub(super) const FORMATS: [(ImageFormat, &str); 6] = [
    (ImageFormat::Jpeg, "jpeg"),
    (ImageFormat::Png, "png"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Bmp, "bmp"),
    (ImageFormat::Gif, "gif"),
    (ImageFormat::Tiff, "tiff"),
];

/// A picture whose corners all differ: red grows to the right, green downwards.
pub(super) fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width.max(2).saturating_sub(1)) as u8, (y * 255 / height.max(2).saturating_sub(1)) as u8, 60])
    })
}

/// The picture as a file of that format.
pub(super) fn encode(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    encode_any(&DynamicImage::ImageRgb8(picture.clone()), format)
}

/// Any pixel type as a file of that format.
pub(super) fn encode_any(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = if format == ImageFormat::Gif { &DynamicImage::from(picture.to_rgba8()) } else { picture };
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}
