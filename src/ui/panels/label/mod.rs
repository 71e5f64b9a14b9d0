//! Label: photos are scored, tagged or compared by key; who votes, and how steadily, stands beside them.

mod defects;
mod keys;
mod pairs;
mod rater;
mod score;

use eframe::egui::{self, Rect, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use super::train::FEWEST;
use crate::api::{QueueKind, clock::duration_text};
use crate::domain::{ImageId, Preference, Vote, VoteKind};
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, Message};
use crate::ui::numbers::grouped;
use crate::ui::prefs::{Mode, Page};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{LARGE, Slot, THUMB, Thumbs};
use crate::ui::update::{waiting, waiting_count};
use crate::ui::widgets::{contained, empty_state, hint, photo_box, primary_button, wait_box};

/// Photos decoded ahead of the one on screen.
const AHEAD: usize = 3;

/// Narrowest page beside which the rater panel has room, in points.
const ROOM: f32 = 620.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    keys::show(ui, state, out);
    if !state.label.loaded {
        return;
    }
    if state.photos.is_empty() {
        no_photos(ui, out);
        return;
    }
    if state.prefs.panel && ui.available_width() > ROOM {
        let frame = egui::Frame::new().inner_margin(egui::Margin { left: 16, ..egui::Margin::ZERO });
        egui::Panel::right("rater").exact_size(232.0).resizable(false).show_separator_line(false).frame(frame).show(
            ui,
            |ui| match state.prefs.mode {
                Mode::Pairs | Mode::Four => pairs::ranking(ui, state, thumbs, out),
                Mode::Score | Mode::Defects => rater::show(ui, state, out),
            },
        );
    }
    modes(ui, state, out);
    match state.prefs.mode {
        Mode::Pairs | Mode::Four => pairs::show(ui, state, thumbs, out),
        Mode::Score | Mode::Defects => one_photo(ui, state, thumbs, out),
    }
}

fn one_photo(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(id) = state.label.current else {
        nothing_left(ui, state, out);
        return;
    };
    // The next ones are decoded while this one is looked at.
    let waiting = waiting(state).filter(|next| *next != id && !state.label.passed.contains(next));
    for row in waiting.take(AHEAD).filter_map(|id| state.photo(id)) {
        thumbs.look_ahead(&row.photo.path, &row.photo.sha256, LARGE);
    }
    header(ui, state, id, out);
    film_strip(ui, state, thumbs, out);
    score::said(ui, state);
    match state.prefs.mode {
        Mode::Defects => defects::show(ui, state, out),
        _ => score::show(ui, state, out),
    }
    photo(ui, state, id, thumbs);
}

/// The modes, the queue, and what is said of keys.
fn modes(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space().s;
        let commands = [UiCommand::ModeScore, UiCommand::ModeDefects, UiCommand::ModePairs, UiCommand::ModeFour];
        for (mode, command) in Mode::ALL.into_iter().zip(commands) {
            let button = egui::Button::new(mode.text()).selected(state.prefs.mode == mode);
            if ui.add(button).on_hover_text(with_key(ui, state, command)).clicked() {
                out.push(Message::LabelMode(mode));
            }
        }
        match state.prefs.mode {
            Mode::Score => queue_box(ui, state, out),
            Mode::Pairs | Mode::Four => pairs::size_box(ui, state, out),
            Mode::Defects => {}
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Keys…").on_hover_text(with_key(ui, state, UiCommand::EditKeys)).clicked() {
                out.push(Message::Command(UiCommand::EditKeys));
            }
            if state.prefs.mode == Mode::Score {
                let text = if state.prefs.exact { "1 to 5" } else { "0 to 100" };
                if ui.button(text).on_hover_text(with_key(ui, state, UiCommand::ToggleExact)).clicked() {
                    out.push(Message::Command(UiCommand::ToggleExact));
                }
            }
        });
    });
    ui.add_space(space().s);
}

/// A command's tooltip with its key.
fn with_key(ui: &egui::Ui, state: &AppState, command: UiCommand) -> String {
    format!("{} ({})", command.tooltip(), ui.format_shortcut(&state.prefs.keys.of(command)))
}

fn queue_text(kind: QueueKind) -> (&'static str, &'static str) {
    match kind {
        QueueKind::Random => ("Random", "Photos in a shuffled order"),
        QueueKind::Uncertain => {
            ("Uncertain", "Photos whose label teaches the personal model most, in batches of twenty")
        }
        QueueKind::Disputed => ("Disputed", "Photos that raters disagree on, then those that models disagree on"),
        QueueKind::Suspect => ("Doubtful labels", "Labels that a model doubts which did not learn from them"),
    }
}

