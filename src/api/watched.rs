//! Reading and decoding under a control: a stop never waits for a large photo.

use std::path::Path;

use image::RgbImage;

use crate::error::Result;
use crate::imaging::{self, Limits, PhotoFile};
use crate::jobs::{self, Control};

/// Files of fewer bytes are decoded on the spot: few of them hold enough pixels to take long.
const LARGE: usize = 1 << 20;

/// As [`imaging::load`]; nothing when a stop is asked for meanwhile.
///
/// # Errors
/// As [`imaging::load`].
pub(super) fn load(path: &Path, limits: &Limits, control: &Control) -> Result<Option<(PhotoFile, RgbImage)>> {
    decode(imaging::read(path, limits)?, limits, control)
}

/// As [`imaging::decode`], and gives the file back; nothing when a stop is asked for meanwhile.
///
/// # Errors
/// As [`imaging::decode`].
pub(super) fn decode(file: PhotoFile, limits: &Limits, control: &Control) -> Result<Option<(PhotoFile, RgbImage)>> {
    if control.is_cancelled() {
        return Ok(None);
    }
    let (limits, is_large) = (*limits, file.bytes.len() >= LARGE);
    let work = move || {
        let photo = imaging::decode(&file.bytes, &file.path, &limits)?;
        Ok((file, photo))
    };
    if is_large { jobs::aside(control, work)?.ok().transpose() } else { work().map(Some) }
}
