//! The end of a training: the test, and what becomes of the model.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{TrainSummary, Training, describe};
use crate::api::finetune::{judge_gain, note_rival};
use crate::api::models::find_network;
use crate::api::{ModelEntry, Project, clock, lineage};
use crate::domain::{EvaluatedPhoto, ModelCard, RunId, RunStatus, Score, Split};
use crate::error::{Error, Result};
use crate::evaluate::{self, Judged};
use crate::infer::Scorer;
use crate::jobs::Outcome;
use crate::model_folder;
use crate::store::{Artifact, Store, StoredModel};
use crate::train::{Ending, checkpoint_path, model_path};

/// What became of the model of a training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// There is none, or the training was stopped: then it waits in the archive, tested by nobody.
    #[default]
    Unfinished,
    /// It scores from now on, unless another one is named or promoted.
    Scores,
    /// It is one of a series, which chooses among its models; until then it waits in the archive.
    OfSeries,
    /// It is not better than the one it started from, and not kept.
    NotBetter,
    /// Its scores do not follow the labels of the test photos at all: it waits in the archive.
    Astray,
}

impl Training<'_> {
    /// Tests the best model once, registers it, and finishes the run.
    pub(super) fn conclude(&mut self, folder: &Path, ending: Ending) -> Result<Outcome<TrainSummary>> {
        let mut metrics = Map::new();
        metrics.insert("epochs".to_owned(), json!(ending.epochs));
        let (mut model, mut fate) = (None, Fate::Unfinished);
        if let Some(best) = ending.best {
            metrics.insert("best_epoch".to_owned(), json!(best.epoch + 1));
            if best.value >= -1.0 {
                metrics.insert("validation_srcc".to_owned(), json!(best.value));
            }
            let card = model_folder::read_card(&model_path(folder))?;
            if !ending.stopped {
                fate = self.test(folder, &mut metrics)?;
            }
            // What started from nothing is worth keeping whatever it is; the archive keeps it out of the way.
            if fate != Fate::NotBetter && (self.start.is_none() || fate != Fate::Unfinished) {
                register(&mut self.store, &self.run.id, &card, fate == Fate::Scores)?;
                model = Some(card.id);
            }
        }
        // No epoch at all, and no stop: there is nothing to test.
        let stopped = ending.stopped || (ending.best.is_some() && fate == Fate::Unfinished);
        let status = if stopped { RunStatus::Cancelled } else { RunStatus::Completed };
        self.store.finish_run(&self.run.id, status, &metrics, None, clock::now_ms())?;
        if !stopped {
            drop_checkpoint(folder);
        }
        let summary = TrainSummary {
            run: Some(self.run.id.clone()),
            model,
            fate,
            device: describe(&self.chosen),
            photos: self.dataset.sizes(),
            verdict: metrics.get("verdict").and_then(Value::as_str).map(str::to_owned),
            metrics,
            left_out: std::mem::take(&mut self.left_out),
        };
        Ok(if stopped { Outcome::Cancelled(summary) } else { Outcome::Completed(summary) })
    }

    /// Measures the model on the test part, and says whether it may score; [`Fate::Unfinished`] after a stop.
    fn test(&self, folder: &Path, metrics: &mut Map<String, Value>) -> Result<Fate> {
        let indices = self.dataset.part(Split::Test);
        let good = if self.kept { Fate::Scores } else { Fate::OfSeries };
        if indices.is_empty() {
            return Ok(good);
        }
        let Some(scores) = self.scores(&model_path(folder), &indices)? else { return Ok(Fate::Unfinished) };
        let of = |index: &usize| &self.dataset.samples[*index];
        let judge = |(index, score): (&usize, &Score)| {
            let sample = of(index);
            Judged { label: sample.label, score: score.value, group: sample.group.clone() }
        };
        let judged: Vec<Judged> = indices.iter().zip(&scores).map(judge).collect();
        let report = evaluate::report(&judged, self.config.seed);
        let mut put = |name: &str, value: Option<f64>| {
            if let Some(value) = value {
                metrics.insert(format!("test_{name}"), json!(value));
            }
        };
        put("srcc", report.srcc);
        put("srcc_low", report.srcc_interval.map(|interval| interval.0));
        put("srcc_high", report.srcc_interval.map(|interval| interval.1));
        put("plcc", report.plcc);
        put("krcc", report.krcc);
        put("mae", report.mae);
        put("rmse", report.rmse);
        metrics.insert("test_n".to_owned(), json!(report.n));
        metrics.insert("test_groups".to_owned(), json!(report.groups));
        let Some(start) = &self.start else {
            if report.srcc.is_none_or(|srcc| srcc <= 0.0) {
                return Ok(Fate::Astray);
            }
            // However the other model is: what was trained stands.
            match self.beside_rival(&indices) {
                Ok(Some((rival, before))) => {
                    note_rival(&self.evaluated(&indices, scores, before), &rival, self.config.seed, metrics);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!("the model is not held beside the one that scored until now: {error:#}"),
            }
            return Ok(good);
        };
        let Some(before) = self.scores(&start.folder, &indices)? else { return Ok(Fate::Unfinished) };
        let better = judge_gain(&self.evaluated(&indices, scores, before), start, self.config.seed, metrics);
        Ok(if better { good } else { Fate::NotBetter })
    }

    /// The network that scored until now with its scores, when it can be compared on these photos: none of them taught or
    /// chose it.
    fn beside_rival(&self, indices: &[usize]) -> Result<Option<(ModelEntry, Vec<Score>)>> {
        if !self.kept {
            return Ok(None);
        }
        let rival = find_network(self.project, None)?;
        let known = lineage::served(&self.store, &rival.card)?;
        let part = |index: &usize| known.get(&self.dataset.samples[*index].sha256);
        let fair = indices.iter().all(|index| part(index).is_none_or(|part| *part == Split::Test));
        let scores = if fair { self.scores(&rival.folder, indices)? } else { None };
        Ok(scores.map(|scores| (rival, scores)))
    }

    /// Samples with the scores of this model and of another one.
    fn evaluated(&self, indices: &[usize], scores: Vec<Score>, others: Vec<Score>) -> Vec<EvaluatedPhoto> {
        let photo = |(index, (score, other)): (&usize, (Score, Score))| {
            let sample = &self.dataset.samples[*index];
            EvaluatedPhoto {
                path: sample.path.clone(),
                content_sha256: sample.sha256.clone(),
                label: sample.label,
                score,
                against: Some(other),
                group: sample.group.clone(),
                subset: None,
                seen: None,
                ratings: Vec::new(),
            }
        };
        indices.iter().zip(scores.into_iter().zip(others)).map(photo).collect()
    }

    /// The scores that the model in a folder gives to samples, in their order; nothing after a stop.
    fn scores(&self, model: &Path, indices: &[usize]) -> Result<Option<Vec<Score>>> {
        let scorer = Scorer::load(model, &self.chosen.device, self.project.config.score.batch_size)?;
        let batches: Vec<Vec<usize>> = indices.chunks(scorer.batch_size()).map(<[usize]>::to_vec).collect();
        let mut scores = Vec::with_capacity(indices.len());
        self.loader.for_each_batch(&batches, |_, views| {
            self.reporter.progress("Testing", scores.len() as u64, indices.len() as u64, "");
            let going = self.reporter.control.checkpoint().is_ok();
            if going {
                scores.extend(scorer.score(views.iter().map(AsRef::as_ref)));
            }
            Ok(going)
        })?;
        Ok((scores.len() == indices.len()).then_some(scores))
    }
}

