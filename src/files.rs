//! Atomic file writes: a reader sees the old file or the whole new one, never a part.
//!
//! Knows only [`crate::error`]; not what is written.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read as _, Write};
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
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(Error::usage(format!("{} is a folder", path.display()))),
        Ok(found) if !found.is_file() => return Ok(()),
        _ => {}
    }
    Temporary::create_beside(path)
        .map(drop)
        .map_err(|error| error.hint("Its folder must exist and be yours to write to."))
}

/// Checks before any work that a file may be written: that nothing is there unless `overwrite` is set, and its folder, as
/// [`check_folder_of`].
///
/// # Errors
/// As [`write_atomically`], naming the file.
pub fn check_output(path: &Path, overwrite: bool) -> Result<()> {
    if path.is_file() && !overwrite {
        return Err(refusal(path));
    }
    check_folder_of(path)
}

fn refusal(path: &Path) -> Error {
    Error::usage(format!("{} already exists", path.display())).hint("Choose another name; --overwrite replaces it.")
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

/// Copies a file to a place where there is none, in parts, as long as it is to go on; the time of its last change goes
/// along. Tells whether it was copied: not when the same content is there already, or it was not to go on.
///
/// # Errors
/// [`crate::error::Code::Usage`] when something else is there (it is left alone); else naming the file that cannot be read
/// or written.
pub fn copy_new(from: &Path, to: &Path, keep_going: &dyn Fn() -> bool) -> Result<bool> {
    let mut source = File::open(from).map_err(|error| Error::io("read", from, error))?;
    if to.exists() {
        let same = holds_the_same(&mut source, to).map_err(|error| Error::io("compare", to, error))?;
        let hint = "Choose an empty folder; nothing was overwritten.";
        let taken = || Error::usage(format!("{} holds something else", to.display())).hint(hint);
        return if same { Ok(false) } else { Err(taken()) };
    }
    let mut stopped = false;
    let written = write_atomically(to, false, |out| {
        let mut part = vec![0; COPY_PART];
        loop {
            stopped = !keep_going();
            match source.read(&mut part)? {
                _ if stopped => return Err(io::Error::other("stopped")),
                0 => return Ok(()),
                read => out.write_all(&part[..read])?,
            }
        }
    });
    if stopped {
        return Ok(false);
    }
    written?;
    if let (Ok(facts), Ok(copy)) = (source.metadata(), File::open(to)) {
        // Not every file system keeps times.
        facts.modified().and_then(|time| copy.set_modified(time)).ok();
    }
    Ok(true)
}

/// Bytes copied between two looks for a stop.
const COPY_PART: usize = 1 << 20;

fn holds_the_same(source: &mut File, other: &Path) -> io::Result<bool> {
    let mut other = File::open(other)?;
    if source.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; COPY_PART], vec![0; COPY_PART]);
    loop {
        let read = source.read(&mut ours)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut theirs[..read])?;
        if ours[..read] != theirs[..read] {
            return Ok(false);
        }
    }
}

/// Names for files that come from anywhere and are to lie in one folder: no two have the same stem, whatever its case.
#[derive(Debug, Default)]
pub struct FreeNames(HashSet<String>);

impl FreeNames {
    /// The name for a file: its own, or with a number.
    pub fn take(&mut self, file: &Path) -> String {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let ending = file.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
        let mut free = stem.to_string();
        let mut number = 2;
        while !self.0.insert(free.to_lowercase()) {
            free = format!("{stem}-{number}");
            number += 1;
        }
        format!("{free}{ending}")
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
    fn a_copy_replaces_nothing_and_is_made_once() {
        let folder = tempfile::tempdir().expect("temp dir");
        let [from, to] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&from, vec![7; 3 * COPY_PART + 1]).expect("writes");
        let asked = std::cell::Cell::new(0);
        let twice = || asked.replace(asked.get() + 1) < 2;
        assert!(!copy_new(&from, &to, &twice).expect("stops"));
        assert_eq!(names(folder.path()), ["a"], "half a copy is no copy");
        assert!(copy_new(&from, &to, &|| true).expect("copies"));
        assert_eq!(fs::read(&from).expect("reads"), fs::read(&to).expect("reads"));
        let time = |path: &Path| fs::metadata(path).and_then(|facts| facts.modified()).expect("time");
        assert_eq!(time(&from), time(&to));
        assert!(!copy_new(&from, &to, &|| true).expect("is there"));
        fs::write(&to, vec![8; 3 * COPY_PART + 1]).expect("writes");
        let error = copy_new(&from, &to, &|| true).expect_err("something else is there");
        assert_eq!((error.code, fs::read(&to).expect("reads")[0]), (Code::Usage, 8));
    }

    #[test]
    fn names_are_free() {
        let mut names = FreeNames::default();
        let taken = ["x/a.jpg", "y/A.jpg", "a-2.png", "b", "y/a.jpg"].map(|file| names.take(Path::new(file)));
        assert_eq!(taken, ["a.jpg", "A-2.jpg", "a-2-2.png", "b", "a-3.jpg"]);
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
