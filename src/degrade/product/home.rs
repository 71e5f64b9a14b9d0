//! Things for table, kitchen and shelf.

use std::sync::Arc;

use super::super::artwork::{self, Palette};
use super::super::material::{Material, Pattern};
use super::super::random::Dice;
use super::super::solid::{Outline, Solid, curve};
use super::super::vector::{lerp, scale, srgb, v};
use super::Piece;
use crate::error::Result;

/// A wall of even thickness around a hollow, as an outline for the lathe: outer profile upwards, inner one down.
fn vessel(outer: &[[f32; 2]], wall: f32, floor: f32) -> Outline {
    let outer = curve(outer, false);
    let top = outer[outer.len() - 1];
    let mut points = vec![[0.0, outer[0][1]]];
    points.extend(&outer);
    points.push([top[0] - wall * 0.5, top[1] + wall * 0.35]);
    points.extend(
        outer.iter().rev().filter(|point| point[1] > floor).map(|point| [(point[0] - wall).max(0.0), point[1]]),
    );
    points.push([0.0, floor]);
    Outline::new(&points)
}

/// A mug with a printed wrap or a dipped glaze.
pub(super) fn mug(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, _, light] = colours;
    let (bottom, top) = (dice.range(0.3, 0.38), dice.range(0.35, 0.42));
    let height = dice.range(0.78, 0.95);
    let belly = (bottom + top) * 0.5 + dice.range(-0.02, 0.04);
    let outer = [[bottom - 0.03, 0.0], [bottom, 0.03], [belly, height * 0.5], [top, height]];
    let body = Solid::Lathe(vessel(&outer, 0.04, 0.06));
    let handle: Vec<_> = curve(
        &[
            [belly - 0.03, height * 0.84],
            [belly + 0.2, height * 0.8],
            [belly + 0.27, height * 0.52],
            [belly + 0.16, height * 0.26],
            [belly - 0.03, height * 0.2],
        ],
        false,
    )
    .into_iter()
    .map(|[x, y]| v(x, y, 0.0))
    .collect();
    let handle = Solid::tube(&handle, 0.05, 0.8);
    let glaze = if dice.chance(0.5) { light } else { main };
    let pattern = if dice.chance(0.65) {
        let span = 3.6;
        let aspect = span * belly / (height * 0.72);
        let art = Arc::new(artwork::label(dice, colours, aspect, "stoneware mug 350 ml")?);
        Pattern::Wrap { art, low: height * 0.14, high: height * 0.86, span, outside: belly - 0.035 }
    } else {
        Pattern::Dipped { above: height * 0.4, colour: if dice.chance(0.5) { dark } else { main }, seed: 5 }
    };
    let inside = lerp(glaze, [0.9; 3], 0.3);
    Ok(vec![(body, Material::plain(inside, 0.16).with(pattern)), (handle, Material::plain(glaze, 0.16))])
}

/// A bottle with a cap and a label.
pub(super) fn bottle(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, accent, light] = colours;
    let body = dice.range(0.2, 0.26);
    let shoulder = dice.range(0.68, 0.8);
    let neck = dice.range(0.075, 0.11);
    let outer = [
        [0.0, 0.0],
        [body - 0.03, 0.0],
        [body, 0.03],
        [body, shoulder * 0.5],
        [body, shoulder - 0.06],
        [body * 0.82, shoulder + 0.05],
        [neck + 0.02, shoulder + 0.13],
        [neck, shoulder + 0.2],
        [neck, shoulder + 0.28],
    ];
    let mut outline = curve(&outer, false);
    outline.push([0.0, shoulder + 0.28]);
    let glass = match dice.index(4) {
        0 => (srgb(46, 78, 50), 0.06),
        1 => (srgb(110, 58, 20), 0.06),
        2 => (lerp(light, main, 0.15), 0.28),
        _ => (main, 0.22),
    };
    let art = Arc::new(artwork::label(dice, colours, 4.0 * body / (shoulder * 0.62), "olive & citrus tonic 500 ml")?);
    let wrap = Pattern::Wrap { art, low: shoulder * 0.16, high: shoulder * 0.78, span: 4.0, outside: body - 0.02 };
    let cap_height = dice.range(0.05, 0.09);
    let cap = Solid::Cylinder { radius: neck + 0.025, half: cap_height, round: 0.014 }.at(0.0, shoulder + 0.25, 0.0);
    let cap_colour = dice.pick([dark, accent, light]);
    let cap_material = if dice.chance(0.4) {
        Material::metal(srgb(206, 190, 150), 0.25)
    } else {
        Material::plain(cap_colour, 0.35).with(Pattern::Ridges { count: 42.0 })
    };
    Ok(vec![(Solid::Lathe(Outline::new(&outline)), Material::plain(glass.0, glass.1).with(wrap)), (cap, cap_material)])
}

