//! What is measured on a photo: one list of names, units and words for tables, rule packs, filters and the window.
//!
//! How each is measured stands in `attributes`; which values are good, in rule packs.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// Something measured on a photo alone, without a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// Width in pixels, upright.
    Width,
    /// Height in pixels, upright.
    Height,
    /// The longer of width and height, in pixels.
    LongestSide,
    /// The shorter of width and height, in pixels.
    ShortestSide,
    /// Width × height in 10⁶ pixels.
    Megapixels,
    /// Width / height.
    AspectRatio,
    /// File size in 10⁶ bytes.
    FileSize,
    /// Bits a channel in the file.
    BitDepth,
    /// Variance of the Laplacian over the product, in squared grey levels.
    Sharpness,
    /// Mean squared Sobel gradient over the product, in squared grey levels.
    Tenengrad,
    /// Slope of the log amplitude spectrum against log frequency; about −1 for a sharp photo, lower when blurred.
    SpectrumSlope,
    /// Radius in pixels of the Gaussian that blurs a step as the product's edges are, at the size at which a photo is judged
    /// ([`super::VIEWING_SIZE`]).
    Blur,
    /// Standard deviation of the noise where the product is smoothest, in grey levels.
    Noise,
    /// Mean luma of the product, 0-255.
    Brightness,
    /// Mean luma of the whole frame, 0-255: more light only ever raises it, where a burnt product melts into its backdrop.
    FrameBrightness,
    /// Standard deviation of the product's luma, 0-127.5.
    Contrast,
    /// Share of the product's pixels with a channel at 0 or 255.
    Clipped,
    /// Share of the product's pixels with every channel at 250 or more.
    ClippedHighlights,
    /// Share of the product's pixels with every channel at 5 or less.
    ClippedShadows,
    /// Entropy of the frame's luma in bits, 0-8.
    Entropy,
    /// Hasler and Süsstrunk's colourfulness of the product; 0 for a grey photo.
    Colourfulness,
    /// Distance of the photo's neutral tones from grey, in CIELAB units.
    ColourCast,
    /// Quality 1-100 that the quantisation tables of a JPEG stand for.
    JpegQuality,
    /// Excess of the steps at 8×8 block borders over the steps inside, as a share of the latter.
    Blockiness,
    /// Frequency at which the spectrum falls to its floor, as a share of the highest a photo of this size can hold.
    SpectrumCutoff,
    /// Share of the border ring that is exactly 255, 255, 255.
    PureBorder,
    /// Share of the border ring with every channel at 250 or more.
    WhiteBorder,
    /// Share of the backdrop that is exactly 255, 255, 255.
    PureBackground,
    /// Share of the backdrop with every channel at 250 or more; of the border ring where there is no even backdrop.
    WhiteBackground,
    /// Standard deviation of the border ring's luma, in grey levels.
    BackgroundSpread,
    /// Longest side of the product's box as a share of the frame's same side.
    Fill,
    /// Share of the frame that the product covers.
    FillArea,
    /// Distance of the product box's centre from the frame's, as a share of the frame's side.
    OffCentre,
    /// Angle of the product's longest straight edges against the nearest axis, in degrees.
    Tilt,
    /// Width of a drawn frame or bar around the photo, as a share of the shorter side.
    FrameWidth,
    /// Share of the frame covered by text, logos or marks laid over the photo.
    Overlay,
}

/// How a value is counted and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share 0-1, written in per cent.
    Share,
    /// Whole pixels.
    Pixels,
    /// Pixels and parts of them.
    Radius,
    /// Megapixels, megabytes.
    Mega(&'static str),
    /// Degrees of angle.
    Degrees,
    /// A plain number.
    Plain,
}

struct Entry {
    attribute: Attribute,
    name: &'static str,
    words: &'static str,
    unit: Unit,
    top: Option<f64>,
}

const fn entry(attribute: Attribute, name: &'static str, words: &'static str, unit: Unit, top: Option<f64>) -> Entry {
    Entry { attribute, name, words, unit, top }
}

