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
mod brisque;
mod colour_cast;
mod colourfulness;
mod entropy;
mod evidence;
mod framing;
mod jpeg_quality;
mod lettering;
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
mod wide;

pub mod reference;

pub use brisque::{BRISQUE_FEATURES, brisque_features};
pub use evidence::evidence;

use image::RgbImage;

use crate::domain::{Attribute, Attributes, Region, VIEWING_SIZE};
use crate::imaging;
use area::Area;
use mask::Mask;
use plane::Plane;

/// Version of the measures; what another version measured is measured again.
pub const VERSION: u32 = 5;

/// Measures a photo of any size in linear time. `file` holds the bytes it was decoded from, for what only they tell; a
/// photo without pixels has no measures.
///
/// Everything is measured at native resolution: a reduction would hide blur, noise and thin lines. Tone and colour look
/// at the product only, sharpness and compression at the product and a rim around it.
pub fn measure(photo: &RgbImage, file: Option<&[u8]>) -> Attributes {
    measure_only(photo, file, &|_| true)
}

/// As [`measure`], but only what is wanted: the rest is absent, and costs no time where nothing that is wanted needs it.
pub fn measure_only(photo: &RgbImage, file: Option<&[u8]>, wanted: &dyn Fn(Attribute) -> bool) -> Attributes {
    measure_while(photo, file, wanted, &|| true).unwrap_or_default()
}

/// As [`measure_only`]; nothing when `keep_going`, which is asked before every measure, said no.
pub fn measure_while(
    photo: &RgbImage,
    file: Option<&[u8]>,
    wanted: &dyn Fn(Attribute) -> bool,
    keep_going: &dyn Fn() -> bool,
) -> Option<Attributes> {
    let mut measured = Measuring { attributes: Attributes::default(), wanted, keep_going };
    if photo.width() > 0 && photo.height() > 0 {
        size(&mut measured, photo);
        let mask = Mask::of(photo);
        let plane = measured.goes_on().then(|| Plane::of(photo))?;
        tone_and_colour(&mut measured, photo, &plane, &mask);
        detail(&mut measured, &plane, &mask);
        framing(&mut measured, photo, &plane, &mask);
        file.into_iter().for_each(|bytes| from_file(&mut measured, bytes));
    }
    measured.goes_on().then_some(measured.attributes)
}

/// The box around the product; the whole frame when nothing tells product from surroundings.
pub fn product(photo: &RgbImage) -> Region {
    let whole = Region { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
    if photo.width() == 0 || photo.height() == 0 {
        return whole;
    }
    let mask = Mask::of(photo);
    mask.bounds(|_| false).map_or(whole, |shape| mask.region(shape))
}

/// Attributes in the making, and which of them are wanted.
struct Measuring<'a> {
    attributes: Attributes,
    wanted: &'a dyn Fn(Attribute) -> bool,
    keep_going: &'a dyn Fn() -> bool,
}

impl Measuring<'_> {
    fn goes_on(&self) -> bool {
        (self.keep_going)()
    }

    /// Whether to measure: some of them are wanted, and nobody asked for a stop.
    fn wants(&self, any: &[Attribute]) -> bool {
        any.iter().any(|attribute| (self.wanted)(*attribute)) && self.goes_on()
    }

    /// Sets what is wanted of some values that are known.
    fn set(&mut self, values: impl IntoIterator<Item = (Attribute, Option<f64>)>) {
        for (attribute, value) in values {
            if (self.wanted)(attribute) {
                self.attributes.set(attribute, value);
            }
        }
    }

    /// Measures and sets an attribute, when it is wanted.
    fn measure(&mut self, attribute: Attribute, value: impl FnOnce() -> Option<f64>) {
        if self.wants(&[attribute]) {
            self.attributes.set(attribute, value());
        }
    }
}

fn size(measured: &mut Measuring<'_>, photo: &RgbImage) {
    let (width, height) = (f64::from(photo.width()), f64::from(photo.height()));
    measured.set([
        (Attribute::Width, Some(width)),
        (Attribute::Height, Some(height)),
        (Attribute::LongestSide, Some(width.max(height))),
        (Attribute::ShortestSide, Some(width.min(height))),
        (Attribute::Megapixels, Some(width * height / 1e6)),
        (Attribute::AspectRatio, Some(width / height)),
    ]);
}

