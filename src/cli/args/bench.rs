//! The arguments of `packshot bench`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Bench {
    /// Send photos to a scoring server and measure its answers.
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
