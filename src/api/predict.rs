//! One photo at a time, from memory: what the HTTP API calls.

use std::path::Path;

use super::scorer::{Look, Scorer};
use super::{Project, clock, find_model, find_rule_pack};
use crate::device;
use crate::domain::{ModelCard, ScoreRow};
use crate::error::{Error, Result};
use crate::imaging::{self, Limits};
use crate::rules::{self, RulePack};

/// A loaded model that scores photos from memory; belongs to one thread.
pub struct Predictor {
    scorer: Scorer,
    rules: RulePack,
    limits: Limits,
}

impl Predictor {
    /// Loads a model (the newest when none is named) onto the configured device.
    ///
    /// # Errors
    /// When there is no such model, or no device.
    pub fn open(project: &Project, model: Option<&str>) -> Result<Self> {
        let entry = find_model(project, model)?;
        let config = &project.config.score;
        let chosen = device::choose(config.device)?;
        Ok(Self {
            scorer: Scorer::load(&entry, &chosen.device, config)?,
            rules: find_rule_pack(&project.config, &config.rules)?,
            limits: Limits::from_config(&project.config.decode),
        })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        self.scorer.card()
    }

    /// Scores a photo; `name` stands in messages and in the row.
    ///
    /// # Errors
    /// When the bytes are no sound photo.
    pub fn predict(&self, name: &str, bytes: &[u8]) -> Result<ScoreRow> {
        let path = Path::new(name);
        let photo = imaging::decode(bytes, path, &self.limits)?;
        let look = Look::at(&photo, bytes, self.scorer.needs(true), &|| true)
            .ok_or_else(|| Error::internal("a photo was not looked at"))?;
        let score = self.scorer.score(&[&look])?.into_iter().next().map(|rated| rated.score);
        let attributes = look.measures.map(|measures| *measures.attributes);
        let reason = attributes.as_ref().and_then(|found| rules::reason(&self.rules.judge(found, clock::today())));
        Ok(ScoreRow {
            path: path.to_owned(),
            sha256: imaging::sha256_hex(bytes),
            model: self.card().id.clone(),
            score,
            attributes,
            reason,
            error: None,
            at_ms: clock::now_ms(),
        })
    }
}
