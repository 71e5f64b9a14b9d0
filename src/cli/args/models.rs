//! The arguments of `packshot models`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Models {
    /// List the project's models and the architectures that can be trained.
    #[command(after_help = "Examples:\n  packshot models list\n  packshot models list --all")]
    List {
        /// Archived ones too.
        #[arg(long)]
        all: bool,
    },
    /// Make a model the champion: it scores wherever no model is named, and `packshot serve` takes it at once.
    #[command(
        after_help = "Examples:\n  packshot models promote latest\n  packshot models promote \"first try\"\n  packshot score ~/new --model champion -o scores.csv"
    )]
    Promote {
        /// Run id, run name, model id, or "latest" for the newest model.
        model: String,
    },
    /// Take the last promotion back: the champion before it is current again.
    #[command(after_help = "Examples:\n  packshot models rollback")]
    Rollback,
    /// Hold two models against each other on the photos that both have scored, the ones they differ on most first.
    #[command(
        after_help = "Examples:\n  packshot score --model default -o a.csv && packshot score --model latest -o b.csv\n  packshot models compare default latest"
    )]
    Compare {
        /// Run id, run name, model id, or "champion".
        first: String,
        /// The other one.
        second: String,
        /// How many photos to list.
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
    },
    /// Leave a model out of lists and choices; it may still be named, and `restore` brings it back.
    #[command(after_help = "Examples:\n  packshot models archive \"first try\"")]
    Archive {
        /// Run id, run name, or model id.
        model: String,
    },
    /// Bring an archived model back.
    #[command(after_help = "Examples:\n  packshot models restore \"first try\"")]
    Restore {
        /// Run id, run name, or model id.
        model: String,
    },
}
