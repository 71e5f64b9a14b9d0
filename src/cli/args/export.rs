//! The arguments of `packshot export`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// Send runs to an MLflow server: parameters, curves, figures, and models that score photos there.
    Mlflow(Mlflow),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  packshot export mlflow --tracking-uri http://127.0.0.1:5000              the newest run
  packshot export mlflow --tracking-uri http://127.0.0.1:5000 --all
  packshot export mlflow --offline ~/bundle --all                          to send it later:
  packshot export mlflow --bundle ~/bundle --tracking-uri https://mlflow.example

Sending again changes nothing, and an export that was cut off goes on. A user and password or a token come from
MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, from MLFLOW_TRACKING_TOKEN, or from the system's keyring (service
packshot-mlflow, server HOST:PORT); a proxy from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.")]
pub(in crate::cli) struct Mlflow {
    /// Address of the server (mlflow.tracking_uri).
    #[arg(long, value_name = "URL", conflicts_with = "offline")]
    pub(in crate::cli) tracking_uri: Option<String>,
    /// The run: its id, its name, or "latest".
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub(in crate::cli) run: String,
    /// Every run that has ended.
    #[arg(long, conflicts_with = "run")]
    pub(in crate::cli) all: bool,
    /// Write a bundle into this folder instead of sending.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) offline: Option<PathBuf>,
    /// Send the runs of a bundle.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["run", "all", "offline"])]
    pub(in crate::cli) bundle: Option<PathBuf>,
    /// Experiment that the runs go into (mlflow.experiment).
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) experiment: Option<String>,
    /// Name that models are registered under (mlflow.registered_model).
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) registered_model: Option<String>,
    /// Certificates to trust instead of the public ones, a PEM file (mlflow.ca_file).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// Trust any certificate: only where nobody can listen.
    #[arg(long)]
    pub(in crate::cli) insecure: bool,
}
