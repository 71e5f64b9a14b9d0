//! Finds the photos under folders, without opening them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::files::absolute;

/// File name endings that are taken for photos, compared without case.
const EXTENSIONS: [&str; 10] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff"];

/// What a search for photos found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Absolute paths, sorted; each file once.
    pub files: Vec<PathBuf>,
    /// What could not be listed, with the reason in words for the user; sorted by path.
    pub problems: Vec<(PathBuf, String)>,
}

/// Lists the photos under `roots`: folders recursively (following links), files as they are.
///
/// Hidden files and folders are skipped, and so is the `cache` folder of a Packshot project. A file reached twice,
/// through a link or overlapping roots, is listed once, by its own path where that was seen. `keep_going` is called
/// for every entry with the number of photos found so far; `false` stops with what there is.
pub fn list_photos(roots: &[PathBuf], keep_going: &mut dyn FnMut(usize) -> bool) -> Listing {
    let mut problems = Vec::new();
    let mut found: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    'roots: for root in roots {
        let root = match absolute(root) {
            Ok(root) => root,
            Err(error) => {
                problems.push((root.clone(), format!("cannot be made an absolute path: {error}")));
                continue;
            }
        };
        for entry in WalkDir::new(&root).follow_links(true).into_iter().filter_entry(is_wanted) {
            match entry {
                Ok(entry) => take(&entry, &mut found, &mut problems),
                Err(error) => problems.push(problem(&root, &error)),
            }
            if !keep_going(found.len()) {
                break 'roots;
            }
        }
    }
    let mut files: Vec<PathBuf> = found.into_values().collect();
    files.sort();
    problems.sort();
    problems.dedup();
    Listing { files, problems }
}

/// Adds one entry if it is a photo.
fn take(entry: &DirEntry, found: &mut BTreeMap<PathBuf, PathBuf>, problems: &mut Vec<(PathBuf, String)>) {
    let path = entry.path();
    if !entry.file_type().is_file() || (entry.depth() > 0 && !has_photo_extension(path)) {
        return;
    }
    if path.to_str().is_none() {
        problems.push((path.to_owned(), "its name or folder is not valid Unicode: rename it".to_owned()));
        return;
    }
    match path.canonicalize() {
        Ok(canonical) => {
            let own_path = canonical == path;
            let kept = found.entry(canonical).or_insert_with(|| path.to_owned());
            if own_path || (path < kept.as_path() && kept.canonicalize().ok().as_ref() != Some(kept)) {
                *kept = path.to_owned();
            }
        }
        Err(error) => problems.push((path.to_owned(), format!("cannot be resolved: {error}"))),
    }
}

fn is_wanted(entry: &DirEntry) -> bool {
    let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    let skipped = hidden || (entry.file_type().is_dir() && is_project_cache(entry.path()));
    entry.depth() == 0 || !skipped
}

/// A project's own thumbnails must not become photos of the project.
fn is_project_cache(folder: &Path) -> bool {
    folder.file_name() == Some(OsStr::new("cache"))
        && folder.parent().is_some_and(|parent| parent.join("packshot.db").is_file())
}

fn has_photo_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn problem(root: &Path, error: &walkdir::Error) -> (PathBuf, String) {
    let path = error.path().unwrap_or(root).to_owned();
    let text = if let Some(ancestor) = error.loop_ancestor() {
        format!("is a link back to {}, which was already listed", ancestor.display())
    } else if error.io_error().is_some_and(|io| io.kind() == std::io::ErrorKind::NotFound) {
        "does not exist".to_owned()
    } else {
        error.io_error().map_or_else(|| error.to_string(), |io| format!("cannot be listed: {io}"))
    };
    (path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(&path, b"x").expect("write");
        path
    }

    fn list(roots: &[&Path]) -> Listing {
        let roots: Vec<PathBuf> = roots.iter().map(|root| root.to_path_buf()).collect();
        list_photos(&roots, &mut |_| true)
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let temp = tempfile::tempdir().expect("temp dir");
        let path = temp.path().canonicalize().expect("canonical");
        (temp, path)
    }

    #[test]
    fn photos_are_listed_sorted_by_extension_without_hidden_ones_and_project_caches() {
        let (_temp, root) = folder();
        let mut wanted = vec![
            touch(&root, "b/Zwei.JPG"),
            touch(&root, "a.webp"),
            touch(&root, "b/ä名前 1.TiFf"),
            touch(&root, "b/cache/kept.jpg"),
        ];
        wanted.sort();
        for name in ["notes.txt", "jpg", ".hidden.jpg", ".git/x.png", "project/cache/ab/t.jpg", "project/packshot.db"] {
            touch(&root, name);
        }
        let listing = list(&[&root]);
        assert_eq!(listing.files, wanted);
        assert_eq!(listing.problems, []);
    }

    #[test]
    fn a_file_reached_twice_is_listed_once_and_a_file_root_is_taken_as_it_is() {
        let (_temp, root) = folder();
        let photo = touch(&root, "sub/one.jpg");
        let odd = touch(&root, "sub/photo.dat");
        let listing = list(&[&root, &root.join("sub"), &root.join("sub/../sub"), &odd, &photo]);
        assert_eq!(listing.files, [photo, odd]);
    }

    #[test]
    fn a_missing_root_is_a_problem_and_the_others_go_on() {
        let (_temp, root) = folder();
        let photo = touch(&root, "one.jpg");
        let gone = root.join("gone");
        let listing = list(&[&gone, &root]);
        assert_eq!(listing.files, [photo]);
        assert_eq!(listing.problems, [(gone, "does not exist".to_owned())]);
    }

    #[test]
    fn listing_stops_when_told_to() {
        let (_temp, root) = folder();
        for index in 0..20 {
            touch(&root, &format!("{index}.png"));
        }
        let listing = list_photos(&[root], &mut |found| found < 3);
        assert_eq!(listing.files.len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_are_problems() {
        let (_temp, root) = folder();
        let photo = touch(&root, "real/one.jpg");
        std::os::unix::fs::symlink(&root, root.join("real/back")).expect("link");
        std::os::unix::fs::symlink(root.join("real"), root.join("a-link")).expect("link");
        std::os::unix::fs::symlink(root.join("nowhere.jpg"), root.join("broken.jpg")).expect("link");
        let listing = list(&[&root]);
        assert_eq!(listing.files, [photo], "the photo is kept by its own path, not by the link's");
        let texts: Vec<_> = listing.problems.iter().map(|(_, text)| text.as_str()).collect();
        assert!(texts.iter().any(|text| text.contains("link back to")), "{texts:?}");
        assert!(listing.problems.contains(&(root.join("broken.jpg"), "does not exist".to_owned())));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_unicode_is_a_problem() {
        use std::os::unix::ffi::OsStrExt as _;
        let (_temp, root) = folder();
        let path = root.join(OsStr::from_bytes(b"caf\xe9.jpg"));
        std::fs::write(&path, b"x").expect("write");
        let listing = list(&[&root]);
        assert_eq!(listing.files, [] as [PathBuf; 0]);
        assert_eq!(listing.problems.len(), 1);
        assert!(listing.problems[0].1.contains("rename it"));
    }
}
