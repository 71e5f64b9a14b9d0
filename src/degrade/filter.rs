//! Filters over whole pictures: blurs, sharpening, sensor noise and tone curves.

use image::RgbImage;

use super::random::normal_pair;

/// A weight at an offset in pixels.
type Tap = (i32, i32, f32);

/// Picture values as floats, three a pixel.
struct Floats {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Floats {
    fn of(picture: &RgbImage) -> Self {
        let values = picture.iter().map(|&value| f32::from(value)).collect();
        Self { width: picture.width() as usize, height: picture.height() as usize, values }
    }

    fn into_picture(self) -> RgbImage {
        let mut out = RgbImage::new(self.width as u32, self.height as u32);
        for (to, from) in out.iter_mut().zip(self.values) {
            *to = (from + 0.5).clamp(0.0, 255.0) as u8;
        }
        out
    }

    /// The weighted sum of shifted copies; beyond the border the border goes on.
    fn convolve(&self, taps: &[Tap]) -> Self {
        let reach = taps.iter().map(|tap| tap.0.unsigned_abs() as usize).max().unwrap_or(0);
        let row_length = self.width * 3;
        let padded_length = row_length + reach * 6;
        let mut padded = Vec::with_capacity(padded_length * self.height);
        for row in self.values.chunks_exact(row_length) {
            padded.extend(row[..3].iter().cycle().take(reach * 3));
            padded.extend_from_slice(row);
            padded.extend(row[row_length - 3..].iter().cycle().take(reach * 3));
        }
        let mut values = vec![0.0; self.values.len()];
        for (y, out) in values.chunks_exact_mut(row_length).enumerate() {
            for &(dx, dy, weight) in taps {
                let row = (y as i64 + i64::from(dy)).clamp(0, self.height as i64 - 1) as usize;
                let start = row * padded_length + ((reach as i64 + i64::from(dx)) * 3) as usize;
                add_scaled(out, &padded[start..start + row_length], weight);
            }
        }
        Self { width: self.width, height: self.height, values }
    }

    fn gaussian(&self, sigma: f32) -> Self {
        let reach = (3.0 * sigma).ceil() as i32;
        let weight = |offset: i32| (-(offset as f32 / sigma).powi(2) / 2.0).exp();
        let total: f32 = (-reach..=reach).map(weight).sum();
        let taps = |across: bool| -> Vec<Tap> {
            let tap = |at: i32| if across { (at, 0, weight(at) / total) } else { (0, at, weight(at) / total) };
            (-reach..=reach).map(tap).collect()
        };
        self.convolve(&taps(true)).convolve(&taps(false))
    }
}

/// Adds `weight` times one row to another of the same length. A bare loop: this is where blurs spend their time, and the
/// development profile inlines neither iterators nor ranges.
fn add_scaled(out: &mut [f32], row: &[f32], weight: f32) {
    let length = out.len().min(row.len());
    let (out, row) = (&mut out[..length], &row[..length]);
    let mut index = 0;
    while index < length {
        out[index] += row[index] * weight;
        index += 1;
    }
}

/// Gaussian blur; `sigma` in pixels, 0 or less leaves the picture.
pub(super) fn gaussian(picture: &RgbImage, sigma: f32) -> RgbImage {
    if sigma <= 0.0 { picture.clone() } else { Floats::of(picture).gaussian(sigma).into_picture() }
}

/// The disc that a lens out of focus makes of a point; `radius` in pixels. The rim counts in part.
pub(super) fn disc(picture: &RgbImage, radius: f32) -> RgbImage {
    let reach = radius.max(0.0).ceil() as i32;
    let weight = |x: i32, y: i32| (radius + 0.5 - (x as f32).hypot(y as f32)).clamp(0.0, 1.0);
    let places = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
    let mut taps: Vec<Tap> = places.map(|(x, y)| (x, y, weight(x, y))).filter(|tap| tap.2 > 0.0).collect();
    let total: f32 = taps.iter().map(|tap| tap.2).sum();
    taps.iter_mut().for_each(|tap| tap.2 /= total);
    Floats::of(picture).convolve(&taps).into_picture()
}

/// The smear of a camera that moved evenly by `length` pixels at `angle` radians.
pub(super) fn motion(picture: &RgbImage, length: f32, angle: f32) -> RgbImage {
    let samples = (length * 2.0).ceil().max(1.0) as i32;
    let (sin, cos) = angle.sin_cos();
    let mut taps: Vec<Tap> = Vec::new();
    for sample in 0..=samples {
        let along = (sample as f32 / samples as f32 - 0.5) * length;
        let (x, y) = (along * cos, along * sin);
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        for (dx, dy, share) in
            [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
        {
            let (dx, dy, weight) = (left as i32 + dx, top as i32 + dy, share / (samples + 1) as f32);
            match taps.iter_mut().find(|tap| (tap.0, tap.1) == (dx, dy)) {
                Some(tap) => tap.2 += weight,
                None => taps.push((dx, dy, weight)),
            }
        }
    }
    taps.retain(|tap| tap.2 > 1e-6);
    Floats::of(picture).convolve(&taps).into_picture()
}

/// Unsharp masking with a radius of one pixel: adds `amount` times what a blur takes away.
pub(super) fn sharpen(picture: &RgbImage, amount: f32) -> RgbImage {
    let mut sharp = Floats::of(picture);
    let soft = sharp.gaussian(1.0);
    for (value, soft) in sharp.values.iter_mut().zip(soft.values) {
        *value += amount * (*value - soft);
    }
    sharp.into_picture()
}

/// Independent normal noise in each channel; `variance` in units of full scale squared.
pub(super) fn noise(picture: &RgbImage, variance: f32, seed: u64) -> RgbImage {
    let deviation = variance.max(0.0).sqrt() * 255.0;
    let mut out = picture.clone();
    for (index, pair) in out.chunks_mut(2).enumerate() {
        for (value, noise) in pair.iter_mut().zip(normal_pair(seed, index as u64)) {
            *value = (f32::from(*value) + noise * deviation + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// Applies one curve a channel; `curve` maps (channel, sRGB 0..1) to sRGB 0..1.
pub(super) fn tone(picture: &RgbImage, curve: impl Fn(usize, f32) -> f32) -> RgbImage {
    let mut tables = [[0_u8; 256]; 3];
    for (channel, table) in tables.iter_mut().enumerate() {
        for (value, out) in table.iter_mut().enumerate() {
            *out = (curve(channel, value as f32 / 255.0).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }
    let mut out = picture.clone();
    for pixel in out.chunks_exact_mut(3) {
        for (value, table) in pixel.iter_mut().zip(&tables) {
            *value = table[usize::from(*value)];
        }
    }
    out
}
