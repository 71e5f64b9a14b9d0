//! Table `score`: what each model said about each content; scoring resumes from it.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Row, params};

use super::Store;
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
    /// Saves the rows that hold a score, in one transaction; errors are not kept, so that they are tried again. Attributes
    /// belong to the content: those of an earlier row stay when a row has none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_scores(&mut self, rows: &[ScoreRow]) -> Result<()> {
        self.write("save the scores", |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO score (sha256, model_id, value, low, high, attributes, reason, at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET value = excluded.value, low = excluded.low, high = excluded.high,
                    attributes = coalesce(excluded.attributes, attributes), reason = excluded.reason, at_ms = excluded.at_ms",
            )?;
            for row in rows {
                let Some(score) = row.score else { continue };
                let attributes = row.attributes.and_then(|attributes| serde_json::to_string(&attributes).ok());
                statement.execute(params![
                    row.sha256,
                    row.model.0,
                    score.value,
                    score.low,
                    score.high,
                    attributes,
                    row.reason,
                    row.at_ms
                ])?;
            }
            Ok(())
        })
    }

    /// Everything a model has scored, by content hash; paths are left empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn scores_of(&self, model: &ModelId) -> Result<HashMap<String, ScoreRow>> {
        self.read("read the scores", |conn| {
            let sql = "SELECT sha256, value, low, high, attributes, reason, at_ms FROM score WHERE model_id = ?1";
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map([&model.0], |row| score_row(row, model))?;
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
        store.save_scores(&[row("aa", 10.0), row("bb", 20.0), failed]).expect("saves");
        store.save_scores(&[row("aa", 30.0)]).expect("replaces");
        let scores = store.scores_of(&model).expect("reads");
        assert_eq!(scores.len(), 2);
        assert_eq!(scores["aa"], row("aa", 30.0));
        let measured = Attributes::default().with(Attribute::Fill, 0.5);
        store.save_scores(&[ScoreRow { attributes: Some(measured), ..row("bb", 20.0) }]).expect("saves");
        store.save_scores(&[row("bb", 40.0)]).expect("keeps the attributes");
        let found = &store.scores_of(&model).expect("reads")["bb"];
        assert_eq!((found.score.map(|score| score.value), found.attributes), (Some(40.0), Some(measured)));
        assert!(store.scores_of(&ModelId("other".to_owned())).expect("reads").is_empty());
    }
}
