//! Things to wear, carry and listen to.

use std::sync::Arc;

use super::super::artwork::{self, Palette};
use super::super::material::{Material, Pattern};
use super::super::random::Dice;
use super::super::solid::{Outline, Solid, curve};
use super::super::vector::{V, lerp, scale, srgb, v};
use super::Piece;
use crate::error::Result;

/// A low sneaker, toe to the right.
pub(super) fn shoe(dice: &mut Dice, colours: Palette) -> Vec<Piece> {
    let [dark, main, accent, light] = colours;
    let upper_colour = dice.pick([main, light, accent, dark]);
    let trim = if upper_colour == dark { light } else { dark };
    let plan = [
        [-0.56, 0.0],
        [-0.52, 0.13],
        [-0.3, 0.165],
        [-0.05, 0.15],
        [0.22, 0.2],
        [0.46, 0.18],
        [0.6, 0.06],
        [0.61, -0.02],
        [0.48, -0.14],
        [0.2, -0.17],
        [-0.05, -0.13],
        [-0.3, -0.155],
        [-0.52, -0.13],
    ];
    let grown = |amount: f32| -> Vec<[f32; 2]> {
        plan.iter().map(|[x, z]| [x * (1.0 + amount), z * (1.0 + amount * 3.0)]).collect()
    };
    let flat = |amount: f32, half: f32, round: f32| {
        Solid::Slab { outline: Outline::smooth(&grown(amount)), half, round }.turn_x(-90.0)
    };
    let side = [
        [-0.54, 0.02],
        [-0.565, 0.24],
        [-0.55, 0.47],
        [-0.5, 0.52],
        [-0.38, 0.43],
        [-0.22, 0.41],
        [-0.12, 0.5],
        [-0.05, 0.52],
        [0.04, 0.44],
        [0.2, 0.33],
        [0.4, 0.26],
        [0.54, 0.19],
        [0.59, 0.1],
        [0.58, 0.02],
    ];
    let profile = Solid::Slab { outline: Outline::smooth(&side), half: 0.4, round: 0.0 };
    let footprint = Solid::Taper { solid: Box::new(flat(-0.01, 0.9, 0.0)), amount: 0.85 };
    let last = Solid::Both { first: Box::new(profile), second: Box::new(footprint), k: 0.13 };
    let opening = Solid::Ellipsoid { radii: v(0.21, 0.26, 0.075) }.turn_z(-8.0).at(-0.33, 0.54, 0.0);
    let upper = Solid::Cut { from: Box::new(last), tool: Box::new(opening), k: 0.04 };
    let stripes = Pattern::Weave { threads: 330.0, depth: 0.12 };
    let sole = flat(0.03, 0.055, 0.03).at(0.0, 0.055, 0.0);
    let tread = flat(0.035, 0.014, 0.008).at(0.0, 0.016, 0.0);
    let cap = Solid::Both {
        first: Box::new(Solid::Ellipsoid { radii: v(0.25, 0.17, 0.178) }.at(0.36, 0.1, 0.012)),
        second: Box::new(Solid::RoundBox { half: v(0.17, 0.2, 0.3), round: 0.02 }.at(0.58, 0.26, 0.0)),
        k: 0.02,
    };
    let mut pieces = vec![
        (upper, Material::plain(upper_colour, 0.75).with(stripes)),
        (sole, Material::plain(srgb(244, 242, 236), 0.5)),
        (
            tread,
            Material::plain(scale(trim, 0.8), 0.7).with(Pattern::Stripes {
                axis: v(1.0, 0.0, 0.0),
                count: 26.0,
                share: 0.4,
                colour: scale(trim, 0.4),
            }),
        ),
        (cap, Material::plain(lerp(upper_colour, light, 0.75), 0.5)),
    ];
    let slope: [[f32; 2]; 5] = [[-0.07, 0.515], [0.0, 0.475], [0.065, 0.425], [0.135, 0.38], [0.2, 0.345]];
    for [x, y] in slope {
        let ends = [v(x + 0.01, y - 0.035, -0.1), v(x, y + 0.012, 0.0), v(x + 0.01, y - 0.035, 0.1)];
        let lace = Solid::tube(&ends, 0.016, 1.0);
        pieces.push((
            lace,
            Material::plain(light, 0.8).with(Pattern::Stripes {
                axis: v(0.2, 0.1, 1.0),
                count: 60.0,
                share: 0.4,
                colour: scale(light, 0.72),
            }),
        ));
    }
    for shift in [0.0, 0.11, 0.22] {
        let points = vec![v(-0.2 + shift, 0.1, 0.0), v(-0.11 + shift * 0.8, 0.4 - shift * 0.25, 0.0)];
        let bar = Solid::tube(&points, 0.024, 0.05);
        let shell =
            Solid::Both { first: Box::new(bar), second: Box::new(pieces[0].0.clone().at(0.0, 0.004, 0.0)), k: 0.004 };
        pieces.push((shell, Material::plain(trim, 0.55)));
    }
    pieces
}

