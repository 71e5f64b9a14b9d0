//! The table of runs: only the rows in sight are laid out.

use eframe::egui::{self, Align2, Color32, FontId, Key, Rect, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use super::charts;
use super::history::metric;
use crate::api::clock::{duration_text, local_text};
use crate::domain::{Run, RunStatus};
use crate::ui::message::Message;
use crate::ui::prefs::RunColumn;
use crate::ui::state::{AppState, recipe};
use crate::ui::theme::{Palette, colours};
use crate::ui::widgets::{sort_arrow, star as draw_star};

/// Height of a row.
const ROW: f32 = 30.0;

/// Titles, what sorts by them, shares of the width, and whether the column holds numbers.
const COLUMNS: [(&str, RunColumn, f32, bool); 7] = [
    ("Name", RunColumn::Name, 0.25, false),
    ("Status", RunColumn::Status, 0.11, false),
    ("Started", RunColumn::Started, 0.16, false),
    ("Model and loss", RunColumn::Recipe, 0.14, false),
    ("Time", RunColumn::Time, 0.11, true),
    ("Validation SRCC", RunColumn::Validation, 0.13, true),
    ("Test SRCC", RunColumn::Test, 0.10, true),
];

/// Width of the mark and the star before a run's name.
const MARKS: f32 = 40.0;

fn cells(rect: Rect) -> Vec<Rect> {
    let mut from = rect.left();
    let cell = |(_, _, share, _): (&str, RunColumn, f32, bool)| {
        let width = rect.width() * share;
        let cell = Rect::from_min_size(egui::pos2(from, rect.top()), vec2(width, rect.height()));
        from += width;
        cell.shrink2(vec2(6.0, 0.0))
    };
    COLUMNS.into_iter().map(cell).collect()
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    keys(ui, state, out);
    ui.spacing_mut().item_spacing.y = 0.0;
    let rows = state.history.runs.len();
    let area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("runs").show_rows(
        ui,
        ROW,
        rows,
        |ui, shown| {
            for run in &state.history.runs[shown] {
                row(ui, state, run, &palette, out);
            }
        },
    );
    // The rows are narrower when there is a scroll bar; their titles stand above them.
    let bar = Rect::from_min_size(bar.min, vec2(area.inner_rect.width(), bar.height()));
    for ((title, column, _, is_number), cell) in COLUMNS.into_iter().zip(cells(bar)) {
        let order = (state.prefs.run_column == column).then_some(state.prefs.runs_descending);
        if title_button(ui, cell, title, is_number, order, &palette).clicked() {
            out.push(Message::SortRuns(column));
        }
    }
}

/// A column's title; a click sorts by it, and an arrow says which way round.
fn title_button(
    ui: &egui::Ui,
    cell: Rect,
    title: &str,
    is_number: bool,
    order: Option<bool>,
    palette: &Palette,
) -> egui::Response {
    let response = ui.interact(cell, ui.scope_id().with(("column", title)), Sense::click());
    response
        .widget_info(|| egui::WidgetInfo::selected(Role::Button, true, order.is_some(), format!("Sort by {title}")));
    let bright = order.is_some() || response.hovered() || response.has_focus();
    let colour = if bright { palette.text } else { palette.weak };
    let drawn = draw(ui, cell, title, is_number, 12.0, colour);
    if let Some(descending) = order {
        let centre =
            if is_number { drawn.left_center() - vec2(9.0, 0.0) } else { drawn.right_center() + vec2(9.0, 0.0) };
        sort_arrow(ui.painter(), centre, descending, palette.accent);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let runs = &state.history.runs;
    let at = state.history.selected.as_ref().and_then(|id| runs.iter().position(|run| run.id == *id));
    for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1)] {
        if ui.input(|input| input.key_pressed(key)) {
            let next = at.and_then(|at| at.checked_add_signed(by)).and_then(|next| runs.get(next));
            out.extend(next.map(|run| Message::SelectRun(run.id.clone())));
        }
    }
}

fn row(ui: &mut egui::Ui, state: &AppState, run: &Run, palette: &Palette, out: &mut Vec<Message>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let selected = state.history.selected.as_ref() == Some(&run.id);
    let spoken = format!("{}, {}", run.meta.name, run.status.name());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, selected, &spoken));
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if selected { palette.raised } else { palette.background });
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    marks(ui, state, run, rect, palette, out);
    let srcc = |name: &str| metric(run, name).map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let texts = [
        run.meta.name.clone(),
        run.status.name().to_owned(),
        local_text(run.started_ms),
        recipe(run),
        run.finished_ms.map_or_else(|| "–".to_owned(), |end| duration_text(end - run.started_ms)),
        srcc("validation_srcc"),
        srcc("test_srcc"),
    ];
    for (index, ((text, mut cell), (.., is_number))) in texts.iter().zip(cells(rect)).zip(COLUMNS).enumerate() {
        if index == 0 {
            *cell.left_mut() += MARKS;
        }
        let colour = match index {
            0 => palette.text,
            1 => status_colour(run.status, palette),
            _ if is_number => palette.text,
            _ => palette.weak,
        };
        draw(ui, cell, text, is_number, 13.0, colour);
    }
    if response.clicked() {
        let beside = ui.input(|input| input.modifiers.command);
        let id = run.id.clone();
        out.push(if beside { Message::CompareRun(id) } else { Message::SelectRun(id) });
    }
    response.on_hover_text(format!("{}\nCtrl-click draws it beside the selected run", run.meta.name));
}

/// The star, and the colour of the run's curves where several are drawn.
fn marks(ui: &egui::Ui, state: &AppState, run: &Run, rect: Rect, palette: &Palette, out: &mut Vec<Message>) {
    let centre = rect.left_center() + vec2(16.0, 0.0);
    let star = ui.interact(
        Rect::from_center_size(centre, vec2(24.0, rect.height())),
        ui.scope_id().with(("star", &run.id.0)),
        Sense::click(),
    );
    let starred = run.meta.starred;
    let spoken = format!("Star {}", run.meta.name);
    star.widget_info(|| egui::WidgetInfo::selected(Role::Switch, true, starred, &spoken));
    if starred || star.hovered() || star.has_focus() {
        let colour = if starred { palette.review } else { palette.weak };
        draw_star(ui.painter(), centre, 7.0, starred, colour);
    }
    if let Some(place) = state.history.drawn(&run.id) {
        ui.painter().circle_filled(rect.left_center() + vec2(36.0, 0.0), 4.0, charts::tint(place, palette));
    }
    if star.clicked() {
        out.push(Message::StarRun(run.id.clone(), !starred));
    }
    star.on_hover_text("Starred runs stay on top");
}

fn draw(ui: &egui::Ui, cell: Rect, text: &str, is_number: bool, size: f32, colour: Color32) -> Rect {
    let painter = ui.painter().with_clip_rect(cell.intersect(ui.clip_rect()));
    let (at, anchor) =
        if is_number { (cell.right_center(), Align2::RIGHT_CENTER) } else { (cell.left_center(), Align2::LEFT_CENTER) };
    painter.text(at, anchor, text, FontId::proportional(size), colour)
}

fn status_colour(status: RunStatus, palette: &Palette) -> Color32 {
    match status {
        RunStatus::Completed => palette.accept,
        RunStatus::Running => palette.accent,
        RunStatus::Cancelled | RunStatus::Interrupted => palette.review,
        RunStatus::Failed => palette.reject,
    }
}
