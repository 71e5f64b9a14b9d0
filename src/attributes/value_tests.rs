//! Attributes of pictures whose value follows from the formula by hand.

use image::{Rgb, RgbImage};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;

fn at(photo: &RgbImage, attribute: Attribute) -> f64 {
    measure(photo, None).get(attribute).unwrap_or_else(|| panic!("{attribute:?} is absent"))
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not within {tolerance} of {expected}");
}

fn grey(width: u32, height: u32, level: impl Fn(u32, u32) -> f64) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([level(x, y).round().clamp(0.0, 255.0) as u8; 3]))
}

/// A grey box on white, 400 × 400.
fn boxed(left: u32, top: u32, across: u32, down: u32) -> RgbImage {
    grey(400, 400, |x, y| {
        let inside = (left..left + across).contains(&x) && (top..top + down).contains(&y);
        if inside { 90.0 } else { 255.0 }
    })
}

#[test]
fn the_edge_strength_of_a_ramp_is_its_squared_slope() {
    close(at(&grey(100, 80, |x, _| 2.0 * f64::from(x)), Attribute::Tenengrad), 4.0, 1e-3);
    close(at(&grey(80, 80, |x, y| 80.0 + f64::from(2 * x) - f64::from(y)), Attribute::Tenengrad), 5.0, 1e-3);
    assert_eq!(at(&grey(100, 80, |_, _| 70.0), Attribute::Tenengrad), 0.0);
}

/// The Gaussian's integral, after Abramowitz and Stegun 7.1.26 (error below 2e-7).
fn normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let sum: f64 = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
    let erf = 1.0 - sum * (-x * x).exp();
    0.5 * (1.0 + z.signum() * erf)
}

#[test]
fn blur_is_the_radius_of_the_gaussian_that_made_the_edge() {
    for radius in [0.8, 1.5, 2.5, 4.0] {
        let across = grey(240, 200, |x, _| 30.0 + 190.0 * normal((f64::from(x) - 120.3) / radius));
        close(at(&across, Attribute::Blur), radius, 0.1 * radius);
        let down = grey(200, 240, |_, y| 220.0 - 190.0 * normal((f64::from(y) - 119.6) / radius));
        close(at(&down, Attribute::Blur), radius, 0.1 * radius);
    }
    // At a longest side of 3,200 pixels the same edge is half as wide to who looks at 1,600.
    let large = grey(3200, 120, |x, _| 30.0 + 190.0 * normal((f64::from(x) - 1600.0) / 2.5));
    close(at(&large, Attribute::Blur), 1.25, 0.12);
}

fn gauss(rng: &mut ChaCha8Rng) -> f64 {
    let mut share = || (f64::from(rng.next_u32()) + 0.5) / f64::from(u32::MAX);
    (-2.0 * share().ln()).sqrt() * (std::f64::consts::TAU * share()).cos()
}

fn noise_field(side: u32, deviation: f64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut photo = RgbImage::new(side, side);
    photo.pixels_mut().for_each(|pixel| pixel.0 = [(128.0 + deviation * gauss(&mut rng)).round() as u8; 3]);
    photo
}

#[test]
fn noise_is_the_deviation_that_was_added() {
    for deviation in [2.0, 5.0, 10.0, 20.0] {
        close(at(&noise_field(300, deviation), Attribute::Noise), deviation, 0.04 * deviation + 0.05);
    }
    close(at(&grey(200, 200, |x, y| f64::from(x + y) / 2.0), Attribute::Noise), 0.0, 0.8);
    // Half of the frame is hard texture: only the smooth half tells.
    let mut half = noise_field(320, 5.0);
    for (x, y) in (0..160).flat_map(|x| (0..320).map(move |y| (x, y))) {
        half.put_pixel(x, y, Rgb([if (x + y) % 2 == 0 { 60 } else { 190 }; 3]));
    }
    close(at(&half, Attribute::Noise), 5.0, 0.5);
}

#[test]
fn blockiness_is_how_much_larger_the_steps_at_the_grid_are() {
    for phase in [0, 3] {
        // Steps of 1, and of 3 at every eighth pixel, both ways.
        let climb = |x: u32| f64::from(x + 2 * ((x + 8 - phase) / 8));
        close(at(&grey(64, 64, |x, y| climb(x) + climb(y)), Attribute::Blockiness), 2.0, 1e-3);
    }
    close(at(&grey(64, 64, |x, y| f64::from(x + y)), Attribute::Blockiness), 0.0, 1e-6);
}

