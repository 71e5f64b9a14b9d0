//! Pairs and fours: photos side by side, and their order as it settles.

use eframe::egui::{self, Rect, RichText, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use crate::api::{Arena, Ranked, SETTLED};
use crate::domain::ImageId;
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::prefs::Mode;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{LARGE, THUMB, Thumbs};
use crate::ui::view::Zoom;
use crate::ui::widgets::{Side, compare, contained, empty_state, heading, photo_box};

/// How many photos can be put in order.
const SIZES: [usize; 5] = [12, 24, 48, 96, 192];

/// Height of a row of the ranking.
const ROW: f32 = 34.0;

pub(super) fn size_box(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let text = format!("{} photos", state.label.duels.photos.len());
    let chosen = egui::ComboBox::from_id_salt("arena").selected_text(text).width(110.0).show_ui(ui, |ui| {
        for size in SIZES {
            if ui.selectable_label(state.prefs.arena == size, format!("Up to {size} photos")).clicked() {
                out.push(Message::ArenaSize(size));
            }
        }
    });
    let about = "Photos that are put in order: those that the filter of Browse shows";
    chosen
        .response
        .on_hover_text(about)
        .widget_info(|| egui::WidgetInfo::labeled(Role::ComboBox, true, "Photos that are put in order"));
}

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let duels = &state.label.duels;
    // The photos of the next pairs are decoded while this one is looked at.
    let ahead = duels.arena.iter().flat_map(|arena| arena.next.iter().flatten());
    for row in ahead.filter(|id| !duels.shown.contains(id)).filter_map(|id| state.photo(*id)) {
        thumbs.get(&row.photo.path, &row.photo.sha256, LARGE);
    }
    if duels.shown.is_empty() {
        let text = match &duels.arena {
            _ if duels.photos.len() < 2 => "The filter of Browse shows fewer than two photos.",
            Some(_) if !duels.busy => "Every pair was skipped, or there are too few photos.",
            _ => return,
        };
        empty_state(ui, "Nothing to compare", text, |ui| {
            if ui.button("Browse").clicked() {
                out.push(Message::Show(crate::ui::Page::Browse));
            }
        });
        return;
    }
    match state.prefs.mode {
        Mode::Four => four(ui, state, thumbs, out),
        _ => two(ui, state, thumbs, out),
    }
}

fn two(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let duels = &state.label.duels;
    let [first, second] = duels.shown[..] else { return };
    let (Some(first), Some(second)) = (state.photo(first), state.photo(second)) else { return };
    answers(ui, state, out);
    let close = duels.pairing.view.zoom != Zoom::Fit;
    let mut side = |row: &crate::api::PhotoRow| Side {
        caption: row.photo.file_name(),
        pixels: vec2(row.photo.width as f32, row.photo.height as f32),
        shot: thumbs.shot(&row.photo.path, &row.photo.sha256, close),
    };
    let sides = [side(first), side(second)];
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let area = ui.available_rect_before_wrap();
        let pairing = compare(ui, area, &[&sides[0], &sides[1]], duels.pairing);
        if pairing != duels.pairing {
            out.push(Message::LabelPairing(pairing));
        }
    });
}

/// The keys under the photos.
fn answers(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(0, 10));
    egui::Panel::bottom("answers").show_separator_line(false).frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let commands = [
                (UiCommand::FirstBetter, "Left is better"),
                (UiCommand::Tie, "Tie"),
                (UiCommand::Skip, "Skip"),
                (UiCommand::SecondBetter, "Right is better"),
            ];
            let width = (ui.available_width() - 3.0 * ui.spacing().item_spacing.x) / 4.0;
            for (command, text) in commands {
                let key = ui.format_shortcut(&state.prefs.keys.of(command));
                let button = egui::Button::new(format!("{key}  {text}")).min_size(vec2(width, 44.0));
                if ui.add_enabled(state.label.saving.is_none(), button).on_hover_text(command.tooltip()).clicked() {
                    out.push(Message::Command(command));
                }
            }
        });
    });
}

fn four(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let best = state.label.duels.best;
    ui.horizontal(|ui| {
        let text =
            if best.is_none() { "Which is the best? Press 1 to 4" } else { "And which is the worst? Press 1 to 4" };
        ui.strong(text);
        let key = ui.format_shortcut(&state.prefs.keys.of(UiCommand::Skip));
        if ui.button(format!("{key}  Skip")).on_hover_text(UiCommand::Skip.tooltip()).clicked() {
            out.push(Message::Command(UiCommand::Skip));
        }
    });
    ui.add_space(space().s);
    let area = ui.available_rect_before_wrap();
    let gap = space().m;
    let size = (area.size() - vec2(gap, gap)) / 2.0;
    for (place, id) in state.label.duels.shown.iter().enumerate() {
        let corner = area.min + vec2((place % 2) as f32, (place / 2) as f32) * (size + vec2(gap, gap));
        one_of_four(ui, state, *id, place, Rect::from_min_size(corner, size), thumbs, out);
    }
}

