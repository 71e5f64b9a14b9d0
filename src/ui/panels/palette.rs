//! The palette: every command by name, with its key.

use eframe::egui::{self, Key};

use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::widgets::hint;

pub(super) fn show(ui: &egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let Some(mut text) = state.palette.take() else { return };
    let page = state.prefs.page;
    let modal = egui::Modal::new(egui::Id::unique("palette")).show(ui, |ui| {
        ui.set_width(420.0);
        let field = egui::TextEdit::singleline(&mut text).hint_text("Find a command…").desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.request_focus();
        let wanted = text.to_lowercase();
        let fits = |command: &UiCommand| {
            let here = command.page().is_none_or(|own| own == page);
            here && command.text().to_lowercase().contains(&wanted) && *command != UiCommand::Palette
        };
        let found: Vec<UiCommand> = UiCommand::ALL.into_iter().filter(fits).collect();
        let mut chosen = ui.input(|input| input.key_pressed(Key::Enter)).then(|| found.first().copied()).flatten();
        for command in &found {
            ui.horizontal(|ui| {
                if ui.add(egui::Button::new(command.text()).frame(false)).on_hover_text(command.tooltip()).clicked() {
                    chosen = Some(*command);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    hint(ui, ui.format_shortcut(&command.shortcut()));
                });
            });
        }
        if found.is_empty() {
            hint(ui, "No command has these letters");
        }
        chosen
    });
    match modal.inner {
        Some(command) => out.push(Message::Command(command)),
        None if modal.should_close() => {}
        None => state.palette = Some(text),
    }
}
