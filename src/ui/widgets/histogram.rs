//! The histogram of scores with two edges that can be dragged.

use eframe::egui::{self, Align2, FontId, Rect, Sense, Stroke, pos2, vec2};

use super::chip::band_colour;
use crate::domain::Edges;
use crate::ui::theme::colours;

/// Draws how many scores lie in equal columns between 0 and 100, and returns the edges `(reject below, accept from)` when
/// one was moved.
pub fn histogram(ui: &mut egui::Ui, columns: &[u32], edges: (f64, f64)) -> Option<(f64, f64)> {
    let palette = colours(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 110.0), Sense::hover());
    let plot = Rect::from_min_max(rect.min + vec2(8.0, 4.0), rect.max - vec2(8.0, 20.0));
    let bands = Edges { reject_below: edges.0, accept_from: edges.1 };
    let width = 100.0 / columns.len().max(1) as f64;
    let most = columns.iter().copied().max().unwrap_or(0).max(1) as f32;
    let x = |score: f64| plot.left() + plot.width() * (score / 100.0) as f32;
    let painter = ui.painter().clone();
    for (index, count) in columns.iter().enumerate() {
        let from = index as f64 * width;
        let top = plot.bottom() - plot.height() * *count as f32 / most;
        let bar = Rect::from_min_max(pos2(x(from) + 0.5, top), pos2(x(from + width) - 0.5, plot.bottom()));
        painter.rect_filled(bar, 1.0, band_colour(bands.band(from + 1e-6), &palette).gamma_multiply(0.85));
    }
    painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, palette.line));
    let mut moved = None;
    for (index, (name, value)) in [("Reject below", edges.0), ("Accept from", edges.1)].into_iter().enumerate() {
        let handle = Rect::from_center_size(pos2(x(value), plot.center().y), vec2(12.0, plot.height()));
        let response = ui.interact(handle, ui.scope_id().with(("edge", index)), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::slider(true, value, name));
        let hot = response.hovered() || response.dragged() || response.has_focus();
        let width = if hot { 3.0 } else { 1.5 };
        painter.vline(x(value), plot.y_range(), Stroke::new(width, palette.text));
        let below = pos2(x(value), plot.bottom() + 3.0);
        painter.text(below, Align2::CENTER_TOP, format!("{value:.0}"), FontId::proportional(11.5), palette.text);
        let focused = response.has_focus();
        // Without this the arrows would move on to the next widget.
        let arrows = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let keys = ui.input(|input| {
            let key = |key| if focused { input.num_presses(key) as f64 } else { 0.0 };
            key(egui::Key::ArrowRight) - key(egui::Key::ArrowLeft)
        });
        let dragged = response.interact_pointer_pos().filter(|_| response.dragged());
        let target = dragged.map(|at| f64::from((at.x - plot.left()) / plot.width()) * 100.0);
        let target = target.or_else(|| (keys != 0.0).then_some(value + keys));
        if let Some(target) = target {
            let target = target.round().clamp(0.0, 100.0);
            moved = Some(if index == 0 { (target, edges.1.max(target)) } else { (edges.0.min(target), target) });
        }
        response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal).on_hover_text(format!("{name} {value:.0}"));
    }
    moved
}
