//! Distortions of known strength, applied to a finished picture.

use std::path::Path;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use super::filter;
use super::lettering::set_line;
use super::random::Dice;
use super::vector::{to_linear, to_srgb};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};

/// One distortion with its strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distortion {
    /// Out of focus: standard deviation of a Gaussian in pixels.
    GaussianBlur {
        /// Standard deviation in pixels.
        sigma: f32,
    },
    /// Out of focus as a lens does it: an evenly lit disc.
    LensBlur {
        /// Radius of the disc in pixels.
        radius: f32,
    },
    /// Camera shake: length of an even movement in pixels; the direction follows from the seed.
    MotionBlur {
        /// Length in pixels.
        length: f32,
    },
    /// Sensor noise: variance of independent normal noise a channel, full scale squared.
    SensorNoise {
        /// Variance, 0.0004 is just visible, 0.01 strong.
        variance: f32,
    },
    /// Lossy compression with the JPEG quality of libjpeg.
    JpegQuality {
        /// 1 (worst) to 100.
        quality: u8,
    },
    /// Over- (positive) or underexposure, in stops of linear light.
    Exposure {
        /// Stops: +1 doubles the light.
        ev: f32,
    },
    /// Contrast around mid grey in sRGB.
    Contrast {
        /// 1 leaves the picture; less is flatter.
        gain: f32,
    },
    /// White balance set for daylight (6500 K) under light of another colour temperature.
    ColourCast {
        /// Kelvin of the light, 1700-25000: less than 6500 is warm.
        kelvin: f32,
    },
    /// Unsharp mask of one pixel radius, with halos.
    OverSharpen {
        /// Share of the detail that is added again.
        amount: f32,
    },
    /// A small picture blown up: shrunk by the factor and enlarged to its old size.
    DownUp {
        /// Factor, over 1.
        factor: f32,
    },
    /// Advertising text over the picture.
    TextOverlay {
        /// Height of the line as a share of the picture's, 0-0.5.
        share: f32,
    },
}

/// Applies a distortion. The same picture, distortion and seed give the same pixels.
///
/// # Errors
/// [`crate::error::Code::Internal`] when the JPEG encoder or the built-in font fails.
pub fn apply(picture: &RgbImage, distortion: Distortion, seed: u64) -> Result<RgbImage> {
    Ok(match distortion {
        Distortion::GaussianBlur { sigma } => filter::gaussian(picture, sigma),
        Distortion::LensBlur { radius } => filter::disc(picture, radius),
        Distortion::MotionBlur { length } => {
            filter::motion(picture, length, Dice::new(seed, 1).range(0.0, std::f32::consts::PI))
        }
        Distortion::SensorNoise { variance } => filter::noise(picture, variance, seed),
        Distortion::JpegQuality { quality } => compress(picture, quality)?,
        Distortion::Exposure { ev } => {
            let gain = ev.exp2();
            filter::tone(picture, |_, value| to_srgb(to_linear(value) * gain))
        }
        Distortion::Contrast { gain } => filter::tone(picture, |_, value| 0.5 + (value - 0.5) * gain),
        Distortion::ColourCast { kelvin } => {
            let gains = light_colour(kelvin);
            filter::tone(picture, |channel, value| to_srgb(to_linear(value) * gains[channel]))
        }
        Distortion::OverSharpen { amount } => filter::sharpen(picture, amount),
        Distortion::DownUp { factor } => {
            let (width, height) = picture.dimensions();
            let small = |edge: u32| (edge as f32 / factor.max(1.0)).round().max(1.0) as u32;
            imaging::resize(&imaging::resize(picture, small(width), small(height)), width, height)
        }
        Distortion::TextOverlay { share } => overlay(picture, share, seed)?,
    })
}

fn compress(picture: &RgbImage, quality: u8) -> Result<RgbImage> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .encode_image(picture)
        .map_err(|error| Error::internal("a picture cannot be compressed").caused_by(error))?;
    imaging::decode(&bytes, Path::new("a compressed picture"), &Limits::default())
}

