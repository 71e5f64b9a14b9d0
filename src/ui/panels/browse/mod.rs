//! Browse: a virtual grid of photos with filter and order.

mod bar;
mod chosen;
mod counts;
mod filter;
mod grid;
mod tile;

use std::path::PathBuf;

use eframe::egui::{self, Key, vec2};

use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::state::AppState;
use crate::ui::theme::space;
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{empty_state, primary_button};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.browse.loaded {
        return;
    }
    if state.photos.is_empty() {
        nothing_yet(ui, state, out);
        return;
    }
    bar::show(ui, state, out);
    if state.prefs.facets {
        let frame = egui::Frame::new().inner_margin(egui::Margin { right: space().m as i8, ..egui::Margin::ZERO });
        let panel = egui::Panel::left("counts").frame(frame).default_size(172.0).size_range(140.0..=300.0);
        panel.show_separator_line(false).show(ui, |ui| counts::show(ui, state, out));
    }
    if state.browse.chosen.len() > 1 {
        egui::Panel::bottom("chosen")
            .frame(egui::Frame::new())
            .show_separator_line(false)
            .show(ui, |ui| chosen::show(ui, state, out));
    }
    egui::CentralPanel::no_frame().show(ui, |ui| {
        if state.browse.visible.is_empty() {
            no_match(ui, state, out);
        } else {
            grid::show(ui, state, thumbs, out);
        }
    });
}

fn no_match(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    empty_state(ui, "No photo fits the filter", "Try fewer words, for example score<40", |ui| {
        if ui.button("Clear the filter").clicked() {
            out.push(Message::Filter(String::new()));
            out.extend(state.browse.similar.is_some().then_some(Message::DropSimilar));
        }
    });
}

fn nothing_yet(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Demo).is_some() {
        empty_state(
            ui,
            "Drawing the demo catalogue…",
            "420 photos of made-up products, in about half a minute.",
            |_| {},
        );
        return;
    }
    if state.job(JobKind::Open).is_some() {
        empty_state(ui, "Looking through the folder…", "Photos appear here as soon as they are indexed.", |_| {});
        return;
    }
    let text = "Drop a folder on the window, pick one, or type its path. Photos stay where they are.";
    empty_state(ui, "No photos yet", text, |ui| {
        if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::OpenFolder));
        }
        ui.add_space(space().s);
        let about =
            "Draws 420 photos of made-up products with known flaws and labels into this project, and shows you round";
        if ui.button("Try it on a demo catalogue").on_hover_text(about).clicked() {
            out.push(Message::StartDemo);
        }
        ui.add_space(space().s);
        if let Some(path) = path_field(ui, &mut state.open_path, "Path of a folder", "Open") {
            out.push(Message::OpenFolders(vec![path]));
        }
    });
}

/// A field for a path with a button; returns the path when it was entered.
pub(super) fn path_field(ui: &mut egui::Ui, text: &mut String, name: &str, action: &str) -> Option<PathBuf> {
    let width = 360.0;
    let mut entered = false;
    ui.allocate_ui_with_layout(vec2(width, 32.0), egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let full = !text.trim().is_empty();
        let pressed = ui.add_enabled(full, egui::Button::new(action)).clicked();
        let field = ui.add(egui::TextEdit::singleline(text).hint_text(name).desired_width(f32::INFINITY));
        let field = field.accessible_name(name);
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        entered = full && (pressed || enter);
    });
    entered.then(|| PathBuf::from(text.trim()))
}
