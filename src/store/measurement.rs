//! Table `measurement`: the attributes of each content, so that nothing is measured twice.
//!
//! Derived data: a row of another measuring version is measured again and replaced.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::Store;
use crate::domain::Attributes;
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE measurement (
    sha256     TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    attributes TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Keeps attributes within a transaction.
pub(super) fn save<'a>(
    tx: &Transaction<'_>,
    version: u32,
    rows: impl IntoIterator<Item = (&'a str, &'a Attributes)>,
) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO measurement (sha256, version, attributes) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET version = excluded.version, attributes = excluded.attributes",
    )?;
    for (sha256, attributes) in rows {
        let text = serde_json::to_string(attributes).unwrap_or_default();
        statement.execute(params![sha256, version, text])?;
    }
    Ok(())
}

impl Store {
    /// Keeps attributes by content hash, in one transaction; `version` is the measuring version.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_attributes<'a>(
        &mut self,
        version: u32,
        rows: impl IntoIterator<Item = (&'a str, &'a Attributes)>,
    ) -> Result<()> {
        self.write("save the measurements", |tx| save(tx, version, rows))
    }

    /// The attributes of one content in a measuring version; nothing when they are not known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attributes_of(&self, version: u32, sha256: &str) -> Result<Option<Attributes>> {
        self.read("read the measurements", |conn| {
            let sql = "SELECT attributes FROM measurement WHERE sha256 = ?1 AND version = ?2";
            let found = conn.prepare_cached(sql)?.query_row(params![sha256, version], |row| row.get::<_, String>(0));
            Ok(found.optional()?.and_then(|text| serde_json::from_str(&text).ok()))
        })
    }

    /// All attributes of a measuring version, by content hash.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attributes(&self, version: u32) -> Result<HashMap<String, Attributes>> {
        self.read("read the measurements", |conn| {
            let mut statement = conn.prepare("SELECT sha256, attributes FROM measurement WHERE version = ?1")?;
            let rows = statement.query_map([version], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            let read = rows.filter_map(|row| match row {
                Ok((sha256, text)) => serde_json::from_str(&text).ok().map(|attributes| Ok((sha256, attributes))),
                Err(error) => Some(Err(error)),
            });
            read.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Attribute;

    #[test]
    fn measurements_are_kept_by_content_and_version() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let fill = |value: f64| Attributes::default().with(Attribute::Fill, value);
        store.save_attributes(1, [("aa", &fill(0.1)), ("bb", &fill(0.2))]).expect("saves");
        store.save_attributes(2, [("aa", &fill(0.3))]).expect("replaces");
        assert_eq!(store.attributes(1).expect("reads"), HashMap::from([("bb".to_owned(), fill(0.2))]));
        assert_eq!(store.attributes(2).expect("reads"), HashMap::from([("aa".to_owned(), fill(0.3))]));
        let one = |version, sha256| store.attributes_of(version, sha256).expect("reads");
        assert_eq!((one(2, "aa"), one(2, "bb"), one(1, "aa")), (Some(fill(0.3)), None, None));
    }
}
