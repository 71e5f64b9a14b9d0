//! The table of runs: only the rows in sight are laid out.

use eframe::egui::{self, Align2, Color32, FontId, Key, Rect, Sense, Shape, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::domain::{Run, RunStatus};
use crate::ui::ledger::{Row, RunColumn, RunLine};
use crate::ui::message::Message;
use crate::ui::panels::charts;
use crate::ui::prefs::RunLook;
use crate::ui::state::AppState;
use crate::ui::theme::{Palette, colours};
use crate::ui::widgets::{hint, sort_arrow, star as draw_star};

/// Height of a row.
const ROW: f32 = 30.0;

/// Width of the mark and the star before a run's name.
const MARKS: f32 = 40.0;

/// Width of the triangle of a series, and how far its runs are moved in.
const FOLD: f32 = 18.0;

/// How much of the width a column takes against the others.
fn share(column: &RunColumn) -> f32 {
    match column {
        RunColumn::Name => 2.4,
        RunColumn::Started | RunColumn::Note | RunColumn::Tags => 1.6,
        RunColumn::Recipe => 1.4,
        RunColumn::Validation | RunColumn::Test | RunColumn::Metric(_) | RunColumn::Setting(_) => 1.3,
        RunColumn::Status | RunColumn::Time => 1.1,
    }
}

fn cells(rect: Rect, columns: &[RunColumn]) -> Vec<Rect> {
    let all: f32 = columns.iter().map(share).sum();
    let mut from = rect.left();
    let cell = |column: &RunColumn| {
        let width = rect.width() * share(column) / all;
        let cell = Rect::from_min_size(egui::pos2(from, rect.top()), vec2(width, rect.height()));
        from += width;
        cell.shrink2(vec2(6.0, 0.0))
    };
    columns.iter().map(cell).collect()
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    keys(ui, state, out);
    ui.spacing_mut().item_spacing.y = 0.0;
    let history = &state.history;
    if history.rows.is_empty() {
        hint(ui, "No run has these words");
    }
    let area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("runs").show_rows(
        ui,
        ROW,
        history.rows.len(),
        |ui, shown| {
            for line in &history.rows[shown] {
                if let Some(run) = history.ledger.runs.get(line.place) {
                    row(ui, state, line, run, &palette, out);
                }
            }
        },
    );
    // The rows are narrower when there is a scroll bar; their titles stand above them.
    let bar = Rect::from_min_size(bar.min, vec2(area.inner_rect.width(), bar.height()));
    let look = &state.prefs.runs;
    for (column, cell) in look.columns.iter().zip(cells(bar, &look.columns)) {
        let order = (look.sort == *column).then_some(look.descending);
        let title = title_button(ui, cell, &column.title(), column.is_number(), order, &palette);
        title.context_menu(|ui| out.extend(rearranged(ui, look, column).map(Message::LookAtRuns)));
        if title.on_hover_text("Sorts; a right click moves or hides the column").clicked() {
            out.push(Message::SortRuns(column.clone()));
        }
    }
}

/// What the menu of a column asks for.
fn rearranged(ui: &mut egui::Ui, look: &RunLook, column: &RunColumn) -> Option<RunLook> {
    let at = look.columns.iter().position(|other| other == column)?;
    let mut changed = look.clone();
    if at > 0 && ui.button("Move to the left").clicked() {
        changed.columns.swap(at, at - 1);
    }
    if at + 1 < look.columns.len() && ui.button("Move to the right").clicked() {
        changed.columns.swap(at, at + 1);
    }
    if look.columns.len() > 1 && ui.button("Hide").clicked() {
        changed.columns.remove(at);
    }
    (changed != *look).then(|| {
        ui.close();
        changed
    })
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
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let step = isize::from(pressed(Key::ArrowDown)) - isize::from(pressed(Key::ArrowUp));
    let fold = [(Key::ArrowRight, true), (Key::ArrowLeft, false)].into_iter().find(|(key, _)| pressed(*key));
    if step == 0 && fold.is_none() || state.history.two_models.is_some() {
        return;
    }
    let history = &state.history;
    let id_at = |at: usize| history.ledger.runs.get(history.rows.get(at)?.place).map(|run| &run.id);
    let at = (0..history.rows.len()).find(|&at| id_at(at) == history.selected.as_ref());
    if let (Some((_, unfold)), Some(id)) = (fold, at.filter(|&at| history.rows[at].members > 0).and_then(id_at)) {
        out.push(Message::UnfoldRun(id.clone(), unfold));
        return;
    }
    let next = at.map_or(Some(0), |at| at.checked_add_signed(step)).and_then(id_at);
    out.extend(next.map(|id| Message::SelectRun(id.clone())));
}

fn row(ui: &mut egui::Ui, state: &AppState, line: &Row, run: &RunLine, palette: &Palette, out: &mut Vec<Message>) {
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
    let columns = &state.prefs.runs.columns;
    for (index, (column, mut cell)) in columns.iter().zip(cells(rect, columns)).enumerate() {
        if index == 0 {
            *cell.left_mut() += MARKS + if line.inside { FOLD } else { 0.0 };
            if line.members > 0 {
                fold(ui, state, line, run, cell, palette, out);
                *cell.left_mut() += FOLD;
            }
        }
        let colour = match column {
            RunColumn::Name => palette.text,
            RunColumn::Status => status_colour(run.status, palette),
            column if column.is_number() => palette.text,
            _ => palette.weak,
        };
        draw(ui, cell, &run.text(column), column.is_number(), 13.0, colour);
    }
    if response.clicked() {
        let beside = ui.input(|input| input.modifiers.command);
        let id = run.id.clone();
        out.push(if beside { Message::CompareRun(id) } else { Message::SelectRun(id) });
    }
    response.on_hover_text(format!("{}\nCtrl-click draws it beside the selected run", run.meta.name));
}

/// The triangle of a series: a click shows its runs, or hides them.
fn fold(ui: &egui::Ui, state: &AppState, line: &Row, run: &Run, cell: Rect, palette: &Palette, out: &mut Vec<Message>) {
    let open = state.history.unfolded.contains(&run.id);
    let area = Rect::from_min_size(cell.left_top() - vec2(4.0, 0.0), vec2(FOLD, cell.height()));
    let response = ui.interact(area, ui.scope_id().with(("fold", &run.id.0)), Sense::click());
    let spoken = format!("{} runs of {}", line.members, run.meta.name);
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, open, &spoken));
    let centre = area.center();
    let bright = response.hovered() || response.has_focus();
    let tips = if open { [(-4.0, -2.5), (4.0, -2.5), (0.0, 3.5)] } else { [(-2.5, -4.0), (3.5, 0.0), (-2.5, 4.0)] };
    let corners = tips.map(|(x, y)| centre + vec2(x, y)).to_vec();
    let colour = if bright { palette.text } else { palette.weak };
    ui.painter().add(Shape::convex_polygon(corners, colour, Stroke::NONE));
    if response.on_hover_text(spoken).clicked() {
        out.push(Message::UnfoldRun(run.id.clone(), !open));
    }
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
