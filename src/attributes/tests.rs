//! Attributes of drawn pictures: each measure moves with its own defect and with no other.

use image::{Rgb, imageops};

use super::measure as measure_file;
use super::*;
use Attribute::{Brightness, Clipped, Contrast, Fill, Megapixels, Sharpness, WhiteBorder};

const WHITE: Rgb<u8> = Rgb([255; 3]);

trait At {
    fn at(&self, attribute: Attribute) -> f64;
}

impl At for Attributes {
    fn at(&self, attribute: Attribute) -> f64 {
        self.get(attribute).unwrap_or_else(|| panic!("{attribute:?} is absent"))
    }
}

fn measure(photo: &RgbImage) -> Attributes {
    measure_file(photo, None)
}

/// A product of `side` pixels with fine detail and grey values around `level`, in the middle of a backdrop.
fn packshot(frame: (u32, u32), side: u32, level: u8, backdrop: Rgb<u8>) -> RgbImage {
    let (left, top) = ((frame.0 - side) / 2, (frame.1 - side) / 2);
    RgbImage::from_fn(frame.0, frame.1, |x, y| {
        if x < left || y < top || x >= left + side || y >= top + side {
            return backdrop;
        }
        // A small integer hash: detail at every scale without a random generator.
        let noise = (((x - left) * 73 + (y - top) * 151) ^ ((x - left) / 5 * 31 + (y - top) / 7 * 57)) % 40;
        let value = level.saturating_add(noise as u8);
        Rgb([value, value, value.saturating_sub(10)])
    })
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not within {tolerance} of {b}");
}

#[test]
fn blur_lowers_sharpness_step_by_step() {
    let sharp = packshot((200, 200), 120, 90, WHITE);
    let ladder: Vec<f64> = std::iter::once(measure(&sharp).at(Sharpness))
        .chain([0.6, 1.0, 2.0, 4.0].map(|sigma| measure(&imageops::blur(&sharp, sigma)).at(Sharpness)))
        .collect();
    assert!(ladder.is_sorted_by(|a, b| a > &(b * 1.2)), "{ladder:?}");
}

#[test]
fn the_same_product_is_as_sharp_on_any_amount_of_backdrop() {
    let tight = measure(&packshot((160, 160), 120, 90, WHITE)).at(Sharpness);
    let loose = measure(&packshot((800, 600), 120, 90, WHITE)).at(Sharpness);
    let grey = measure(&packshot((400, 400), 120, 90, Rgb([200; 3]))).at(Sharpness);
    close(loose / tight, 1.0, 0.05);
    assert!(grey < tight, "a softer outline against grey: {grey} {tight}");
    close(grey / tight, 1.0, 0.5);
}

#[test]
fn sharpness_is_the_variance_of_the_laplacian() {
    // One bright pixel on black: the Laplacian is 4·v there, −v at its four neighbours, 0 at the other 4 of 3x3 inner pixels.
    let mut spot = RgbImage::new(5, 5);
    spot.put_pixel(2, 2, Rgb([100; 3]));
    let expected = (400.0_f64.powi(2) + 4.0 * 100.0_f64.powi(2)) / 9.0;
    close(measure(&spot).at(Sharpness), expected, 0.01);
    assert_eq!(measure(&RgbImage::from_pixel(9, 9, Rgb([77; 3]))).at(Sharpness), 0.0);
}

#[test]
fn exposure_moves_brightness_and_leaves_the_backdrop_out() {
    let at = |level| measure(&packshot((300, 300), 100, level, WHITE));
    let (dark, middle, bright) = (at(20), at(100), at(180));
    assert!(dark.at(Brightness) < middle.at(Brightness) && middle.at(Brightness) < bright.at(Brightness));
    close(middle.at(Brightness) - dark.at(Brightness), 80.0, 1.0);
    close(dark.at(Brightness), 38.0, 4.0);
    close(dark.at(Contrast), middle.at(Contrast), 0.5);
}

#[test]
fn contrast_is_the_deviation_of_luma() {
    let halves = RgbImage::from_fn(100, 100, |x, y| match (x, y) {
        (20..50, 20..80) => Rgb([50; 3]),
        (50..80, 20..80) => Rgb([150; 3]),
        _ => WHITE,
    });
    close(measure(&halves).at(Contrast), 50.0, 0.01);
    close(measure(&halves).at(Brightness), 100.0, 0.01);
    close(measure(&RgbImage::from_pixel(1, 1, Rgb([255, 0, 0]))).at(Brightness), 76.245, 0.01);
}