#[test]
fn colourfulness_follows_hasler_and_suesstrunk() {
    let [one, other] = [Rgb([200, 100, 50]), Rgb([100, 200, 50])];
    // rg = 100 and yb = 100 everywhere: only the mean counts, 0.3 · √(100² + 100²).
    close(at(&RgbImage::from_pixel(60, 60, one), Attribute::Colourfulness), 0.3 * 100.0 * 2.0_f64.sqrt(), 1e-6);
    // rg = ±100: a deviation of 100, and a mean of 100 along yb.
    let board = RgbImage::from_fn(60, 60, |x, y| if (x + y) % 2 == 0 { one } else { other });
    close(at(&board, Attribute::Colourfulness), 130.0, 1e-6);
    assert_eq!(at(&RgbImage::from_pixel(60, 60, Rgb([80; 3])), Attribute::Colourfulness), 0.0);
}

#[test]
fn a_colour_cast_is_the_distance_from_grey_in_cielab() {
    for (pixel, expected) in [([128, 128, 128], 0.0), ([200, 190, 180], 6.547), ([110, 120, 130], 6.892)] {
        // By Lindbloom's matrices, to more digits than the measure's own.
        close(at(&RgbImage::from_pixel(90, 90, Rgb(pixel)), Attribute::ColourCast), expected, 0.05);
    }
    let red = RgbImage::from_pixel(90, 90, Rgb([200, 40, 40]));
    assert_eq!(measure(&red, None).get(Attribute::ColourCast), None, "no neutral tone tells");
}

#[test]
fn the_frames_brightness_counts_the_backdrop() {
    let photo = grey(90, 60, |x, _| if (30..60).contains(&x) { 90.0 } else { 255.0 });
    close(at(&photo, Attribute::FrameBrightness), 200.0, 1e-3);
    close(at(&photo, Attribute::Brightness), 90.0, 1e-3);
}

#[test]
fn entropy_is_the_logarithm_of_equally_frequent_levels() {
    for bits in [1, 4, 7] {
        let levels = 1 << bits;
        let photo = grey(256, 64, |x, _| f64::from((x % levels) * (256 / levels)));
        close(at(&photo, Attribute::Entropy), f64::from(bits), 1e-9);
    }
    assert_eq!(at(&grey(64, 64, |_, _| 9.0), Attribute::Entropy), 0.0);
}

/// Nine tiles of 64 pixels, each the sum of waves of every whole frequency up to `highest`, of random phase, whose
/// amplitude goes as a power of the frequency.
fn waves(exponent: f64, highest: f64) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let cosines: Vec<f64> = (0..64).map(|step| (std::f64::consts::TAU * f64::from(step) / 64.0).cos()).collect();
    let mut tiles = vec![[[0.0_f64; 64]; 64]; 9];
    for (tile, u, v) in (0..9).flat_map(|tile| (0..32_i32).flat_map(move |u| (-31..32_i32).map(move |v| (tile, u, v))))
    {
        let frequency = f64::from(u).hypot(f64::from(v));
        // Of a frequency and its mirror image only one.
        if frequency > highest || frequency < 0.5 || (u == 0 && v < 0) {
            continue;
        }
        let (phase, amplitude) = ((rng.next_u32() % 64) as i32, frequency.powf(exponent));
        for (y, row) in (0..).zip(&mut tiles[tile]) {
            for (x, value) in (0..).zip(row) {
                *value += amplitude * cosines[(u * x + v * y + phase).rem_euclid(64) as usize];
            }
        }
    }
    let most = tiles.iter().flatten().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
    grey(192, 192, |x, y| {
        128.0 + 120.0 * tiles[(y / 64 * 3 + x / 64) as usize][y as usize % 64][x as usize % 64] / most
    })
}

#[test]
fn the_slope_of_the_spectrum_is_the_exponent_it_was_made_with() {
    for exponent in [0.0, -1.0, -1.5] {
        close(at(&waves(exponent, 20.0), Attribute::SpectrumSlope), exponent, 0.12);
    }
}

