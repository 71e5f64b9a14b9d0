//! Colour cast: how far the photo's neutral tones are from grey.
//!
//! The median of a* and b* in CIELAB (CIE 15:2004, sRGB primaries, D65) over the pixels that are nearly grey, as its
//! distance from the neutral axis. Only nearly grey pixels can tell a cast from a coloured product (the idea of F. Gasparini
//! and R. Schettini, "Colour balancing of digital photos using simple image statistics", Pattern Recognition 37, 2004);
//! burnt and black ones tell nothing.

use image::RgbImage;

/// About so many pixels are looked at.
const SAMPLES: f64 = 6_000.0;
/// Largest distance from the neutral axis of a pixel that is nearly grey, in CIELAB units.
const NEARLY_GREY: f64 = 20.0;
/// Share of the samples that must be nearly grey.
const LEAST_SHARE: f64 = 0.02;
/// Channels outside of this range may be clipped.
const OPEN: std::ops::RangeInclusive<u8> = 20..=252;

/// CIELAB distance of the neutral tones from grey; nothing when too few pixels are nearly grey.
pub(super) fn colour_cast(photo: &RgbImage) -> Option<f64> {
    let pixels = photo.as_raw().as_chunks::<3>().0;
    let step = ((pixels.len() as f64 / SAMPLES).ceil() as usize).max(1);
    // An odd step keeps samples from lining up in columns.
    let sampled = pixels.iter().step_by(step | 1);
    let total = sampled.len();
    let open = sampled.filter(|pixel| pixel.iter().all(|channel| OPEN.contains(channel)));
    let neutral = open.map(|pixel| a_and_b(*pixel)).filter(|(a, b)| a.hypot(*b) < NEARLY_GREY);
    let (mut a, mut b): (Vec<f64>, Vec<f64>) = neutral.unzip();
    let enough = a.len() as f64 >= LEAST_SHARE * total as f64 && !a.is_empty();
    enough.then(|| median(&mut a).hypot(median(&mut b)))
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// a* and b* of an sRGB pixel.
fn a_and_b(pixel: [u8; 3]) -> (f64, f64) {
    let [red, green, blue] = pixel.map(|channel| LINEAR.with(|table| table[usize::from(channel)]));
    // IEC 61966-2-1, each divided by the white point D65.
    let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
    let y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
    let [x, y, z] = [x, y, z].map(|t| {
        let knee = 6.0 / 29.0;
        if t > knee * knee * knee { t.cbrt() } else { t / (3.0 * knee * knee) + 4.0 / 29.0 }
    });
    (500.0 * (x - y), 200.0 * (y - z))
}

thread_local! {
    /// sRGB's curve undone, for each of 256 values.
    static LINEAR: [f64; 256] = std::array::from_fn(|value| {
        let value = value as f64 / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
}