fn queue_box(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let left = waiting_count(state);
    let text = format!("{} · {left}", queue_text(state.prefs.queue).0);
    let chosen = egui::ComboBox::from_id_salt("queue").selected_text(text).width(150.0).show_ui(ui, |ui| {
        for kind in QueueKind::ALL {
            let (name, about) = queue_text(kind);
            if ui.selectable_label(state.prefs.queue == kind, name).on_hover_text(about).clicked() {
                out.push(Message::LabelQueue(kind));
            }
        }
    });
    chosen.response.on_hover_text("Which photos come first").widget_info(|| {
        egui::WidgetInfo::labeled(Role::ComboBox, true, format!("Queue: {}", queue_text(state.prefs.queue).0))
    });
}

fn no_photos(ui: &mut egui::Ui, out: &mut Vec<Message>) {
    empty_state(ui, "Nothing to label yet", "Open a folder with photos first.", |ui| {
        if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::OpenFolder));
        }
    });
}

/// What a special queue says when nothing is in it.
fn nothing_chosen(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let kind = state.prefs.queue;
    if state.label.chosen.is_none() {
        empty_state(ui, "Choosing photos…", "The personal model looks through them.", |_| {});
        return;
    }
    let (title, text) = match kind {
        QueueKind::Suspect => {
            ("No label is in doubt", "It takes 25 labels and their photos described before labels can be doubted.")
        }
        _ => (
            "Nothing to choose from",
            "The personal model has to describe the photos first; it does so in the background.",
        ),
    };
    empty_state(ui, title, text, |ui| {
        if primary_button(ui, "Label in random order", true).clicked() {
            out.push(Message::LabelQueue(QueueKind::Random));
        }
    });
}

fn nothing_left(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.prefs.mode == Mode::Score && state.prefs.queue != QueueKind::Random {
        nothing_chosen(ui, state, out);
        return;
    }
    if state.prefs.mode == Mode::Defects {
        empty_state(ui, "You have looked at every photo", "All of them are tagged, or free of defects.", |ui| {
            if ui.button(UiCommand::Undo.text()).clicked() {
                out.push(Message::UndoVote);
            }
        });
        return;
    }
    let labelled = state.label.data.progress.labelled;
    let enough = labelled >= FEWEST;
    let then = if enough {
        "A model can learn from them now.".to_owned()
    } else {
        format!("A model needs at least {FEWEST}: open more photos.")
    };
    let text = format!("{labelled} photos have a label. {then}");
    empty_state(ui, "You have seen every photo", &text, |ui| {
        if enough && primary_button(ui, "Train a model", true).clicked() {
            out.push(Message::Show(Page::Train));
        }
        if !enough && primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
            out.push(Message::Ask(DialogFor::OpenFolder));
        }
        if ui.button(UiCommand::Undo.text()).clicked() {
            out.push(Message::UndoVote);
        }
    });
}

fn header(ui: &mut egui::Ui, state: &AppState, id: ImageId, out: &mut Vec<Message>) {
    let name = state.photo(id).map_or_else(String::new, |row| row.photo.file_name());
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(egui::RichText::new(name).size(15.0).strong()).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let key = ui.format_shortcut(&state.prefs.keys.of(UiCommand::ToggleZoom));
            let zoom = format!("{} ({key})", if state.label.full_size { "Fit" } else { "100 %" });
            if ui.button(zoom).on_hover_text(UiCommand::ToggleZoom.tooltip()).clicked() {
                out.push(Message::Command(UiCommand::ToggleZoom));
            }
            hint(ui, counts(state));
        });
    });
}

fn counts(state: &AppState) -> String {
    let progress = state.label.data.progress;
    if state.prefs.mode == Mode::Defects {
        let left = state.label.data.untagged.len();
        let seen = progress.photos.saturating_sub(left as u64) as usize;
        return format!("{} looked at by you · {} to go", grouped(seen), grouped(left));
    }
    let seen = progress.photos.saturating_sub(progress.remaining) as usize;
    let mut text = format!("{} seen by you · {} to go", grouped(seen), grouped(progress.remaining as usize));
    let passed = state.label.since_ms.map_or(0, |since| state.now_ms - since);
    if state.label.votes >= 5 && passed > 10_000 {
        let per_minute = state.label.votes as f64 * 60_000.0 / passed as f64;
        let left = progress.remaining as f64 / per_minute * 60_000.0;
        text.push_str(&format!(" · {per_minute:.0} a minute · {} left", duration_text(left as i64)));
    }
    text
}