#[test]
fn the_cutoff_is_where_the_waves_end() {
    for highest in [8.0, 16.0, 24.0] {
        let expected = highest / 32.0;
        // A ring reaches half a step further, and the window spreads half a step more.
        close(at(&waves(-1.0, highest), Attribute::SpectrumCutoff), expected, 1.6 / 32.0);
    }
    assert!(at(&noise_field(256, 20.0), Attribute::SpectrumCutoff) > 0.97, "noise reaches every frequency");
}

#[test]
fn tilt_is_the_angle_a_box_was_turned_by() {
    for degrees in [0.0_f64, 3.0, 7.0, 20.0] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let photo = grey(400, 400, |x, y| {
            let (x, y) = (f64::from(x) - 199.5, f64::from(y) - 199.5);
            let (along, up) = ((cosine * x + sine * y).abs(), (cosine * y - sine * x).abs());
            // The outline fades over six pixels: Sobel's directions are exact on a plane slope.
            let outside = (along - 110.0).max(up - 70.0).clamp(-3.0, 3.0) / 6.0 + 0.5;
            90.0 + 165.0 * outside
        });
        close(at(&photo, Attribute::Tilt), degrees, 0.3);
    }
}

#[test]
fn shares_of_lost_detail_are_counted_on_the_product() {
    // Of 100 columns of the product 10 are burnt, 20 are lost in black, and one channel ends in 5.
    let mut photo = boxed(150, 150, 100, 100);
    for (x, y) in (150..250).flat_map(|x| (150..250).map(move |y| (x, y))) {
        let pixel = match x - 150 {
            // Inside, where the flood of the white backdrop does not reach.
            40..50 => [250, 252, 254],
            50..70 => [5, 3, 1],
            70..75 => [0, 90, 90],
            _ => continue,
        };
        if (y - 150) % 100 > 0 && y < 249 {
            photo.put_pixel(x, y, Rgb(pixel));
        }
    }
    let rows = 0.98;
    close(at(&photo, Attribute::ClippedHighlights), 0.10 * rows, 1e-9);
    close(at(&photo, Attribute::ClippedShadows), 0.20 * rows, 1e-9);
    close(at(&photo, Attribute::Clipped), 0.05 * rows, 1e-9);
}

#[test]
fn a_backdrop_of_two_whites_has_their_shares_and_their_spread() {
    let photo = grey(400, 400, |x, y| match (x, y) {
        (150..250, 150..250) => 60.0,
        (_, 0..200) => 255.0,
        _ => 252.0,
    });
    let found = measure(&photo, None);
    let get = |attribute| found.get(attribute).expect("measured");
    for (attribute, expected) in [
        (Attribute::PureBorder, 0.5),
        (Attribute::WhiteBorder, 1.0),
        (Attribute::PureBackground, 0.5),
        (Attribute::WhiteBackground, 1.0),
        // Half at 255, half at 252.
        (Attribute::BackgroundSpread, 1.5),
    ] {
        close(get(attribute), expected, 1e-4);
    }
}

#[test]
fn framing_is_read_off_the_box() {
    let found = measure(&boxed(190, 165, 100, 130), None);
    let get = |attribute| found.get(attribute).expect("measured");
    close(get(Attribute::Fill), 130.0 / 400.0, 1e-9);
    close(get(Attribute::FillArea), 100.0 * 130.0 / 160_000.0, 1e-9);
    // The centre is 40 pixels aside and 30 down.
    close(get(Attribute::OffCentre), 0.125, 1e-9);
}

#[test]
fn a_drawn_frame_is_as_wide_as_it_was_drawn() {
    let detail = |x: u32, y: u32| f64::from((x * 37 + y * 91) % 180) + 40.0;
    let photo = grey(400, 300, |x, y| {
        let inside = (20..380).contains(&x) && (15..285).contains(&y);
        if inside { detail(x, y) } else { 0.0 }
    });
    close(at(&photo, Attribute::FrameWidth), 0.05, 1e-9);
    assert_eq!(at(&grey(400, 300, detail), Attribute::FrameWidth), 0.0);
}

#[test]
fn an_overlay_is_the_box_around_its_letters() {
    let mut photo = boxed(120, 120, 200, 200);
    for letter in 0..5 {
        for (x, y) in (0..10).flat_map(|x| (0..14).map(move |y| (x, y))) {
            photo.put_pixel(30 + letter * 16 + x, 30 + y, Rgb([20; 3]));
        }
    }
    close(at(&photo, Attribute::Overlay), 74.0 * 14.0 / 160_000.0, 1e-9);
    assert_eq!(at(&boxed(120, 120, 200, 200), Attribute::Overlay), 0.0);
}

