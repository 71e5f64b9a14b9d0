//! Table `vote`: the append-only log of what people said; labels are derived from it.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::domain::{Histogram, ImageId, Label, Preference, TagId, Vote, VoteId, VoteKind};
use crate::error::Result;

pub(super) const SCHEMA: &str = "
CREATE TABLE vote (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id),
    kind     TEXT NOT NULL CHECK (kind IN ('rating', 'mean', 'skip', 'undo')),
    level    INTEGER,
    levels   INTEGER,
    score    REAL CHECK (score BETWEEN 0 AND 100),
    n        INTEGER,
    undoes   INTEGER UNIQUE REFERENCES vote (id),
    rater    TEXT NOT NULL,
    source   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX vote_image ON vote (image_id);
CREATE TRIGGER vote_is_never_changed BEFORE UPDATE ON vote BEGIN SELECT RAISE(ABORT, 'votes are append-only'); END;
CREATE TRIGGER vote_is_never_deleted BEFORE DELETE ON vote BEGIN SELECT RAISE(ABORT, 'votes are append-only'); END;
CREATE VIEW active_vote AS
    SELECT * FROM (
        SELECT vote.*, row_number() OVER (PARTITION BY image_id, rater ORDER BY id DESC) AS newest
        FROM vote
        WHERE kind <> 'undo' AND id NOT IN (SELECT undoes FROM vote WHERE undoes IS NOT NULL)
    ) WHERE newest = 1;
";

/// Tags, pairs, votes cast together, and taking back what was taken back: the table is built anew around its rows,
/// because SQLite cannot widen a check.
pub(super) const WIDER: &str = "
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO tag (name) VALUES ('none'), ('unsure'), ('blur'), ('noise'), ('dark'), ('bright'), ('cast'), ('cropped'), ('background'),
    ('reflection'), ('text'), ('compression');
DROP VIEW active_vote;
CREATE TABLE wide_vote (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id),
    kind     TEXT NOT NULL CHECK (kind IN ('rating', 'mean', 'skip', 'undo', 'tag', 'pair')),
    level    INTEGER,
    levels   INTEGER,
    score    REAL CHECK (score BETWEEN 0 AND 100),
    n        INTEGER,
    undoes   INTEGER UNIQUE REFERENCES wide_vote (id),
    rater    TEXT NOT NULL,
    source   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    other_id INTEGER REFERENCES image (id),
    tag_id   INTEGER REFERENCES tag (id),
    redoes   INTEGER UNIQUE REFERENCES wide_vote (id),
    batch    INTEGER REFERENCES wide_vote (id),
    view     TEXT
) STRICT;
INSERT INTO wide_vote (id, image_id, kind, level, levels, score, n, undoes, rater, source, at_ms)
    SELECT id, image_id, kind, level, levels, score, n, undoes, rater, source, at_ms FROM vote ORDER BY id;
DROP TABLE vote;
ALTER TABLE wide_vote RENAME TO vote;
CREATE INDEX vote_image ON vote (image_id);
CREATE INDEX vote_rater ON vote (rater, id);
CREATE INDEX vote_batch ON vote (batch) WHERE batch IS NOT NULL;
CREATE TRIGGER vote_is_never_changed BEFORE UPDATE ON vote BEGIN SELECT RAISE(ABORT, 'votes are append-only'); END;
CREATE TRIGGER vote_is_never_deleted BEFORE DELETE ON vote BEGIN SELECT RAISE(ABORT, 'votes are append-only'); END;
CREATE VIEW live_vote AS
    SELECT * FROM vote
    WHERE kind <> 'undo' AND NOT EXISTS (SELECT 1 FROM vote AS undo WHERE undo.undoes = vote.id);
CREATE VIEW active_vote AS
    SELECT * FROM (
        SELECT live_vote.*, row_number() OVER (PARTITION BY image_id, rater ORDER BY id DESC) AS newest
        FROM live_vote WHERE kind IN ('rating', 'mean', 'skip')
    ) WHERE newest = 1;
