//! The arguments of `packshot personal`.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot personal
  packshot personal --all              describe every photo now, so that Browse shows scores at once
  packshot personal --backbone mobilenet_v2.safetensors    learn from the features of a network of your own
  packshot score ~/new -o scores.csv --model personal

From 20 labels on. In the window the personal model learns along with every vote; this command fits it
now, makes it the newest model, and says how good it is on groups of photos it did not see.")]
pub(in crate::cli) struct Personal {
    /// Describe every photo of the project, not only the labelled ones.
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Learn from the features of a network trained elsewhere: a weight file (personal.backbone), or "none".
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) backbone: Option<String>,
    /// Device that describes photos: auto, gpu, cpu (score.device).
    #[arg(long)]
    pub(in crate::cli) device: Option<String>,
}
