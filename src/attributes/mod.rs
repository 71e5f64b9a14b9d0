//! What can be measured on a photo alone, without a reference: sharpness, noise, tone, colour, compression, background,
//! framing, overlays.
//!
//! One file a measure, each with its formula and source. Takes pixels (and the file's bytes for what only they tell);
//! must not know models, or which values are good: rule packs say that.

mod area;
mod background;
mod blockiness;
mod blur;
mod border;
mod colour_cast;
mod colourfulness;
mod entropy;
mod evidence;
mod framing;
mod jpeg_quality;
mod mask;
mod noise;
mod overlay;
mod plane;
mod runs;
mod sharpness;
mod spectrum;
mod sum;
mod tenengrad;
mod tilt;
mod tone;

pub use evidence::evidence;

use image::RgbImage;

use crate::domain::{Attribute, Attributes};
use crate::imaging;
use area::Area;
use mask::Mask;
use plane::Plane;

/// Version of the measures; what another version measured is measured again.
pub const VERSION: u32 = 1;

/// Measures a photo of any size in linear time. `file` holds the bytes it was decoded from, for what only they tell; a
/// photo without pixels has no measures.
///
/// Everything is measured at native resolution: a reduction would hide blur, noise and thin lines. Tone and colour look
/// at the product only, sharpness and compression at the product and a rim around it.
pub fn measure(photo: &RgbImage, file: Option<&[u8]>) -> Attributes {
    let mut attributes = Attributes::default();
    if photo.width() == 0 || photo.height() == 0 {
        return attributes;
    }
    let mask = Mask::of(photo);
    size(&mut attributes, photo);
    tone_and_colour(&mut attributes, photo, &mask);
    detail(&mut attributes, photo, &mask);
    framing(&mut attributes, photo, &mask);
    if let Some(bytes) = file {
        from_file(&mut attributes, bytes);
    }
    attributes
}

fn size(attributes: &mut Attributes, photo: &RgbImage) {
    let (width, height) = (f64::from(photo.width()), f64::from(photo.height()));
    attributes.set(Attribute::Width, width);
    attributes.set(Attribute::Height, height);
    attributes.set(Attribute::LongestSide, width.max(height));
    attributes.set(Attribute::ShortestSide, width.min(height));
    attributes.set(Attribute::Megapixels, width * height / 1e6);
    attributes.set(Attribute::AspectRatio, width / height);
}

fn tone_and_colour(attributes: &mut Attributes, photo: &RgbImage, mask: &Mask) {
    let tone = tone::tone(photo, mask);
    attributes.set(Attribute::Brightness, tone.brightness);
    attributes.set(Attribute::Contrast, tone.contrast);
    attributes.set(Attribute::Clipped, tone.clipped);
    attributes.set(Attribute::ClippedHighlights, tone.highlights);
    attributes.set(Attribute::ClippedShadows, tone.shadows);
    attributes.set(Attribute::Colourfulness, colourfulness::colourfulness(photo, mask));
    attributes.set(Attribute::ColourCast, colour_cast::colour_cast(photo));
}

fn detail(attributes: &mut Attributes, photo: &RgbImage, mask: &Mask) {
    let plane = Plane::of(photo);
    let area = Area::of(mask, plane.width, plane.height);
    attributes.set(Attribute::Sharpness, sharpness::sharpness(&plane, &area));
    attributes.set(Attribute::Tenengrad, tenengrad::tenengrad(&plane, &area));
    attributes.set(Attribute::Blur, blur::blur(&plane, &area));
    attributes.set(Attribute::Noise, noise::noise(&plane, mask));
    attributes.set(Attribute::Blockiness, blockiness::blockiness(&plane, &area));
    attributes.set(Attribute::Tilt, tilt::tilt(&plane, &area));
    attributes.set(Attribute::Entropy, entropy::entropy(&plane));
    if let Some(spectrum) = spectrum::spectrum(&plane, &area) {
        attributes.set(Attribute::SpectrumSlope, spectrum.slope);
        attributes.set(Attribute::SpectrumCutoff, spectrum.cutoff);
    }
}

fn framing(attributes: &mut Attributes, photo: &RgbImage, mask: &Mask) {
    let background = background::background(photo, mask);
    attributes.set(Attribute::PureBorder, background.pure_border);
    attributes.set(Attribute::WhiteBorder, background.white_border);
    attributes.set(Attribute::PureBackground, background.pure);
    attributes.set(Attribute::WhiteBackground, background.white);
    attributes.set(Attribute::BackgroundSpread, background.spread);
    let lines = overlay::overlays(mask, photo.height());
    let product = mask.bounds(|shape| overlay::is_part_of(shape, &lines));
    let framing = framing::framing(mask, product);
    attributes.set(Attribute::Fill, framing.fill);
    attributes.set(Attribute::FillArea, framing.area);
    attributes.set(Attribute::OffCentre, framing.off_centre);
    attributes.set(Attribute::FrameWidth, border::bars(photo).share(photo));
    if mask.has_white_backdrop() {
        let covered: u64 = lines.iter().map(|line| u64::from(line.width()) * u64::from(line.height())).sum();
        let frame = f64::from(photo.width()) * f64::from(photo.height());
        attributes.set(Attribute::Overlay, (covered as f64 / frame).min(1.0));
    }
}

fn from_file(attributes: &mut Attributes, bytes: &[u8]) {
    attributes.set(Attribute::FileSize, bytes.len() as f64 / 1e6);
    attributes.set(Attribute::JpegQuality, jpeg_quality::jpeg_quality(bytes));
    if let Some(facts) = imaging::facts(bytes) {
        attributes.file = Some((facts.format, facts.colour_mode));
        attributes.set(Attribute::BitDepth, f64::from(facts.bit_depth));
    }
}

#[cfg(test)]
mod tests;
