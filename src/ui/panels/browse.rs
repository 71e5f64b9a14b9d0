//! Browse: a virtual grid of photos with filter and order.

use std::path::PathBuf;

use eframe::egui::{self, Align2, FontId, Key, Rect, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::api::PhotoRow;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::prefs::SortBy;
use crate::ui::state::{AppState, score_of};
use crate::ui::theme::{colours, colours_of, space};
use crate::ui::thumbs::{Slot, THUMB, Thumbs};
use crate::ui::widgets::{
    band, broken_box, empty_state, hint, label_dot, photo_box, primary_button, score_chip, sort_button,
};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.browse.loaded {
        return;
    }
    if state.photos.is_empty() {
        nothing_yet(ui, state, out);
        return;
    }
    bar(ui, state, out);
    if state.browse.visible.is_empty() {
        empty_state(ui, "No photo fits the filter", "Try fewer words, for example score<40", |ui| {
            if ui.button("Clear the filter").clicked() {
                out.push(Message::Filter(String::new()));
            }
        });
        return;
    }
    grid(ui, state, thumbs, out);
}

/// What the filter understands, in its tooltip.
const FILTER_HELP: &str = "Words of the name, score<40, label:none, error, group:sku-12; joined by and, or, not";

fn nothing_yet(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Open).is_some() {
        empty_state(ui, "Looking through the folder…", "Photos appear here as soon as they are indexed.", |_| {});
        return;
    }
    let text = "Drop a folder on the window, pick one, or type its path. Photos stay where they are.";
    empty_state(ui, "No photos yet", text, |ui| {
        if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::OpenFolder));
        }
        ui.add_space(space().s);
        if let Some(path) = path_field(ui, &mut state.open_path, "Path of a folder", "Open") {
            out.push(Message::OpenFolders(vec![path]));
        }
    });
}

/// A field for a path with a button; returns the path when it was entered.
pub(super) fn path_field(ui: &mut egui::Ui, text: &mut String, name: &str, action: &str) -> Option<PathBuf> {
    let width = 360.0;
    let mut entered = false;
    ui.allocate_ui_with_layout(vec2(width, 32.0), egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let full = !text.trim().is_empty();
        let pressed = ui.add_enabled(full, egui::Button::new(action)).clicked();
        let field = ui.add(egui::TextEdit::singleline(text).hint_text(name).desired_width(f32::INFINITY));
        let field = field.accessible_name(name);
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        entered = full && (pressed || enter);
    });
    entered.then(|| PathBuf::from(text.trim()))
}

fn bar(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Open…").on_hover_text(UiCommand::OpenFolder.tooltip()).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
            }
            let (shown, all) = (state.browse.visible.len(), state.photos.len());
            let text = if shown == all {
                format!("{} photos", grouped(all))
            } else {
                format!("{} of {}", grouped(shown), grouped(all))
            };
            hint(ui, text);
            ui.add_space(space().m);
            filter(ui, state, out);
        });
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space().s;
        hint(ui, "Sort");
        for sort in SortBy::ALL {
            let order = (state.prefs.sort == sort).then_some(state.prefs.descending);
            if sort_button(ui, sort.text(), order, None).clicked() {
                out.push(Message::Sort(sort));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut tile = state.prefs.tile;
            ui.spacing_mut().slider_width = 90.0;
            let slider = ui.add(egui::Slider::new(&mut tile, 90.0..=300.0).show_value(false));
            let slider = slider.accessible_name("Size of the tiles").on_hover_text("Size of the tiles");
            if slider.changed() {
                out.push(Message::TileSize(tile));
            }
            hint(ui, "Size");
        });
    });
    ui.add_space(space().s);
}

fn filter(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let mut text = state.prefs.filter.clone();
    let wrong = state.browse.filter_error.is_some();
    let field = egui::TextEdit::singleline(&mut text)
        .hint_text("Filter, for example score<40 and label:none")
        .text_color_opt(wrong.then_some(palette.reject))
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Filter");
    if std::mem::take(&mut state.focus_filter) {
        field.request_focus();
    }
    if field.changed() {
        out.push(Message::Filter(text));
    }
    match &state.browse.filter_error {
        Some(error) => {
            ui.painter().hline(field.rect.x_range(), field.rect.bottom(), Stroke::new(2.0, palette.reject));
            field.on_hover_text(error);
        }
        None => drop(field.on_hover_text(FILTER_HELP)),
    }
}

