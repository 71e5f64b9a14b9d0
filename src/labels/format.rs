//! The formats of label files, and which one a file is in.

use std::path::Path;

use super::{extension, unknown_extension};
use crate::error::{Error, Result};

/// A format that labels are read from and written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.csv`: one row a rater and photo.
    Csv,
    /// `.jsonl`: one JSON object a photo.
    JsonLines,
    /// `.json`: tasks of Label Studio, one annotation a rater.
    LabelStudio,
    /// A folder for Hugging Face's `imagefolder`: `train/metadata.jsonl` and the photos.
    ImageFolder,
    /// A folder for FiftyOne's `FiftyOneImageClassificationDataset`: `labels.json` and `data/`.
    FiftyOne,
    /// A folder of XMP side-cars, `photo.jpg.xmp`, with stars and keywords.
    Xmp,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Csv, Self::JsonLines, Self::LabelStudio, Self::ImageFolder, Self::FiftyOne, Self::Xmp];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::LabelStudio => "label-studio",
            Self::ImageFolder => "image-folder",
            Self::FiftyOne => "fiftyone",
            Self::Xmp => "xmp",
        }
    }

    /// It has one entry a photo, with the mean of all raters, rather than one a vote.
    pub fn is_by_photo(self) -> bool {
        matches!(self, Self::JsonLines | Self::ImageFolder | Self::FiftyOne | Self::Xmp)
    }

    /// The format of this name.
    ///
    /// # Errors
    /// [`crate::Code::Usage`] naming those that there are.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.name()).collect();
            Error::usage(format!("there is no label format {name}")).hint(format!("Known are {}.", names.join(", ")))
        })
    }

    /// The format of a file or folder that is there.
    ///
    /// # Errors
    /// [`crate::Code::Usage`] when its extension or its files tell none.
    pub fn of_existing(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            return Self::of_extension(path);
        }
        let has = |name: &str| path.join(name).is_file();
        if has("labels.json") {
            return Ok(Self::FiftyOne);
        }
        if super::image_folder::metadata_file(path).is_some() {
            return Ok(Self::ImageFolder);
        }
        if super::xmp::side_cars(path).next().is_some() {
            return Ok(Self::Xmp);
        }
        Err(Error::usage(format!("{} holds no labels that Packshot knows", path.display())).hint(
            "A folder needs labels.json (FiftyOne), metadata.jsonl or metadata.csv (Hugging Face), or .xmp side-cars.",
        ))
    }

    /// The format of a file that is to be written, by its extension.
    ///
    /// # Errors
    /// [`crate::Code::Usage`] when it tells none: folders need a named format.
    pub fn of_extension(path: &Path) -> Result<Self> {
        match extension(path).as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            "json" => Ok(Self::LabelStudio),
            _ => Err(unknown_extension(path)),
        }
    }
}
