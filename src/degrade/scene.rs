//! What stands around a product: its background, props, and the finished photo.

use std::sync::LazyLock;

use image::RgbImage;

use super::artwork::palette;
use super::material::{Material, Pattern};
use super::product::{Part, Piece, Product};
use super::random::{Dice, noise2};
use super::render::Layer;
use super::solid::Solid;
use super::vector::{Colour, lerp, scale, smooth, srgb, to_srgb, v};

/// What is behind and below the product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Backdrop {
    /// Seamless white, 255 away from the shadow.
    White,
    /// Seamless, in one colour.
    Plain(Colour),
    /// Runs from `light` at the top left to `dark` at the bottom right.
    Gradient { light: Colour, dark: Colour },
    /// A room: a wall with things on it, and a wooden or coloured table.
    Room { wall: Colour, table: Colour, wood: bool, seed: u32 },
}

static TO_SRGB: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=u16::MAX).map(|value| (to_srgb(f32::from(value) / 65535.0) * 255.0 + 0.5) as u8).collect());

impl Backdrop {
    /// A room in colours that go together.
    pub(super) fn room(dice: &mut Dice) -> Self {
        let colours = palette(dice);
        let wall = lerp(colours[dice.index(4)], [0.55; 3], 0.3);
        let wood = dice.chance(0.6);
        let table =
            if wood { dice.pick([srgb(150, 104, 66), srgb(190, 150, 108), srgb(92, 62, 44)]) } else { colours[2] };
        Self::Room { wall, table, wood, seed: dice.index(1 << 16) as u32 }
    }

    /// The backdrop's colour at a pixel, before shadow.
    fn colour(self, layer: &Layer, x: usize, y: usize) -> Colour {
        match self {
            Self::White => [1.0; 3],
            Self::Plain(colour) => colour,
            Self::Gradient { light, dark } => {
                let part = (x as f32 / layer.width as f32 + y as f32 / layer.height as f32) * 0.5;
                lerp(light, dark, smooth(0.0, 1.0, part))
            }
            Self::Room { wall, table, wood, seed } => room_colour(layer, [x, y], wall, table, wood, seed),
        }
    }

    /// Lays the product's layer over the backdrop.
    pub(super) fn photograph(self, layer: &Layer) -> RgbImage {
        let mut out = RgbImage::new(layer.width as u32, layer.height as u32);
        let codes = TO_SRGB.as_slice();
        let code = |value: f32| codes[(value.clamp(0.0, 1.0) * 65535.0 + 0.5) as usize];
        for (y, row) in out.chunks_exact_mut(layer.width * 3).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let at = y * layer.width + x;
                let [mut red, mut green, mut blue, cover] = layer.pixels[at];
                if cover < 1.0 {
                    let behind = scale(self.colour(layer, x, y), layer.table[at] * (1.0 - cover));
                    (red, green, blue) = (red + behind[0], green + behind[1], blue + behind[2]);
                }
                pixel.copy_from_slice(&[code(red), code(green), code(blue)]);
            }
        }
        out
    }
}

fn room_colour(layer: &Layer, at: [usize; 2], wall: Colour, table: Colour, wood: bool, seed: u32) -> Colour {
    let (width, height) = (layer.width as f32, layer.height as f32);
    let (x, y) = (at[0] as f32, at[1] as f32);
    let edge = (layer.horizon.max(height * 0.22)).min(height * 0.6);
    let (u, below) = (x / width - 0.5, (y - edge) / height);
    let mut behind = scale(wall, 0.75 + 0.35 * (1.0 - (u + 0.3).abs()) - 0.12 * (y / edge));
    // Frames and shelves on the wall, out of focus.
    for item in 0..4_u32 {
        let place = |index: u32| noise2((seed % 997) as f32 + item as f32 * 7.3, index as f32 * 3.7 + 0.5, seed);
        let (cx, cy) = ((place(0) - 0.5) * 1.3, place(1) * 0.8 * edge / height);
        let (hx, hy) = (0.05 + place(2) * 0.13, 0.04 + place(3) * 0.12);
        let outside = ((u - cx).abs() - hx).max((y / height - cy).abs() - hy);
        let tint = [place(4), place(5), place(6)];
        behind = lerp(
            behind,
            tint.map(|channel| 0.08 + 0.7 * channel * channel),
            0.8 * (1.0 - smooth(-0.012, 0.012, outside)),
        );
    }
    // Depth on the table grows towards the horizon, so its grain is finer there.
    let depth = 1.0 / (below + 0.12).max(0.05);
    let mut top = scale(table, 0.95 - 0.04 * depth);
    if wood {
        let grain = noise2(u * depth * 26.0, depth * 2.2, seed) - 0.5;
        let fine = noise2(u * depth * 120.0, depth * 7.0, seed + 1) - 0.5;
        top = scale(top, 1.0 + 0.4 * grain + 0.22 * fine);
    }
    lerp(behind, top, smooth(-0.004, 0.004, below))
}

