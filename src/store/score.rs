//! Table `score`: what each model said about each content; scoring resumes from it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Row, params};

use super::{Store, measurement};
use crate::domain::{ModelId, Score, ScoreRow};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE score (
    sha256     TEXT NOT NULL,
    model_id   TEXT NOT NULL,
    value      REAL NOT NULL CHECK (value BETWEEN 0 AND 100),
    low        REAL NOT NULL,
    high       REAL NOT NULL,
    attributes TEXT,
    reason     TEXT,
    at_ms      INTEGER NOT NULL,
    PRIMARY KEY (sha256, model_id)
) STRICT, WITHOUT ROWID;
";

/// Attributes belong to a content and a version of the measures: they moved to the table `measurement`. Here they had no
/// version, so that nobody could tell which were out of date.
pub(super) const WITHOUT_ATTRIBUTES: &str = "ALTER TABLE score DROP COLUMN attributes;";

/// Models are known by the start of their SHA-256; a row keeps all of it, so that nobody has to trust the start. Rows from
/// before have none.
pub(super) const WITH_MODEL_SHA256: &str = "ALTER TABLE score ADD COLUMN model_sha256 TEXT;";

/// A score and its reason, without what only a report needs.
pub type ScoreValue = (Score, Option<Arc<str>>);

fn score_row(row: &Row<'_>, model: &ModelId) -> rusqlite::Result<ScoreRow> {
    let attributes: Option<String> = row.get(4)?;
    Ok(ScoreRow {
        path: PathBuf::new(),
        sha256: row.get(0)?,
        model: model.clone(),
        score: Some(Score { value: row.get(1)?, low: row.get(2)?, high: row.get(3)? }),
        attributes: attributes.and_then(|text| serde_json::from_str(&text).ok()),
        reason: row.get(5)?,
        error: None,
        at_ms: row.get(6)?,
    })
}

