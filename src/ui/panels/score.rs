//! Score: drop a folder, watch the scores come in, sort them, export them.

use eframe::egui::{self, RichText, Sense, accesskit::Role, vec2};

use super::browse::{grouped, path_field};
use crate::domain::ScoreRow;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, ScoreColumn};
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{LARGE, THUMB, Thumbs};
use crate::ui::update::sort_rows;
use crate::ui::widgets::{Band, band, broken_box, empty_state, hint, histogram, photo_box, primary_button};

/// Height of a row.
const ROW: f32 = 52.0;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if state.score.rows.is_empty() {
        nothing_yet(ui, state, out);
        return;
    }
    bar(ui, state, out);
    let scores: Vec<f64> = state.score.rows.iter().filter_map(|row| row.score.map(|score| score.value)).collect();
    let edges = (state.prefs.reject_below, state.prefs.accept_from);
    if let Some((reject, accept)) = histogram(ui, &scores, edges) {
        out.push(Message::Bands(reject, accept));
    }
    counts(ui, state, &scores);
    if let Some(path) = state.score.selected.clone() {
        egui::Panel::right("scored photo").default_size(340.0).frame(egui::Frame::new().inner_margin(8)).show(
            ui,
            |ui| {
                let palette = colours(ui);
                let rect = ui.available_rect_before_wrap();
                photo_box(ui.painter(), rect, thumbs.get(&path, "", LARGE), &palette);
            },
        );
    }
    egui::CentralPanel::no_frame().show(ui, |ui| table(ui, state, thumbs));
}

fn nothing_yet(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Score).is_some() {
        empty_state(ui, "Scoring…", "The first scores appear in a moment.", |_| {});
        return;
    }
    if state.models.is_empty() {
        empty_state(ui, "No model yet", "Scores come from a model that has learnt from your labels.", |ui| {
            if primary_button(ui, "Train a model", true).clicked() {
                out.push(Message::Show(Page::Train));
            }
        });
        return;
    }
    let text = "Every photo gets a score from 0 to 100 with an interval and a reason. Nothing is moved or changed.";
    empty_state(ui, "Drop a folder here", text, |ui| {
        if primary_button(ui, UiCommand::ScoreFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::ScoreFolder));
        }
        model_choice(ui, state);
        ui.add_space(space().s);
        if let Some(path) = path_field(ui, &mut state.score.path, "Path of a folder", "Score") {
            out.push(Message::StartScoring(vec![path], state.score.model.clone()));
        }
    });
}

fn model_choice(ui: &mut egui::Ui, state: &mut AppState) {
    let AppState { models, score, .. } = state;
    let newest = models.first().map_or_else(String::new, |model| format!("{} (newest)", model.name));
    let chosen = score.model.as_ref().and_then(|id| models.iter().find(|model| model.card.id.0 == *id));
    let shown = chosen.map_or_else(|| newest.clone(), |model| model.name.clone());
    let combo = egui::ComboBox::from_id_salt("model").selected_text(shown).width(220.0).show_ui(ui, |ui| {
        ui.selectable_value(&mut score.model, None, newest);
        for model in models.iter() {
            let text = format!("{}  {}", model.name, model.card.id);
            ui.selectable_value(&mut score.model, Some(model.card.id.0.clone()), text);
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(Role::ComboBox, true, "Model"));
}

fn bar(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        if ui.button("Score another folder…").on_hover_text("The results here stay").clicked() {
            out.push(Message::Ask(DialogFor::ScoreFolder));
        }
        model_choice(ui, state);
        if let Some(path) = path_field(ui, &mut state.score.path, "Path of a folder", "Score") {
            out.push(Message::StartScoring(vec![path], state.score.model.clone()));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Export…").on_hover_text(UiCommand::ExportScores.tooltip()).clicked() {
                out.push(Message::Ask(DialogFor::ExportScores));
            }
        });
    });
}

fn counts(ui: &mut egui::Ui, state: &AppState, scores: &[f64]) {
    let palette = colours(ui);
    ui.horizontal(|ui| {
        for wanted in [Band::Reject, Band::Review, Band::Accept] {
            let in_band = |score: &&f64| band(**score, state.prefs.reject_below, state.prefs.accept_from) == wanted;
            let count = scores.iter().filter(in_band).count();
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 16.0), Sense::hover());
            ui.painter().add(wanted.shape(rect.center(), 5.0, wanted.colour(&palette)));
            ui.label(format!("{} {}", grouped(count), wanted.text().to_lowercase()));
            ui.add_space(space().m);
        }
        let lost = state.score.rows.len() - scores.len();
        if lost > 0 {
            ui.colored_label(palette.reject, format!("{} without a score", grouped(lost)));
        }
        if let Some(verdict) = &state.score.verdict {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| hint(ui, verdict));
        }
    });
    ui.add_space(space().s);
}

