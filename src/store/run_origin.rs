//! Table `run_origin`: which runs were imported from an MLflow server. What is there of them is the truth, and replaces
//! what an earlier import kept.

use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::domain::{MetricPoint, Run, RunId};
use crate::error::{Error, Result};

pub(super) const SCHEMA: &str = "
CREATE TABLE run_origin (
    run_id     TEXT PRIMARY KEY REFERENCES run (id),
    server     TEXT NOT NULL,
    experiment TEXT NOT NULL,
    remote     TEXT NOT NULL UNIQUE,
    digest     TEXT NOT NULL
) STRICT;
DROP TRIGGER run_is_immutable_once_completed;
CREATE TRIGGER run_is_immutable_once_completed BEFORE UPDATE ON run
    WHEN OLD.status = 'completed' AND NOT EXISTS (SELECT 1 FROM run_origin WHERE run_id = OLD.id)
    BEGIN SELECT RAISE(ABORT, 'a completed run is immutable'); END;
";

impl Store {
    /// The run that was imported under an id of an MLflow server, and the digest of what was there.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn imported_run(&self, remote: &str) -> Result<Option<(RunId, String)>> {
        self.read("find the imported run", |conn| {
            let sql = "SELECT run_id, digest FROM run_origin WHERE remote = ?1";
            conn.query_row(sql, [remote], |row| Ok((RunId(row.get(0)?), row.get(1)?))).optional()
        })
    }

    /// Records an imported run with its points and their times (milliseconds since 1970), or replaces what is kept of it;
    /// its name, note, star and deletion stay as people set them.
    ///
    /// # Errors
    /// When the run has no origin, its id is that of another run, or the database cannot be written.
    pub fn import_run(&mut self, run: &Run, points: &[(MetricPoint, i64)], digest: &str) -> Result<()> {
        let Some(origin) = &run.origin else {
            return Err(Error::internal(format!("run {} comes from nowhere", run.id)));
        };
        let summary = serde_json::Value::Object(run.summary.clone()).to_string();
        self.write("keep the imported run", |tx| {
            tx.execute(
                "INSERT INTO run (id, status, config, seed, code_version, device, dataset_digest, started_ms,
                     heartbeat_ms, finished_ms, summary, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (id) DO UPDATE SET status = excluded.status, config = excluded.config,
                     seed = excluded.seed, code_version = excluded.code_version, device = excluded.device,
                     dataset_digest = excluded.dataset_digest, started_ms = excluded.started_ms,
                     heartbeat_ms = excluded.heartbeat_ms, finished_ms = excluded.finished_ms,
                     summary = excluded.summary, error = excluded.error",
                params![
                    run.id.0,
                    run.status.name(),
                    run.config_toml,
                    run.seed as i64,
                    run.code_version,
                    run.device,
                    run.dataset_digest,
                    run.started_ms,
                    run.heartbeat_ms,
                    run.finished_ms,
                    summary,
                    run.error
                ],
            )?;
            tx.execute(
                "INSERT INTO run_meta (run_id, name, note) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![run.id.0, run.meta.name, run.meta.note],
            )?;
            tx.execute(
                "INSERT INTO run_origin (run_id, server, experiment, remote, digest) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (run_id) DO UPDATE SET server = excluded.server, experiment = excluded.experiment,
                     digest = excluded.digest",
                params![run.id.0, origin.server, origin.experiment, origin.run, digest],
            )?;
            tx.execute("DELETE FROM metric_point WHERE run_id = ?1", [&run.id.0])?;
            let mut statement = tx.prepare_cached(
                "INSERT INTO metric_point (run_id, name, step, value, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            points.iter().try_for_each(|(p, at_ms)| {
                statement.execute(params![run.id.0, p.name, p.step as i64, p.value, at_ms]).map(drop)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::sample_run;
    use super::*;
    use crate::domain::{RunMeta, RunOrigin, RunStatus};

    #[test]
    fn an_imported_run_follows_its_server_and_keeps_what_people_set() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let point = |step, value| (MetricPoint { name: "loss".to_owned(), step, value }, 7);
        let origin = RunOrigin { server: "http://h".to_owned(), experiment: "shop".to_owned(), run: "0f0f".to_owned() };
        let mut run = Run { origin: Some(origin), status: RunStatus::Completed, ..sample_run("r1") };
        store.import_run(&run, &[point(1, 0.5), point(2, 0.4)], "first").expect("imports");
        assert_eq!(store.run(&run.id).expect("reads"), Some(run.clone()));
        let starred = RunMeta { starred: true, name: "mine".to_owned(), ..RunMeta::default() };
        store.set_run_meta(&run.id, &starred).expect("stars");
        run.summary.insert("loss".to_owned(), serde_json::json!(0.3));
        store.import_run(&run, &[point(1, 0.5), point(3, 0.3)], "second").expect("imports again");
        run.meta = starred;
        assert_eq!(store.runs().expect("reads"), std::slice::from_ref(&run));
        assert_eq!(store.timed_points(&run.id).expect("reads"), [point(1, 0.5), point(3, 0.3)]);
        assert_eq!(store.imported_run("0f0f").expect("reads"), Some((run.id, "second".to_owned())));
        assert_eq!(store.imported_run("else").expect("reads"), None);
        let own = sample_run("r2");
        store.import_run(&own, &[], "").expect_err("an own run");
    }
}
