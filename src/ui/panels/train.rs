//! Train: settings on the left, live curves in the middle, the verdict at the end.

use eframe::egui::{self, RichText};
use serde_json::Value;

use super::charts;
use crate::api::{RunView, list_architectures};
use crate::config::{DeviceChoice, LossKind, TrainConfig};
use crate::domain::RunStatus;
use crate::ui::message::{JobKind, Message};
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{empty_state, heading, hint, primary_button};

/// Fewest labels a training accepts.
const FEWEST: u64 = 20;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin { right: 16, ..egui::Margin::ZERO });
    egui::Panel::left("settings").exact_size(280.0).resizable(false).frame(frame).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| settings(ui, state, out));
    });
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let Some(view) = state.train.view.clone() else {
            nothing_yet(ui, state, out);
            return;
        };
        ui.horizontal(|ui| {
            heading(ui, &view.run.meta.name);
            hint(ui, format!("{} · {}", view.run.status.name(), view.run.device));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.checkbox(&mut state.train.log_scale, "Logarithmic loss");
            });
        });
        if view.run.status == RunStatus::Completed {
            verdict(ui, &view);
        }
        resume(ui, state, &view, out);
        charts::show(ui, &view.points, charts::best_step(&view.points), state.train.log_scale, "train");
    });
}

fn nothing_yet(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Train).is_some() {
        empty_state(ui, "Getting ready…", "The photos are read once; then the curves begin.", |_| {});
        return;
    }
    let text = "Choose the settings on the left and start; the curves appear here and stay in the history.";
    empty_state(ui, "No training yet", text, |ui| {
        if state.label.data.progress.labelled < FEWEST && ui.button("Label photos").clicked() {
            out.push(Message::Show(Page::Label));
        }
    });
}

fn resume(ui: &mut egui::Ui, state: &AppState, view: &RunView, out: &mut Vec<Message>) {
    let can = matches!(view.run.status, RunStatus::Cancelled | RunStatus::Interrupted | RunStatus::Failed);
    if can && state.job(JobKind::Train).is_none() {
        ui.horizontal(|ui| {
            if ui.button("Resume").on_hover_text("Goes on exactly where it stopped").clicked() {
                out.push(Message::ResumeRun(view.run.id.clone()));
            }
            hint(ui, "This run has not finished.");
        });
    }
    if let Some(error) = &view.run.error {
        let reject = colours(ui).reject;
        ui.colored_label(reject, error);
    }
}

fn settings(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    heading(ui, "New training");
    data_summary(ui, state);
    ui.add_space(space().s);
    let AppState { config, train, .. } = state;
    hint(ui, "Name");
    let name = egui::TextEdit::singleline(&mut train.name).hint_text("made up when empty").desired_width(f32::INFINITY);
    ui.add(name);
    form(ui, &mut config.train);
    ui.collapsing("Advanced", |ui| advanced(ui, &mut config.train));
    ui.add_space(space().m);
    let enough = state.label.data.progress.labelled >= FEWEST;
    let idle = state.job(JobKind::Train).is_none();
    if primary_button(ui, "Start training", enough && idle).clicked() {
        let (config, name) = (Box::new(state.config.train.clone()), state.train.name.trim().to_owned());
        out.push(Message::StartTraining(config, name));
    }
    if !idle {
        hint(ui, "A training is under way; the strip below stops or pauses it.");
    }
}

fn data_summary(ui: &mut egui::Ui, state: &AppState) {
    let progress = state.label.data.progress;
    hint(ui, format!("{} labelled photos of {}", progress.labelled, progress.photos));
    let review = colours(ui).review;
    let warning = match progress.labelled {
        n if n < FEWEST => Some(format!("{} more labels are needed to train at all.", FEWEST - n)),
        n if n < 200 => Some("With fewer than 200 labels, results vary a lot; the interval tells how much.".to_owned()),
        _ => None,
    };
    if let Some(warning) = warning {
        ui.add(egui::Label::new(RichText::new(warning).color(review)).wrap());
    }
}

