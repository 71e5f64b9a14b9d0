//! Photos from memory, prepared on any thread and scored together on one: what the HTTP API calls.

use std::path::{Path, PathBuf};

use super::scorer::{Look, Needs, Scorer};
use super::{ModelEntry, Project, clock, find_model, find_rule_pack};
use crate::device;
use crate::domain::{ModelCard, ModelId, ScoreRow};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::rules::{self, RulePack};

/// A loaded model that scores photos from memory; belongs to one thread.
pub struct Predictor {
    scorer: Scorer,
    preparer: Preparer,
}

/// Makes photos ready for a [`Predictor`]: decodes them, measures them, makes the network's input. Any thread may use it.
#[derive(Debug, Clone)]
pub struct Preparer {
    /// Nothing when only scores are wanted.
    rules: Option<RulePack>,
    limits: Limits,
    needs: Needs,
}

/// A photo that is ready for the network.
pub struct PreparedPhoto {
    name: PathBuf,
    sha256: String,
    look: Look,
    reason: Option<String>,
}

impl Predictor {
    /// Loads a model (the current one when none is named) onto the configured device.
    ///
    /// # Errors
    /// When there is no such model, or no device.
    pub fn open(project: &Project, model: Option<&str>) -> Result<Self> {
        Self::load(project, &find_model(project, model)?)
    }

    /// Loads a model that was found before.
    ///
    /// # Errors
    /// When a file of it is missing or damaged, or there is no device.
    pub fn load(project: &Project, entry: &ModelEntry) -> Result<Self> {
        let config = &project.config.score;
        let chosen = device::choose(config.device)?;
        let scorer = Scorer::load(entry, &chosen.device, config)?;
        let rules = find_rule_pack(&project.config, &config.rules)?;
        let preparer = Preparer {
            rules: config.attributes.then_some(rules),
            limits: Limits::from_config(&project.config.decode),
            needs: scorer.needs(config.attributes),
        };
        Ok(Self { scorer, preparer })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        self.scorer.card()
    }

    /// What computes, with the reason.
    pub fn engine_reason(&self) -> &str {
        self.scorer.engine_reason()
    }

    /// What makes photos ready for this model.
    pub fn preparer(&self) -> &Preparer {
        &self.preparer
    }

    /// The rows of photos that this model's [`Preparer`] made ready, in their order.
    ///
    /// # Errors
    /// When the model's files do not belong together.
    pub fn score(&self, photos: &[&PreparedPhoto]) -> Result<Vec<ScoreRow>> {
        let looks: Vec<&Look> = photos.iter().map(|photo| &photo.look).collect();
        let rated = self.scorer.score(&looks)?;
        if rated.len() != photos.len() {
            return Err(Error::internal("a photo was made ready for another model"));
        }
        let (model, now) = (&self.card().id, clock::now_ms());
        let wanted = self.preparer.rules.is_some();
        Ok(photos.iter().zip(rated).map(|(photo, rated)| photo.row(model, rated.score, wanted, now)).collect())
    }

    /// Scores a photo; `name` stands in messages and in the row.
    ///
    /// # Errors
    /// When the bytes are no sound photo.
    pub fn predict(&self, name: &str, bytes: &[u8]) -> Result<ScoreRow> {
        let photo = self.preparer.prepare(name, bytes)?;
        let row = self.score(&[&photo])?.into_iter().next();
        row.ok_or_else(|| Error::internal("a photo was not scored"))
    }
}

impl Preparer {
    /// Makes a photo ready; `name` stands in messages and in the row.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the bytes are no sound photo, [`crate::Code::TooLarge`] when it has too many pixels.
    pub fn prepare(&self, name: &str, bytes: &[u8]) -> Result<PreparedPhoto> {
        let name = Path::new(name);
        let photo = imaging::decode(bytes, name, &self.limits)?;
        let look = Look::at(&photo, bytes, self.needs, &|| true)
            .ok_or_else(|| Error::internal("a photo was not looked at"))?;
        let reason = self
            .rules
            .as_ref()
            .zip(look.measures.as_ref())
            .and_then(|(rules, measures)| rules::reason(&rules.judge(&measures.attributes, clock::today())));
        Ok(PreparedPhoto { name: name.to_owned(), sha256: imaging::sha256_hex(bytes), look, reason })
    }
}

impl PreparedPhoto {
    fn row(&self, model: &ModelId, score: crate::domain::Score, attributes: bool, at_ms: i64) -> ScoreRow {
        ScoreRow {
            path: self.name.clone(),
            sha256: self.sha256.clone(),
            model: model.clone(),
            score: Some(score),
            attributes: self.look.measures.as_ref().filter(|_| attributes).map(|measures| *measures.attributes),
            reason: self.reason.clone(),
            error: None,
            at_ms,
        }
    }
}