const ENTRIES: [Entry; 36] = {
    use Attribute as A;
    use Unit::{Degrees, Mega, Pixels, Plain, Radius, Share};
    [
        entry(A::Width, "width", "width", Pixels, None),
        entry(A::Height, "height", "height", Pixels, None),
        entry(A::LongestSide, "longest_side", "longest side", Pixels, None),
        entry(A::ShortestSide, "shortest_side", "shortest side", Pixels, None),
        entry(A::Megapixels, "megapixels", "megapixels", Mega("MP"), None),
        entry(A::AspectRatio, "aspect_ratio", "aspect ratio", Plain, None),
        entry(A::FileSize, "file_size", "file size", Mega("MB"), None),
        entry(A::BitDepth, "bit_depth", "bits a channel", Plain, Some(16.0)),
        entry(A::Sharpness, "sharpness", "sharpness", Plain, None),
        entry(A::Tenengrad, "tenengrad", "edge strength", Plain, None),
        entry(A::SpectrumSlope, "spectrum_slope", "spectrum slope", Plain, None),
        entry(A::Blur, "blur", "blur", Radius, None),
        entry(A::Noise, "noise", "noise", Plain, None),
        entry(A::Brightness, "brightness", "brightness", Plain, Some(255.0)),
        entry(A::FrameBrightness, "frame_brightness", "brightness of the frame", Plain, Some(255.0)),
        entry(A::Contrast, "contrast", "contrast", Plain, Some(127.5)),
        entry(A::Clipped, "clipped", "clipped", Share, Some(1.0)),
        entry(A::ClippedHighlights, "clipped_highlights", "burnt highlights", Share, Some(1.0)),
        entry(A::ClippedShadows, "clipped_shadows", "lost shadows", Share, Some(1.0)),
        entry(A::Entropy, "entropy", "entropy", Plain, Some(8.0)),
        entry(A::Colourfulness, "colourfulness", "colourfulness", Plain, None),
        entry(A::ColourCast, "colour_cast", "colour cast", Plain, None),
        entry(A::JpegQuality, "jpeg_quality", "JPEG quality", Plain, Some(100.0)),
        entry(A::Blockiness, "blockiness", "blockiness", Plain, None),
        entry(A::SpectrumCutoff, "spectrum_cutoff", "spectrum cut-off", Share, Some(1.0)),
        entry(A::PureBorder, "pure_border", "pure white border", Share, Some(1.0)),
        entry(A::WhiteBorder, "white_border", "white border", Share, Some(1.0)),
        entry(A::PureBackground, "pure_background", "pure white background", Share, Some(1.0)),
        entry(A::WhiteBackground, "white_background", "white background", Share, Some(1.0)),
        entry(A::BackgroundSpread, "background_spread", "background unevenness", Plain, Some(127.5)),
        entry(A::Fill, "fill", "fill", Share, Some(1.0)),
        entry(A::FillArea, "fill_area", "fill by area", Share, Some(1.0)),
        entry(A::OffCentre, "off_centre", "off centre", Share, Some(1.0)),
        entry(A::Tilt, "tilt", "tilt", Degrees, Some(45.0)),
        entry(A::FrameWidth, "frame_width", "frame width", Share, Some(0.5)),
        entry(A::Overlay, "overlay", "overlay", Share, Some(1.0)),
    ]
};

impl Attribute {
    /// How many there are.
    pub const COUNT: usize = ENTRIES.len();

    /// All of them, in the order of tables.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.attribute)
    }

    /// The attribute of that name: a table column, a measure of a rule, a word of a filter.
    pub fn from_name(name: &str) -> Option<Self> {
        ENTRIES.iter().find(|entry| entry.name == name).map(|entry| entry.attribute)
    }

    fn entry(self) -> &'static Entry {
        &ENTRIES[self as usize]
    }

    /// Its name in tables, rules and filters: "white_border".
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Its name in a sentence: "white border".
    pub fn words(self) -> &'static str {
        self.entry().words
    }

    /// How its values are counted.
    pub fn unit(self) -> Unit {
        self.entry().unit
    }

    /// Decimals that hold all that is measured, for tables.
    pub fn decimals(self) -> usize {
        match self.unit() {
            Unit::Pixels => 0,
            Unit::Share => 4,
            Unit::Degrees => 2,
            Unit::Mega(_) | Unit::Radius | Unit::Plain => 3,
        }
    }

    /// The highest value there is; nothing where it is open.
    pub fn top(self) -> Option<f64> {
        self.entry().top
    }

    /// A value as people read it, with so many decimals: "97.5 %", "1340 px".
    pub fn write(self, value: f64, decimals: usize) -> String {
        match self.unit() {
            Unit::Share => format!("{:.decimals$} %", 100.0 * value),
            Unit::Pixels | Unit::Radius => format!("{value:.decimals$} px"),
            Unit::Mega(unit) => format!("{value:.decimals$} {unit}"),
            Unit::Degrees => format!("{value:.decimals$}°"),
            Unit::Plain => format!("{value:.decimals$}"),
        }
    }

    /// A value as people read it in a list, with decimals that suit its size.
    pub fn write_short(self, value: f64) -> String {
        let decimals = match self.unit() {
            Unit::Pixels => 0,
            Unit::Share | Unit::Degrees => usize::from(value.abs() < 10.0 && value != 0.0 && value != 1.0),
            Unit::Mega(_) | Unit::Radius => 2,
            Unit::Plain if self == Self::BitDepth || value.abs() >= 100.0 => 0,
            Unit::Plain if value.abs() >= 10.0 => 1,
            Unit::Plain => 2,
        };
        self.write(value, decimals)
    }
}

/// How a file stores its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourMode {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Grey alone.
    Grey,
    /// Printing inks.
    Cmyk,
}

impl ColourMode {
    /// "rgb", "grey" or "cmyk".
    pub fn name(self) -> &'static str {
        match self {
            Self::Rgb => "rgb",
            Self::Grey => "grey",
            Self::Cmyk => "cmyk",
        }
    }
}

/// A format we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// TIFF.
    Tiff,
}

impl PhotoFormat {
    /// "jpeg", "png", …
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
        }
    }
}