#[test]
fn clipping_counts_the_product_only() {
    let mut photo = packshot((200, 200), 100, 60, WHITE);
    assert_eq!(measure(&photo).at(Clipped), 0.0);
    for y in 60..85 {
        (60..100).for_each(|x| photo.put_pixel(x, y, Rgb([255, 120, 120])));
    }
    close(measure(&photo).at(Clipped), 0.1, 1e-3);
}

#[test]
fn a_white_border_is_told_from_an_off_white_one_and_a_thin_line() {
    assert_eq!(measure(&packshot((200, 200), 100, 60, WHITE)).at(WhiteBorder), 1.0);
    assert_eq!(measure(&packshot((200, 200), 100, 60, Rgb([250, 250, 250]))).at(WhiteBorder), 1.0);
    assert_eq!(measure(&packshot((200, 200), 100, 60, Rgb([250, 249, 250]))).at(WhiteBorder), 0.0);
    let mut lined = packshot((2000, 1500), 500, 60, WHITE);
    (0..1500).for_each(|y| lined.put_pixel(1, y, Rgb([0; 3])));
    let share = measure(&lined).at(WhiteBorder);
    assert!(share < 1.0 && share > 0.99, "{share}");
}

#[test]
fn fill_is_the_products_share_of_the_frame_and_ignores_dust() {
    close(measure(&packshot((400, 400), 100, 60, WHITE)).at(Fill), 0.25, 1e-9);
    close(measure(&packshot((400, 200), 100, 60, Rgb([230; 3]))).at(Fill), 0.5, 1e-9);
    let mut dusty = packshot((1000, 1000), 500, 60, WHITE);
    for (x, y) in [(10, 10), (990, 985), (20, 970)] {
        dusty.put_pixel(x, y, Rgb([90; 3]));
    }
    close(measure(&dusty).at(Fill), 0.5, 1e-9);
}

#[test]
fn a_cluttered_or_an_empty_frame_counts_as_a_whole_and_has_no_fill() {
    let blocks = |x: u32, y: u32| ((x / 12 * 7919 + y / 12 * 104_729) % 251) as u8;
    let cluttered = RgbImage::from_fn(300, 300, |x, y| Rgb([blocks(x, y), blocks(y, x), blocks(x + y, x)]));
    assert_eq!(measure(&cluttered).get(Fill), None);
    let empty = measure(&RgbImage::from_pixel(50, 40, Rgb([244; 3])));
    assert_eq!((empty.get(Fill), empty.at(Sharpness), empty.at(Contrast)), (None, 0.0, 0.0));
    close(empty.at(Brightness), 244.0, 1e-3);
}

#[test]
fn every_size_is_measured_and_nothing_is_ever_not_a_number() {
    for (width, height) in [(0, 0), (1, 1), (1, 7), (2, 2), (3, 3), (3, 1000), (40, 2)] {
        let photo = RgbImage::from_fn(width, height, |x, y| Rgb([(x * 37) as u8, (y * 91) as u8, 255]));
        let a = measure(&photo);
        let all = Attribute::all().filter_map(|attribute| a.get(attribute));
        assert!(all.into_iter().all(f64::is_finite), "{width}x{height}: {a:?}");
        assert_eq!(a.get(Megapixels).unwrap_or_default(), f64::from(width * height) / 1e6);
    }
}

#[test]
fn large_photos_measure_like_small_ones_and_sharpness_stays_native() {
    let large = packshot((3000, 3000), 1500, 90, WHITE);
    let cut = imageops::crop_imm(&large, 700, 700, 1600, 1600).to_image();
    let (a, b) = (measure(&large), measure(&cut));
    close(a.at(Sharpness) / b.at(Sharpness), 1.0, 0.02);
    close(a.at(Brightness), b.at(Brightness), 1.0);
    close(a.at(Fill), 0.5, 0.005);
    let blurred = measure(&imageops::fast_blur(&large, 1.0));
    assert!(blurred.at(Sharpness) < 0.5 * a.at(Sharpness), "{} {}", blurred.at(Sharpness), a.at(Sharpness));
}
