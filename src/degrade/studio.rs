//! The photo studio's light: a large softbox high on the left, a strip on the right, a rim behind, a bright table.
//!
//! Directions are in the camera's frame (x right, y up, z towards the camera), so that the light follows the camera.

use super::material::Paint;
use super::vector::{Colour, V, scale, smooth, v};

/// Where the key light comes from.
pub(super) const KEY: V = v(-0.55, 0.62, 0.56);

/// An area light: direction, its two half sizes (tangents of angles), brightness.
struct Softbox {
    towards: V,
    half: [f32; 2],
    power: f32,
}

const BOXES: [Softbox; 4] = [
    Softbox { towards: KEY, half: [0.42, 0.55], power: 2.6 },
    Softbox { towards: v(0.86, 0.22, 0.46), half: [0.13, 0.75], power: 1.5 },
    Softbox { towards: v(-0.8, 0.3, -0.5), half: [0.25, 0.8], power: 1.3 },
    Softbox { towards: v(0.1, 0.98, -0.15), half: [0.7, 0.4], power: 1.1 },
];

impl Softbox {
    /// Its light from a direction, seen through a reflection blurred by `blur`.
    #[inline(always)]
    fn seen(&self, direction: V, blur: f32) -> f32 {
        let facing = direction.dot(self.towards);
        if facing < 0.05 {
            return 0.0;
        }
        let side = v(self.towards.z, 0.0, -self.towards.x).unit();
        let up = self.towards.cross(side);
        let (a, b) = (direction.dot(side).abs() / facing, direction.dot(up).abs() / facing);
        let inside = |half: f32, at: f32| 1.0 - smooth(half - blur, half + blur, at);
        // A wider blur spreads the same light over a larger area.
        let spread = (self.half[0] / (self.half[0] + blur)) * (self.half[1] / (self.half[1] + blur));
        self.power * spread * inside(self.half[0], a) * inside(self.half[1], b)
    }
}

/// Light arriving from a direction, blurred by roughness (0..1).
pub(super) fn reflection(direction: V, rough: f32) -> f32 {
    let blur = 0.03 + rough * 0.9;
    let up = smooth(-0.1 - blur, 0.1 + blur, direction.y);
    // The dark half of the room behind the camera gives metal and glass their contrast.
    let behind_camera = smooth(0.2, 0.95, direction.z) * (1.0 - 0.6 * rough);
    let room = (0.85 * (1.0 - up) + 0.5 * up) * (1.0 - 0.72 * behind_camera);
    room + BOXES.iter().map(|softbox| softbox.seen(direction, blur)).sum::<f32>()
}

/// Light falling on a matte surface; 1 lights white to white. `shadow` and `open` are 1 where nothing is in the way.
#[inline(always)]
fn diffuse(normal: V, shadow: f32, open: f32) -> f32 {
    let wrap = |towards: V, soft: f32| ((normal.dot(towards) + soft) / (1.0 + soft)).max(0.0);
    let key = wrap(KEY, 0.25);
    let strip = wrap(BOXES[1].towards, 0.3);
    let rim = wrap(BOXES[2].towards, 0.1);
    let dome = 0.6 + 0.4 * normal.y;
    let table = (0.35 - 0.65 * normal.y).max(0.0);
    key * key * 0.95 * shadow + 0.22 * strip + 0.1 * rim + (0.41 * dome + 0.17 * table) * open
}

/// Light leaving a surface point towards the camera.
///
/// Diffuse plus mirror-like reflection with Schlick's Fresnel term (Schlick 1994).
pub(super) fn shade(paint: &Paint, view: V, shadow: f32, open: f32, metal: bool) -> Colour {
    let normal = paint.normal;
    let facing = normal.dot(view).clamp(0.0, 1.0);
    let mirrored = (normal * (2.0 * normal.dot(view)) - view).unit();
    let grazing = (1.0 - facing).powi(5) * (1.0 - 0.8 * paint.rough);
    let light = reflection(mirrored, paint.rough) * (0.35 + 0.65 * open);
    if metal {
        let tint = paint.colour.map(|channel| channel + (1.0 - channel) * grazing);
        return scale(tint, light * 0.82);
    }
    let fresnel = 0.045 + 0.955 * grazing;
    let gloss = fresnel * (1.0 - 0.55 * paint.rough);
    let body = scale(paint.colour, diffuse(normal, shadow, open) * (1.0 - fresnel));
    body.map(|channel| channel + light * gloss)
}

/// A soft shoulder so that highlights roll off like on a sensor; keeps 0..0.7 as it is and 1 at most.
#[inline(always)]
pub(super) fn expose(value: f32) -> f32 {
    if value < 0.7 { value } else { 1.0 - 0.3 * (-(value - 0.7) / 0.3).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn white(normal: V) -> f32 {
        let paint = Paint { colour: [0.9; 3], rough: 0.9, normal };
        shade(&paint, v(0.0, 0.0, 1.0), 1.0, 1.0, false)[1]
    }

    #[test]
    fn the_side_of_the_key_light_is_brighter_and_nothing_is_black() {
        let left = white(v(-0.8, 0.1, 0.6).unit());
        let right = white(v(0.8, 0.1, 0.6).unit());
        assert!(left > right * 1.25, "{left} against {right}");
        assert!(white(v(0.0, -1.0, 0.1).unit()) > 0.05);
    }

    #[test]
    fn shadow_and_occlusion_darken() {
        let paint = Paint { colour: [0.5; 3], rough: 0.6, normal: v(-0.3, 0.5, 0.8).unit() };
        let lit = |shadow, open| shade(&paint, v(0.0, 0.0, 1.0), shadow, open, false)[0];
        assert!(lit(1.0, 1.0) > lit(0.0, 1.0) && lit(0.0, 1.0) > lit(0.0, 0.2));
    }

    #[test]
    fn exposure_never_clips_below_white_and_rises() {
        let values: Vec<f32> = (0..60).map(|step| expose(step as f32 * 0.05)).collect();
        assert!(values.windows(2).all(|pair| pair[1] > pair[0]) && values.iter().all(|value| *value <= 1.0));
    }
}
