//! Parts of a set of photos, for scoring by several processes or machines at once.
//!
//! A photo's part follows from its path below the folder that was named, and from nothing else: photos that come or go while
//! the parts are at work move no other photo, and the folder may lie elsewhere on every machine.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::files::absolute;

/// One of several parts that hold every photo once.
pub(super) struct Shard {
    part: u32,
    parts: u32,
    roots: Vec<PathBuf>,
}

impl Shard {
    /// The `part`-th (from 1) of `parts` of the photos below `roots`.
    pub(super) fn new((part, parts): (u32, u32), roots: &[PathBuf]) -> Self {
        let mut roots: Vec<PathBuf> = roots.iter().filter_map(|root| absolute(root).ok()).collect();
        // A photo below two of them belongs to the outer one, whichever was named first.
        roots.sort();
        Self { part, parts: parts.max(1), roots }
    }

    /// Whether a photo is in this part.
    pub(super) fn holds(&self, photo: &Path) -> bool {
        let below = self.roots.iter().find_map(|root| photo.strip_prefix(root).ok());
        let name = match below {
            Some(below) if below.as_os_str().is_empty() => photo.file_name().map(Path::new),
            below => below,
        };
        place(name.unwrap_or(photo), self.parts) + 1 == self.part
    }
}

/// The part of a path, from 0: its SHA-256 spread over the parts; folders are divided by `/` on every system.
fn place(path: &Path, parts: u32) -> u32 {
    let names: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let digest = Sha256::digest(names.join("/").as_bytes());
    let mut start = [0; 4];
    start.copy_from_slice(&digest[..4]);
    let spread = (u64::from(u32::from_be_bytes(start)) * u64::from(parts)) >> 32;
    spread as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photos(root: &str) -> Vec<PathBuf> {
        (0..1000).map(|index| PathBuf::from(format!("{root}/sku-{}/{index}.jpg", index / 7))).collect()
    }

    fn parts(root: &str, photos: &[PathBuf], parts: u32) -> Vec<u32> {
        let roots = [PathBuf::from(root)];
        let shards: Vec<Shard> = (1..=parts).map(|part| Shard::new((part, parts), &roots)).collect();
        let one = |photo: &PathBuf| {
            let holding: Vec<u32> = shards.iter().filter(|shard| shard.holds(photo)).map(|shard| shard.part).collect();
            assert_eq!(holding.len(), 1, "{} is in {holding:?}", photo.display());
            holding[0]
        };
        photos.iter().map(one).collect()
    }

    #[test]
    fn every_photo_is_in_one_part_and_parts_are_alike() {
        for count in [1, 2, 7] {
            let found = parts("/photos", &photos("/photos"), count);
            for part in 1..=count {
                let size = found.iter().filter(|&&other| other == part).count() as f64;
                assert!((size / (1000.0 / f64::from(count)) - 1.0).abs() < 0.3, "{size} of 1000 in {part}/{count}");
            }
        }
    }

    #[test]
    fn a_part_does_not_depend_on_the_other_photos_or_on_where_the_folder_lies() {
        let here = parts("/photos", &photos("/photos"), 5);
        assert_eq!(parts("/mnt/share/photos", &photos("/mnt/share/photos"), 5), here);
        let fewer: Vec<PathBuf> = photos("/photos").into_iter().skip(1).step_by(2).collect();
        let expected: Vec<u32> = here.iter().copied().skip(1).step_by(2).collect();
        assert_eq!(parts("/photos", &fewer, 5), expected);
    }

    #[test]
    fn a_photo_named_itself_has_a_part() {
        let photo = PathBuf::from("/photos/a.jpg");
        parts("/photos/a.jpg", std::slice::from_ref(&photo), 4);
        let roots = ["/photos/a", "/photos"].map(PathBuf::from);
        let other = ["/photos", "/photos/a"].map(PathBuf::from);
        for part in 1..=4 {
            let inner = Path::new("/photos/a/b.jpg");
            assert_eq!(Shard::new((part, 4), &roots).holds(inner), Shard::new((part, 4), &other).holds(inner));
        }
    }
}
