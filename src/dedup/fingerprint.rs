//! What is kept of a photo to recognise it again: a tiny picture and a hash of its coarse structure.

use std::sync::LazyLock;

use image::RgbImage;

use crate::imaging;

/// Stands for the way fingerprints are made; stored ones of another version are made again.
pub const VERSION: u32 = 1;

/// Shorter side in pixels that a picture should still have when it comes to [`Fingerprint::of`]; more adds nothing.
pub const LEAST_SIDE: u32 = 64;

/// Side of the luma map.
pub(super) const LUMA: usize = 24;

/// Side of each chroma map.
pub(super) const CHROMA: usize = 12;

/// Bytes of a stored fingerprint: width, height, luma map, two chroma maps.
const BYTES: usize = 8 + LUMA * LUMA + 2 * CHROMA * CHROMA;

/// Bits of the hash.
const BITS: usize = 64;

/// Frequencies 0 to 10 a direction hold the 64 lowest pairs of them.
const FREQUENCIES: usize = 11;

/// Standard deviation of all three maps, in levels, under which there is nothing to recognise.
const PLAIN: f32 = 2.0;

/// A photo reduced to what stays when it is resized, compressed again or slightly cropped: 24 × 24 luma, twice 12 × 12
/// chroma, and 64 bits, one a low frequency of the cosine transform (after Zauner's pHash: above the median or not).
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    /// Width of the photo in pixels, upright.
    pub width: u32,
    /// Height of the photo in pixels, upright.
    pub height: u32,
    pub(super) luma: [u8; LUMA * LUMA],
    /// Blue difference, then red difference, each around 128.
    pub(super) chroma: [[u8; CHROMA * CHROMA]; 2],
    pub(super) hash: u64,
    plain: bool,
}

impl Fingerprint {
    /// The fingerprint of an upright picture, which may be a reduced version of the photo of `width` × `height` pixels
    /// (shorter side [`LEAST_SIDE`] or more).
    pub fn of(picture: &RgbImage, width: u32, height: u32) -> Self {
        let small = imaging::resize(picture, LUMA as u32, LUMA as u32);
        let mut luma = [0; LUMA * LUMA];
        let mut sums = [[0.0_f32; CHROMA * CHROMA]; 2];
        for (index, pixel) in small.pixels().enumerate() {
            let [red, green, blue] = pixel.0.map(f32::from);
            // ITU-R BT.601, as in JPEG.
            let grey = 0.299 * red + 0.587 * green + 0.114 * blue;
            luma[index] = grey.round() as u8;
            let cell = index / LUMA / 2 * CHROMA + index % LUMA / 2;
            sums[0][cell] += 0.564 * (blue - grey);
            sums[1][cell] += 0.713 * (red - grey);
        }
        let chroma = sums.map(|sums| sums.map(|sum| (128.0 + sum / 4.0).round().clamp(0.0, 255.0) as u8));
        Self::from_maps(width, height, luma, chroma)
    }

    fn from_maps(width: u32, height: u32, luma: [u8; LUMA * LUMA], chroma: [[u8; CHROMA * CHROMA]; 2]) -> Self {
        let plain = [&luma[..], &chroma[0], &chroma[1]].into_iter().all(|map| spread(map) < PLAIN);
        Self { width, height, luma, chroma, hash: hash(&luma), plain }
    }

    /// Nothing to recognise: a blank frame. Such photos are duplicates only when their bytes are the same.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// As stored: width and height (4 bytes each, little endian), luma, blue and red difference, row by row.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend(self.width.to_le_bytes());
        bytes.extend(self.height.to_le_bytes());
        bytes.extend(self.luma);
        self.chroma.iter().for_each(|map| bytes.extend(map));
        bytes
    }

    /// Reads what [`Fingerprint::to_bytes`] wrote; nothing when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (width, rest) = bytes.split_first_chunk::<4>()?;
        let (height, rest) = rest.split_first_chunk::<4>()?;
        let (luma, rest) = rest.split_first_chunk()?;
        let (blue, rest) = rest.split_first_chunk()?;
        let red = rest.try_into().ok()?;
        Some(Self::from_maps(u32::from_le_bytes(*width), u32::from_le_bytes(*height), *luma, [*blue, red]))
    }
}