/// Makes the model of a run the newest of the project.
///
/// # Errors
/// When the run has none, or the database cannot be written.
pub(in crate::api) fn keep_as_newest(project: &Project, run: &RunId) -> Result<()> {
    let card = model_folder::read_card(&model_path(&project.models().join(&run.0)))?;
    register(&mut project.store()?, run, &card, true)
}

/// Records the model of a run: as the project's newest, or in the archive.
fn register(store: &mut Store, run: &RunId, card: &ModelCard, newest: bool) -> Result<()> {
    let path = format!("models/{run}/model");
    let now = clock::now_ms();
    store.save_model(&StoredModel {
        id: card.id.clone(),
        run: Some(run.clone()),
        architecture: card.architecture.clone(),
        path: path.clone(),
        created_ms: now,
    })?;
    store.set_archived(&card.id, (!newest).then_some(now))?;
    store.save_artifact(run, &Artifact { kind: "model".to_owned(), path: path.clone() })?;
    store.save_artifact(run, &Artifact { kind: "validation-scores".to_owned(), path: format!("{path}/validation.csv") })
}

/// Frees the room of what only a resume needs.
fn drop_checkpoint(folder: &Path) {
    let checkpoint = checkpoint_path(folder);
    match std::fs::remove_dir_all(&checkpoint) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!("{}", Error::io("remove the checkpoint", &checkpoint, error));
        }
        _ => {}
    }
}