CREATE TABLE place (rater TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
";

pub(super) const COLUMNS: &str =
    "id, image_id, kind, level, levels, score, n, undoes, rater, source, at_ms, other_id, tag_id";

/// What an import of votes did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VoteTally {
    /// Votes appended.
    pub added: u64,
    /// Votes that were already there, unchanged.
    pub unchanged: u64,
}

pub(super) fn vote(row: &Row<'_>) -> rusqlite::Result<Vote> {
    let kind = match row.get_ref(2)?.as_str()? {
        "rating" => VoteKind::Rating { level: row.get(3)?, levels: row.get(4)? },
        "mean" => VoteKind::Mean { score: row.get(5)?, n: row.get(6)? },
        "undo" => VoteKind::Undo { vote: VoteId(row.get(7)?) },
        "tag" => VoteKind::Tag { tag: TagId(row.get(12)?), on: row.get::<_, i64>(3)? == 1 },
        "pair" => VoteKind::Pair {
            other: ImageId(row.get(11)?),
            preference: match row.get::<_, i64>(3)? {
                0 => Preference::Tie,
                better if better > 0 => Preference::Better,
                _ => Preference::Worse,
            },
        },
        _ => VoteKind::Skip,
    };
    Ok(Vote {
        id: VoteId(row.get(0)?),
        image: ImageId(row.get(1)?),
        kind,
        rater: row.get(8)?,
        source: row.get(9)?,
        at_ms: row.get(10)?,
    })
}

/// What stands beside a vote in its row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    /// The undo that this vote takes back.
    pub(super) redoes: Option<VoteId>,
    /// The first of the votes that were cast together, in all but the first.
    pub(super) batch: Option<VoteId>,
    /// What the window showed, as text.
    pub(super) view: Option<&'a str>,
}

pub(super) fn insert(conn: &rusqlite::Connection, vote: &Vote, beside: Beside<'_>) -> rusqlite::Result<VoteId> {
    type Fields = (&'static str, Option<i64>, Option<u8>, Option<u32>);
    let (name, level, levels, n): Fields = match vote.kind {
        VoteKind::Rating { level, levels } => ("rating", Some(i64::from(level)), Some(levels), Some(1)),
        VoteKind::Mean { n, .. } => ("mean", None, None, Some(n)),
        VoteKind::Skip => ("skip", None, None, None),
        VoteKind::Undo { .. } => ("undo", None, None, None),
        VoteKind::Tag { on, .. } => ("tag", Some(i64::from(on)), None, None),
        VoteKind::Pair { preference, .. } => ("pair", Some(preference as i64 - 1), None, None),
    };
    let undoes = if let VoteKind::Undo { vote } = vote.kind { Some(vote.0) } else { None };
    let tag = if let VoteKind::Tag { tag, .. } = vote.kind { Some(tag.0) } else { None };
    let other = if let VoteKind::Pair { other, .. } = vote.kind { Some(other.0) } else { None };
    conn.prepare_cached(
        "INSERT INTO vote (image_id, kind, level, levels, score, n, undoes, rater, source, at_ms, other_id, tag_id,
                           redoes, batch, view)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        vote.image.0,
        name,
        level,
        levels,
        vote.kind.score(),
        n,
        undoes,
        vote.rater,
        vote.source,
        vote.at_ms,
        other,
        tag,
        beside.redoes.map(|vote| vote.0),
        beside.batch.map(|vote| vote.0),
        beside.view
    ])?;
    Ok(VoteId(conn.last_insert_rowid()))
}