impl Store {
    /// Saves the rows that hold a score, in one transaction; errors are not kept, so that they are tried again. They are of
    /// one model, whose weights have that SHA-256. Attributes, of that measuring version, go where every measurement is;
    /// those of an earlier row stay when a row has none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_scores(&mut self, rows: &[ScoreRow], model_sha256: &str, version: u32) -> Result<()> {
        self.write("save the scores", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO score (sha256, model_id, value, low, high, reason, at_ms, model_sha256)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET value = excluded.value, low = excluded.low, high = excluded.high,
                    reason = excluded.reason, at_ms = excluded.at_ms, model_sha256 = excluded.model_sha256",
            )?;
            for row in rows {
                let Some(score) = row.score else { continue };
                let values = (score.value, score.low, score.high);
                statement.execute(params![
                    row.sha256,
                    row.model.0,
                    values.0,
                    values.1,
                    values.2,
                    row.reason,
                    row.at_ms,
                    model_sha256
                ])?;
            }
            let scored = rows.iter().filter(|row| row.score.is_some());
            let measured = scored.filter_map(|row| Some((row.sha256.as_str(), row.attributes.as_ref()?)));
            measurement::save(tx, version, measured)
        })
    }

    /// Gives rows of a model from before the SHA-256 of models was kept theirs; returns how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn complete_model_sha256(&mut self, model: &ModelId, sha256: &str) -> Result<usize> {
        self.write("complete scores", |tx| {
            let sql = "UPDATE score SET model_sha256 = ?2 WHERE model_id = ?1 AND model_sha256 IS NULL";
            tx.execute(sql, params![model.0, sha256])
        })
    }

    /// Scores and reasons of a model by content hash, without what only a report needs; equal reasons are shared.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn score_values(&self, model: &ModelId) -> Result<HashMap<String, ScoreValue>> {
        self.read("read the scores", |conn| {
            let mut statement =
                conn.prepare("SELECT sha256, value, low, high, reason FROM score WHERE model_id = ?1")?;
            let mut rows = statement.query([&model.0])?;
            let (mut found, mut reasons) = (HashMap::new(), HashSet::<Arc<str>>::new());
            while let Some(row) = rows.next()? {
                let score = Score { value: row.get(1)?, low: row.get(2)?, high: row.get(3)? };
                let reason = row.get_ref(4)?.as_str_or_null()?.map(|text| match reasons.get(text) {
                    Some(known) => known.clone(),
                    None => {
                        let fresh: Arc<str> = Arc::from(text);
                        reasons.insert(fresh.clone());
                        fresh
                    }
                });
                found.insert(row.get(0)?, (score, reason));
            }
            Ok(found)
        })
    }

    /// Everything a model has scored, by content hash; paths are left empty. Attributes are those of this measuring
    /// version, absent where a content was measured under another or not at all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn scores_of(&self, model: &ModelId, version: u32) -> Result<HashMap<String, ScoreRow>> {
        self.read("read the scores", |conn| {
            let mut statement = conn.prepare(
                "SELECT score.sha256, value, low, high, attributes, reason, at_ms FROM score LEFT JOIN measurement
                 ON measurement.sha256 = score.sha256 AND version = ?2 WHERE model_id = ?1",
            )?;
            let rows = statement.query_map(params![model.0, version], |row| score_row(row, model))?;
            rows.map(|row| row.map(|row| (row.sha256.clone(), row))).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attribute, Attributes};

    #[test]
    fn scores_are_kept_per_content_and_model() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let model = ModelId("m".to_owned());
        let row = |sha256: &str, value| ScoreRow {
            path: PathBuf::new(),
            sha256: sha256.to_owned(),
            model: model.clone(),
            score: Some(Score { value, low: 0.0, high: 100.0 }),
            attributes: None,
            reason: Some("blurred".to_owned()),
            error: None,
            at_ms: 1,
        };
        let failed = ScoreRow { score: None, error: Some("truncated".to_owned()), ..row("cc", 0.0) };
        store.save_scores(&[row("aa", 10.0), row("bb", 20.0), failed], "beef", 1).expect("saves");
        store.save_scores(&[row("aa", 30.0)], "beef", 1).expect("replaces");
        let scores = store.scores_of(&model, 1).expect("reads");
        assert_eq!(scores.len(), 2);
        assert_eq!(scores["aa"], row("aa", 30.0));
        let kept: String =
            store.conn.query_row("SELECT DISTINCT model_sha256 FROM score", [], |row| row.get(0)).expect("reads");
        assert_eq!(kept, "beef");
        store.conn.execute("UPDATE score SET model_sha256 = NULL WHERE sha256 = 'aa'", []).expect("as before");
        assert_eq!(store.complete_model_sha256(&model, "cafe").expect("completes"), 1, "what is known stays");
        assert_eq!(store.complete_model_sha256(&model, "cafe").expect("completes"), 0);
        assert!(store.scores_of(&ModelId("other".to_owned()), 1).expect("reads").is_empty());
        let values = store.score_values(&model).expect("reads");
        assert_eq!(values["aa"], (Score { value: 30.0, low: 0.0, high: 100.0 }, Some(Arc::from("blurred"))));
        assert!(store.score_values(&ModelId("other".to_owned())).expect("reads").is_empty());

        let fill = |fill| Attributes::default().with(Attribute::Fill, fill);
        store.save_scores(&[ScoreRow { attributes: Some(fill(0.5)), ..row("bb", 20.0) }], "beef", 1).expect("saves");
        store.save_scores(&[row("bb", 40.0)], "beef", 1).expect("keeps the attributes");
        let found = |store: &Store, version| {
            let row = &store.scores_of(&model, version).expect("reads")["bb"];
            (row.score.map(|score| score.value), row.attributes)
        };
        assert_eq!(found(&store, 1), (Some(40.0), Some(fill(0.5))));
        assert_eq!(store.attributes(1).expect("reads")["bb"], fill(0.5), "an audit need not measure again");
        assert_eq!(found(&store, 2), (Some(40.0), None), "other measures, other numbers");
        store.save_attributes(2, [("bb", &fill(0.7))]).expect("saves");
        assert_eq!(found(&store, 2), (Some(40.0), Some(fill(0.7))), "the score follows what is measured");
    }
}