/// A carton with a printed front.
pub(super) fn carton(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, accent, light] = colours;
    let half = v(dice.range(0.26, 0.38), dice.range(0.36, 0.5), dice.range(0.1, 0.2));
    let names = ["muesli with berries 400 g", "green tea 40 bags", "kitchen soap, 2 bars", "puzzle, 1000 pieces"];
    let art = Arc::new(artwork::label(dice, colours, half.x / half.y, dice.clone().pick(names))?);
    let front = Pattern::Front { art, low: [-half.x, 0.0], high: [half.x, half.y * 2.0] };
    let board = if dice.chance(0.5) { main } else { light };
    let body = Solid::RoundBox { half, round: 0.012 }.at(0.0, half.y, 0.0);
    let band = Solid::RoundBox { half: v(half.x + 0.002, 0.012, half.z + 0.002), round: 0.002 };
    let band = band.at(0.0, half.y * 2.0 - 0.06, 0.0);
    Ok(vec![
        (body, Material::plain(board, 0.42).with(front)),
        (band, Material::plain(if dice.chance(0.5) { accent } else { dark }, 0.4)),
    ])
}

/// A table lamp with a fabric shade.
pub(super) fn lamp(dice: &mut Dice, colours: Palette) -> Vec<Piece> {
    let [dark, main, accent, light] = colours;
    let low = dice.range(0.3, 0.38);
    let high = dice.range(0.16, 0.28);
    let foot = dice.range(0.62, 0.7);
    let ring = Outline::new(&[[low - 0.014, foot], [low, foot], [high, foot + 0.44], [high - 0.014, foot + 0.44]]);
    let shade = Solid::Lathe(ring);
    let cloth = dice.pick([light, lerp(accent, light, 0.6), lerp(main, light, 0.4)]);
    let shade_material = Material::plain(cloth, 0.95).with(Pattern::Weave { threads: 420.0, depth: 0.12 });
    let stem_material =
        if dice.chance(0.5) { Material::metal(srgb(200, 170, 110), 0.22) } else { Material::plain(dark, 0.3) };
    let belly = dice.range(0.1, 0.2);
    let body = curve(
        &[[0.0, 0.0], [0.17, 0.0], [0.18, 0.03], [0.06, 0.07], [belly, 0.24], [0.04, 0.46], [0.03, foot + 0.1]],
        false,
    );
    let mut body = body;
    body.push([0.0, foot + 0.1]);
    let rim = |radius: f32, y: f32| Solid::Torus { major: radius - 0.007, minor: 0.012 }.at(0.0, y, 0.0);
    let trim = Material::plain(scale(cloth, 0.75), 0.9);
    vec![
        (shade, shade_material),
        (Solid::Lathe(Outline::new(&body)), stem_material),
        (rim(low, foot), trim.clone()),
        (rim(high, foot + 0.44), trim),
    ]
}

