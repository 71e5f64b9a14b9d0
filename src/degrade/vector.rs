//! Three-dimensional vectors, and colours as triples of linear light.

use std::ops::{Add, Mul, Neg, Sub};

/// A point, direction or size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct V {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// Shorthand for a vector.
#[inline(always)]
pub(super) const fn v(x: f32, y: f32, z: f32) -> V {
    V { x, y, z }
}

impl V {
    #[inline(always)]
    pub(super) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    #[inline(always)]
    pub(super) fn cross(self, other: Self) -> Self {
        v(self.y * other.z - self.z * other.y, self.z * other.x - self.x * other.z, self.x * other.y - self.y * other.x)
    }

    #[inline(always)]
    pub(super) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    #[inline(always)]
    pub(super) fn unit(self) -> Self {
        self * (1.0 / self.length().max(1e-12))
    }

    #[inline(always)]
    pub(super) fn abs(self) -> Self {
        v(self.x.abs(), self.y.abs(), self.z.abs())
    }

    #[inline(always)]
    pub(super) fn max(self, other: Self) -> Self {
        v(self.x.max(other.x), self.y.max(other.y), self.z.max(other.z))
    }

    #[inline(always)]
    pub(super) fn min(self, other: Self) -> Self {
        v(self.x.min(other.x), self.y.min(other.y), self.z.min(other.z))
    }
}

impl Add for V {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        v(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for V {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        v(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f32> for V {
    type Output = Self;
    #[inline(always)]
    fn mul(self, factor: f32) -> Self {
        v(self.x * factor, self.y * factor, self.z * factor)
    }
}

impl Neg for V {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        v(-self.x, -self.y, -self.z)
    }
}

/// A colour in linear light, 1 = white.
pub(super) type Colour = [f32; 3];

/// From sRGB bytes (IEC 61966-2-1).
pub(super) fn srgb(red: u8, green: u8, blue: u8) -> Colour {
    [red, green, blue].map(|value| to_linear(f32::from(value) / 255.0))
}

/// sRGB 0..1 to linear light.
pub(super) fn to_linear(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear light to sRGB 0..1.
pub(super) fn to_srgb(value: f32) -> f32 {
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[inline(always)]
pub(super) fn lerp(from: Colour, to: Colour, part: f32) -> Colour {
    [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, from[2] + (to[2] - from[2]) * part]
}

#[inline(always)]
pub(super) fn scale(colour: Colour, factor: f32) -> Colour {
    [colour[0] * factor, colour[1] * factor, colour[2] * factor]
}

/// 0 below `low`, 1 above `high`, smooth between.
#[inline(always)]
pub(super) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}
