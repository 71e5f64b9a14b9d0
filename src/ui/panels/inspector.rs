//! The inspector beside the grid: one photo and everything known about it.

use eframe::egui::{self, Sense, vec2};

use crate::api::PhotoRow;
use crate::domain::{Attribute, Attributes};
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{Slot, Thumbs};
use crate::ui::widgets::{band, broken_box, heading, hint, photo_box, wait_box};

/// Longest side of the inspector's picture, in pixels.
const EDGE: u32 = 1024;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(row) = state.browse.selected.and_then(|id| state.photo(id)) else { return };
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let width = ui.available_width();
        let (rect, _) = ui.allocate_exact_size(vec2(width, (width * 0.9).min(340.0)), Sense::hover());
        let palette = colours(ui);
        ui.painter().rect_filled(rect, 6.0, palette.background);
        if row.photo.error.is_some() {
            broken_box(ui.painter(), rect, &palette);
        } else {
            let slot = thumbs.get(&row.photo.path, &row.photo.sha256, EDGE);
            photo_box(ui.painter(), rect, slot, &palette);
            wait_box(ui, rect, slot);
            if let Slot::Failed(error) = slot {
                ui.add(egui::Label::new(egui::RichText::new(error.chain()).color(palette.reject)).wrap());
            }
        }
        ui.add_space(space().s);
        ui.add(egui::Label::new(egui::RichText::new(row.photo.file_name()).size(15.0).strong()).wrap());
        facts(ui, row);
        if let Some(error) = &row.photo.error {
            ui.add(egui::Label::new(egui::RichText::new(error).color(palette.reject)).wrap());
        }
        verdict(ui, state, row);
        if let Some(attributes) = row.score.as_ref().and_then(|score| score.attributes) {
            ui.add_space(space().m);
            heading(ui, "Measured");
            measured(ui, &attributes);
        }
        ui.add_space(space().m);
        let path = row.photo.path.to_string_lossy().into_owned();
        ui.add(egui::Label::new(egui::RichText::new(&path).small().color(palette.weak)).wrap());
        ui.horizontal_wrapped(|ui| {
            let free = row.photo.error.is_none();
            let label = ui.add_enabled(free, egui::Button::new("Label it"));
            if label.on_hover_text(UiCommand::LabelSelected.tooltip()).clicked() {
                out.push(Message::LabelPhoto(row.photo.id));
            }
            if ui.button("Copy the path").clicked() {
                out.push(Message::Copy(path));
            }
        });
    });
}

fn facts(ui: &mut egui::Ui, row: &PhotoRow) {
    let photo = &row.photo;
    let mut parts = Vec::new();
    if photo.width > 0 {
        parts.push(format!("{} × {} px", photo.width, photo.height));
    }
    parts.push(format!("{} kB", photo.bytes / 1000));
    parts.extend((!photo.format.is_empty()).then(|| photo.format.to_uppercase()));
    parts.extend(photo.group.as_ref().map(|group| format!("group {group}")));
    hint(ui, parts.join(" · "));
}

fn verdict(ui: &mut egui::Ui, state: &AppState, row: &PhotoRow) {
    let palette = colours(ui);
    ui.add_space(space().m);
    if let Some(score) = row.score.as_ref().and_then(|row| row.score) {
        let band = band(score.value, state.prefs.reject_below, state.prefs.accept_from);
        ui.horizontal(|ui| {
            ui.label(
                egui::RichText::new(format!("{:.0}", score.value)).size(30.0).strong().color(band.colour(&palette)),
            );
            ui.vertical(|ui| {
                ui.label(band.text());
                hint(ui, format!("90 % interval {:.0} to {:.0}", score.low, score.high));
            });
        });
        if let Some(reason) = row.score.as_ref().and_then(|row| row.reason.as_ref()) {
            ui.add(egui::Label::new(reason).wrap());
        }
        if row.score.as_ref().is_some_and(|row| state.is_uncalibrated(&row.model)) {
            hint(ui, "The interval is not calibrated on your photos");
        }
    } else if row.photo.error.is_none() {
        hint(ui, "Not scored yet");
    }
    match row.label {
        Some(label) => {
            let raters = if label.n == 1 { "1 rater".to_owned() } else { format!("{} raters", label.n) };
            ui.label(format!("Label {:.0} by {raters}", label.mos));
        }
        None => drop(hint(ui, "No label yet")),
    }
}

fn measured(ui: &mut egui::Ui, attributes: &Attributes) {
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("measured").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
        for attribute in Attribute::all() {
            let Some(value) = attributes.get(attribute) else { continue };
            hint(ui, attribute.words());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(attribute.write_short(value));
            });
            ui.end_row();
        }
    });
}
