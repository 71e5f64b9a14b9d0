//! The strip that shows where a value falls among the photos of the catalogue.

use eframe::egui::{self, Rect, Response, Sense, Stroke, vec2};

use crate::ui::catalogue::Standing;
use crate::ui::theme::colours;

/// Draws a strip from the lowest to the highest photo, its quartiles, and a tick where this photo stands.
pub fn standing_strip(ui: &mut egui::Ui, standing: Standing, width: f32) -> Response {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 14.0), Sense::hover());
    let track = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    let x = |share: f64| track.left() + track.width() * share as f32;
    let painter = ui.painter();
    painter.rect_filled(track, 2.0, palette.line);
    let middle = Rect::from_x_y_ranges(x(0.25)..=x(0.75), track.y_range());
    painter.rect_filled(middle, 0.0, palette.weak.gamma_multiply(0.55));
    for quartile in [0.25, 0.5, 0.75] {
        painter.vline(x(quartile), rect.shrink2(vec2(0.0, 3.5)).y_range(), Stroke::new(1.0, palette.panel));
    }
    painter.vline(x(standing.middle().clamp(0.01, 0.99)), rect.y_range(), Stroke::new(2.5, palette.accent));
    response
}