fn form(ui: &mut egui::Ui, config: &mut TrainConfig) {
    egui::Grid::new("form").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
        hint(ui, "Architecture");
        egui::ComboBox::from_id_salt("architecture").selected_text(&config.architecture).width(150.0).show_ui(
            ui,
            |ui| {
                for found in list_architectures() {
                    let text = format!("{} ({:.1} M parameters)", found.name, found.parameters as f64 / 1e6);
                    ui.selectable_value(&mut config.architecture, found.name.to_owned(), text)
                        .on_hover_text(found.about);
                }
            },
        );
        ui.end_row();
        hint(ui, "Loss");
        let losses = [(LossKind::Huber, "Huber"), (LossKind::Mse, "MSE"), (LossKind::Mae, "MAE")];
        choice(ui, "loss", &mut config.loss, &losses);
        ui.end_row();
        hint(ui, "Device");
        let devices = [(DeviceChoice::Auto, "Auto"), (DeviceChoice::Gpu, "GPU"), (DeviceChoice::Cpu, "CPU")];
        choice(ui, "device", &mut config.device, &devices);
        ui.end_row();
        hint(ui, "Epochs");
        ui.add(egui::DragValue::new(&mut config.epochs).range(1..=1000));
        ui.end_row();
    });
}

fn choice<T: PartialEq + Copy>(ui: &mut egui::Ui, id: &str, value: &mut T, options: &[(T, &str)]) {
    let shown = options.iter().find(|option| option.0 == *value).map_or("", |option| option.1);
    egui::ComboBox::from_id_salt(id).selected_text(shown).width(150.0).show_ui(ui, |ui| {
        for (option, text) in options {
            ui.selectable_value(value, *option, *text);
        }
    });
}

fn advanced(ui: &mut egui::Ui, config: &mut TrainConfig) {
    egui::Grid::new("advanced").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
        let mut row = |text: &str, widget: egui::DragValue<'_>| {
            hint(ui, text);
            ui.add(widget);
            ui.end_row();
        };
        row("Photos a step", egui::DragValue::new(&mut config.batch_size).range(2..=512));
        row(
            "Learning rate",
            egui::DragValue::new(&mut config.learning_rate).range(1e-6..=1.0).speed(1e-4).max_decimals(6),
        );
        row("Weight decay", egui::DragValue::new(&mut config.weight_decay).range(0.0..=1.0).speed(0.005));
        row("Patience (epochs)", egui::DragValue::new(&mut config.patience).range(0..=1000));
        row("Validation share", egui::DragValue::new(&mut config.validation_share).range(0.05..=0.5).speed(0.005));
        row("Test share", egui::DragValue::new(&mut config.test_share).range(0.0..=0.5).speed(0.005));
        row("Seed", egui::DragValue::new(&mut config.seed));
    });
}

/// What the run is worth, in words.
fn verdict(ui: &mut egui::Ui, view: &RunView) {
    let number = |name: &str| view.run.summary.get(name).and_then(Value::as_f64);
    let Some(srcc) = number("test_srcc") else { return };
    let palette = colours(ui);
    let frame = egui::Frame::new().fill(palette.background).corner_radius(8).inner_margin(12);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let (low, high) = (number("test_srcc_low"), number("test_srcc_high"));
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("SRCC {srcc:.2}")).size(20.0).strong());
            if let (Some(low), Some(high)) = (low, high) {
                hint(ui, format!("95 % interval {low:.2} to {high:.2}"));
            }
            let groups = number("test_groups").unwrap_or(0.0);
            hint(ui, format!("on {:.0} photos of {groups:.0} groups it never saw", number("test_n").unwrap_or(0.0)));
        });
        ui.label(in_words(srcc, low));
        let parts = [("PLCC", "test_plcc", 2), ("MAE", "test_mae", 1), ("RMSE", "test_rmse", 1)];
        let parts = parts
            .iter()
            .filter_map(|(text, name, digits)| number(name).map(|value| format!("{text} {value:.digits$}")));
        hint(ui, parts.collect::<Vec<_>>().join(" · "));
    });
    ui.add_space(space().s);
}

/// The verdict rests on the lower end of the interval: what is sure, not what is hoped.
fn in_words(srcc: f64, low: Option<f64>) -> &'static str {
    match low {
        None => "Too few held-out groups to say how good it is; label photos of more products.",
        Some(low) if low <= 0.0 => "It may be no better than chance; more labels are needed.",
        Some(_) if srcc < 0.5 => "It sorts roughly: useful to find the worst photos, not to judge single ones.",
        Some(low) if low < 0.6 => "It follows your labels well, but the interval is wide; more labels make it surer.",
        Some(_) if srcc < 0.8 => "It follows your labels well.",
        Some(_) => "It follows your labels closely.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_never_claims_more_than_the_interval() {
        assert!(in_words(0.9, Some(-0.1)).contains("chance"));
        assert!(in_words(0.9, Some(0.3)).contains("wide"));
        assert!(in_words(0.9, None).contains("Too few"));
        assert!(in_words(0.85, Some(0.8)).contains("closely"));
    }
}
