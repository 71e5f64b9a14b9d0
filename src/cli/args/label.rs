//! Arguments of `packshot label`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Label {
    /// Import labels from a file or folder; photos it names are indexed.
    #[command(after_help = "\
Examples:
  packshot label import labels.csv                    scores from 0 to 100
  packshot label import stars.csv --scale 1..5        five-star ratings
  packshot label import tasks.json                    Label Studio
  packshot label import ~/photos --format xmp         stars and keywords of XMP side-cars")]
    Import {
        /// The label file, or the folder of another programme; paths are relative to it.
        file: PathBuf,
        /// csv, jsonl, label-studio, image-folder (Hugging Face), fiftyone, xmp; told from the file when absent.
        #[arg(long, value_name = "NAME")]
        format: Option<String>,
        /// The scale of its scores, worst to best; needed when the file does not make it clear.
        #[arg(long, value_name = "MIN..MAX")]
        scale: Option<String>,
        /// Whose labels those without a rater are; "import:" and the file's name when absent. The newest label of a rater counts.
        #[arg(long, value_name = "NAME")]
        rater: Option<String>,
    },
    /// Who voted: biases, inconsistencies, how raters agree; --json adds the scores without biases.
    #[command(after_help = "Examples:\n  packshot label raters\n  packshot --json label raters > raters.json")]
    Raters,
    /// Export every vote and defect to a file, or to a folder for another programme.
    #[command(after_help = "\
Examples:
  packshot label export -o labels.csv                 every rater's vote
  packshot label export -o tasks.json                 Label Studio, every rater's vote
  packshot label export -o metadata.jsonl             one line a photo
  packshot label export -o set --format image-folder  Hugging Face, with copies of the photos
  packshot label export -o set --format fiftyone      FiftyOne, with copies of the photos
  packshot label export -o stars --format xmp         photo.jpg.xmp side-cars; no photo is touched")]
    Export {
        /// The file or folder to write.
        #[arg(short, long, value_name = "PATH")]
        output: PathBuf,
        /// csv, jsonl, label-studio, image-folder, fiftyone, xmp; told from the extension when absent.
        #[arg(long, value_name = "NAME")]
        format: Option<String>,
        /// Replace the file when it exists.
        #[arg(long)]
        overwrite: bool,
    },
}
