//! Printed artwork for labels, covers and dials: type, bands and shapes in small pictures.

use super::lettering::set_line;
use super::random::Dice;
use super::vector::{Colour, lerp, srgb};
use crate::error::Result;

/// A small picture in linear light, sampled over 0..1 in both directions (v downwards).
#[derive(Debug, Clone)]
pub(super) struct Artwork {
    width: usize,
    height: usize,
    cells: Vec<Colour>,
}

/// Four colours that go together: dark, main, accent, light.
pub(super) type Palette = [Colour; 4];

const BRANDS: [&str; 14] = [
    "NORDEN",
    "auro",
    "KESTREL",
    "Lumen & Co",
    "FJORD",
    "olmo",
    "VELA",
    "Tinto",
    "HALDEN",
    "Maris",
    "PIKO",
    "Arbor",
    "SOLENE",
    "brisa",
];
const SMALL_PRINT: [&str; 6] = [
    "Store in a cool, dry place away from sunlight. Best before: see base.",
    "Designed in the north, made to last. Batch 4471-B / 0283",
    "Net weight 250 g e 8.8 oz   Recyclable packaging, please rinse",
    "Wipe clean with a soft damp cloth only. Keep out of reach of children",
    "Ingredients: water, glycerin, citric acid, natural fragrance, limonene",
    "Two-year warranty with proof of purchase. Item no. 70 118 402",
];

/// Draws one of the curated palettes, slightly varied.
pub(super) fn palette(dice: &mut Dice) -> Palette {
    let base: [[(u8, u8, u8); 4]; 12] = [
        [(24, 38, 56), (43, 92, 138), (238, 163, 60), (244, 239, 228)],
        [(40, 30, 28), (176, 62, 44), (240, 196, 120), (250, 244, 232)],
        [(18, 48, 40), (46, 122, 94), (232, 210, 140), (240, 246, 238)],
        [(48, 28, 58), (122, 70, 140), (240, 150, 150), (248, 240, 246)],
        [(30, 30, 32), (92, 94, 98), (220, 60, 50), (236, 236, 234)],
        [(60, 40, 24), (168, 116, 66), (70, 120, 110), (246, 236, 216)],
        [(16, 44, 64), (30, 140, 160), (250, 110, 90), (236, 248, 248)],
        [(70, 20, 30), (200, 80, 100), (250, 200, 180), (252, 240, 236)],
        [(40, 44, 20), (130, 140, 60), (220, 120, 50), (244, 242, 222)],
        [(20, 20, 28), (54, 58, 84), (200, 170, 100), (230, 228, 220)],
        [(36, 60, 90), (120, 170, 210), (250, 220, 110), (248, 250, 252)],
        [(54, 30, 20), (220, 130, 40), (40, 110, 130), (252, 246, 230)],
    ];
    let chosen = base[dice.index(base.len())];
    let lift = dice.range(-0.12, 0.12);
    chosen.map(|(red, green, blue)| {
        let target = if lift > 0.0 { [1.0; 3] } else { [0.0; 3] };
        lerp(srgb(red, green, blue), target, lift.abs())
    })
}

