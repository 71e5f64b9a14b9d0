//! The labels of a project on one scale: scores, and pairs where photos were compared.

use std::collections::{BTreeSet, HashMap};

use crate::domain::{ImageId, Label};
use crate::error::Result;
use crate::labels::fuse::{Compared, noise, of_compared};
use crate::store::Store;

/// The label of every photo that has one, in order of photo.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn labels(store: &Store) -> Result<Vec<Label>> {
    let scored = store.labels()?;
    let compared = of_pairs(store)?;
    if compared.is_empty() {
        return Ok(scored);
    }
    let mut all: std::collections::BTreeMap<ImageId, Label> =
        scored.into_iter().map(|label| (label.image, label)).collect();
    all.extend(compared);
    Ok(all.into_values().collect())
}

/// The labels of the photos that were compared.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn of_pairs(store: &Store) -> Result<HashMap<ImageId, Label>> {
    let pairs: Vec<Compared> =
        store.pairs()?.into_iter().map(|pair| (pair.image, pair.other, pair.preference)).collect();
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let images: BTreeSet<ImageId> = pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect();
    let mut scored = HashMap::new();
    for image in images {
        scored.extend(store.label_of(image)?.map(|label| (image, label)));
    }
    let labels = of_compared(&scored, &pairs, noise(&store.opinions()?));
    Ok(labels.into_iter().map(|label| (label.image, label)).collect())
}
