//! Atomic file writes: a reader sees the old file or the whole new one, never a part.
//!
//! Knows only [`crate::error`]; not what is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// How many left-over temporary names are stepped over before giving up.
const MOST_LEFTOVERS: u32 = 1000;

/// Writes a file through a temporary one in the same folder: written, flushed to disk, then renamed into place. A
/// device or a pipe (`/dev/null`) is written in place, since renaming would replace it.
///
/// # Errors
/// [`crate::error::Code::Usage`] when the file exists and `overwrite` is not set (then it is left alone);
/// [`crate::error::Code::Io`] or [`crate::error::Code::NotFound`] naming the file when it cannot be written. After an
/// error no part of the new content is left behind.
pub fn write_atomically(
    path: &Path,
    overwrite: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(Error::usage(format!("{} is a folder", path.display()))),
        Ok(found) if !found.is_file() => return write_in_place(path, write),
        Ok(_) if !overwrite => return Err(refusal(path)),
        _ => {}
    }
    let (mut temporary, file) = Temporary::create_beside(path)?;
    write_out(file, write).map_err(|error| Error::io("write", path, error))?;
    temporary.publish(path, overwrite)
}

/// Checks that [`write_atomically`] will find a folder that it may write to, so that hours of work do not end at a
/// mistyped one; leaves nothing behind.
///
/// # Errors
/// As [`write_atomically`], naming the file.
pub fn check_folder_of(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Ok(());
    }
    Temporary::create_beside(path)
        .map(drop)
        .map_err(|error| error.hint("Its folder must exist and be yours to write to."))
}

fn refusal(path: &Path) -> Error {
    Error::usage(format!("{} already exists", path.display())).hint("Choose another name, or allow overwriting it.")
}

fn write_in_place(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let written = OpenOptions::new().write(true).open(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Error::io("write", path, error))
}

fn write_out(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// A temporary file that removes itself unless it became the real one.
struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    fn create_beside(target: &Path) -> Result<(Self, File)> {
        let name =
            target.file_name().ok_or_else(|| Error::usage(format!("{} does not name a file", target.display())))?;
        let name = name.to_string_lossy();
        for attempt in 0..MOST_LEFTOVERS {
            let path = target.with_file_name(format!(".{name}.{}-{attempt}.part", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self { path: Some(path) }, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("write", target, error)),
            }
        }
        Err(Error::io("write", target, io::Error::from(ErrorKind::AlreadyExists)))
    }

    fn publish(&mut self, target: &Path, overwrite: bool) -> Result<()> {
        let Some(path) = self.path.take() else { return Ok(()) };
        let moved = if overwrite { fs::rename(&path, target) } else { rename_new(&path, target) };
        moved.map_err(|error| {
            self.path = Some(path);
            if error.kind() == ErrorKind::AlreadyExists { refusal(target) } else { Error::io("write", target, error) }
        })?;
        sync_folder(target);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nothing more can be done about a temporary file that cannot be removed.
            fs::remove_file(path).ok();
        }
    }
}

/// Renames without ever replacing: a hard link fails when the target appeared in the meantime.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // FAT and some network drives know no hard links.
        Err(_) if to.exists() => Err(io::Error::from(ErrorKind::AlreadyExists)),
        Err(_) => fs::rename(from, to),
    }
}

/// Makes the rename itself durable where folders can be synced; elsewhere the system does so in its own time.
fn sync_folder(target: &Path) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().ok();
    }
}

/// The path as every room writes it: absolute, `.` and `..` folded away, links kept. Two ways to name a file compare
/// equal after this.
///
/// # Errors
/// When the path is empty or the current folder is gone.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("lists");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn writes_and_overwrites_only_when_told() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("out.csv");
        write_atomically(&path, false, |out| out.write_all(b"one")).expect("writes");
        let error = write_atomically(&path, false, |out| out.write_all(b"two")).expect_err("refuses");
        assert_eq!(error.code, Code::Usage);
        assert!(error.summary.contains("out.csv"), "{error}");
        assert_eq!(fs::read(&path).expect("reads"), b"one");
        write_atomically(&path, true, |out| out.write_all(b"three")).expect("overwrites");
        assert_eq!(fs::read(&path).expect("reads"), b"three");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").expect("writes");
        let error = write_atomically(&path, true, |out| {
            out.write_all(b"half of it")?;
            Err(io::Error::other("disk full"))
        })
        .expect_err("fails");
        assert_eq!(error.code, Code::Io);
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_file_that_appears_during_the_write_is_not_replaced() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("out.csv");
        let error = write_atomically(&path, false, |out| {
            fs::write(&path, "other process")?;
            out.write_all(b"mine")
        })
        .expect_err("refuses");
        assert_eq!(error.code, Code::Usage);
        assert_eq!(fs::read(&path).expect("reads"), b"other process");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn folders_and_missing_folders_are_named() {
        let folder = tempfile::tempdir().expect("temp dir");
        let error = write_atomically(folder.path(), true, |_| Ok(())).expect_err("a folder");
        assert_eq!(error.code, Code::Usage);
        let missing = folder.path().join("no/out.csv");
        let error = write_atomically(&missing, true, |_| Ok(())).expect_err("no such folder");
        assert_eq!(error.code, Code::NotFound);
        assert!(error.summary.contains("out.csv"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &path).expect("links");
        write_atomically(&path, false, |out| out.write_all(b"gone")).expect("writes");
        assert!(fs::symlink_metadata(&path).expect("still there").is_symlink());
    }

    #[test]
    fn two_ways_to_name_a_file_become_one() {
        let here = absolute(Path::new(".")).expect("here");
        assert_eq!(absolute(Path::new("a/../b/./c")).expect("absolute"), here.join("b/c"));
        assert_eq!(absolute(&here.join("x/..")).expect("absolute"), here);
    }
}
