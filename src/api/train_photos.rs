//! What a training learns from: labelled photos that can be read, the votes on them, and those that are worth spoiling.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::train::TrainSummary;
use super::{FailedPhoto, Project, fused};
use crate::config::{Loss, LossKind, TrainConfig};
use crate::data::{Candidate, CleanPhotos, Dataset, Loader, Sample, Unreadable};
use crate::domain::{Histogram, Photo, RunId, Split, VoteId};
use crate::error::{Error, Result};
use crate::imaging::Limits;
use crate::jobs::Reporter;
use crate::store::Store;

/// A photo with the reason why it is left out.
pub(super) fn failed(path: &Path, error: &Error) -> FailedPhoto {
    FailedPhoto { path: path.to_owned(), reason: error.chain() }
}

/// The labelled photos that may be used, and those that may not.
pub(super) fn candidates(store: &Store) -> Result<(Vec<Candidate>, Vec<FailedPhoto>)> {
    let photos: HashMap<_, Photo> = store.photos()?.into_iter().map(|photo| (photo.id, photo)).collect();
    let (mut usable, mut left_out) = (Vec::new(), Vec::new());
    for label in fused::labels(store)? {
        let Some(photo) = photos.get(&label.image) else { continue };
        let reason = photo.error.clone().or_else(|| photo.missing.then(|| "the file is gone".to_owned()));
        match reason {
            Some(reason) => left_out.push(FailedPhoto { path: photo.path.clone(), reason }),
            None => usable.push(Candidate {
                image: photo.id,
                path: photo.path.clone(),
                sha256: photo.sha256.clone(),
                label: label.mos,
                group: photo.group.clone(),
            }),
        }
    }
    Ok((usable, left_out))
}

/// The dataset that a run was begun with.
pub(super) fn recorded_dataset(store: &Store, id: &RunId) -> Result<Dataset> {
    let photos: HashMap<_, Photo> = store.photos()?.into_iter().map(|photo| (photo.id, photo)).collect();
    let samples = store.split(id)?.into_iter().filter_map(|(image, part, group, label)| {
        let photo = photos.get(&image)?;
        Some(Sample { image, path: photo.path.clone(), sha256: photo.sha256.clone(), label, group, part })
    });
    Ok(Dataset { samples: samples.collect() })
}

/// Reads the photos of a run, and lists those that cannot be read; nothing when a stop was asked for.
pub(super) fn read_photos(
    project: &Project,
    config: &TrainConfig,
    paths: Vec<PathBuf>,
    reporter: &Reporter<TrainSummary>,
) -> Option<(Loader, Vec<Unreadable>)> {
    let total = paths.len() as u64;
    let limits = Limits::from_config(&project.config.decode);
    let progress = |done: u64| reporter.progress("Reading photos", done, total, "");
    Loader::read_all(paths, limits, config.cache_mb << 20, &reporter.control, &progress)
}

/// How votes on the samples spread, by their index; nothing when the loss does not ask. `last` is the newest vote that
/// counts.
///
/// # Errors
/// [`crate::Code::BadData`] when the loss asks and no training photo has single votes.
pub(super) fn histograms(
    store: &Store,
    last: VoteId,
    loss: &Loss,
    dataset: &Dataset,
) -> Result<Vec<Option<Histogram>>> {
    if loss.weight(LossKind::Emd) == 0.0 {
        return Ok(Vec::new());
    }
    let known = store.histograms(last)?;
    let histograms: Vec<_> = dataset.samples.iter().map(|sample| known.get(&sample.image).copied()).collect();
    if dataset.part(Split::Train).into_iter().any(|index| histograms[index].is_some()) {
        return Ok(histograms);
    }
    Err(Error::bad_data("the loss holds emd, and no training photo has single votes: all labels are means")
        .hint("Take emd out of train.loss, or import the raters' own votes."))
}

/// The better half of the training photos by label: those that are worth spoiling.
pub(super) fn clean_photos(project: &Project, dataset: &Dataset) -> CleanPhotos {
    let sample = |index: &usize| &dataset.samples[*index];
    let mut train = dataset.part(Split::Train);
    train.sort_by(|a, b| sample(b).label.total_cmp(&sample(a).label).then(a.cmp(b)));
    train.truncate(train.len().div_ceil(2));
    let paths = train.iter().map(|index| sample(index).path.clone()).collect();
    CleanPhotos::new(paths, Limits::from_config(&project.config.decode))
}
