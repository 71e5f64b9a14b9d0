//! Scoring: five levels by key, or a score from 0 to 100; and after the vote what the personal model would have said.

use eframe::egui::{self, Key, vec2};

use crate::domain::{LEVEL_WORDS, VoteKind};
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};

/// Score that a slider begins with.
const MIDDLE: f64 = 50.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(0, 10));
    egui::Panel::bottom("levels").show_separator_line(false).frame(frame).show(ui, |ui| {
        if state.label.doubt().is_some() {
            doubt(ui, state, out);
        }
        if state.prefs.exact { exact(ui, state, out) } else { levels(ui, state, out) }
    });
}

/// The label in doubt: keep it, change it with a score, or leave it.
fn doubt(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(suspect) = state.label.doubt() else { return };
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(format!("The label is {:.0}. Is it right? A score changes it.", suspect.label)));
        for command in [UiCommand::KeepLabel, UiCommand::UnsureLabel] {
            let key = ui.format_shortcut(&state.prefs.keys.of(command));
            let text = if command == UiCommand::KeepLabel { "Keep" } else { "Unsure" };
            let button = egui::Button::new(format!("{key}  {text}"));
            if ui.add_enabled(state.label.saving.is_none(), button).on_hover_text(command.tooltip()).clicked() {
                out.push(Message::Command(command));
            }
        }
    });
    ui.add_space(space().s);
}

fn levels(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let own = own_level(state);
    ui.horizontal(|ui| {
        let count = LEVEL_WORDS.len() as f32 + 1.0;
        let width = (ui.available_width() - ui.spacing().item_spacing.x * (count - 1.0)) / count;
        let free = state.label.saving.is_none();
        let commands =
            [UiCommand::Rate1, UiCommand::Rate2, UiCommand::Rate3, UiCommand::Rate4, UiCommand::Rate5, UiCommand::Skip];
        for (place, command) in commands.into_iter().enumerate() {
            let key = ui.format_shortcut(&state.prefs.keys.of(command));
            let word = LEVEL_WORDS.get(place).copied().unwrap_or("Skip");
            let chosen = own.is_some() && own == command.level();
            let button = egui::Button::new(format!("{key}  {word}")).selected(chosen).min_size(vec2(width, 44.0));
            if ui.add_enabled(free, button).on_hover_text(command.tooltip()).clicked() {
                out.push(Message::Command(command));
            }
        }
    });
}

/// A slider that the arrows move and digits set; Enter casts.
fn exact(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    exact_keys(ui, state, out);
    let free = state.label.saving.is_none();
    ui.horizontal(|ui| {
        let mut value = state.label.exact.or_else(|| own_score(state)).unwrap_or(MIDDLE);
        ui.spacing_mut().slider_width = (ui.available_width() - 300.0).max(120.0);
        let slider = egui::Slider::new(&mut value, 0.0..=100.0).integer().show_value(false);
        let response = ui.add_enabled(free, slider).accessible_name("Score from 0 to 100");
        if response.changed() {
            out.push(Message::SetExact(Some(value)));
        }
        let text = state.label.exact.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"));
        ui.add_sized(vec2(44.0, 44.0), egui::Label::new(egui::RichText::new(text).size(24.0).strong()));
        let ready = free && state.label.exact.is_some();
        let save = egui::Button::new("Enter  Save").min_size(vec2(108.0, 44.0));
        if ui.add_enabled(ready, save).on_hover_text("Saves the score and shows the next photo").clicked() {
            out.push(Message::ScoreExactly(value));
        }
        let key = ui.format_shortcut(&state.prefs.keys.of(UiCommand::Skip));
        let skip = egui::Button::new(format!("{key}  Skip")).min_size(vec2(96.0, 44.0));
        if ui.add_enabled(free, skip).on_hover_text(UiCommand::Skip.tooltip()).clicked() {
            out.push(Message::Command(UiCommand::Skip));
        }
    });
}

