//! Table `sample_score`: what the network said of a few held-out photos while it was trained.

use rusqlite::params;

use super::Store;
use crate::domain::{RunId, SampleScore};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE sample_score (
    run_id   TEXT NOT NULL REFERENCES run (id),
    image_id INTEGER NOT NULL,
    step     INTEGER NOT NULL,
    score    REAL NOT NULL CHECK (score BETWEEN 0 AND 100),
    PRIMARY KEY (run_id, image_id, step)
) STRICT, WITHOUT ROWID;
";

impl Store {
    /// Saves what a run's network says of photos; what is measured again after a resume replaces its former self.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_samples(&mut self, run: &RunId, samples: &[SampleScore]) -> Result<()> {
        self.write("save the sample scores", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO sample_score (run_id, image_id, step, score) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET score = excluded.score",
            )?;
            samples
                .iter()
                .try_for_each(|s| statement.execute(params![run.0, s.image.0, s.step as i64, s.score]).map(drop))
        })
    }

    /// The sample scores of a run, by photo and step.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn samples(&self, run: &RunId) -> Result<Vec<SampleScore>> {
        self.read("read the sample scores", |conn| {
            let sql = "SELECT image_id, step, score FROM sample_score WHERE run_id = ?1 ORDER BY image_id, step";
            let mut statement = conn.prepare_cached(sql)?;
            let samples = statement.query_map([&run.0], |row| {
                let image = crate::domain::ImageId(row.get(0)?);
                Ok(SampleScore { image, step: row.get::<_, i64>(1)? as u64, score: row.get(2)? })
            })?;
            samples.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ImageId, MetricPoint};
    use crate::store::run::sample_run;

    #[test]
    fn samples_follow_the_run_back() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let run = sample_run("r");
        store.insert_run(&run).expect("inserts");
        let sample = |image: i64, step: u64, score: f64| SampleScore { image: ImageId(image), step, score };
        store.save_samples(&run.id, &[sample(2, 5, 40.0), sample(1, 5, 30.0), sample(1, 10, 35.0)]).expect("saves");
        store.save_samples(&run.id, &[sample(1, 10, 36.0)]).expect("saves again");
        store.save_points(&run.id, &[MetricPoint { name: "x".to_owned(), step: 10, value: 1.0 }], 0).expect("saves");
        assert_eq!(
            store.samples(&run.id).expect("reads"),
            [sample(1, 5, 30.0), sample(1, 10, 36.0), sample(2, 5, 40.0)]
        );
        store.drop_points_after(&run.id, 5).expect("goes back");
        assert_eq!(store.samples(&run.id).expect("reads"), [sample(1, 5, 30.0), sample(2, 5, 40.0)]);
        assert!(store.timed_points(&run.id).expect("reads").is_empty());
    }
}
