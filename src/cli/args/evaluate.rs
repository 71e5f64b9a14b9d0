//! The arguments of `packshot evaluate`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot evaluate --labels held-out.csv
  packshot evaluate --model \"first try\" --labels held-out.csv -o evaluation.html
  packshot evaluate --model new --against old --labels held-out.csv       which of the two is better
  packshot evaluate --labels manifest.csv --subset-column subset -o evaluation.json

Intervals are 95 % bootstrap intervals over groups (the label file's `group` or `sku`; else folders, when there are ten or
more; else each photo is its own). One model is better than another only when the interval of the difference in SRCC on the
same draws lies above 0. Photos that a model was trained on are counted and named.")]
pub(in crate::cli) struct Evaluate {
    /// The label file, as for `label import`; its paths are relative to it.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) labels: PathBuf,
    /// Model: run id, run name, model id, or a model's folder; the newest when absent.
    #[arg(long)]
    pub(in crate::cli) model: Option<String>,
    /// A second model, named alike, to compare with.
    #[arg(long, value_name = "MODEL")]
    pub(in crate::cli) against: Option<String>,
    /// The scale of the file's scores, worst to best; needed when the file does not make it clear.
    #[arg(long, value_name = "MIN..MAX")]
    pub(in crate::cli) scale: Option<String>,
    /// A column of the label file: every value becomes a subset with numbers of its own.
    #[arg(long, value_name = "COLUMN")]
    pub(in crate::cli) subset_column: Option<String>,
    /// Labels from here on count as good, 0 to 100 (for the AUC).
    #[arg(long, default_value_t = 50.0, value_name = "SCORE")]
    pub(in crate::cli) threshold: f64,
    /// Leave out photos that served in training or validation of one of the models.
    #[arg(long)]
    pub(in crate::cli) unseen_only: bool,
    /// Seed of the bootstrap: the same seed gives the same intervals.
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// The file to write; .html (a page with figures), .csv (one row a photo) or .json (everything).
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Replace the file when it exists.
    #[arg(long, requires = "output")]
    pub(in crate::cli) overwrite: bool,
    /// Device: auto, gpu, cpu (score.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
}