impl Artwork {
    fn filled(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, cells: vec![colour; width * height] }
    }

    /// Bilinear; clamped at the borders.
    #[inline(always)]
    pub(super) fn sample(&self, u: f32, v: f32) -> Colour {
        let x = (u * self.width as f32 - 0.5).clamp(0.0, (self.width - 2) as f32 + 0.999);
        let y = (v * self.height as f32 - 0.5).clamp(0.0, (self.height - 2) as f32 + 0.999);
        let at = y as usize * self.width + x as usize;
        let (fx, fy) = (x.fract(), y.fract());
        let upper = lerp(self.cells[at], self.cells[at + 1], fx);
        let lower = lerp(self.cells[at + self.width], self.cells[at + self.width + 1], fx);
        lerp(upper, lower, fy)
    }

    /// Paints where `inside` (a signed distance in pixels from x, y) is negative, edges smooth; looks only within the
    /// box from `low` to `high`, in pixels.
    fn paint(&mut self, colour: Colour, low: [f32; 2], high: [f32; 2], inside: impl Fn(f32, f32) -> f32) {
        let columns = (low[0] - 1.0).max(0.0) as usize..self.width.min((high[0] + 2.0).max(0.0) as usize);
        for y in (low[1] - 1.0).max(0.0) as usize..self.height.min((high[1] + 2.0).max(0.0) as usize) {
            for x in columns.clone() {
                let distance = inside(x as f32 + 0.5, y as f32 + 0.5);
                if distance < 0.5 {
                    let cell = &mut self.cells[y * self.width + x];
                    *cell = lerp(*cell, colour, (0.5 - distance).clamp(0.0, 1.0));
                }
            }
        }
    }

    fn rectangle(&mut self, colour: Colour, x: [f32; 2], y: [f32; 2]) {
        let [left, right] = x.map(|edge| edge * self.width as f32);
        let [top, bottom] = y.map(|edge| edge * self.height as f32);
        self.paint(colour, [left, top], [right, bottom], |px, py| {
            (left - px).max(px - right).max((top - py).max(py - bottom))
        });
    }

    fn disc(&mut self, colour: Colour, centre: [f32; 2], radius: f32) {
        let [x, y] = [centre[0] * self.width as f32, centre[1] * self.height as f32];
        let radius = radius * self.height as f32;
        self.paint(colour, [x - radius, y - radius], [x + radius, y + radius], |px, py| {
            (px - x).hypot(py - y) - radius
        });
    }

    fn stroke(&mut self, colour: Colour, from: [f32; 2], to: [f32; 2], thick: f32) {
        let (w, h) = (self.width as f32, self.height as f32);
        let [from, to] = [from, to].map(|[x, y]| [x * w, y * h]);
        let (way_x, way_y, thick) = (to[0] - from[0], to[1] - from[1], thick * h);
        let square = (way_x * way_x + way_y * way_y).max(1e-6);
        let low = [0, 1].map(|axis| from[axis].min(to[axis]) - thick);
        let high = [0, 1].map(|axis| from[axis].max(to[axis]) + thick);
        self.paint(colour, low, high, |px, py| {
            let part = (((px - from[0]) * way_x + (py - from[1]) * way_y) / square).clamp(0.0, 1.0);
            (px - from[0] - way_x * part).hypot(py - from[1] - way_y * part) - thick
        });
    }

    /// A line of text centred at `x`, its top at `y`, shrunk to fit `most` of the width.
    fn text(&mut self, text: &str, colour: Colour, [x, y]: [f32; 2], size: f32, most: f32) -> Result<()> {
        let pixels = size * self.height as f32;
        let weight = (pixels / 22.0) as usize;
        let room = most * self.width as f32;
        let mut line = set_line(text, pixels, weight)?;
        if line.width as f32 > room {
            line = set_line(text, pixels * room / line.width as f32, weight)?;
        }
        let left = (x * self.width as f32 - line.width as f32 / 2.0) as i64;
        let top = (y * self.height as f32) as i64;
        for row in 0..line.height {
            for column in 0..line.width {
                let (px, py) = (left + column as i64, top + row as i64);
                let inside = (0..self.width as i64).contains(&px) && (0..self.height as i64).contains(&py);
                let amount = line.coverage[row * line.width + column];
                if inside && amount > 0.0 {
                    let cell = &mut self.cells[py as usize * self.width + px as usize];
                    *cell = lerp(*cell, colour, amount);
                }
            }
        }
        Ok(())
    }
}

/// A label: brand, product name, an emblem, and small print; `aspect` is width over height.
pub(super) fn label(dice: &mut Dice, colours: Palette, aspect: f32, name: &str) -> Result<Artwork> {
    let height = 420;
    let width = (height as f32 * aspect) as usize;
    let [dark, main, accent, light] = colours;
    let on_light = dice.chance(0.6);
    let (ground, ink) = if on_light { (light, dark) } else { (main, light) };
    let mut art = Artwork::filled(width, height, ground);
    let brand = dice.pick(BRANDS);
    let band = if on_light { main } else { dark };
    // Of everything printed only this width is centred in front; the rest runs around the back.
    let front = (0.8 / aspect).min(0.9);
    match dice.index(4) {
        0 => {
            art.rectangle(band, [0.0, 1.0], [0.0, 0.3]);
            art.rectangle(accent, [0.0, 1.0], [0.3, 0.325]);
            art.text(brand, light, [0.5, 0.06], 0.19, front)?;
            art.disc(accent, [0.5, 0.5], 0.12);
            art.disc(ground, [0.52, 0.48], 0.085);
        }
        1 => {
            art.disc(band, [0.5, 0.34], 0.27);
            art.disc(accent, [0.5, 0.34], 0.235);
            art.disc(band, [0.5, 0.34], 0.225);
            art.text(brand, light, [0.5, 0.25], 0.15, 0.42 / aspect)?;
        }
        2 => {
            for stripe in 0..7 {
                let left = 0.5 - front / 2.0 + stripe as f32 * front / 7.0;
                let colour = [band, accent][stripe % 2];
                art.rectangle(colour, [left, left + front / 12.0], [0.36, 0.62]);
            }
            art.text(brand, ink, [0.5, 0.08], 0.22, front)?;
        }
        _ => {
            art.rectangle(accent, [0.0, 1.0], [0.9, 0.93]);
            art.rectangle(band, [0.0, 1.0], [0.93, 1.0]);
            for leaf in 0..6 {
                let angle = leaf as f32 * 1.047;
                let tip = [0.5 + 0.13 * angle.cos() / aspect, 0.24 + 0.13 * angle.sin()];
                art.stroke(if leaf % 2 == 0 { band } else { accent }, [0.5, 0.24], tip, 0.035);
            }
            art.text(brand, ink, [0.5, 0.4], 0.18, front)?;
        }
    }
    art.text(name, ink, [0.5, 0.64], 0.1, front)?;
    for line in 0..3 {
        art.text(dice.pick(SMALL_PRINT), ink, [0.5, 0.755 + line as f32 * 0.042], 0.042, front)?;
    }
    Ok(art)
}

