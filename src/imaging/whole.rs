//! Tells whether a photo file ends where its format says it must, by walking its structure without decoding.
//!
//! Needed because decoders forgive: a JPEG that lost its second half decodes to a photo with a grey lower half.

use image::ImageFormat;

/// Whether the file reaches the end its own structure announces; trailing bytes after that end are fine.
pub(super) fn is_whole(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::Jpeg => jpeg(bytes),
        ImageFormat::Png => png(bytes).is_some(),
        ImageFormat::Gif => gif(bytes).is_some(),
        ImageFormat::WebP => le32(bytes, 4).is_some_and(|size| size + 8 <= bytes.len()),
        ImageFormat::Bmp => bmp(bytes).is_some_and(|end| end <= bytes.len()),
        ImageFormat::Tiff => tiff(bytes).is_some_and(|end| end <= bytes.len()),
        _ => true,
    }
}

/// How many scans a JPEG has, thumbnails inside segments not counted: decoding time grows with them, whatever the size.
pub(super) fn scans(bytes: &[u8]) -> usize {
    walk_jpeg(bytes).1
}

fn jpeg(bytes: &[u8]) -> bool {
    walk_jpeg(bytes).0
}

/// Walks the markers (ITU T.81, annex B) to end-of-image; thumbnails inside segments are stepped over. Whether the end is
/// there, and how many scans there are.
fn walk_jpeg(bytes: &[u8]) -> (bool, usize) {
    let (mut at, mut scans) = (2, 0);
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xFF)) {
        at += offset + 1;
        match bytes.get(at) {
            Some(0xD9) => return (true, scans),
            // A fill byte: the marker is still to come.
            Some(0xFF) => {}
            // Stuffing and restart markers within a scan, and markers without a length.
            Some(0x00 | 0x01 | 0xD0..=0xD8) => at += 1,
            Some(marker) => match be16(bytes, at + 1) {
                Some(length) => {
                    scans += usize::from(*marker == 0xDA);
                    at += 1 + length;
                }
                None => return (false, scans),
            },
            None => return (false, scans),
        }
    }
    (false, scans)
}

/// Offset behind the IEND chunk.
fn png(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let length = be32(bytes, at)?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let kind = bytes.get(at + 4..at + 8)?;
        if end > bytes.len() {
            return None;
        }
        if kind == b"IEND" {
            return Some(end);
        }
        at = end;
    }
}

/// Offset behind the trailer (GIF89a, section 27).
fn gif(bytes: &[u8]) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        match bytes.get(at)? {
            0x3B => return Some(at + 1),
            0x2C => at = sub_blocks(bytes, at + 11 + table(*bytes.get(at + 9)?))?,
            0x21 => at = sub_blocks(bytes, at + 2)?,
            _ => return None,
        }
    }
}

fn sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Where the pixels of a BMP end: computed for plain rows, else the header's own file size.
fn bmp(bytes: &[u8]) -> Option<usize> {
    let stated = le32(bytes, 2)?;
    let start = le32(bytes, 10)?;
    let core_header = le32(bytes, 14)? == 12;
    let (width, height, depth, compression) = if core_header {
        (le16(bytes, 18)?, le16(bytes, 20)?, le16(bytes, 24)?, 0)
    } else {
        let rows = (le32(bytes, 22)? as u32 as i32).unsigned_abs() as usize;
        (le32(bytes, 18)?, rows, le16(bytes, 28)?, le32(bytes, 30)?)
    };
    // 0 and 3 are uncompressed rows, padded to four bytes.
    if !matches!(compression, 0 | 3) {
        return Some(stated);
    }
    let row = width.checked_mul(depth)?.checked_add(31)? / 32 * 4;
    row.checked_mul(height)?.checked_add(start)
}

/// The furthest byte that the strips or tiles of the first page reach (TIFF 6.0, section 2). `BigTIFF` is left to its
/// decoder, which reports missing data itself.
fn tiff(bytes: &[u8]) -> Option<usize> {
    let little = bytes.starts_with(b"II");
    let word = |at: usize| if little { le16(bytes, at) } else { be16(bytes, at) };
    let long = |at: usize| if little { le32(bytes, at) } else { be32(bytes, at) };
    if word(2)? != 42 {
        return Some(bytes.len());
    }
    let directory = long(4)?;
    let mut offsets = Vec::new();
    let mut lengths = Vec::new();
    for index in 0..word(directory)? {
        let entry = directory + 2 + index * 12;
        let list = match word(entry)? {
            273 | 324 => &mut offsets,
            279 | 325 => &mut lengths,
            _ => continue,
        };
        let short = word(entry + 2)? == 3;
        let count = long(entry + 4)?;
        let size = if short { 2 } else { 4 };
        let start = if count.checked_mul(size)? <= 4 { entry + 8 } else { long(entry + 8)? };
        for item in 0..count {
            let at = start.checked_add(item * size)?;
            list.push(if short { word(at)? } else { long(at)? });
        }
    }
    offsets
        .iter()
        .zip(&lengths)
        .map(|(&start, &length)| start.checked_add(length))
        .try_fold(0, |furthest, end| end.map(|end| end.max(furthest)))
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn le16(bytes: &[u8], at: usize) -> Option<usize> {
    bytes_at(bytes, at).map(|value| usize::from(u16::from_le_bytes(value)))
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    bytes_at(bytes, at).map(|value| usize::from(u16::from_be_bytes(value)))
}

fn le32(bytes: &[u8], at: usize) -> Option<usize> {
    bytes_at(bytes, at).map(|value| u32::from_le_bytes(value) as usize)
}

fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    bytes_at(bytes, at).map(|value| u32::from_be_bytes(value) as usize)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, gradient};
    use super::*;

    #[test]
    fn whole_files_pass_with_and_without_trailing_bytes_and_every_cut_is_found() {
        for (format, name) in testing::FORMATS {
            let bytes = testing::encode(&gradient(40, 30), format);
            assert!(is_whole(&bytes, format), "{name}");
            let mut padded = bytes.clone();
            padded.extend([0; 100]);
            assert!(is_whole(&padded, format), "{name} with trailing bytes");
            for keep in (20..bytes.len() - 2).step_by(bytes.len() / 50 + 1) {
                assert!(!is_whole(&bytes[..keep], format), "{name} cut to {keep} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn an_embedded_thumbnail_does_not_pass_for_the_end() {
        let inner = testing::encode(&gradient(8, 8), ImageFormat::Jpeg);
        let outer = testing::encode(&gradient(64, 64), ImageFormat::Jpeg);
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
        bytes.extend(u16::try_from(inner.len() + 2).expect("small").to_be_bytes());
        bytes.extend(&inner);
        bytes.extend(&outer[2..]);
        assert!(jpeg(&bytes));
        assert!(!jpeg(&bytes[..bytes.len() - 40]));
    }

    #[test]
    fn nonsense_never_panics() {
        for (format, _) in testing::FORMATS {
            for length in 0..64 {
                is_whole(&vec![0xFF; length], format);
                is_whole(&vec![0; length], format);
                is_whole(&[b"II*\0".as_slice(), &vec![0xFF; length]].concat(), format);
            }
        }
    }
}
