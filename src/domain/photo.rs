//! A photo as the project knows it: where it lies, what it holds, which group it belongs to.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Longest side at which a photo is judged, in pixels: what a zoomed product page shows. Larger photos are reduced to it
/// first, smaller ones are never enlarged.
pub const VIEWING_SIZE: u32 = 1600;

/// Row id of a photo in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImageId(pub i64);

/// A photo that is indexed in the project; the file itself is only ever read.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// Row id.
    pub id: ImageId,
    /// Absolute path of the file.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes, lower-case hex; empty when the file could not be read.
    pub sha256: String,
    /// File size in bytes.
    pub bytes: u64,
    /// Modification time, milliseconds since 1970.
    pub modified_ms: i64,
    /// Width in pixels after EXIF orientation; 0 when unreadable.
    pub width: u32,
    /// Height in pixels after EXIF orientation; 0 when unreadable.
    pub height: u32,
    /// Format name: "jpeg", "png", …; empty when unreadable.
    pub format: String,
    /// SKU or scene this photo belongs to; photos of one group never cross splits.
    pub group: Option<String>,
    /// Why the photo cannot be used, in words for the user.
    pub error: Option<String>,
    /// The file was not found at its path the last time its folder was opened.
    pub missing: bool,
}

impl Photo {
    /// The file's name without its folder.
    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// What indexing learnt about one file, before it has a row.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedFile {
    /// Absolute path of the file.
    pub path: PathBuf,
    /// SHA-256 of the bytes, lower-case hex; empty when unreadable.
    pub sha256: String,
    /// File size in bytes.
    pub bytes: u64,
    /// Modification time, milliseconds since 1970.
    pub modified_ms: i64,
    /// Width in pixels after EXIF orientation; 0 when unreadable.
    pub width: u32,
    /// Height in pixels after EXIF orientation; 0 when unreadable.
    pub height: u32,
    /// Format name; empty when unreadable.
    pub format: String,
    /// Why the photo cannot be used.
    pub error: Option<String>,
}
