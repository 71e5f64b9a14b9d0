//! Finding photos that are there more than once: incremental, bounded, cancellable.

mod look;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::{FailedPhoto, Project, photos};
use crate::attributes;
use crate::data::Candidate;
use crate::dedup::{self, Facts, Fingerprint, Grouping};
use crate::domain::{Attribute, Attributes, ImageId};
use crate::error::{Code, Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Reporter, Wake};
use crate::store::Store;

pub(super) use look::{Looking, Seen};
pub use table::{check_duplicates_file, export_duplicates};

/// Where to look for duplicates.
#[derive(Debug, Clone, Default)]
pub struct DuplicatesRequest {
    /// Folders and files; every photo of the project when empty.
    pub paths: Vec<PathBuf>,
    /// Only photos with the same bytes; pixels are not looked at.
    pub exact_only: bool,
}

/// A photo of a group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DuplicatePhoto {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// File size in bytes.
    pub bytes: u64,
    /// How far its picture is from the best one's: 0 the same picture, 1 as far as a near-duplicate may be.
    pub distance_to_best: f64,
}

/// Photos that show the same picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DuplicateGroup {
    /// All have the same bytes.
    pub exact: bool,
    /// Two or more, the best first, then by distance to it.
    pub photos: Vec<DuplicatePhoto>,
    /// Why the first is the best, in words: "largest: 1080×1340 against 540×670".
    pub reason: String,
}

/// What a search for duplicates found.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DuplicatesSummary {
    /// Photos looked at.
    pub photos: u64,
    /// Photos whose fingerprint (with `exact_only`: whose hash) was made now.
    pub hashed: u64,
    /// Photos whose fingerprint or hash was already known.
    pub reused: u64,
    /// Photos of the project that had changed on disk since they were indexed.
    pub changed: u64,
    /// Photos that could not be read.
    pub failed: Vec<FailedPhoto>,
    /// The groups, in order of their best photo's path.
    pub groups: Vec<DuplicateGroup>,
    /// Photos that resemble so many others that not every pair was compared: near-duplicates of theirs may be missing.
    pub crowded: u64,
}

/// Starts a search for duplicates; fingerprints are kept by content, so a second search takes seconds.
///
/// # Errors
/// When no thread can be started; everything else arrives as the job's outcome.
pub fn start_duplicates(
    project: &Project,
    request: DuplicatesRequest,
    wake: Wake,
) -> Result<JobHandle<DuplicatesSummary>> {
    let project = project.clone();
    jobs::spawn("packshot-duplicates", wake, move |reporter| run(&project, &request, reporter))
}

fn run(
    project: &Project,
    request: &DuplicatesRequest,
    reporter: &Reporter<DuplicatesSummary>,
) -> Result<Outcome<DuplicatesSummary>> {
    let looking = Looking::new(project, request.exact_only)?;
    let (files, problems) = looking.files(&request.paths, reporter);
    if files.is_empty() && problems.is_empty() {
        return Err(Error::new(Code::NotFound, "there are no photos to compare")
            .hint("Name folders or files with JPEG, PNG, WebP, BMP, GIF or TIFF photos."));
    }
    let changed = photos::refresh(project, &files, reporter)?;
    let mut summary = DuplicatesSummary { photos: files.len() as u64, changed, ..DuplicatesSummary::default() };
    let mut seen = Vec::with_capacity(files.len());
    let fail = |summary: &mut DuplicatesSummary, path: PathBuf, reason: String| {
        reporter.warn(photos::about(&path, &reason));
        summary.failed.push(FailedPhoto { path, reason });
    };
    for (path, reason) in problems {
        fail(&mut summary, path, reason);
    }
    looking.all(&files, reporter, &mut |path, looked| match looked {
        Ok(photo) => {
            *if photo.is_new { &mut summary.hashed } else { &mut summary.reused } += 1;
            seen.push(photo);
        }
        Err(error) => fail(&mut summary, path, error.chain()),
    })?;
    summary.failed.sort_by(|a, b| a.path.cmp(&b.path));
    seen.sort_by(|a, b| a.path.cmp(&b.path));
    if reporter.control.is_cancelled() {
        return Ok(Outcome::Cancelled(summary));
    }
    reporter.progress("Comparing", 0, 0, "");
    let Some(found) = group(project, &seen, reporter)? else { return Ok(Outcome::Cancelled(summary)) };
    summary.groups = found.groups;
    summary.crowded = found.crowded as u64;
    warn_of_crowd(found.crowded, reporter);
    Ok(Outcome::Completed(summary))
}

/// Says when a search was cut off.
fn warn_of_crowd<T>(crowded: usize, reporter: &Reporter<T>) {
    if crowded > 0 {
        reporter.warn(format!(
            "{crowded} photos resemble more others than can be compared: some near-duplicates of theirs may be missing. \
             Search parts of the catalogue on their own to find them."
        ));
    }
}

