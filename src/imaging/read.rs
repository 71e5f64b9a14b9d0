//! A photo's bytes and what identifies them.

use std::path::Path;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use crate::config::DecodeConfig;
use crate::error::{Error, Result};

/// What is refused before any decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels of a photo.
    pub max_pixels: u64,
    /// Most bytes of a file.
    pub max_bytes: u64,
}

impl Limits {
    /// The limits of a configuration.
    pub fn from_config(config: &DecodeConfig) -> Self {
        Self {
            max_pixels: u64::from(config.max_megapixels) * 1_000_000,
            max_bytes: u64::from(config.max_file_mb) * 1_000_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::from_config(&DecodeConfig::default())
    }
}

/// A file's content and identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFile {
    /// The content.
    pub bytes: Vec<u8>,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: String,
    /// Modification time, milliseconds since 1970.
    pub modified_ms: i64,
}

/// Reads a file within the limits.
///
/// # Errors
/// When it cannot be read, is empty, or is larger than allowed.
pub fn read(path: &Path, limits: &Limits) -> Result<PhotoFile> {
    let (size, modified_ms) = stamp(path)?;
    if size == 0 {
        return Err(Error::bad_data(format!("{} is empty", path.display())).hint("Copy the photo again."));
    }
    if size > limits.max_bytes {
        let text = format!(
            "{} has {} MB, more than the {} allowed",
            path.display(),
            size / 1_000_000,
            limits.max_bytes / 1_000_000
        );
        return Err(Error::bad_data(text).hint("Raise decode.max_file_mb if it really is a photo."));
    }
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    Ok(PhotoFile { sha256: sha256_hex(&bytes), bytes, modified_ms })
}

/// Size in bytes and modification time in milliseconds since 1970: cheap signs that a file has not changed.
///
/// # Errors
/// When the file is gone or may not be read.
pub fn stamp(path: &Path) -> Result<(u64, i64)> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok((metadata.len(), i64::try_from(modified.as_millis()).unwrap_or(i64::MAX)))
}

/// SHA-256 as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_like_sha256sum() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn empty_missing_and_oversized_files_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("empty.jpg");
        std::fs::write(&path, "").expect("writes");
        assert!(read(&path, &Limits::default()).expect_err("empty").summary.contains("empty.jpg is empty"));
        std::fs::write(&path, [0; 100]).expect("writes");
        let limits = Limits { max_bytes: 99, ..Limits::default() };
        assert!(read(&path, &limits).expect_err("too large").summary.contains("more than"));
        assert!(read(&folder.path().join("gone.jpg"), &limits).expect_err("gone").summary.contains("gone.jpg"));
    }
}