fn tone_and_colour(measured: &mut Measuring<'_>, photo: &RgbImage, plane: &Plane, mask: &Mask) {
    use Attribute::{Brightness, Clipped, ClippedHighlights, ClippedShadows, Contrast};
    if measured.wants(&[Brightness, Contrast, Clipped, ClippedHighlights, ClippedShadows]) {
        let tone = tone::tone(photo, plane, mask);
        measured.set([
            (Brightness, Some(tone.brightness)),
            (Contrast, Some(tone.contrast)),
            (Clipped, Some(tone.clipped)),
            (ClippedHighlights, Some(tone.highlights)),
            (ClippedShadows, Some(tone.shadows)),
        ]);
    }
    measured.measure(Attribute::FrameBrightness, || Some(tone::frame_brightness(plane)));
    measured.measure(Attribute::Entropy, || Some(entropy::entropy(plane)));
    measured.measure(Attribute::Colourfulness, || Some(colourfulness::colourfulness(photo, mask)));
    measured.measure(Attribute::ColourCast, || colour_cast::colour_cast(photo));
}

fn detail(measured: &mut Measuring<'_>, plane: &Plane, mask: &Mask) {
    use Attribute::{Blockiness, Blur, Noise, Sharpness, SpectrumCutoff, SpectrumSlope, Tenengrad, Tilt};
    measured.measure(Noise, || noise::noise(plane, mask));
    if !measured.wants(&[Sharpness, Tenengrad, Blur, Blockiness, Tilt, SpectrumSlope, SpectrumCutoff]) {
        return;
    }
    let area = &Area::of(mask, plane.width, plane.height);
    // Blur is judged at the size at which the photo is.
    let viewed = f64::from(VIEWING_SIZE) / plane.width.max(plane.height) as f64;
    measured.measure(Sharpness, || Some(sharpness::sharpness(plane, area)));
    measured.measure(Tenengrad, || Some(tenengrad::tenengrad(plane, area)));
    measured.measure(Blur, || Some(blur::blur(plane, area)? * viewed.min(1.0)));
    measured.measure(Blockiness, || blockiness::blockiness(plane, area));
    measured.measure(Tilt, || tilt::tilt(plane, area));
    if measured.wants(&[SpectrumSlope, SpectrumCutoff])
        && let Some(spectrum) = spectrum::spectrum(plane, area)
    {
        measured.set([(SpectrumSlope, Some(spectrum.slope)), (SpectrumCutoff, Some(spectrum.cutoff))]);
    }
}

fn framing(measured: &mut Measuring<'_>, photo: &RgbImage, plane: &Plane, mask: &Mask) {
    use Attribute::{BackgroundSpread, PureBackground, PureBorder, WhiteBackground, WhiteBorder};
    use Attribute::{Fill, FillArea, FrameWidth, OffCentre, Overlay};
    if measured.wants(&[PureBorder, WhiteBorder, PureBackground, WhiteBackground, BackgroundSpread]) {
        let background = background::background(photo, plane, mask);
        measured.set([
            (PureBorder, Some(background.pure_border)),
            (WhiteBorder, Some(background.white_border)),
            (PureBackground, background.pure),
            (WhiteBackground, Some(background.white)),
            (BackgroundSpread, Some(background.spread)),
        ]);
    }
    if measured.wants(&[Fill, FillArea, OffCentre, Overlay]) {
        let lines = overlay::overlays(photo, mask);
        let product = mask.bounds(|shape| overlay::is_part_of(shape, &lines));
        let framing = product.map(|product| framing::framing(mask, product));
        measured.set([
            (Fill, framing.as_ref().map(|framing| framing.fill)),
            (FillArea, framing.as_ref().map(|framing| framing.area)),
            (OffCentre, framing.as_ref().map(|framing| framing.off_centre)),
            (Overlay, Some(overlay::share(&lines, photo))),
        ]);
    }
    measured.measure(FrameWidth, || Some(border::bars(photo).share(photo)));
}

fn from_file(measured: &mut Measuring<'_>, bytes: &[u8]) {
    measured.set([(Attribute::FileSize, Some(bytes.len() as f64 / 1e6))]);
    measured.measure(Attribute::JpegQuality, || jpeg_quality::jpeg_quality(bytes));
    if let Some(facts) = imaging::facts(bytes) {
        measured.attributes.file = Some((facts.format, facts.colour_mode));
        measured.set([(Attribute::BitDepth, Some(f64::from(facts.bit_depth)))]);
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod value_tests;
