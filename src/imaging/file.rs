//! A photo file's bytes, its hash, and what can be learnt of it without decoding.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use super::Limits;
use super::decode::{self, Header};
use crate::domain::ImportedFile;
use crate::error::{Code, Error, Result};

/// A photo file that was read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its bytes, undecoded.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// Modification time, milliseconds since 1970; 0 when the file system keeps none.
    pub modified_ms: i64,
}

/// SHA-256 as 64 lower-case hex digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a whole photo file.
///
/// # Errors
/// [`crate::error::Code::NotFound`] or [`crate::error::Code::Io`] when it cannot be read;
/// [`Code::BadData`] when it is empty or no plain file; [`Code::TooLarge`] when it is larger than `limits.max_bytes`
/// (checked before reading).
pub fn read(path: &Path, limits: &Limits) -> Result<PhotoFile> {
    let (length, modified_ms) = stamp(path)?;
    if length > limits.max_bytes {
        return Err(too_large(path, limits));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    file.take(limits.max_bytes + 1).read_to_end(&mut bytes).map_err(|error| Error::io("read", path, error))?;
    if bytes.len() as u64 > limits.max_bytes {
        return Err(too_large(path, limits));
    }
    if bytes.is_empty() {
        return Err(Error::bad_data(format!("{} is empty", path.display()))
            .hint("The file has no bytes: copy or download it again."));
    }
    let sha256 = sha256_hex(&bytes);
    Ok(PhotoFile { path: path.to_owned(), bytes, sha256, modified_ms })
}

/// Length in bytes and modification time in milliseconds since 1970: cheap signs that a file has not changed.
///
/// # Errors
/// [`crate::error::Code::NotFound`] or [`crate::error::Code::Io`] when the file is gone or may not be looked at;
/// [`crate::error::Code::BadData`] when it is no plain file.
pub fn stamp(path: &Path) -> Result<(u64, i64)> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
    if !metadata.is_file() {
        return Err(Error::bad_data(format!("{} is not a file", path.display())));
    }
    let modified_ms = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_ms = modified_ms.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    Ok((metadata.len(), modified_ms))
}

fn too_large(path: &Path, limits: &Limits) -> Error {
    Error::new(Code::TooLarge, format!("{} is larger than {} MB", path.display(), limits.max_bytes / 1_000_000))
        .hint("Raise decode.max_file_mb if the photo is meant to be this large.")
}

/// What indexing wants to know of a file: hash, size, format by content, oriented dimensions, and whether it is whole.
///
/// Never fails: the reason stands in [`ImportedFile::error`]. Pixels are not decoded, so damage inside a file of the
/// right length shows only in [`decode()`](super::decode()).
pub fn probe(path: &Path, limits: &Limits) -> ImportedFile {
    let mut imported = ImportedFile {
        path: path.to_owned(),
        sha256: String::new(),
        bytes: std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        modified_ms: 0,
        width: 0,
        height: 0,
        format: String::new(),
        error: None,
    };
    let file = match read(path, limits) {
        Ok(file) => file,
        Err(error) => {
            imported.error = Some(error.chain());
            return imported;
        }
    };
    imported.bytes = file.bytes.len() as u64;
    imported.sha256 = file.sha256;
    imported.modified_ms = file.modified_ms;
    match decode::header(&file.bytes, path, limits) {
        Ok(Header { format, width, height }) => {
            imported.format = format.to_owned();
            (imported.width, imported.height) = (width, height);
        }
        Err(error) => imported.error = Some(error.chain()),
    }
    imported
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, gradient};
    use super::*;
    use crate::error::Code;

    #[test]
    fn hash_is_the_published_one() {
        // FIPS 180-4 example "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn unreadable_files_say_why() {
        let temp = tempfile::tempdir().expect("temp dir");
        let empty = temp.path().join("empty.jpg");
        std::fs::write(&empty, b"").expect("write");
        let error = read(&empty, &Limits::default()).expect_err("empty");
        assert_eq!(error.code, Code::BadData);
        assert!(error.summary.ends_with("empty.jpg is empty"), "{error}");
        let large = temp.path().join("large.jpg");
        std::fs::write(&large, [0; 11]).expect("write");
        let limits = Limits { max_bytes: 10, ..Limits::default() };
        assert!(read(&large, &limits).expect_err("large").summary.contains("is larger than"));
        assert!(read(&large, &Limits { max_bytes: 11, ..limits }).is_ok());
        assert_eq!(read(&temp.path().join("gone.jpg"), &limits).expect_err("gone").code, Code::NotFound);
        assert_eq!(read(temp.path(), &limits).expect_err("folder").code, Code::BadData);
        assert_eq!(probe(&large, &limits).bytes, 11, "the size is known even when the file is refused");
    }

    #[test]
    fn probe_reports_format_by_content_and_dimensions() {
        let temp = tempfile::tempdir().expect("temp dir");
        for (format, name) in testing::FORMATS {
            let bytes = testing::encode(&gradient(31, 17), format);
            let path = temp.path().join(format!("größe {name}.jpg"));
            std::fs::write(&path, &bytes).expect("write");
            let probed = probe(&path, &Limits::default());
            assert_eq!(probed.error, None, "{name}");
            assert_eq!((probed.format.as_str(), probed.width, probed.height), (name, 31, 17));
            assert_eq!((probed.bytes, probed.sha256), (bytes.len() as u64, sha256_hex(&bytes)));
            assert!(probed.modified_ms > 1_500_000_000_000);
        }
    }

    #[test]
    fn probe_finds_truncation_without_decoding() {
        let temp = tempfile::tempdir().expect("temp dir");
        for (format, name) in testing::FORMATS {
            let bytes = testing::encode(&gradient(64, 48), format);
            let path = temp.path().join(format!("cut.{name}"));
            std::fs::write(&path, &bytes[..bytes.len() * 3 / 4]).expect("write");
            let error = probe(&path, &Limits::default()).error.expect(name);
            assert!(error.contains("cut short"), "{name}: {error}");
        }
    }
}
