//! The list of keys of the label page: a click on one waits for another.

use eframe::egui::{self, Key, KeyboardShortcut, Modifiers};

use crate::ui::keys::{Bound, Keys};
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::space;
use crate::ui::widgets::{dialog, hint};

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(waiting) = &state.label.keys else { return };
    if let Some(pressed) = waiting.as_ref().and_then(|_| pressed(ui)) {
        out.push(match pressed.logical_key {
            Key::Escape => Message::ChooseKey(Some(None)),
            _ => Message::GiveKey(pressed),
        });
    }
    let modal = dialog(ui, "keys", 380.0, |ui| {
        ui.strong("Keys of the Label page");
        hint(ui, "Click a key, then press the one that it is to be. Escape leaves it.");
        ui.add_space(space().m);
        egui::ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            rows(ui, state, waiting.as_ref(), out);
        });
        ui.add_space(space().m);
        ui.horizontal(|ui| {
            if ui.button("Close").clicked() {
                out.push(Message::ChooseKey(None));
            }
            if ui.add_enabled(!state.prefs.keys.is_untouched(), egui::Button::new("Reset all")).clicked() {
                out.push(Message::ResetKeys);
            }
        });
    });
    if waiting.is_none() && modal.should_close() {
        out.push(Message::ChooseKey(None));
    }
}

fn rows(ui: &mut egui::Ui, state: &AppState, waiting: Option<&Bound>, out: &mut Vec<Message>) {
    let keys = &state.prefs.keys;
    let commands =
        Keys::changeable().map(|command| (Bound::Command(command), command.text().to_owned(), Some(keys.of(command))));
    let defects = state.label.defects().enumerate().map(|(place, tag)| {
        (Bound::Defect(tag.name.clone()), format!("Defect: {}", tag.name), keys.of_defect(&tag.name, place))
    });
    for (bound, text, key) in commands.chain(defects) {
        ui.horizontal(|ui| {
            ui.label(&text);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let waits = waiting == Some(&bound);
                let shown = key.map_or_else(|| "–".to_owned(), |key| ui.format_shortcut(&key));
                let shown = if waits { "press a key…".to_owned() } else { shown };
                let button = ui.add(egui::Button::new(shown).selected(waits).min_size(egui::vec2(96.0, 24.0)));
                if button.accessible_name(format!("Change the key of {text}")).clicked() {
                    out.push(Message::ChooseKey(Some(Some(bound))));
                }
            });
        });
    }
}

/// The key that was pressed in this frame; it does nothing else.
fn pressed(ui: &egui::Ui) -> Option<KeyboardShortcut> {
    ui.input_mut(|input| {
        let found = input.events.iter().position(|event| matches!(event, egui::Event::Key { pressed: true, .. }))?;
        let egui::Event::Key { key, modifiers, .. } = input.events.remove(found) else { return None };
        let mut held = Modifiers::NONE;
        for (is_held, modifier) in [
            (modifiers.command, Modifiers::COMMAND),
            (modifiers.alt, Modifiers::ALT),
            (modifiers.shift, Modifiers::SHIFT),
        ] {
            if is_held {
                held |= modifier;
            }
        }
        Some(KeyboardShortcut::new(held, key))
    })
}
