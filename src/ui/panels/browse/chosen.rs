//! What can be done to several photos at once.

use eframe::egui;

use crate::domain::LEVEL_WORDS;
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, MOST_COMPARED};
use crate::ui::theme::{colours, space};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    ui.add_space(space().s);
    egui::Frame::new().fill(palette.raised).corner_radius(8.0).inner_margin(space().m).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.strong(format!("{} selected", grouped(state.browse.chosen.len())));
            ui.add_space(space().m);
            ui.add_enabled_ui(!state.browse.rating, |ui| {
                for (word, level) in LEVEL_WORDS.into_iter().zip(1..) {
                    let button = ui.button(format!("{level}  {word}"));
                    if button.on_hover_text(format!("Label all of them {} ({level})", word.to_lowercase())).clicked() {
                        out.push(Message::RateChosen(level));
                    }
                }
            });
            ui.add_space(space().m);
            let command = UiCommand::Compare;
            let few = state.browse.chosen.len() <= MOST_COMPARED;
            let compare = ui.add_enabled(few, egui::Button::new("Compare"));
            let key = ui.format_shortcut(&command.shortcut());
            let compare = compare.on_hover_text(format!("{} ({key})", command.tooltip()));
            if compare.on_disabled_hover_text("For two to four photos").clicked() {
                out.push(Message::Command(command));
            }
            if ui.button("Copy the paths").clicked() {
                let rows = state.browse.chosen.iter().filter_map(|index| state.photos.get(index));
                let paths: Vec<String> = rows.map(|row| row.photo.path.to_string_lossy().into_owned()).collect();
                out.push(Message::Copy(paths.join("\n")));
            }
            if ui.button("Clear").on_hover_text("Select only the outlined photo (Esc)").clicked() {
                out.push(Message::SelectNone);
            }
        });
    });
}