/// Channel gains of linear light that turn daylight into light of a temperature, at equal luma: the Planckian locus
/// (Kim et al. 2002) through the sRGB primaries (IEC 61966-2-1), relative to 6500 K.
fn light_colour(kelvin: f32) -> [f32; 3] {
    let locus = |kelvin: f32| {
        let t = kelvin.clamp(1700.0, 25000.0);
        let x = if t <= 4000.0 {
            -0.266_123_9e9 / t.powi(3) - 0.234_358_9e6 / t.powi(2) + 0.877_695_6e3 / t + 0.179_910
        } else {
            -3.025_846_9e9 / t.powi(3) + 2.107_038e6 / t.powi(2) + 0.222_634_7e3 / t + 0.240_390
        };
        let y = if t <= 2222.0 {
            -1.106_381_4 * x.powi(3) - 1.348_110_2 * x * x + 2.185_558_3 * x - 0.202_196_83
        } else if t <= 4000.0 {
            -0.954_947_6 * x.powi(3) - 1.374_185_9 * x * x + 2.091_37 * x - 0.167_488_67
        } else {
            3.081_758 * x.powi(3) - 5.873_387 * x * x + 3.751_13 * x - 0.370_014_83
        };
        let (big_x, big_z) = (x / y, (1.0 - x - y) / y);
        [
            3.2406 * big_x - 1.5372 - 0.4986 * big_z,
            -0.9689 * big_x + 1.8758 + 0.0415 * big_z,
            0.0557 * big_x - 0.2040 + 1.0570 * big_z,
        ]
    };
    let (light, daylight) = (locus(kelvin), locus(6500.0));
    let gains = [0, 1, 2].map(|channel| (light[channel] / daylight[channel]).max(0.0));
    let luma = 0.2126 * gains[0] + 0.7152 * gains[1] + 0.0722 * gains[2];
    gains.map(|gain| gain / luma)
}

const SLOGANS: [&str; 6] =
    ["SALE -50 %", "FREE SHIPPING", "BEST PRICE", "NEW 2026", "www.example.shop", "LIMITED OFFER"];

