//! Decoding: every format, orientation and depth; what is damaged is refused.

use std::path::PathBuf;
use std::time::Instant;

use image::{GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};

use super::super::testing::{self, encode, encode_any, gradient};
use super::*;
use crate::error::Code;

fn pixels(bytes: &[u8]) -> RgbImage {
    decode(bytes, Path::new("test photo"), &Limits::default()).expect("decodes")
}

fn refusal(bytes: &[u8]) -> String {
    let error = decode(bytes, Path::new("some/photo.jpg"), &Limits::default()).expect_err("refused");
    let too_large = error.summary.contains("pixels, more than");
    assert_eq!(error.code, if too_large { Code::TooLarge } else { Code::BadData });
    assert!(error.summary.contains("some/photo.jpg"), "{error} names the file");
    error.chain()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images").join(name);
    std::fs::read(path).expect(name)
}

fn close(pixel: Rgb<u8>, expected: [u8; 3], tolerance: u8) -> bool {
    pixel.0.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

/// A JPEG with an EXIF block that holds the orientation only.
fn oriented_jpeg(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&encode(picture, ImageFormat::Jpeg)[2..]);
    bytes
}

#[test]
fn every_orientation_comes_out_upright() {
    let (red, green, blue, white) = ([250, 20, 20], [20, 200, 20], [20, 20, 250], [240, 240, 240]);
    let stored = RgbImage::from_fn(32, 16, |x, y| {
        Rgb(match (x < 16, y < 8) {
            (true, true) => red,
            (false, true) => green,
            (true, false) => blue,
            (false, false) => white,
        })
    });
    // Corners clockwise from the top left, by the EXIF 2.3 table of where row 0 and column 0 lie.
    let expected = [
        [red, green, white, blue],
        [green, red, blue, white],
        [white, blue, red, green],
        [blue, white, green, red],
        [red, blue, white, green],
        [blue, red, green, white],
        [white, green, red, blue],
        [green, white, blue, red],
    ];
    for (index, corners) in expected.into_iter().enumerate() {
        let orientation = index as u8 + 1;
        let bytes = oriented_jpeg(&stored, orientation);
        let picture = pixels(&bytes);
        let (width, height) = picture.dimensions();
        assert_eq!((width, height), if orientation < 5 { (32, 16) } else { (16, 32) }, "orientation {orientation}");
        let probed = header(&bytes, Path::new("x"), &Limits::default()).expect("header");
        assert_eq!((probed.width, probed.height), (width, height));
        let places = [(2, 2), (width - 3, 2), (width - 3, height - 3), (2, height - 3)];
        for ((x, y), colour) in places.into_iter().zip(corners) {
            let pixel = *picture.get_pixel(x, y);
            assert!(close(pixel, colour, 30), "orientation {orientation} at {x},{y}: {pixel:?} for {colour:?}");
        }
    }
}

#[test]
fn lossless_formats_come_back_exactly() {
    let picture = gradient(33, 21);
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        assert_eq!(pixels(&encode(&picture, format)), picture, "{format:?}");
    }
}

