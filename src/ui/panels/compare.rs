//! Two to four photos of the grid beside each other, with one zoom for all; two can be wiped and swapped.

use eframe::egui::{self, Key, RichText, vec2};

use crate::api::PhotoRow;
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Thumbs;
use crate::ui::view::Zoom;
use crate::ui::widgets::{Side, compare};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let rows = state.compared();
    keys(ui, state, &rows, out);
    let pairing = state.large.pairing;
    controls(ui, state, rows.len(), out);
    ui.add_space(space().s);
    names(ui, state, &rows, out);
    let close = pairing.view.zoom != Zoom::Fit;
    let side = |row: &&PhotoRow| Side {
        caption: caption(state, row),
        pixels: vec2(row.photo.width as f32, row.photo.height as f32),
        shot: thumbs.shot(&row.photo.path, &row.photo.sha256, close),
    };
    let sides: Vec<Side> = rows.iter().map(side).collect();
    let area = ui.available_rect_before_wrap();
    let shown = compare(ui, area, &sides.iter().collect::<Vec<_>>(), pairing);
    if shown != pairing {
        out.push(Message::Survey(shown));
    }
}

/// "shoe-1.jpg · score 62 · label 75".
fn caption(state: &AppState, row: &PhotoRow) -> String {
    let mut parts = vec![row.photo.file_name()];
    parts.extend(state.score_of(row).map(|score| format!("score {:.0}", score.value)));
    parts.extend(row.label.map(|label| format!("label {:.0}", label.mos)));
    parts.join(" · ")
}

fn controls(ui: &mut egui::Ui, state: &AppState, count: usize, out: &mut Vec<Message>) {
    let pairing = state.large.pairing;
    ui.horizontal(|ui| {
        for command in [UiCommand::ToggleWipe, UiCommand::SwapPair, UiCommand::ToggleZoom, UiCommand::Compare] {
            let (text, on) = match command {
                UiCommand::ToggleWipe => ("Wipe", pairing.wipe.is_some()),
                UiCommand::SwapPair => ("Swap", pairing.swapped),
                UiCommand::Compare => ("Close", false),
                _ if pairing.view.zoom == Zoom::Fit => ("100 %", false),
                _ => ("Fit", false),
            };
            let usable = count == 2 || !matches!(command, UiCommand::ToggleWipe | UiCommand::SwapPair);
            let key = ui.format_shortcut(&command.shortcut());
            let button = ui.add_enabled(usable, egui::Button::new(format!("{text} ({key})")).selected(on && usable));
            let button = button.on_hover_text(command.tooltip()).on_disabled_hover_text("For two photos");
            if button.clicked() {
                out.push(Message::Command(command));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = "Left and right: photo · 1 to 5: label it";
            ui.add(egui::Label::new(RichText::new(text).color(colours(ui).weak)).truncate());
        });
    });
}

/// The compared photos by name; the one that keys act on is marked.
fn names(ui: &mut egui::Ui, state: &AppState, rows: &[&PhotoRow], out: &mut Vec<Message>) {
    ui.horizontal_wrapped(|ui| {
        for row in rows {
            let selected = state.browse.selected == Some(row.photo.id);
            if ui.add(egui::Button::selectable(selected, row.photo.file_name())).clicked() {
                out.push(Message::TurnTo(row.photo.id));
            }
        }
    });
    ui.add_space(space().s);
}

fn keys(ui: &egui::Ui, state: &AppState, rows: &[&PhotoRow], out: &mut Vec<Message>) {
    let free = ui.memory(|memory| memory.focused().is_none());
    if !free || state.palette.is_some() {
        return;
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        out.push(Message::Command(UiCommand::Compare));
    }
    let presses = |key| ui.input(|input| input.num_presses(key)) as i64;
    let by = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
    let at = rows.iter().position(|row| state.browse.selected == Some(row.photo.id)).unwrap_or(0);
    let next = (at as i64 + by).clamp(0, rows.len() as i64 - 1) as usize;
    if by != 0 {
        out.push(Message::TurnTo(rows[next].photo.id));
    }
}
