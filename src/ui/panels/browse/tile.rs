//! One photo of the grid.

use eframe::egui::{self, Align2, FontId, Key, Rect, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::api::PhotoRow;
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, colours_of};
use crate::ui::thumbs::{Slot, THUMB, Thumbs};
use crate::ui::widgets::{broken_box, hint, label_dot, photo_box, score_chip};

/// Draws the photo whose place in the photos is `index`.
pub(super) fn show(
    ui: &egui::Ui,
    state: &AppState,
    (index, row): (usize, &PhotoRow),
    rect: Rect,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let response = ui.interact(rect, ui.scope_id().with(row.photo.id.0), Sense::click());
    let name = row.photo.file_name();
    let selected = state.browse.selected == Some(row.photo.id);
    let chosen = selected || state.browse.chosen.contains(index);
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, chosen, &name));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 6.0, if chosen { palette.hover } else { palette.raised });
    let reason = match &row.photo.error {
        Some(error) => {
            broken_box(&painter, rect, &palette);
            Some(error.clone())
        }
        None => {
            let slot = thumbs.get(&row.photo.path, &row.photo.sha256, THUMB);
            photo_box(&painter, rect.shrink(4.0), slot, &palette);
            if let Slot::Failed(error) = slot { Some(error.chain()) } else { None }
        }
    };
    marks(&painter, state, row, rect);
    if chosen || response.has_focus() {
        let width = if selected { 2.5 } else { 1.5 };
        painter.rect_stroke(rect, 6.0, Stroke::new(width, palette.accent), StrokeKind::Inside);
    }
    if chosen && state.browse.chosen.len() > 1 {
        tick(&painter, rect, palette.accent, palette.on_accent);
    }
    clicks(ui, row, &response, reason.is_some(), out);
    menu(&response, row, selected, out);
    response.on_hover_ui(|ui| {
        ui.strong(&name);
        hint(ui, format!("{} × {} px, {} kB", row.photo.width, row.photo.height, row.photo.bytes / 1000));
        let why = reason.or_else(|| row.score.as_ref().and_then(|score| score.reason.as_deref().map(str::to_owned)));
        if let Some(why) = why {
            ui.label(why);
        }
    });
}

fn clicks(ui: &egui::Ui, row: &PhotoRow, response: &egui::Response, failed: bool, out: &mut Vec<Message>) {
    let id = row.photo.id;
    let entered = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let modifiers = ui.input(|input| input.modifiers);
    if entered || (response.double_clicked() && !modifiers.command && !modifiers.shift) {
        out.push(Message::LabelPhoto(id));
    } else if response.clicked() {
        out.push(match modifiers {
            held if held.shift => Message::SelectTo(id),
            held if held.command => Message::Toggle(id),
            _ => Message::Select(id),
        });
        if row.photo.error.is_none() && failed {
            out.push(Message::Retry(row.photo.path.clone()));
        }
    }
}

fn menu(response: &egui::Response, row: &PhotoRow, selected: bool, out: &mut Vec<Message>) {
    response.context_menu(|ui| {
        let id = row.photo.id;
        let mut on_photo = |ui: &mut egui::Ui, text: &str, message: Message| {
            if ui.button(text).clicked() {
                if !selected {
                    out.push(Message::Select(id));
                }
                out.push(message);
                ui.close();
            }
        };
        on_photo(ui, "Label it", Message::LabelPhoto(id));
        on_photo(ui, "Look at it large", Message::Command(UiCommand::LookLarge));
        on_photo(ui, "Find similar photos", Message::FindSimilar(id));
        on_photo(ui, "Copy the path", Message::Copy(row.photo.path.to_string_lossy().into_owned()));
        if let Some(folder) = row.photo.path.parent() {
            on_photo(ui, "Only this folder", Message::Narrow(format!("path:\"{}/\"", folder.display())));
        }
        if let Some(group) = &row.photo.group {
            on_photo(ui, "Only this group", Message::Narrow(format!("group=\"{group}\"")));
        }
    });
}

/// A tick in the upper left corner: one of several that are chosen.
fn tick(painter: &egui::Painter, rect: Rect, fill: egui::Color32, colour: egui::Color32) {
    let centre = rect.left_top() + vec2(15.0, 15.0);
    painter.circle_filled(centre, 9.0, fill);
    let points = [vec2(-4.0, 0.5), vec2(-1.2, 3.2), vec2(4.0, -3.0)].map(|offset| centre + offset);
    painter.add(egui::Shape::line(points.to_vec(), Stroke::new(2.0, colour)));
}

fn marks(painter: &egui::Painter, state: &AppState, row: &PhotoRow, rect: Rect) {
    // The marks stand on dark pills in both themes.
    let palette = colours_of(true);
    if let Some(score) = state.score_of(row) {
        let band = state.prefs.edges().band(score.value);
        score_chip(painter, rect.left_bottom() + vec2(6.0, -6.0), score.value, band, &palette);
    }
    if let Some(label) = row.label {
        label_dot(painter, rect.right_top() + vec2(-15.0, 15.0), label.mos, &palette);
    }
    if row.photo.missing {
        let at = rect.left_top() + vec2(8.0, 8.0);
        painter.text(at, Align2::LEFT_TOP, "File is gone", FontId::proportional(11.5), palette.reject);
    }
}