/// Things that stand about the product, `count` of them, as parts of the same scene.
pub(super) fn props(product: &Product, count: usize, dice: &mut Dice) -> Vec<Part> {
    let size = product.bounds.high - product.bounds.low;
    let around = size.x.hypot(size.z) * 0.5;
    let colours = palette(dice);
    let pieces: Vec<Piece> = (0..count)
        .map(|index| {
            let radius = dice.range(0.08, 0.2) * size.length().max(0.8);
            // Mostly beside and behind: degrees from straight behind, first one side, then the other.
            let side = if index % 2 == 0 { 1.0 } else { -1.0 };
            let angle = side * dice.range(12.0, 105.0_f32).to_radians();
            let away = around + radius * 1.5 + dice.range(0.0, 0.35);
            let (x, z) = (angle.sin() * away, -angle.cos() * away);
            let colour = colours[dice.index(4)];
            let (solid, height) = match dice.index(4) {
                0 => (Solid::Ellipsoid { radii: v(radius, radius, radius) }, radius),
                1 => (Solid::Cylinder { radius: radius * 0.7, half: radius * 1.5, round: 0.02 }, radius * 1.5),
                2 => (Solid::Torus { major: radius, minor: radius * 0.35 }, radius * 0.35),
                _ => {
                    let half = v(radius, radius * dice.range(0.5, 1.8), radius * 0.8);
                    (Solid::RoundBox { half, round: 0.015 }.turn_y(dice.range(0.0, 90.0)), half.y)
                }
            };
            let stripes = Pattern::Stripes { axis: v(0.0, 1.0, 0.0), count: 9.0, share: 0.4, colour: colours[3] };
            let material = Material::plain(colour, dice.range(0.1, 0.8));
            let material = if dice.chance(0.35) { material.with(stripes) } else { material };
            (solid.at(x, height, z), material)
        })
        .collect();
    Product::new(pieces, [0.0; 2]).parts
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::camera::Pose;
    use super::super::product::Kind;
    use super::super::render::render;
    use super::*;

    fn layer(extra: usize) -> Layer {
        let mut dice = Dice::new(4, 4);
        let product = Kind::Jar.build(&mut dice).expect("builds");
        let props = props(&product, extra, &mut dice);
        let pose = Pose { yaw: 0.0, pitch: 12.0, fill: 0.5, offset: [0.0; 2] };
        render(&product, &props, &pose, 120, 120)
    }

    #[test]
    fn seamless_white_is_white_at_the_corners_and_the_other_backdrops_are_not() {
        let layer = layer(0);
        let corner = |backdrop: Backdrop| *backdrop.photograph(&layer).get_pixel(119, 119);
        assert_eq!(corner(Backdrop::White), Rgb([255; 3]));
        assert_eq!(corner(Backdrop::Plain(srgb(240, 238, 230))), Rgb([240, 238, 230]));
        assert!(corner(Backdrop::Gradient { light: [1.0; 3], dark: [0.3; 3] })[0] < 180);
        assert!(corner(Backdrop::room(&mut Dice::new(1, 1)))[2] < 240);
    }

    #[test]
    fn props_add_to_what_is_seen() {
        let covered = |layer: &Layer| layer.pixels.iter().filter(|pixel| pixel[3] > 0.5).count();
        assert!(covered(&layer(5)) > covered(&layer(0)) + 100);
    }
}
