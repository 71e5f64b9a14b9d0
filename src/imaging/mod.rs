//! Photos from files: finding, reading, decoding, reducing, thumbnails.
//!
//! Decoders are other people's code fed with strangers' files: limits are checked before decoding, and every decoder
//! runs behind an unwind boundary. Must not know the store, jobs or networks.

mod decode;
mod listing;
mod probe;
mod read;
mod resize;
mod thumbs;

pub use decode::decode;
pub use listing::{Listing, list_photos};
pub use probe::probe;
pub use read::{Limits, PhotoFile, read, sha256_hex, stamp};
pub use resize::fit;
pub use thumbs::ThumbCache;

use std::path::Path;

use image::RgbImage;

use crate::error::Result;

/// Reads and decodes a photo.
///
/// # Errors
/// As [`read`] and [`decode`].
pub fn load(path: &Path, limits: &Limits) -> Result<(PhotoFile, RgbImage)> {
    let file = read(path, limits)?;
    let photo = decode(&file.bytes, path, limits)?;
    Ok((file, photo))
}
