//! Score: drop a folder, watch the scores come in, sort them, export them.

use eframe::egui::{self, RichText, Sense, vec2};

use super::browse::path_field;
use super::{score_out, score_table};
use crate::domain::Band;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{LARGE, Thumbs};
use crate::ui::triage::Prices;
use crate::ui::widgets::{
    band_shape, broken_box, empty_state, hint, histogram, photo_box, primary_button, tip, wait_box,
};

/// Columns of the histogram.
const COLUMNS: usize = 50;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if state.score.rows.is_empty() {
        nothing_yet(ui, state, out);
        return;
    }
    bar(ui, state, out);
    score_out::show(ui, state, out);
    let edges = (state.prefs.reject_below, state.prefs.accept_from);
    if let Some((reject, accept)) = histogram(ui, &state.score.triage.columns(COLUMNS), edges) {
        out.push(Message::Bands(reject, accept));
    }
    counts(ui, state);
    costs(ui, state, out);
    if state.score.selected.is_some() {
        let frame = egui::Frame::new().inner_margin(egui::Margin { left: 16, ..egui::Margin::ZERO });
        egui::Panel::right("scored photo").show_separator_line(false).default_size(320.0).frame(frame).show(ui, |ui| {
            beside(ui, state, thumbs, out);
        });
    }
    egui::CentralPanel::no_frame().show(ui, |ui| score_table::show(ui, state, thumbs, out));
}

fn nothing_yet(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Score).is_some() {
        empty_state(ui, "Scoring…", "The first scores appear in a moment.", |_| {});
        return;
    }
    let text = "Every photo gets a score from 0 to 100 with an interval and a reason. Nothing is moved or changed.";
    empty_state(ui, "Drop a folder here", text, |ui| {
        if primary_button(ui, UiCommand::ScoreFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::ScoreFolder));
        }
        if !state.photos.is_empty() {
            ui.add_space(space().s);
            let text = format!("Score the {} photos of this project", grouped(state.photos.len()));
            if ui.button(text).clicked() {
                out.push(Message::StartScoring(Vec::new(), state.score.model.clone()));
            }
        }
        ui.add_space(space().s);
        model_choice(ui, state);
        ui.add_space(space().m);
        if let Some(path) = path_field(ui, &mut state.score.path, "Path of a folder", "Score") {
            out.push(Message::StartScoring(vec![path], state.score.model.clone()));
        }
    });
}

fn model_choice(ui: &mut egui::Ui, state: &mut AppState) {
    let AppState { models, score, .. } = state;
    let newest = match models.as_slice() {
        [] | [_] => "Shipped model".to_owned(),
        [newest, ..] => format!("{} (newest)", newest.name),
    };
    let chosen = score.model.as_ref().and_then(|id| models.iter().find(|model| model.card.id.0 == *id));
    let shown = chosen.map_or_else(|| newest.clone(), |model| model.name.clone());
    let combo = egui::ComboBox::from_id_salt("model").selected_text(shown).width(200.0).truncate();
    let combo = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut score.model, None, newest);
        for model in models.iter() {
            let short = model.card.id.0.get(..8).unwrap_or_default();
            ui.selectable_value(&mut score.model, Some(model.card.id.0.clone()), format!("{}  {short}", model.name));
        }
    });
    let about = "The model that scores. The shipped one has learnt from spoilt photos and knows no label of yours.";
    combo.response.accessible_name("Model").on_hover_text(about);
}

fn bar(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        if ui.button("Score another folder…").on_hover_text("The results here stay").clicked() {
            out.push(Message::Ask(DialogFor::ScoreFolder));
        }
        model_choice(ui, state);
        if !state.photos.is_empty()
            && ui.button("Score the project").on_hover_text(tip(ui, UiCommand::ScoreProject)).clicked()
        {
            out.push(Message::StartScoring(Vec::new(), state.score.model.clone()));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Report…").on_hover_text(tip(ui, UiCommand::WriteReport)).clicked() {
                out.push(Message::Ask(DialogFor::WriteReport));
            }
            if ui.button("Sort out…").on_hover_text(tip(ui, UiCommand::SortOut)).clicked() {
                out.push(Message::Command(UiCommand::SortOut));
            }
            if ui.button("Export…").on_hover_text(tip(ui, UiCommand::ExportScores)).clicked() {
                out.push(Message::Ask(DialogFor::ExportScores));
            }
        });
    });
}

