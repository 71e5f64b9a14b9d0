//! The best photo of the chosen group against another of it.

use std::path::Path;

use eframe::egui::{self, RichText, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use super::best_badge;
use crate::api::{DuplicateGroup, DuplicatePhoto};
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{THUMB, Thumbs};
use crate::ui::view::Zoom;
use crate::ui::widgets::{Side, compare, hint, photo_box};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let doubles = &state.doubles;
    let (Some(group), Some([best, other])) = (doubles.groups().get(doubles.group), doubles.pair()) else {
        hint(ui, "Choose a group");
        return;
    };
    controls(ui, state, out);
    members(ui, group, doubles.member, thumbs, out);
    let foot = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
    egui::Panel::bottom("paths").show_separator_line(false).frame(foot).show(ui, |ui| {
        for (photo, name) in [(best, "Copy the path of the best"), (other, "Copy the path of the other")] {
            path_line(ui, &photo.path, name, out);
        }
    });
    let close = doubles.pairing.view.zoom != Zoom::Fit;
    let mut side = |photo: &DuplicatePhoto, what: &str| Side {
        caption: format!("{what} · {}", facts(photo)),
        pixels: vec2(photo.width as f32, photo.height as f32),
        shot: thumbs.shot(&photo.path, &photo.sha256, close),
    };
    let sides = [side(best, "Best"), side(other, &file_name(&other.path))];
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let area = ui.available_rect_before_wrap();
        let pairing = compare(ui, area, &[&sides[0], &sides[1]], doubles.pairing);
        if pairing != doubles.pairing {
            out.push(Message::Pair(pairing));
        }
    });
}

/// "1080 × 1340 px, 214 kB".
fn facts(photo: &DuplicatePhoto) -> String {
    format!("{} × {} px, {} kB", photo.width, photo.height, photo.bytes.div_ceil(1000))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn controls(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let pairing = state.doubles.pairing;
    ui.horizontal(|ui| {
        for command in [UiCommand::ToggleWipe, UiCommand::SwapPair, UiCommand::ToggleZoom] {
            let (text, on) = match command {
                UiCommand::ToggleWipe => ("Wipe", pairing.wipe.is_some()),
                UiCommand::SwapPair => ("Swap", pairing.swapped),
                _ if pairing.view.zoom == Zoom::Fit => ("100 %", false),
                _ => ("Fit", false),
            };
            let key = ui.format_shortcut(&command.shortcut());
            let button = egui::Button::new(format!("{text} ({key})")).selected(on);
            if ui.add(button).on_hover_text(command.tooltip()).clicked() {
                out.push(Message::Command(command));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(RichText::new("Arrows: photo, group").color(colours(ui).weak)).truncate());
        });
    });
}

/// The photos of the group; a click sets one against the best.
fn members(ui: &mut egui::Ui, group: &DuplicateGroup, member: usize, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if group.photos.len() < 3 {
        return;
    }
    let palette = colours(ui);
    egui::ScrollArea::horizontal().id_salt("members").show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space().s;
            for (place, photo) in group.photos.iter().enumerate() {
                let (rect, response) = ui.allocate_exact_size(vec2(52.0, 52.0), Sense::click());
                let chosen = place == member;
                let name = file_name(&photo.path);
                response.widget_info(|| {
                    let spoken = if place == 0 { format!("Best: {name}") } else { format!("Compare {name}") };
                    egui::WidgetInfo::selected(Role::Button, true, chosen, spoken)
                });
                ui.painter().rect_filled(rect, 4.0, palette.background);
                if ui.is_rect_visible(rect) {
                    let slot = thumbs.get(&photo.path, &photo.sha256, THUMB);
                    photo_box(ui.painter(), rect.shrink(2.0), slot, &palette);
                }
                if place == 0 {
                    best_badge(ui, rect);
                }
                if chosen || response.has_focus() {
                    ui.painter().rect_stroke(rect, 4.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
                }
                if response.on_hover_text(format!("{name}: {}", facts(photo))).clicked() && place > 0 {
                    out.push(Message::ChooseMember(place));
                }
            }
        });
    });
}

fn path_line(ui: &mut egui::Ui, path: &Path, name: &str, out: &mut Vec<Message>) {
    let weak = colours(ui).weak;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 24.0),
        egui::Layout::right_to_left(egui::Align::Center),
        |ui| {
            let button = egui::Button::new(RichText::new("Copy the path").small());
            if ui.add(button).accessible_name(name).clicked() {
                out.push(Message::Copy(path.to_string_lossy().into_owned()));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let text = path.display().to_string();
                ui.add(egui::Label::new(RichText::new(&text).small().color(weak)).truncate()).on_hover_text(text);
            });
        },
    );
}