/// A wrist watch on its strap.
pub(super) fn watch(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, accent, light] = colours;
    let steel = dice.pick([srgb(200, 202, 206), srgb(222, 188, 130), srgb(70, 72, 78)]);
    let ground = dice.pick([light, dark, main]);
    let ink = if ground == light { dark } else { light };
    let art = Arc::new(artwork::dial(dice, ground, ink, accent)?);
    let (y, z) = (0.52, 0.42);
    let face = 0.26;
    let front =
        |radius: f32, half: f32, round: f32, z: f32| Solid::Cylinder { radius, half, round }.turn_x(90.0).at(0.0, y, z);
    let dial = Pattern::Front { art, low: [-face, y - face], high: [face, y + face] };
    let ring = |outer: [f32; 2], wall: f32| -> Solid {
        let ellipse = |a: f32, b: f32| -> Vec<[f32; 2]> {
            (0..40)
                .map(|step| (step as f32 * std::f32::consts::TAU / 40.0).sin_cos())
                .map(|(sin, cos)| [a * cos, b * sin])
                .collect()
        };
        let hole =
            Solid::Slab { outline: Outline::new(&ellipse(outer[0] - wall, outer[1] - wall)), half: 1.0, round: 0.0 };
        let disc = Solid::Slab { outline: Outline::new(&ellipse(outer[0], outer[1])), half: 0.17, round: 0.018 };
        Solid::Cut { from: Box::new(disc), tool: Box::new(hole), k: 0.015 }.turn_y(90.0).at(0.0, y, 0.0)
    };
    let strap_colour = dice.pick([dark, srgb(112, 66, 38), main, srgb(34, 34, 36)]);
    let strap = Material::plain(strap_colour, 0.55).with(Pattern::Grain { size: 0.014, depth: 0.35, seed: 6 });
    let crown = Solid::Cylinder { radius: 0.04, half: 0.035, round: 0.008 }.turn_z(90.0).at(face + 0.09, y, z);
    let metal = Material::metal(steel, 0.18);
    let bezel = Solid::Torus { major: face + 0.035, minor: 0.032 }.turn_x(90.0).at(0.0, y, z + 0.06);
    let lug = |x: f32, dy: f32| Solid::Capsule {
        from: v(x, y + dy, z - 0.01),
        to: v(x, y + dy * 1.32, z - 0.07),
        radius: 0.035,
    };
    let mut pieces = vec![
        (ring([0.4, 0.52], 0.045), strap),
        (front(face + 0.06, 0.065, 0.025, z), metal.clone().with(Pattern::Brushed { axis: v(0.0, 1.0, 0.0), seed: 3 })),
        (bezel, Material::metal(steel, 0.1)),
        (front(face, 0.05, 0.004, z + 0.025), Material::plain(ground, 0.12).with(dial)),
        (crown, metal.clone()),
    ];
    for (x, dy) in [(-0.19, 0.28), (0.19, 0.28), (-0.19, -0.28), (0.19, -0.28)] {
        pieces.push((lug(x, dy), metal.clone()));
    }
    Ok(pieces)
}