/// Whether the same rater already says so of the same photo: the same opinion is the newest, the tag stands as it would
/// then, or the same two photos were held against each other at the same moment.
fn is_there(conn: &rusqlite::Connection, new: &Vote) -> rusqlite::Result<bool> {
    let find = |condition: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<Option<Vote>> {
        conn.prepare_cached(&format!("SELECT {COLUMNS} FROM {condition}"))?.query_row(values, vote).optional()
    };
    let (image, rater) = (&new.image.0, &new.rater);
    let old = match new.kind {
        VoteKind::Tag { tag, .. } => find(
            "live_vote WHERE image_id = ?1 AND rater = ?2 AND kind = 'tag' AND tag_id = ?3 ORDER BY id DESC LIMIT 1",
            &[image, rater, &tag.0],
        ),
        VoteKind::Pair { other, .. } => find(
            "live_vote WHERE image_id = ?1 AND rater = ?2 AND kind = 'pair' AND other_id = ?3 AND at_ms = ?4 LIMIT 1",
            &[image, rater, &other.0, &new.at_ms],
        ),
        _ => find("active_vote WHERE image_id = ?1 AND rater = ?2", &[image, rater]),
    }?;
    Ok(old.is_some_and(|old| old.kind == new.kind))
}

impl Store {
    /// Appends one vote (its `id` is ignored); it is on disk when this returns.
    ///
    /// # Errors
    /// When the database cannot be written, or a vote would be undone twice.
    pub fn append_vote(&mut self, vote: &Vote) -> Result<VoteId> {
        self.write("save the vote", |tx| insert(tx, vote, Beside::default()))
    }

    /// Appends many votes in one transaction, leaving out those that repeat what the same rater already says of the
    /// same photo: importing a file twice changes nothing.
    ///
    /// # Errors
    /// When the database cannot be written; then none is saved.
    pub fn append_votes(&mut self, votes: &[Vote]) -> Result<VoteTally> {
        self.write("save the votes", |tx| {
            let mut tally = VoteTally::default();
            for new in votes {
                if is_there(tx, new)? {
                    tally.unchanged += 1;
                } else {
                    insert(tx, new, Beside::default())?;
                    tally.added += 1;
                }
            }
            Ok(tally)
        })
    }

