//! The inspector beside the grid and the audit: one photo and everything known about it.

mod alike;
mod measured;
mod photo;
mod rules;
mod why;

use eframe::egui;

use super::Pictures;
use crate::api::PhotoRow;
use crate::domain::Attributes;
use crate::ui::command::UiCommand;
use crate::ui::evidence;
use crate::ui::lens::Glance;
use crate::ui::message::{JobKind, Message};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{band_colour, heading, hint, tip, tones};

pub(super) use photo::{draw_evidence, spoken};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, pictures: &mut Pictures<'_>, out: &mut Vec<Message>) {
    let Some(row) = state.browse.selected.and_then(|id| state.photo(id)) else { return };
    let attributes = state.audit.attributes(row.photo.id);
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        // The scroll bar stands beside, not over.
        ui.set_max_width(ui.available_width() - space().s);
        // Large, the photo stands beside with its legend.
        if !state.large.open {
            photo::show(ui, state, row, attributes, pictures, out);
            ui.add_space(space().s);
        }
        ui.add(egui::Label::new(egui::RichText::new(row.photo.file_name()).size(15.0).strong()).wrap());
        facts(ui, row);
        if let Some(error) = &row.photo.error {
            let colour = colours(ui).reject;
            ui.add(egui::Label::new(egui::RichText::new(error).color(colour)).wrap());
        }
        verdict(ui, state, row);
        why::show(ui, state, row, pictures);
        alike::show(ui, state, row, pictures, out);
        match attributes {
            Some(attributes) => {
                rules::show(ui, state, attributes);
                values(ui, state, row, attributes, pictures);
            }
            None if row.photo.error.is_none() => not_measured(ui, state, row, out),
            None => {}
        }
        ui.add_space(space().m);
        foot(ui, row, out);
    });
}

fn values(ui: &mut egui::Ui, state: &AppState, row: &PhotoRow, attributes: &Attributes, pictures: &mut Pictures<'_>) {
    ui.add_space(space().m);
    heading(ui, "Histogram");
    match pictures.evidence.look(&evidence::key(&row.photo)) {
        Glance::Ready(shown) => tones(ui, &shown.histogram),
        Glance::Waiting => drop(hint(ui, "Reading the photo…")),
        Glance::Failed(error) => drop(hint(ui, error.chain())),
    }
    measured::show(ui, state, attributes);
}

fn not_measured(ui: &mut egui::Ui, state: &AppState, row: &PhotoRow, out: &mut Vec<Message>) {
    ui.add_space(space().m);
    let entry = state.audit.catalogue.as_ref().and_then(|catalogue| catalogue.entry(row.photo.id));
    if let Some(reason) = entry.and_then(|entry| entry.error.as_deref()) {
        ui.label(format!("Cannot be measured: {reason}"));
        return;
    }
    if state.job(JobKind::Audit).is_some() {
        hint(ui, "Not measured yet; measuring is under way");
        return;
    }
    hint(ui, "Not measured yet");
    let command = UiCommand::AuditPhotos;
    let tooltip = tip(ui, command);
    if ui.button(command.text()).on_hover_text(tooltip).clicked() {
        out.push(Message::StartAudit);
    }
}

fn foot(ui: &mut egui::Ui, row: &PhotoRow, out: &mut Vec<Message>) {
    let path = row.photo.path.to_string_lossy().into_owned();
    let weak = colours(ui).weak;
    ui.add(egui::Label::new(egui::RichText::new(&path).small().color(weak)).wrap());
    ui.horizontal_wrapped(|ui| {
        let free = row.photo.error.is_none();
        let label = ui.add_enabled(free, egui::Button::new("Label it"));
        if label.on_hover_text(tip(ui, UiCommand::LabelSelected)).clicked() {
            out.push(Message::LabelPhoto(row.photo.id));
        }
        let similar = ui.add_enabled(free, egui::Button::new("Find similar"));
        if similar.on_hover_text("The photos of the project that look most like this one").clicked() {
            out.push(Message::FindSimilar(row.photo.id));
        }
        if ui.button("Copy the path").clicked() {
            out.push(Message::Copy(path));
        }
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
    if let Some(score) = state.score_of(row) {
        let band = state.prefs.edges().band(score.value);
        ui.horizontal(|ui| {
            ui.label(
                egui::RichText::new(format!("{:.0}", score.value))
                    .size(30.0)
                    .strong()
                    .color(band_colour(band, &palette)),
            );
            ui.vertical(|ui| {
                ui.label(band.text());
                hint(ui, format!("90 % interval {:.0} to {:.0}", score.low, score.high));
            });
        });
        if let Some(reason) = row.score.as_ref().and_then(|row| row.reason.as_ref()) {
            ui.add(egui::Label::new(&**reason).wrap());
        }
        if state.model_of(row).is_some_and(|model| state.is_uncalibrated(model)) {
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
