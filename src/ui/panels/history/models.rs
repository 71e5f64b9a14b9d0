//! The same photos under two models: those that they differ on most first, by arrow key.

use eframe::egui::{self, Align2, FontId, Key, Rect, RichText, Sense, accesskit::Role, vec2};

use crate::api::{ModelEntry, PhotoPair, SideBySide};
use crate::domain::ModelId;
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, TwoModels};
use crate::ui::theme::{Palette, colours, space};
use crate::ui::thumbs::{LARGE, THUMB, Thumbs};
use crate::ui::update::candidates;
use crate::ui::widgets::{empty_state, hint, photo_box, tell_photo, wait_box};

/// Height of a row, and width of its thumbnail, in points.
const ROW: f32 = 44.0;
const PICTURE: f32 = 56.0;

/// Width of a column of numbers.
const NUMBER: f32 = 54.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, two: &TwoModels, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    choices(ui, state, two, out);
    let Some(found) = &two.found else { return };
    hint(ui, summary(found));
    ui.add_space(space().s);
    if found.photos.is_empty() {
        nothing(ui, state, two, found, out);
        return;
    }
    keys(ui, state, out);
    let frame = egui::Frame::new().inner_margin(egui::Margin { right: 16, ..egui::Margin::ZERO });
    let list = egui::Panel::left("held").show_separator_line(false).default_size(440.0).frame(frame);
    list.show(ui, |ui| table(ui, state, two, found, thumbs, out));
    egui::CentralPanel::no_frame().show(ui, |ui| {
        if let Some(pair) = found.photos.get(two.at) {
            photo(ui, state, pair, thumbs);
        }
    });
}

fn choices(ui: &mut egui::Ui, state: &AppState, two: &TwoModels, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        let mut models = two.models.clone();
        for (place, (name, model)) in ["First model", "Second model"].into_iter().zip(&mut models).enumerate() {
            if place > 0 && ui.button("Swap").clicked() {
                let [a, b] = two.models.clone();
                out.push(Message::HoldModels(Some([b, a])));
            }
            choice(ui, state, name, model);
        }
        if models != two.models && models[0] != models[1] {
            out.push(Message::HoldModels(Some(models)));
        }
    });
}

fn choice(ui: &mut egui::Ui, state: &AppState, name: &str, model: &mut ModelId) {
    let text = |entry: &ModelEntry| {
        let short = entry.card.id.0.get(..8).unwrap_or_default();
        format!("{}  {short}", entry.name)
    };
    let shown = candidates(state).find(|entry| entry.card.id == *model).map(text).unwrap_or_default();
    let combo = egui::ComboBox::from_id_salt(name).selected_text(shown).width(220.0).truncate();
    let combo = combo.show_ui(ui, |ui| {
        for entry in candidates(state) {
            ui.selectable_value(model, entry.card.id.clone(), text(entry));
        }
    });
    combo.response.accessible_name(name);
}

/// What the photos come to, in a line.
fn summary(found: &SideBySide) -> String {
    let mut parts = vec![format!("{} photos scored by both", grouped(found.photos.len()))];
    if !found.photos.is_empty() {
        parts.push(format!("{:.1} points apart on average", found.mean_difference));
        let way = if found.shift < 0.0 { "lower" } else { "higher" };
        parts.push(format!("the second {:.1} {way}", found.shift.abs()));
        parts.extend(found.srcc.map(|srcc| format!("SRCC between them {srcc:.3}")));
    }
    if let [Some(first), Some(second)] = found.mae {
        parts.push(format!("off by {first:.1} and {second:.1} on {} labels", grouped(found.labelled)));
    }
    parts.join(" · ")
}

/// No photo was scored by both: offers to.
fn nothing(ui: &mut egui::Ui, state: &AppState, two: &TwoModels, found: &SideBySide, out: &mut Vec<Message>) {
    let text = "Photos show here that both models have scored.";
    empty_state(ui, "Nothing to compare yet", text, |ui| {
        for (model, unscored) in two.models.iter().zip(found.unscored).filter(|(_, unscored)| *unscored > 0) {
            let name = candidates(state).find(|entry| entry.card.id == *model).map_or("?", |entry| &entry.name);
            if ui.button(format!("Score {} photos with {name}", grouped(unscored))).clicked() {
                out.push(Message::StartScoring(Vec::new(), Some(model.0.clone())));
            }
            ui.add_space(space().s);
        }
    });
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let steps = [(Key::ArrowDown, 1), (Key::ArrowRight, 1), (Key::ArrowUp, -1), (Key::ArrowLeft, -1)];
    for (key, by) in steps {
        let presses = ui.input(|input| input.num_presses(key));
        out.extend((0..presses).map(|_| Message::StepHeld(by)));
    }
}

