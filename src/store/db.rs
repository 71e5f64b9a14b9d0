//! Opening the database: WAL, foreign keys, busy timeout, versioned migrations with a backup before each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::error::{Code, Error, Result};

/// The database's file name in a project folder.
pub const FILE_NAME: &str = "packshot.db";

/// "PkSh": marks the file as ours.
const APPLICATION_ID: i32 = 0x506b_5368;

/// One entry a schema version, in order; released entries are never edited, only followed by new ones.
const MIGRATIONS: &[&[&str]] = &[
    &[
        super::image::SCHEMA,
        super::vote::SCHEMA,
        super::run::SCHEMA,
        super::metric_point::SCHEMA,
        super::artifact::SCHEMA,
        super::model::SCHEMA,
        super::split::SCHEMA,
        super::score::SCHEMA,
    ],
    &[super::measurement::SCHEMA],
    &[super::fingerprint::SCHEMA],
    &[super::feature::SCHEMA],
    &[super::score::WITHOUT_ATTRIBUTES],
    &[super::promotion::SCHEMA, super::score::WITH_MODEL_SHA256],
    &[super::vote::WIDER],
    &[super::run::WITH_TAGS, super::sample_score::SCHEMA],
    &[super::run_origin::SCHEMA],
];

/// How long a writer waits for another process before giving up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// One connection to a project's database.
#[derive(Debug)]
pub struct Store {
    pub(super) conn: Connection,
}

impl Store {
    /// Opens the database in `folder`, creating or migrating it when needed.
    ///
    /// # Errors
    /// [`Code::StoreNewer`] when a newer Packshot wrote it, [`Code::BadData`] when the file is not a Packshot
    /// database, [`Code::Busy`] when another process blocks it, [`Code::Io`] or [`Code::Store`] otherwise.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        let conn = Connection::open(&path).map_err(|error| store_error("open the database", error))?;
        let mut store = Self { conn };
        store.configure().map_err(|error| explain_foreign(&path, error))?;
        store.migrate(&path, MIGRATIONS)?;
        Ok(store)
    }

    fn configure(&self) -> rusqlite::Result<()> {
        self.conn.busy_timeout(BUSY_TIMEOUT)?;
        self.conn.pragma_update(None, "foreign_keys", true)?;
        // FULL: a vote that was reported as saved survives a power cut, not only a killed process.
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        self.conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
        Ok(())
    }

    fn version(&self) -> Result<usize> {
        self.read("read the schema version", |conn| {
            conn.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).map(|version| version as usize)
        })
    }

    fn migrate(&mut self, path: &Path, migrations: &[&[&str]]) -> Result<()> {
        let version = self.version()?;
        if version == migrations.len() {
            return Ok(());
        }
        self.refuse_strangers(path, version, migrations.len())?;
        if version > 0 {
            self.back_up(path, version)?;
        }
        self.write("migrate the database", |tx| {
            // Another process may have migrated while this one waited for the lock.
            let current: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            for statements in migrations.iter().skip(current as usize) {
                for statement in *statements {
                    tx.execute_batch(statement)?;
                }
            }
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", migrations.len() as u32)
        })
    }

    fn refuse_strangers(&self, path: &Path, version: usize, known: usize) -> Result<()> {
        if version > known {
            return Err(Error::new(
                Code::StoreNewer,
                format!(
                    "{} was written by a newer Packshot (schema {version}, this one knows {known})",
                    path.display()
                ),
            )
            .hint("Update Packshot, or open another project with --project. Nothing was changed."));
        }
        let ours = self.read("read the application id", |conn| {
            let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
            let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
            Ok(id == APPLICATION_ID || tables == 0)
        })?;
        if ours {
            return Ok(());
        }
        Err(Error::bad_data(format!("{} is an SQLite file of another program", path.display()))
            .hint("Choose another project folder with --project. Nothing was changed."))
    }

    /// Copies the database beside itself before its schema changes; an existing copy is kept.
    fn back_up(&self, path: &Path, version: usize) -> Result<PathBuf> {
        let backup = path.with_file_name(format!("{FILE_NAME}.v{version}.bak"));
        if !backup.exists() {
            let target = backup.to_string_lossy().into_owned();
            self.read("back up the database", |conn| conn.execute("VACUUM INTO ?1", [target]))?;
        }
        Ok(backup)
    }

    /// Runs a read.
    pub(super) fn read<T>(&self, what: &str, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.conn).map_err(|error| store_error(what, error))
    }

    /// Runs a write as one transaction that takes the write lock at its start.
    pub(super) fn write<T>(
        &mut self,
        what: &str,
        change: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let run = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = change(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        run(&mut self.conn).map_err(|error| store_error(what, error))
    }

    /// SQLite's own check of the file; empty when it is sound.
    ///
    /// # Errors
    /// When the check itself cannot run.
    pub fn integrity_problems(&self) -> Result<Vec<String>> {
        let rows = self.read("check the database", |conn| {
            let mut statement = conn.prepare("PRAGMA integrity_check(20)")?;
            statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(rows.into_iter().filter(|row| row != "ok").collect())
    }
}

/// Maps SQLite's failure onto our codes.
pub(super) fn store_error(what: &str, error: rusqlite::Error) -> Error {
    let (code, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Code::Busy, "Another Packshot is writing to this project; try again in a moment.")
        }
        Some(ErrorCode::DiskFull) => (Code::Io, "The disk is full: free some space and try again; saved work is safe."),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            (Code::Io, "Check that the project folder exists and that you may write to it.")
        }
        Some(ErrorCode::DatabaseCorrupt) => (
            Code::Store,
            "The database is damaged: copy the project folder before anything else, then run `packshot doctor`.",
        ),
        _ => (Code::Store, "`packshot doctor` checks the project's health."),
    };
    Error::new(code, format!("could not {what}")).hint(hint).caused_by(error)
}

