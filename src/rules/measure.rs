//! What a rule can look at: every measured attribute, and what the file says in words.

use crate::domain::{Attribute, Attributes, ColourMode, PhotoFormat};

const FORMATS: [PhotoFormat; 6] =
    [PhotoFormat::Jpeg, PhotoFormat::Png, PhotoFormat::WebP, PhotoFormat::Bmp, PhotoFormat::Gif, PhotoFormat::Tiff];
const COLOUR_MODES: [ColourMode; 3] = [ColourMode::Rgb, ColourMode::Grey, ColourMode::Cmyk];

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// A measured number.
    Number(Attribute),
    /// The format of the file, by its content.
    Format,
    /// How the file stores its colours.
    ColourMode,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// A number, in the unit of its attribute.
    Number(f64),
    /// One of [`Measure::choices`].
    Word(&'static str),
}

impl Measure {
    /// All of them: first the numbers in the order of tables.
    pub fn all() -> impl Iterator<Item = Self> {
        Attribute::all().map(Self::Number).chain([Self::Format, Self::ColourMode])
    }

    /// The measure of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|measure| measure.name() == name)
    }

    /// Its name in rules and tables: "white_border".
    pub fn name(self) -> &'static str {
        match self {
            Self::Number(attribute) => attribute.name(),
            Self::Format => "format",
            Self::ColourMode => "colour_mode",
        }
    }

    /// Its name in a sentence: "white border".
    pub fn words(self) -> &'static str {
        match self {
            Self::Number(attribute) => attribute.words(),
            Self::Format => "format",
            Self::ColourMode => "colour mode",
        }
    }

    /// The words it can have; none for a number.
    pub fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Format => FORMATS.map(PhotoFormat::name).to_vec(),
            Self::ColourMode => COLOUR_MODES.map(ColourMode::name).to_vec(),
        }
    }

    /// What a photo has, when it has any.
    pub fn of(self, attributes: &Attributes) -> Option<Measured> {
        match self {
            Self::Number(attribute) => attributes.get(attribute).map(Measured::Number),
            Self::Format => attributes.file.map(|(format, _)| Measured::Word(format.name())),
            Self::ColourMode => attributes.file.map(|(_, mode)| Measured::Word(mode.name())),
        }
    }
}
