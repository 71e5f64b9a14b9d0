//! What a camera, an editor or a shop system can do to a clean photo, drawn at random: the food of pre-training.

use image::RgbImage;

use super::defect::Defect;
use super::distortion::{Distortion, apply};
use super::random::{Dice, mix};
use crate::error::Result;

/// The defects that pre-training knows, in the order in which they come about: light, lens, sensor, editor, file.
pub const MENU: [Defect; 11] = [
    Defect::Underexposed,
    Defect::Overexposed,
    Defect::LowContrast,
    Defect::WarmCast,
    Defect::CoolCast,
    Defect::GaussianBlur,
    Defect::MotionBlur,
    Defect::SensorNoise,
    Defect::Upscaled,
    Defect::OverSharpened,
    Defect::Compression,
];

/// One defect at one strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flaw {
    /// Which: an index into [`MENU`].
    pub kind: usize,
    /// How strong, 0 (nothing) to 5.
    pub level: f32,
}

/// Flaws of four versions of one photo: untouched or nearly so, one flaw at two strengths, and several flaws together.
/// The same seed draws the same.
pub fn draw_ladder(seed: u64) -> [Vec<Flaw>; 4] {
    let mut dice = Dice::new(seed, 0x6d65_6e75);
    let kind = dice.index(MENU.len());
    let (low, high) = (dice.range(0.3, 2.6), dice.range(0.8, 2.4));
    let mild =
        if dice.chance(0.5) { Vec::new() } else { vec![Flaw { kind: MENU.len() - 1, level: dice.range(0.0, 0.7) }] };
    let single = |level: f32| vec![Flaw { kind, level: level.min(5.0) }];
    let mut several: Vec<Flaw> = Vec::new();
    for _ in 0..2 + dice.index(3) {
        let flaw = Flaw { kind: dice.index(MENU.len()), level: dice.range(0.3, 3.8) };
        if several.iter().all(|other| !exclude_each_other(other.kind, flaw.kind)) {
            several.push(flaw);
        }
    }
    several.sort_by_key(|flaw| flaw.kind);
    [mild, single(low), single(low + high), several]
}

/// The same twice, or opposites.
fn exclude_each_other(a: usize, b: usize) -> bool {
    MENU[a].family() == MENU[b].family() && (a == b || MENU[a].family() != "sharpness")
}

/// Applies flaws in order. Every other blur is a lens out of focus, which smears to a disc.
///
/// # Errors
/// As [`apply`].
pub fn spoil(clean: &RgbImage, flaws: &[Flaw], seed: u64) -> Result<RgbImage> {
    let mut picture = clean.clone();
    for (index, flaw) in flaws.iter().enumerate() {
        let Some(distortion) = MENU[flaw.kind].distortion_at(flaw.level) else { continue };
        let distortion = match distortion {
            Distortion::GaussianBlur { sigma } if seed & 1 == 1 => Distortion::LensBlur { radius: 2.0 * sigma },
            other => other,
        };
        picture = apply(&picture, distortion, mix(seed.wrapping_add(index as u64)))?;
    }
    Ok(picture)
}

/// What of its weight a cast keeps in a pseudo-label: who sees the photo alone cannot tell a weak one from the product's own
/// colours, and a label that nobody can guess teaches little. Marketplaces' rules on colour are the audit's business.
const CAST_SHARE: f64 = 0.6;

/// How good a photo with these flaws is by their strengths alone, 0-1: 1 without any, and less with every level.
pub fn severity_score(flaws: &[Flaw]) -> f64 {
    let cost = |flaw: &Flaw| {
        let share = if MENU[flaw.kind].family() == "colour" { CAST_SHARE } else { 1.0 };
        share * MENU[flaw.kind].weight() * f64::from(flaw.level) / 5.0
    };
    flaws.iter().map(|flaw| 1.0 - cost(flaw)).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladders_repeat_rise_and_hold_nothing_twice() {
        let mut kinds = [false; MENU.len()];
        for seed in 0..300 {
            let ladder = draw_ladder(seed);
            assert_eq!(ladder, draw_ladder(seed));
            let [_, low, high, several] = &ladder;
            assert!(low[0].kind == high[0].kind && low[0].level < high[0].level && high[0].level <= 5.0);
            assert!(severity_score(high) < severity_score(low));
            assert!(several.windows(2).all(|pair| pair[0].kind < pair[1].kind));
            kinds[low[0].kind] = true;
        }
        assert_eq!(kinds, [true; MENU.len()]);
    }

    #[test]
    fn stronger_flaws_change_a_photo_more_and_none_changes_nothing() {
        let clean = RgbImage::from_fn(96, 96, |x, y| {
            image::Rgb([(40 + x * 2) as u8, (200 - y) as u8, if (x / 6 + y / 6) % 2 == 0 { 90 } else { 160 }])
        });
        let distance = |flaws: &[Flaw], seed| {
            let spoilt = spoil(&clean, flaws, seed).expect("spoils");
            spoilt.iter().zip(clean.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum::<f64>()
        };
        assert_eq!(distance(&[], 1), 0.0);
        for (kind, defect) in MENU.iter().enumerate() {
            for seed in [4, 5] {
                let at = |level| distance(&[Flaw { kind, level }], seed);
                assert!(at(0.8) < at(2.5) && at(2.5) < at(5.0), "{defect:?} {seed}");
            }
        }
    }
}
