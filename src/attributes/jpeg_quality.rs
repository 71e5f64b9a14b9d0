//! JPEG quality: the setting 1-100 whose quantisation table is nearest to the file's own.
//!
//! The Independent JPEG Group's scaling of the luminance table in ITU-T T.81, annex K.1 (`jpeg_quality_scaling` of
//! libjpeg): `(t·s + 50) / 100` with `s = 5000/q` below 50 and `200 − 2q` from 50 on. Cameras and Photoshop have tables of
//! their own: theirs are told as the nearest of these.

/// The luminance table, in the zigzag order of a file.
const LUMINANCE: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
];

/// The quality that the file's luminance table stands for; nothing when the bytes are no JPEG with such a table.
pub(super) fn jpeg_quality(bytes: &[u8]) -> Option<f64> {
    let table = luminance_table(bytes)?;
    let distance = |quality: u16| -> u64 {
        let scaled = LUMINANCE.map(|value| scale(value, quality));
        scaled.iter().zip(table).map(|(ours, theirs)| u64::from(ours.abs_diff(theirs))).sum()
    };
    (1..=100).min_by_key(|quality| (distance(*quality), 100 - quality)).map(f64::from)
}

fn scale(value: u16, quality: u16) -> u16 {
    let factor = if quality < 50 { 5000 / u32::from(quality) } else { 200 - 2 * u32::from(quality) };
    ((u32::from(value) * factor + 50) / 100).clamp(1, 255) as u16
}

/// Table 0 of the first DQT segment that holds one (T.81, B.2.4.1).
fn luminance_table(bytes: &[u8]) -> Option<[u16; 64]> {
    let mut at = bytes.strip_prefix(&[0xFF, 0xD8]).map(|_| 2)?;
    loop {
        let [0xFF, marker] = *bytes.get(at..at + 2)? else { return None };
        if marker == 0xFF {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let segment = bytes.get(at + 4..at + 2 + length)?;
        match marker {
            0xDB => {
                if let Some(table) = table_zero(segment) {
                    return Some(table);
                }
            }
            // The first scan: no more tables for us.
            0xDA | 0xD9 => return None,
            _ => {}
        }
        at += 2 + length;
    }
}

fn table_zero(mut segment: &[u8]) -> Option<[u16; 64]> {
    while let Some((head, rest)) = segment.split_first() {
        let wide = head >> 4 != 0;
        let values = rest.get(..if wide { 128 } else { 64 })?;
        if head & 15 == 0 {
            let value = |index: usize| {
                if wide {
                    u16::from_be_bytes([values[2 * index], values[2 * index + 1]])
                } else {
                    u16::from(values[index])
                }
            };
            return Some(std::array::from_fn(value));
        }
        segment = &rest[values.len()..];
    }
    None
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageFormat, RgbImage};

    use super::*;

    #[test]
    fn the_setting_a_file_was_written_with_is_read_back() {
        let photo = RgbImage::from_fn(32, 32, |x, y| image::Rgb([x as u8 * 8, y as u8 * 8, 90]));
        for quality in [1, 5, 10, 25, 49, 50, 51, 75, 90, 95, 99, 100] {
            let mut bytes = Vec::new();
            JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&photo).expect("encodes");
            let found = jpeg_quality(&bytes).expect("has a table");
            assert!((found - f64::from(quality)).abs() <= 1.0, "{quality} read as {found}");
        }
        let mut png = std::io::Cursor::new(Vec::new());
        photo.write_to(&mut png, ImageFormat::Png).expect("encodes");
        assert_eq!(jpeg_quality(&png.into_inner()), None);
        for cut in [&b"\xFF\xD8"[..], b"\xFF\xD8\xFF\xDB\x00", b"\xFF\xD8\xFF\xDB\x00\x43\x00\x10", b""] {
            assert_eq!(jpeg_quality(cut), None);
        }
    }
}
