//! Arguments of `packshot triage`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use crate::api::TriageOutput;
use crate::domain::{Band, Edges};

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot triage ~/new --to ~/sorted --dry-run               how many would go where; nothing is written
  packshot triage ~/new --to ~/sorted --bands reject,review   copies of what has to be looked at
  packshot triage ~/new --to ~/new --write xmp                stars and bands beside the photos, for photo programmes
  packshot triage ~/new --to lists --write list --reject-below 30

Photos are only read: nothing is moved, deleted or overwritten. What is known of a photo already is not scored again.")]
pub(in crate::cli) struct Triage {
    /// Folders or photo files.
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The folder to write into; a folder a band is made in it.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) to: PathBuf,
    /// Bands to write, separated by commas.
    #[arg(long, value_delimiter = ',', default_values = ["accept", "review", "reject"])]
    pub(in crate::cli) bands: Vec<BandName>,
    /// Scores below this are rejected.
    #[arg(long, value_name = "SCORE", default_value_t = Edges::default().reject_below)]
    pub(in crate::cli) reject_below: f64,
    /// Scores from this on are accepted.
    #[arg(long, value_name = "SCORE", default_value_t = Edges::default().accept_from)]
    pub(in crate::cli) accept_from: f64,
    /// What to write for each photo, beside the list.
    #[arg(long, value_name = "WHAT", default_value = "copies")]
    pub(in crate::cli) write: WhatToWrite,
    /// Tell what would be written; write nothing.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Model: run id, run name, model id, or a model's folder; the newest when absent.
    #[arg(long)]
    pub(in crate::cli) model: Option<String>,
    /// Device: auto, gpu, cpu (score.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum BandName {
    /// Good enough.
    Accept,
    /// Look at it.
    Review,
    /// Not good enough.
    Reject,
}

impl From<BandName> for Band {
    fn from(name: BandName) -> Self {
        match name {
            BandName::Accept => Self::Accept,
            BandName::Review => Self::Review,
            BandName::Reject => Self::Reject,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum WhatToWrite {
    /// A copy, in a folder of its band.
    Copies,
    /// An XMP side-car with stars and the band.
    Xmp,
    /// Nothing: the list alone.
    List,
}

impl From<WhatToWrite> for TriageOutput {
    fn from(what: WhatToWrite) -> Self {
        match what {
            WhatToWrite::Copies => Self::Copies,
            WhatToWrite::Xmp => Self::SideCars,
            WhatToWrite::List => Self::List,
        }
    }
}