#[test]
fn alpha_is_laid_on_white() {
    let rgba = RgbaImage::from_fn(3, 1, |x, _| Rgba([100, 0, 200, [0, 128, 255][x as usize]]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let picture = pixels(&encode_any(&rgba.clone().into(), format));
        let seen: Vec<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
        assert_eq!(seen, [[255, 255, 255], [177, 127, 227], [100, 0, 200]], "{format:?}");
    }
    let grey: ImageBuffer<LumaA<u8>, _> = ImageBuffer::from_pixel(2, 2, LumaA([10, 0]));
    assert_eq!(pixels(&encode_any(&grey.into(), ImageFormat::Png)).get_pixel(0, 0), &Rgb([255; 3]));
}

#[test]
fn sixteen_bits_are_rounded_and_grey_becomes_rgb() {
    let deep: ImageBuffer<Rgb<u16>, Vec<u16>> =
        ImageBuffer::from_fn(4, 1, |x, _| Rgb([[0, 128, 129, 65535][x as usize], 257 * 50, 257 * 50 + 200]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let picture = pixels(&encode_any(&deep.clone().into(), format));
        let red: Vec<u8> = picture.pixels().map(|pixel| pixel[0]).collect();
        assert_eq!(red, [0, 0, 1, 255], "{format:?}");
        assert_eq!(picture.get_pixel(0, 0).0[1..], [50, 51], "{format:?}");
    }
    let grey = GrayImage::from_fn(16, 16, |x, _| Luma([x as u8 * 16]));
    let picture = pixels(&encode_any(&grey.clone().into(), ImageFormat::Jpeg));
    for (out, source) in picture.pixels().zip(grey.pixels()) {
        assert!(out[0] == out[1] && out[1] == out[2] && out[0].abs_diff(source[0]) < 6);
    }
}

#[test]
fn an_animation_gives_its_first_frame() {
    let first = RgbaImage::from_pixel(12, 8, Rgba([250, 10, 10, 255]));
    let second = RgbaImage::from_pixel(12, 8, Rgba([10, 10, 250, 255]));
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode_frames([first, second].map(image::Frame::new)).expect("encodes");
    drop(encoder);
    let picture = pixels(&bytes);
    assert_eq!(picture.dimensions(), (12, 8));
    assert!(close(*picture.get_pixel(5, 5), [250, 10, 10], 8));
    let picture = pixels(&fixture("animated.webp"));
    assert!(close(*picture.get_pixel(5, 5), [250, 10, 10], 8), "{:?}", picture.get_pixel(5, 5));
}

#[test]
fn cmyk_and_ycck_jpegs_have_the_colours_they_were_made_from() {
    // Left to right: white, cyan, magenta, yellow, half black, black.
    let colours = [[255, 255, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0], [127, 127, 127], [0, 0, 0]];
    for name in ["cmyk.jpg", "ycck.jpg"] {
        let picture = pixels(&fixture(name));
        assert_eq!(picture.dimensions(), (96, 16), "{name}");
        for (index, colour) in colours.into_iter().enumerate() {
            let pixel = *picture.get_pixel(index as u32 * 16 + 8, 8);
            assert!(close(pixel, colour, 12), "{name}: {pixel:?} for {colour:?}");
        }
    }
}

#[test]
fn a_webp_that_repeats_the_exif_prefix_is_turned_too() {
    let picture = pixels(&fixture("rotated.webp"));
    assert_eq!(picture.dimensions(), (16, 32));
}

#[test]
fn a_cut_file_of_any_format_is_refused_at_any_length() {
    for (format, name) in testing::FORMATS {
        let bytes = encode(&gradient(80, 60), format);
        for part in [30, 50, 80, 97] {
            let text = refusal(&bytes[..bytes.len() * part / 100]);
            assert!(text.contains("cut short"), "{name} at {part} %: {text}");
        }
    }
    let text = refusal(&fixture("progressive.jpg")[..1200]);
    assert!(text.contains("cut short"), "{text}");
}

#[test]
fn damage_inside_costs_one_photo() {
    let mut png = encode(&gradient(80, 60), ImageFormat::Png);
    let middle = png.len() / 2;
    png[middle..middle + 20].fill(0x55);
    assert!(refusal(&png).contains("cannot be decoded"));
    let error = guarded::<()>(Path::new("a.png"), || panic!("a decoder's defect")).expect_err("caught");
    assert_eq!(error.code, Code::BadData);
    assert!(error.summary.contains("a.png"));
}

#[test]
fn text_under_a_photo_name_is_refused_and_a_wrong_extension_does_not_matter() {
    assert!(refusal(b"Dear shop, the photo is attached.").contains("is not a JPEG"));
    let png = encode(&gradient(10, 10), ImageFormat::Png);
    assert!(decode(&png, Path::new("lies.jpg"), &Limits::default()).is_ok());
}

#[test]
fn a_decompression_bomb_is_refused_from_its_header() {
    let mut png = encode(&gradient(10, 10), ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    // The header's checksum has to fit its new dimensions.
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut jpeg = encode(&gradient(10, 10), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("frame header");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    for bytes in [png, jpeg] {
        let start = Instant::now();
        let text = refusal(&bytes);
        assert!(text.contains("60000x60000 pixels, more than 100 MP"), "{text}");
        assert!(start.elapsed().as_millis() < 500, "took {:?}", start.elapsed());
    }
    let small = Limits { max_pixels: 99, ..Limits::default() };
    assert!(decode(&encode(&gradient(10, 10), ImageFormat::Bmp), Path::new("x"), &small).is_err());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[test]
fn real_photos_decode_to_the_manifest_dimensions() {
    let data = std::env::var_os("PACKSHOT_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let folder = data.join("products");
    let Ok(mut manifest) = csv::Reader::from_path(folder.join("manifest.csv")) else {
        eprintln!("skipped: no test data in {}", data.display());
        return;
    };
    let mut seen = 0;
    for record in manifest.records().take(40) {
        let record = record.expect("manifest row");
        let path = folder.join(&record[0]);
        let size = (record[1].parse().expect("width"), record[2].parse().expect("height"));
        let (file, picture) = load(&path, &Limits::default()).expect("decodes");
        assert_eq!(picture.dimensions(), size, "{}", path.display());
        assert_eq!(file.bytes.len() as u64, record[5].parse::<u64>().expect("bytes"));
        let probed = super::super::probe(&path, &Limits::default());
        assert_eq!(((probed.width, probed.height), probed.error), (size, None));
        seen += 1;
    }
    assert_eq!(seen, 40);
}

#[test]
fn a_jpeg_of_hundreds_of_scans_is_refused_before_it_is_decoded() {
    let photo = encode(&gradient(64, 48), image::ImageFormat::Jpeg);
    let end = photo.len() - 2;
    // A scan header that names no component, over and over.
    let scan = [0xFF, 0xDA, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00];
    let with = |count: usize| [&photo[..end], &scan.repeat(count), &photo[end..]].concat();
    let error = decode(&with(501), Path::new("bomb.jpg"), &Limits::default()).expect_err("refused");
    assert!(error.to_string().contains("more than 500 scans"), "{error}");
    assert!(decode(&photo, Path::new("fine.jpg"), &Limits::default()).is_ok());
}