fn photo(ui: &mut egui::Ui, state: &AppState, id: ImageId, thumbs: &mut Thumbs) {
    let palette = colours(ui);
    let Some(row) = state.photo(id) else { return };
    let slot = thumbs.get(&row.photo.path, &row.photo.sha256, LARGE);
    let name = row.photo.file_name();
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let rect = ui.available_rect_before_wrap();
        ui.painter().rect_filled(rect, 8.0, palette.background);
        match slot {
            Slot::Ready(texture) if state.label.full_size => {
                // One photo pixel a screen pixel.
                let size = vec2(row.photo.width as f32, row.photo.height as f32) / ui.pixels_per_point();
                egui::ScrollArea::both().auto_shrink([false, false]).id_salt(id.0).show(ui, |ui| {
                    let (area, response) =
                        ui.allocate_exact_size(size.max(rect.size() - vec2(10.0, 10.0)), Sense::hover());
                    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, &name));
                    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                    let inner = Rect::from_center_size(area.center(), size);
                    ui.painter().image(texture.id(), inner, whole, egui::Color32::WHITE);
                });
            }
            slot => {
                let response = ui.allocate_rect(rect, Sense::hover());
                response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, &name));
                photo_box(ui.painter(), rect.shrink(8.0), slot, &palette);
                if let Slot::Ready(texture) = slot {
                    outline(ui, contained(texture, rect.shrink(8.0), 4.0), state.label.saving.is_some());
                }
                wait_box(ui, rect, slot);
                if let Slot::Failed(error) = slot {
                    let at = rect.center_bottom() - vec2(0.0, 24.0);
                    let font = egui::FontId::proportional(13.0);
                    ui.painter().text(at, egui::Align2::CENTER_BOTTOM, error.chain(), font, palette.weak);
                }
            }
        }
    });
}

/// The photo that a key hits is always outlined; thicker while its vote is on the way to the disk.
fn outline(ui: &egui::Ui, rect: Rect, saving: bool) {
    let width = if saving { 3.5 } else { 1.5 };
    let stroke = Stroke::new(width, colours(ui).accent);
    ui.painter().rect_stroke(rect.expand(width), 4.0, stroke, StrokeKind::Outside);
}

fn film_strip(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if state.label.data.recent.is_empty() {
        return;
    }
    egui::Panel::bottom("film").show_separator_line(false).frame(egui::Frame::new()).show(ui, |ui| {
        ui.horizontal(|ui| {
            for (place, vote) in state.label.data.recent.iter().enumerate() {
                frame(ui, state, vote, place == 0, thumbs, out);
            }
        });
    });
}

/// A vote in a few letters.
fn short(state: &AppState, vote: &Vote) -> String {
    match vote.kind {
        VoteKind::Rating { level, .. } => format!("{level}"),
        VoteKind::Mean { score, .. } => format!("{score:.0}"),
        VoteKind::Skip | VoteKind::Undo { .. } => "S".to_owned(),
        VoteKind::Tag { tag, on } => {
            let name = state.label.data.tags.iter().find(|known| known.id == tag).map_or("", |known| &known.name);
            format!("{}{name}", if on { "" } else { "−" })
        }
        VoteKind::Pair { preference, .. } => match preference {
            Preference::Better => "better".to_owned(),
            Preference::Tie => "tie".to_owned(),
            Preference::Worse => "worse".to_owned(),
        },
    }
}

fn frame(ui: &mut egui::Ui, state: &AppState, vote: &Vote, newest: bool, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(row) = state.photo(vote.image) else { return };
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(64.0, 64.0), Sense::click());
    let said = short(state, vote);
    let name = row.photo.file_name();
    let tooltip = if newest {
        format!("{name}: {said}. Click to take it back")
    } else {
        format!("{name}: {said}. Click to look again")
    };
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &tooltip));
    ui.painter().rect_filled(rect, 6.0, palette.raised);
    photo_box(ui.painter(), rect.shrink(3.0), thumbs.get(&row.photo.path, &row.photo.sha256, THUMB), &palette);
    let font = egui::FontId::proportional(11.5);
    let text = ui.painter().layout_no_wrap(said, font, egui::Color32::WHITE);
    let width = (text.size().x + 8.0).clamp(16.0, 58.0);
    let badge = Rect::from_min_size(rect.left_bottom() + vec2(3.0, -19.0), vec2(width, 16.0));
    ui.painter().rect_filled(badge, 4.0, egui::Color32::from_black_alpha(190));
    let inside = ui.painter().with_clip_rect(badge);
    inside.galley(badge.center() - text.size() / 2.0, text, egui::Color32::WHITE);
    if response.has_focus() || response.hovered() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    if response.on_hover_text(tooltip).clicked() {
        out.push(if newest { Message::UndoVote } else { Message::LabelPhoto(vote.image) });
    }
}
