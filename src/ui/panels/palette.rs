//! The palette: every command by name, with its key.

use eframe::egui::{self, Align2, Key, Rect, Sense, TextStyle, accesskit::Role, vec2};

use crate::ui::command::UiCommand;
use crate::ui::keys::Keys;
use crate::ui::message::Message;
use crate::ui::state::{AppState, Finder};
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{dialog, hint};

/// Height of a row.
const ROW: f32 = 28.0;

pub(super) fn show(ui: &egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let Some(mut finder) = state.palette.take() else { return };
    let (page, mode) = (state.prefs.page, state.prefs.mode);
    let modal = dialog(ui, "palette", 440.0, |ui| {
        // The arrows belong to the list, not to the text.
        let step = ui.input_mut(|input| {
            let mut key = |key| i32::from(input.consume_key(egui::Modifiers::NONE, key));
            key(Key::ArrowDown) - key(Key::ArrowUp)
        });
        let field = egui::TextEdit::singleline(&mut finder.text).hint_text("Find a command").desired_width(440.0);
        let field = ui.add(field).accessible_name("Find a command");
        field.request_focus();
        let wanted = finder.text.to_lowercase();
        let fits = |command: &UiCommand| {
            let here = command.works_in(page, mode);
            here && command.text().to_lowercase().contains(&wanted) && *command != UiCommand::Palette
        };
        let found: Vec<UiCommand> = UiCommand::ALL.into_iter().filter(fits).collect();
        if field.changed() {
            finder.at = 0;
        }
        finder.at = finder.at.saturating_add_signed(step as isize).min(found.len().saturating_sub(1));
        list(ui, &state.prefs.keys, &finder, &found)
    });
    match modal.inner {
        Some(command) => out.push(Message::Command(command)),
        None if modal.should_close() => {}
        None => state.palette = Some(finder),
    }
}

fn list(ui: &mut egui::Ui, keys: &Keys, finder: &Finder, found: &[UiCommand]) -> Option<UiCommand> {
    if found.is_empty() {
        hint(ui, "No command has these letters");
        return None;
    }
    let mut chosen = ui.input(|input| input.key_pressed(Key::Enter)).then(|| found[finder.at]);
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = (ui.content_rect().height() * 0.6).max(ROW * 4.0);
    egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
        for (index, command) in found.iter().enumerate() {
            let response = row(ui, *command, keys.of(*command), index == finder.at);
            if response.clicked() {
                chosen = Some(*command);
            }
        }
    });
    chosen
}

fn row(ui: &mut egui::Ui, command: UiCommand, key: egui::KeyboardShortcut, chosen: bool) -> egui::Response {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, chosen, command.text()));
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, palette.hover);
    }
    if chosen && !ui.clip_rect().contains_rect(rect) {
        ui.scroll_to_rect(rect, None);
    }
    let font = TextStyle::Body.resolve(ui.style());
    let inner: Rect = rect.shrink2(vec2(space().m, 0.0));
    ui.painter().text(inner.left_center(), Align2::LEFT_CENTER, command.text(), font.clone(), palette.text);
    let keys = ui.format_shortcut(&key);
    ui.painter().text(inner.right_center(), Align2::RIGHT_CENTER, keys, font, palette.weak);
    response.on_hover_text(command.tooltip())
}
