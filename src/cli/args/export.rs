//! The arguments of `packshot export`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Export {
    /// Write a model as ONNX, and beside it a Python script that scores photos with it.
    #[command(after_help = "\
Examples:
  packshot export onnx -o quality.onnx                 the newest model, and quality_score.py
  packshot export onnx --model \"first try\" -o quality.onnx
  pip install numpy pillow onnxruntime && python quality_score.py ~/photos > scores.csv

The file holds the network, its calibration and its interval: input `views` [n, 2, 3, 192, 192] with values 0-1, outputs
`score`, `low` and `high` [n], 0-100; opset 18. It is checked against Packshot's own network before it is written.")]
    Onnx {
        /// Model: run id, run name, model id, or a model's folder; the newest when absent.
        #[arg(long)]
        model: Option<String>,
        /// The .onnx file to write.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Replace the file and its script when they exist.
        #[arg(long)]
        overwrite: bool,
    },
}
