//! A star, full or as an outline: the icon font has none.

use std::f32::consts::TAU;

use eframe::egui::{Color32, Mesh, Painter, Pos2, Shape, Stroke, vec2};

/// Radius of the inner corners as a share of the outer ones': that of a pentagram.
const INNER: f32 = 0.382;

/// Draws a star with five points around `centre`.
pub fn star(painter: &Painter, centre: Pos2, radius: f32, filled: bool, colour: Color32) {
    let corner = |index: u32| {
        let reach = if index.is_multiple_of(2) { radius } else { radius * INNER };
        let angle = TAU * index as f32 / 10.0;
        centre + reach * vec2(angle.sin(), -angle.cos())
    };
    let corners: Vec<Pos2> = (0..10).map(corner).collect();
    if filled {
        let mut mesh = Mesh::default();
        mesh.colored_vertex(centre, colour);
        corners.iter().for_each(|corner| mesh.colored_vertex(*corner, colour));
        (1..=10).for_each(|at| mesh.add_triangle(0, at, at % 10 + 1));
        painter.add(mesh);
    }
    painter.add(Shape::closed_line(corners, Stroke::new(1.0, colour)));
}
