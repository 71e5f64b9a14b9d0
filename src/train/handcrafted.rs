//! Measures of a photo as features for a model: the attributes on scales on which differences count alike, and BRISQUE.
//!
//! What a photo lacks is not a number. Takes values that were measured elsewhere; must not measure.

use crate::domain::{Attribute, Attributes};

/// Features that [`attribute_features`] gives.
pub const ATTRIBUTE_FEATURES: usize = SHAPES.len();

enum Shape {
    Plain,
    /// `ln(ε + x)`: sizes and energies, whose ratios count.
    Log(f64),
    /// `√x`: shares that are mostly near 0.
    Root,
}

const SHAPES: [(Attribute, Shape); 29] = {
    use Attribute as A;
    use Shape::{Log, Plain, Root};
    [
        (A::Megapixels, Log(0.001)),
        (A::AspectRatio, Log(0.001)),
        (A::FileSize, Log(0.001)),
        (A::Sharpness, Log(1.0)),
        (A::Tenengrad, Log(1.0)),
        (A::SpectrumSlope, Plain),
        (A::SpectrumCutoff, Plain),
        (A::Blur, Log(0.1)),
        (A::Noise, Log(0.1)),
        (A::Brightness, Plain),
        (A::Contrast, Plain),
        (A::Clipped, Root),
        (A::ClippedHighlights, Root),
        (A::ClippedShadows, Root),
        (A::Entropy, Plain),
        (A::Colourfulness, Log(1.0)),
        (A::ColourCast, Root),
        (A::JpegQuality, Plain),
        (A::Blockiness, Plain),
        (A::PureBorder, Plain),
        (A::WhiteBorder, Plain),
        (A::PureBackground, Plain),
        (A::WhiteBackground, Plain),
        (A::BackgroundSpread, Log(1.0)),
        (A::Fill, Plain),
        (A::FillArea, Plain),
        (A::OffCentre, Plain),
        (A::FrameWidth, Root),
        (A::Overlay, Root),
    ]
};

/// The attributes as features, in a fixed order; not a number for what the photo does not have.
pub fn attribute_features(attributes: &Attributes) -> [f32; ATTRIBUTE_FEATURES] {
    SHAPES.each_ref().map(|(attribute, shape)| {
        attributes.get(*attribute).map_or(f32::NAN, |value| {
            let shaped = match shape {
                Shape::Plain => value,
                Shape::Log(least) => (least + value.max(0.0)).ln(),
                Shape::Root => value.max(0.0).sqrt(),
            };
            shaped as f32
        })
    })
}

/// BRISQUE's features in single precision; not numbers for a photo without them.
pub fn brisque_row<const N: usize>(features: Option<&[f64; N]>) -> [f32; N] {
    features.map_or([f32::NAN; N], |features| features.map(|feature| feature as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_shaped_and_absent_ones_missing() {
        let row = attribute_features(&Attributes::default().with(Attribute::Noise, 0.9).with(Attribute::Overlay, 0.04));
        let place = |wanted: Attribute| SHAPES.iter().position(|(attribute, _)| *attribute == wanted).expect("listed");
        assert!(row[place(Attribute::Noise)].abs() < 1e-6);
        assert!((row[place(Attribute::Overlay)] - 0.2).abs() < 1e-6);
        assert_eq!(row.iter().filter(|value| value.is_nan()).count(), ATTRIBUTE_FEATURES - 2);
        assert!(brisque_row::<3>(None).iter().all(|value| value.is_nan()));
    }
}
