//! Tables `extractor` and `feature`: cached features by content, so that a photo passes through a network once.
//!
//! An extractor's basis says what its features mean: another basis clears them. Derived data; what the numbers are is not
//! this table's business.

use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::domain::ImageId;
use crate::error::{Error, Result};

/// Vectors lie in a table with row ids: in a table without, SQLite would give each of them an overflow page of its own.
pub(super) const SCHEMA: &str = "
CREATE TABLE extractor (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    dims  INTEGER NOT NULL,
    basis BLOB NOT NULL
) STRICT;
CREATE TABLE feature (
    extractor INTEGER NOT NULL REFERENCES extractor (id) ON DELETE CASCADE,
    sha256    TEXT NOT NULL,
    vector    BLOB NOT NULL,
    UNIQUE (extractor, sha256)
) STRICT;
";

/// The cached features of a project's photos.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredFeatures {
    /// The photos, in the order of [`Store::photos`]; photos without features are left out.
    pub images: Vec<ImageId>,
    /// Values a photo.
    pub dims: usize,
    /// Half-precision values as bits, photo after photo.
    pub values: Vec<u16>,
}

impl Store {
    /// Makes an extractor known: its name, the values a photo gets and its basis. When it was known with another width or
    /// basis, its features are deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_extractor(&mut self, name: &str, dims: usize, basis: &[u8]) -> Result<()> {
        self.write("save the basis of the features", |tx| {
            let same: Option<bool> = tx
                .query_row(
                    "SELECT dims = ?2 AND basis = ?3 FROM extractor WHERE name = ?1",
                    params![name, dims as i64, basis],
                    |row| row.get(0),
                )
                .optional()?;
            if same == Some(true) {
                return Ok(());
            }
            tx.execute("DELETE FROM extractor WHERE name = ?1", [name])?;
            tx.execute(
                "INSERT INTO extractor (name, dims, basis) VALUES (?1, ?2, ?3)",
                params![name, dims as i64, basis],
            )?;
            Ok(())
        })
    }

    /// The basis of an extractor, when it is known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn extractor_basis(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read("read the basis of the features", |conn| {
            conn.query_row("SELECT basis FROM extractor WHERE name = ?1", [name], |row| row.get(0)).optional()
        })
    }

    /// Keeps features (half-precision bits) by content hash, in one transaction; former ones are replaced.
    ///
    /// # Errors
    /// [`crate::Code::NotFound`] when the extractor is not known, [`crate::Code::Internal`] when a photo has another
    /// number of values, else when the database cannot be written.
    pub fn save_features<'a>(
        &mut self,
        extractor: &str,
        rows: impl IntoIterator<Item = (&'a str, &'a [u16])>,
    ) -> Result<()> {
        let (id, dims) = self
            .extractor(extractor)?
            .ok_or_else(|| Error::not_found(format!("there is no basis for the features {extractor}")))?;
        let rows: Vec<(&str, &[u16])> = rows.into_iter().collect();
        if rows.iter().any(|(_, values)| values.len() != dims) {
            return Err(Error::internal(format!("the features {extractor} have {dims} values a photo")));
        }
        self.write("save the features", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO feature (extractor, sha256, vector) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET vector = excluded.vector",
            )?;
            let mut bytes = Vec::with_capacity(2 * dims);
            for (sha256, values) in rows {
                bytes.clear();
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                statement.execute(params![id, sha256, bytes])?;
            }
            Ok(())
        })
    }

    /// All features of an extractor that the project's photos have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn features(&self, extractor: &str) -> Result<StoredFeatures> {
        let Some((id, dims)) = self.extractor(extractor)? else { return Ok(StoredFeatures::default()) };
        self.read("read the features", |conn| {
            let photos: i64 = conn.query_row("SELECT count(*) FROM image", [], |row| row.get(0))?;
            let mut found = StoredFeatures {
                images: Vec::with_capacity(photos as usize),
                dims,
                values: Vec::with_capacity(photos as usize * dims),
            };
            // CROSS JOIN keeps SQLite from sorting 100,000 vectors: photos first, in the order of their index.
            let mut statement = conn.prepare(
                "SELECT image.id, feature.vector FROM image
                 CROSS JOIN feature ON feature.extractor = ?1 AND feature.sha256 = image.sha256
                 WHERE length(feature.vector) = ?2 ORDER BY image.path",
            )?;
            let mut rows = statement.query(params![id, 2 * dims as i64])?;
            while let Some(row) = rows.next()? {
                found.images.push(ImageId(row.get(0)?));
                let bytes = row.get_ref(1)?.as_blob()?;
                extend(&mut found.values, bytes);
            }
            Ok(found)
        })
    }

    /// Every vector of an extractor by content hash, whether the content is in the project or was only scored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn features_by_content(&self, extractor: &str) -> Result<(Vec<String>, Vec<u16>)> {
        let Some((id, dims)) = self.extractor(extractor)? else { return Ok((Vec::new(), Vec::new())) };
        self.read("read the features", |conn| {
            let sql = "SELECT sha256, vector FROM feature WHERE extractor = ?1 AND length(vector) = ?2";
            let (mut contents, mut values) = (Vec::new(), Vec::new());
            let mut statement = conn.prepare(sql)?;
            let mut rows = statement.query(params![id, 2 * dims as i64])?;
            while let Some(row) = rows.next()? {
                contents.push(row.get(0)?);
                extend(&mut values, row.get_ref(1)?.as_blob()?);
            }
            Ok((contents, values))
        })
    }

    /// Deletes the features of every other extractor: what nothing reads any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_only_extractor(&mut self, name: &str) -> Result<()> {
        self.write("delete old features", |tx| {
            tx.execute("DELETE FROM feature WHERE extractor IN (SELECT id FROM extractor WHERE name <> ?1)", [name])?;
            tx.execute("DELETE FROM extractor WHERE name <> ?1", [name]).map(drop)
        })
    }

    /// The photos that lack features of an extractor, in the order of [`Store::photos`]; unreadable and missing ones are
    /// left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn photos_without_features(&self, extractor: &str) -> Result<Vec<ImageId>> {
        let id = self.extractor(extractor)?.map(|(id, _)| id);
        self.read("list the photos without features", |conn| {
            let mut statement = conn.prepare(
                "SELECT id FROM image WHERE error IS NULL AND missing = 0 AND NOT EXISTS (
                     SELECT 1 FROM feature WHERE feature.extractor = ?1 AND feature.sha256 = image.sha256
                 ) ORDER BY path",
            )?;
            statement.query_map([id], |row| row.get(0).map(ImageId))?.collect()
        })
    }

    fn extractor(&self, name: &str) -> Result<Option<(i64, usize)>> {
        self.read("read the basis of the features", |conn| {
            let found = conn.query_row("SELECT id, dims FROM extractor WHERE name = ?1", [name], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)? as usize))
            });
            found.optional()
        })
    }
}

