//! Table `image`: the indexed photos.

use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::domain::{ImageId, ImportedFile, Photo};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE image (
    id          INTEGER PRIMARY KEY,
    path        TEXT NOT NULL UNIQUE,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    format      TEXT NOT NULL,
    group_key   TEXT,
    error       TEXT,
    missing     INTEGER NOT NULL DEFAULT 0,
    added_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX image_sha256 ON image (sha256);
";

const COLUMNS: &str = "id, path, sha256, bytes, modified_ms, width, height, format, group_key, error, missing";

/// What one batch of an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportTally {
    /// Photos seen for the first time.
    pub added: u64,
    /// Photos whose content changed in place.
    pub changed: u64,
    /// Photos recognised by their hash at a new path.
    pub moved: u64,
}

fn photo(row: &Row<'_>) -> rusqlite::Result<Photo> {
    Ok(Photo {
        id: ImageId(row.get(0)?),
        path: PathBuf::from(row.get::<_, String>(1)?),
        sha256: row.get(2)?,
        bytes: row.get::<_, i64>(3)? as u64,
        modified_ms: row.get(4)?,
        width: row.get(5)?,
        height: row.get(6)?,
        format: row.get(7)?,
        group: row.get(8)?,
        error: row.get(9)?,
        missing: row.get(10)?,
    })
}

impl Store {
    /// Adds or refreshes photos in one transaction. A file with a known hash whose old path no longer exists is the
    /// same photo, moved: its row, votes and scores stay.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn import_files(&mut self, files: &[ImportedFile], now_ms: i64) -> Result<ImportTally> {
        self.write("save the photos", |tx| {
            let mut tally = ImportTally::default();
            for file in files {
                import_one(tx, file, now_ms, &mut tally)?;
            }
            Ok(tally)
        })
    }

    /// All photos, in order of their path.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn photos(&self) -> Result<Vec<Photo>> {
        self.read("list the photos", |conn| {
            let mut statement = conn.prepare(&format!("SELECT {COLUMNS} FROM image ORDER BY path"))?;
            statement.query_map([], photo)?.collect()
        })
    }

    /// Marks which of the photos under `folder` were not seen by an import of that folder.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_missing(&mut self, missing: &[ImageId]) -> Result<()> {
        self.write("mark missing photos", |tx| {
            let mut statement = tx.prepare("UPDATE image SET missing = 1 WHERE id = ?1")?;
            missing.iter().try_for_each(|id| statement.execute([id.0]).map(drop))
        })
    }

    /// Sets the group (SKU, scene) of photos.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_groups(&mut self, groups: &[(ImageId, String)]) -> Result<()> {
        self.write("save the groups", |tx| {
            let mut statement = tx.prepare("UPDATE image SET group_key = ?2 WHERE id = ?1")?;
            groups.iter().try_for_each(|(id, group)| statement.execute(params![id.0, group]).map(drop))
        })
    }

    /// How many photos the project has, and how many of them cannot be read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn photo_counts(&self) -> Result<(u64, u64)> {
        self.read("count the photos", |conn| {
            conn.query_row("SELECT count(*), count(error) FROM image", [], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
            })
        })
    }
}

fn import_one(
    tx: &rusqlite::Transaction<'_>,
    file: &ImportedFile,
    now_ms: i64,
    tally: &mut ImportTally,
) -> rusqlite::Result<()> {
    let path = file.path.to_string_lossy();
    let known: Option<(i64, String)> = tx
        .prepare_cached("SELECT id, sha256 FROM image WHERE path = ?1")?
        .query_row([&path], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let id = match known {
        Some((id, sha256)) => {
            tally.changed += u64::from(sha256 != file.sha256);
            Some(id)
        }
        None => moved_from(tx, file)?.inspect(|_| tally.moved += 1),
    };
    let size = (file.bytes as i64, file.modified_ms, file.width, file.height);
    if let Some(id) = id {
        tx.prepare_cached(
            "UPDATE image SET path = ?2, sha256 = ?3, bytes = ?4, modified_ms = ?5, width = ?6, height = ?7,
                format = ?8, error = ?9, missing = 0 WHERE id = ?1",
        )?
        .execute(params![id, path, file.sha256, size.0, size.1, size.2, size.3, file.format, file.error])?;
    } else {
        tally.added += 1;
        tx.prepare_cached(
            "INSERT INTO image (path, sha256, bytes, modified_ms, width, height, format, error, added_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            path,
            file.sha256,
            size.0,
            size.1,
            size.2,
            size.3,
            file.format,
            file.error,
            now_ms
        ])?;
    }
    Ok(())
}

/// The row of a photo with the same content whose file is gone from its old path.
fn moved_from(tx: &rusqlite::Transaction<'_>, file: &ImportedFile) -> rusqlite::Result<Option<i64>> {
    if file.sha256.is_empty() {
        return Ok(None);
    }
    let mut statement = tx.prepare_cached("SELECT id, path FROM image WHERE sha256 = ?1 ORDER BY id")?;
    let twins = statement.query_map([&file.sha256], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for twin in twins {
        let (id, path) = twin?;
        if !Path::new(&path).exists() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, sha256: &str) -> ImportedFile {
        ImportedFile {
            path: path.to_owned(),
            sha256: sha256.to_owned(),
            bytes: 10,
            modified_ms: 1,
            width: 4,
            height: 3,
            format: "png".to_owned(),
            error: None,
        }
    }

    fn id_at(store: &Store, path: &Path) -> ImageId {
        let photos = store.photos().expect("reads");
        photos.iter().find(|photo| photo.path == path).expect("is there").id
    }

    #[test]
    fn a_moved_file_keeps_its_row_and_a_copy_gets_its_own() {
        let folder = tempfile::tempdir().expect("temp dir");
        let (old, new, copy) =
            (folder.path().join("old.png"), folder.path().join("new.png"), folder.path().join("copy.png"));
        let mut store = Store::open(folder.path()).expect("opens");
        std::fs::write(&old, "x").expect("writes");
        store.import_files(&[file(&old, "aa")], 1).expect("imports");
        let id = id_at(&store, &old);
        let tally = store.import_files(&[file(&copy, "aa")], 2).expect("imports");
        assert_eq!(tally, ImportTally { added: 1, changed: 0, moved: 0 });
        std::fs::remove_file(&old).expect("removes");
        let tally = store.import_files(&[file(&new, "aa")], 3).expect("imports");
        assert_eq!(tally, ImportTally { added: 0, changed: 0, moved: 1 });
        assert_eq!(id_at(&store, &new), id);
        let tally = store.import_files(&[file(&new, "bb")], 4).expect("imports");
        assert_eq!(tally, ImportTally { added: 0, changed: 1, moved: 0 });
    }
}
