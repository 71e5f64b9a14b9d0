//! Fine-tuning: training that starts from a model, and is kept only when it is better than that model.

use serde_json::{Map, Value, json};

use super::{ModelEntry, Project, find_network, fused, list_all_models};
use crate::config::{Learns, TrainConfig};
use crate::domain::{EvaluatedPhoto, Measure, Verdict};
use crate::error::{Error, Result};
use crate::evaluate::{self, Settings};

/// Labels from which the head may learn.
pub const HEAD_FROM: usize = 100;

/// Labels from which the last stages may learn, too.
pub const LAST_FROM: usize = 300;

/// Labels from which a photo counts as good in measures that need a line.
const GOOD: f64 = 50.0;

/// The part of the configured learning rate that is left to weights that are good already.
const SHARE_OF_RATE: f64 = 0.25;

/// The project's `[train]` configuration for fine-tuning `start` (a network's name; the newest when absent). What learns
/// follows from the number of labels unless it is named.
///
/// # Errors
/// [`crate::Code::BadData`] when there are too few labels, [`crate::Code::NotFound`] when there is no such model.
pub fn finetune_config(project: &Project, start: Option<&str>, learns: Option<Learns>) -> Result<TrainConfig> {
    let labels = fused::labels(&project.store()?)?.len();
    let learns = learns.unwrap_or(if labels < LAST_FROM { Learns::Head } else { Learns::Last });
    let fewest = if learns == Learns::Head { HEAD_FROM } else { LAST_FROM };
    if labels < fewest {
        let what = if learns == Learns::Head { "the head" } else { "more than the head" };
        return Err(Error::bad_data(format!("fine-tuning {what} needs {fewest} labels; there are {labels}"))
            .hint("`packshot personal` learns from 20 labels on."));
    }
    let config = &project.config.train;
    let named = Some(config.start.as_str()).filter(|name| !name.is_empty());
    let entry = find_network(project, start.or(named))?;
    Ok(TrainConfig {
        start: start_name(project, &entry)?,
        architecture: entry.card.architecture,
        learns,
        learning_rate: config.learning_rate * SHARE_OF_RATE,
        ..config.clone()
    })
}

/// What a run records of the model it starts from: its id, since names may come to mean other models, or its folder when it
/// lies outside the project.
///
/// # Errors
/// When the database cannot be read or the folder is gone.
pub(super) fn start_name(project: &Project, start: &ModelEntry) -> Result<String> {
    if list_all_models(project)?.iter().any(|entry| entry.card.id == start.card.id) {
        return Ok(start.card.id.0.clone());
    }
    let folder = std::fs::canonicalize(&start.folder).map_err(|error| Error::io("find", &start.folder, error))?;
    Ok(folder.to_string_lossy().into_owned())
}

/// The model that a training starts from, when it does.
///
/// # Errors
/// When there is no such model, or it is of another architecture.
pub(super) fn starting_model(project: &Project, config: &TrainConfig) -> Result<Option<ModelEntry>> {
    if config.start.is_empty() {
        return Ok(None);
    }
    let entry = find_network(project, Some(&config.start))?;
    if entry.card.architecture == config.architecture {
        return Ok(Some(entry));
    }
    let summary = format!("the model {} is a {}, not a {}", entry.name, entry.card.architecture, config.architecture);
    Err(Error::bad_data(summary).hint(format!("Add --set train.architecture={}.", entry.card.architecture)))
}

/// Notes in `metrics` how a model does on test photos against the one it started from; whether it is better.
pub(super) fn judge_gain(
    photos: &[EvaluatedPhoto],
    start: &ModelEntry,
    seed: u64,
    metrics: &mut Map<String, Value>,
) -> bool {
    let comparison = evaluate::compare(photos, &Settings { seed, threshold: GOOD });
    metrics.insert("start_model".to_owned(), json!(start.card.id));
    metrics.insert("verdict".to_owned(), json!(comparison.text(&start.name)));
    if let Some(srcc) = comparison.measures.iter().find(|difference| difference.measure == Measure::Srcc) {
        metrics.insert("start_test_srcc".to_owned(), json!(srcc.second));
        metrics.insert("gain_srcc".to_owned(), json!(srcc.difference));
        metrics.insert("gain_interval".to_owned(), json!(srcc.interval));
    }
    comparison.verdict == Verdict::Better
}

/// Notes in `metrics` how a model does on test photos beside the one that scored until now.
pub(super) fn note_rival(photos: &[EvaluatedPhoto], rival: &ModelEntry, seed: u64, metrics: &mut Map<String, Value>) {
    let comparison = evaluate::compare(photos, &Settings { seed, threshold: GOOD });
    metrics.insert("rival_model".to_owned(), json!(rival.card.id));
    metrics.insert("rival_verdict".to_owned(), json!(comparison.text(&rival.name)));
    if let Some(srcc) = comparison.measures.iter().find(|difference| difference.measure == Measure::Srcc) {
        metrics.insert("rival_test_srcc".to_owned(), json!(srcc.second));
    }
}