fn table(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs) {
    let columns = [(ScoreColumn::Name, "Photo"), (ScoreColumn::Score, "Score"), (ScoreColumn::Reason, "Reason")];
    let widths = widths(ui.available_width());
    let mut chosen = None;
    ui.horizontal(|ui| {
        for ((column, text), width) in columns.into_iter().zip(widths) {
            let own = state.score.column == column;
            let arrow = if !own {
                ""
            } else if state.score.descending {
                " ⬇"
            } else {
                " ⬆"
            };
            let button = egui::Button::selectable(own, format!("{text}{arrow}")).min_size(vec2(width, 24.0));
            if ui.add_sized([width, 26.0], button).clicked() {
                chosen = Some(column);
            }
        }
    });
    if let Some(column) = chosen {
        state.score.descending = state.score.column == column && !state.score.descending;
        state.score.column = column;
        sort_rows(state);
    }
    let rows = state.score.rows.len();
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut clicked = None;
    egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("scores").show_rows(ui, ROW, rows, |ui, shown| {
        for index in shown {
            let row = &state.score.rows[index];
            if table_row(ui, state, row, widths, thumbs) {
                clicked = Some(row.path.clone());
            }
        }
    });
    if let Some(path) = clicked {
        state.score.selected = if state.score.selected.as_ref() == Some(&path) { None } else { Some(path) };
    }
}

fn widths(all: f32) -> [f32; 3] {
    let score = 150.0;
    let rest = all - score - 40.0;
    [rest * 0.45, score, rest * 0.55]
}

fn table_row(ui: &mut egui::Ui, state: &AppState, row: &ScoreRow, widths: [f32; 3], thumbs: &mut Thumbs) -> bool {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = row.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let value = row.score.map_or_else(|| "no score".to_owned(), |score| format!("score {:.0}", score.value));
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, format!("{name}, {value}")));
    let selected = state.score.selected.as_ref() == Some(&row.path);
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, 4.0, if selected { palette.raised } else { palette.background });
    }
    let thumb = egui::Rect::from_min_size(rect.min + vec2(4.0, 2.0), vec2(60.0, ROW - 4.0));
    let painter = ui.painter().with_clip_rect(thumb.intersect(ui.clip_rect()));
    if row.error.is_some() {
        broken_box(&painter, thumb, &palette);
    } else {
        photo_box(&painter, thumb, thumbs.get(&row.path, &row.sha256, THUMB), &palette);
    }
    let cell = |from: f32, width: f32| {
        egui::Rect::from_min_size(egui::pos2(from, rect.top()), vec2(width, ROW)).shrink2(vec2(4.0, 0.0))
    };
    let text = |ui: &mut egui::Ui, area: egui::Rect, text: RichText| {
        let child = egui::UiBuilder::new().max_rect(area).layout(egui::Layout::left_to_right(egui::Align::Center));
        ui.scope_builder(child, |ui| ui.add(egui::Label::new(text).truncate().selectable(false)));
    };
    text(ui, cell(rect.left() + 72.0, widths[0] - 72.0), RichText::new(&name));
    let middle = cell(rect.left() + widths[0] + 8.0, widths[1]);
    if let Some(score) = row.score {
        let band = band(score.value, state.prefs.reject_below, state.prefs.accept_from);
        ui.painter().add(band.shape(middle.left_center() + vec2(8.0, 0.0), 5.0, band.colour(&palette)));
        let font = egui::FontId::proportional(17.0);
        let at = middle.left_center() + vec2(52.0, 0.0);
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, format!("{:.0}", score.value), font, palette.text);
        let interval = format!("{:.0}–{:.0}", score.low, score.high);
        let font = egui::FontId::proportional(12.0);
        ui.painter().text(at + vec2(12.0, 0.0), egui::Align2::LEFT_CENTER, interval, font, palette.weak);
    }
    let last = cell(rect.left() + widths[0] + widths[1] + 16.0, widths[2]);
    match (&row.error, &row.reason) {
        (Some(error), _) => text(ui, last, RichText::new(error).color(palette.reject)),
        (None, Some(reason)) => text(ui, last, RichText::new(reason)),
        (None, None) => {}
    }
    response.on_hover_text(row.path.display().to_string()).clicked()
}
