//! Tables `promotion` (an append-only log of which model is the champion) and `model_meta` (which models are archived).

use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::domain::ModelId;
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE promotion (
    id       INTEGER PRIMARY KEY,
    model_id TEXT,
    at_ms    INTEGER NOT NULL
) STRICT;
CREATE TRIGGER promotions_stay BEFORE UPDATE ON promotion
    BEGIN SELECT RAISE(ABORT, 'promotions are append-only'); END;
CREATE TRIGGER promotions_are_kept BEFORE DELETE ON promotion
    BEGIN SELECT RAISE(ABORT, 'promotions are append-only'); END;
CREATE TABLE model_meta (
    model_id    TEXT PRIMARY KEY,
    archived_ms INTEGER
) STRICT;
";

/// What stands in the log: a model was promoted, or, without a model, the last promotion was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The model; nothing when the last promotion was taken back.
    pub model: Option<ModelId>,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// The champions that a log leaves, the current one last.
fn replay(log: &[Promotion]) -> Vec<ModelId> {
    let mut champions = Vec::new();
    for entry in log {
        match &entry.model {
            Some(model) => champions.push(model.clone()),
            None => drop(champions.pop()),
        }
    }
    champions
}

impl Store {
    /// Appends to the log: a model becomes the champion, or the last promotion is taken back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn append_promotion(&mut self, promotion: &Promotion) -> Result<()> {
        let model = promotion.model.as_ref().map(|model| &model.0);
        self.write("record the promotion", |tx| {
            tx.execute("INSERT INTO promotion (model_id, at_ms) VALUES (?1, ?2)", params![model, promotion.at_ms])
                .map(drop)
        })
    }

    /// The whole log, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn promotions(&self) -> Result<Vec<Promotion>> {
        self.read("read the promotions", |conn| {
            let mut statement = conn.prepare_cached("SELECT model_id, at_ms FROM promotion ORDER BY id")?;
            let rows = statement.query_map([], |row| {
                Ok(Promotion { model: row.get::<_, Option<String>>(0)?.map(ModelId), at_ms: row.get(1)? })
            })?;
            rows.collect()
        })
    }

    /// The models that were promoted and not taken back, the champion last; the same one may stand there more than once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn champions(&self) -> Result<Vec<ModelId>> {
        Ok(replay(&self.promotions()?))
    }

    /// The champion, unless its run was deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn champion(&self) -> Result<Option<ModelId>> {
        let Some(champion) = self.champions()?.pop() else { return Ok(None) };
        let deleted = self.read("find the champion", |conn| {
            let sql = "SELECT 1 FROM model JOIN run_meta ON run_meta.run_id = model.run_id
                       WHERE id = ?1 AND deleted_ms IS NOT NULL";
            conn.query_row(sql, [&champion.0], |_| Ok(())).optional()
        })?;
        Ok(deleted.is_none().then_some(champion))
    }

    /// Archives a model, or brings it back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_archived(&mut self, model: &ModelId, at_ms: Option<i64>) -> Result<()> {
        self.write("archive the model", |tx| {
            tx.execute(
                "INSERT INTO model_meta (model_id, archived_ms) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET archived_ms = excluded.archived_ms",
                params![model.0, at_ms],
            )
            .map(drop)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RunId;
    use crate::store::StoredModel;

    fn model(id: &str, created_ms: i64) -> StoredModel {
        StoredModel {
            id: ModelId(id.to_owned()),
            run: None,
            architecture: "cnn-s".to_owned(),
            path: format!("models/{id}"),
            created_ms,
        }
    }

    fn ids(store: &Store) -> Vec<String> {
        store.models().expect("lists").into_iter().map(|model| model.id.0).collect()
    }

    #[test]
    fn the_champion_goes_first_and_taking_back_leads_to_the_one_before() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        for (id, at) in [("a", 1), ("b", 2), ("c", 3)] {
            store.save_model(&model(id, at)).expect("saves");
        }
        assert_eq!(ids(&store), ["c", "b", "a"]);
        let promote = |store: &mut Store, id: Option<&str>| {
            let promotion = Promotion { model: id.map(|id| ModelId(id.to_owned())), at_ms: 9 };
            store.append_promotion(&promotion).expect("appends");
        };
        promote(&mut store, Some("a"));
        promote(&mut store, Some("b"));
        assert_eq!(
            (ids(&store), store.champion().expect("reads")),
            (["b", "c", "a"].map(String::from).to_vec(), Some(ModelId("b".into())))
        );
        promote(&mut store, None);
        assert_eq!(ids(&store), ["a", "c", "b"]);
        promote(&mut store, None);
        promote(&mut store, None);
        assert_eq!((ids(&store), store.champion().expect("reads")), (["c", "b", "a"].map(String::from).to_vec(), None));
        assert_eq!(store.promotions().expect("reads").len(), 5, "nothing is forgotten");
        store.conn.execute("DELETE FROM promotion", []).expect_err("append-only");

        store.set_archived(&ModelId("c".to_owned()), Some(5)).expect("archives");
        assert_eq!(ids(&store), ["b", "a"]);
        let all = store.all_models().expect("lists");
        assert_eq!(
            all.iter().map(|(model, archived)| (model.id.0.as_str(), *archived)).collect::<Vec<_>>(),
            [("c", true), ("b", false), ("a", false)]
        );
        store.set_archived(&ModelId("c".to_owned()), None).expect("restores");
        assert_eq!(ids(&store), ["c", "b", "a"]);
    }

    #[test]
    fn a_champion_whose_run_is_deleted_serves_no_longer() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let run = crate::store::run::sample_run("r1");
        store.insert_run(&run).expect("inserts");
        store.save_model(&StoredModel { run: Some(RunId("r1".to_owned())), ..model("a", 1) }).expect("saves");
        let promotion = Promotion { model: Some(ModelId("a".to_owned())), at_ms: 9 };
        store.append_promotion(&promotion).expect("appends");
        assert_eq!(store.champion().expect("reads"), promotion.model);
        let meta = crate::domain::RunMeta { deleted_ms: Some(1), ..run.meta };
        store.set_run_meta(&run.id, &meta).expect("deletes");
        assert_eq!(store.champion().expect("reads"), None);
    }
}
