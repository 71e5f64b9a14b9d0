//! A column title or sort choice, with an arrow that says which way round.

use eframe::egui::{
    self, Align2, FontId, Response, Sense, Shape, Stroke, StrokeKind, TextStyle, accesskit::Role, vec2,
};

use crate::ui::theme::{colours, space};

/// Width kept free for the arrow, in points: nothing moves when it appears.
const ARROW: f32 = 16.0;

/// Draws a choice; `order` is `Some(descending)` when it is the one in force. `width` fixes its width in points.
pub fn sort_button(ui: &mut egui::Ui, text: &str, order: Option<bool>, width: Option<f32>) -> Response {
    let palette = colours(ui);
    let font = TextStyle::Button.resolve(ui.style());
    let own = ui.painter().layout_no_wrap(text.to_owned(), font.clone(), palette.text).size().x + space().m;
    let size = vec2(width.unwrap_or(own + ARROW + space().m), 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let spoken = match order {
            Some(true) => format!("{text}, largest first"),
            Some(false) => format!("{text}, smallest first"),
            None => text.to_owned(),
        };
        egui::WidgetInfo::selected(Role::Button, true, order.is_some(), spoken)
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, 6.0, palette.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let colour = if order.is_some() { palette.text } else { palette.weak };
    let at = rect.left_center() + vec2(space().m, 0.0);
    let drawn = ui.painter().text(at, Align2::LEFT_CENTER, text, FontId::new(font.size, font.family), colour);
    if let Some(descending) = order {
        sort_arrow(ui.painter(), drawn.right_center() + vec2(ARROW * 0.6, 0.0), descending, palette.accent);
    }
    response
}

/// A small triangle: down for the largest first, up for the smallest.
pub fn sort_arrow(painter: &egui::Painter, centre: egui::Pos2, descending: bool, colour: egui::Color32) {
    let way = if descending { 1.0 } else { -1.0 };
    let corners = [vec2(-4.0, -2.5 * way), vec2(4.0, -2.5 * way), vec2(0.0, 3.0 * way)];
    let corners = corners.map(|corner| centre + corner).to_vec();
    painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
}