/// Standard deviation.
fn spread(map: &[u8]) -> f32 {
    let count = map.len() as f32;
    let mean = map.iter().map(|&value| f32::from(value)).sum::<f32>() / count;
    (map.iter().map(|&value| (f32::from(value) - mean).powi(2)).sum::<f32>() / count).sqrt()
}

/// `cos(π (2x + 1) f / 2N)` for every frequency f and place x: the rows of a cosine transform.
static COSINES: LazyLock<[[f32; LUMA]; FREQUENCIES]> = LazyLock::new(|| {
    std::array::from_fn(|frequency| {
        std::array::from_fn(|place| {
            let angle = std::f64::consts::PI * (2 * place + 1) as f64 * frequency as f64 / (2 * LUMA) as f64;
            angle.cos() as f32
        })
    })
});

/// The 64 lowest pairs of frequencies (vertical, horizontal) but the mean, by their sum.
static LOWEST: LazyLock<[(usize, usize); BITS]> = LazyLock::new(|| {
    let diagonals = (1..).flat_map(|sum| (0..=sum).map(move |vertical| (vertical, sum - vertical)));
    let mut pairs = diagonals.take(BITS);
    std::array::from_fn(|_| pairs.next().unwrap_or_default())
});

/// Bit by bit, whether a low frequency is above their median. Neighbouring frequencies, which tend to agree among
/// photos of one style, go to different quarters of the hash, so that no quarter is nearly the same in all of them.
fn hash(luma: &[u8; LUMA * LUMA]) -> u64 {
    let mut rows = [[0.0_f32; FREQUENCIES]; LUMA];
    for (row, values) in rows.iter_mut().zip(luma.chunks_exact(LUMA)) {
        for (sum, cosines) in row.iter_mut().zip(COSINES.iter()) {
            *sum = cosines.iter().zip(values).map(|(cosine, &value)| cosine * f32::from(value)).sum();
        }
    }
    let scale = |frequency: usize| if frequency == 0 { std::f32::consts::FRAC_1_SQRT_2 } else { 1.0 };
    let coefficients = LOWEST.map(|(vertical, horizontal)| {
        let sum: f32 = COSINES[vertical].iter().zip(&rows).map(|(cosine, row)| cosine * row[horizontal]).sum();
        sum * scale(vertical) * scale(horizontal)
    });
    let mut sorted = coefficients;
    sorted.sort_unstable_by(f32::total_cmp);
    let median = (sorted[BITS / 2 - 1] + sorted[BITS / 2]) / 2.0;
    let above = coefficients.iter().enumerate().filter(|(_, value)| **value > median);
    above.fold(0, |hash, (index, _)| hash | 1 << (index % 4 * 16 + index / 4))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn scene() -> RgbImage {
        RgbImage::from_fn(240, 180, |x, y| {
            let inside = (60..150).contains(&x) && (40..150).contains(&y);
            if inside { Rgb([(x / 2) as u8, (200 - y / 2) as u8, ((x * y) % 97) as u8]) } else { Rgb([250; 3]) }
        })
    }

    #[test]
    fn stored_fingerprints_come_back_the_same_and_others_are_refused() {
        let print = Fingerprint::of(&scene(), 2400, 1800);
        let bytes = print.to_bytes();
        assert_eq!(bytes.len(), 872, "a photo costs less than a kilobyte");
        assert_eq!(Fingerprint::from_bytes(&bytes), Some(print));
        assert_eq!(Fingerprint::from_bytes(&bytes[1..]), None);
        assert_eq!(Fingerprint::from_bytes(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn the_hash_survives_resizing_and_half_its_bits_are_set() {
        let photo = scene();
        let (print, small) =
            (Fingerprint::of(&photo, 240, 180), Fingerprint::of(&imaging::resize(&photo, 151, 113), 151, 113));
        assert!((print.hash ^ small.hash).count_ones() <= 4);
        assert_eq!(print.hash.count_ones(), 32);
        let mirrored = Fingerprint::of(&image::imageops::flip_horizontal(&photo), 240, 180);
        assert!((print.hash ^ mirrored.hash).count_ones() > 12);
    }

    #[test]
    fn a_blank_frame_is_plain_and_one_with_a_product_is_not() {
        let blank = RgbImage::from_fn(100, 100, |x, _| Rgb([254 + (x % 2) as u8; 3]));
        assert!(Fingerprint::of(&blank, 100, 100).is_plain());
        assert!(!Fingerprint::of(&scene(), 240, 180).is_plain());
    }
}