fn explain_foreign(path: &Path, error: rusqlite::Error) -> Error {
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return Error::bad_data(format!("{} is not a database", path.display()))
            .hint("Choose another project folder with --project. Nothing was changed.");
    }
    store_error("open the database", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("temp dir");
        drop(Store::open(folder.path()).expect("creates"));
        let path = folder.path().join(FILE_NAME);
        let conn = Connection::open(&path).expect("opens");
        conn.pragma_update(None, "user_version", 99).expect("sets");
        drop(conn);
        let error = Store::open(folder.path()).expect_err("refuses");
        assert_eq!(error.code, Code::StoreNewer);
        assert!(error.summary.contains("newer Packshot"), "{}", error.summary);
    }

    #[test]
    fn an_older_database_is_migrated_after_a_backup() {
        let folder = tempfile::tempdir().expect("temp dir");
        drop(Store::open(folder.path()).expect("creates"));
        let path = folder.path().join(FILE_NAME);
        let mut store = Store::open(folder.path()).expect("opens");
        let mut extended: Vec<&[&str]> = MIGRATIONS.to_vec();
        extended.push(&["CREATE TABLE later (x INTEGER)"]);
        store.migrate(&path, &extended).expect("migrates");
        assert_eq!(store.version().expect("version"), MIGRATIONS.len() + 1);
        let backup = Connection::open(folder.path().join(format!("{FILE_NAME}.v{}.bak", MIGRATIONS.len())));
        let tables: i64 = backup
            .expect("backup opens")
            .query_row("SELECT count(*) FROM sqlite_master WHERE name = 'later'", [], |row| row.get(0))
            .expect("counts");
        assert_eq!(tables, 0);
    }

    #[test]
    fn votes_of_an_older_database_are_kept_with_their_ids() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join(FILE_NAME);
        let mut store = Store { conn: Connection::open(&path).expect("opens") };
        store.configure().expect("configures");
        store.migrate(&path, &MIGRATIONS[..5]).expect("the older layout");
        let sql = "INSERT INTO image (id, path, sha256, bytes, modified_ms, width, height, format, added_ms)
                       VALUES (1, 'a', 'a', 1, 0, 1, 1, 'png', 0);
                   INSERT INTO vote (id, image_id, kind, level, levels, score, n, rater, source, at_ms)
                       VALUES (7, 1, 'rating', 2, 5, 25, 1, 'me', 'window', 3),
                              (8, 1, 'rating', 5, 5, 100, 1, 'me', 'window', 4);
                   INSERT INTO vote (id, image_id, kind, undoes, rater, source, at_ms)
                       VALUES (9, 1, 'undo', 8, 'me', 'window', 5);";
        store.conn.execute_batch(sql).expect("votes");
        drop(store);
        let mut store = Store::open(folder.path()).expect("migrates");
        assert_eq!(store.labels().expect("labels")[0].mos, 25.0);
        assert_eq!((store.newest_vote().expect("reads").0, store.vote_count().expect("counts")), (9, 3));
        assert!(store.integrity_problems().expect("checks").is_empty());
        let redone = store.redo("me", 6).expect("redoes").expect("what was taken back");
        assert_eq!((redone.votes[0].id.0, store.labels().expect("labels")[0].mos), (10, 100.0));
        store.conn.execute("DELETE FROM vote", []).expect_err("still append-only");
    }

    #[test]
    fn a_failed_migration_changes_nothing() {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("creates");
        let mut broken: Vec<&[&str]> = MIGRATIONS.to_vec();
        broken.push(&["CREATE TABLE later (x INTEGER)", "NOT SQL"]);
        store.migrate(&folder.path().join(FILE_NAME), &broken).expect_err("fails");
        assert_eq!(store.version().expect("version"), MIGRATIONS.len());
    }

    #[test]
    fn files_that_are_not_ours_are_refused() {
        let folder = tempfile::tempdir().expect("temp dir");
        std::fs::write(folder.path().join(FILE_NAME), "just some text, long enough to not be a header at all")
            .expect("writes");
        assert_eq!(Store::open(folder.path()).expect_err("refuses").code, Code::BadData);
        let other = tempfile::tempdir().expect("temp dir");
        let conn = Connection::open(other.path().join(FILE_NAME)).expect("opens");
        conn.execute_batch("CREATE TABLE recipes (x INTEGER)").expect("creates");
        drop(conn);
        assert_eq!(Store::open(other.path()).expect_err("refuses").code, Code::BadData);
    }
}
