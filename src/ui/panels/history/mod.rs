//! History: every run, its results and curves; rename, note, delete.

use eframe::egui;

use super::charts;
use crate::ui::message::Message;
use crate::ui::prefs::{Along, Page};
use crate::ui::state::AppState;
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{empty_state, hint, primary_button};

mod bar;
mod compare;
mod details;
mod models;
mod scatter;
mod sending;
mod table;

use details::metric;
pub(super) use details::use_model;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.history.loaded {
        return;
    }
    if state.history.ledger.runs.is_empty() {
        empty_state(ui, "No runs yet", "Every training is kept here with its settings, curves and results.", |ui| {
            if primary_button(ui, "Train a model", true).clicked() {
                out.push(Message::Show(Page::Train));
            }
        });
        return;
    }
    let height = (ui.available_height() * 0.34).max(120.0);
    egui::Panel::top("runs").default_size(height).resizable(true).frame(egui::Frame::new()).show(ui, |ui| {
        bar::show(ui, state, out);
        table::show(ui, state, out);
    });
    sending::show(ui, state, out);
    let below = egui::Frame::new().inner_margin(egui::Margin { top: 12, ..egui::Margin::ZERO });
    if let Some(two) = state.history.two_models.clone() {
        egui::CentralPanel::no_frame().frame(below).show(ui, |ui| models::show(ui, state, &two, thumbs, out));
        state.history.two_models.as_mut().into_iter().for_each(|two| two.reveal = false);
        return;
    }
    let margin = egui::Frame::new().inner_margin(egui::Margin { left: 24, top: 12, ..egui::Margin::ZERO });
    egui::Panel::right("details").show_separator_line(false).default_size(300.0).frame(margin).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| details::show(ui, state, out));
    });
    egui::CentralPanel::no_frame().frame(below).show(ui, |ui| {
        if let Some(axes) = &state.history.scatter {
            scatter::show(ui, state, axes, out);
            return;
        }
        let Some(view) = &state.history.view else { return };
        curve_bar(ui, state, out);
        if !state.history.beside.is_empty() {
            compare::show(ui, state, out);
        } else if view.points.is_empty() {
            empty_state(ui, "No curves", "This run ended before its first measurement.", |_| {});
        } else {
            charts::show(ui, view, state.prefs.curves, "history");
        }
    });
}

/// How the curves are drawn.
fn curve_bar(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let mut look = state.prefs.curves;
    ui.horizontal_wrapped(|ui| {
        ui.checkbox(&mut look.log_scale, "Logarithmic loss");
        ui.checkbox(&mut look.pace, "Speed").on_hover_text("Learning rate, photos a second, waiting");
        let by = |along: Along| format!("by {}", along.text());
        let combo = egui::ComboBox::from_id_salt("along").selected_text(by(look.along)).width(92.0);
        let combo = combo.show_ui(ui, |ui| {
            Along::ALL.into_iter().for_each(|along| drop(ui.selectable_value(&mut look.along, along, by(along))));
        });
        combo.response.accessible_name("What curves are drawn along");
        hint(ui, "Smoothing");
        ui.add(egui::Slider::new(&mut look.smoothing, 0.0..=0.95).fixed_decimals(2)).accessible_name("Smoothing");
    });
    if look != state.prefs.curves {
        out.push(Message::DrawCurves(look));
    }
}
