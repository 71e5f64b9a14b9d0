//! `packshot bench`.

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Bench {
    /// Measure the window on a large project: frames, memory, and how long photos take to show.
    Ui(BenchUi),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot bench ui                                100,000 photos; makes the project first, in the temporary folder
  packshot bench ui --photos 5000 --seconds 5      a quick look
  packshot --json bench ui > measured.json

The project is kept and used again. Its thumbnails are deleted first unless --keep-thumbnails is given.")]
pub(in crate::cli) struct BenchUi {
    /// Photos in the project.
    #[arg(long, default_value_t = 100_000)]
    pub(in crate::cli) photos: usize,
    /// Length of the fling in seconds.
    #[arg(long, default_value_t = 20)]
    pub(in crate::cli) seconds: u64,
    /// Photos that are gone through by key.
    #[arg(long, default_value_t = 60)]
    pub(in crate::cli) keys: usize,
    /// Keep the thumbnails of an earlier run.
    #[arg(long)]
    pub(in crate::cli) keep_thumbnails: bool,
    /// Do not hand frames to a graphics adapter.
    #[arg(long)]
    pub(in crate::cli) no_present: bool,
}
