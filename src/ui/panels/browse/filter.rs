//! The filter: a field that completes what is typed, and its conditions as chips that can be taken out.

use eframe::egui::{self, Align2, Key, Modifiers, Stroke, StrokeKind, accesskit::Role, text::CCursor, vec2};
use egui::text::CCursorRange;
use egui::text_edit::TextEditState;

use crate::query::{self, Completion};
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::hint;

/// What the filter understands, in its tooltip.
const HELP: &str = "\
score<40   label:none   sharpness<0.2   fill>85%
path:\"shoes/\"   group:sku-12   format:png   error
uncertainty>20   disagreement>30
joined by and, or, not and parentheses; any other word is part of the name";

/// Which completion is marked; remembered while the field has the keyboard.
fn mark_id(ui: &egui::Ui) -> egui::Id {
    ui.scope_id().with("completion")
}

pub(super) fn field(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    let id = egui::Id::unique("browse filter");
    let mut text = state.prefs.filter.clone();
    let typing = ui.memory(|memory| memory.has_focus(id));
    let found = if typing { query::complete(&text) } else { Vec::new() };
    let mark = mark_id(ui);
    let taken = choose(ui, mark, &found);
    if let Some(completion) = &taken {
        text.clone_from(&completion.text);
    }
    let wrong = state.browse.filter_error.is_some();
    let field = egui::TextEdit::singleline(&mut text)
        .id(id)
        .hint_text("Filter, for example score<40 and label:none")
        .text_color_opt(wrong.then_some(palette.reject))
        // Tab takes a completion while there is one.
        .lock_focus(!found.is_empty())
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Filter");
    if taken.is_some() {
        put_cursor(ui, id, text.chars().count());
    }
    if std::mem::take(&mut state.focus_filter) {
        field.request_focus();
    }
    if field.changed() || taken.is_some() {
        out.push(Message::Filter(text));
    }
    if wrong {
        ui.painter().hline(field.rect.x_range(), field.rect.bottom(), Stroke::new(2.0, palette.reject));
    }
    // Not whether it has it still: a click on a completion takes it away.
    if typing && taken.is_none() {
        offer(ui, &field, mark, &found, out);
    } else {
        field.on_hover_text(HELP);
    }
}

/// The completion that the keys chose: up and down mark one, Tab takes it.
fn choose(ui: &egui::Ui, mark: egui::Id, found: &[Completion]) -> Option<Completion> {
    if found.is_empty() {
        return None;
    }
    let marked: usize = ui.data(|data| data.get_temp(mark)).unwrap_or(0);
    let (down, up, take) = ui.input_mut(|input| {
        (
            input.consume_key(Modifiers::NONE, Key::ArrowDown),
            input.consume_key(Modifiers::NONE, Key::ArrowUp),
            input.consume_key(Modifiers::NONE, Key::Tab),
        )
    });
    let marked = (marked + usize::from(down)).saturating_sub(usize::from(up)).min(found.len() - 1);
    ui.data_mut(|data| data.insert_temp(mark, if take { 0 } else { marked }));
    take.then(|| found[marked].clone())
}

fn put_cursor(ui: &egui::Ui, id: egui::Id, at: usize) {
    if let Some(mut edit) = TextEditState::load(ui.ctx(), id) {
        edit.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at))));
        edit.store(ui.ctx(), id);
    }
}

/// The completions below the field.
fn offer(ui: &egui::Ui, field: &egui::Response, mark: egui::Id, found: &[Completion], out: &mut Vec<Message>) {
    if found.is_empty() {
        return;
    }
    let marked: usize = ui.data(|data| data.get_temp(mark)).unwrap_or(0).min(found.len() - 1);
    let area = egui::Area::new(egui::Id::unique("completions"))
        .order(egui::Order::Foreground)
        .pivot(Align2::LEFT_TOP)
        .fixed_pos(field.rect.left_bottom() + vec2(0.0, 4.0));
    area.show(ui.ctx(), |ui| {
        egui::Frame::popup(ui.style()).show(ui, |ui| {
            ui.set_min_width(240.0);
            for (place, completion) in found.iter().enumerate() {
                ui.horizontal(|ui| {
                    let button = egui::Button::selectable(place == marked, completion.word.as_str());
                    if ui.add(button).clicked() {
                        out.push(Message::Filter(completion.text.clone()));
                        field.request_focus();
                        put_cursor(ui, field.id, completion.text.chars().count());
                    }
                    hint(ui, completion.about);
                });
            }
            hint(ui, "Tab takes it, arrows choose");
        });
    });
}

/// Below the field: what is wrong with the filter, or its conditions one by one.
pub(super) fn below(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let palette = colours(ui);
    if let Some(error) = &state.browse.filter_error {
        ui.add(egui::Label::new(egui::RichText::new(error).color(palette.reject)).wrap());
        return;
    }
    let filter = &state.prefs.filter;
    let parts = query::parts(filter).unwrap_or_default();
    let similar = state.browse.similar.as_ref().and_then(|similar| state.photo(similar.image));
    if parts.is_empty() && similar.is_none() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space().s;
        if let Some(row) = similar
            && chip(ui, &format!("Similar to {}", row.photo.file_name()))
        {
            out.push(Message::DropSimilar);
        }
        for (place, part) in parts.iter().enumerate() {
            if chip(ui, &filter[part.clone()]) {
                out.push(Message::DropCondition(place));
            }
        }
        if parts.len() > 1 && ui.button("Clear").on_hover_text("Take every condition out").clicked() {
            out.push(Message::Filter(String::new()));
        }
    });
}

/// A condition with a cross; whether it was clicked.
fn chip(ui: &mut egui::Ui, text: &str) -> bool {
    let palette = colours(ui);
    let font = egui::TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.text);
    let size = vec2(galley.size().x + 34.0, 24.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    let spoken = format!("Take out {text}");
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &spoken));
    let fill = if response.hovered() { palette.hover } else { palette.raised };
    let painter = ui.painter();
    painter.rect_filled(rect, 12.0, fill);
    if response.has_focus() {
        painter.rect_stroke(rect, 12.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let at = egui::pos2(rect.left() + 10.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, palette.text);
    let cross = rect.right_center() - vec2(12.0, 0.0);
    let stroke = Stroke::new(1.5, palette.weak);
    for way in [-1.0, 1.0] {
        painter.line_segment([cross - vec2(3.5, 3.5 * way), cross + vec2(3.5, 3.5 * way)], stroke);
    }
    response.on_hover_text("Take this condition out").clicked()
}
