//! The arguments, their help and their examples.

#[cfg(any(feature = "gui", feature = "server"))]
mod bench;
mod evaluate;
mod explain;
mod export;
mod features;
mod import;
mod label;
mod models;
mod personal;
#[cfg(feature = "server")]
mod serve;
mod train;
mod triage;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

#[cfg(any(feature = "gui", feature = "server"))]
pub(super) use bench::Bench;
#[cfg(feature = "gui")]
pub(super) use bench::{BenchHistory, BenchUi};
pub(super) use evaluate::Evaluate;
pub(super) use explain::Explain;
pub(super) use export::{Export, Mlflow};
pub(super) use features::Features;
pub(super) use import::{Import, ImportMlflow};
pub(super) use label::Label;
pub(super) use models::Models;
pub(super) use personal::Personal;
#[cfg(feature = "server")]
pub(super) use serve::Serve;
pub(super) use train::{Finetune, Learn, Train};
pub(super) use triage::Triage;

/// Browse, label, train and score the quality of product photos.
#[derive(Debug, Parser)]
#[command(
    name = "packshot",
    version,
    arg_required_else_help = false,
    after_help = "\
Examples:
  packshot                                  open the window on the default project
  packshot open ~/catalogue                 index a folder
  packshot label import labels.csv          import labels
  packshot train --epochs 10                train a model on them
  packshot audit ~/new --rules amazon-main -o audit.html
                                            what breaks a shop's rules, and what to do
  packshot score ~/new -o scores.csv        score a folder with the newest model

Exit status: 0 ok, 2 usage, 3 some photos failed (all are listed), 65 bad data, 75 try again, 1 other."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// How progress is shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressStyle {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A line every few seconds.
    Plain,
    /// One JSON object a line.
    Json,
    /// Nothing.
    None,
}

#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Global {
    /// Project folder; the default project lies in your data folder.
    #[arg(long, global = true, value_name = "DIR", env = "PACKSHOT_PROJECT")]
    pub(super) project: Option<PathBuf>,
    /// Print one JSON summary as the last line on stdout.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Progress on stderr.
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(super) progress: ProgressStyle,
    /// Messages on the console: error, warn, info, debug, trace.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(super) log: Option<String>,
    /// Set a configuration value for this command; may be repeated (see `packshot config show`).
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open the window.
    #[command(after_help = "Examples:\n  packshot gui\n  packshot gui ~/catalogue     index the folder and show it")]
    Gui {
        /// Folder to index and show.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Draw the demo catalogue: product photos with known defects, and their labels.
    Demo(Demo),
    /// Index folders into the project; photos stay where they are.
    #[command(after_help = "Examples:\n  packshot open ~/catalogue\n  packshot --project shop open summer/ winter/")]
    Open {
        /// Folders or photo files.
        #[arg(required = true, value_name = "DIR")]
        folders: Vec<PathBuf>,
    },
    /// Import and export labels.
    #[command(subcommand)]
    Label(Label),
    /// Train a model on the project's labels.
    Train(Train),
    /// Teach a model with the project's labels; kept only when it is better than before.
    Finetune(Finetune),
    /// Fit the personal model to the project's labels, in about a second; from 20 labels on.
    Personal(Personal),
    /// Learn quality from clean photos alone: they are spoilt in known ways and judged against the original.
    Pretrain(Pretrain),
    /// Score folders: one row a photo.
    Score(Score),
    /// Sort scored photos out: copies, XMP side-cars or a list by band; photos are only read.
    Triage(Triage),
    /// Evaluate a model on labelled photos: every measure with its interval, calibration, the worst photos.
    Evaluate(Evaluate),
    /// Tell why a photo has its score, and where.
    Explain(Explain),
    /// Measure photos and judge them by a rule pack: one row a photo.
    Audit(Audit),
    /// Compare edited photos with the photo they were made of: MSE, MAE, PSNR, SSIM, MS-SSIM, FSIM, GMSD.
    Compare(Compare),
    /// Find photos that are there more than once: the same file, or the same picture in another size or quality.
    Duplicates(Duplicates),
    /// Describe photos by numbers with a network trained elsewhere, for your own analysis.
    Features(Features),
    /// The history of trainings.
    #[command(subcommand)]
    Runs(Runs),
    /// The models of this project and the architectures that can be trained.
    #[command(subcommand)]
    Models(Models),
    /// Rule packs: what shops ask of a photo, and your own rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Take a model to other programmes.
    #[command(subcommand)]
    Export(Export),
    /// Bring in what other programmes hold, to compare with.
    #[command(subcommand)]
    Import(Import),
    /// Write an HTML report of the newest scores and a run.
    Report(Report),
    /// The configuration in force.
    #[command(subcommand)]
    Config(Config),
    /// Serve the HTTP scoring API.
    #[cfg(feature = "server")]
    Serve(Serve),
    /// The programme measures itself.
    #[cfg(any(feature = "gui", feature = "server"))]
    #[command(subcommand)]
    Bench(Bench),
    /// Check versions, devices, display and the project's health.
    #[command(after_help = "Examples:\n  packshot doctor\n  packshot --project shop --json doctor")]
    Doctor,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Examples:\n  packshot completions bash > ~/.local/share/bash-completion/completions/packshot"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  packshot demo data/raw/demo\n  packshot demo small --skus 10 --shots 4 --seed 7")]