/// A handbag or tote with two handles.
pub(super) fn bag(dice: &mut Dice, colours: Palette) -> Vec<Piece> {
    let [dark, main, accent, light] = colours;
    let hide = dice.pick([main, dark, accent, srgb(150, 90, 52), lerp(light, main, 0.25)]);
    let (bottom, top) = (dice.range(0.4, 0.46), dice.range(0.33, 0.5));
    let height = dice.range(0.56, 0.68);
    let shape = Outline::new(&[
        [-bottom, 0.02],
        [-bottom - 0.01, height * 0.3],
        [-top, height * 0.96],
        [-top * 0.9, height],
        [0.0, height],
        [top * 0.9, height],
        [top, height * 0.96],
        [bottom + 0.01, height * 0.3],
        [bottom, 0.02],
        [bottom * 0.9, 0.0],
        [0.0, 0.0],
        [-bottom * 0.9, 0.0],
    ]);
    let body = Solid::Taper { solid: Box::new(Solid::Slab { outline: shape, half: 0.17, round: 0.05 }), amount: 0.6 };
    let fabric = if dice.chance(0.35) {
        Pattern::Weave { threads: 300.0, depth: 0.14 }
    } else {
        Pattern::Grain { size: 0.016, depth: 0.42, seed: 21 }
    };
    let leather = Material::plain(hide, 0.5).with(fabric);
    let strap = Material::plain(scale(hide, 0.72), 0.45).with(Pattern::Grain { size: 0.012, depth: 0.3, seed: 22 });
    let rise = dice.range(0.28, 0.42);
    let handle = |z: f32| {
        let points: Vec<V> = curve(
            &[
                [-0.2, height - 0.12],
                [-0.19, height + rise * 0.55],
                [0.0, height + rise],
                [0.19, height + rise * 0.55],
                [0.2, height - 0.12],
            ],
            false,
        )
        .into_iter()
        .step_by(2)
        .map(|[x, y]| v(x, y, z))
        .collect();
        Solid::tube(&points, 0.022, 1.0)
    };
    let metal = Material::metal(dice.pick([srgb(220, 190, 130), srgb(205, 207, 210)]), 0.16);
    let mut pieces = vec![(body, leather), (handle(0.075), strap.clone()), (handle(-0.075), strap.clone())];
    for x in [-0.2, 0.2] {
        let tab = Solid::RoundBox { half: v(0.034, 0.075, 0.014), round: 0.012 }.at(x, height - 0.14, 0.11);
        pieces.push((tab, strap.clone()));
        let stud = Solid::Ellipsoid { radii: v(0.017, 0.017, 0.016) }.at(x, height - 0.185, 0.126);
        pieces.push((stud, metal.clone()));
    }
    if dice.chance(0.6) {
        let clasp = Solid::RoundBox { half: v(0.06, 0.035, 0.02), round: 0.012 }.at(0.0, height * 0.62, 0.125);
        let flap =
            Solid::RoundBox { half: v(0.085, 0.16, 0.012), round: 0.012 }.turn_x(4.0).at(0.0, height * 0.78, 0.115);
        pieces.push((flap, strap));
        pieces.push((clasp, metal));
    } else {
        let pocket =
            Solid::RoundBox { half: v(0.24, 0.13, 0.014), round: 0.014 }.turn_x(-3.0).at(0.0, height * 0.32, 0.15);
        pieces.push((pocket, strap));
    }
    pieces
}

/// Over-ear headphones, standing on their cups.
pub(super) fn headphones(dice: &mut Dice, colours: Palette) -> Vec<Piece> {
    let [dark, main, accent, light] = colours;
    let shell = dice.pick([dark, main, light, srgb(36, 36, 40), accent]);
    let (wide, tall) = (dice.range(0.36, 0.42), dice.range(0.9, 1.02));
    let arc = |inset: f32, drop: f32| -> Vec<V> {
        curve(
            &[
                [-wide + inset, 0.34],
                [-wide + inset, 0.56],
                [-wide * 0.66 + inset * 0.7, tall - 0.12 - drop],
                [0.0, tall - drop],
                [wide * 0.66 - inset * 0.7, tall - 0.12 - drop],
                [wide - inset, 0.56],
                [wide - inset, 0.34],
            ],
            false,
        )
        .into_iter()
        .step_by(2)
        .map(|[x, y]| v(x, y, 0.0))
        .collect()
    };
    let band = Solid::tube(&arc(0.0, 0.0), 0.028, 0.4);
    let mut pad_points = arc(0.035, 0.04);
    pad_points.drain(..6);
    pad_points.truncate(pad_points.len() - 6);
    let pad = Solid::tube(&pad_points, 0.036, 0.5);
    let leather = Material::plain(srgb(30, 29, 30), 0.6).with(Pattern::Grain { size: 0.014, depth: 0.35, seed: 31 });
    let metal = Material::metal(dice.pick([srgb(200, 202, 206), srgb(214, 180, 130)]), 0.2);
    let mut pieces = vec![(band, Material::plain(shell, 0.25)), (pad, leather.clone())];
    for side in [-1.0, 1.0] {
        let x = side * (wide + 0.02);
        let disc = |radius: f32, half: f32, round: f32, shift: f32| {
            let oval = Solid::Cylinder { radius, half, round }.turn_z(90.0);
            oval.at(x + side * shift, 0.236, 0.0)
        };
        let ring = Solid::Torus { major: 0.17, minor: 0.07 }.turn_z(90.0).at(x - side * 0.085, 0.236, 0.0);
        pieces.push((disc(0.235, 0.06, 0.045, 0.03), Material::plain(shell, 0.25)));
        pieces.push((ring, leather.clone()));
        pieces.push((
            disc(0.17, 0.01, 0.006, 0.09),
            metal.clone().with(Pattern::Brushed { axis: v(0.0, 1.0, 0.0), seed: 14 }),
        ));
        let arm = Solid::Capsule { from: v(side * wide, 0.36, 0.0), to: v(side * wide, 0.58, 0.0), radius: 0.034 };
        pieces.push((arm, metal.clone()));
    }
    pieces
}

