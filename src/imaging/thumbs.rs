//! Thumbnails kept on disk: keyed by content, bounded in bytes, safe to delete at any time.

use std::path::{Path, PathBuf};

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use crate::error::{Error, Result};

/// JPEG quality of a kept thumbnail.
const QUALITY: u8 = 85;

/// One in this many additions looks whether the cache has outgrown its limit.
const CHECK_ONE_IN: u8 = 64;

/// A folder of thumbnails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThumbCache {
    folder: PathBuf,
    max_bytes: u64,
}

impl ThumbCache {
    /// A cache in `folder` (made when needed) of about `max_bytes`.
    pub fn new(folder: PathBuf, max_bytes: u64) -> Self {
        Self { folder, max_bytes }
    }

    fn path(&self, sha256: &str, edge: u32) -> PathBuf {
        let shelf = sha256.get(..2).unwrap_or("xx");
        self.folder.join(shelf).join(format!("{sha256}.{edge}.jpg"))
    }

    /// The thumbnail of a content at a size; a damaged one counts as absent.
    pub fn get(&self, sha256: &str, edge: u32) -> Option<RgbImage> {
        let bytes = std::fs::read(self.path(sha256, edge)).ok()?;
        image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).ok().map(image::DynamicImage::into_rgb8)
    }

    /// Keeps a thumbnail; readers see a whole file or none.
    ///
    /// # Errors
    /// When it cannot be written, for example on a full disk.
    pub fn put(&self, sha256: &str, edge: u32, thumbnail: &RgbImage) -> Result<()> {
        let path = self.path(sha256, edge);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .encode_image(thumbnail)
            .map_err(|error| Error::internal("could not encode a thumbnail").caused_by(error))?;
        let fresh = path.with_extension(format!("{}.new", std::process::id()));
        let write = || {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&fresh, &bytes)?;
            std::fs::rename(&fresh, &path)
        };
        write().map_err(|error| Error::io("write", &path, error))?;
        let due = sha256.get(2..4).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        if due.is_multiple_of(CHECK_ONE_IN) {
            self.trim();
        }
        Ok(())
    }

    /// Removes the oldest thumbnails until nine tenths of the limit are left.
    fn trim(&self) {
        let mut entries = entries(&self.folder);
        let mut bytes: u64 = entries.iter().map(|entry| entry.1).sum();
        if bytes <= self.max_bytes {
            return;
        }
        entries.sort();
        for (_, size, path) in entries {
            if bytes <= self.max_bytes / 10 * 9 {
                break;
            }
            // Another process may have removed it first; either way it is gone.
            let _gone = std::fs::remove_file(path);
            bytes -= size;
        }
    }
}

/// Age, size and path of every thumbnail.
fn entries(folder: &Path) -> Vec<(std::time::SystemTime, u64, PathBuf)> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let entry = |file: walkdir::DirEntry| {
        let metadata = file.metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len(), file.into_path()))
    };
    files.filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_by_content_and_size_and_forgets_the_oldest() {
        let folder = tempfile::tempdir().expect("temp dir");
        let cache = ThumbCache::new(folder.path().join("thumbs"), 20_000);
        let picture = |value: u8| RgbImage::from_fn(64, 64, |x, y| image::Rgb([value, (x * y) as u8, y as u8]));
        assert_eq!(cache.get("aa00", 64), None);
        cache.put("aa00", 64, &picture(200)).expect("keeps");
        assert!(cache.get("aa00", 64).is_some_and(|kept| kept.dimensions() == (64, 64)));
        assert_eq!(cache.get("aa00", 128), None);
        for index in 0..100 {
            cache.put(&format!("{index:02}00"), 64, &picture(index)).expect("keeps");
        }
        let bytes: u64 = entries(&cache.folder).iter().map(|entry| entry.1).sum();
        assert!(bytes <= 20_000 && cache.get("9900", 64).is_some(), "{bytes} bytes left");
        std::fs::remove_dir_all(folder.path().join("thumbs")).expect("may be deleted");
        assert_eq!(cache.get("9900", 64), None);
    }
}
