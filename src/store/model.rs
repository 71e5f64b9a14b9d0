//! Table `model`: the trained models a project knows.

use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::domain::{ModelId, RunId};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE model (
    id           TEXT PRIMARY KEY,
    run_id       TEXT REFERENCES run (id),
    architecture TEXT NOT NULL,
    path         TEXT NOT NULL,
    created_ms   INTEGER NOT NULL
) STRICT;
";

/// A model as the project lists it; its card and weights lie in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredModel {
    /// Identifier.
    pub id: ModelId,
    /// The run that made it.
    pub run: Option<RunId>,
    /// Registry name of the architecture.
    pub architecture: String,
    /// Folder relative to the project, with forward slashes.
    pub path: String,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
}

const COLUMNS: &str = "id, run_id, architecture, path, created_ms";

fn model(row: &Row<'_>) -> rusqlite::Result<StoredModel> {
    Ok(StoredModel {
        id: ModelId(row.get(0)?),
        run: row.get::<_, Option<String>>(1)?.map(RunId),
        architecture: row.get(2)?,
        path: row.get(3)?,
        created_ms: row.get(4)?,
    })
}

impl Store {
    /// Records a model in place of the one that its folder held before; recorded again, it is as new as it says.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_model(&mut self, model: &StoredModel) -> Result<()> {
        self.write("record the model", |tx| {
            tx.execute("DELETE FROM model WHERE path = ?1", [&model.path])?;
            tx.execute(
                "INSERT INTO model (id, run_id, architecture, path, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, path = excluded.path,
                     created_ms = excluded.created_ms",
                params![
                    model.id.0,
                    model.run.as_ref().map(|run| &run.0),
                    model.architecture,
                    model.path,
                    model.created_ms
                ],
            )
            .map(drop)
        })
    }

    /// The run that made a model, whatever became of the two; nothing for models of no run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn run_of_model(&self, model: &ModelId) -> Result<Option<RunId>> {
        self.read("find the run of a model", |conn| {
            let found =
                conn.query_row("SELECT run_id FROM model WHERE id = ?1", [&model.0], |row| row.get(0)).optional();
            found.map(|run: Option<Option<String>>| run.flatten().map(RunId))
        })
    }

    /// The models in use: the champion, then the newest first; archived ones and those of deleted runs are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn models(&self) -> Result<Vec<StoredModel>> {
        let champion = self.champion()?;
        let mut models = self.all_models()?;
        models.retain(|(_, archived)| !archived);
        // Stable: the others keep their order.
        models.sort_by_key(|(model, _)| Some(&model.id) != champion.as_ref());
        Ok(models.into_iter().map(|(model, _)| model).collect())
    }

    /// Every model, newest first, and whether it is archived; models of deleted runs are left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all_models(&self) -> Result<Vec<(StoredModel, bool)>> {
        self.read("list the models", |conn| {
            let sql = format!(
                "SELECT {COLUMNS}, archived_ms IS NOT NULL FROM model LEFT JOIN model_meta ON model_id = id
                 WHERE run_id IS NULL OR run_id NOT IN (SELECT run_id FROM run_meta WHERE deleted_ms IS NOT NULL)
                 ORDER BY created_ms DESC, id"
            );
            conn.prepare(&sql)?.query_map([], |row| Ok((model(row)?, row.get(5)?)))?.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_one_model() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let model = |id: &str, path: &str, created_ms| StoredModel {
            id: ModelId(id.to_owned()),
            run: None,
            architecture: "personal".to_owned(),
            path: path.to_owned(),
            created_ms,
        };
        store.save_model(&model("a", "models/run", 5)).expect("saves");
        store.save_model(&model("b", "models/personal", 3)).expect("saves");
        store.save_model(&model("c", "models/personal", 3)).expect("replaces");
        store.save_model(&model("c", "models/personal", 9)).expect("makes it the newest");
        let found: Vec<String> = store.models().expect("lists").into_iter().map(|model| model.id.0).collect();
        assert_eq!(found, ["c", "a"]);
    }
}
