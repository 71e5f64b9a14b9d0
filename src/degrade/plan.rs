//! Decides what each demo photo shows: views, backgrounds, defects. Draws nothing.

use super::defect::Defect;
use super::product::Kind;
use super::random::Dice;

/// One photo to be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shot {
    /// Path below the catalogue's folder, with `/` on every platform.
    pub path: String,
    /// Defects with levels 1-5, one a family, in the order in which they come about.
    pub defects: Vec<(Defect, u8)>,
    /// Which of the product's two views.
    pub view: usize,
    pub format: Format,
    /// For everything drawn while the photo is made.
    pub seed: u64,
}

/// File format of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg { quality: u8 },
    Png,
    WebP,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg { .. } => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// All photos of one product.
#[derive(Debug, Clone)]
pub(super) struct Sku {
    pub name: String,
    pub kind: Kind,
    /// For the product's own colours and proportions.
    pub seed: u64,
    /// Width and height of its photos in pixels.
    pub size: [usize; 2],
    /// Degrees that the camera looks down.
    pub pitch: f32,
    /// Share of the frame that the product fills where its framing is right.
    pub fill: f32,
    pub shots: Vec<Shot>,
}

/// Plans SKU number `index` (from 0). Follows from (seed, index) alone, so more SKUs leave the first ones as they were.
pub(super) fn sku(seed: u64, index: u32, shots: u32) -> Sku {
    let mut dice = Dice::new(seed, u64::from(index));
    let name = format!("SKU-{:04}", index + 1);
    let kind = Kind::ALL[index as usize % Kind::ALL.len()];
    let edge = dice.pick([640, 680, 720, 800, 960]);
    let size = dice.pick([[edge, edge], [edge, edge], [edge * 4 / 5, edge], [edge, edge * 4 / 5]]);
    let (pitch, fill) = (dice.range(9.0, 16.0), dice.range(0.74, 0.84));
    let own_seed = dice.seed();
    let mut planned: Vec<Shot> = Vec::new();
    for number in 1..=shots {
        let format = match dice.index(16) {
            0 => Format::Png,
            1 => Format::WebP,
            _ => Format::Jpeg { quality: 92 + dice.index(5) as u8 },
        };
        let path = format!("images/{name}/{name}-{number}.{}", format.extension());
        let view = usize::from(number % 3 == 0);
        // The first photo of each view is the one a shop would take; the others carry what goes wrong.
        let clean_share = [0.0, 0.8, 0.0, 0.4].get(number as usize).copied().unwrap_or_default();
        let mut flaws = if dice.chance(clean_share) { Vec::new() } else { defects(&mut dice) };
        // The same flaws in the same view would give the same picture twice.
        while planned.iter().any(|shot| shot.view == view && shot.defects == flaws) {
            flaws = defects(&mut dice);
        }
        planned.push(Shot { path, defects: flaws, view, format, seed: dice.seed() });
    }
    Sku { name, kind, seed: own_seed, size, pitch, fill, shots: planned }
}

/// One to three defects of different families.
fn defects(dice: &mut Dice) -> Vec<(Defect, u8)> {
    let count = dice.pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3]);
    let mut chosen: Vec<(Defect, u8)> = Vec::new();
    while chosen.len() < count {
        let defect = Defect::ALL[dice.index(Defect::ALL.len())];
        let level = 1 + dice.index(5) as u8;
        if chosen.iter().all(|(other, _)| other.family() != defect.family()) {
            chosen.push((defect, level));
        }
    }
    chosen.sort_by_key(|(defect, _)| defect.stage());
    chosen
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::defect::score;
    use super::*;

    #[test]
    fn every_defect_and_level_occurs_and_groups_hold_a_range() {
        let mut seen = BTreeSet::new();
        for index in 0..70 {
            let sku = sku(1, index, 6);
            let scores: Vec<f64> = sku.shots.iter().map(|shot| score(&shot.defects)).collect();
            let spread = scores.iter().copied().fold(0.0, f64::max) - scores.iter().copied().fold(100.0, f64::min);
            assert!(spread > 5.0, "{}: {scores:?}", sku.name);
            for (defect, level) in sku.shots.iter().flat_map(|shot| &shot.defects) {
                seen.insert((defect.name(), *level));
            }
        }
        assert!(seen.len() >= 85, "{} of 95 kinds and levels", seen.len());
    }

    #[test]
    fn a_photo_has_one_defect_of_a_family() {
        for index in 0..40 {
            for shot in sku(3, index, 6).shots {
                let families: BTreeSet<_> = shot.defects.iter().map(|(defect, _)| defect.family()).collect();
                assert_eq!(families.len(), shot.defects.len());
            }
        }
    }

    #[test]
    fn no_photo_is_planned_twice() {
        for index in 0..40 {
            let shots = sku(1, index, 12).shots;
            let distinct: BTreeSet<String> =
                shots.iter().map(|shot| format!("{} {:?}", shot.view, shot.defects)).collect();
            assert_eq!(distinct.len(), shots.len());
        }
    }

    #[test]
    fn plans_follow_from_the_seed() {
        assert_eq!(sku(1, 5, 6).shots, sku(1, 5, 6).shots);
        assert_ne!(sku(1, 5, 6).shots, sku(2, 5, 6).shots);
        assert_eq!(sku(1, 5, 3).shots[..], sku(1, 5, 6).shots[..3]);
    }
}
