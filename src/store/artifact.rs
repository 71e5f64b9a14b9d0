//! Table `artifact`: files a run made, by path inside the project.

use rusqlite::params;

use super::Store;
use crate::domain::RunId;
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE artifact (
    run_id TEXT NOT NULL REFERENCES run (id),
    kind   TEXT NOT NULL,
    path   TEXT NOT NULL,
    PRIMARY KEY (run_id, path)
) STRICT, WITHOUT ROWID;
";

/// A file made by a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// What it is: "model", "validation-scores", "report".
    pub kind: String,
    /// Path relative to the project folder, with forward slashes.
    pub path: String,
}

impl Store {
    /// Records a file of a run; recording it again changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_artifact(&mut self, run: &RunId, artifact: &Artifact) -> Result<()> {
        self.write("record the artifact", |tx| {
            tx.execute(
                "INSERT INTO artifact (run_id, kind, path) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET kind = excluded.kind",
                params![run.0, artifact.kind, artifact.path],
            )
            .map(drop)
        })
    }

    /// The files of a run, by path.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn artifacts(&self, run: &RunId) -> Result<Vec<Artifact>> {
        self.read("list the artifacts", |conn| {
            let mut statement = conn.prepare("SELECT kind, path FROM artifact WHERE run_id = ?1 ORDER BY path")?;
            statement.query_map([&run.0], |row| Ok(Artifact { kind: row.get(0)?, path: row.get(1)? }))?.collect()
        })
    }
}
