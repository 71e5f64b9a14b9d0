//! Rows of a label file as votes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{LabelProblem, LabelRow, TagRow};
use crate::domain::{ImageId, LEVEL_WORDS, Scale, Vote, VoteId, VoteKind};

/// The votes that rows stand for, and the rows whose photo has no id.
///
/// A score is one aggregated vote with its n; a row that names a level whose score it has is a rating; a row with
/// single votes gives one vote each, by the raters `<name>#1`, `<name>#2`, …. The name is the row's rater, else
/// `import:<file name>`. Votes without a date were cast at `now_ms`, milliseconds since 1970.
pub fn to_votes(
    rows: &[LabelRow],
    file: &Path,
    ids: &HashMap<PathBuf, ImageId>,
    now_ms: i64,
) -> (Vec<Vote>, Vec<LabelProblem>) {
    let source = source_of(file);
    let (mut votes, mut problems) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(&image) = ids.get(&row.path) else {
            problems.push(lost(row.line, &row.path));
            continue;
        };
        let name = row.rater.as_ref().unwrap_or(&source);
        let at_ms = row.rated_at_ms.unwrap_or(now_ms);
        let vote = |kind, rater| Vote { id: VoteId(0), image, kind, rater, source: source.clone(), at_ms };
        if row.votes.is_empty() {
            votes.push(vote(kind_of(row), name.clone()));
        } else {
            let single = row.votes.iter().zip(1..);
            votes.extend(
                single.map(|(&score, number)| vote(VoteKind::Mean { score, n: 1 }, format!("{name}#{number}"))),
            );
        }
    }
    (votes, problems)
}

fn kind_of(row: &LabelRow) -> VoteKind {
    let levels = LEVEL_WORDS.len() as u8;
    let agrees = |level: &u8| {
        let score = Scale::levels(levels).to_score(f64::from(*level));
        row.n == 1 && score.is_some_and(|score| (score - row.score).abs() < 1e-6)
    };
    match row.level.filter(agrees) {
        Some(level) => VoteKind::Rating { level, levels },
        None => VoteKind::Mean { score: row.score, n: row.n },
    }
}

/// A defect of a photo that an import names: the vote lacks the tag's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedTag {
    /// The photo.
    pub image: ImageId,
    /// The defect.
    pub tag: String,
    /// Who tagged it.
    pub rater: String,
    /// The file it comes from.
    pub source: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// The defects that rows name, and the rows whose photo has no id; raters and dates as in [`to_votes`].
pub fn to_tags(
    rows: &[TagRow],
    file: &Path,
    ids: &HashMap<PathBuf, ImageId>,
    now_ms: i64,
) -> (Vec<ImportedTag>, Vec<LabelProblem>) {
    let source = source_of(file);
    let (mut tags, mut problems) = (Vec::new(), Vec::new());
    for row in rows {
        let Some(&image) = ids.get(&row.path) else {
            problems.push(lost(row.line, &row.path));
            continue;
        };
        let rater = row.rater.as_ref().unwrap_or(&source).clone();
        let at_ms = row.rated_at_ms.unwrap_or(now_ms);
        tags.push(ImportedTag { image, tag: row.tag.clone(), rater, source: source.clone(), at_ms });
    }
    (tags, problems)
}

/// How raters are called that a label file does not name; the file's name follows.
pub const NAMELESS: &str = "import:";

/// Whose labels those of a file are that name no rater, and where all of its labels come from.
pub fn source_of(file: &Path) -> String {
    format!("{NAMELESS}{}", file.file_name().unwrap_or(file.as_os_str()).to_string_lossy())
}

fn lost(line: usize, path: &Path) -> LabelProblem {
    LabelProblem { line, text: format!("no readable photo at {}", path.display()) }
}