/// A wireless speaker wrapped in cloth.
pub(super) fn speaker(dice: &mut Dice, colours: Palette) -> Result<Vec<Piece>> {
    let [dark, main, accent, light] = colours;
    let cloth = dice.pick([dark, main, lerp(dark, light, 0.35), accent]);
    let weave = Material::plain(cloth, 0.95).with(Pattern::Weave { threads: 400.0, depth: 0.24 });
    let trim = Material::plain(srgb(34, 34, 37), 0.4);
    let art = Arc::new(artwork::label(dice, [cloth, cloth, cloth, light], 1.6, "studio one")?);
    if dice.chance(0.5) {
        let radius = dice.range(0.27, 0.34);
        let body = Solid::Cylinder { radius, half: 0.42, round: 0.06 }.at(0.0, 0.46, 0.0);
        let base = Solid::Cylinder { radius: radius - 0.02, half: 0.03, round: 0.012 }.at(0.0, 0.03, 0.0);
        let ring = Solid::Torus { major: radius - 0.05, minor: 0.014 }.at(0.0, 0.882, 0.0);
        let plate = Solid::Cylinder { radius: radius - 0.06, half: 0.02, round: 0.008 }.at(0.0, 0.872, 0.0);
        let badge = Solid::RoundBox { half: v(0.07, 0.028, 0.01), round: 0.006 }.at(0.0, 0.2, radius);
        let badge_art = Pattern::Front { art, low: [-0.07, 0.155], high: [0.07, 0.245] };
        return Ok(vec![
            (body, weave),
            (base, trim.clone()),
            (ring, Material::plain(accent, 0.3)),
            (plate, trim),
            (badge, Material::metal(srgb(210, 210, 214), 0.2).with(badge_art)),
        ]);
    }
    let half = v(dice.range(0.5, 0.6), 0.26, 0.16);
    let body =
        Solid::RoundBox { half: v(half.x - 0.03, half.y - 0.015, half.z), round: 0.07 }.at(0.0, half.y + 0.03, 0.02);
    let wood = Material::plain(srgb(168, 112, 66), 0.45).with(Pattern::Brushed { axis: v(0.1, 0.9, 0.3), seed: 40 });
    let case = Solid::RoundBox { half: v(half.x, half.y, half.z - 0.02), round: 0.08 }.at(0.0, half.y + 0.03, -0.03);
    let mut pieces = vec![(body, weave), (case, wood)];
    for x in [-0.1, 0.0, 0.1] {
        let knob = Solid::Cylinder { radius: 0.035, half: 0.035, round: 0.008 }.at(x, half.y * 2.0 + 0.05, -0.03);
        pieces.push((knob, Material::metal(srgb(205, 196, 180), 0.22)));
    }
    for x in [-half.x * 0.7, half.x * 0.7] {
        let foot = Solid::Capsule { from: v(x, 0.02, 0.0), to: v(x, 0.08, 0.0), radius: 0.02 };
        pieces.push((foot, trim.clone()));
    }
    Ok(pieces)
}
