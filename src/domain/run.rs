//! A training run as the history keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ImageId;

/// Identifier of a run, for example `20261123-174501-3f9a`; sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// A process is working on it.
    Running,
    /// Its process died while it was running; can be resumed. Never stored: derived when runs are listed.
    Interrupted,
    /// Finished by itself (all epochs, or early stop).
    Completed,
    /// Stopped by the user; can be resumed.
    Cancelled,
    /// Ended with an error; can be resumed when a checkpoint exists.
    Failed,
}

impl RunStatus {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The status with that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Running, Self::Completed, Self::Cancelled, Self::Failed].into_iter().find(|s| s.name() == name)
    }
}

/// What people may change about a run: everything else is immutable once it has finished.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunMeta {
    /// The name shown in lists.
    pub name: String,
    /// A free note.
    pub note: String,
    /// Starred by the user.
    pub starred: bool,
    /// Words that it is found again by, in the order in which they were given.
    pub tags: Vec<String>,
    /// When it was deleted (hidden, restorable), milliseconds since 1970.
    pub deleted_ms: Option<i64>,
}

/// The MLflow server that a run was imported from: it is looked at and compared here, and belongs there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunOrigin {
    /// The server's address.
    pub server: String,
    /// Name of its experiment there.
    pub experiment: String,
    /// Its id there.
    pub run: String,
}

/// A run: how it was made and what came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Identifier.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// The whole training configuration, versioned TOML.
    pub config_toml: String,
    /// The seed every random choice derives from.
    pub seed: u64,
    /// Packshot's version and build variant.
    pub code_version: String,
    /// The device it ran on, in words.
    pub device: String,
    /// SHA-256 over image hashes, labels and split.
    pub dataset_digest: String,
    /// When it started, milliseconds since 1970.
    pub started_ms: i64,
    /// When the worker last reported, milliseconds since 1970.
    pub heartbeat_ms: i64,
    /// When it ended, milliseconds since 1970.
    pub finished_ms: Option<i64>,
    /// Final metrics by name, for example `test_srcc`, `test_srcc_low`, `best_epoch`.
    pub summary: serde_json::Map<String, serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// Name, note, star, tags, deletion.
    pub meta: RunMeta,
    /// Where it was imported from; none for a run of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<RunOrigin>,
}

impl Run {
    /// Every setting of its configuration by its name, such as "train.epochs"; without the quotes of TOML.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let table: toml::Table = self.config_toml.parse().unwrap_or_default();
        let plain = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut found = BTreeMap::new();
        for (section, values) in table {
            match values {
                toml::Value::Table(values) => {
                    found.extend(values.iter().map(|(key, value)| (format!("{section}.{key}"), plain(value))));
                }
                value => drop(found.insert(section, plain(&value))),
            }
        }
        found
    }

    /// The start of the digest of what it learnt from, short enough to be read out.
    pub fn short_digest(&self) -> &str {
        self.dataset_digest.get(..12).unwrap_or(&self.dataset_digest)
    }
}

/// The settings in which runs differ, their dataset among them, each with its value in every run, in the order of the
/// runs; "–" where a run did not record it.
pub fn setting_differences(runs: &[&Run]) -> Vec<(String, Vec<String>)> {
    let recorded = runs.iter().map(|run| {
        let mut settings = run.settings();
        settings.insert("dataset".to_owned(), run.short_digest().to_owned());
        settings
    });
    let recorded: Vec<BTreeMap<String, String>> = recorded.collect();
    let names: BTreeSet<&String> = recorded.iter().flat_map(BTreeMap::keys).collect();
    let row = |name: &String| {
        let value = |settings: &BTreeMap<_, String>| settings.get(name).map_or("–", |value| value).to_owned();
        (name.clone(), recorded.iter().map(value).collect::<Vec<_>>())
    };
    names.into_iter().map(row).filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
}

/// What the network said of one held-out photo while it was trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleScore {
    /// The photo.
    pub image: ImageId,
    /// Optimiser steps taken by then.
    pub step: u64,
    /// The score, 0 to 100.
    pub score: f64,
}

/// One point of a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// Metric name: `train_loss`, `validation_loss`, `validation_srcc`, …
    pub name: String,
    /// Optimiser steps taken when it was measured: the shared x axis of all curves.
    pub step: u64,
    /// The value; never NaN.
    pub value: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_differ_are_told() {
        let run = |toml: &str| Run {
            id: RunId("r".to_owned()),
            status: RunStatus::Completed,
            config_toml: toml.to_owned(),
            seed: 1,
            code_version: String::new(),
            device: String::new(),
            dataset_digest: "d".repeat(64),
            started_ms: 0,
            heartbeat_ms: 0,
            finished_ms: None,
            summary: serde_json::Map::new(),
            error: None,
            meta: RunMeta::default(),
            origin: None,
        };
        let one = run("seed = 1\n[train]\nepochs = 5\nloss = \"huber\"\n");
        let two = run("seed = 1\n[train]\nepochs = 9\nloss = \"huber\"\nclip = 5.0\n");
        let text = |values: [&str; 2]| values.map(str::to_owned).to_vec();
        assert_eq!(
            setting_differences(&[&one, &two]),
            [("train.clip".to_owned(), text(["–", "5.0"])), ("train.epochs".to_owned(), text(["5", "9"]))]
        );
        assert!(setting_differences(&[&one, &one]).is_empty());
    }
}
