//! The selected photo on the whole page, with its overlays: wheel to zoom, drag to move.

use eframe::egui::{self, Key, Sense, vec2};

use super::Pictures;
use super::inspector::{draw_evidence, spoken};
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{SCREEN, Shot};
use crate::ui::view::{Stand, Zoom};
use crate::ui::widgets::{draw_shot, hint, overlay_legend, steer, tell_photo};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, pictures: &mut Pictures<'_>, out: &mut Vec<Message>) {
    let Some(row) = state.browse.selected.and_then(|id| state.photo(id)) else { return };
    keys(ui, state, out);
    look_ahead(state, pictures);
    let view = state.large.view;
    let photo = vec2(row.photo.width as f32, row.photo.height as f32);
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(egui::RichText::new(row.photo.file_name()).size(15.0).strong()).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for command in [UiCommand::LookLarge, UiCommand::ToggleZoom] {
                let text = match command {
                    UiCommand::LookLarge => "Close",
                    _ if view.zoom == Zoom::Fit => "100 %",
                    _ => "Fit",
                };
                let key = ui.format_shortcut(&command.shortcut());
                let button = ui.button(format!("{text} ({key})"));
                if button.on_hover_text(command.tooltip()).clicked() {
                    out.push(Message::Command(command));
                }
            }
        });
    });
    overlay_legend(ui, &state.prefs, out);
    ui.add_space(space().s);
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::click_and_drag());
    let stand = Stand { area: area.shrink(2.0), photo, pixels_per_point: ui.pixels_per_point() };
    let attributes = state.audit.attributes(row.photo.id);
    tell_photo(&response, &format!("Large: {}", spoken(state, row, attributes, pictures)));
    ui.painter().rect_filled(area, 8.0, colours(ui).background);
    let shot = pictures.thumbs.shot(&row.photo.path, &row.photo.sha256, view.zoom != Zoom::Fit);
    let rect = view.rect(stand, stand.times(view.zoom));
    draw_shot(ui, area, rect, &shot);
    if matches!(shot, Shot::Ready(_)) {
        let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
        draw_evidence(&painter, rect, state, row, attributes, pictures);
    }
    let steered = steer(ui, &response, stand, view);
    if steered != view {
        out.push(Message::LookAt(steered));
    }
    let percent = 100.0 * rect.width() * stand.pixels_per_point / photo.x.max(1.0);
    let corner = egui::Rect::from_min_size(area.left_bottom() + vec2(8.0, -28.0), vec2(120.0, 24.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(corner), |ui| hint(ui, format!("{percent:.0} %")));
}

/// Photos on either side that are decoded while this one is looked at.
const AHEAD: usize = 8;

/// Has the neighbours decoded, the nearest first.
fn look_ahead(state: &AppState, pictures: &mut Pictures<'_>) {
    let Some(place) = state.selected_place().filter(|_| state.prefs.page == Page::Browse) else { return };
    let both = |step| [Some(place + step), place.checked_sub(step)];
    for place in (1..=AHEAD).flat_map(both).flatten() {
        if let Some(row) = state.photo_at(place).filter(|row| row.photo.error.is_none()) {
            pictures.thumbs.look_ahead(&row.photo.path, &row.photo.sha256, SCREEN);
        }
    }
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        out.push(Message::Command(UiCommand::LookLarge));
    }
    for (key, by) in [(Key::ArrowRight, 1), (Key::ArrowDown, 1), (Key::ArrowLeft, -1), (Key::ArrowUp, -1)] {
        let presses = ui.input(|input| input.num_presses(key));
        let step = if state.prefs.page == Page::Audit { Message::MoveAudited(by) } else { Message::MoveSelection(by) };
        out.extend((0..presses).map(|_| step.clone()));
    }
}
