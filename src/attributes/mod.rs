//! What can be measured on a photo alone, without a reference: sharpness, brightness, contrast, clipping, background,
//! framing.
//!
//! One file a measure, each with its formula and source. Takes pixels; must not know files, models, or which values
//! are good: rule packs say that.

mod clipped;
mod fill;
mod luma;
mod mask;
mod sharpness;
mod tone;
mod white_border;

use image::RgbImage;

use crate::domain::Attributes;
use mask::Mask;

/// Measures a photo of any size in linear time. All measures are finite; an image without pixels gives zeros.
///
/// Brightness, contrast and clipping look at the product only, found by a mask on at most two megapixels; sharpness
/// and the border look at every native pixel, since subsampling would hide blur and thin lines.
pub fn measure(photo: &RgbImage) -> Attributes {
    let (width, height) = photo.dimensions();
    if width == 0 || height == 0 {
        let (sharpness, brightness, contrast, clipped) = (0.0, 0.0, 0.0, 0.0);
        let (white_border, fill, megapixels) = (0.0, 0.0, 0.0);
        return Attributes { sharpness, brightness, contrast, clipped, white_border, fill, megapixels };
    }
    let mask = Mask::of(photo);
    let (brightness, contrast) = tone::brightness_and_contrast(photo, &mask);
    Attributes {
        sharpness: sharpness::sharpness(photo, &mask),
        brightness,
        contrast,
        clipped: clipped::clipped(photo, &mask),
        white_border: white_border::white_border(photo),
        fill: fill::fill(&mask),
        megapixels: f64::from(width) * f64::from(height) / 1e6,
    }
}

#[cfg(test)]
mod tests;
