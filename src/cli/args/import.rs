//! The arguments of `packshot import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Import {
    /// Bring runs of an MLflow server into the history, to look at and compare.
    Mlflow(ImportMlflow),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  packshot import mlflow --tracking-uri http://127.0.0.1:5000                      the runs of every experiment
  packshot import mlflow --tracking-uri https://mlflow.example --experiment shop
  packshot import mlflow --tracking-uri http://127.0.0.1:5000 --run 1f0c8e0d6a4b4e0f9a3c2b1d5e6f7a8b

Nothing is written there. Importing again refreshes runs that have changed and doubles nothing; runs that this project
exported stay as they are. Imported runs cannot be gone on with, sent again or used as a model. Who asks, certificates and
proxies: as for `packshot export mlflow`.")]
pub(in crate::cli) struct ImportMlflow {
    /// Address of the server (mlflow.tracking_uri).
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) tracking_uri: Option<String>,
    /// Only the runs of this experiment.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) experiment: Option<String>,
    /// Only this run, by its id on the server.
    #[arg(long, value_name = "ID", conflicts_with = "experiment")]
    pub(in crate::cli) run: Option<String>,
    /// Certificates to trust instead of the public ones, a PEM file (mlflow.ca_file).
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// Trust any certificate: only where nobody can listen.
    #[arg(long)]
    pub(in crate::cli) insecure: bool,
}
