//! Defects of known strength, made apart from the code that ships: the measures must not be tested against themselves.

use image::codecs::jpeg::JpegEncoder;
use image::imageops;
use image::{Rgb, RgbImage};
use packshot::imaging::{self, Limits};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A Gaussian blur (three box blurs) of this radius in pixels at a longest side of 1,000.
pub fn blurred(photo: &RgbImage, radius: f64) -> RgbImage {
    let scale = f64::from(photo.width().max(photo.height())) / 1000.0;
    imageops::fast_blur(photo, (radius * scale) as f32)
}

/// Gaussian noise of this standard deviation on every channel.
pub fn noisy(photo: &RgbImage, deviation: f64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    // The sum of four bytes is Gaussian enough; its deviation is 147.8.
    let mut gauss = || (rng.next_u32().to_le_bytes().map(f64::from).iter().sum::<f64>() - 510.0) / 147.8;
    let mut out = photo.clone();
    out.iter_mut().for_each(|value| *value = (f64::from(*value) + deviation * gauss()).round() as u8);
    out
}

/// So many stops more or less light.
pub fn exposed(photo: &RgbImage, stops: f64) -> RgbImage {
    let curve: [u8; 256] = std::array::from_fn(|value| {
        let light = (value as f64 / 255.0).powf(2.2) * stops.exp2();
        (light.min(1.0).powf(1.0 / 2.2) * 255.0).round() as u8
    });
    let mut out = photo.clone();
    out.iter_mut().for_each(|value| *value = curve[usize::from(*value)]);
    out
}

/// Written as a JPEG of this quality: the pixels and the file.
pub fn compressed(photo: &RgbImage, quality: u8) -> (RgbImage, Vec<u8>) {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(photo).expect("encodes");
    let pixels = imaging::decode(&bytes, std::path::Path::new("compressed"), &Limits::default()).expect("decodes");
    (pixels, bytes)
}

/// Reduced by this factor and enlarged to its size again.
pub fn enlarged(photo: &RgbImage, factor: f64) -> RgbImage {
    let (width, height) = photo.dimensions();
    let small = |side: u32| ((f64::from(side) / factor).round() as u32).max(1);
    imaging::resize(&imaging::resize(photo, small(width), small(height)), width, height)
}

/// With a frame of one colour around it, `share` of the shorter side wide.
pub fn framed(photo: &RgbImage, share: f64, colour: Rgb<u8>) -> RgbImage {
    let (width, height) = photo.dimensions();
    let bar = (f64::from(width.min(height)) * share).round() as u32;
    RgbImage::from_fn(width, height, |x, y| {
        let inside = x >= bar && y >= bar && x + bar < width && y + bar < height;
        if inside { *photo.get_pixel(x, y) } else { colour }
    })
}

/// With a row of small block letters on its backdrop, at the upper left.
pub fn captioned(photo: &RgbImage) -> RgbImage {
    let dot = (photo.height() / 250).max(1);
    lettered(photo, (photo.width() / 40, photo.height() / 40), dot, Rgb([30, 30, 30]))
}

/// With a row of six block letters whose upper left corner is `at`: five dots high, 40 wide.
pub fn lettered(photo: &RgbImage, at: (u32, u32), dot: u32, ink: Rgb<u8>) -> RgbImage {
    const LETTERS: [[u8; 5]; 6] = [
        [0b11110, 0b10000, 0b11100, 0b10000, 0b11110],
        [0b11110, 0b10001, 0b11110, 0b10010, 0b10001],
        [0b01110, 0b10001, 0b11111, 0b10001, 0b10001],
        [0b11110, 0b10000, 0b11110, 0b00010, 0b11110],
        [0b11111, 0b00100, 0b00100, 0b00100, 0b00100],
        [0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
    ];
    let (width, height) = photo.dimensions();
    let mut out = photo.clone();
    for (index, letter) in LETTERS.iter().enumerate() {
        for (row, bits) in letter.iter().enumerate() {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                let (left, top) = (at.0 + (index as u32 * 7 + column) * dot, at.1 + row as u32 * dot);
                for (x, y) in (0..dot).flat_map(|dx| (0..dot).map(move |dy| (left + dx, top + dy))) {
                    if x < width && y < height {
                        out.put_pixel(x, y, ink);
                    }
                }
            }
        }
    }
    out
}
