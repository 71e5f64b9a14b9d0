//! Tables `run` (immutable once finished) and `run_meta` (what people may change: name, note, star, tags, deletion).

use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::domain::{Run, RunId, RunMeta, RunOrigin, RunStatus};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE run (
    id             TEXT PRIMARY KEY,
    status         TEXT NOT NULL CHECK (status IN ('running', 'completed', 'cancelled', 'failed')),
    config         TEXT NOT NULL,
    seed           INTEGER NOT NULL,
    code_version   TEXT NOT NULL,
    device         TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    started_ms     INTEGER NOT NULL,
    heartbeat_ms   INTEGER NOT NULL,
    finished_ms    INTEGER,
    summary        TEXT NOT NULL DEFAULT '{}',
    error          TEXT
) STRICT;
CREATE TABLE run_meta (
    run_id     TEXT PRIMARY KEY REFERENCES run (id),
    name       TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    starred    INTEGER NOT NULL DEFAULT 0,
    deleted_ms INTEGER
) STRICT;
CREATE TRIGGER run_is_immutable_once_completed BEFORE UPDATE ON run WHEN OLD.status = 'completed'
    BEGIN SELECT RAISE(ABORT, 'a completed run is immutable'); END;
";

/// Tags came later; they are a JSON array of texts.
pub(super) const WITH_TAGS: &str = "ALTER TABLE run_meta ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';";

const SELECT: &str = "SELECT id, status, config, seed, code_version, device, dataset_digest, started_ms, heartbeat_ms,
    finished_ms, summary, error, name, note, starred, deleted_ms, server, experiment, remote, tags
    FROM run JOIN run_meta ON run_meta.run_id = id LEFT JOIN run_origin ON run_origin.run_id = id";

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let summary: String = row.get(10)?;
    let tags: String = row.get(19)?;
    let origin = match row.get::<_, Option<String>>(16)? {
        Some(server) => Some(RunOrigin { server, experiment: row.get(17)?, run: row.get(18)? }),
        None => None,
    };
    Ok(Run {
        id: RunId(row.get(0)?),
        status: RunStatus::parse(row.get_ref(1)?.as_str()?).unwrap_or(RunStatus::Failed),
        config_toml: row.get(2)?,
        seed: row.get::<_, i64>(3)? as u64,
        code_version: row.get(4)?,
        device: row.get(5)?,
        dataset_digest: row.get(6)?,
        started_ms: row.get(7)?,
        heartbeat_ms: row.get(8)?,
        finished_ms: row.get(9)?,
        summary: serde_json::from_str(&summary).unwrap_or_default(),
        error: row.get(11)?,
        meta: RunMeta {
            name: row.get(12)?,
            note: row.get(13)?,
            starred: row.get(14)?,
            tags: serde_json::from_str(&tags).unwrap_or_default(),
            deleted_ms: row.get(15)?,
        },
        origin,
    })
}