/// The groups among photos that are in order of their path; nothing when a stop was asked for.
fn group(
    project: &Project,
    seen: &[Seen],
    reporter: &Reporter<DuplicatesSummary>,
) -> Result<Option<Grouping<DuplicateGroup>>> {
    let mut by_content: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    seen.iter().for_each(|photo| by_content.entry(&photo.sha256).or_default().push(photo));
    let contents: Vec<Vec<&Seen>> = by_content.into_values().collect();
    let with_print: Vec<(usize, &Fingerprint)> =
        contents.iter().enumerate().filter_map(|(at, twins)| Some((at, twins[0].print.as_deref()?))).collect();
    let prints: Vec<&Fingerprint> = with_print.iter().map(|entry| entry.1).collect();
    let content = |place: usize| &contents[with_print[place].0];

    let mut ranking = Ranking { store: project.store()?, known: HashMap::new() };
    let mut failure = None;
    let mut best_first = |places: &mut [usize]| {
        let learnt = places.iter().try_for_each(|&place| ranking.learn(content(place)[0]));
        failure = failure.take().or(learnt.err());
        let mut ranked: Vec<(Facts<'_>, usize)> =
            places.iter().map(|&place| (ranking.facts(content(place)[0]), place)).collect();
        ranked.sort_by(|(a, first), (b, second)| {
            dedup::best_first(a, b).then_with(|| content(*first)[0].path.cmp(&content(*second)[0].path))
        });
        places.iter_mut().zip(ranked).for_each(|(place, (_, ranked))| *place = ranked);
    };
    let keep_going = || !reporter.control.is_cancelled();
    let Some(near) = dedup::near_groups(&prints, &mut best_first, &keep_going) else { return Ok(None) };
    if let Some(error) = failure {
        return Err(error);
    }
    let mut is_near = vec![false; contents.len()];
    let mut groups = Vec::new();
    for found in near.groups {
        let members = found.members.iter().map(|&(place, distance)| (content(place), distance));
        found.members.iter().for_each(|member| is_near[with_print[member.0].0] = true);
        let mut facts: Vec<Facts<'_>> = members.clone().map(|(twins, _)| ranking.facts(twins[0])).collect();
        // The next best is what the best is held against, whichever is nearest in looks.
        facts[1..].sort_by(dedup::best_first);
        let photos = members.flat_map(|(twins, distance)| twins.iter().map(move |photo| photo.in_group(distance)));
        let reason = dedup::reason(&facts[0], &facts[1..]);
        groups.push(DuplicateGroup { exact: false, photos: photos.collect(), reason });
    }
    let twins = contents.iter().zip(is_near).filter(|(twins, is_near)| twins.len() > 1 && !is_near);
    groups.extend(twins.map(|(twins, _)| DuplicateGroup {
        exact: true,
        photos: twins.iter().map(|photo| photo.in_group(0.0)).collect(),
        reason: "the same file: any of them will do".to_owned(),
    }));
    groups.sort_by(|a, b| a.photos[0].path.cmp(&b.photos[0].path));
    Ok(Some(Grouping { groups, crowded: near.crowded }))
}

/// What is known of photos beyond their files; read for those that are in a group.
struct Ranking {
    store: Store,
    known: HashMap<String, Attributes>,
}

impl Ranking {
    fn learn(&mut self, photo: &Seen) -> Result<()> {
        if let Some(measured) = self.store.attributes_of(attributes::VERSION, &photo.sha256)? {
            self.known.insert(photo.sha256.clone(), measured);
        }
        Ok(())
    }

    fn facts<'b>(&self, photo: &'b Seen) -> Facts<'b> {
        let measured = self.known.get(&photo.sha256);
        let get = |attribute| measured.and_then(|measured| measured.get(attribute));
        Facts {
            width: photo.width,
            height: photo.height,
            bytes: photo.bytes,
            format: &photo.format,
            jpeg_quality: get(Attribute::JpegQuality),
            sharpness: get(Attribute::Sharpness),
        }
    }
}

impl Seen {
    fn in_group(&self, distance_to_best: f64) -> DuplicatePhoto {
        DuplicatePhoto {
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            distance_to_best,
        }
    }
}

/// The sets of photos that show one scene, as places in `files`: what a split must keep together.
///
/// Photos that cannot be read are in none. Nothing when a stop was asked for.
///
/// # Errors
/// When the project cannot be read or written.
pub(super) fn scenes<T: Send>(
    project: &Project,
    files: &[PathBuf],
    reporter: &Reporter<T>,
) -> Result<Option<Vec<Vec<usize>>>> {
    let places: BTreeMap<PathBuf, usize> = files.iter().cloned().zip(0..).collect();
    let mut prints: Vec<(usize, Box<Fingerprint>)> = Vec::with_capacity(files.len());
    Looking::new(project, false)?.all(files, reporter, &mut |path, looked| {
        let print = looked.ok().and_then(|photo| photo.print);
        prints.extend(places.get(&path).copied().zip(print));
    })?;
    prints.sort_by_key(|entry| entry.0);
    let borrowed: Vec<&Fingerprint> = prints.iter().map(|entry| entry.1.as_ref()).collect();
    let found = dedup::scene_groups(&borrowed, &|| !reporter.control.is_cancelled());
    let Some(Grouping { groups, crowded }) = found else { return Ok(None) };
    warn_of_crowd(crowded, reporter);
    let places = |group: Vec<usize>| group.into_iter().map(|at| prints[at].0).collect();
    Ok(Some(groups.into_iter().map(places).collect()))
}

/// As [`scenes`], of those photos alone that were looked at before: reads no file.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn known_scenes(store: &Store, photos: &[Candidate]) -> Result<Vec<Vec<ImageId>>> {
    let mut prints = Vec::new();
    for photo in photos {
        prints.extend(look::stored(store, &photo.sha256)?.map(|print| (photo.image, print)));
    }
    let borrowed: Vec<&Fingerprint> = prints.iter().map(|entry| entry.1.as_ref()).collect();
    let found = dedup::scene_groups(&borrowed, &|| true).map_or_else(Vec::new, |found| found.groups);
    Ok(found.into_iter().map(|group| group.into_iter().map(|at| prints[at].0).collect()).collect())
}
