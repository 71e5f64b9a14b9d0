//! Headings, hints, and what a page says when there is nothing on it yet.

use eframe::egui::{self, RichText};

use crate::ui::command::UiCommand;
use crate::ui::theme::{colours, space};

/// The heading of a page or card.
pub fn heading(ui: &mut egui::Ui, text: &str) {
    ui.label(RichText::new(text).size(15.0).strong());
}

/// A secondary line.
pub fn hint(ui: &mut egui::Ui, text: impl Into<String>) -> egui::Response {
    let weak = colours(ui).weak;
    ui.label(RichText::new(text).color(weak))
}

/// What a command does, and its key.
pub fn tip(ui: &egui::Ui, command: UiCommand) -> String {
    format!("{} ({})", command.tooltip(), ui.format_shortcut(&command.shortcut()))
}

/// The one button a page is about.
pub fn primary_button(ui: &mut egui::Ui, text: &str, enabled: bool) -> egui::Response {
    let palette = colours(ui);
    let label = RichText::new(text).color(palette.on_accent).strong();
    ui.add_enabled(enabled, egui::Button::new(label).fill(palette.accent).min_size(egui::vec2(0.0, 34.0)))
}

/// A calm message in the middle of an empty page; `actions` draws what to do next.
pub fn empty_state(ui: &mut egui::Ui, title: &str, text: &str, actions: impl FnOnce(&mut egui::Ui)) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height * 0.32).max(space().xl));
        ui.label(RichText::new(title).size(20.0).strong());
        ui.add_space(space().s);
        hint(ui, text);
        ui.add_space(space().l);
        actions(ui);
    });
}