/// Block letters of 5 by 7 dots, `dot` pixels each, from `at` on; `same` repeats the first.
fn text(photo: &mut RgbImage, at: (u32, u32), dot: u32, ink: Rgb<u8>, same: bool) {
    const LETTERS: [[u8; 7]; 4] = [
        [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11110],
        [0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    ];
    for place in 0..8 {
        let letter = LETTERS[if same { 0 } else { place % 4 }];
        for (row, column) in (0..7).flat_map(|row| (0..5).map(move |column| (row, column))) {
            for (dx, dy) in (0..dot).flat_map(|dx| (0..dot).map(move |dy| (dx, dy))) {
                if letter[row] >> (4 - column) & 1 == 1 {
                    let x = at.0 + (place as u32 * 6 + column) * dot + dx;
                    photo.put_pixel(x, at.1 + row as u32 * dot + dy, ink);
                }
            }
        }
    }
}

#[test]
fn drawn_text_is_found_on_any_backdrop_and_across_the_outline_but_not_within_it() {
    let overlay = |photo: &RgbImage, at, same| {
        let mut photo = photo.clone();
        text(&mut photo, at, 4, Rgb([250, 240, 30]), same);
        super::measure(&photo, None).get(Attribute::Overlay).expect("always there")
    };
    let cluttered = grey(400, 300, |x, y| f64::from((x / 3 * 37 + y / 3 * 91) % 120));
    assert_eq!(super::measure(&cluttered, None).get(Attribute::Overlay), Some(0.0));
    close(overlay(&cluttered, (60, 100), false), f64::from(7 * 4 * (7 * 6 + 5) * 4) / 120_000.0, 1e-9);
    assert_eq!(overlay(&cluttered, (60, 100), true), 0.0, "a pattern repeats itself");
    let product = boxed(100, 100, 250, 200);
    assert!(overlay(&product, (30, 150), false) > 0.03, "across the outline");
    assert_eq!(overlay(&product, (120, 150), false), 0.0, "print");
}

#[test]
fn a_narrow_white_frame_is_told_from_a_box_on_white() {
    let framed = |sides: [u32; 4]| {
        let [left, top, right, bottom] = sides;
        let photo = boxed(left, top, 400 - left - right, 400 - top - bottom);
        at(&photo, Attribute::FrameWidth)
    };
    close(framed([12; 4]), 0.03, 1e-9);
    close(framed([18; 4]), 0.045, 1e-9);
    assert_eq!(framed([40; 4]), 0.0, "a box with room around it");
    assert_eq!(framed([12, 30, 12, 30]), 0.0, "a box that stands in the frame");
}

#[test]
fn sizes_are_those_of_the_file() {
    let photo = grey(300, 200, |x, y| f64::from((x * y) % 200));
    let mut bytes = std::io::Cursor::new(Vec::new());
    photo.write_to(&mut bytes, image::ImageFormat::Png).expect("encodes");
    let bytes = bytes.into_inner();
    let found = measure(&photo, Some(&bytes));
    for (attribute, expected) in [
        (Attribute::Width, 300.0),
        (Attribute::Height, 200.0),
        (Attribute::LongestSide, 300.0),
        (Attribute::ShortestSide, 200.0),
        (Attribute::Megapixels, 0.06),
        (Attribute::AspectRatio, 1.5),
        (Attribute::FileSize, bytes.len() as f64 / 1e6),
        (Attribute::BitDepth, 8.0),
    ] {
        close(found.get(attribute).expect("known"), expected, 1e-12);
    }
}

#[test]
fn a_stop_is_asked_for_before_every_measure_and_leaves_nothing() {
    let photo = boxed(100, 100, 200, 200);
    let asked = std::cell::Cell::new(0);
    let up_to = |most: usize| {
        asked.set(0);
        measure_while(&photo, Some(b"no file"), &|_| true, &|| asked.replace(asked.get() + 1) < most)
    };
    assert_eq!(up_to(usize::MAX), Some(measure(&photo, Some(b"no file"))));
    let in_all = asked.get();
    assert!(in_all >= 15, "{in_all} looks");
    for most in 0..in_all {
        assert_eq!(up_to(most), None, "stopped at look {most}");
    }
}
