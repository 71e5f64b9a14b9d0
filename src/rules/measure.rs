//! What a rule can look at, by name.

use serde::Deserialize;

use crate::domain::Attributes;

/// Something measured on a photo that a rule can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// [`Attributes::sharpness`].
    Sharpness,
    /// [`Attributes::brightness`].
    Brightness,
    /// [`Attributes::contrast`].
    Contrast,
    /// [`Attributes::clipped`].
    Clipped,
    /// [`Attributes::white_border`].
    WhiteBorder,
    /// [`Attributes::fill`].
    Fill,
    /// [`Attributes::megapixels`].
    Megapixels,
    /// Width in pixels.
    Width,
    /// Height in pixels.
    Height,
    /// The longer of width and height, in pixels.
    LongestSide,
    /// The shorter of width and height, in pixels.
    ShortestSide,
}

impl Measure {
    /// The value of this measure for a photo.
    pub fn value(self, attributes: &Attributes, width: u32, height: u32) -> f64 {
        match self {
            Self::Sharpness => attributes.sharpness,
            Self::Brightness => attributes.brightness,
            Self::Contrast => attributes.contrast,
            Self::Clipped => attributes.clipped,
            Self::WhiteBorder => attributes.white_border,
            Self::Fill => attributes.fill,
            Self::Megapixels => attributes.megapixels,
            Self::Width => f64::from(width),
            Self::Height => f64::from(height),
            Self::LongestSide => f64::from(width.max(height)),
            Self::ShortestSide => f64::from(width.min(height)),
        }
    }

    /// The measure's name in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Sharpness => "sharpness",
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::Clipped => "clipped",
            Self::WhiteBorder => "white border",
            Self::Fill => "fill",
            Self::Megapixels => "megapixels",
            Self::Width => "width",
            Self::Height => "height",
            Self::LongestSide => "longest side",
            Self::ShortestSide => "shortest side",
        }
    }

    /// The highest value there is; nothing where it is open.
    pub(super) fn top(self) -> Option<f64> {
        match self {
            Self::Brightness => Some(255.0),
            Self::Contrast => Some(127.5),
            Self::Clipped | Self::WhiteBorder | Self::Fill => Some(1.0),
            _ => None,
        }
    }

    /// Value and limit as people read them, with as many decimals as it takes to tell them apart.
    pub(super) fn write_apart(self, value: f64, limit: f64) -> (String, String) {
        let fewest = usize::from(self == Self::Megapixels);
        let value_text = (fewest..6)
            .map(|decimals| self.write(value, decimals))
            .find(|text| value == limit || *text != self.write(limit, text_decimals(text)))
            .unwrap_or_else(|| self.write(value, 6));
        let plain_limit = (0..6).map(|decimals| self.write(limit, decimals)).find(|text| self.reads_back(text, limit));
        (value_text, plain_limit.unwrap_or_else(|| self.write(limit, 6)))
    }

    fn write(self, value: f64, decimals: usize) -> String {
        match self {
            Self::Clipped | Self::WhiteBorder | Self::Fill => format!("{:.decimals$} %", 100.0 * value),
            Self::Width | Self::Height | Self::LongestSide | Self::ShortestSide => format!("{value:.decimals$} px"),
            _ => format!("{value:.decimals$}"),
        }
    }

    /// Whether the written number says the value in full.
    fn reads_back(self, text: &str, value: f64) -> bool {
        let number = text.trim_end_matches([' ', '%', 'p', 'x']).parse::<f64>();
        let scale = if text.ends_with('%') { 100.0 } else { 1.0 };
        number.is_ok_and(|number| (number - scale * value).abs() < 1e-9)
    }
}

fn text_decimals(text: &str) -> usize {
    let number = text.trim_end_matches([' ', '%', 'p', 'x']);
    number.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}
