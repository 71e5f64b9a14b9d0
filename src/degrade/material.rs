//! What a surface looks like: colour, gloss, and patterns that give it fine detail.

use std::sync::Arc;

use super::artwork::Artwork;
use super::random::noise2;
use super::vector::{Colour, V, lerp, scale, smooth, v};

/// The look of a part.
#[derive(Debug, Clone)]
pub(super) struct Material {
    /// Diffuse colour, or the reflection's colour for a metal; linear light.
    pub colour: Colour,
    /// 0 is a mirror, 1 is matte.
    pub rough: f32,
    /// Whether it reflects like a metal.
    pub metal: bool,
    /// Detail over the colour.
    pub pattern: Pattern,
}

/// Detail over a material's colour, in the product's own coordinates.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// None.
    Plain,
    /// Bands across `axis`: `count` a unit, `share` of each in `colour`.
    Stripes { axis: V, count: f32, share: f32, colour: Colour },
    /// Crossed threads, `threads` a unit.
    Weave { threads: f32, depth: f32 },
    /// Irregular bumps of `size`, as on leather or stoneware.
    Grain { size: f32, depth: f32, seed: u32 },
    /// Artwork on surfaces that face +z, between two corners in (x, y).
    Front { art: Arc<Artwork>, low: [f32; 2], high: [f32; 2] },
    /// Artwork around the y axis between two heights, over `span` radians in front, where the radius is over `outside`.
    Wrap { art: Arc<Artwork>, low: f32, high: f32, span: f32, outside: f32 },
    /// A second colour above a wavy edge.
    Dipped { above: f32, colour: Colour, seed: u32 },
    /// Grooves around the y axis.
    Ridges { count: f32 },
    /// Fine rings or brush marks of a metal along `axis`.
    Brushed { axis: V, seed: u32 },
}

/// A surface point, painted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub colour: Colour,
    pub rough: f32,
    pub normal: V,
}

impl Material {
    /// A material without a pattern.
    pub(super) fn plain(colour: Colour, rough: f32) -> Self {
        Self { colour, rough, metal: false, pattern: Pattern::Plain }
    }

    /// A metal.
    pub(super) fn metal(colour: Colour, rough: f32) -> Self {
        Self { colour, rough, metal: true, pattern: Pattern::Plain }
    }

    /// The same with a pattern.
    pub(super) fn with(mut self, pattern: Pattern) -> Self {
        self.pattern = pattern;
        self
    }

    /// Colour, gloss and bumped normal at a point of the surface.
    pub(super) fn paint(&self, p: V, normal: V) -> Paint {
        let mut paint = Paint { colour: self.colour, rough: self.rough, normal };
        match &self.pattern {
            Pattern::Plain => {}
            Pattern::Stripes { axis, count, share, colour } => {
                let part = (p.dot(*axis) * count).rem_euclid(1.0);
                let soft = 0.003 * count;
                let inside = smooth(0.0, soft, part) - smooth(*share, share + soft, part);
                paint.colour = lerp(paint.colour, *colour, inside);
            }
            Pattern::Weave { threads, depth } => {
                let (a, b) = across(p, normal);
                let thread = (a * threads).sin() * (b * threads).sin();
                let uneven = noise2(a * 40.0, b * 9.0, 11) - 0.5;
                paint.colour = scale(paint.colour, 1.0 + depth * (thread + uneven));
            }
            Pattern::Grain { size, depth, seed } => {
                let (a, b) = across(p, normal);
                let value = |a: f32, b: f32| {
                    noise2(a / size, b / size, *seed) + 0.5 * noise2(a / size * 2.3, b / size * 2.3, seed + 1)
                };
                let here = value(a, b);
                let step = size * 0.3;
                let slope = [value(a + step, b) - here, value(a, b + step) - here];
                paint.normal = (normal + v(slope[0], slope[1], slope[0]) * *depth).unit();
                paint.colour = scale(paint.colour, 1.0 + depth * 0.5 * (here - 0.75));
            }
            Pattern::Front { art, low, high } => {
                let (u, w) = ((p.x - low[0]) / (high[0] - low[0]), (high[1] - p.y) / (high[1] - low[1]));
                if normal.z > 0.5 && (0.0..1.0).contains(&u) && (0.0..1.0).contains(&w) {
                    paint.colour = art.sample(u, w);
                }
            }
            Pattern::Wrap { art, low, high, span, outside } => {
                let u = p.x.atan2(p.z) / span + 0.5;
                let w = (high - p.y) / (high - low);
                let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&w);
                if inside && p.x * p.x + p.z * p.z > outside * outside {
                    paint.colour = art.sample(u, w);
                    paint.rough = (paint.rough + 0.12).min(0.8);
                }
            }
            Pattern::Dipped { above, colour, seed } => {
                let wave = noise2(p.x.atan2(p.z) * 2.2, 0.0, *seed) * 0.12;
                let inside = smooth(-0.008, 0.008, p.y - above - wave);
                let speck = smooth(0.80, 0.86, noise2(p.x * 90.0 + p.z * 31.0, p.y * 90.0, seed + 3));
                paint.colour = scale(lerp(paint.colour, *colour, inside), 1.0 - 0.35 * speck);
            }
            Pattern::Ridges { count } => {
                let angle = p.x.atan2(p.z);
                let tilt = (angle * count).cos() * 0.45;
                let side = v(normal.z, 0.0, -normal.x);
                paint.normal = (normal + side * tilt).unit();
                paint.colour = scale(paint.colour, 0.9 + 0.1 * (angle * count).sin());
            }
            Pattern::Brushed { axis, seed } => {
                let mark = noise2(p.dot(*axis) * 260.0, (p.x + p.y + p.z) * 3.0, *seed) - 0.5;
                paint.normal = (normal + *axis * (mark * 0.12)).unit();
                paint.colour = scale(paint.colour, 1.0 + 0.2 * mark);
            }
        }
        paint
    }
}

/// Two coordinates along the surface, by the axis it mostly faces.
#[inline(always)]
fn across(p: V, normal: V) -> (f32, f32) {
    let facing = normal.abs();
    if facing.y > facing.x && facing.y > facing.z {
        (p.x, p.z)
    } else if facing.x > facing.z {
        (p.z, p.y)
    } else {
        (p.x, p.y)
    }
}
