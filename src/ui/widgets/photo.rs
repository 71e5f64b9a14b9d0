//! A photo in a box: loading, drawn, or broken with the reason.

use eframe::egui::{self, Align2, Color32, FontId, Rect, Stroke, TextureHandle, Vec2, pos2, vec2};

use crate::ui::theme::Palette;
use crate::ui::thumbs::Slot;

/// The largest rectangle of a texture's proportions inside `rect`, never enlarged beyond `most` times.
pub fn contained(texture: &TextureHandle, rect: Rect, most: f32) -> Rect {
    let size = texture.size_vec2();
    let scale = (rect.width() / size.x).min(rect.height() / size.y).min(most);
    Rect::from_center_size(rect.center(), size * scale)
}

/// Draws a picture into a box and returns where its pixels lie.
pub fn photo_box(painter: &egui::Painter, rect: Rect, slot: &Slot, palette: &Palette) -> Option<Rect> {
    match slot {
        Slot::Ready(texture) => {
            let inner = contained(texture, rect, 4.0);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), inner, whole, Color32::WHITE);
            Some(inner)
        }
        Slot::Loading(_) => None,
        Slot::Failed(_) => {
            broken_box(painter, rect, palette);
            None
        }
    }
}

/// A torn frame: the photo cannot be shown.
pub fn broken_box(painter: &egui::Painter, rect: Rect, palette: &Palette) {
    let side = (rect.width().min(rect.height()) * 0.3).min(46.0);
    let frame = Rect::from_center_size(rect.center() - vec2(0.0, 8.0), Vec2::splat(side));
    let stroke = Stroke::new(1.5, palette.reject);
    painter.rect_stroke(frame, 4.0, stroke, egui::StrokeKind::Inside);
    painter.line_segment([frame.left_bottom(), frame.right_top()], stroke);
    let below = frame.center_bottom() + vec2(0.0, 6.0);
    painter.text(below, Align2::CENTER_TOP, "Cannot be read", FontId::proportional(11.5), palette.weak);
}

/// Seconds before a wait is worth a spinner.
const PATIENCE: f64 = 0.3;

/// Says that a large photo is on its way, once that has taken a while.
pub fn wait_box(ui: &mut egui::Ui, rect: Rect, slot: &Slot) {
    if let Slot::Loading(since) = slot {
        spinner(ui, rect, *since);
    }
}

/// A spinner for what is on its way since a moment of the frame clock.
pub fn spinner(ui: &mut egui::Ui, rect: Rect, since: f64) {
    let left = since + PATIENCE - ui.input(|input| input.time);
    if left > 0.0 {
        ui.request_repaint_after_secs(left as f32);
    } else {
        ui.put(Rect::from_center_size(rect.center(), Vec2::splat(32.0)), egui::Spinner::new());
    }
}