fn one_of_four(
    ui: &mut egui::Ui,
    state: &AppState,
    id: ImageId,
    place: usize,
    rect: Rect,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let Some(row) = state.photo(id) else { return };
    let palette = colours(ui);
    let is_best = state.label.duels.best == Some(place);
    let response = ui.allocate_rect(rect, Sense::click());
    let name = format!("{}: {}", place + 1, row.photo.file_name());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, is_best, &name));
    ui.painter().rect_filled(rect, 8.0, palette.background);
    let slot = thumbs.get(&row.photo.path, &row.photo.sha256, LARGE);
    photo_box(ui.painter(), rect.shrink(6.0), slot, &palette);
    let width = if is_best { 3.5 } else { 1.5 };
    if is_best || response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(rect, 8.0, Stroke::new(width, palette.accent), StrokeKind::Inside);
    }
    let text = if is_best { format!("{} best", place + 1) } else { format!("{}", place + 1) };
    let font = egui::FontId::proportional(15.0);
    let galley = ui.painter().layout_no_wrap(text, font, egui::Color32::WHITE);
    let badge = Rect::from_min_size(rect.min + vec2(8.0, 8.0), galley.size() + vec2(12.0, 6.0));
    ui.painter().rect_filled(badge, 5.0, egui::Color32::from_black_alpha(190));
    ui.painter().galley(badge.min + vec2(6.0, 3.0), galley, egui::Color32::WHITE);
    if response.clicked() {
        out.push(Message::PickOfFour(place));
    }
}

/// The order with its intervals, and whether comparing may end.
pub(super) fn ranking(ui: &mut egui::Ui, state: &AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let Some(arena) = &state.label.duels.arena else { return };
    heading(ui, "Order");
    verdict(ui, arena);
    ui.add_space(space().s);
    let rows = arena.ranking.len();
    egui::ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, ROW, rows, |ui, shown| {
        for place in shown {
            ranked(ui, state, place, &arena.ranking[place], thumbs, out);
        }
    });
}

fn verdict(ui: &mut egui::Ui, arena: &Arena) {
    let share = 100.0 * arena.settled;
    let bar = egui::ProgressBar::new(arena.settled as f32).desired_height(6.0);
    ui.add(bar).on_hover_text("Share of all pairs that are expected to stand in the right order; a coin has 50 %");
    ui.label(format!("{share:.0} % of pairs in order · {} judged", arena.judged));
    let text = if !arena.may_stop() {
        format!("Go on until {:.0} %, or stop at any time", 100.0 * SETTLED)
    } else if arena.settled >= SETTLED {
        "You can stop now: the order is settled".to_owned()
    } else {
        "You can stop now: more answers would tell next to nothing".to_owned()
    };
    ui.add(egui::Label::new(RichText::new(text).color(colours(ui).weak)).wrap());
}

fn ranked(
    ui: &mut egui::Ui,
    state: &AppState,
    place: usize,
    ranked: &Ranked,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let Some(row) = state.photo(ranked.image) else { return };
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW - 4.0), Sense::click());
    // Where the photos on screen stand is not told before the answer.
    let hidden = state.label.duels.shown.contains(&ranked.image);
    let (value, low, high) = (ranked.score.value, ranked.score.low, ranked.score.high);
    let name = row.photo.file_name();
    let about = if hidden {
        format!("{}: {name} is on screen", place + 1)
    } else {
        format!("{}: {name}, {value:.0} ({low:.0} to {high:.0}), compared {} times", place + 1, ranked.compared)
    };
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &about));
    let font = egui::FontId::proportional(12.5);
    let text = |x: f32, align: egui::Align2, text: String, colour| {
        ui.painter().text(pos2(x, rect.center().y), align, text, font.clone(), colour);
    };
    text(rect.left() + 20.0, egui::Align2::RIGHT_CENTER, format!("{}", place + 1), palette.weak);
    let photo = Rect::from_min_size(rect.min + vec2(26.0, 0.0), vec2(rect.height(), rect.height()));
    if hidden {
        ui.painter().rect_stroke(photo, 4.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
        text(photo.right() + 8.0, egui::Align2::LEFT_CENTER, "on screen".to_owned(), palette.weak);
        return;
    }
    let slot = thumbs.get(&row.photo.path, &row.photo.sha256, THUMB);
    if let crate::ui::thumbs::Slot::Ready(texture) = slot {
        let inner = contained(texture, photo, 1.0);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), inner, whole, egui::Color32::WHITE);
    }
    let track =
        Rect::from_min_max(pos2(photo.right() + 10.0, rect.center().y), pos2(rect.right() - 34.0, rect.center().y));
    let at = |score: f64| track.left() + track.width() * (score.clamp(0.0, 100.0) / 100.0) as f32;
    ui.painter().hline(track.x_range(), track.center().y, Stroke::new(1.0, palette.hover));
    ui.painter().hline(at(low)..=at(high), track.center().y, Stroke::new(4.0, palette.weak.gamma_multiply(0.6)));
    ui.painter().circle_filled(pos2(at(value), track.center().y), 4.0, palette.accent);
    text(rect.right(), egui::Align2::RIGHT_CENTER, format!("{value:.0}"), palette.text);
    if response.on_hover_text(about).clicked() {
        out.push(Message::Select(ranked.image));
    }
}
