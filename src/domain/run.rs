//! A training run as the history keeps it.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// Name, note, star, deletion.
    pub meta: RunMeta,
    /// Where it was imported from; none for a run of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<RunOrigin>,
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
