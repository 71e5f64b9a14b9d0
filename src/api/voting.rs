//! Voting in the window: votes are cast, taken back and cast again; the queue and how far one is.

use std::collections::{BTreeSet, HashMap};

use super::{Project, clock, fused};
use crate::domain::{ImageId, Label, Tag, TagId, Vote, VoteId, VoteKind};
use crate::error::{Error, Result};

pub use crate::store::Taken;

/// The rater name of the person at this window, unless another one is chosen.
pub const RATER: &str = "me";

/// Where votes of the window say that they come from.
const WINDOW: &str = "window";

/// Where the votes on photos that were slipped in a second time say that they come from.
pub(super) const REPEAT: &str = "window:repeat";

/// Where the votes on photos whose label was in doubt say that they come from.
pub(super) const REVIEW: &str = "window:review";

/// Votes of one rater that belong together: they are taken back together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ballot {
    /// Who votes.
    pub rater: String,
    /// On which photo, and what.
    pub votes: Vec<(ImageId, VoteKind)>,
    /// Why the photo was shown.
    pub occasion: Occasion,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// What the window showed before, as text; taking the votes back gives it back.
    pub view: Option<String>,
}

/// Why a photo was shown that is voted on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Occasion {
    /// It was next, or picked.
    #[default]
    Plain,
    /// It was slipped in a second time, unannounced.
    Repeat,
    /// Its label was in doubt.
    Review,
}

/// Casts a vote of [`RATER`] from the window; it is on disk when this returns.
///
/// # Errors
/// When the database cannot be written; then nothing was saved.
pub fn cast_vote(project: &Project, image: ImageId, kind: VoteKind) -> Result<VoteId> {
    let ids = cast_votes(
        project,
        &Ballot { rater: RATER.to_owned(), votes: vec![(image, kind)], at_ms: clock::now_ms(), ..Ballot::default() },
    )?;
    ids.first().copied().ok_or_else(|| Error::internal("a vote without an id"))
}

/// Casts votes from the window; they are on disk when this returns.
///
/// # Errors
/// When the database cannot be written; then nothing was saved.
pub fn cast_votes(project: &Project, ballot: &Ballot) -> Result<Vec<VoteId>> {
    let source = match ballot.occasion {
        Occasion::Plain => WINDOW,
        Occasion::Repeat => REPEAT,
        Occasion::Review => REVIEW,
    };
    let vote = |&(image, kind): &(ImageId, VoteKind)| Vote {
        id: VoteId(0),
        image,
        kind,
        rater: ballot.rater.clone(),
        source: source.to_owned(),
        at_ms: ballot.at_ms,
    };
    let votes: Vec<Vote> = ballot.votes.iter().map(vote).collect();
    project.store()?.cast(&votes, ballot.view.as_deref())
}

/// Takes back what a rater cast last, also in an earlier session; nothing when there is nothing.
///
/// # Errors
/// When the database cannot be written.
pub fn undo_votes(project: &Project, rater: &str) -> Result<Option<Taken>> {
    project.store()?.take_back(rater, clock::now_ms())
}

/// Casts again what was taken back last, unless the rater has voted since; nothing when there is nothing.
///
/// # Errors
/// When the database cannot be written.
pub fn redo_votes(project: &Project, rater: &str) -> Result<Option<Taken>> {
    project.store()?.redo(rater, clock::now_ms())
}

/// The newest votes that a rater cast in the window and has not taken back, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn recent_votes(project: &Project, rater: &str, count: u32) -> Result<Vec<Vote>> {
    project.store()?.recent_votes(rater, count)
}

/// The labels of these photos as they are now; a photo without one has none.
///
/// # Errors
/// When the database cannot be read.
pub fn labels_of(project: &Project, images: &[ImageId]) -> Result<Vec<(ImageId, Option<Label>)>> {
    let store = project.store()?;
    let fused = fused::of_pairs(&store)?;
    let label =
        |image: ImageId| fused.get(&image).copied().map_or_else(|| store.label_of(image), |label| Ok(Some(label)));
    images.iter().map(|&image| Ok((image, label(image)?))).collect()
}

/// The labels of every photo that was ever compared, as they are now: a pair moves more than its two photos.
///
/// # Errors
/// When the database cannot be read.
pub fn labels_of_compared(project: &Project) -> Result<Vec<(ImageId, Option<Label>)>> {
    let fused = fused::of_pairs(&project.store()?)?;
    let mut labels: Vec<_> = fused.into_iter().map(|(image, label)| (image, Some(label))).collect();
    labels.sort_by_key(|label| label.0);
    Ok(labels)
}