/// Half-precision bits from a blob, appended.
fn extend(values: &mut Vec<u16>, bytes: &[u8]) {
    values.extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::ImportedFile;
    use crate::error::Code;

    fn file(path: &str, sha256: &str, error: Option<&str>) -> ImportedFile {
        ImportedFile {
            path: PathBuf::from(path),
            sha256: sha256.to_owned(),
            bytes: 1,
            modified_ms: 0,
            width: 1,
            height: 1,
            format: "jpeg".to_owned(),
            error: error.map(str::to_owned),
        }
    }

    fn store_of(files: &[ImportedFile]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        store.import_files(files, 0).expect("imports");
        (folder, store)
    }

    #[test]
    fn features_come_back_in_the_order_of_photos() {
        let files = [file("c", "33", None), file("a", "11", None), file("b", "22", None)];
        let (_folder, mut store) = store_of(&files);
        store.save_extractor("net", 2, b"basis").expect("saves");
        let rows: [(&str, &[u16]); 3] = [("33", &[5, 6]), ("11", &[1, 2]), ("99", &[7, 8])];
        store.save_features("net", rows).expect("saves");
        store.save_features("net", [("33", [0xfffe, 0x8001].as_slice())]).expect("replaces");
        let found = store.features("net").expect("reads");
        let order: Vec<ImageId> = store.photos().expect("reads").iter().map(|photo| photo.id).collect();
        assert_eq!(found.images, [order[0], order[2]]);
        assert_eq!((found.dims, found.values), (2, vec![1, 2, 0xfffe, 0x8001]));
        assert_eq!(store.features("other").expect("reads"), StoredFeatures::default());
    }

    #[test]
    fn another_basis_clears_the_features_and_the_same_keeps_them() {
        let (_folder, mut store) = store_of(&[file("a", "11", None)]);
        store.save_extractor("net", 1, b"one").expect("saves");
        store.save_features("net", [("11", [3].as_slice())]).expect("saves");
        store.save_extractor("net", 1, b"one").expect("keeps");
        assert_eq!(store.features("net").expect("reads").values, [3]);
        store.save_extractor("net", 1, b"two").expect("replaces");
        assert!(store.features("net").expect("reads").values.is_empty());
        assert_eq!(store.extractor_basis("net").expect("reads"), Some(b"two".to_vec()));
        assert_eq!(store.extractor_basis("other").expect("reads"), None);
    }

    #[test]
    fn features_are_found_by_content_and_old_extractors_go() {
        let (_folder, mut store) = store_of(&[file("a", "11", None)]);
        for name in ["old", "new"] {
            store.save_extractor(name, 1, b"one").expect("saves");
            store.save_features(name, [("11", [3].as_slice()), ("99", [4].as_slice())]).expect("saves");
        }
        store.keep_only_extractor("new").expect("deletes");
        let (mut contents, values) = store.features_by_content("new").expect("reads");
        contents.sort();
        assert_eq!((contents, values.len()), (vec!["11".to_owned(), "99".to_owned()], 2));
        assert!(store.features_by_content("old").expect("reads").0.is_empty());
        assert_eq!(store.extractor_basis("old").expect("reads"), None);
    }

    #[test]
    fn photos_that_lack_features_are_listed() {
        let (_folder, mut store) =
            store_of(&[file("b", "22", None), file("a", "11", None), file("x", "33", Some("bad"))]);
        let ids = |store: &Store| store.photos_without_features("net").expect("reads").len();
        assert_eq!(ids(&store), 2);
        store.save_extractor("net", 1, b"one").expect("saves");
        store.save_features("net", [("11", [3].as_slice())]).expect("saves");
        assert_eq!(ids(&store), 1);
    }

    #[test]
    fn features_of_no_extractor_or_another_width_are_refused() {
        let (_folder, mut store) = store_of(&[]);
        let refused = store.save_features("net", [("11", [3].as_slice())]).expect_err("refuses");
        assert_eq!(refused.code, Code::NotFound);
        store.save_extractor("net", 2, b"one").expect("saves");
        let refused = store.save_features("net", [("11", [3].as_slice())]).expect_err("refuses");
        assert_eq!(refused.code, Code::Internal);
    }
}
