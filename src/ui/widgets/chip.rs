//! The score chip: a number and a shape, so that bands differ without colour.

use eframe::egui::{self, Align2, Color32, FontId, Pos2, Rect, Shape, Stroke, Vec2, vec2};

use crate::ui::theme::Palette;

/// Accept, review or reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Good enough.
    Accept,
    /// Look at it.
    Review,
    /// Not good enough.
    Reject,
}

impl Band {
    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Review => "Review",
            Self::Reject => "Reject",
        }
    }

    /// Its colour.
    pub fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Self::Accept => palette.accept,
            Self::Review => palette.review,
            Self::Reject => palette.reject,
        }
    }

    /// Its shape around a point: circle, diamond, square.
    pub fn shape(self, centre: Pos2, radius: f32, colour: Color32) -> Shape {
        match self {
            Self::Accept => Shape::circle_filled(centre, radius, colour),
            Self::Review => {
                let r = radius * 1.2;
                let corners = [vec2(0.0, -r), vec2(r, 0.0), vec2(0.0, r), vec2(-r, 0.0)].map(|corner| centre + corner);
                Shape::convex_polygon(corners.to_vec(), colour, Stroke::NONE)
            }
            Self::Reject => Shape::rect_filled(Rect::from_center_size(centre, Vec2::splat(radius * 1.8)), 1.0, colour),
        }
    }
}

/// The band of a score.
pub fn band(score: f64, reject_below: f64, accept_from: f64) -> Band {
    if score < reject_below {
        Band::Reject
    } else if score >= accept_from {
        Band::Accept
    } else {
        Band::Review
    }
}

/// Draws a score with its shape on a dark pill whose lower left corner is `corner`.
pub fn score_chip(painter: &egui::Painter, corner: Pos2, score: f64, band: Band, palette: &Palette) {
    let size = vec2(46.0, 20.0);
    let rect = Rect::from_min_size(corner - vec2(0.0, size.y), size);
    painter.rect_filled(rect, 10.0, Color32::from_black_alpha(190));
    painter.add(band.shape(rect.left_center() + vec2(11.0, 0.0), 4.5, band.colour(palette)));
    let at = rect.right_center() - vec2(9.0, 0.0);
    painter.text(at, Align2::RIGHT_CENTER, format!("{score:.0}"), FontId::proportional(12.5), Color32::WHITE);
}

/// Draws a label as a ringed dot whose filling grows with the score.
pub fn label_dot(painter: &egui::Painter, centre: Pos2, mos: f64, palette: &Palette) {
    painter.circle_filled(centre, 9.0, Color32::from_black_alpha(190));
    painter.circle_stroke(centre, 6.0, Stroke::new(1.5, palette.accent));
    painter.circle_filled(centre, (mos / 100.0) as f32 * 5.0, palette.accent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn band_edges_belong_to_the_better_band() {
        let found = [39.9, 40.0, 69.9, 70.0].map(|score| band(score, 40.0, 70.0));
        assert_eq!(found, [Band::Reject, Band::Review, Band::Review, Band::Accept]);
    }
}