fn counts(ui: &mut egui::Ui, state: &AppState) {
    let palette = colours(ui);
    let found = state.score.triage.counts(state.prefs.reject_below, state.prefs.accept_from);
    ui.horizontal(|ui| {
        for (band, count) in [(Band::Reject, found.reject), (Band::Review, found.review), (Band::Accept, found.accept)]
        {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 16.0), Sense::hover());
            ui.painter().add(band_shape(band, rect.center(), 5.0, &palette));
            ui.label(format!("{} {}", grouped(count), band.text().to_lowercase()));
            ui.add_space(space().m);
        }
        let lost = state.score.triage.failed();
        if lost > 0 {
            ui.colored_label(palette.reject, format!("{} without a score", grouped(lost)));
        }
        if let Some(verdict) = &state.score.verdict {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| hint(ui, verdict));
        }
    });
    ui.add_space(space().s);
}

/// What the edges come to on photos that people have labelled; nothing where there are none.
fn costs(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let (judged, prices) = (&state.score.judged, state.prefs.prices);
    if judged.photos() == 0 {
        return;
    }
    let bill = judged.bill(state.prefs.reject_below, state.prefs.accept_from, prices);
    ui.horizontal_wrapped(|ui| {
        ui.label(format!(
            "Against {} labels: {} accepted that people call poor, {} rejected that they call good",
            grouped(judged.photos()),
            grouped(bill.wrong_accepts),
            grouped(bill.wrong_rejects)
        ));
        ui.add_space(space().m);
        ui.strong(format!("cost {:.0}", bill.cost));
        if let Some((low, high, least)) = judged.cheapest(prices).filter(|(_, _, least)| least.cost < bill.cost) {
            let text = format!("Use {low:.0} and {high:.0}: cost {:.0}", least.cost);
            let about = "The edges that cost least on the labelled photos";
            if ui.button(text).on_hover_text(about).clicked() {
                out.push(Message::Bands(low, high));
            }
        }
        ui.menu_button("Costs…", |ui| price_list(ui, prices, out))
            .response
            .on_hover_text("What a wrong decision costs");
    });
    ui.add_space(space().s);
}

fn price_list(ui: &mut egui::Ui, prices: Prices, out: &mut Vec<Message>) {
    let mut set = prices;
    let lines = [
        ("A poor photo accepted", &mut set.wrong_accept),
        ("A good photo rejected", &mut set.wrong_reject),
        ("A look at a photo", &mut set.review),
    ];
    for (name, value) in lines {
        ui.horizontal(|ui| {
            ui.add(egui::DragValue::new(value).range(0.0..=1000.0).speed(0.1)).accessible_name(name);
            ui.label(name);
        });
    }
    hint(ui, "People call photos good from a label of 50 on");
    if set != prices {
        out.push(Message::Price(set));
    }
}

/// The photo of the selected row, large, with its score.
fn beside(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(row) = state.score.at.and_then(|at| state.score.rows.get(at)) else { return };
    let palette = colours(ui);
    ui.horizontal(|ui| {
        let name = row.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Close").clicked() {
                out.push(Message::ShowScored(None));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(name).strong()).truncate());
            });
        });
    });
    if let Some(score) = row.score {
        hint(ui, format!("Score {:.0}, 90 % interval {:.0} to {:.0}", score.value, score.low, score.high));
        if state.is_uncalibrated(&row.model) {
            hint(ui, "The interval is not calibrated on your photos");
        }
    }
    if !row.reason_text().is_empty() {
        ui.add(egui::Label::new(row.reason_text()).wrap());
    }
    if let Some(error) = &row.error {
        ui.add(egui::Label::new(RichText::new(error).color(palette.reject)).wrap());
    }
    let rect = ui.available_rect_before_wrap();
    ui.painter().rect_filled(rect, 8.0, palette.background);
    if row.error.is_some() {
        broken_box(ui.painter(), rect, &palette);
        return;
    }
    let slot = thumbs.get(&row.path, &row.sha256, LARGE);
    photo_box(ui.painter(), rect.shrink(8.0), slot, &palette);
    wait_box(ui, rect, slot);
}
