//! What can be measured on a photo alone, without a reference: sharpness, brightness, contrast, clipping, background,
//! framing.
//!
//! One file a measure, each with its formula and source. Takes pixels; must not know files, models, or which values
//! are good: rule packs say that.

mod brisque;
mod clipped;
mod evidence;
mod fill;
mod luma;
mod mask;
pub mod reference;
mod sharpness;
mod tone;
mod white_border;

pub use brisque::{BRISQUE_FEATURES, brisque_features};
pub use evidence::evidence;
use image::RgbImage;

use crate::domain::{Attribute, Attributes};
use mask::Mask;

/// Version of the measures; what another version measured is measured again.
pub const VERSION: u32 = 1;

/// Measures a photo of any size in linear time. `file` holds the bytes it was decoded from, for what only they tell;
/// a photo without pixels has no measures.
///
/// Brightness, contrast and clipping look at the product only, found by a mask on at most two megapixels; sharpness
/// and the border look at every native pixel, since subsampling would hide blur and thin lines.
pub fn measure(photo: &RgbImage, _file: Option<&[u8]>) -> Attributes {
    let (width, height) = photo.dimensions();
    let mut attributes = Attributes::default();
    if width == 0 || height == 0 {
        return attributes;
    }
    let mask = Mask::of(photo);
    let (brightness, contrast) = tone::brightness_and_contrast(photo, &mask);
    let (across, down) = (f64::from(width), f64::from(height));
    for (attribute, value) in [
        (Attribute::Width, across),
        (Attribute::Height, down),
        (Attribute::LongestSide, across.max(down)),
        (Attribute::ShortestSide, across.min(down)),
        (Attribute::Megapixels, across * down / 1e6),
        (Attribute::AspectRatio, across / down),
        (Attribute::Sharpness, sharpness::sharpness(photo, &mask)),
        (Attribute::Brightness, brightness),
        (Attribute::Contrast, contrast),
        (Attribute::Clipped, clipped::clipped(photo, &mask)),
        (Attribute::WhiteBorder, white_border::white_border(photo)),
        (Attribute::Fill, fill::fill(&mask)),
    ] {
        attributes.set(attribute, value);
    }
    attributes
}

#[cfg(test)]
mod tests;