impl Store {
    /// Records a new run.
    ///
    /// # Errors
    /// When the database cannot be written, or the id is taken.
    pub fn insert_run(&mut self, run: &Run) -> Result<()> {
        self.write("record the run", |tx| {
            tx.execute(
                "INSERT INTO run (id, status, config, seed, code_version, device, dataset_digest, started_ms, heartbeat_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    run.id.0,
                    run.status.name(),
                    run.config_toml,
                    run.seed as i64,
                    run.code_version,
                    run.device,
                    run.dataset_digest,
                    run.started_ms,
                    run.heartbeat_ms
                ],
            )?;
            tx.execute(
                "INSERT INTO run_meta (run_id, name, note) VALUES (?1, ?2, ?3)",
                params![run.id.0, run.meta.name, run.meta.note],
            )
            .map(drop)
        })
    }

    /// Marks a run as running again (resume) on a device.
    ///
    /// # Errors
    /// When the database cannot be written, or the run is completed.
    pub fn restart_run(&mut self, id: &RunId, device: &str, now_ms: i64) -> Result<()> {
        self.write("restart the run", |tx| {
            tx.execute(
                "UPDATE run SET status = 'running', device = ?2, heartbeat_ms = ?3, finished_ms = NULL, error = NULL
                 WHERE id = ?1",
                params![id.0, device, now_ms],
            )
            .map(drop)
        })
    }

    /// Notes that the run's worker is alive.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn beat_run(&mut self, id: &RunId, now_ms: i64) -> Result<()> {
        self.write("update the run", |tx| {
            tx.execute("UPDATE run SET heartbeat_ms = ?2 WHERE id = ?1", params![id.0, now_ms]).map(drop)
        })
    }

    /// Ends a run with its final metrics; a completed run can never be written again.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn finish_run(
        &mut self,
        id: &RunId,
        status: RunStatus,
        summary: &serde_json::Map<String, serde_json::Value>,
        error: Option<&str>,
        now_ms: i64,
    ) -> Result<()> {
        let summary = serde_json::Value::Object(summary.clone()).to_string();
        self.write("finish the run", |tx| {
            tx.execute(
                "UPDATE run SET status = ?2, summary = ?3, error = ?4, finished_ms = ?5, heartbeat_ms = ?5 WHERE id = ?1",
                params![id.0, status.name(), summary, error, now_ms],
            )
            .map(drop)
        })
    }

    /// Every run, newest first; deleted ones too (see [`RunMeta::deleted_ms`]).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>> {
        self.read("list the runs", |conn| {
            conn.prepare(&format!("{SELECT} ORDER BY started_ms DESC, id DESC"))?.query_map([], run)?.collect()
        })
    }

    /// One run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn run(&self, id: &RunId) -> Result<Option<Run>> {
        self.read("find the run", |conn| conn.query_row(&format!("{SELECT} WHERE id = ?1"), [&id.0], run).optional())
    }

    /// Replaces what people may change about a run.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_run_meta(&mut self, id: &RunId, meta: &RunMeta) -> Result<()> {
        let tags = serde_json::json!(meta.tags).to_string();
        self.write("save the run's name and note", |tx| {
            tx.execute(
                "UPDATE run_meta SET name = ?2, note = ?3, starred = ?4, deleted_ms = ?5, tags = ?6 WHERE run_id = ?1",
                params![id.0, meta.name, meta.note, meta.starred, meta.deleted_ms, tags],
            )
            .map(drop)
        })
    }
}

/// A run that has begun, for tests.
#[cfg(test)]
pub(crate) fn sample_run(id: &str) -> Run {
    Run {
        id: RunId(id.to_owned()),
        status: RunStatus::Running,
        config_toml: "version = 1".to_owned(),
        seed: u64::MAX,
        code_version: "0".to_owned(),
        device: "CPU".to_owned(),
        dataset_digest: "d".to_owned(),
        started_ms: 5,
        heartbeat_ms: 5,
        finished_ms: None,
        summary: serde_json::Map::new(),
        error: None,
        meta: RunMeta { name: "first".to_owned(), ..RunMeta::default() },
        origin: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completed_run_is_immutable_but_its_name_is_not() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let mut expected = sample_run("r1");
        store.insert_run(&expected).expect("inserts");
        assert_eq!(store.run(&expected.id).expect("reads"), Some(expected.clone()));
        expected.summary.insert("test_srcc".to_owned(), serde_json::json!(0.5));
        store.finish_run(&expected.id, RunStatus::Completed, &expected.summary, None, 9).expect("finishes");
        store.beat_run(&expected.id, 10).expect_err("immutable");
        let meta = RunMeta {
            name: "renamed".to_owned(),
            note: "n".to_owned(),
            starred: true,
            tags: vec!["autumn".to_owned(), "\"1\"".to_owned()],
            deleted_ms: Some(3),
        };
        store.set_run_meta(&expected.id, &meta).expect("renames");
        let run = store.run(&expected.id).expect("reads").expect("is there");
        assert_eq!((run.meta, run.summary, run.finished_ms), (meta, expected.summary, Some(9)));
    }
}
