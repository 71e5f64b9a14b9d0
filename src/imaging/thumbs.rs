//! Thumbnails kept on disk by content hash, bounded in bytes; the folder may be deleted at any time.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use image::RgbImage;
use walkdir::WalkDir;

use super::{Limits, decode, jpeg};
use crate::error::{Error, Result};

/// JPEG quality of a stored thumbnail: artefacts stay invisible at this size.
const QUALITY: u8 = 85;
/// Part of the byte limit that is kept when the oldest are removed, so that not every put removes.
const KEEP: f64 = 0.9;

/// A folder of JPEG thumbnails, one file for a content hash and an edge length. Shared freely between threads.
#[derive(Debug)]
pub struct ThumbCache {
    folder: PathBuf,
    max_bytes: u64,
    puts: AtomicU64,
    /// Bytes in the folder as far as this process knows; what others put there is seen at the next count.
    size: AtomicU64,
}

/// The folder's size has not been counted yet.
const UNKNOWN: u64 = u64::MAX;

impl ThumbCache {
    /// A cache in `folder` (made when first needed) of about `max_bytes` at most.
    pub fn new(folder: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self { folder: folder.into(), max_bytes, puts: AtomicU64::new(0), size: AtomicU64::new(UNKNOWN) }
    }

    /// The thumbnail of the photo with that content hash, or `None`; a damaged one is removed and `None`.
    pub fn get(&self, sha256: &str, edge: u32) -> Option<RgbImage> {
        let path = self.path(sha256, edge)?;
        let bytes = fs::read(&path).ok()?;
        let picture = decode(&bytes, &path, &Limits::default()).ok();
        if picture.is_none() {
            // Best effort: a file that stays is overwritten by the next put.
            let _ = fs::remove_file(&path);
        }
        picture
    }

    /// Keeps a thumbnail. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`crate::error::Code::Io`] when it cannot be written; [`crate::error::Code::Internal`] for something that is no hash.
    pub fn put(&self, sha256: &str, edge: u32, picture: &RgbImage) -> Result<()> {
        let path = self
            .path(sha256, edge)
            .ok_or_else(|| Error::internal(format!("a thumbnail was given {sha256:?} for a content hash")))?;
        let bytes = jpeg::encode(picture, QUALITY)
            .map_err(|error| Error::internal("a thumbnail cannot be encoded").caused_by(error))?;
        let count = self.puts.fetch_add(1, Ordering::Relaxed);
        write_whole(&path, count, &bytes)?;
        let known = self.size.load(Ordering::Relaxed);
        if known == UNKNOWN || known + bytes.len() as u64 > self.max_bytes {
            self.size.store(self.remove_oldest(), Ordering::Relaxed);
        } else {
            self.size.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    fn path(&self, sha256: &str, edge: u32) -> Option<PathBuf> {
        let is_hash = sha256.len() >= 8 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| self.folder.join(&sha256[..2]).join(format!("{sha256}.{edge}.jpg")))
    }

    /// Brings the folder back under its limit and tells its size. Files that vanish meanwhile were removed by someone
    /// else: just as well.
    fn remove_oldest(&self) -> u64 {
        let mut files: Vec<(SystemTime, PathBuf, u64)> = WalkDir::new(&self.folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.into_path(), metadata.len()))
            })
            .collect();
        let mut total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        if total <= self.max_bytes {
            return total;
        }
        files.sort();
        let target = (self.max_bytes as f64 * KEEP) as u64;
        for (_, path, bytes) in files {
            if total <= target {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
        total
    }
}

fn write_whole(path: &Path, count: u64, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
    // Unique among the threads and processes that share the folder.
    let temporary = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Error::io("write", path, error)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sha256_hex;
    use super::super::testing::gradient;
    use super::*;

    fn size(folder: &Path) -> u64 {
        WalkDir::new(folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.metadata().expect("metadata").len())
            .sum()
    }

    #[test]
    fn a_thumbnail_comes_back_for_its_hash_and_edge_only() {
        let temp = tempfile::tempdir().expect("temp dir");
        let cache = ThumbCache::new(temp.path().join("thumbs"), 1_000_000);
        let hash = sha256_hex(b"photo");
        assert_eq!(cache.get(&hash, 64), None);
        let picture = gradient(64, 48);
        cache.put(&hash, 64, &picture).expect("puts");
        let back = cache.get(&hash, 64).expect("is there");
        assert_eq!(back.dimensions(), (64, 48));
        let worst = back.iter().zip(picture.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst < Some(40), "JPEG moved a value by {worst:?}");
        assert_eq!(cache.get(&hash, 32), None);
        assert_eq!(cache.get(&sha256_hex(b"other"), 64), None);
        fs::remove_dir_all(temp.path().join("thumbs")).expect("deleted");
        assert_eq!(cache.get(&hash, 64), None);
        cache.put(&hash, 64, &picture).expect("the folder is made again");
    }

    #[test]
    fn a_damaged_thumbnail_is_removed_and_a_path_is_no_hash() {
        let temp = tempfile::tempdir().expect("temp dir");
        let cache = ThumbCache::new(temp.path(), 1_000_000);
        let hash = sha256_hex(b"photo");
        cache.put(&hash, 64, &gradient(8, 8)).expect("puts");
        let path = temp.path().join(&hash[..2]).join(format!("{hash}.64.jpg"));
        fs::write(&path, b"\xFF\xD8\xFFbroken").expect("damage");
        assert_eq!(cache.get(&hash, 64), None);
        assert!(!path.exists());
        assert!(cache.put("../../etc/passwd", 64, &gradient(8, 8)).is_err());
    }

    #[test]
    fn the_oldest_go_when_the_folder_is_too_large() {
        let temp = tempfile::tempdir().expect("temp dir");
        let picture = gradient(64, 64);
        let hashes: Vec<String> = (0..20_u64).map(|index| sha256_hex(&index.to_le_bytes())).collect();
        let cache = ThumbCache::new(temp.path(), u64::MAX - 1);
        for (age, hash) in hashes.iter().enumerate() {
            cache.put(hash, 64, &picture).expect("puts");
            let file = fs::File::options().write(true).open(cache.path(hash, 64).expect("a hash")).expect("opens");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(age as u64)).expect("aged");
        }
        let limit = size(temp.path()) / 2;
        let cache = ThumbCache::new(temp.path(), limit);
        cache.put(&hashes[1], 64, &picture).expect("the first put counts what is there");
        assert!(size(temp.path()) <= limit, "{} bytes stay of {limit}", size(temp.path()));
        for gone in [0, 2, 3] {
            assert_eq!(cache.get(&hashes[gone], 64), None, "the oldest are gone");
        }
        for kept in [&hashes[1], &hashes[hashes.len() - 1]] {
            assert!(cache.get(kept, 64).is_some(), "the newest stay");
        }
        for hash in &hashes {
            cache.put(hash, 64, &picture).expect("puts");
            assert!(size(temp.path()) <= limit, "every later put is counted too");
        }
    }
}