    /// The newest `count` votes of a rater cast in the window that have not been undone, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn recent_votes(&self, rater: &str, count: u32) -> Result<Vec<Vote>> {
        self.read("read the votes", |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM vote WHERE rater = ?1 AND kind <> 'undo' AND source GLOB 'window*'
                 AND NOT EXISTS (SELECT 1 FROM vote AS undo WHERE undo.undoes = vote.id) ORDER BY id DESC LIMIT ?2"
            );
            conn.prepare_cached(&sql)?.query_map(params![rater, count], vote)?.collect()
        })
    }

    /// Every active vote (not undone, newest of its rater for its photo), in order of casting.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn active_votes(&self) -> Result<Vec<Vote>> {
        self.read("read the votes", |conn| {
            conn.prepare(&format!("SELECT {COLUMNS} FROM active_vote ORDER BY id"))?.query_map([], vote)?.collect()
        })
    }

    /// The label of every photo that has one: the mean of its active votes weighted by their raters.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labels(&self) -> Result<Vec<Label>> {
        self.read("read the labels", |conn| {
            let sql = "SELECT image_id, sum(score * n) / sum(n), sum(n) FROM active_vote
                       WHERE score IS NOT NULL GROUP BY image_id ORDER BY image_id";
            let mut statement = conn.prepare(sql)?;
            let labels = statement
                .query_map([], |row| Ok(Label { image: ImageId(row.get(0)?), mos: row.get(1)?, n: row.get(2)? }))?;
            labels.collect()
        })
    }

    /// The label of one photo, as in [`Self::labels`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn label_of(&self, image: ImageId) -> Result<Option<Label>> {
        self.read("read the label", |conn| {
            // The newest opinion of each rater on this photo alone: the view would look at every vote.
            let sql = "SELECT sum(score * n) / sum(n), sum(n) FROM (
                    SELECT *, row_number() OVER (PARTITION BY rater ORDER BY id DESC) AS newest
                    FROM live_vote WHERE image_id = ?1 AND kind IN ('rating', 'mean', 'skip'))
                WHERE newest = 1 AND score IS NOT NULL";
            conn.prepare_cached(sql)?.query_row([image.0], |row| {
                let found: (Option<f64>, Option<u32>) = (row.get(0)?, row.get(1)?);
                Ok(found.0.zip(found.1).map(|(mos, n)| Label { image, mos, n }))
            })
        })
    }

    /// The id of the newest entry of the vote log, 0 when it is empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest_vote(&self) -> Result<VoteId> {
        self.read("read the votes", |conn| {
            conn.query_row("SELECT ifnull(max(id), 0) FROM vote", [], |row| row.get(0).map(VoteId))
        })
    }

    /// How the single votes on each photo spread (means of several raters say nothing about it), as the log stood when
    /// `last` was its newest entry.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn histograms(&self, last: VoteId) -> Result<HashMap<ImageId, Histogram>> {
        self.read("read the votes", |conn| {
            let sql = "SELECT image_id, score FROM (
                    SELECT vote.*, row_number() OVER (PARTITION BY image_id, rater ORDER BY id DESC) AS newest FROM vote
                    WHERE kind IN ('rating', 'mean', 'skip') AND id <= ?1
                    AND id NOT IN (SELECT undoes FROM vote WHERE undoes IS NOT NULL AND id <= ?1))
                WHERE newest = 1 AND n = 1 AND score IS NOT NULL ORDER BY image_id, id";
            let mut votes: HashMap<ImageId, Vec<f64>> = HashMap::new();
            let mut statement = conn.prepare(sql)?;
            let mut rows = statement.query([last.0])?;
            while let Some(row) = rows.next()? {
                votes.entry(ImageId(row.get(0)?)).or_default().push(row.get(1)?);
            }
            Ok(votes.into_iter().filter_map(|(image, votes)| Some((image, Histogram::of(&votes)?))).collect())
        })
    }

    /// How many entries the vote log has, undos included: nothing ever makes it smaller.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn vote_count(&self) -> Result<u64> {
        self.read("count the votes", |conn| {
            conn.query_row("SELECT count(*) FROM vote", [], |row| row.get::<_, i64>(0)).map(|count| count as u64)
        })
    }

    /// The readable photos that a rater has said nothing about the defects of, in the order of [`Self::unlabelled`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn untagged(&self, rater: &str) -> Result<Vec<ImageId>> {
        self.read("build the queue of defects", |conn| {
            let sql = "SELECT id FROM image WHERE error IS NULL AND missing = 0 AND id NOT IN
                       (SELECT image_id FROM live_vote WHERE rater = ?1 AND kind = 'tag') ORDER BY sha256, id";
            conn.prepare(sql)?.query_map([rater], |row| row.get(0).map(ImageId))?.collect()
        })
    }

    /// The readable photos a rater has neither scored nor skipped, in a stable shuffled order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unlabelled(&self, rater: &str) -> Result<Vec<ImageId>> {
        self.read("build the labelling queue", |conn| {
            // The content hash is a shuffle that stays the same between starts and machines.
            let sql = "SELECT id FROM image WHERE error IS NULL AND missing = 0 AND id NOT IN
                       (SELECT image_id FROM active_vote WHERE rater = ?1) ORDER BY sha256, id";
            conn.prepare(sql)?.query_map([rater], |row| row.get(0).map(ImageId))?.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ImportedFile;

    fn project() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temp dir");
        let mut store = Store::open(folder.path()).expect("opens");
        let file = |name: &str| ImportedFile {
            path: folder.path().join(name),
            sha256: name.to_owned(),
            bytes: 1,
            modified_ms: 0,
            width: 1,
            height: 1,
            format: "png".to_owned(),
            error: None,
        };
        store.import_files(&[file("a"), file("b")], 0).expect("imports");
        (folder, store)
    }

    fn by(rater: &str, image: i64, kind: VoteKind) -> Vote {
        let (rater, source) = (rater.to_owned(), "test".to_owned());
        Vote { id: VoteId(0), image: ImageId(image), kind, rater, source, at_ms: 0 }
    }

    #[test]
    fn labels_weigh_raters_and_undo_brings_the_former_vote_back() {
        let (_folder, mut store) = project();
        let rating = |level| VoteKind::Rating { level, levels: 5 };
        store.append_vote(&by("me", 1, rating(1))).expect("votes");
        let second = store.append_vote(&by("me", 1, rating(5))).expect("votes");
        store.append_vote(&by("study", 1, VoteKind::Mean { score: 50.0, n: 3 })).expect("votes");
        let mos = |store: &Store| store.labels().expect("labels").first().map(|label| (label.mos, label.n));
        assert_eq!(mos(&store), Some((62.5, 4)));
        store.append_vote(&by("me", 1, VoteKind::Undo { vote: second })).expect("undoes");
        assert_eq!(mos(&store), Some((37.5, 4)));
        store.append_vote(&by("me", 1, VoteKind::Undo { vote: second })).expect_err("cannot be undone twice");
        assert_eq!(store.vote_count().expect("counts"), 4);
    }

    #[test]
    fn skips_leave_the_queue_without_a_label() {
        let (_folder, mut store) = project();
        assert_eq!(store.unlabelled("me").expect("queue").len(), 2);
        let skip = store.append_vote(&by("me", 1, VoteKind::Skip)).expect("skips");
        assert_eq!(store.unlabelled("me").expect("queue"), vec![ImageId(2)]);
        assert!(store.labels().expect("labels").is_empty());
        assert_eq!(store.active_votes().expect("reads").last().map(|vote| vote.id), Some(skip));
    }

    #[test]
    fn votes_cannot_be_changed_or_deleted() {
        let (_folder, mut store) = project();
        store.append_vote(&by("me", 1, VoteKind::Skip)).expect("skips");
        for sql in ["UPDATE vote SET rater = 'x'", "DELETE FROM vote"] {
            let error = store.conn.execute(sql, []).expect_err(sql);
            assert!(error.to_string().contains("append-only"));
        }
    }

    #[test]
    fn the_same_import_twice_adds_nothing() {
        let (_folder, mut store) = project();
        let votes =
            [by("file", 1, VoteKind::Mean { score: 12.5, n: 1 }), by("file", 2, VoteKind::Mean { score: 80.0, n: 1 })];
        assert_eq!(store.append_votes(&votes).expect("imports"), VoteTally { added: 2, unchanged: 0 });
        assert_eq!(store.append_votes(&votes).expect("imports"), VoteTally { added: 0, unchanged: 2 });
    }

    #[test]
    fn histograms_hold_single_votes_as_the_log_stood() {
        let (_folder, mut store) = project();
        let rating = |level| VoteKind::Rating { level, levels: 5 };
        assert_eq!(store.newest_vote().expect("reads"), VoteId(0));
        store.append_vote(&by("panel", 1, VoteKind::Mean { score: 90.0, n: 12 })).expect("votes");
        store.append_vote(&by("a", 1, rating(2))).expect("votes");
        store.append_vote(&by("b", 1, VoteKind::Mean { score: 75.0, n: 1 })).expect("votes");
        store.append_vote(&by("c", 1, VoteKind::Skip)).expect("votes");
        let before = store.newest_vote().expect("reads");
        let last = store.append_vote(&by("a", 1, rating(1))).expect("votes");
        let shares = |last| store.histograms(last).expect("reads").get(&ImageId(1)).map(|found| found.0);
        assert_eq!(shares(before), Some([0.0, 0.5, 0.0, 0.5, 0.0]));
        assert_eq!(shares(last), Some([0.5, 0.0, 0.0, 0.5, 0.0]));
        assert_eq!(shares(VoteId(1)), None, "a mean says nothing about the spread");
        store.append_vote(&by("a", 1, VoteKind::Undo { vote: last })).expect("votes");
        let shares = |last| store.histograms(last).expect("reads").get(&ImageId(1)).map(|found| found.0);
        assert_eq!(shares(VoteId(i64::MAX)), Some([0.0, 0.5, 0.0, 0.5, 0.0]), "taken back");
        assert_eq!(shares(last), Some([0.5, 0.0, 0.0, 0.5, 0.0]));
    }
}
