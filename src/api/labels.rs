//! Label files in and out.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{Project, clock};
use crate::domain::{ImageId, Photo, Scale, Split, Vote, VoteId, VoteKind};
use crate::error::Result;
use crate::imaging::{self, Limits};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::labels::{self, ActiveVote, Format, ParsedLabels, Tagged};
use crate::store::Store;

/// A label file to import.
#[derive(Debug, Clone, Default)]
pub struct LabelImport {
    /// The file, or the folder of another programme.
    pub file: PathBuf,
    /// Its format; told from the file when absent.
    pub format: Option<Format>,
    /// The scale of its scores; needed when the file does not make it clear.
    pub scale: Option<Scale>,
    /// Whose labels those without a rater are; `import:` and the file's name when absent.
    pub rater: Option<String>,
}

impl LabelImport {
    /// A file that makes everything clear.
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }
}

/// What an import of a label file did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportSummary {
    /// Rows read: scores and defects.
    pub rows: u64,
    /// Votes added.
    pub added: u64,
    /// Votes that were already there.
    pub unchanged: u64,
    /// Photos that were indexed because the file names them.
    pub indexed: u64,
    /// Rows left out: line and reason.
    pub problems: Vec<(usize, String)>,
    /// Photos of labels without a rater that have labels of another file's, too: the mean counts.
    pub shared: u64,
    /// Whose labels those are, for example "import:labels.csv".
    pub shared_with: Option<String>,
}

/// Starts importing a label file; photos it names that are not indexed yet are indexed, and groups it names are kept.
///
/// Importing the same file twice changes nothing.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn import_labels(project: &Project, request: LabelImport, wake: Wake) -> Result<JobHandle<ImportSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-labels", wake, move |reporter| {
        let LabelImport { file, format, scale, rater } = request;
        let format = format.map_or_else(|| Format::of_existing(&file), Ok)?;
        let mut parsed = labels::parse_as(&file, format, scale)?;
        if rater.is_some() {
            parsed.rows.iter_mut().filter(|row| row.rater.is_none()).for_each(|row| row.rater.clone_from(&rater));
            parsed.tags.iter_mut().filter(|row| row.rater.is_none()).for_each(|row| row.rater.clone_from(&rater));
        }
        import(&project, &file, &parsed, reporter)
    })
}

fn import(
    project: &Project,
    file: &Path,
    parsed: &ParsedLabels,
    reporter: &Reporter<ImportSummary>,
) -> Result<Outcome<ImportSummary>> {
    let mut store = project.store()?;
    let mut known = paths(&store, parsed)?;
    let named = parsed.rows.iter().map(|row| &row.path).chain(parsed.tags.iter().map(|tag| &tag.path));
    let unknown: BTreeSet<&PathBuf> = named.filter(|path| !known.contains_key(*path)).collect();
    let unknown: Vec<PathBuf> = unknown.into_iter().cloned().collect();
    let rows = (parsed.rows.len() + parsed.tags.len()) as u64;
    let mut summary = ImportSummary { rows, ..ImportSummary::default() };
    let limits = Limits::from_config(&project.config.decode);
    for (index, chunk) in unknown.chunks(FILES_A_COMMIT).enumerate() {
        if reporter.control.checkpoint().is_err() {
            return Ok(Outcome::Cancelled(summary));
        }
        reporter.progress("Indexing", (index * FILES_A_COMMIT) as u64, unknown.len() as u64, "");
        let probed: Vec<_> =
            chunk.iter().filter(|path| path.exists()).map(|path| imaging::probe(path, &limits)).collect();
        summary.indexed += store.import_files(&probed, clock::now_ms())?.added;
    }
    if !unknown.is_empty() {
        known = paths(&store, parsed)?;
    }
    reporter.progress("Saving labels", 0, summary.rows, "");
    let groups: Vec<_> =
        parsed.rows.iter().filter_map(|row| Some((*known.get(&row.path)?, row.group.clone()?))).collect();
    let (votes, lost) = labels::to_votes(&parsed.rows, file, &known, clock::now_ms());
    let (tags, untagged) = labels::to_tags(&parsed.tags, file, &known, clock::now_ms());
    let ids = store.add_tags(tags.iter().map(|tag| tag.tag.as_str()))?;
    let tagged = tags.into_iter().filter_map(|tag| {
        let kind = VoteKind::Tag { tag: *ids.get(&tag.tag)?, on: true };
        Some(Vote { id: VoteId(0), image: tag.image, kind, rater: tag.rater, source: tag.source, at_ms: tag.at_ms })
    });
    let tally = store.append_votes(&votes.into_iter().chain(tagged).collect::<Vec<_>>())?;
    store.set_groups(&groups)?;
    summary.added = tally.added;
    summary.unchanged = tally.unchanged;
    let problems = parsed.problems.iter().cloned().chain(lost).chain(untagged);
    summary.problems = problems.map(|problem| (problem.line, problem.text)).collect();
    summary.problems.sort();
    summary.problems.dedup();
    let nameless = parsed.rows.iter().filter(|row| row.rater.is_none());
    let nameless: HashSet<ImageId> = nameless.filter_map(|row| known.get(&row.path).copied()).collect();
    (summary.shared, summary.shared_with) = shared(&store, &nameless, &labels::source_of(file))?;
    Ok(Outcome::Completed(summary))
}