/// How far labelling is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelProgress {
    /// Readable photos.
    pub photos: u64,
    /// Photos with a label from anyone.
    pub labelled: u64,
    /// Photos this rater has still to see.
    pub remaining: u64,
}

/// How far labelling is, for a rater.
///
/// # Errors
/// When the database cannot be read.
pub fn label_progress(project: &Project, rater: &str) -> Result<LabelProgress> {
    let store = project.store()?;
    let (photos, unreadable) = store.photo_counts()?;
    Ok(LabelProgress {
        photos: photos - unreadable,
        labelled: fused::labels(&store)?.len() as u64,
        remaining: store.unlabelled(rater)?.len() as u64,
    })
}

/// The photos a rater has still to label, in a stable shuffled order.
///
/// # Errors
/// When the database cannot be read.
pub fn label_queue(project: &Project, rater: &str) -> Result<Vec<ImageId>> {
    project.store()?.unlabelled(rater)
}

/// The defects that photos can be tagged with.
///
/// # Errors
/// When the database cannot be read.
pub fn list_tags(project: &Project) -> Result<Vec<Tag>> {
    project.store()?.tags()
}

/// Adds a defect, unless there is one of this name, and returns its id.
///
/// # Errors
/// [`crate::Code::Usage`] for a name that a label file cannot hold, else when the database cannot be written.
pub fn add_tag(project: &Project, name: &str) -> Result<TagId> {
    let name = name.trim().to_lowercase();
    if name.is_empty() || name.contains([';', '=']) || name.chars().any(char::is_control) {
        return Err(Error::usage(format!("“{name}” cannot be the name of a defect"))
            .hint("Take a word or two, without semicolon and equals sign."));
    }
    let ids = project.store()?.add_tags([name.as_str()])?;
    ids.get(&name).copied().ok_or_else(|| Error::internal("a tag without an id"))
}

/// The readable photos that a rater has not looked at for defects yet, in a stable shuffled order.
///
/// # Errors
/// When the database cannot be read.
pub fn tag_queue(project: &Project, rater: &str) -> Result<Vec<ImageId>> {
    project.store()?.untagged(rater)
}

/// The defects that a rater tagged photos with.
///
/// # Errors
/// When the database cannot be read.
pub fn tags_of(project: &Project, rater: &str) -> Result<HashMap<ImageId, BTreeSet<TagId>>> {
    let mut tags: HashMap<ImageId, BTreeSet<TagId>> = HashMap::new();
    for tagged in project.store()?.tagged()?.into_iter().filter(|tagged| tagged.rater == rater) {
        tags.entry(tagged.image).or_default().insert(tagged.tag);
    }
    Ok(tags)
}

/// How many scores and skips of a rater stand, and photos that can be slipped in a second time: scored once, not among
/// the newest, in a shuffled order.
///
/// # Errors
/// When the database cannot be read.
pub fn repeatable(project: &Project, rater: &str) -> Result<(u64, Vec<ImageId>)> {
    /// Votes after which a photo may have been forgotten.
    const FORGOTTEN: usize = 30;
    let store = project.store()?;
    let own: Vec<Vote> =
        store.opinions()?.into_iter().filter(|vote| vote.rater == rater && vote.source.starts_with(WINDOW)).collect();
    let old = &own[..own.len().saturating_sub(FORGOTTEN)];
    let mut times: HashMap<ImageId, u32> = HashMap::new();
    own.iter().for_each(|vote| *times.entry(vote.image).or_default() += 1);
    let once = old.iter().filter(|vote| vote.kind.score().is_some() && times[&vote.image] == 1);
    let mut photos: Vec<ImageId> = once.map(|vote| vote.image).collect();
    // Spread over the ids, so that it is not the first photo that comes first.
    photos.sort_by_key(|image| (image.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17));
    Ok((own.len() as u64, photos))
}

/// Remembers where a rater is in the window, as text.
///
/// # Errors
/// When the database cannot be written.
pub fn save_place(project: &Project, rater: &str, text: &str) -> Result<()> {
    project.store()?.save_place(rater, text)
}

/// Where a rater was in the window.
///
/// # Errors
/// When the database cannot be read.
pub fn load_place(project: &Project, rater: &str) -> Result<Option<String>> {
    project.store()?.place(rater)
}
