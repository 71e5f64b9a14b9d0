//! The rater panel: who votes, how fast and how steadily, and how raters agree.

use eframe::egui::{self, RichText};

use crate::api::clock::duration_text;
use crate::api::{Drift, RaterReport, RaterRow};
use crate::ui::message::{JobKind, Message};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint};

/// Raters listed.
const MOST: usize = 6;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space().s;
        name(ui, state, out);
        let Some(report) = &state.label.report else { return };
        ui.add_space(space().m);
        heading(ui, "This session");
        session(ui, state, report);
        ui.add_space(space().m);
        heading(ui, "Steadiness");
        steadiness(ui, report);
        if report.raters.len() > 1 {
            ui.add_space(space().m);
            heading(ui, "Raters");
            raters(ui, &report.raters);
            ui.add_space(space().m);
            heading(ui, "Agreement");
            agreement(ui, report);
        }
        ui.add_space(space().m);
        forecast(ui, state, out);
    });
}

/// What more labels would bring; worked out on request, because it takes some twenty fits.
fn forecast(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(report) = &state.learning.report else { return };
    heading(ui, "More labels");
    let known = state.learning.forecast.as_ref();
    if let Some(found) = known {
        let text = found.text.as_ref().map_or_else(
            || "Too few labels to tell yet".to_owned(),
            |text| format!("{text} SRCC, by {} labels", found.labels),
        );
        ui.add(egui::Label::new(text).wrap());
    }
    let outdated = known.is_none_or(|found| found.labels != report.labels);
    let free = state.job(JobKind::Forecast).is_none();
    let about = "How much surer the personal model would be; fitted again and again with fewer labels than there are";
    if outdated && ui.add_enabled(free, egui::Button::new("What would more bring?")).on_hover_text(about).clicked() {
        out.push(Message::StartForecast);
    }
}

fn name(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    heading(ui, "Rater");
    let id = ui.make_persistent_id("rater name");
    let kept = ui.data(|data| data.get_temp::<String>(id));
    let mut name = kept.unwrap_or_else(|| state.prefs.rater.clone());
    let field = ui.add(egui::TextEdit::singleline(&mut name).desired_width(f32::INFINITY));
    let field =
        field.accessible_name("Rater").on_hover_text("Votes are cast under this name; everyone has an own queue");
    if field.lost_focus() {
        if !ui.input(|input| input.key_pressed(egui::Key::Escape)) {
            out.push(Message::RateAs(name));
        }
        ui.data_mut(|data| data.remove_temp::<String>(id));
    } else if field.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, name));
    }
}

/// A fact: what it is at the left, its value at the right.
fn fact(ui: &mut egui::Ui, what: &str, value: &str, about: &str) {
    let row = ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(what).color(colours(ui).weak)).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(value));
    });
    row.response.on_hover_text(about);
}

fn session(ui: &mut egui::Ui, state: &AppState, report: &RaterReport) {
    fact(ui, "Votes", &report.session_votes.to_string(), "Since the last pause of half an hour");
    let Some(pace) = report.a_minute else {
        hint(ui, "The pace shows after a few votes");
        return;
    };
    fact(ui, "A minute", &format!("{pace:.0}"), "Without breaks of more than a minute");
    let left = state.label.data.progress.remaining as f64 / pace * 60_000.0;
    fact(ui, "Time left", &duration_text(left as i64), "For all photos that you have not seen, at this pace");
}

fn steadiness(ui: &mut egui::Ui, report: &RaterReport) {
    match &report.consistency {
        Some(own) => {
            let same = format!("{:.0} % of {}", 100.0 * own.same, own.repeats);
            fact(ui, "Same again", &same, "Photos that were slipped in a second time and got the same score");
            fact(
                ui,
                "Off by",
                &format!("{:.0} points", own.difference),
                "On average, between the first and the second score",
            );
        }
        None => {
            hint(ui, "One photo in twenty comes a second time, unannounced: how you score it then shows here");
        }
    }
    if let Some(drift) = &report.drift {
        fact(
            ui,
            "Drift",
            &drift_text(drift),
            "Milder (+) or stricter (−) since the session began, with its 95 % interval",
        );
    }
}

fn drift_text(drift: &Drift) -> String {
    if drift.is_clear() {
        format!("{:+.0} ± {:.0}", drift.points, drift.margin)
    } else {
        format!("none (± {:.0})", drift.margin)
    }
}

fn raters(ui: &mut egui::Ui, rows: &[RaterRow]) {
    for row in rows.iter().take(MOST) {
        let habit = row.habit;
        let value = format!("{:+.0} ± {:.0} · {}", habit.bias, habit.inconsistency, habit.scores);
        fact(ui, &row.name, &value, "Points above the panel, the deviation of single scores, and how many");
    }
    if rows.len() > MOST {
        hint(ui, format!("and {} more", rows.len() - MOST));
    }
}

fn agreement(ui: &mut egui::Ui, report: &RaterReport) {
    match report.alpha {
        Some(alpha) => {
            fact(
                ui,
                "Krippendorff α",
                &format!("{alpha:.2}"),
                "1 is perfect agreement, 0 is chance; .80 is good, below .67 is little",
            );
        }
        None => {
            hint(ui, "No photo was scored by two raters yet");
        }
    }
    if let Some(icc) = &report.icc {
        let about = format!("On {} photos that {} raters scored", icc.photos, icc.raters);
        fact(ui, "ICC, one rater", &format!("{:.2}", icc.single), &about);
        fact(ui, "ICC, the mean", &format!("{:.2}", icc.mean), &about);
    }
    if !report.corrected.is_empty() {
        let about = "Photos that several raters scored; without their biases, the steadier ones counting more";
        fact(ui, "Without biases", &format!("{} photos", report.corrected.len()), about);
    }
}
