//! A photo that can be looked at closely: wheel to zoom at the pointer, drag to move, double-click for its real pixels.

use eframe::egui::{self, Align2, Color32, FontId, Rect, Response, accesskit::Role, pos2, vec2};

use super::photo::spinner;
use crate::ui::theme::colours;
use crate::ui::thumbs::Shot;
use crate::ui::view::{Stand, View};

/// The view after what the pointer did over an area.
pub fn steer(ui: &egui::Ui, response: &Response, stand: Stand, view: View) -> View {
    let mut view = view;
    if let Some(pointer) = response.hover_pos() {
        let factor = ui.input(|input| (input.smooth_scroll_delta().y / 240.0).exp() * input.zoom_delta());
        if factor != 1.0 {
            view = view.zoomed(stand, pointer, factor);
        }
    }
    if response.dragged() && response.drag_delta() != egui::Vec2::ZERO {
        view = view.moved(stand, response.drag_delta());
    }
    if response.double_clicked() {
        view = view.toggled();
    }
    view
}

/// Draws a photo whose pixels lie in `rect`, or says what is with it.
pub fn draw_shot(ui: &mut egui::Ui, area: Rect, rect: Rect, shot: &Shot) {
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    match shot {
        Shot::Ready(texture) => {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), rect, whole, Color32::WHITE);
        }
        Shot::Waiting(since) => spinner(ui, area, *since),
        Shot::Failed(reason) => {
            let weak = colours(ui).weak;
            painter.text(area.center(), Align2::CENTER_CENTER, reason, FontId::proportional(13.0), weak);
        }
    }
}

/// A line of text on a dark pill at the upper left of an area.
pub fn caption(painter: &egui::Painter, area: Rect, text: &str) {
    let painter = painter.with_clip_rect(area.intersect(painter.clip_rect()));
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.0), Color32::WHITE);
    let rect = Rect::from_min_size(area.min + vec2(8.0, 8.0), galley.size() + vec2(16.0, 6.0));
    painter.rect_filled(rect, 10.0, Color32::from_black_alpha(190));
    painter.galley(rect.min + vec2(8.0, 3.0), galley, Color32::WHITE);
}

/// Tells assistive technology which photo an area shows.
pub fn tell_photo(response: &Response, text: &str) {
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, text));
}
