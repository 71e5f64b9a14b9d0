//! What is cached of a photo: one row of half-precision numbers for everything a personal model looks at.
//!
//! Components of the deep features, then BRISQUE, then attributes, then the base model's score. All scoring goes through
//! such a row, cached or not, so that a photo has one score.

use image::RgbImage;

use crate::attributes::{self, BRISQUE_FEATURES};
use crate::domain::Attributes;
use crate::error::{Error, Result};
use crate::preprocess::{self, BackboneViews};
use crate::train::features::{Block, Features, Scale, Values};
use crate::train::half::{from_half, to_half};
use crate::train::handcrafted::{ATTRIBUTE_FEATURES, attribute_features, brisque_row};

/// Numbers a row at most: 1 kB a photo.
const MOST: usize = 512;

/// The base score takes two: its half-precision value and what that lacks.
const SCORE: usize = 2;

/// Everything but the components.
const OTHERS: usize = BRISQUE_FEATURES + ATTRIBUTE_FEATURES + SCORE;

/// Components of the deep features at most.
pub(super) const MOST_COMPONENTS: usize = MOST - OTHERS;

/// Stands for a measure that the photo does not have: −65504, which no measure reaches.
const MISSING: u16 = 0xfbff;

/// What a personal model looks at beside the views of the base network.
#[derive(Debug, Clone)]
pub(in crate::api) struct Measures {
    pub(in crate::api) attributes: Box<Attributes>,
    pub(in crate::api) brisque: Option<Box<[f64; BRISQUE_FEATURES]>>,
    /// Absent when no network trained elsewhere describes photos.
    pub(in crate::api) backbone: Option<Box<BackboneViews>>,
}

impl Measures {
    /// Measures a decoded photo; `bytes` is the file it came from. With `backbone`, what a network trained elsewhere sees of
    /// it is taken along.
    pub(in crate::api) fn of(photo: &RgbImage, bytes: &[u8], backbone: bool) -> Self {
        Self::beside(attributes::measure(photo, Some(bytes)), photo, backbone)
    }

    /// What is lacking beside its attributes.
    pub(super) fn beside(attributes: Attributes, photo: &RgbImage, backbone: bool) -> Self {
        Self {
            attributes: Box::new(attributes),
            brisque: attributes::brisque_features(photo).map(Box::new),
            backbone: backbone.then(|| Box::new(preprocess::backbone_views(photo))),
        }
    }
}

/// Numbers a row with so many components.
pub(super) fn width(components: usize) -> usize {
    components + OTHERS
}

/// A photo as a row.
pub(super) fn pack(components: &[u16], measures: &Measures, score: f64) -> Vec<u16> {
    let brisque = brisque_row(measures.brisque.as_deref());
    let attributes = attribute_features(&measures.attributes);
    let half = |value: &f32| if value.is_finite() { to_half(*value) } else { MISSING };
    let whole = to_half(score as f32);
    let rest = to_half((score - f64::from(from_half(whole))) as f32);
    let mut row = Vec::with_capacity(width(components.len()));
    row.extend_from_slice(components);
    row.extend(brisque.iter().chain(&attributes).map(half));
    row.extend([whole, rest]);
    row
}

/// Rows, one after another, as features and base scores; `deep` names the block of components.
///
/// # Errors
/// [`crate::Code::Internal`] when they are not rows of that width.
pub(super) fn unpack(rows: &[u16], width: usize, deep: &str) -> Result<(Features, Vec<f64>)> {
    if width <= OTHERS || !rows.len().is_multiple_of(width) {
        return Err(Error::internal("cached features are not of the expected width"));
    }
    let components = width - OTHERS;
    let single = |bits: &u16| if *bits == MISSING { f32::NAN } else { from_half(*bits) };
    let columns = |from: usize, count: usize| rows.chunks_exact(width).flat_map(move |row| &row[from..from + count]);
    let block = |name: String, from: usize, count: usize| Block {
        name,
        columns: count,
        scale: Scale::Each,
        values: Values::Single(columns(from, count).map(single).collect()),
    };
    let version = attributes::VERSION;
    let features = Features::new(vec![
        Block {
            name: deep.to_owned(),
            columns: components,
            scale: Scale::Shared,
            values: Values::Half(columns(0, components).copied().collect()),
        },
        block(format!("brisque-v{version}"), components, BRISQUE_FEATURES),
        block(format!("attributes-v{version}"), components + BRISQUE_FEATURES, ATTRIBUTE_FEATURES),
    ])?;
    let score = |row: &[u16]| row[width - SCORE..].iter().map(|bits| f64::from(from_half(*bits))).sum();
    Ok((features, rows.chunks_exact(width).map(score).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Attribute;

    #[test]
    fn a_row_gives_back_what_went_in_and_what_was_missing() {
        let attributes = Attributes::default().with(Attribute::Brightness, 128.0);
        let with = Measures {
            attributes: Box::new(attributes),
            brisque: Some(Box::new([0.5; BRISQUE_FEATURES])),
            backbone: None,
        };
        let without = Measures { attributes: Box::default(), brisque: None, backbone: None };
        let components = [to_half(3.5), to_half(-7.25)];
        let rows = [pack(&components, &with, 61.237_41), pack(&components, &without, 0.01)].concat();
        assert_eq!(rows.len(), 2 * width(2));
        let (features, scores) = unpack(&rows, width(2), "deep").expect("unpacks");
        assert!((scores[0] - 61.237_41).abs() < 2e-5 && (scores[1] - 0.01).abs() < 1e-5, "{scores:?}");
        assert_eq!(features.photos(), 2);
        let Values::Half(deep) = &features.blocks()[0].values else { panic!("half precision") };
        assert_eq!(*deep, [components, components].concat());
        let single = |block: usize| match &features.blocks()[block].values {
            Values::Single(values) => values.clone(),
            Values::Half(_) => panic!("single precision"),
        };
        assert!(single(1)[..36].iter().all(|value| *value == 0.5) && single(1)[36..].iter().all(|v| v.is_nan()));
        assert_eq!(single(2).iter().filter(|value| value.is_finite()).count(), 1);
        unpack(&rows[1..], width(2), "deep").expect_err("cut short");
        assert!(width(MOST_COMPONENTS) == MOST);
    }
}
