//! The arguments of `packshot explain`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot explain shoe.jpg
  packshot explain shoe.jpg -o why.png                 the photo under its map: orange loses points, blue gains
  packshot explain shoe.jpg --occlusion -o why.png     what the score loses when a part is hidden")]
pub(in crate::cli) struct Explain {
    /// The photo.
    #[arg(value_name = "PHOTO")]
    pub(in crate::cli) path: PathBuf,
    /// Model: run id, run name, model id, or a model's folder; the newest when absent.
    #[arg(long)]
    pub(in crate::cli) model: Option<String>,
    /// Hide the photo part by part and score it again each time.
    #[arg(long)]
    pub(in crate::cli) occlusion: bool,
    /// Write the photo under its map; .png.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Replace the file when it exists.
    #[arg(long)]
    pub(in crate::cli) overwrite: bool,
}