/// A count with a comma every three digits.
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn grid(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let gap = space().m;
    let width = ui.available_width() - 12.0;
    let columns = ((width + gap) / (state.prefs.tile + gap)).floor().max(1.0) as usize;
    let tile = (width + gap) / columns as f32 - gap;
    let rows = state.browse.visible.len().div_ceil(columns);
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    keys(ui, state, columns, out);
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("grid");
    let restored_id = ui.scope_id().with("scroll restored");
    if ui.data(|data| data.get_temp::<u64>(restored_id)) != Some(state.browse.rescroll) {
        area = area.vertical_scroll_offset(state.prefs.scroll);
        ui.data_mut(|data| data.insert_temp(restored_id, state.browse.rescroll));
    } else if let Some(offset) = offset_to_selected(ui, state, columns, tile + gap) {
        area = area.vertical_scroll_offset(offset);
        out.push(Message::Scrolled(offset));
    }
    let scrolled = area.show_rows(ui, tile, rows, |ui, shown| {
        for row in shown {
            ui.horizontal(|ui| {
                let from = row * columns;
                for &index in state.browse.visible.iter().skip(from).take(columns) {
                    photo_tile(ui, state, &state.photos[index], tile, thumbs, out);
                }
            });
        }
    });
    let offset = scrolled.state.clamped_offset().y;
    if (offset - state.prefs.scroll).abs() > 0.5 {
        out.push(Message::Scrolled(offset));
    }
}

/// Where to scroll so that a selection moved by key is in sight; nothing when it is already.
fn offset_to_selected(ui: &egui::Ui, state: &AppState, columns: usize, pitch: f32) -> Option<f32> {
    let selected = state.browse.selected.filter(|_| state.browse.reveal)?;
    let place = state.browse.visible.iter().position(|&index| state.photos[index].photo.id == selected)?;
    let top = (place / columns) as f32 * pitch;
    let height = ui.available_height();
    let wanted = state.prefs.scroll.clamp((top + pitch - height).max(0.0), top.max(top + pitch - height));
    Some(wanted)
}

fn keys(ui: &egui::Ui, state: &AppState, columns: usize, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let columns = columns as i64;
    let page = columns * 4;
    let steps = [
        (Key::ArrowRight, 1),
        (Key::ArrowLeft, -1),
        (Key::ArrowDown, columns),
        (Key::ArrowUp, -columns),
        (Key::PageDown, page),
        (Key::PageUp, -page),
        (Key::Home, i64::MIN / 2),
        (Key::End, i64::MAX / 2),
    ];
    for (key, by) in steps {
        // A slow frame may hold several presses; none is lost.
        let presses = ui.input(|input| input.num_presses(key));
        out.extend((0..presses).map(|_| Message::MoveSelection(by)));
    }
}

fn photo_tile(
    ui: &mut egui::Ui,
    state: &AppState,
    row: &PhotoRow,
    side: f32,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    let name = row.photo.file_name();
    let selected = state.browse.selected == Some(row.photo.id);
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, selected, &name));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 6.0, palette.raised);
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
    if selected || response.has_focus() {
        let width = if selected { 2.5 } else { 1.5 };
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(width, palette.accent), StrokeKind::Inside);
    }
    let entered = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if response.double_clicked() || entered {
        out.push(Message::LabelPhoto(row.photo.id));
    } else if response.clicked() {
        out.push(Message::Select(row.photo.id));
        if row.photo.error.is_none() && reason.is_some() {
            out.push(Message::Retry(row.photo.path.clone()));
        }
    }
    response.on_hover_ui(|ui| {
        ui.strong(&name);
        hint(ui, format!("{} × {} px, {} kB", row.photo.width, row.photo.height, row.photo.bytes / 1000));
        let why = reason.or_else(|| row.score.as_ref().and_then(|score| score.reason.clone()));
        if let Some(why) = why {
            ui.label(why);
        }
    });
}

fn marks(painter: &egui::Painter, state: &AppState, row: &PhotoRow, rect: Rect) {
    // The marks stand on dark pills in both themes.
    let palette = colours_of(true);
    if let Some(score) = score_of(row) {
        let band = band(score, state.prefs.reject_below, state.prefs.accept_from);
        score_chip(painter, rect.left_bottom() + vec2(6.0, -6.0), score, band, &palette);
    }
    if let Some(label) = row.label {
        label_dot(painter, rect.right_top() + vec2(-15.0, 15.0), label.mos, &palette);
    }
    if row.photo.missing {
        let at = rect.left_top() + vec2(8.0, 8.0);
        painter.text(at, Align2::LEFT_TOP, "File is gone", FontId::proportional(11.5), palette.reject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well() {
        assert_eq!([0, 999, 1204, 98_311, 1_000_000].map(grouped), ["0", "999", "1,204", "98,311", "1,000,000"]);
    }
}