fn table(
    ui: &mut egui::Ui,
    state: &AppState,
    two: &TwoModels,
    found: &SideBySide,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("held");
    if two.reveal {
        let middle = two.at as f32 * ROW - ui.available_height() / 2.0;
        area = area.vertical_scroll_offset(middle.max(0.0));
    }
    let area = area.show_rows(ui, ROW, found.photos.len(), |ui, shown| {
        for place in shown {
            row(ui, state, (place, &found.photos[place]), place == two.at, thumbs, out);
        }
    });
    let bar = Rect::from_min_size(bar.min, vec2(area.inner_rect.width(), bar.height()));
    for (title, cell) in ["First", "Second", "Apart", "Label"].into_iter().zip(numbers(bar)) {
        number(ui, cell, title, palette.weak, 12.0);
    }
}

/// The cells of the numbers, at the right of a row.
fn numbers(row: Rect) -> [Rect; 4] {
    [4.0, 3.0, 2.0, 1.0].map(|from_right| {
        let left = row.right() - 8.0 - from_right * NUMBER;
        Rect::from_min_size(egui::pos2(left, row.top()), vec2(NUMBER, row.height()))
    })
}

fn number(ui: &egui::Ui, cell: Rect, text: &str, colour: egui::Color32, size: f32) {
    ui.painter().text(cell.right_center(), Align2::RIGHT_CENTER, text, FontId::proportional(size), colour);
}

fn row(
    ui: &mut egui::Ui,
    state: &AppState,
    (place, pair): (usize, &PhotoPair),
    selected: bool,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, selected, spoken(pair)));
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if selected { palette.raised } else { palette.background });
    }
    let picture = Rect::from_min_size(rect.min + vec2(4.0, 2.0), vec2(PICTURE - 8.0, ROW - 4.0));
    if let Some(photo) = state.photo(pair.image) {
        photo_box(ui.painter(), picture, thumbs.get(&photo.photo.path, &photo.photo.sha256, THUMB), &palette);
    }
    let cells = numbers(rect);
    let name = Rect::from_min_max(egui::pos2(picture.right() + 8.0, rect.top()), cells[0].left_bottom());
    let child = egui::UiBuilder::new().max_rect(name).layout(egui::Layout::left_to_right(egui::Align::Center));
    ui.scope_builder(child, |ui| ui.add(egui::Label::new(file_name(pair)).truncate().selectable(false)));
    let [first, second] = pair.scores.map(|score| score.value);
    let texts = [
        (format!("{first:.0}"), palette.text),
        (format!("{second:.0}"), palette.text),
        (signed(pair.difference()), difference_colour(pair, &palette)),
        (pair.label.map_or_else(|| "–".to_owned(), |label| format!("{label:.0}")), palette.weak),
    ];
    for (cell, (text, colour)) in cells.into_iter().zip(texts) {
        number(ui, cell, &text, colour, 14.0);
    }
    if response.on_hover_text(pair.path.display().to_string()).clicked() {
        out.push(Message::ShowHeld(place));
    }
}

/// With a sign, and a minus as wide as a plus.
fn signed(points: f64) -> String {
    format!("{points:+.0}").replace('-', "−")
}

fn difference_colour(pair: &PhotoPair, palette: &Palette) -> egui::Color32 {
    if pair.difference() < 0.0 { palette.reject } else { palette.accept }
}

fn photo(ui: &mut egui::Ui, state: &AppState, pair: &PhotoPair, thumbs: &mut Thumbs) {
    let palette = colours(ui);
    ui.add(egui::Label::new(RichText::new(file_name(pair)).strong()).truncate());
    let [first, second] = pair.scores;
    let label = pair.label.map_or_else(String::new, |label| format!(" · label {label:.0}"));
    let interval = |score: crate::domain::Score| format!("{:.0} ({:.0} to {:.0})", score.value, score.low, score.high);
    hint(ui, format!("First {} · second {}{label}", interval(first), interval(second)));
    ui.add_space(space().s);
    let rect = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(rect, Sense::hover());
    tell_photo(&response, &spoken(pair));
    ui.painter().rect_filled(rect, 8.0, palette.background);
    let Some(row) = state.photo(pair.image) else { return };
    let slot = thumbs.get(&row.photo.path, &row.photo.sha256, LARGE);
    photo_box(ui.painter(), rect.shrink(8.0), slot, &palette);
    wait_box(ui, rect, slot);
}

fn file_name(pair: &PhotoPair) -> String {
    pair.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn spoken(pair: &PhotoPair) -> String {
    let [first, second] = pair.scores.map(|score| score.value);
    format!("{}, scores {first:.0} and {second:.0}", file_name(pair))
}
