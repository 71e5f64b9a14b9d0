//! Finding photos below folders.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// File extensions that are photos, in lower case.
const EXTENSIONS: [&str; 10] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff"];

/// What was found below the roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Photo files by absolute path, sorted, each once.
    pub files: Vec<PathBuf>,
    /// What could not be listed, with the reason in words.
    pub problems: Vec<(PathBuf, String)>,
}

/// Lists the photos below folders (a root may be a single file), following links but never in circles. Hidden files
/// and folders, and the cache of a Packshot project, are left out. `keep_going` is told how many photos were found and
/// says whether to go on.
pub fn list_photos(roots: &[PathBuf], keep_going: &mut dyn FnMut(usize) -> bool) -> Listing {
    let mut found = Found { listing: Listing::default(), seen: HashSet::new() };
    for root in roots {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
        if !found.below(&root, keep_going) {
            break;
        }
    }
    found.listing.files.sort();
    found.listing.problems.sort();
    found.listing
}

struct Found {
    listing: Listing,
    seen: HashSet<PathBuf>,
}

impl Found {
    fn below(&mut self, root: &Path, keep_going: &mut dyn FnMut(usize) -> bool) -> bool {
        let named = root.is_file();
        let walk = WalkDir::new(root).follow_links(true).into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry.path())) {
            match entry {
                Ok(entry) if entry.file_type().is_file() && (named || is_photo(entry.path())) => {
                    self.add(entry.into_path());
                    if self.listing.files.len().is_multiple_of(64) && !keep_going(self.listing.files.len()) {
                        return false;
                    }
                }
                Ok(_) => {}
                Err(error) => self.problem(root, &error),
            }
        }
        keep_going(self.listing.files.len())
    }

    fn add(&mut self, path: PathBuf) {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !self.seen.insert(real) {
            return;
        }
        if path.to_str().is_none() {
            let reason = "its name is not valid UTF-8; rename the file".to_owned();
            self.listing.problems.push((path, reason));
        } else {
            self.listing.files.push(path);
        }
    }

    fn problem(&mut self, root: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(root).to_owned();
        // A link that leads back is no news: everything it points to is listed already.
        if error.loop_ancestor().is_some() {
            return;
        }
        let broken_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) && !path.exists();
        let reason = match error.io_error().map(std::io::Error::kind) {
            _ if broken_link => "the link leads nowhere".to_owned(),
            Some(std::io::ErrorKind::NotFound) => "there is no such file or folder".to_owned(),
            Some(std::io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        if !broken_link || is_photo(&path) {
            self.listing.problems.push((path, reason));
        }
    }
}

fn is_photo(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let in_project = || path.parent().is_some_and(|parent| parent.join("packshot.db").exists());
    name.starts_with('.') || (name == "cache" && in_project())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listing: &Listing) -> Vec<String> {
        listing.files.iter().map(|path| path.file_name().expect("name").to_string_lossy().into_owned()).collect()
    }

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folders");
        std::fs::write(path, "x").expect("writes");
    }

    #[test]
    fn lists_photos_once_sorted_and_leaves_hidden_and_cached_ones_out() {
        let folder = tempfile::tempdir().expect("temp dir");
        let at = |path: &str| folder.path().join(path);
        for path in ["b.JPG", "sub/ä 图.png", "notes.txt", ".hidden/x.png", "cache/ab/t.jpg", "packshot.db", ".x.png"]
        {
            touch(&at(path));
        }
        let listing = list_photos(&[at(""), at("sub"), at("b.JPG"), at("nowhere")], &mut |_| true);
        assert_eq!(names(&listing), ["b.JPG", "ä 图.png"]);
        assert_eq!(listing.problems, [(at("nowhere"), "there is no such file or folder".to_owned())]);
    }

    #[cfg(unix)]
    #[test]
    fn link_circles_end_and_broken_links_are_told() {
        let folder = tempfile::tempdir().expect("temp dir");
        let at = |path: &str| folder.path().join(path);
        touch(&at("sub/a.png"));
        std::os::unix::fs::symlink(folder.path(), at("sub/up")).expect("links");
        std::os::unix::fs::symlink(at("gone.png"), at("broken.png")).expect("links");
        let listing = list_photos(&[folder.path().to_owned()], &mut |_| true);
        assert_eq!(names(&listing), ["a.png"]);
        assert_eq!(listing.problems, [(at("broken.png"), "the link leads nowhere".to_owned())]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_text_is_a_problem() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().expect("temp dir");
        touch(&folder.path().join(std::ffi::OsStr::from_bytes(b"bad\xff.png")));
        let listing = list_photos(&[folder.path().to_owned()], &mut |_| true);
        assert!(listing.files.is_empty() && listing.problems[0].1.contains("rename"));
    }

    #[test]
    fn listing_stops_when_told() {
        let folder = tempfile::tempdir().expect("temp dir");
        (0..200).for_each(|index| touch(&folder.path().join(format!("{index}.png"))));
        let listing = list_photos(&[folder.path().to_owned()], &mut |_| false);
        assert_eq!(listing.files.len(), 64);
    }
}
