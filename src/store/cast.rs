//! Votes of the window: cast together, taken back and cast again without end, also by a later session; and the pairs and
//! tags among them.
//!
//! Taking back appends an undo; doing again appends a copy of the vote that names this undo. So the two stacks that undo
//! and redo need are in the log, and a killed process loses neither.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::vote::{Beside, COLUMNS, insert, vote};
use crate::domain::{ImageId, Preference, Tag, TagId, Vote, VoteId, VoteKind};
use crate::error::Result;

/// Votes that were cast together, and what the window showed when they were.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// In order of casting.
    pub votes: Vec<Vote>,
    /// As it was handed to [`Store::cast`].
    pub view: Option<String>,
}

/// Two photos held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct PairVote {
    /// The first photo.
    pub image: ImageId,
    /// The second photo.
    pub other: ImageId,
    /// How the first compares.
    pub preference: Preference,
    /// Who said so.
    pub rater: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// A photo that somebody tagged with a defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagVote {
    /// The photo.
    pub image: ImageId,
    /// The defect.
    pub tag: TagId,
    /// Who tagged it.
    pub rater: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

const NOT_UNDONE: &str = "NOT EXISTS (SELECT 1 FROM vote AS undo WHERE undo.undoes = vote.id)";

/// What the window shows as votes of its own.
const OF_WINDOW: &str = "source GLOB 'window*'";

