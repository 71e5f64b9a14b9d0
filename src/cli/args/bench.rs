//! `packshot bench`.

#[cfg(feature = "server")]
use std::path::PathBuf;

#[cfg(feature = "gui")]
use clap::Args as ClapArgs;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Bench {
    /// Measure the window on a large project: frames, memory, and how long photos take to show.
    #[cfg(feature = "gui")]
    Ui(BenchUi),
    /// Measure the history page on many runs: frames, memory, and how long curves take to show.
    #[cfg(feature = "gui")]
    History(BenchHistory),
    /// Send photos to a scoring server and measure its answers.
    #[cfg(feature = "server")]
    #[command(after_help = "\
Examples:
  packshot bench serve ~/photos
  packshot bench serve ~/photos --url http://127.0.0.1:9000 --concurrency 1,8,32
  packshot bench serve ~/photos --requests 10000 --corrupt 5

Photos go to POST /predict as they are, in turn. Every answer is checked: the same photo must get the same score, and one that
is cut short 422. Another server with that endpoint can be measured in the same way.")]
    Serve {
        /// Folders or photo files.
        #[arg(required = true, value_name = "PATH")]
        photos: Vec<PathBuf>,
        /// The server's address.
        #[arg(long, default_value = "http://127.0.0.1:8077")]
        url: String,
        /// Requests at each step.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
        requests: u64,
        /// Requests under way at a time; several steps separated by commas.
        #[arg(long, default_value = "1,8,32", value_delimiter = ',', value_name = "N")]
        concurrency: Vec<usize>,
        /// Per cent of the photos that are cut short.
        #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
        corrupt: f64,
        /// API key; PACKSHOT_API_KEY when absent.
        #[arg(long)]
        key: Option<String>,
    },
}

#[cfg(feature = "gui")]
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
    /// Hand every frame to the graphics adapter, too; without a graphics card that slows everything down.
    #[arg(long)]
    pub(in crate::cli) present: bool,
}

#[cfg(feature = "gui")]
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot bench history                           10,000 runs of 1,000 points; makes the project first, in the temporary folder
  packshot bench history --runs 500 --seconds 5    a quick look

The project is kept and used again; the usual one takes about a gigabyte.")]
pub(in crate::cli) struct BenchHistory {
    /// Runs in the project.
    #[arg(long, default_value_t = 10_000)]
    pub(in crate::cli) runs: usize,
    /// Points of the curves of each run.
    #[arg(long, default_value_t = 1_000)]
    pub(in crate::cli) points: usize,
    /// Length of the fling in seconds.
    #[arg(long, default_value_t = 10)]
    pub(in crate::cli) seconds: u64,
    /// Runs that are gone through by key.
    #[arg(long, default_value_t = 60)]
    pub(in crate::cli) keys: usize,
}
