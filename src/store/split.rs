//! Table `split`: which part each photo of a run's dataset served in, and the label it had then.

use rusqlite::params;

use super::Store;
use crate::domain::{ImageId, RunId, Split};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE split (
    run_id    TEXT NOT NULL REFERENCES run (id),
    image_id  INTEGER NOT NULL REFERENCES image (id),
    part      TEXT NOT NULL CHECK (part IN ('train', 'validation', 'test')),
    group_key TEXT NOT NULL,
    label     REAL NOT NULL,
    PRIMARY KEY (run_id, image_id)
) STRICT, WITHOUT ROWID;
";

/// One photo of a run's dataset: photo, part, group, label (0-100).
pub type SplitRow = (ImageId, Split, String, f64);

impl Store {
    /// Freezes the dataset of a run.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_split(&mut self, run: &RunId, rows: &[SplitRow]) -> Result<()> {
        self.write("save the split", |tx| {
            let sql = "INSERT INTO split (run_id, image_id, part, group_key, label) VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut statement = tx.prepare(sql)?;
            rows.iter().try_for_each(|(image, part, group, label)| {
                statement.execute(params![run.0, image.0, part.name(), group, label]).map(drop)
            })
        })
    }

    /// The dataset of a run, by photo.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn split(&self, run: &RunId) -> Result<Vec<SplitRow>> {
        self.read("read the split", |conn| {
            let sql = "SELECT image_id, part, group_key, label FROM split WHERE run_id = ?1 ORDER BY image_id";
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map([&run.0], |row| {
                let part = Split::parse(row.get_ref(1)?.as_str()?).unwrap_or(Split::Train);
                Ok((ImageId(row.get(0)?), part, row.get(2)?, row.get(3)?))
            })?;
            rows.collect()
        })
    }
}
