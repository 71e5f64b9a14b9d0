//! Label: one large photo, five keys, and what was voted last.

use eframe::egui::{self, Rect, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use super::train_data::FEWEST;
use crate::api::clock::duration_text;
use crate::domain::{ImageId, LEVEL_WORDS, Vote, VoteKind};
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, Message};
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{LARGE, Slot, THUMB, Thumbs};
use crate::ui::widgets::{contained, empty_state, hint, photo_box, primary_button, wait_box};

/// Photos decoded ahead of the one on screen.
const AHEAD: usize = 3;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.label.loaded {
        return;
    }
    let Some(id) = state.label.current else {
        nothing_left(ui, state, out);
        return;
    };
    // The next ones are decoded while this one is looked at; asked for first, as the newest request is served first.
    let waiting = state.label.data.queue.iter().filter(|next| **next != id && !state.label.passed.contains(next));
    let ahead: Vec<_> = waiting.take(AHEAD).filter_map(|id| state.photo(*id)).collect();
    for row in ahead.into_iter().rev() {
        thumbs.get(&row.photo.path, &row.photo.sha256, LARGE);
    }
    header(ui, state, id, out);
    film_strip(ui, state, thumbs, out);
    said(ui, state);
    buttons(ui, state, out);
    photo(ui, state, id, thumbs);
}

fn nothing_left(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.photos.is_empty() {
        empty_state(ui, "Nothing to label yet", "Open a folder with photos first.", |ui| {
            if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
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
            let zoom = if state.label.full_size { "Fit (Z)" } else { "100 % (Z)" };
            if ui.button(zoom).on_hover_text(UiCommand::ToggleZoom.tooltip()).clicked() {
                out.push(Message::Command(UiCommand::ToggleZoom));
            }
            hint(ui, counts(state));
        });
    });
}

fn counts(state: &AppState) -> String {
    let progress = state.label.data.progress;
    let mut text = format!("{} labelled · {} to go", progress.labelled, progress.remaining);
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

/// The photo a key would hit is outlined while its vote is on the way to the disk.
fn outline(ui: &egui::Ui, rect: Rect, saving: bool) {
    if saving {
        let accent = colours(ui).accent;
        ui.painter().rect_stroke(rect.expand(3.0), 4.0, Stroke::new(3.0, accent), StrokeKind::Outside);
    }
}

fn buttons(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    egui::Panel::bottom("levels")
        .show_separator_line(false)
        .frame(egui::Frame::new().inner_margin(egui::Margin::symmetric(0, 10)))
        .show(ui, |ui| {
            let own = own_level(state);
            ui.horizontal(|ui| {
                let count = LEVEL_WORDS.len() as f32 + 1.0;
                let width = (ui.available_width() - space().m * (count - 1.0)) / count;
                let free = state.label.saving.is_none();
                for (word, level) in LEVEL_WORDS.into_iter().zip(1_u8..) {
                    let text = format!("{level}  {word}");
                    let button = egui::Button::new(text).selected(own == Some(level)).min_size(vec2(width, 44.0));
                    if ui.add_enabled(free, button).on_hover_text(format!("Press {level}")).clicked() {
                        out.push(Message::Rate(level));
                    }
                }
                let skip = egui::Button::new("S  Skip").min_size(vec2(width, 44.0));
                if ui.add_enabled(free, skip).on_hover_text(UiCommand::Skip.tooltip()).clicked() {
                    out.push(Message::Command(UiCommand::Skip));
                }
            });
        });
}

/// The level this person has given the photo on screen, lately.
fn own_level(state: &AppState) -> Option<u8> {
    let vote = state.label.data.recent.iter().find(|vote| Some(vote.image) == state.label.current)?;
    match vote.kind {
        VoteKind::Rating { level, .. } => Some(level),
        VoteKind::Mean { .. } | VoteKind::Skip | VoteKind::Undo { .. } => None,
    }
}

/// What the personal model would have said of the photo before, and how good it is by now.
fn said(ui: &mut egui::Ui, state: &AppState) {
    let Some(text) = said_text(state) else { return };
    egui::Panel::bottom("said").show_separator_line(false).frame(egui::Frame::new()).show(ui, |ui| {
        ui.add(egui::Label::new(egui::RichText::new(text).color(colours(ui).weak)).truncate());
    });
}

fn said_text(state: &AppState) -> Option<String> {
    let learning = &state.learning;
    let guess = learning.guess.as_ref().map(|guess| {
        let name = state.photo(guess.image).map_or_else(String::new, |row| row.photo.file_name());
        let score = guess.estimate.score;
        let (vote, value, low, high) = (guess.vote, score.value, score.low, score.high);
        let unsure = if guess.estimate.unfamiliar { ", but did not know its kind" } else { "" };
        format!("{name}: you said {vote:.0}, the model {value:.0} ({low:.0} to {high:.0}){unsure}")
    });
    let report = learning.report.as_ref().map(|report| {
        let srcc = report.srcc.map_or_else(|| "SRCC unknown".to_owned(), |srcc| format!("SRCC {srcc:.2}"));
        format!("{srcc} on left-out groups, learnt from {} labels", report.labels)
    });
    let parts: Vec<String> = guess.into_iter().chain(report).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
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

fn frame(ui: &mut egui::Ui, state: &AppState, vote: &Vote, newest: bool, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(row) = state.photo(vote.image) else { return };
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(64.0, 64.0), Sense::click());
    let said = match vote.kind {
        VoteKind::Rating { level, .. } => format!("{level}"),
        VoteKind::Mean { .. } | VoteKind::Skip | VoteKind::Undo { .. } => "S".to_owned(),
    };
    let name = row.photo.file_name();
    let tooltip = if newest {
        format!("{name}: {said}. Click to take it back")
    } else {
        format!("{name}: {said}. Click to look again")
    };
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &tooltip));
    ui.painter().rect_filled(rect, 6.0, palette.raised);
    photo_box(ui.painter(), rect.shrink(3.0), thumbs.get(&row.photo.path, &row.photo.sha256, THUMB), &palette);
    let badge = Rect::from_min_size(rect.left_bottom() + vec2(3.0, -19.0), vec2(16.0, 16.0));
    ui.painter().rect_filled(badge, 4.0, egui::Color32::from_black_alpha(190));
    let font = egui::FontId::proportional(11.5);
    ui.painter().text(badge.center(), egui::Align2::CENTER_CENTER, &said, font, egui::Color32::WHITE);
    if response.has_focus() || response.hovered() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    if response.on_hover_text(tooltip).clicked() {
        out.push(if newest { Message::UndoVote } else { Message::LabelPhoto(vote.image) });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::api::Estimate;
    use crate::config::Config;
    use crate::domain::Score;
    use crate::ui::prefs::Prefs;
    use crate::ui::state::Guess;

    #[test]
    fn nothing_is_said_before_a_vote_and_the_guess_after_it() {
        let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
        assert_eq!(said_text(&state), None);
        let score = Score { value: 61.6, low: 40.2, high: 83.0 };
        let estimate = Estimate { score, unfamiliar: true };
        state.learning.scores.insert(ImageId(1), estimate);
        state.label.current = Some(ImageId(1));
        assert_eq!(said_text(&state), None, "a score that is known does not show");
        state.learning.guess = Some(Guess { image: ImageId(1), vote: 75.0, estimate });
        let text = said_text(&state).expect("shows");
        assert!(text.contains("you said 75, the model 62 (40 to 83), but did not know its kind"), "{text}");
    }
}
