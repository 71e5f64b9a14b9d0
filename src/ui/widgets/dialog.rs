//! What is asked in the middle of the window, over everything else.

use eframe::egui;

use crate::ui::theme::space;

/// A dialog of that width in points; Escape and a click beside it ask to close it.
pub fn dialog<R>(
    ui: &egui::Ui,
    id: &str,
    width: f32,
    content: impl FnOnce(&mut egui::Ui) -> R,
) -> egui::ModalResponse<R> {
    let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(space().l as i8));
    egui::Modal::new(egui::Id::unique(id)).frame(frame).show(ui, |ui| {
        ui.set_width(width);
        content(ui)
    })
}