/// Digits type a score, Backspace takes one back, up and down move it by a point (ten with Shift), Enter casts it.
fn exact_keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let blocked = ui.egui_wants_keyboard_input() || state.palette.is_some() || state.label.keys.is_some();
    if blocked || state.label.saving.is_some() || ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let mut value = state.label.exact;
    let digits =
        [Key::Num0, Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    ui.input(|input| {
        if input.modifiers.command || input.modifiers.alt {
            return;
        }
        for (digit, key) in digits.into_iter().enumerate() {
            for _ in 0..input.num_presses(key) {
                value = Some(typed(value, digit as f64));
            }
        }
        if input.key_pressed(Key::Backspace) {
            value = value.map(|value| (value / 10.0).trunc()).filter(|value| *value > 0.0);
        }
        let step = if input.modifiers.shift { 10.0 } else { 1.0 };
        for (key, by) in [(Key::ArrowUp, step), (Key::ArrowDown, -step)] {
            let presses = input.num_presses(key) as f64;
            if presses > 0.0 {
                value = Some((value.or_else(|| own_score(state)).unwrap_or(MIDDLE) + presses * by).clamp(0.0, 100.0));
            }
        }
    });
    if value != state.label.exact {
        out.push(Message::SetExact(value));
    }
    if let Some(value) = value.filter(|_| ui.input(|input| input.key_pressed(Key::Enter))) {
        out.push(Message::ScoreExactly(value));
    }
}

/// The number with one more digit; one that would be above 100 begins anew.
fn typed(value: Option<f64>, digit: f64) -> f64 {
    let longer = value.unwrap_or(0.0) * 10.0 + digit;
    if longer <= 100.0 { longer } else { digit }
}

/// What this person has said of the photo on screen, lately; never for one that is slipped in a second time.
fn own_vote(state: &AppState) -> Option<VoteKind> {
    let shown = state.label.current.filter(|_| !state.label.repeat);
    let own = |kind: VoteKind| matches!(kind, VoteKind::Rating { .. } | VoteKind::Mean { .. } | VoteKind::Skip);
    let votes = state.label.data.recent.iter();
    votes.filter(|vote| Some(vote.image) == shown).map(|vote| vote.kind).find(|kind| own(*kind))
}

fn own_level(state: &AppState) -> Option<u8> {
    match own_vote(state)? {
        VoteKind::Rating { level, .. } => Some(level),
        _ => None,
    }
}

fn own_score(state: &AppState) -> Option<f64> {
    own_vote(state)?.score()
}

/// What the personal model would have said of the photo before, and how good it is by now.
pub(super) fn said(ui: &mut egui::Ui, state: &AppState) {
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
    let doubted = state.label.answered.as_ref().map(|suspect| {
        let name = state.photo(suspect.image).map_or_else(String::new, |row| row.photo.file_name());
        let said = suspect.said;
        format!(
            "{name}: a model that did not see the label says {:.0} ({:.0} to {:.0})",
            said.value, said.low, said.high
        )
    });
    let parts: Vec<String> = doubted.or(guess).into_iter().chain(report).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::api::Estimate;
    use crate::config::Config;
    use crate::domain::{ImageId, Score};
    use crate::ui::prefs::Prefs;
    use crate::ui::state::Guess;

    #[test]
    fn digits_type_a_score_up_to_100() {
        assert_eq!(typed(None, 7.0), 7.0);
        assert_eq!(typed(Some(7.0), 2.0), 72.0);
        assert_eq!(typed(Some(10.0), 0.0), 100.0);
        assert_eq!(typed(Some(72.0), 4.0), 4.0);
    }

    #[test]
    fn nothing_is_said_before_a_vote_and_the_guess_after_it() {
        let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
        assert_eq!(said_text(&state), None);
        let score = Score { value: 61.6, low: 40.2, high: 83.0 };
        let estimate = Estimate { score, unfamiliar: true };
        state.learning.scores = std::sync::Arc::new([(ImageId(1), estimate)].into());
        state.label.current = Some(ImageId(1));
        assert_eq!(said_text(&state), None, "a score that is known does not show");
        state.learning.guess = Some(Guess { image: ImageId(1), vote: 75.0, estimate });
        let text = said_text(&state).expect("shows");
        assert!(text.contains("you said 75, the model 62 (40 to 83), but did not know its kind"), "{text}");
    }
}
