//! Defects: a key toggles each on the photo on screen; Enter goes on.

use eframe::egui::{self, vec2};

use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::space;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    keys(ui, state, out);
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(0, 10));
    egui::Panel::bottom("defects").show_separator_line(false).frame(frame).show(ui, |ui| {
        let free = state.label.saving.is_none();
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space().s, space().s);
            for (place, tag) in state.label.defects().enumerate() {
                let key = state.prefs.keys.of_defect(&tag.name, place).map(|key| ui.format_shortcut(&key));
                let text = format!("{}  {}", key.unwrap_or_default(), tag.name);
                let button =
                    egui::Button::new(text.trim()).selected(state.label.is_tagged(tag.id)).min_size(vec2(84.0, 36.0));
                if ui.add_enabled(free, button).on_hover_text("Tags the photo, or takes the tag off").clicked() {
                    out.push(Message::ToggleTag(tag.id));
                }
            }
            add(ui, out);
            let any = state.label.defects().any(|tag| state.label.is_tagged(tag.id));
            let key = ui.format_shortcut(&state.prefs.keys.of(UiCommand::Done));
            let text = format!("{key}  {}", if any { "Done" } else { "No defect" });
            let button = egui::Button::new(text).min_size(vec2(108.0, 36.0));
            if ui.add_enabled(free, button).on_hover_text(UiCommand::Done.tooltip()).clicked() {
                out.push(Message::Command(UiCommand::Done));
            }
        });
    });
}

/// A field for a defect that is not there yet.
fn add(ui: &mut egui::Ui, out: &mut Vec<Message>) {
    let id = ui.make_persistent_id("new defect");
    let mut name = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default();
    let field = egui::TextEdit::singleline(&mut name).hint_text("Add a defect").desired_width(104.0);
    let response = ui.add_sized(vec2(112.0, 36.0), field).accessible_name("Add a defect");
    // Enter ends the typing and nothing else: it must not go on to the next photo, too.
    let entered =
        response.lost_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Enter));
    if entered && !name.trim().is_empty() {
        out.push(Message::AddTag(std::mem::take(&mut name)));
    }
    ui.data_mut(|data| data.insert_temp(id, name));
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let blocked = ui.egui_wants_keyboard_input() || state.palette.is_some() || state.label.keys.is_some();
    if blocked || state.label.saving.is_some() {
        return;
    }
    for (place, tag) in state.label.defects().enumerate() {
        let Some(key) = state.prefs.keys.of_defect(&tag.name, place) else { continue };
        if ui.input_mut(|input| !input.modifiers.alt && input.consume_shortcut(&key)) {
            out.push(Message::ToggleTag(tag.id));
            // One vote at a time.
            return;
        }
    }
}