/// What a photo's file says about itself, without its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FileFacts {
    /// Format by content.
    pub format: PhotoFormat,
    /// How colours are stored.
    pub colour_mode: ColourMode,
    /// Bits a channel.
    pub bit_depth: u8,
    /// File size in bytes.
    pub bytes: u64,
}

/// The measured attributes of one photo. An attribute that this photo does not have (JPEG quality of a PNG, tilt of a
/// ball) is absent, never a made-up number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attributes {
    /// Format and colour mode of the file; absent for pixels that came from no file.
    pub file: Option<(PhotoFormat, ColourMode)>,
    values: [Option<f64>; Attribute::COUNT],
}

impl Default for Attributes {
    fn default() -> Self {
        Self { file: None, values: [None; Attribute::COUNT] }
    }
}

impl Attributes {
    /// The value, when this photo has one.
    pub fn get(&self, attribute: Attribute) -> Option<f64> {
        self.values[attribute as usize]
    }

    /// Sets a value; one that is not a number makes the attribute absent.
    pub fn set(&mut self, attribute: Attribute, value: impl Into<Option<f64>>) {
        self.values[attribute as usize] = value.into().filter(|value| value.is_finite());
    }

    /// The same with one value changed.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: impl Into<Option<f64>>) -> Self {
        self.set(attribute, value);
        self
    }
}

/// A map from names to numbers, with `format` and `colour_mode`; absent attributes are left out.
impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some((format, colour_mode)) = &self.file {
            map.serialize_entry("format", format)?;
            map.serialize_entry("colour_mode", colour_mode)?;
        }
        for attribute in Attribute::all() {
            if let Some(value) = self.get(attribute) {
                map.serialize_entry(attribute.name(), &value)?;
            }
        }
        map.end()
    }
}

/// Names of other versions are ignored.
impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

/// A key of written attributes.
enum Key {
    Format,
    ColourMode,
    Measure(Attribute),
    Other,
}

/// Reads a key; measures are written in the order of the list, so that the next one is at hand.
struct KeyReader {
    next: usize,
}

impl<'de> DeserializeSeed<'de> for KeyReader {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyReader {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of an attribute")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
        let ahead = ENTRIES.iter().skip(self.next).find(|entry| entry.name == name).map(|entry| entry.attribute);
        Ok(match name {
            "format" => Key::Format,
            "colour_mode" => Key::ColourMode,
            _ => ahead.or_else(|| Attribute::from_name(name)).map_or(Key::Other, Key::Measure),
        })
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Attributes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map from attributes to numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut attributes = Attributes::default();
        let (mut format, mut colour_mode): (Option<PhotoFormat>, ColourMode) = (None, ColourMode::default());
        let mut next = 0;
        while let Some(key) = map.next_key_seed(KeyReader { next })? {
            match key {
                Key::Format => format = map.next_value()?,
                Key::ColourMode => colour_mode = map.next_value()?,
                Key::Measure(attribute) => {
                    attributes.set(attribute, map.next_value::<serde_json::Value>()?.as_f64());
                    next = attribute as usize + 1;
                }
                Key::Other => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        attributes.file = format.map(|format| (format, colour_mode));
        Ok(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_names_and_each_is_found_by_its_name() {
        for (index, attribute) in Attribute::all().enumerate() {
            assert_eq!(attribute as usize, index, "{attribute:?}");
            assert_eq!(Attribute::from_name(attribute.name()), Some(attribute));
            assert_eq!(attribute.words(), attribute.words().trim());
        }
        assert_eq!(Attribute::from_name("beauty"), None);
    }

    #[test]
    fn attributes_survive_json_and_absent_ones_stay_absent() {
        let file = Some((PhotoFormat::WebP, ColourMode::Grey));
        let attributes = Attributes { file, ..Attributes::default() }
            .with(Attribute::Fill, 0.875)
            .with(Attribute::Tilt, f64::NAN)
            .with(Attribute::Noise, -0.0);
        let text = serde_json::to_string(&attributes).expect("writes");
        assert_eq!(text, r#"{"format":"webp","colour_mode":"grey","noise":-0.0,"fill":0.875}"#);
        assert_eq!(serde_json::from_str::<Attributes>(&text).expect("reads"), attributes);
        let other = r#"{"tilt":null,"fill":0.5,"charm":{"a":[3]},"blur":"x","noise":2}"#;
        let other = serde_json::from_str::<Attributes>(other).expect("reads");
        assert_eq!(other, Attributes::default().with(Attribute::Fill, 0.5).with(Attribute::Noise, 2.0));
    }

    #[test]
    fn values_are_written_with_their_unit() {
        for (attribute, value, text) in [
            (Attribute::Fill, 0.875, "87.5 %"),
            (Attribute::Fill, 1.0, "100 %"),
            (Attribute::Width, 1340.0, "1340 px"),
            (Attribute::FileSize, 0.1234, "0.12 MB"),
            (Attribute::Tilt, 3.25, "3.2°"),
            (Attribute::Sharpness, 281.6, "282"),
            (Attribute::Noise, 1.234, "1.23"),
        ] {
            assert_eq!(attribute.write_short(value), text);
        }
    }
}