/// One line of advertising across the picture, and a plate behind it where it is large.
fn overlay(picture: &RgbImage, share: f32, seed: u64) -> Result<RgbImage> {
    let mut dice = Dice::new(seed, 2);
    let mut out = picture.clone();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let pixels = (share.clamp(0.0, 0.5) * height).max(6.0);
    let slogan = dice.pick(SLOGANS);
    let mut line = set_line(slogan, pixels, (pixels / 14.0) as usize)?;
    if line.width as f32 > width * 0.96 {
        let fitting = pixels * width * 0.96 / line.width as f32;
        line = set_line(slogan, fitting, (fitting / 14.0) as usize)?;
    }
    let colour: [u8; 3] = dice.pick([[220, 30, 30], [20, 60, 180], [16, 16, 16], [230, 120, 0]]);
    let top = (dice.pick([0.04, 0.3, 0.62]) * (height - line.height as f32)) as u32;
    let left = ((width - line.width as f32) * dice.range(0.2, 0.8)).max(0.0) as u32;
    let on_plate = share > 0.1;
    for row in 0..line.height {
        for column in 0..line.width {
            let (x, y) = (left + column as u32, top + row as u32);
            if x >= picture.width() || y >= picture.height() {
                continue;
            }
            let ink = line.coverage[row * line.width + column] * 0.94;
            let pixel = out.get_pixel_mut(x, y);
            for (value, colour) in pixel.0.iter_mut().zip(colour) {
                let (plate, letter) = if on_plate { (f32::from(colour), 255.0) } else { (0.0, f32::from(colour)) };
                let below = if on_plate { f32::from(*value) * 0.1 + plate * 0.9 } else { f32::from(*value) };
                *value = (below + (letter - below) * ink + 0.5) as u8;
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// Edges at every scale, mid greys and colours.
    fn picture() -> RgbImage {
        RgbImage::from_fn(160, 120, |x, y| {
            let check = if (x / 5 + y / 7) % 2 == 0 { 70 } else { 150 };
            Rgb([check as u8 + (x / 4) as u8, check as u8 + 20, check as u8 + (y / 4) as u8])
        })
    }

    fn luma(picture: &RgbImage) -> Vec<f64> {
        picture.pixels().map(|p| (f64::from(p[0]) + f64::from(p[1]) + f64::from(p[2])) / 3.0).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn spread(values: &[f64]) -> f64 {
        let middle = mean(values);
        mean(&values.iter().map(|value| (value - middle).powi(2)).collect::<Vec<_>>()).sqrt()
    }

    /// Variance of the Laplacian.
    fn sharpness(picture: &RgbImage) -> f64 {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let values = luma(picture);
        let mut laplacian = Vec::new();
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                let at = y * width + x;
                let around = values[at - 1] + values[at + 1] + values[at - width] + values[at + width];
                laplacian.push(around - 4.0 * values[at]);
            }
        }
        spread(&laplacian)
    }

    fn error(picture: &RgbImage, clean: &RgbImage) -> f64 {
        let squares: Vec<f64> =
            picture.iter().zip(clean.iter()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).collect();
        mean(&squares)
    }

    fn warmth(picture: &RgbImage) -> f64 {
        mean(&picture.pixels().map(|p| f64::from(p[0]) - f64::from(p[2])).collect::<Vec<_>>())
    }

    /// Each step of the ladder must raise the measure.
    fn check(name: &str, ladder: &[Distortion], measure: impl Fn(&RgbImage) -> f64) {
        let clean = picture();
        let mut last = measure(&clean);
        for &distortion in ladder {
            let value = measure(&apply(&clean, distortion, 5).expect("applies"));
            assert!(value > last, "{name}: {distortion:?} gives {value} after {last}");
            last = value;
        }
    }

    #[test]
    fn stronger_distortions_move_an_independent_measure_further() {
        let blurs = [0.5, 1.0, 2.0, 4.0].map(|sigma| Distortion::GaussianBlur { sigma });
        check("blur", &blurs, |picture| -sharpness(picture));
        check("motion", &[3.0, 5.0, 9.0].map(|length| Distortion::MotionBlur { length }), |picture| {
            -sharpness(picture)
        });
        check("down-up", &[1.5, 2.5, 4.0].map(|factor| Distortion::DownUp { factor }), |picture| -sharpness(picture));
        check("sharpen", &[0.5, 1.0, 2.0].map(|amount| Distortion::OverSharpen { amount }), sharpness);
        let clean = picture();
        let noises = [0.0005, 0.002, 0.01].map(|variance| Distortion::SensorNoise { variance });
        check("noise", &noises, |picture| error(picture, &clean));
        let qualities = [80, 40, 15, 5].map(|quality| Distortion::JpegQuality { quality });
        check("jpeg", &qualities, |picture| error(picture, &clean));
        check("text", &[0.05, 0.1, 0.2].map(|share| Distortion::TextOverlay { share }), |picture| {
            error(picture, &clean)
        });
        check("bright", &[0.3, 0.6, 1.0].map(|ev| Distortion::Exposure { ev }), |picture| mean(&luma(picture)));
        check("dark", &[-0.3, -0.9, -2.0].map(|ev| Distortion::Exposure { ev }), |picture| -mean(&luma(picture)));
        check("flat", &[0.8, 0.5, 0.3].map(|gain| Distortion::Contrast { gain }), |picture| -spread(&luma(picture)));
        check("warm", &[5500.0, 4000.0, 2700.0].map(|kelvin| Distortion::ColourCast { kelvin }), warmth);
        check("cool", &[7500.0, 9500.0].map(|kelvin| Distortion::ColourCast { kelvin }), |picture| -warmth(picture));
    }

    #[test]
    fn noise_has_the_variance_it_was_given() {
        let grey = RgbImage::from_pixel(200, 200, Rgb([128; 3]));
        let noisy = apply(&grey, Distortion::SensorNoise { variance: 0.004 }, 3).expect("applies");
        let seen = error(&noisy, &grey) / 255.0 / 255.0;
        assert!((seen - 0.004).abs() < 0.0003, "{seen}");
    }

    #[test]
    fn neutral_strengths_leave_the_picture() {
        let clean = picture();
        for distortion in [
            Distortion::GaussianBlur { sigma: 0.0 },
            Distortion::Exposure { ev: 0.0 },
            Distortion::Contrast { gain: 1.0 },
            Distortion::ColourCast { kelvin: 6500.0 },
            Distortion::OverSharpen { amount: 0.0 },
            Distortion::DownUp { factor: 1.0 },
            Distortion::SensorNoise { variance: 0.0 },
        ] {
            assert_eq!(apply(&clean, distortion, 1).expect("applies"), clean, "{distortion:?}");
        }
    }

    #[test]
    fn one_stop_doubles_linear_light_and_a_seed_decides_the_noise() {
        let grey = RgbImage::from_pixel(2, 2, Rgb([100; 3]));
        let brighter = apply(&grey, Distortion::Exposure { ev: 1.0 }, 0).expect("applies");
        let expected = (to_srgb(2.0 * to_linear(100.0 / 255.0)) * 255.0).round() as u8;
        assert_eq!(brighter.get_pixel(0, 0)[1], expected);
        let noise = |seed| apply(&picture(), Distortion::SensorNoise { variance: 0.002 }, seed).expect("applies");
        assert_eq!(noise(1), noise(1));
        assert_ne!(noise(1), noise(2));
    }
}