pub(super) struct Demo {
    /// Folder to draw into: empty, new, or an earlier demo.
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Seed: the same seed draws the same photos.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Products.
    #[arg(long, default_value_t = 70)]
    pub(super) skus: u32,
    /// Photos a product.
    #[arg(long, default_value_t = 6)]
    pub(super) shots: u32,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot score ~/new -o scores.csv
  packshot score ~/new -o scores.json --model \"first try\"
  packshot score ~/new -o part1.csv --shard 1/4        a quarter of the photos
  packshot score ~/new -o scores.csv --resume          go on after an interruption")]
pub(super) struct Score {
    /// Folders or photo files; every photo of the project when none is named.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The file to write; .csv, .json or .parquet.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Model: run id, run name, model id, or a model's folder; the newest when absent.
    #[arg(long)]
    pub(super) model: Option<String>,
    /// Go on with an interrupted scoring: finished photos are reused, the file is completed.
    #[arg(long, conflicts_with = "overwrite")]
    pub(super) resume: bool,
    /// Replace the file when it exists.
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Score only the I-th of N parts.
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<String>,
    /// Score photos again that this model has already scored.
    #[arg(long)]
    pub(super) again: bool,
    /// Device: auto, gpu, cpu (score.device).
    #[arg(long)]
    pub(super) device: Option<String>,
    /// Rule pack that gives the reason: a name (see `packshot rules list`) or a .toml file (score.rules).
    #[arg(long, value_name = "NAME")]
    pub(super) rules: Option<String>,
    /// Scores and intervals alone, without attributes and reasons: about twice as fast (score.attributes).
    #[arg(long, conflicts_with = "rules")]
    pub(super) scores_only: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot audit ~/new --rules amazon-main -o audit.csv
  packshot audit ~/new --rules house -o audit.html           a page with pictures, reasons and fixes
  packshot audit ~/new -o audit.parquet --overwrite
  packshot audit ~/new --measures blur,fill -o quick.csv     only two measures

Verdicts: pass, warn or fail, with the measured value, the limit and what to do. Photos that were measured before are read,
but not measured again: another rule pack, or going on after an interruption, takes a fraction of the time.")]
pub(super) struct Audit {
    /// Folders or photo files.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Rule pack: a name from `packshot rules list`, or a .toml file (audit and score: score.rules).
    #[arg(long, value_name = "NAME")]
    pub(super) rules: Option<String>,
    /// The file to write; .csv, .json, .parquet or .html.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Replace the file when it exists.
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Measure photos again that are already measured.
    #[arg(long)]
    pub(super) again: bool,
    /// Only these measures, separated by commas, and what --rules needs; the others stay empty and no rule judges them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(super) measures: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot pretrain ~/clean-photos -o ~/models/mine
  packshot pretrain ~/clean-photos -o ~/models/mine --steps 1000      a short one

The folder gets model/ (use it with --model), checkpoint/ and curve.csv. The same command goes on after an interruption.
One scene in ten is held out, whole near-duplicate groups at a time.")]
pub(super) struct Pretrain {
    /// Folders of clean photos, or single ones.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The folder to make the model in.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Steps of the optimiser.
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) steps: u64,
    /// Clean photos a step; each comes in four versions.
    #[arg(long, default_value_t = 32, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=256))]
    pub(super) photos_a_step: usize,
    /// How often each version is learnt from; more is faster on a GPU, 1 makes every photo anew.
    #[arg(long, default_value_t = 4, value_name = "TIMES", value_parser = clap::value_parser!(u64).range(1..=64))]
    pub(super) reuse: u64,
    /// Clean photos whose versions are kept for that; each takes about a megabyte of memory.
    #[arg(long, default_value_t = 1000, value_name = "PHOTOS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) keep: u64,
    /// Network; `packshot models` lists them.
    #[arg(long, default_value = "cnn-d", value_name = "NAME")]
    pub(super) architecture: String,
    /// Highest learning rate.
    #[arg(long, default_value_t = 0.0015)]
    pub(super) learning_rate: f64,
    /// Decay of weights.
    #[arg(long, default_value_t = 0.05)]
    pub(super) weight_decay: f64,
    /// Seed of weights and photos.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// auto, cpu or gpu.
    #[arg(long, value_name = "DEVICE")]
    pub(super) device: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot compare mug.png mug-web.jpg
  packshot compare mug.png edits/*.jpg -o edits.csv
  packshot compare mug.png mug-small.jpg --resize      enlarge it to the original's size first

0 is best for MSE, MAE and GMSD, 1 for SSIM, MS-SSIM, FSIM and FSIMc; PSNR is in dB, inf for equal photos.
MSE, MAE, PSNR and FSIMc look at colour, the others at luma. SSIM needs 11 pixels on the shorter side,
FSIM 12, MS-SSIM 161; where a photo has fewer, a dash is shown. No project is needed.")]
pub(super) struct Compare {
    /// The photo before editing.
    #[arg(value_name = "REF")]
    pub(super) reference: PathBuf,
    /// The photos after editing.
    #[arg(required = true, value_name = "EDITED")]
    pub(super) edited: Vec<PathBuf>,
    /// Resize edited photos of another size to REF's size; refused otherwise.
    #[arg(long)]
    pub(super) resize: bool,
    /// Write all numbers to a .csv, .json or .parquet file too.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Replace the file when it exists.
    #[arg(long, requires = "output")]
    pub(super) overwrite: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  packshot duplicates ~/catalogue
  packshot duplicates ~/catalogue ~/new -o duplicates.csv
  packshot duplicates ~/catalogue --exact              only files with the same bytes")]
pub(super) struct Duplicates {
    /// Folders or photo files.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Only files with the same bytes; no photo is decoded.
    #[arg(long)]
    pub(super) exact: bool,
    /// The file to write, one row a photo; .csv or .json.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Replace the file when it exists.
    #[arg(long)]
    pub(super) overwrite: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Runs {
    /// List runs, newest first.
    #[command(after_help = "Examples:\n  packshot runs list\n  packshot --json runs list --all")]
    List {
        /// Deleted ones too.
        #[arg(long)]
        all: bool,
    },
    /// Show a run's metrics, curves, configuration and files.
    #[command(after_help = "Examples:\n  packshot runs show latest\n  packshot runs show 20261123")]
    Show {
        /// Run id (or its beginning), name, or "latest".
        run: String,
    },
    /// Rename a run.
    #[command(after_help = "Examples:\n  packshot runs rename latest \"summer catalogue\"")]
    Rename {
        /// Run id, name, or "latest".
        run: String,
        /// The new name.
        name: String,
    },
    /// Replace a run's note.
    #[command(after_help = "Examples:\n  packshot runs note latest \"labels from the August study\"")]
    Note {
        /// Run id, name, or "latest".
        run: String,
        /// The note.
        note: String,
    },
    /// Give a run tags, or take them away; lists and the window find it by them.
    #[command(
        after_help = "Examples:\n  packshot runs tag latest autumn \"new camera\"\n  packshot runs tag latest --remove autumn"
    )]
    Tag {
        /// Run id, name, or "latest".
        run: String,
        /// Tags to give.
        #[arg(required_unless_present = "remove")]
        tags: Vec<String>,
        /// Tags to take away.
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    /// Hold runs against each other: their results, and the settings in which they differ.
    #[command(after_help = "Examples:\n  packshot runs compare latest \"first try\"")]
    Compare {
        /// Run ids, names, or "latest".
        #[arg(required = true, num_args = 2..)]
        runs: Vec<String>,
    },
    /// Delete a run and its model from the lists; `restore` brings it back.
    #[command(after_help = "Examples:\n  packshot runs delete 20261123-174501-3f9a")]
    Delete {
        /// Run id, name, or "latest".
        run: String,
    },
    /// Bring a deleted run back.
    #[command(after_help = "Examples:\n  packshot runs restore 20261123-174501-3f9a")]
    Restore {
        /// Run id.
        run: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// List the rule packs there are: those that ship with Packshot and your own.
    #[command(after_help = "Examples:\n  packshot rules list\n  packshot --json rules list")]
    List,
    /// Show a rule pack: its rules, their limits, and where they come from.
    #[command(after_help = "Examples:\n  packshot rules show amazon-main\n  packshot rules show my-shop.toml")]
    Show {
        /// Name of a rule pack, or a .toml file.
        #[arg(value_name = "NAME")]
        pack: String,
    },
    /// Check rule packs: an error names file, line and field.
    #[command(after_help = "Examples:\n  packshot rules check my-shop.toml")]
    Check {
        /// The .toml files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Copy a rule pack to edit it; among your own packs it goes before the one it was copied from.
    #[command(after_help = "\
Examples:
  packshot rules copy amazon-main                      into the folder of your own packs
  packshot rules copy house -o my-shop.toml            elsewhere; use it with --rules my-shop.toml")]
    Copy {
        /// Name of a rule pack, or a .toml file.
        #[arg(value_name = "NAME")]
        pack: String,
        /// The file to write; in the folder of your own packs when absent.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file when it exists.
        #[arg(long)]
        overwrite: bool,
    },
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  packshot report -o report.html\n  packshot report --run latest -o report.html --overwrite"
)]
pub(super) struct Report {
    /// The run to report; the one that made the newest model when absent.
    #[arg(long)]
    pub(super) run: Option<String>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Replace the file when it exists.
    #[arg(long)]
    pub(super) overwrite: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print every setting with its meaning and the value in force.
    #[command(after_help = "\
Examples:
  packshot config show
  packshot config show > my-project/packshot.toml
  PACKSHOT_TRAIN_EPOCHS=5 packshot config show")]
    Show,
}
