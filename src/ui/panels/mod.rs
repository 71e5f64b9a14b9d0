//! The pages and what surrounds them. Panels read the state and return messages; only text being typed is theirs.

mod audit;
mod browse;
mod charts;
mod compare;
mod duplicates;
mod history;
mod hud;
mod inspector;
mod job_strip;
mod label;
mod large;
mod messages;
mod palette;
mod rail;
mod score;
mod score_out;
mod score_table;
mod toasts;
mod tour;
mod train;

use eframe::egui;

pub(super) use hud::hud;
pub(super) use tour::STEPS as TOUR;

use super::evidence::EvidenceLens;
use super::insight::InsightLens;
use super::message::Message;
use super::prefs::Page;
use super::state::AppState;
use super::theme::{colours, space};
use super::thumbs::Thumbs;

/// Where panels get what they draw.
pub struct Pictures<'a> {
    /// Photos.
    pub thumbs: &'a mut Thumbs,
    /// What was measured on the selected photo.
    pub evidence: &'a mut EvidenceLens,
    /// Why the selected photo has its score.
    pub insight: &'a mut InsightLens,
}

/// Draws the whole window and returns what the person did.
pub fn show(ui: &mut egui::Ui, state: &mut AppState, pictures: &mut Pictures<'_>) -> Vec<Message> {
    let mut out = Vec::new();
    let palette = colours(ui);
    let plain = egui::Frame::new().fill(palette.background);
    egui::Panel::left("rail")
        .exact_size(84.0)
        .resizable(false)
        .frame(plain)
        .show(ui, |ui| rail::show(ui, state, &mut out));
    if !state.jobs.is_empty() {
        let frame = egui::Frame::new().fill(palette.background).inner_margin(egui::Margin::symmetric(16, 6));
        egui::Panel::bottom("jobs").frame(frame).show(ui, |ui| job_strip::show(ui, state, &mut out));
    }
    let frame = egui::Frame::new().fill(palette.panel).inner_margin(egui::Margin::same(space().xl as i8));
    let inspects = matches!(state.prefs.page, Page::Browse | Page::Audit);
    if inspects && state.browse.selected.is_some() {
        egui::Panel::right("inspector").default_size(352.0).size_range(300.0..=600.0).frame(frame).show(ui, |ui| {
            inspector::show(ui, state, pictures, &mut out);
        });
    }
    egui::CentralPanel::no_frame().frame(frame).show(ui, |ui| match state.prefs.page {
        Page::Browse if !state.compared().is_empty() => compare::show(ui, state, pictures.thumbs, &mut out),
        Page::Browse | Page::Audit if state.large.open && state.browse.selected.is_some() => {
            large::show(ui, state, pictures, &mut out);
        }
        Page::Browse => browse::show(ui, state, pictures.thumbs, &mut out),
        Page::Label => label::show(ui, state, pictures.thumbs, &mut out),
        Page::Train => train::show(ui, state, pictures.thumbs, &mut out),
        Page::Score => score::show(ui, state, pictures.thumbs, &mut out),
        Page::Audit => audit::show(ui, state, pictures.thumbs, &mut out),
        Page::Duplicates => duplicates::show(ui, state, pictures.thumbs, &mut out),
        Page::History => history::show(ui, state, pictures.thumbs, &mut out),
    });
    palette::show(ui, state, &mut out);
    messages::show(ui, state, &mut out);
    tour::show(ui, state, &mut out);
    toasts::show(ui, state, &mut out);
    drop_hint(ui, state);
    out
}

/// Tells what a drop will do while files hover over the window.
fn drop_hint(ui: &egui::Ui, state: &AppState) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let palette = colours(ui);
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
    let painter = ui.layer_painter(layer);
    let rect = ui.content_rect();
    painter.rect_filled(rect, 0.0, palette.background.gamma_multiply(0.85));
    let text = if state.prefs.page == Page::Score { "Drop to score these photos" } else { "Drop to open these photos" };
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, egui::FontId::proportional(24.0), palette.text);
}
