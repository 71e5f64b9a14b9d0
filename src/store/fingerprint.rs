//! Table `fingerprint`: what each content is recognised by, so that no photo is looked at twice.
//!
//! Derived data: a row of another version is made again and replaced. What the bytes mean is not this table's business.

use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE fingerprint (
    sha256  TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    print   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Store {
    /// Keeps fingerprints by content hash, in one transaction; `version` is the way they were made.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_fingerprints(&mut self, version: u32, rows: &[(String, Vec<u8>)]) -> Result<()> {
        self.write("save the fingerprints", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO fingerprint (sha256, version, print) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET version = excluded.version, print = excluded.print",
            )?;
            rows.iter().try_for_each(|(sha256, print)| statement.execute(params![sha256, version, print]).map(drop))
        })
    }

    /// The fingerprint of a content, when there is one of this version.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn fingerprint(&self, version: u32, sha256: &str) -> Result<Option<Vec<u8>>> {
        self.read("read a fingerprint", |conn| {
            let mut statement =
                conn.prepare_cached("SELECT print FROM fingerprint WHERE sha256 = ?1 AND version = ?2")?;
            statement.query_row(params![sha256, version], |row| row.get(0)).optional()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_kept_by_content_and_version() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let rows = |bytes: &[(&str, u8)]| -> Vec<(String, Vec<u8>)> {
            bytes.iter().map(|(sha256, byte)| ((*sha256).to_owned(), vec![*byte; 3])).collect()
        };
        store.save_fingerprints(1, &rows(&[("aa", 1), ("bb", 2)])).expect("saves");
        store.save_fingerprints(2, &rows(&[("aa", 9)])).expect("replaces");
        assert_eq!(store.fingerprint(1, "bb").expect("reads"), Some(vec![2; 3]));
        assert_eq!(store.fingerprint(2, "aa").expect("reads"), Some(vec![9; 3]));
        for (version, sha256) in [(1, "aa"), (2, "bb"), (1, "cc")] {
            assert_eq!(store.fingerprint(version, sha256).expect("reads"), None);
        }
    }
}
