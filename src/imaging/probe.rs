//! What indexing needs of a file, without decoding it: hash, size, dimensions, and whether it is cut short.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::ImageDecoder as _;

use super::decode::{damaged, decoder};
use super::{Limits, read, stamp};
use crate::domain::ImportedFile;
use crate::error::{Error, Result};

/// Looks at a file; a file that cannot be used comes back with the reason in `error`.
pub fn probe(path: &Path, limits: &Limits) -> ImportedFile {
    let (bytes, modified_ms) = stamp(path).unwrap_or_default();
    let mut file = ImportedFile {
        path: path.to_owned(),
        sha256: String::new(),
        bytes,
        modified_ms,
        width: 0,
        height: 0,
        format: String::new(),
        error: None,
    };
    match read(path, limits) {
        Ok(content) => {
            file.sha256 = content.sha256;
            match header(&content.bytes, path, limits) {
                Ok((width, height, format)) => (file.width, file.height, file.format) = (width, height, format),
                Err(error) => file.error = Some(reason(&error, path)),
            }
        }
        Err(error) => file.error = Some(reason(&error, path)),
    }
    file
}

/// The error in words, without the path that stands beside it anyway.
fn reason(error: &Error, path: &Path) -> String {
    let text = error.chain();
    text.strip_prefix(&format!("{} ", path.display())).map_or(text.clone(), str::to_owned)
}

/// Width and height as the photo will be shown, and the format's name.
fn header(bytes: &[u8], path: &Path, limits: &Limits) -> Result<(u32, u32, String)> {
    let look = || {
        let (mut decoder, format) = decoder(bytes, path, limits)?;
        let (width, height) = decoder.dimensions();
        let turned = decoder.orientation().is_ok_and(|orientation| orientation.to_exif() >= 5);
        Ok(if turned { (height, width, format) } else { (width, height, format) })
    };
    let (width, height, format) = catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| Err(damaged(path)))?;
    if cut_short(bytes, &format) {
        return Err(Error::bad_data(format!("{} is cut short", path.display())).hint("Copy the photo again."));
    }
    Ok((width, height, format))
}

/// Whether a file ends before its format says it should. TIFF has no end mark; its decoder notices.
pub(super) fn cut_short(bytes: &[u8], format: &str) -> bool {
    // Cameras and shops append padding and previews after the end mark.
    let ends_with = |mark: &[u8]| bytes.windows(mark.len()).rev().any(|window| window == mark);
    let little = |at: usize| {
        let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
        field.map_or(u64::MAX, |field| u64::from(u32::from_le_bytes(field)))
    };
    match format {
        "jpeg" => !ends_with(&[0xff, 0xd9]),
        "png" => !ends_with(b"IEND\xae\x42\x60\x82"),
        "gif" => bytes.iter().rev().find(|&&byte| byte != 0) != Some(&0x3b),
        "webp" => (bytes.len() as u64) < little(4).saturating_add(8),
        // Some writers leave the size field of a BMP at zero.
        "bmp" => (bytes.len() as u64) < little(2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_format_and_problems_are_in_words() {
        let folder = tempfile::tempdir().expect("temp dir");
        let at = |name: &str| folder.path().join(name);
        let image = image::RgbImage::from_pixel(30, 20, image::Rgb([9; 3]));
        image.save_with_format(at("liar.jpg"), image::ImageFormat::Png).expect("writes");
        let whole = std::fs::read(at("liar.jpg")).expect("reads");
        std::fs::write(at("half.png"), &whole[..whole.len() - 5]).expect("writes");
        std::fs::write(at("text.jpg"), "hello").expect("writes");
        let check = |name: &str, size: (u32, u32), format: &str, error: Option<&str>| {
            let file = probe(&at(name), &Limits::default());
            assert_eq!((file.width, file.height), size, "{name}");
            assert_eq!(file.format, format, "{name}");
            assert_eq!(file.error.as_deref(), error, "{name}");
        };
        check("liar.jpg", (30, 20), "png", None);
        check("half.png", (0, 0), "", Some("is cut short"));
        check("text.jpg", (0, 0), "", Some("is not a photo in a known format"));
        assert!(probe(&at("gone.jpg"), &Limits::default()).error.is_some());
    }

    #[test]
    fn real_photos_have_the_sizes_their_manifest_says() {
        let data = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(data).join("products/manifest.csv");
        let Ok(mut reader) = csv::Reader::from_path(&manifest) else {
            eprintln!("skipped: {} is not there (set PACKSHOT_TEST_DATA)", manifest.display());
            return;
        };
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("record")).collect();
        for record in records.iter().step_by(25) {
            let path = manifest.with_file_name(&record[0]);
            let file = probe(&path, &Limits::default());
            let size = (file.width.to_string(), file.height.to_string());
            assert_eq!(
                (size.0.as_str(), size.1.as_str(), file.error),
                (&record[1], &record[2], None),
                "{}",
                &record[0]
            );
            let (_, photo) = super::super::load(&path, &Limits::default()).expect("decodes");
            assert_eq!(photo.dimensions(), (file.width, file.height));
        }
    }
}
