//! Products as parts: a solid and a material each; one builder a kind.
//!
//! Products stand on y = 0, face +z and are about 1 high or wide. Must not know light, camera or pictures.

mod home;
mod wear;

use super::artwork::palette;
use super::material::Material;
use super::random::Dice;
use super::solid::Solid;
use super::vector::{V, v};
use crate::error::Result;

/// One piece of a product, in one material.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub solid: Solid,
    pub material: Material,
    centre: V,
    radius: f32,
}

impl Part {
    /// Signed distance to the part, or at least `enough` when it is certainly not nearer than that.
    #[inline(always)]
    pub(super) fn distance(&self, p: V, enough: f32) -> f32 {
        let bound = (p - self.centre).length() - self.radius;
        if bound > enough { bound } else { self.solid.distance(p) }
    }

    /// Whether a ray, widened by `cone`, can meet the part.
    pub(super) fn near_ray(&self, eye: V, ray: V, cone: f32) -> bool {
        let to_centre = self.centre - eye;
        let along = to_centre.dot(ray);
        let reach = self.radius + cone;
        to_centre.dot(to_centre) - along * along < reach * reach
    }
}

/// The smallest upright box around something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub low: V,
    pub high: V,
}

/// A thing to photograph.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub parts: Vec<Part>,
    pub bounds: Bounds,
    /// Angles in degrees from which it looks best.
    pub yaws: [f32; 2],
}

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mug,
    Bottle,
    Carton,
    Shoe,
    Lamp,
    Watch,
    Bag,
    Bowl,
    Book,
    Headphones,
    Speaker,
    Jar,
}

impl Kind {
    pub(super) const ALL: [Self; 12] = [
        Self::Mug,
        Self::Shoe,
        Self::Bottle,
        Self::Watch,
        Self::Carton,
        Self::Bag,
        Self::Lamp,
        Self::Headphones,
        Self::Bowl,
        Self::Book,
        Self::Speaker,
        Self::Jar,
    ];

    /// Draws a product of this kind with its own colours and proportions.
    pub(super) fn build(self, dice: &mut Dice) -> Result<Product> {
        let colours = palette(dice);
        let (pieces, yaws) = match self {
            Self::Mug => (home::mug(dice, colours)?, [-28.0, 24.0]),
            Self::Bottle => (home::bottle(dice, colours)?, [0.0, 22.0]),
            Self::Carton => (home::carton(dice, colours)?, [-32.0, 28.0]),
            Self::Lamp => (home::lamp(dice, colours), [-20.0, 30.0]),
            Self::Bowl => (home::bowl(dice, colours), [0.0, 40.0]),
            Self::Book => (home::book(dice, colours)?, [-26.0, 24.0]),
            Self::Jar => (home::jar(dice, colours)?, [0.0, -18.0]),
            Self::Shoe => (wear::shoe(dice, colours), [-24.0, 18.0]),
            Self::Watch => (wear::watch(dice, colours)?, [-24.0, 20.0]),
            Self::Bag => (wear::bag(dice, colours), [-26.0, 20.0]),
            Self::Headphones => (wear::headphones(dice, colours), [-38.0, 32.0]),
            Self::Speaker => (wear::speaker(dice, colours)?, [-18.0, 24.0]),
        };
        Ok(Product::new(pieces, yaws))
    }
}

/// A solid with its material, before it is measured.
pub(super) type Piece = (Solid, Material);

impl Product {
    /// Measures the pieces.
    pub(super) fn new(pieces: Vec<Piece>, yaws: [f32; 2]) -> Self {
        let mut bounds = Bounds { low: v(f32::MAX, f32::MAX, f32::MAX), high: v(f32::MIN, f32::MIN, f32::MIN) };
        let parts = pieces
            .into_iter()
            .flat_map(split)
            .map(|(solid, material)| {
                let measured = measure(&solid);
                bounds.low = bounds.low.min(measured.low);
                bounds.high = bounds.high.max(measured.high);
                let centre = (measured.low + measured.high) * 0.5;
                let radius = (measured.high - measured.low).length() * 0.5 + CELL;
                Part { solid, material, centre, radius }
            })
            .collect();
        Self { parts, bounds, yaws }
    }
}

/// A long bent rod as several short ones, so that a ray meets only those near it.
fn split((solid, material): Piece) -> Vec<Piece> {
    match solid {
        Solid::Tube { rods, radius, flat } => {
            rods.chunks(5).map(|rods| (Solid::Tube { rods: rods.to_vec(), radius, flat }, material.clone())).collect()
        }
        solid => vec![(solid, material)],
    }
}

/// Spacing of the points at which a solid is measured.
const CELL: f32 = 0.06;

/// The bounds of a solid within reach of the studio's table, by probing: near the surface, `distance` tells how far on
/// it lies.
fn measure(solid: &Solid) -> Bounds {
    let mut bounds = Bounds { low: v(f32::MAX, f32::MAX, f32::MAX), high: v(f32::MIN, f32::MIN, f32::MIN) };
    let steps = |low: f32, high: f32| {
        let count = ((high - low) / CELL) as usize;
        (0..=count).map(move |index| low + index as f32 * CELL)
    };
    for y in steps(-0.06, 1.4) {
        for z in steps(-1.7, 1.1) {
            let mut x = -1.7;
            while x < 1.7 {
                let distance = solid.distance(v(x, y, z));
                if distance.abs() < CELL * 1.2 {
                    let reach = v(distance, distance, distance);
                    bounds.low = bounds.low.min(v(x, y, z) + reach);
                    bounds.high = bounds.high.max(v(x, y, z) - reach);
                }
                x += CELL.max(distance * 0.7);
            }
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_on_the_table_at_a_sensible_size() {
        for kind in Kind::ALL {
            for seed in 0..3 {
                let product = kind.build(&mut Dice::new(seed, 0)).expect("builds");
                let size = product.bounds.high - product.bounds.low;
                assert!(product.bounds.low.y.abs() < 0.08, "{kind:?} stands at {}", product.bounds.low.y);
                let longest = size.x.max(size.y).max(size.z);
                assert!((0.6..1.7).contains(&longest), "{kind:?} is {size:?}");
            }
        }
    }

    #[test]
    fn measured_bounds_are_those_of_the_solid() {
        let cube = Solid::RoundBox { half: v(0.3, 0.2, 0.1), round: 0.02 }.at(0.1, 0.4, 0.0);
        let bounds = measure(&cube);
        for (seen, expected) in [(bounds.low, v(-0.2, 0.2, -0.1)), (bounds.high, v(0.4, 0.6, 0.1))] {
            assert!((seen - expected).length() < 0.04, "{seen:?} for {expected:?}");
        }
    }
}
