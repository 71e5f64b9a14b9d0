//! The score chip: a number and a shape, so that bands differ without colour.

use eframe::egui::{self, Align2, Color32, FontId, Pos2, Rect, Shape, Stroke, Vec2, vec2};

use crate::domain::Band;
use crate::ui::theme::Palette;

/// The colour of a band.
pub fn band_colour(band: Band, palette: &Palette) -> Color32 {
    match band {
        Band::Accept => palette.accept,
        Band::Review => palette.review,
        Band::Reject => palette.reject,
    }
}

/// The shape of a band around a point: circle, diamond, square.
pub fn band_shape(band: Band, centre: Pos2, radius: f32, palette: &Palette) -> Shape {
    let colour = band_colour(band, palette);
    match band {
        Band::Accept => Shape::circle_filled(centre, radius, colour),
        Band::Review => {
            let r = radius * 1.2;
            let corners = [vec2(0.0, -r), vec2(r, 0.0), vec2(0.0, r), vec2(-r, 0.0)].map(|corner| centre + corner);
            Shape::convex_polygon(corners.to_vec(), colour, Stroke::NONE)
        }
        Band::Reject => Shape::rect_filled(Rect::from_center_size(centre, Vec2::splat(radius * 1.8)), 1.0, colour),
    }
}

/// Draws a score with its shape on a dark pill whose lower left corner is `corner`.
pub fn score_chip(painter: &egui::Painter, corner: Pos2, score: f64, band: Band, palette: &Palette) {
    let size = vec2(46.0, 20.0);
    let rect = Rect::from_min_size(corner - vec2(0.0, size.y), size);
    painter.rect_filled(rect, 10.0, Color32::from_black_alpha(190));
    painter.add(band_shape(band, rect.left_center() + vec2(11.0, 0.0), 4.5, palette));
    let at = rect.right_center() - vec2(9.0, 0.0);
    painter.text(at, Align2::RIGHT_CENTER, format!("{score:.0}"), FontId::proportional(12.5), Color32::WHITE);
}

/// Draws a label as a ringed dot whose filling grows with the score.
pub fn label_dot(painter: &egui::Painter, centre: Pos2, mos: f64, palette: &Palette) {
    painter.circle_filled(centre, 9.0, Color32::from_black_alpha(190));
    painter.circle_stroke(centre, 6.0, Stroke::new(1.5, palette.accent));
    painter.circle_filled(centre, (mos / 100.0) as f32 * 5.0, palette.accent);
}
