//! Several runs together: their curves on one axis, and the settings in which they differ.

use eframe::egui::{self, RichText};

use super::metric;
use crate::api::RunView;
use crate::domain::{Run, setting_differences};
use crate::ui::message::Message;
use crate::ui::panels::charts;
use crate::ui::prefs::CurveLook;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let history = &state.history;
    let views: Vec<&RunView> = history.view.iter().chain(&history.others).collect();
    ui.horizontal(|ui| {
        heading(ui, &format!("{} runs together", 1 + history.beside.len()));
        if ui.button("Show one").clicked() {
            out.push(Message::CompareNone);
        }
    });
    egui::ScrollArea::both().id_salt("together").auto_shrink([false, false]).show(ui, |ui| {
        let height = ((ui.available_height() - 160.0) / 2.0).clamp(96.0, 260.0);
        let look = state.prefs.curves;
        let plain = CurveLook { log_scale: false, ..look };
        charts::together(ui, &views, "validation_srcc", "Validation SRCC", plain, height);
        charts::together(ui, &views, "validation_loss", "Validation loss", look, height);
        ui.add_space(space().s);
        table(ui, &views);
    });
}

/// Results, then the settings that differ; a column a run.
fn table(ui: &mut egui::Ui, views: &[&RunView]) {
    let palette = colours(ui);
    let runs: Vec<&Run> = views.iter().map(|view| &view.run).collect();
    let result = |name: &str| -> Vec<String> {
        runs.iter().map(|run| metric(run, name).map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))).collect()
    };
    let mut rows =
        vec![("Validation SRCC".to_owned(), result("validation_srcc")), ("Test SRCC".to_owned(), result("test_srcc"))];
    let settings = setting_differences(&runs);
    let same = settings.is_empty();
    rows.extend(settings);
    egui::Grid::new("differences").num_columns(1 + runs.len()).spacing([18.0, 6.0]).show(ui, |ui| {
        ui.label("");
        for (place, run) in runs.iter().enumerate() {
            ui.label(RichText::new(&run.meta.name).color(charts::tint(place, &palette)).strong());
        }
        ui.end_row();
        for (name, values) in rows {
            hint(ui, name);
            values.into_iter().for_each(|value| drop(ui.label(value)));
            ui.end_row();
        }
    });
    if same {
        hint(ui, "All settings are the same.");
    }
}
