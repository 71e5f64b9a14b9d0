//! The table of scores: only the rows in sight are laid out.

use std::path::Path;

use eframe::egui::{self, Align2, FontId, Key, Rect, RichText, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::domain::ScoreRow;
use crate::ui::message::Message;
use crate::ui::state::{AppState, ScoreColumn};
use crate::ui::theme::{Palette, colours};
use crate::ui::thumbs::{THUMB, Thumbs};
use crate::ui::widgets::{band_shape, broken_box, photo_box, sort_button};

/// Height of a row.
const ROW: f32 = 52.0;

/// Width of the thumbnail with the space around it.
const PICTURE: f32 = 72.0;

/// Columns with their titles.
const COLUMNS: [(ScoreColumn, &str); 4] = [
    (ScoreColumn::Score, "Score"),
    (ScoreColumn::Interval, "90 % interval"),
    (ScoreColumn::Reason, "Reason"),
    (ScoreColumn::Name, "Photo"),
];

/// Where each column begins and how wide it is.
fn cells(rect: Rect) -> [Rect; 4] {
    let (score, interval) = (96.0, 120.0);
    let rest = (rect.width() - PICTURE - score - interval).max(80.0);
    let mut from = rect.left() + PICTURE;
    [score, interval, rest * 0.55, rest * 0.45].map(|width| {
        let cell = Rect::from_min_size(egui::pos2(from, rect.top()), vec2(width, rect.height()));
        from += width;
        cell
    })
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    keys(ui, state, out);
    ui.spacing_mut().item_spacing.y = 2.0;
    let rows = state.score.rows.len();
    let area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("scores").show_rows(
        ui,
        ROW,
        rows,
        |ui, shown| {
            for row in &state.score.rows[shown] {
                table_row(ui, state, row, thumbs, out);
            }
        },
    );
    // The rows are narrower when there is a scroll bar; their titles stand above them.
    titles(ui, state, Rect::from_min_size(bar.min, vec2(area.inner_rect.width(), bar.height())), out);
}

fn titles(ui: &mut egui::Ui, state: &AppState, bar: Rect, out: &mut Vec<Message>) {
    for ((column, text), cell) in COLUMNS.into_iter().zip(cells(bar)) {
        let order = (state.score.column == column).then_some(state.score.descending);
        ui.scope_builder(egui::UiBuilder::new().max_rect(cell), |ui| {
            if sort_button(ui, text, order, None).clicked() {
                out.push(Message::SortScores(column));
            }
        });
    }
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1)] {
        let presses = ui.input(|input| input.num_presses(key));
        out.extend((0..presses).map(|_| Message::MoveScored(by)));
    }
    if state.score.selected.is_some() && ui.input(|input| input.key_pressed(Key::Escape)) {
        out.push(Message::ShowScored(None));
    }
}

fn table_row(ui: &mut egui::Ui, state: &AppState, row: &ScoreRow, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = file_name(&row.path);
    let spoken = match (row.score, &row.error) {
        (Some(score), _) => format!("{name}, score {:.0}", score.value),
        (None, error) => format!("{name}, no score: {}", error.as_deref().unwrap_or("unknown")),
    };
    let selected = state.score.selected.as_ref() == Some(&row.path);
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, selected, &spoken));
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if selected { palette.raised } else { palette.background });
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let thumb = Rect::from_min_size(rect.min + vec2(4.0, 2.0), vec2(PICTURE - 12.0, ROW - 4.0));
    let painter = ui.painter().with_clip_rect(thumb.intersect(ui.clip_rect()));
    if row.error.is_some() {
        broken_box(&painter, thumb, &palette);
    } else {
        photo_box(&painter, thumb, thumbs.get(&row.path, &row.sha256, THUMB), &palette);
    }
    let [score, interval, reason, photo] = cells(rect);
    numbers(ui, state, row, [score, interval], &palette);
    match (&row.error, &row.reason) {
        (Some(error), _) => text(ui, reason, RichText::new(error).color(palette.reject)),
        (None, Some(why)) => text(ui, reason, RichText::new(why)),
        (None, None) => text(ui, reason, RichText::new(row.reason_text()).color(palette.weak)),
    }
    text(ui, photo, RichText::new(&name).color(palette.weak));
    if response.on_hover_text(row.path.display().to_string()).clicked() {
        out.push(Message::ShowScored((!selected).then(|| row.path.clone())));
    }
}

fn numbers(ui: &egui::Ui, state: &AppState, row: &ScoreRow, cells: [Rect; 2], palette: &Palette) {
    let Some(score) = row.score else { return };
    let band = state.prefs.edges().band(score.value);
    let [value, interval] = cells.map(|cell| cell.shrink2(vec2(8.0, 0.0)));
    let painter = ui.painter();
    painter.add(band_shape(band, value.left_center() + vec2(6.0, 0.0), 5.0, palette));
    let at = value.left_center() + vec2(52.0, 0.0);
    painter.text(at, Align2::RIGHT_CENTER, format!("{:.0}", score.value), FontId::proportional(17.0), palette.text);
    let at = interval.left_center() + vec2(70.0, 0.0);
    let span = format!("{:.0}–{:.0}", score.low, score.high);
    painter.text(at, Align2::RIGHT_CENTER, span, FontId::proportional(13.0), palette.weak);
}

fn text(ui: &mut egui::Ui, cell: Rect, text: RichText) {
    let area = cell.shrink2(vec2(8.0, 0.0));
    let child = egui::UiBuilder::new().max_rect(area).layout(egui::Layout::left_to_right(egui::Align::Center));
    ui.scope_builder(child, |ui| ui.add(egui::Label::new(text).truncate().selectable(false)));
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