/// The votes of these ids, in order.
fn votes(conn: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<Vec<Vote>> {
    let sql = format!("SELECT {COLUMNS} FROM vote WHERE {condition} ORDER BY id");
    conn.prepare_cached(&sql)?.query_map(values, vote)?.collect()
}

/// Appends votes that belong together; each may take an undo back.
fn append(conn: &Connection, votes: &[(Vote, Option<VoteId>)], view: Option<&str>) -> rusqlite::Result<Vec<VoteId>> {
    let mut ids: Vec<VoteId> = Vec::with_capacity(votes.len());
    for (vote, redoes) in votes {
        let beside = Beside { redoes: *redoes, batch: ids.first().copied(), view: view.filter(|_| ids.is_empty()) };
        ids.push(insert(conn, vote, beside)?);
    }
    Ok(ids)
}

fn view_of(conn: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT view FROM vote WHERE id = ?1", [id], |row| row.get(0))
}

/// The first of the votes that were cast together with the newest one that meets the condition.
fn newest_batch(conn: &Connection, condition: &str, rater: &str) -> rusqlite::Result<Option<i64>> {
    let sql = format!(
        "SELECT ifnull(batch, id) FROM vote WHERE rater = ?1 AND {OF_WINDOW} AND {condition} ORDER BY id DESC LIMIT 1"
    );
    conn.prepare_cached(&sql)?.query_row([rater], |row| row.get(0)).optional()
}

impl Store {
    /// Appends votes of one rater that are taken back together; `view` is kept beside them. They are on disk when this
    /// returns.
    ///
    /// # Errors
    /// When the database cannot be written; then none is saved.
    pub fn cast(&mut self, votes: &[Vote], view: Option<&str>) -> Result<Vec<VoteId>> {
        let votes: Vec<_> = votes.iter().map(|vote| (vote.clone(), None)).collect();
        self.write("save the votes", |tx| append(tx, &votes, view))
    }

    /// Takes back what a rater cast last in the window and has not taken back yet; nothing when there is nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn take_back(&mut self, rater: &str, at_ms: i64) -> Result<Option<Taken>> {
        self.write("take the vote back", |tx| {
            let condition = format!("kind <> 'undo' AND {NOT_UNDONE}");
            let Some(batch) = newest_batch(tx, &condition, rater)? else { return Ok(None) };
            let taken = votes(tx, &format!("(id = ?1 OR batch = ?1) AND {condition}"), &[&batch])?;
            let undo = |vote: &Vote| Vote { kind: VoteKind::Undo { vote: vote.id }, at_ms, ..vote.clone() };
            append(tx, &taken.iter().map(|vote| (undo(vote), None)).collect::<Vec<_>>(), None)?;
            Ok(Some(Taken { view: view_of(tx, batch)?, votes: taken }))
        })
    }

    /// Casts again what was taken back last, unless something else was cast since; nothing when there is nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn redo(&mut self, rater: &str, at_ms: i64) -> Result<Option<Taken>> {
        self.write("cast the vote again", |tx| {
            let condition = format!(
                "kind = 'undo' AND NOT EXISTS (SELECT 1 FROM vote AS again WHERE again.redoes = vote.id)
                 AND id > ifnull((SELECT max(id) FROM vote
                                  WHERE rater = ?1 AND kind <> 'undo' AND redoes IS NULL AND {OF_WINDOW}), 0)"
            );
            let Some(batch) = newest_batch(tx, &condition, rater)? else { return Ok(None) };
            let undone = votes(tx, "(id = ?1 OR batch = ?1) AND kind = 'undo'", &[&batch])?;
            let mut again = Vec::new();
            for undo in &undone {
                let VoteKind::Undo { vote } = undo.kind else { continue };
                for old in votes(tx, "id = ?1", &[&vote.0])? {
                    again.push((Vote { at_ms, ..old }, Some(undo.id)));
                }
            }
            let first = again.first().map_or(0, |(vote, _)| vote.id.0);
            let view = view_of(tx, first)?;
            let ids = append(tx, &again, view.as_deref())?;
            let votes = again.into_iter().zip(ids).map(|((vote, _), id)| Vote { id, ..vote }).collect();
            Ok(Some(Taken { votes, view }))
        })
    }

    /// Every pair that was judged and not taken back, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn pairs(&self) -> Result<Vec<PairVote>> {
        self.read("read the pairs", |conn| {
            let found = votes(conn, &format!("kind = 'pair' AND {NOT_UNDONE}"), &[])?;
            Ok(found.into_iter().filter_map(pair).collect())
        })
    }

    /// Every opinion (score or skip) that was not taken back, also where the same rater gave a newer one, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn opinions(&self) -> Result<Vec<Vote>> {
        self.read("read the votes", |conn| {
            votes(conn, &format!("kind IN ('rating', 'mean', 'skip') AND {NOT_UNDONE}"), &[])
        })
    }

    /// The defects that photos are tagged with, by which raters, in order of photo.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn tagged(&self) -> Result<Vec<TagVote>> {
        self.read("read the tags", |conn| {
            let sql = "SELECT image_id, tag_id, rater, at_ms FROM (
                    SELECT *, row_number() OVER (PARTITION BY image_id, rater, tag_id ORDER BY id DESC) AS newest
                    FROM live_vote WHERE kind = 'tag')
                WHERE newest = 1 AND level = 1 ORDER BY image_id, tag_id, rater";
            let mut statement = conn.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let (image, tag) = (ImageId(row.get(0)?), TagId(row.get(1)?));
                Ok(TagVote { image, tag, rater: row.get(2)?, at_ms: row.get(3)? })
            })?;
            rows.collect()
        })
    }

    /// The defects that there are, in order of their making.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn tags(&self) -> Result<Vec<Tag>> {
        self.read("read the tags", |conn| {
            let mut statement = conn.prepare("SELECT id, name FROM tag ORDER BY id")?;
            statement.query_map([], |row| Ok(Tag { id: TagId(row.get(0)?), name: row.get(1)? }))?.collect()
        })
    }

    /// The ids of these defects, by name; those that are new are added.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_tags<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<HashMap<String, TagId>> {
        self.write("save the tags", |tx| {
            let mut ids = HashMap::new();
            for name in names {
                tx.execute("INSERT OR IGNORE INTO tag (name) VALUES (?1)", [name])?;
                let id = tx.query_row("SELECT id FROM tag WHERE name = ?1", [name], |row| row.get(0))?;
                ids.insert(name.to_owned(), TagId(id));
            }
            Ok(ids)
        })
    }

    /// Everyone who voted, those with the most live votes first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn raters(&self) -> Result<Vec<(String, u64)>> {
        self.read("read the raters", |conn| {
            let sql = "SELECT rater, count(*) FROM live_vote GROUP BY rater ORDER BY 2 DESC, 1";
            let mut statement = conn.prepare(sql)?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?.collect()
        })
    }

    /// Remembers where a rater is, as text.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save_place(&mut self, rater: &str, text: &str) -> Result<()> {
        self.write("remember the place", |tx| {
            let sql = "INSERT INTO place VALUES (?1, ?2) ON CONFLICT (rater) DO UPDATE SET text = excluded.text";
            tx.prepare_cached(sql)?.execute(params![rater, text]).map(drop)
        })
    }

    /// Where a rater was.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn place(&self, rater: &str) -> Result<Option<String>> {
        self.read("read the place", |conn| {
            conn.query_row("SELECT text FROM place WHERE rater = ?1", [rater], |row| row.get(0)).optional()
        })
    }
}

fn pair(vote: Vote) -> Option<PairVote> {
    let VoteKind::Pair { other, preference } = vote.kind else { return None };
    Some(PairVote { image: vote.image, other, preference, rater: vote.rater, at_ms: vote.at_ms })
}

#[cfg(test)]
mod tests;
