//! A model ready to score, whichever kind it is: the one way from a photo to its score.

use std::collections::HashMap;

use burn::tensor::Device;
use image::RgbImage;

use super::ModelEntry;
use super::personal::{Measures, PersonalScorer};
use crate::config::ScoreConfig;
use crate::domain::{ModelCard, Score, ScoreRow};
use crate::error::Result;
use crate::preprocess::{self, Views};
use crate::store::Store;
use crate::train::personal::Estimate;
use crate::{attributes, infer};

/// A loaded model.
pub(super) enum Scorer {
    Network(Box<infer::Scorer>),
    Personal(Box<PersonalScorer>),
}

/// What a photo is scored by.
pub(super) struct Look {
    pub(super) views: Views,
    /// Absent when neither the model nor anyone else wants them.
    pub(super) measures: Option<Measures>,
}

/// The score of a photo, and the row to keep of it.
pub(super) struct Rated {
    pub(super) score: Score,
    pub(super) row: Option<Vec<u16>>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The views alone.
    Views,
    /// Attributes, too.
    Attributes,
    /// Attributes and BRISQUE's features, and what a network trained elsewhere sees.
    Everything {
        /// Whether there is such a network.
        backbone: bool,
    },
}

impl Look {
    /// Looks at a decoded photo; `bytes` is the file it came from. Nothing when `keep_going` said no.
    pub(super) fn at(photo: &RgbImage, bytes: &[u8], needs: Needs, keep_going: &dyn Fn() -> bool) -> Option<Self> {
        let measures = match needs {
            Needs::Views => None,
            Needs::Attributes => {
                let attributes = Box::new(attributes::measure_while(photo, Some(bytes), &|_| true, keep_going)?);
                Some(Measures { attributes, brisque: None, backbone: None })
            }
            Needs::Everything { backbone } => Some(Measures::of(photo, bytes, backbone)),
        };
        keep_going().then(|| Self { views: preprocess::views(photo), measures })
    }
}

impl Scorer {
    /// Loads the model that an entry names onto `device`.
    ///
    /// # Errors
    /// When a file of it is missing or damaged, or the engine asked for cannot be used.
    pub(super) fn load(entry: &ModelEntry, device: &Device, config: &ScoreConfig) -> Result<Self> {
        if entry.card.personal.is_some() {
            return Ok(Self::Personal(Box::new(PersonalScorer::load(entry, device, config.batch_size)?)));
        }
        let scorer = infer::Scorer::load_with(&entry.folder, device, config.batch_size, config.engine)?;
        Ok(Self::Network(Box::new(scorer)))
    }

    pub(super) fn card(&self) -> &ModelCard {
        match self {
            Self::Network(scorer) => scorer.card(),
            Self::Personal(scorer) => scorer.card(),
        }
    }

    /// Photos computed at a time.
    pub(super) fn batch_size(&self) -> usize {
        match self {
            Self::Network(scorer) => scorer.batch_size(),
            Self::Personal(scorer) => scorer.batch_size(),
        }
    }

    /// What computes, with the reason.
    pub(super) fn engine_reason(&self) -> &str {
        match self {
            Self::Network(scorer) => scorer.engine_reason(),
            Self::Personal(_) => "burn, which gives the features of a personal model",
        }
    }

    /// What it needs to know of a photo; `attributes` are wanted for their own sake.
    pub(super) fn needs(&self, attributes: bool) -> Needs {
        match self {
            Self::Personal(scorer) => Needs::Everything { backbone: scorer.has_backbone() },
            Self::Network(_) if attributes => Needs::Attributes,
            Self::Network(_) => Needs::Views,
        }
    }

    /// The scores of photos, in their order.
    ///
    /// # Errors
    /// When the files of a personal model do not belong together.
    pub(super) fn score(&self, photos: &[&Look]) -> Result<Vec<Rated>> {
        match self {
            Self::Network(scorer) => {
                let rated = |score| Rated { score, row: None };
                Ok(scorer.score(photos.iter().map(|photo| &photo.views)).into_iter().map(rated).collect())
            }
            Self::Personal(scorer) => {
                let measured: Vec<_> =
                    photos.iter().filter_map(|photo| Some((&photo.views, photo.measures.as_ref()?))).collect();
                let rows = scorer.rows(&measured)?;
                let estimates = scorer.estimate(&rows.concat())?;
                let rated = |(estimate, row): (Estimate, _)| Rated { score: estimate.score, row: Some(row) };
                Ok(estimates.into_iter().zip(rows).map(rated).collect())
            }
        }
    }

    /// What the project knows already, by content; paths are left empty. Rows from before get the SHA-256 of their model.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn known(&self, store: &mut Store) -> Result<HashMap<String, ScoreRow>> {
        match self {
            Self::Network(scorer) => {
                store.complete_model_sha256(&scorer.card().id, scorer.sha256())?;
                store.scores_of(&scorer.card().id, attributes::VERSION)
            }
            Self::Personal(scorer) => scorer.known(store),
        }
    }

    /// Keeps what was scored, so that it is not computed again: a network's scores, or what a personal model's follow from.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn keep(&self, store: &mut Store, scored: &[ScoreRow], rows: &[(String, Vec<u16>)]) -> Result<()> {
        match self {
            Self::Network(scorer) => store.save_scores(scored, scorer.sha256(), attributes::VERSION),
            Self::Personal(scorer) => {
                let measured = scored.iter().filter_map(|row| Some((row.sha256.as_str(), row.attributes.as_ref()?)));
                store.save_attributes(attributes::VERSION, measured)?;
                scorer.keep(store, rows)
            }
        }
    }
}
