//! Which photo of a group to keep, and why, in words.

use std::cmp::Ordering;

/// What is known of a photo without looking at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts<'a> {
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// File size in bytes.
    pub bytes: u64,
    /// Format name: "jpeg", "png", …
    pub format: &'a str,
    /// Quality 1-100 of a JPEG, when known.
    pub jpeg_quality: Option<f64>,
    /// Variance of the Laplacian over the product, when known.
    pub sharpness: Option<f64>,
}

/// Share of a side up to which a smaller copy counts as cropped, not as resized.
const CROPPED: f64 = 0.05;

/// Sharpnesses nearer than this share say nothing.
const SAME_SHARPNESS: f64 = 0.05;

impl Facts<'_> {
    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    fn is_lossless(&self) -> bool {
        matches!(self.format, "png" | "tiff" | "bmp")
    }
}

/// Orders photos of a group, the best first: most pixels, a format without loss, the highest JPEG quality (not known
/// counts as lowest), most bytes, the sharpest.
pub fn best_first(a: &Facts<'_>, b: &Facts<'_>) -> Ordering {
    let quality = |facts: &Facts<'_>| facts.jpeg_quality.map_or(0, |quality| quality.round() as u8);
    let sharpness = |facts: &Facts<'_>| facts.sharpness.unwrap_or(f64::NEG_INFINITY);
    (b.pixels().cmp(&a.pixels()))
        .then(b.is_lossless().cmp(&a.is_lossless()))
        .then(quality(b).cmp(&quality(a)))
        .then(b.bytes.cmp(&a.bytes))
        .then(sharpness(b).total_cmp(&sharpness(a)))
}

/// Why the best of a group is better than the next that differs from it, in words: "largest: 1080×1340 against
/// 540×670". `others` are the rest of the group, best first.
pub fn reason(best: &Facts<'_>, others: &[Facts<'_>]) -> String {
    let given = others.iter().find_map(|other| advantage(best, other));
    given.unwrap_or_else(|| "alike in size and compression: any of them will do".to_owned())
}

/// The first fact in which `best` is better, where it can be compared.
fn advantage(best: &Facts<'_>, other: &Facts<'_>) -> Option<String> {
    if best.pixels() > other.pixels() {
        let word = if is_crop(other, best) { "not cropped" } else { "largest" };
        return Some(format!("{word}: {}×{} against {}×{}", best.width, best.height, other.width, other.height));
    }
    if best.is_lossless() && !other.is_lossless() {
        return Some(format!("same size, stored without loss: {} against {}", best.format, other.format));
    }
    let quality = best.jpeg_quality.zip(other.jpeg_quality).map(|(best, other)| (best.round(), other.round()));
    if let Some((best, other)) = quality.filter(|(best, other)| best > other) {
        return Some(format!("same size, less compressed: JPEG quality {best} against {other}"));
    }
    // Bytes tell the compression only within one lossy format.
    if best.format == other.format && !best.is_lossless() && best.bytes > other.bytes {
        let [best, other] = [best.bytes, other.bytes].map(in_words);
        return Some(format!("same size, less compressed: {best} against {other}"));
    }
    let sharpness = best.sharpness.zip(other.sharpness);
    let (best, other) = sharpness.filter(|(best, other)| best * (1.0 - SAME_SHARPNESS) > *other)?;
    Some(format!("same size and compression, sharper: {best:.0} against {other:.0}"))
}

/// A little less on each side, and not by the same factor.
fn is_crop(smaller: &Facts<'_>, whole: &Facts<'_>) -> bool {
    let [across, along] = [(smaller.width, whole.width), (smaller.height, whole.height)]
        .map(|(a, b)| 1.0 - f64::from(a) / f64::from(b.max(1)));
    // A resize keeps the shape but for rounding to whole pixels.
    let rounding = 1.0 / f64::from(smaller.width.min(smaller.height).max(1));
    (across - along).abs() > rounding && [across, along].iter().all(|lost| (0.0..=CROPPED).contains(lost))
}

/// A file size with a unit that suits it and enough digits to differ.
fn in_words(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.2} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(width: u32, height: u32, bytes: u64, format: &str) -> Facts<'_> {
        Facts { width, height, bytes, format, jpeg_quality: None, sharpness: None }
    }

    /// Sorts and gives the place of the best and the reason.
    fn judge(photos: &[Facts<'_>]) -> (usize, String) {
        let mut places: Vec<usize> = (0..photos.len()).collect();
        places.sort_by(|&a, &b| best_first(&photos[a], &photos[b]));
        let sorted: Vec<Facts<'_>> = places.iter().map(|&place| photos[place]).collect();
        (places[0], reason(&sorted[0], &sorted[1..]))
    }

    #[test]
    fn the_reason_names_the_first_fact_that_decides() {
        let quality = |value: f64, bytes| Facts { jpeg_quality: Some(value), ..facts(800, 600, bytes, "jpeg") };
        let sharp = |value: f64| Facts { sharpness: Some(value), ..facts(800, 600, 5000, "jpeg") };
        let cases: &[(&[Facts<'_>], usize, &str)] = &[
            (
                &[facts(540, 670, 90_000, "jpeg"), facts(1080, 1340, 80_000, "jpeg")],
                1,
                "largest: 1080×1340 against 540×670",
            ),
            (
                &[facts(784, 600, 90_000, "png"), facts(800, 600, 80_000, "jpeg")],
                1,
                "not cropped: 800×600 against 784×600",
            ),
            (
                &[facts(800, 600, 90_000, "jpeg"), facts(800, 600, 70_000, "png")],
                1,
                "same size, stored without loss: png against jpeg",
            ),
            (
                &[quality(60.0, 90_000), quality(95.0, 80_000)],
                1,
                "same size, less compressed: JPEG quality 95 against 60",
            ),
            (
                &[facts(800, 600, 245_000, "jpeg"), facts(800, 600, 98_400, "jpeg")],
                0,
                "same size, less compressed: 245.0 kB against 98.4 kB",
            ),
            (&[sharp(120.0), sharp(310.0)], 1, "same size and compression, sharper: 310 against 120"),
            (&[sharp(120.0), sharp(121.0)], 1, "alike in size and compression: any of them will do"),
            (
                &[facts(800, 600, 5000, "jpeg"), facts(800, 600, 5000, "jpeg"), facts(400, 300, 5000, "jpeg")],
                0,
                "largest: 800×600 against 400×300",
            ),
        ];
        for (photos, best, words) in cases {
            assert_eq!(judge(photos), (*best, (*words).to_owned()));
        }
    }

    #[test]
    fn bytes_of_other_formats_are_no_reason() {
        let photos = [facts(800, 600, 40_000, "webp"), facts(800, 600, 90_000, "jpeg")];
        assert_eq!(judge(&photos), (1, "alike in size and compression: any of them will do".to_owned()));
    }
}