/// A book cover.
pub(super) fn cover(dice: &mut Dice, colours: Palette) -> Result<Artwork> {
    let [dark, main, accent, light] = colours;
    let mut art = Artwork::filled(400, 560, if dice.chance(0.5) { main } else { dark });
    let count = 3 + dice.index(4);
    match dice.index(3) {
        0 => {
            for ring in 0..count {
                let radius = 0.24 * (1.0 - ring as f32 / count as f32);
                art.disc([accent, light, main, dark][ring % 4], [0.5, 0.66], radius);
            }
        }
        1 => {
            for hill in 0..count {
                let base = 0.5 + hill as f32 * 0.45 / count as f32;
                let phase = dice.range(0.0, 6.0);
                let colour = lerp(accent, dark, hill as f32 / count as f32);
                let frequency = dice.range(4.0, 9.0);
                art.paint(colour, [0.0; 2], [400.0, 560.0], |x, y| {
                    base * 560.0 - y + (x / 400.0 * frequency + phase).sin() * 22.0
                });
            }
            art.disc(light, [0.72, 0.44], 0.05);
        }
        _ => {
            for stroke in 0..count * 3 {
                let x = dice.range(0.1, 0.9);
                let colour = [accent, light, main][stroke % 3];
                art.stroke(colour, [x, dice.range(0.42, 0.6)], [x, dice.range(0.65, 0.92)], 0.016);
            }
        }
    }
    let titles =
        ["The Quiet Harbour", "Paper & Salt", "Northern Light", "A Field Guide", "Small Hours", "Glass Rivers"];
    let title: Vec<&str> = dice.pick(titles).splitn(2, ' ').collect();
    for (row, words) in title.iter().enumerate() {
        art.text(words, light, [0.5, 0.08 + row as f32 * 0.12], 0.13, 0.86)?;
    }
    let authors = ["M. Lindqvist", "Ada Moreau", "J. T. Okafor", "Ines Varga"];
    art.text(dice.pick(authors), accent, [0.5, 0.335], 0.055, 0.8)?;
    art.text("A NOVEL  ·  SECOND EDITION", light, [0.5, 0.945], 0.03, 0.8)?;
    Ok(art)
}

/// A watch dial with markers, numerals and hands.
pub(super) fn dial(dice: &mut Dice, ground: Colour, ink: Colour, accent: Colour) -> Result<Artwork> {
    let mut art = Artwork::filled(420, 420, ground);
    let at = |turn: f32, radius: f32| {
        let angle = turn * std::f32::consts::TAU;
        [0.5 + radius * angle.sin(), 0.5 - radius * angle.cos()]
    };
    for minute in 0..60 {
        let long = minute % 5 == 0;
        let turn = minute as f32 / 60.0;
        art.stroke(ink, at(turn, if long { 0.38 } else { 0.43 }), at(turn, 0.455), if long { 0.009 } else { 0.003 });
    }
    if dice.chance(0.5) {
        art.disc(lerp(ground, ink, 0.25), [0.5, 0.68], 0.1);
        art.disc(ground, [0.5, 0.68], 0.092);
        art.stroke(accent, [0.5, 0.68], [0.5, 0.6], 0.004);
    }
    art.text(dice.pick(BRANDS), ink, [0.5, 0.26], 0.075, 0.4)?;
    art.text("AUTOMATIC  50 m", ink, [0.5, 0.345], 0.034, 0.3)?;
    let (hour, minute) = (dice.range(0.8, 0.88), dice.range(0.14, 0.2));
    art.stroke(ink, at(hour, -0.04), at(hour, 0.22), 0.014);
    art.stroke(ink, at(minute, -0.05), at(minute, 0.35), 0.01);
    let second = dice.range(0.4, 0.65);
    art.stroke(accent, at(second, -0.08), at(second, 0.38), 0.004);
    art.disc(accent, [0.5, 0.5], 0.02);
    Ok(art)
}
