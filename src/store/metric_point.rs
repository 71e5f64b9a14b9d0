//! Table `metric_point`: the curves of the runs.

use rusqlite::params;

use super::Store;
use crate::domain::{MetricPoint, RunId};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE metric_point (
    run_id TEXT NOT NULL REFERENCES run (id),
    name   TEXT NOT NULL,
    step   INTEGER NOT NULL,
    value  REAL NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (run_id, name, step)
) STRICT, WITHOUT ROWID;
";

impl Store {
    /// Saves points of a run's curves; a point that is measured again after a resume replaces its former self.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_points(&mut self, run: &RunId, points: &[MetricPoint], now_ms: i64) -> Result<()> {
        self.write("save the curve", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO metric_point (run_id, name, step, value, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms",
            )?;
            points
                .iter()
                .filter(|point| point.value.is_finite())
                .try_for_each(|p| statement.execute(params![run.0, p.name, p.step as i64, p.value, now_ms]).map(drop))
        })
    }

    /// Every point of a run with the moment it was saved, milliseconds since 1970; by name and step.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn timed_points(&self, run: &RunId) -> Result<Vec<(MetricPoint, i64)>> {
        self.read("read the curves", |conn| {
            let sql = "SELECT name, step, value, at_ms FROM metric_point WHERE run_id = ?1 ORDER BY name, step";
            let mut statement = conn.prepare_cached(sql)?;
            let points = statement.query_map([&run.0], |row| {
                let point = MetricPoint { name: row.get(0)?, step: row.get::<_, i64>(1)? as u64, value: row.get(2)? };
                Ok((point, row.get(3)?))
            })?;
            points.collect()
        })
    }

    /// Forgets the points and samples after a step: what a killed worker measured beyond its last checkpoint.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn drop_points_after(&mut self, run: &RunId, step: u64) -> Result<()> {
        self.write("trim the curve", |tx| {
            tx.execute("DELETE FROM metric_point WHERE run_id = ?1 AND step > ?2", params![run.0, step as i64])?;
            tx.execute("DELETE FROM sample_score WHERE run_id = ?1 AND step > ?2", params![run.0, step as i64])
                .map(drop)
        })
    }
}