/// How many of these photos have a score of another label file's nameless rater as well, and of whom for example.
fn shared(store: &Store, images: &HashSet<ImageId>, own: &str) -> Result<(u64, Option<String>)> {
    let votes = if images.is_empty() { Vec::new() } else { store.active_votes()? };
    let others = votes.into_iter().filter(|vote| {
        let foreign = vote.rater.starts_with(labels::NAMELESS) && !vote.rater.starts_with(own);
        foreign && vote.kind.score().is_some() && images.contains(&vote.image)
    });
    let others: HashMap<ImageId, String> = others.map(|vote| (vote.image, vote.rater)).collect();
    let rater = others.values().min().map(|rater| rater.split('#').next().unwrap_or(rater).to_owned());
    Ok((others.len() as u64, rater))
}

/// Files a transaction while indexing.
const FILES_A_COMMIT: usize = 256;

/// The ids of photos by path; a path of the file that is no photo of the project means the one with the content that the
/// file names beside it, as for a copy that was made for another programme.
fn paths(store: &Store, parsed: &ParsedLabels) -> Result<HashMap<PathBuf, ImageId>> {
    let photos = store.photos()?;
    let contents: HashMap<String, ImageId> =
        photos.iter().filter(|photo| !photo.sha256.is_empty()).map(|photo| (photo.sha256.clone(), photo.id)).collect();
    let mut known: HashMap<PathBuf, ImageId> = photos.into_iter().map(|photo| (photo.path, photo.id)).collect();
    let rows = parsed.rows.iter().map(|row| (&row.path, &row.content_sha256));
    for (path, content) in rows.chain(parsed.tags.iter().map(|tag| (&tag.path, &tag.content_sha256))) {
        if let Some(id) = content.as_ref().and_then(|content| contents.get(content)) {
            known.entry(path.clone()).or_insert(*id);
        }
    }
    Ok(known)
}

/// Writes every active vote and defect to a file or folder in a format (that of its extension when none is named), and
/// returns how many entries.
///
/// # Errors
/// [`crate::Code::Usage`] when no format is clear; when the file exists and `overwrite` is not set, or it cannot be written.
pub fn export_labels(project: &Project, file: &Path, format: Option<Format>, overwrite: bool) -> Result<u64> {
    let format = format.map_or_else(|| Format::of_extension(file), Ok)?;
    let store = project.store()?;
    let photos: HashMap<ImageId, Photo> = store.photos()?.into_iter().map(|photo| (photo.id, photo)).collect();
    // The part each photo served in last: the newest run's that was trained here.
    let parts: HashMap<ImageId, Split> = match store.runs()?.iter().find(|run| run.origin.is_none()) {
        Some(run) => store.split(&run.id)?.into_iter().map(|(image, part, ..)| (image, part)).collect(),
        None => HashMap::new(),
    };
    let votes = store.active_votes()?.into_iter().filter_map(|vote| {
        let photo = photos.get(&vote.image)?;
        let (path, content_sha256) = (photo.path.clone(), photo.sha256.clone());
        let split = parts.get(&vote.image).copied();
        Some(ActiveVote { path, content_sha256, split, vote, group: photo.group.clone() })
    });
    let votes: Vec<ActiveVote> = votes.collect();
    let names: HashMap<_, _> = store.tags()?.into_iter().map(|tag| (tag.id, tag.name)).collect();
    let tags = store.tagged()?.into_iter().filter_map(|tagged| {
        let photo = photos.get(&tagged.image)?;
        let (path, content_sha256) = (photo.path.clone(), photo.sha256.clone());
        let tag = names.get(&tagged.tag)?.clone();
        Some(Tagged { path, content_sha256, rater: tagged.rater, at_ms: tagged.at_ms, tag })
    });
    labels::write_labels(file, format, &votes, &tags.collect::<Vec<_>>(), overwrite)
}
