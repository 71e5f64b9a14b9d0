//! Train: settings on the left, live curves in the middle, the verdict at the end.

use eframe::egui::{self, RichText};
use serde_json::Value;

use super::job_strip::left_ms;
use super::{charts, history};
use crate::api::RunView;
use crate::api::clock::duration_text;
use crate::domain::RunStatus;
use crate::ui::command::UiCommand;
use crate::ui::message::{JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::prefs::{CurveLook, Page};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{empty_state, heading, hint, tip};

mod data;
mod form;
mod samples;
mod settings;

pub(super) use data::FEWEST;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin { right: 24, ..egui::Margin::ZERO });
    egui::Panel::left("settings").show_separator_line(false).exact_size(304.0).resizable(false).frame(frame).show(
        ui,
        |ui| {
            egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| form::show(ui, state, out));
        },
    );
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let Some(view) = state.train.view.clone() else {
            nothing_yet(ui, state, out);
            return;
        };
        let margin = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
        egui::Panel::bottom("training")
            .show_separator_line(false)
            .frame(margin)
            .show(ui, |ui| status(ui, state, &view, out));
        samples::show(ui, state, &view, thumbs);
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.checkbox(&mut state.train.log_scale, "Logarithmic loss");
                ui.checkbox(&mut state.train.pace, "Speed").on_hover_text("Learning rate, photos a second, waiting");
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    heading(ui, &view.run.meta.name);
                    hint(ui, view.run.status.name());
                });
            });
        });
        if view.run.status == RunStatus::Completed {
            verdict(ui, state, &view, out);
        }
        let look = CurveLook { log_scale: state.train.log_scale, pace: state.train.pace, ..CurveLook::default() };
        if !view.points.is_empty() {
            charts::show(ui, &view, look, "train");
        } else if view.run.status == RunStatus::Running {
            empty_state(ui, "Getting ready…", "The curves begin with the first step.", |_| {});
        } else {
            empty_state(ui, "No curves", "This run ended before its first measurement.", |_| {});
        }
    });
}

fn nothing_yet(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Train).is_some() {
        empty_state(ui, "Getting ready…", "The photos are read once; then the curves begin.", |_| {});
        return;
    }
    let text = "Choose the settings on the left and start; the curves appear here and stay in the history.";
    let earlier = state.history.ledger.runs.len();
    let title = if earlier == 0 { "No training yet" } else { "No training under way" };
    empty_state(ui, title, text, |ui| {
        let text =
            if earlier == 1 { "The earlier one".to_owned() } else { format!("The {} earlier ones", grouped(earlier)) };
        if earlier > 0 && ui.button(text).on_hover_text(tip(ui, UiCommand::ShowHistory)).clicked() {
            out.push(Message::Show(Page::History));
        }
    });
}

/// The line below the curves: how fast, on what, how long still; and what can be done.
fn status(ui: &mut egui::Ui, state: &AppState, view: &RunView, out: &mut Vec<Message>) {
    let palette = colours(ui);
    if let Some(error) = &view.run.error {
        ui.add(egui::Label::new(RichText::new(error).color(palette.reject)).wrap());
    }
    let Some(job) = state.job(JobKind::Train) else {
        ui.horizontal(|ui| {
            let can = matches!(view.run.status, RunStatus::Cancelled | RunStatus::Interrupted | RunStatus::Failed);
            if can && ui.button("Resume").on_hover_text("Goes on exactly where it stopped").clicked() {
                out.push(Message::ResumeRun(view.run.id.clone()));
            }
            let device = state.train.device.as_ref().unwrap_or(&view.run.device);
            ui.add(egui::Label::new(RichText::new(format!("Device {device}")).color(palette.weak)).truncate());
        });
        return;
    };
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let free = !job.stopping;
            let stop = if job.stopping { "Stopping…" } else { "Stop training" };
            if ui.add_enabled(free, egui::Button::new(stop)).on_hover_text("It can be resumed later").clicked() {
                out.push(Message::Stop(JobKind::Train));
            }
            let pause = if job.paused { "Go on training" } else { "Pause training" };
            if ui.add_enabled(free, egui::Button::new(pause)).clicked() {
                out.push(Message::Pause(JobKind::Train, !job.paused));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let detail = job.progress.as_ref().map_or("", |progress| progress.detail.as_str());
                let left = left_ms(job, state.now_ms).filter(|_| !job.paused && !job.stopping);
                let left = left.map_or_else(String::new, |left| format!(" · {} left", duration_text(left + 999)));
                ui.add(egui::Label::new(RichText::new(format!("{detail}{left}")).color(palette.weak)).truncate());
            });
        });
    });
}

/// What the run is worth, in words.
fn verdict(ui: &mut egui::Ui, state: &AppState, view: &RunView, out: &mut Vec<Message>) {
    let number = |name: &str| view.run.summary.get(name).and_then(Value::as_f64);
    let Some(srcc) = number("test_srcc") else { return };
    let palette = colours(ui);
    let frame = egui::Frame::new().fill(palette.background).corner_radius(8).inner_margin(12);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let (low, high) = (number("test_srcc_low"), number("test_srcc_high"));
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(in_words(srcc, low)).strong());
        });
        let mut parts = vec![format!("SRCC {srcc:.2}")];
        if let (Some(low), Some(high)) = (low, high) {
            parts.push(format!("95 % interval {low:.2} to {high:.2}"));
        }
        if let (Some(n), Some(groups)) = (number("test_n"), number("test_groups")) {
            parts.push(format!("on {n:.0} photos of {groups:.0} products it never saw"));
        }
        hint(ui, parts.join(" · "));
        let parts = [
            number("test_mae").map(|mae| format!("Off by {mae:.1} points on average (MAE)")),
            number("test_rmse").map(|rmse| format!("RMSE {rmse:.1}")),
            number("test_plcc").map(|plcc| format!("PLCC {plcc:.2}")),
        ];
        hint(ui, parts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
        let words = |name: &str| view.run.summary.get(name).and_then(Value::as_str);
        if let Some(found) = words("verdict") {
            ui.add(egui::Label::new(RichText::new(against_the_start(found)).strong()).wrap());
        }
        if let Some(found) = words("rival_verdict") {
            hint(ui, format!("Beside the model that scored until then: {found}"));
        }
        history::use_model(ui, state, &view.run.id, out);
    });
    ui.add_space(space().s);
}

/// What a fine-tuning gained over the model it started from, and what follows.
fn against_the_start(verdict: &str) -> String {
    let mut letters = verdict.chars();
    let start = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let follows = if verdict.starts_with("better") {
        "The new model is kept."
    } else {
        "It is not kept: scores go on coming from the model it started from."
    };
    format!("{start}{}. {follows}", letters.as_str())
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

    #[test]
    fn a_fine_tuning_says_whether_it_is_kept() {
        let text = against_the_start("not better than default: SRCC +0.010, 95 % interval −0.010…+0.030");
        assert_eq!(
            text,
            "Not better than default: SRCC +0.010, 95 % interval −0.010…+0.030. It is not kept: scores go on coming from the model it \
             started from."
        );
        assert!(
            against_the_start("better than default: SRCC +0.040, 95 % interval +0.010…+0.070").ends_with("is kept.")
        );
    }
}
