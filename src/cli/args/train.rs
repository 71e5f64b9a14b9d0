//! Arguments of `packshot train` and `packshot finetune`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args as ClapArgs, ValueEnum};

use crate::config::PRESETS;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot train
  packshot train --epochs 30 --loss mae --name \"first try\"
  packshot train --preset quick
  packshot train --device cpu --set train.learning_rate=0.001
  packshot train --loss \"{ huber = 1, plcc = 0.5, rank = 0.5 }\"
  packshot train --folds 5                             mean and spread over five folds of the groups
  packshot train --sweep learning_rate=0.0005..0.005 --sweep loss=huber,mae --trials 12
  packshot train --resume latest                       go on with a stopped run
  packshot train --mlflow http://127.0.0.1:5000        followed there while it goes on")]
pub(in crate::cli) struct Train {
    /// Settings by one name. They win over the configuration file; flags win over them.
    #[arg(long, value_name = "NAME", value_parser = presets())]
    pub(in crate::cli) preset: Option<String>,
    /// Configuration file whose [train] section replaces the project's.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// The run's name in the history.
    #[arg(long, default_value = "")]
    pub(in crate::cli) name: String,
    /// Go on with a run: its id, its name, or "latest".
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "preset", "name", "epochs", "loss"])]
    pub(in crate::cli) resume: Option<String>,
    /// Train with so many seeds, as one run with mean and standard deviation.
    #[arg(long, value_name = "N", conflicts_with_all = ["resume", "folds", "sweep"])]
    pub(in crate::cli) seeds: Option<u32>,
    /// Cross-validate: so many trainings, every group in the test part of one.
    #[arg(long, value_name = "K", conflicts_with_all = ["resume", "sweep"])]
    pub(in crate::cli) folds: Option<u32>,
    /// Try settings: KEY=A,B,C or KEY=LOW..HIGH; may be repeated. Trials that fall behind end early.
    #[arg(long, value_name = "KEY=VALUES", conflicts_with = "resume")]
    pub(in crate::cli) sweep: Vec<String>,
    /// Draw so many trials instead of trying every combination.
    #[arg(long, value_name = "N", requires = "sweep")]
    pub(in crate::cli) trials: Option<u32>,
    /// Most epochs (train.epochs).
    #[arg(long)]
    pub(in crate::cli) epochs: Option<u32>,
    /// Loss: huber, mse, mae, or a weighted sum with plcc, rank, margin and emd (train.loss).
    #[arg(long)]
    pub(in crate::cli) loss: Option<String>,
    /// Device: auto, gpu, cpu (train.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
    /// Send the run to an MLflow server while it goes on; its troubles never stop the training.
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) mlflow: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot finetune
  packshot finetune --model default --learn head
  packshot finetune --epochs 30 --set train.learning_rate=0.001

From 100 labels the head learns, from 300 the last stages, too. The model is kept only when the 95 %
interval of its gain on held-out photos lies above zero.")]
pub(in crate::cli) struct Finetune {
    /// The model to start from: its name or id, or "default" for the shipped one; the newest when absent.
    #[arg(long)]
    pub(in crate::cli) model: Option<String>,
    /// What learns; by the number of labels when absent.
    #[arg(long, value_enum)]
    pub(in crate::cli) learn: Option<Learn>,
    /// The run's name in the history.
    #[arg(long, default_value = "")]
    pub(in crate::cli) name: String,
    /// Most epochs (train.epochs).
    #[arg(long)]
    pub(in crate::cli) epochs: Option<u32>,
    /// Device: auto, gpu, cpu (train.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
    /// Send the run to an MLflow server while it goes on; its troubles never stop the training.
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) mlflow: Option<String>,
}

/// A part of a network.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Learn {
    /// The head alone.
    Head,
    /// The head and the last two stages.
    Last,
    /// Everything.
    All,
}

fn presets() -> PossibleValuesParser {
    PossibleValuesParser::new(PRESETS.map(|preset| PossibleValue::new(preset.name).help(preset.about)))
}