/// A bowl, sometimes with fruit.
pub(super) fn bowl(dice: &mut Dice, colours: Palette) -> Vec<Piece> {
    let [dark, main, accent, light] = colours;
    let wide = dice.range(0.48, 0.58);
    let height = dice.range(0.3, 0.42);
    let outer = [[0.2, 0.0], [0.22, 0.03], [wide * 0.7, height * 0.32], [wide * 0.94, height * 0.7], [wide, height]];
    let body = Solid::Lathe(vessel(&outer, 0.035, 0.07));
    let (ground, second) = dice.pick([(light, main), (main, light), (dark, accent), (light, dark)]);
    let pattern = match dice.index(3) {
        0 => Pattern::Dipped { above: height * 0.45, colour: second, seed: 9 },
        1 => Pattern::Stripes { axis: v(0.0, 1.0, 0.0), count: 14.0, share: 0.3, colour: second },
        _ => Pattern::Grain { size: 0.012, depth: 0.3, seed: 4 },
    };
    let mut pieces = vec![(body, Material::plain(ground, 0.2).with(pattern))];
    if dice.chance(0.6) {
        let skin = dice.pick([srgb(240, 140, 20), srgb(196, 40, 36), srgb(120, 160, 40), srgb(240, 200, 50)]);
        let size = dice.range(0.17, 0.2);
        for index in 0..4 {
            let (angle, ring) = (index as f32 * 2.094 + 0.4, if index == 3 { 0.0 } else { size * 1.16 });
            // The fourth lies on the other three.
            let y = height * 0.72 + if index == 3 { size * 1.6 } else { 0.0 };
            let ball = Solid::Ellipsoid { radii: v(size, size * dice.range(0.9, 0.97), size) };
            let skin = lerp(skin, srgb(200, 90, 30), dice.range(0.0, 0.35));
            let material = Material::plain(skin, 0.4).with(Pattern::Grain { size: 0.009, depth: 0.16, seed: index });
            pieces.push((ball.at(ring * angle.cos(), y, ring * angle.sin()), material));
        }
    }
    pieces
}

/// A hardback book, standing.
pub(super) fn book(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let thick = dice.range(0.06, 0.11);
    let half = v(dice.range(0.32, 0.37), 0.5, thick);
    let art = Arc::new(artwork::cover(dice, colours)?);
    let spine = colours[0];
    let cloth = Material::plain(spine, 0.5);
    let front = Pattern::Front { art, low: [-half.x, 0.0], high: [half.x, 1.0] };
    let board = |z: f32| Solid::RoundBox { half: v(half.x, half.y, 0.012), round: 0.006 }.at(0.0, half.y, z);
    let pages =
        Solid::RoundBox { half: v(half.x - 0.02, half.y - 0.02, thick - 0.01), round: 0.004 }.at(-0.008, half.y, 0.0);
    let paper = Pattern::Stripes { axis: v(0.0, 0.0, 1.0), count: 90.0, share: 0.35, colour: srgb(206, 198, 180) };
    let back = Solid::RoundBox { half: v(0.014, half.y, thick + 0.008), round: 0.012 }.at(-half.x + 0.006, half.y, 0.0);
    Ok(vec![
        (board(thick), Material::plain(colours[1], 0.32).with(front)),
        (board(-thick), cloth.clone()),
        (back, cloth),
        (pages, Material::plain(srgb(240, 234, 218), 0.9).with(paper)),
    ])
}

/// A jar with a lid and a label: candle, cream or jam.
pub(super) fn jar(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, accent, light] = colours;
    let radius = dice.range(0.32, 0.4);
    let height = dice.range(0.5, 0.62);
    let body = Solid::Cylinder { radius, half: height * 0.5, round: 0.05 }.at(0.0, height * 0.5, 0.0);
    let filling = dice.pick([srgb(120, 24, 36), srgb(214, 140, 40), lerp(light, main, 0.3), main]);
    let art = Arc::new(artwork::label(dice, colours, 3.4 * radius / (height * 0.66), "wild berry preserve 220 g")?);
    let wrap = Pattern::Wrap { art, low: height * 0.15, high: height * 0.81, span: 3.4, outside: radius - 0.02 };
    let lid_radius = radius * dice.range(0.94, 1.0);
    let lid = Solid::Cylinder { radius: lid_radius, half: 0.07, round: 0.02 }.at(0.0, height + 0.06, 0.0);
    let lid_material = match dice.index(3) {
        0 => Material::metal(srgb(214, 190, 140), 0.2).with(Pattern::Brushed { axis: v(0.0, 1.0, 0.0), seed: 2 }),
        1 => Material::plain(srgb(176, 128, 80), 0.6).with(Pattern::Brushed { axis: v(0.6, 0.1, 0.8), seed: 8 }),
        _ => Material::plain(dice.pick([dark, accent]), 0.35).with(Pattern::Ridges { count: 70.0 }),
    };
    Ok(vec![(body, Material::plain(filling, 0.07).with(wrap)), (lid, lid_material)])
}
