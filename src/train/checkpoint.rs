//! Checkpoints: everything a run needs to go on as if it had never stopped.

use std::path::Path;

use burn::module::Module as _;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model_folder::{repair_folder, replace_folder};
use crate::nn::Network;

const POSITION: &str = "position.json";
const WEIGHTS: &str = "weights.bpk";
const AVERAGE: &str = "average.bpk";
const OPTIMISER: &str = "optimiser.bpk";

/// The best epoch so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Epoch, 0-based.
    pub epoch: u32,
    /// Its validation SRCC; below −1 by the validation loss where scores or labels do not vary.
    pub value: f64,
    /// Its validation loss, which decides between equal values.
    #[serde(default)]
    pub loss: f64,
}

impl Best {
    /// Whether an epoch is better than the best before.
    pub fn beats(&self, best: &Self) -> bool {
        self.value > best.value || (self.value == best.value && self.loss < best.loss)
    }
}

/// Where a run stands between two steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epoch, 0-based.
    pub epoch: u32,
    /// Next batch within the epoch.
    pub batch: usize,
    /// Optimiser steps taken.
    pub step: u64,
    /// The best epoch so far.
    pub best: Option<Best>,
}

/// A checkpoint's folder: network, its slow average, optimiser state and position, replaced whole.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint<'a> {
    /// The folder.
    pub folder: &'a Path,
}

impl Checkpoint<'_> {
    /// Writes the state; a crash leaves the former checkpoint or this one.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(
        &self,
        network: &Network,
        average: &Network,
        optimiser: &ModuleOptimizer,
        position: &Position,
    ) -> Result<()> {
        let failed = |what| move |error| Error::internal(format!("could not serialise the {what}")).caused_by(error);
        let bytes = |network: Network| network.into_record().into_bytes().map_err(failed("network"));
        // `valid` settles the running statistics of batch normalisation, which otherwise lag one step behind.
        let (weights, average) = (bytes(network.valid())?, bytes(average.clone())?);
        let state = optimiser.into_bytes().map_err(failed("optimiser"))?;
        let text = serde_json::to_string(position)
            .map_err(|error| Error::internal("could not serialise the position").caused_by(error))?;
        let files: [(&str, &[u8]); 4] =
            [(WEIGHTS, &weights), (AVERAGE, &average), (OPTIMISER, &state), (POSITION, text.as_bytes())];
        replace_folder(self.folder, &files)
    }

    /// Whether there is a checkpoint.
    ///
    /// # Errors
    /// When a half-replaced folder cannot be repaired.
    pub fn exists(&self) -> Result<bool> {
        repair_folder(self.folder)?;
        Ok(self.folder.join(POSITION).exists())
    }

    /// Loads the state into a freshly built network, its average and optimiser.
    ///
    /// # Errors
    /// When there is no checkpoint, or its files are damaged or of another architecture.
    pub fn load(
        &self,
        network: Network,
        average: Network,
        optimiser: ModuleOptimizer,
    ) -> Result<(Network, Network, ModuleOptimizer, Position)> {
        repair_folder(self.folder)?;
        let read = |name: &str| {
            let path = self.folder.join(name);
            std::fs::read(&path).map_err(|error| Error::io("read", &path, error))
        };
        let damaged = || Error::bad_data(format!("the checkpoint in {} is damaged", self.folder.display()));
        let position: Position =
            serde_json::from_slice(&read(POSITION)?).map_err(|error| damaged().caused_by(error))?;
        let bytes = |name| read(name).map(crate::model_folder::burn_bytes);
        let loaded = |network: Network, name| {
            let record = ModuleRecord::from_bytes(bytes(name)?).map_err(|error| damaged().caused_by(error))?;
            network.try_load_record(record).map_err(|error| damaged().caused_by(error))
        };
        let (network, average) = (loaded(network, WEIGHTS)?, loaded(average, AVERAGE)?);
        let optimiser = optimiser.from_bytes(bytes(OPTIMISER)?).map_err(|error| damaged().caused_by(error))?;
        Ok((network, average, optimiser, position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_correlations_the_smaller_loss_is_better() {
        let best = |value, loss| Best { epoch: 0, value, loss };
        assert!(best(0.5, 9.0).beats(&best(0.4, 0.1)) && !best(0.4, 0.1).beats(&best(0.5, 9.0)));
        assert!(best(0.5, 0.1).beats(&best(0.5, 0.2)) && !best(0.5, 0.2).beats(&best(0.5, 0.2)));
        // One of an older checkpoint, which kept no loss.
        let old: Best = serde_json::from_str(r#"{"epoch": 3, "value": 0.5}"#).expect("reads");
        assert!(!best(0.5, 0.1).beats(&old) && best(0.6, 0.1).beats(&old));
    }
}
