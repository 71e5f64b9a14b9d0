//! Duplicates: the groups at the left, two photos of the chosen one compared at the right. Nothing is ever deleted.

mod groups;
mod pair;

use eframe::egui::{self, Key};

use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{empty_state, primary_button, tip};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.browse.loaded {
        return;
    }
    if state.photos.is_empty() {
        empty_state(ui, "No photos yet", "Open a folder first: the search covers every photo of this project.", |ui| {
            if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
            }
        });
        return;
    }
    let running = state.job(JobKind::Duplicates).is_some();
    let Some(found) = &state.doubles.found else {
        nothing_yet(ui, state, running, out);
        return;
    };
    let (groups, photos, failed) = (found.groups.len(), found.photos, found.failed.len());
    ui.horizontal(|ui| {
        search(ui, state, running, out);
        let mut text = match groups {
            0 => format!("{} photos searched", grouped(photos as usize)),
            1 => format!("1 group among {} photos", grouped(photos as usize)),
            _ => format!("{} groups among {} photos", grouped(groups), grouped(photos as usize)),
        };
        if failed > 0 {
            text.push_str(&format!(", {} could not be read", grouped(failed)));
        }
        if state.doubles.stopped {
            text.push_str("; stopped before the end");
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let export = ui.add_enabled(groups > 0, egui::Button::new("Export…"));
            if export.on_hover_text("Write the groups to a CSV or JSON file").clicked() {
                out.push(Message::Ask(DialogFor::ExportDuplicates));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(egui::RichText::new(text).color(colours(ui).weak)).truncate());
            });
        });
    });
    ui.add_space(space().s);
    if groups == 0 {
        let (title, text) = match &state.doubles.found {
            _ if state.doubles.stopped => ("Stopped", "No duplicates were found so far. Searching again goes on."),
            Some(found) if !found.failed.is_empty() => {
                ("No duplicates", "Every photo that could be read is there once; some could not be read.")
            }
            _ => ("No duplicates", "Every photo of this project is there once."),
        };
        empty_state(ui, title, text, |_| {});
        return;
    }
    keys(ui, state, out);
    let frame = egui::Frame::new().inner_margin(egui::Margin { right: 12, ..egui::Margin::ZERO });
    egui::Panel::left("groups").show_separator_line(false).default_size(280.0).frame(frame).show(ui, |ui| {
        groups::show(ui, state, thumbs, out);
    });
    egui::CentralPanel::no_frame().show(ui, |ui| pair::show(ui, state, thumbs, out));
}

fn nothing_yet(ui: &mut egui::Ui, state: &AppState, running: bool, out: &mut Vec<Message>) {
    if running {
        empty_state(
            ui,
            "Looking for duplicates…",
            "What is seen once is remembered: the next search is quick.",
            |_| {},
        );
        return;
    }
    let text =
        "Finds equal files, and photos that differ in size, compression or a small crop alone. Nothing is deleted.";
    empty_state(ui, "Not searched yet", text, |ui| {
        if primary_button(ui, UiCommand::FindDuplicates.text(), true).clicked() {
            out.push(Message::FindDuplicates);
        }
        ui.add_space(space().s);
        // A checkbox fills the line; its own width stands in the middle.
        ui.allocate_ui(egui::vec2(150.0, 24.0), |ui| exact_choice(ui, state, out));
    });
}

fn search(ui: &mut egui::Ui, state: &AppState, running: bool, out: &mut Vec<Message>) {
    let command = UiCommand::FindDuplicates;
    let tooltip = tip(ui, command);
    if ui.add_enabled(!running, egui::Button::new("Search again")).on_hover_text(tooltip).clicked() {
        out.push(Message::FindDuplicates);
    }
    exact_choice(ui, state, out);
}

fn exact_choice(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let mut exact = state.doubles.exact_only;
    let tooltip = "Compares files byte by byte and does not look at the pictures";
    if ui.checkbox(&mut exact, "Equal files only").on_hover_text(tooltip).changed() {
        out.push(Message::ExactOnly(exact));
    }
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    // A focused slider has the arrows for itself.
    if ui.egui_wants_keyboard_input() || state.palette.is_some() || ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let steps: [(Key, Message); 6] = [
        (Key::ArrowDown, Message::StepGroup(1)),
        (Key::ArrowUp, Message::StepGroup(-1)),
        (Key::PageDown, Message::StepGroup(6)),
        (Key::PageUp, Message::StepGroup(-6)),
        (Key::ArrowRight, Message::StepMember(1)),
        (Key::ArrowLeft, Message::StepMember(-1)),
    ];
    for (key, message) in steps {
        let presses = ui.input(|input| input.num_presses(key));
        out.extend((0..presses).map(|_| message.clone()));
    }
}

/// Marks the best photo of a group at the lower left of its picture.
fn best_badge(ui: &egui::Ui, picture: egui::Rect) {
    let palette = colours(ui);
    let galley = ui.painter().layout_no_wrap("Best".to_owned(), egui::FontId::proportional(11.0), palette.on_accent);
    let size = galley.size() + egui::vec2(8.0, 2.0);
    let rect = egui::Rect::from_min_size(picture.left_bottom() + egui::vec2(2.0, -size.y - 2.0), size);
    ui.painter().rect_filled(rect, 4.0, palette.accent);
    ui.painter().galley(rect.min + egui::vec2(4.0, 1.0), galley, palette.on_accent);
}
