//! Photos as files and as pixels: listing folders, reading, probing, decoding, resizing, thumbnails.
//!
//! Files are only ever read; the one thing written is the thumbnail cache. Colours are taken as sRGB: an embedded
//! profile is not applied. Must not know the store, jobs, burn or any face.

mod dc;
mod decode;
mod file;
mod jpeg;
mod list;
mod resize;
mod thumbs;
mod whole;

pub use decode::{Header, decode, decode_small, facts, header, load};
pub use file::{PhotoFile, probe, read, sha256_hex, stamp};
pub use list::{Listing, list_photos};
pub use resize::{fit, fitted, resize};
pub use thumbs::ThumbCache;

use crate::config::DecodeConfig;

/// What a photo may cost before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels (width x height), checked against the header before anything is decoded.
    pub max_pixels: u64,
    /// Largest file in bytes, checked before it is read.
    pub max_bytes: u64,
}

impl Limits {
    /// The limits of a configuration, which counts in megapixels and megabytes (10^6).
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

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_from_the_configuration() {
        assert_eq!(Limits::default(), Limits { max_pixels: 100_000_000, max_bytes: 200_000_000 });
        let config = DecodeConfig { max_megapixels: 2, max_file_mb: 3 };
        assert_eq!(Limits::from_config(&config), Limits { max_pixels: 2_000_000, max_bytes: 3_000_000 });
    }
}
