//! A personal model that scores photos.

use std::collections::HashMap;
use std::path::PathBuf;

use burn::tensor::Device;
use image::RgbImage;

use super::extractor::{Extractor, StoredBasis, basis_name};
use super::folder;
use super::observer::Observer;
use super::row::{self, Measures};
use crate::api::train_photos::candidates;
use crate::api::{ModelEntry, Project, clock};
use crate::attributes;
use crate::domain::{ModelCard, Neighbour, ScoreRow};
use crate::error::{Error, Result};
use crate::jobs::Control;
use crate::preprocess::Views;
use crate::store::Store;
use crate::train::features::Features;
use crate::train::personal::{Estimate, Personal};

/// Labelled photos that are named as the nearest.
const NEAREST: usize = 5;

/// A loaded personal model: network, basis and ridge.
pub(in crate::api) struct PersonalScorer {
    card: ModelCard,
    personal: Personal,
    observer: Observer,
    extractor: Extractor,
}

impl PersonalScorer {
    /// Loads the model that an entry names.
    ///
    /// # Errors
    /// When a file of it is missing or damaged.
    pub(in crate::api) fn load(entry: &ModelEntry, device: &Device, batch: usize) -> Result<Self> {
        let (folder, card) = (&entry.folder, entry.card.clone());
        Ok(Self {
            personal: folder::read_fit(folder, &card)?,
            observer: folder::load_observer(folder, &card, device, batch)?,
            extractor: folder::read_extractor(folder, &card)?,
            card,
        })
    }

    pub(in crate::api) fn card(&self) -> &ModelCard {
        &self.card
    }

    pub(in crate::api) fn batch_size(&self) -> usize {
        self.observer.describer().batch_size()
    }

    /// Whether photos are also looked at for a network trained elsewhere.
    pub(in crate::api) fn has_backbone(&self) -> bool {
        self.observer.has_backbone()
    }

    /// What the model looks at beside the views of a decoded photo; `bytes` is the file it came from.
    pub(in crate::api) fn measures(&self, photo: &RgbImage, bytes: &[u8]) -> Measures {
        Measures::of(photo, bytes, self.has_backbone())
    }

    /// The rows of photos, in their order.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when network and basis do not belong together.
    pub(in crate::api) fn rows(&self, photos: &[(&Views, &Measures)]) -> Result<Vec<Vec<u16>>> {
        let described = self.observer.describe(photos, &Control::default())?;
        let described = described.ok_or_else(|| Error::internal("describing photos was stopped"))?;
        self.extractor.rows(described.iter().zip(photos).map(|(description, photo)| (description, photo.1)))
    }

    /// The scores that rows lead to.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when they are of another kind than the model learnt from.
    pub(in crate::api) fn estimate(&self, rows: &[u16]) -> Result<Vec<Estimate>> {
        let (features, base) = self.unpack(rows)?;
        self.personal.predict(&features, Some(&base))
    }

    /// Keeps rows for the next time, unless the project's features are on another basis.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::api) fn keep(&self, store: &mut Store, rows: &[(String, Vec<u16>)]) -> Result<()> {
        if !self.shares_rows(store)? {
            return Ok(());
        }
        store.save_features(&self.extractor.name, rows.iter().map(|(sha256, row)| (sha256.as_str(), row.as_slice())))
    }

    /// Scores of everything that the project has rows of, by content; paths and reasons are left empty. They follow from
    /// the rows and are never stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::api) fn known(&self, store: &Store) -> Result<HashMap<String, ScoreRow>> {
        if !self.shares_rows(store)? {
            return Ok(HashMap::new());
        }
        let (contents, rows) = store.features_by_content(&self.extractor.name)?;
        if contents.is_empty() {
            return Ok(HashMap::new());
        }
        let measured = store.attributes(attributes::VERSION)?;
        let now = clock::now_ms();
        let row = |(sha256, estimate): (String, Estimate)| {
            let row = ScoreRow {
                path: PathBuf::new(),
                model: self.card.id.clone(),
                score: Some(estimate.score),
                attributes: measured.get(&sha256).copied(),
                reason: None,
                error: None,
                at_ms: now,
                sha256,
            };
            (row.sha256.clone(), row)
        };
        Ok(contents.into_iter().zip(self.estimate(&rows)?).map(row).collect())
    }

    /// The labelled photos of the project that are most like the photo of a row, nearest first; neither itself nor a copy
    /// of it. Empty where the project has no rows of this model's kind.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub(in crate::api) fn nearest(&self, project: &Project, row: &[u16], sha256: &str) -> Result<Vec<Neighbour>> {
        let store = project.store()?;
        if !self.shares_rows(&store)? {
            return Ok(Vec::new());
        }
        let stored = store.features(&self.extractor.name)?;
        let place: HashMap<_, usize> = stored.images.iter().copied().zip(0..).collect();
        let (labelled, _) = candidates(&store)?;
        let known: Vec<_> = labelled.iter().filter(|other| other.sha256 != sha256).collect();
        let known: Vec<_> = known.into_iter().filter_map(|other| Some((other, *place.get(&other.image)?))).collect();
        let places: Vec<usize> = known.iter().map(|(_, place)| *place).collect();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let (features, _) = self.unpack(&stored.values)?;
        let (photo, _) = self.unpack(row)?;
        let near = self.personal.nearest(&features.gather(&places), &photo, NEAREST)?;
        let neighbour = |(index, distance): (usize, f64)| {
            let (other, _) = known[index];
            Neighbour { path: other.path.clone(), label: other.label, distance }
        };
        Ok(near.into_iter().map(neighbour).collect())
    }

    fn unpack(&self, rows: &[u16]) -> Result<(Features, Vec<f64>)> {
        row::unpack(rows, self.extractor.width(), &self.extractor.block())
    }

    /// Whether the rows in the store are this model's.
    fn shares_rows(&self, store: &Store) -> Result<bool> {
        let stored = StoredBasis::read(store, &self.extractor.name)?;
        Ok(stored.is_some_and(|stored| basis_name(&stored.bytes) == self.extractor.basis_name))
    }
}
