//! Browse: a virtual grid of photos with filter and order.

use std::path::PathBuf;

use eframe::egui::{self, Align2, FontId, Key, Pos2, Rect, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use crate::api::PhotoRow;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::prefs::SortBy;
use crate::ui::state::{AppState, score_of};
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{Slot, THUMB, Thumbs};
use crate::ui::widgets::{band, empty_state, hint, label_dot, photo_box, primary_button, score_chip};

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
    ui.allocate_ui(vec2(width, 32.0), |ui| {
        ui.horizontal(|ui| {
            let field = ui.add(egui::TextEdit::singleline(text).hint_text(name).desired_width(width - 90.0));
            field.widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, name));
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let full = !text.trim().is_empty();
            let clicked = ui.add_enabled(full, egui::Button::new(action)).clicked();
            entered = full && (clicked || enter);
        });
    });
    entered.then(|| PathBuf::from(text.trim()))
}

fn bar(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    ui.horizontal(|ui| {
        let mut text = state.prefs.filter.clone();
        let wrong = state.browse.filter_error.is_some();
        let field = egui::TextEdit::singleline(&mut text)
            .hint_text("Filter, for example score<40 and label:none")
            .text_color_opt(wrong.then_some(palette.reject))
            .desired_width((ui.available_width() - 560.0).clamp(140.0, 320.0));
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, "Filter"));
        if field.changed() {
            out.push(Message::Filter(text));
        }
        if let Some(error) = &state.browse.filter_error {
            ui.painter().hline(field.rect.x_range(), field.rect.bottom(), Stroke::new(2.0, palette.reject));
            field.on_hover_text(error);
        }
        ui.add_space(space().m);
        hint(ui, "Sort");
        for sort in SortBy::ALL {
            let chosen = state.prefs.sort == sort;
            let arrow = if !chosen {
                ""
            } else if state.prefs.descending {
                " ⬇"
            } else {
                " ⬆"
            };
            if ui.selectable_label(chosen, format!("{}{arrow}", sort.text())).clicked() {
                out.push(Message::Sort(sort));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let (shown, all) = (state.browse.visible.len(), state.photos.len());
            let text = if shown == all {
                format!("{} photos", grouped(all))
            } else {
                format!("{} of {}", grouped(shown), grouped(all))
            };
            hint(ui, text);
            if ui.button("Open…").on_hover_text(UiCommand::OpenFolder.tooltip()).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
            }
            let mut tile = state.prefs.tile;
            ui.spacing_mut().slider_width = 70.0;
            let slider = ui.add(egui::Slider::new(&mut tile, 90.0..=300.0).show_value(false));
            slider.widget_info(|| egui::WidgetInfo::slider(true, f64::from(tile), "Size of the tiles"));
            if slider.on_hover_text("Size of the tiles").changed() {
                out.push(Message::TileSize(tile));
            }
        });
    });
    ui.add_space(space().s);
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
    let area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("grid");
    let first_frame_id = ui.scope_id().with("scroll restored");
    let restored = ui.data(|data| data.get_temp::<bool>(first_frame_id)).unwrap_or(false);
    let area = if restored { area } else { area.vertical_scroll_offset(state.prefs.scroll) };
    ui.data_mut(|data| data.insert_temp(first_frame_id, true));
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
    if (scrolled.state.clamped_offset().y - state.prefs.scroll).abs() > 0.5 {
        out.push(Message::Scrolled(scrolled.state.clamped_offset().y));
    }
}

fn keys(ui: &egui::Ui, state: &AppState, columns: usize, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let steps = [
        (Key::ArrowRight, 1),
        (Key::ArrowLeft, -1),
        (Key::ArrowDown, columns as i64),
        (Key::ArrowUp, -(columns as i64)),
    ];
    for (key, by) in steps {
        if ui.input(|input| input.key_pressed(key)) {
            out.push(Message::MoveSelection(by));
        }
    }
    if ui.input(|input| input.key_pressed(Key::Enter))
        && let Some(id) = state.browse.selected
    {
        out.push(Message::LabelPhoto(id));
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
    let reason = if let Some(error) = &row.photo.error {
        photo_box(&painter, rect.shrink(4.0), &Slot::Failed(String::new()), &palette);
        Some(error.clone())
    } else {
        let slot = thumbs.get(&row.photo.path, &row.photo.sha256, THUMB);
        photo_box(&painter, rect.shrink(4.0), slot, &palette);
        if let Slot::Failed(reason) = slot { Some(reason.clone()) } else { None }
    };
    marks(&painter, state, row, rect, &name);
    if selected || response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(2.5, palette.accent), StrokeKind::Inside);
        if selected && response.rect.height() > 0.0 && state.browse.selected != last_seen(ui, state) {
            ui.scroll_to_rect(rect, None);
        }
    }
    if response.double_clicked() {
        out.push(Message::LabelPhoto(row.photo.id));
    } else if response.clicked() {
        out.push(Message::Select(row.photo.id));
        if reason.is_some() {
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

/// The selection of the frame before, so that a new one is scrolled to once.
fn last_seen(ui: &egui::Ui, state: &AppState) -> Option<crate::domain::ImageId> {
    let id = egui::Id::unique("selection seen");
    let before = ui.data(|data| data.get_temp::<Option<crate::domain::ImageId>>(id)).flatten();
    ui.data_mut(|data| data.insert_temp(id, state.browse.selected));
    before
}

fn marks(painter: &egui::Painter, state: &AppState, row: &PhotoRow, rect: Rect, name: &str) {
    let palette = crate::ui::theme::colours_of(state.prefs.dark);
    if let Some(score) = score_of(row) {
        let band = band(score, state.prefs.reject_below, state.prefs.accept_from);
        score_chip(painter, rect.left_bottom() + vec2(6.0, -6.0), score, band, &palette);
    }
    if let Some(label) = row.label {
        label_dot(painter, rect.right_top() + vec2(-15.0, 15.0), label.mos, &palette);
    }
    if row.photo.missing {
        let at: Pos2 = pos2(rect.left() + 8.0, rect.top() + 8.0);
        painter.text(at, Align2::LEFT_TOP, format!("{name} is gone"), FontId::proportional(11.5), palette.reject);
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
