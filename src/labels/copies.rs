//! Copies of photos in a folder that is to be read by other programmes, which look for the photos inside it.
//!
//! The project's own photos are only read; a link would let a change of the copy reach them.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::FreeNames;

/// Copies photos into a folder, each under a name whose stem no other has, and returns the names in order. A copy that is
/// there already is kept.
///
/// # Errors
/// When the folder cannot be made or a photo cannot be copied, naming it.
pub(super) fn copy_photos<'a>(photos: impl Iterator<Item = &'a Path>, folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
    let mut names = FreeNames::default();
    photos
        .map(|photo| {
            let name = names.take(photo);
            copy(photo, &folder.join(&name))?;
            Ok(name)
        })
        .collect()
}

/// Copies one file through another name, so that a half copy never stands under this one.
fn copy(photo: &Path, to: &Path) -> Result<()> {
    let size = |path: &Path| std::fs::metadata(path).map(|found| found.len());
    if size(to).is_ok_and(|there| size(photo).is_ok_and(|ours| ours == there)) {
        return Ok(());
    }
    let half = to.with_file_name(format!("{}.part", to.file_name().unwrap_or_default().to_string_lossy()));
    std::fs::copy(photo, &half).map_err(|error| Error::io("copy", photo, error))?;
    std::fs::rename(&half, to).map_err(|error| Error::io("write", to, error))
}
