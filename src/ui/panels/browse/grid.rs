//! The virtual grid: only the rows in sight are laid out; keys, ranges and a rubber band choose photos.

use std::sync::Arc;

use eframe::egui::{self, Align2, FontId, Key, Pos2, Rect, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use super::tile;
use crate::ui::chosen::Band;
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::prefs::GroupBy;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Thumbs;
use crate::ui::tiling::{Piece, Span, Tiling};

/// Height of the heading of a section, in points.
const HEADING: f32 = 32.0;

/// Rows that Page Up and Page Down go on by.
const PAGE: i64 = 4;

/// How far the pointer goes before a press becomes a rubber band, in points.
const REACH: f32 = 6.0;

/// Where a rubber band began, in the grid's own coordinates, and whether it adds to what was chosen.
#[derive(Debug, Clone, Copy)]
struct BandStart {
    at: Pos2,
    extends: bool,
    /// The pointer has gone far enough to be no click.
    drawn: bool,
}

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let tiling = tiling(ui, state);
    keys(ui, state, &tiling, out);
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("grid");
    let restored_id = ui.scope_id().with("scroll restored");
    if ui.data(|data| data.get_temp::<u64>(restored_id)) != Some(state.browse.rescroll) {
        area = area.vertical_scroll_offset(state.prefs.scroll);
        ui.data_mut(|data| data.insert_temp(restored_id, state.browse.rescroll));
    } else if let Some(offset) = offset_to_selected(ui, state, &tiling) {
        area = area.vertical_scroll_offset(offset);
        out.push(Message::Scrolled(offset));
    }
    let scrolled = area.show_viewport(ui, |ui, viewport| {
        ui.set_height(tiling.height());
        let origin = ui.max_rect().min;
        band(ui, &tiling, origin, out);
        for piece in tiling.between(viewport.top(), viewport.bottom()) {
            match piece {
                Piece::Heading(section, rect) => heading(ui, state, section, rect.translate(origin.to_vec2()), out),
                Piece::Row(places, first) => {
                    for (column, place) in places.enumerate() {
                        let Some(&index) = state.browse.visible.get(place) else { continue };
                        let Some(row) = state.photos.get(index) else { continue };
                        let step = vec2(column as f32 * (tiling.tile() + space().m), 0.0);
                        let rect = first.translate(origin.to_vec2() + step);
                        tile::show(ui, state, (index, row), rect, thumbs, out);
                    }
                }
            }
        }
        draw_band(ui, origin);
    });
    let offset = scrolled.state.clamped_offset().y;
    if (offset - state.prefs.scroll).abs() > 0.5 {
        out.push(Message::Scrolled(offset));
    }
}

/// The layout for this width and what shows; worked out anew when one of them changed.
fn tiling(ui: &egui::Ui, state: &mut AppState) -> Arc<Tiling> {
    let gap = space().m;
    let width = ui.available_width() - 12.0;
    let headed = state.prefs.group_by != GroupBy::Nothing && !state.browse.sections.is_empty();
    let heading = if headed { HEADING } else { 0.0 };
    let known = state.browse.tiling.clone().filter(|known| known.fits(width, state.prefs.tile));
    known.unwrap_or_else(|| {
        let sections = state.browse.sections.iter();
        let folded = &state.browse.folded;
        let spans: Vec<Span> = match headed {
            true => sections.map(|one| Span { count: one.count, folded: folded.contains(&one.title) }).collect(),
            false => vec![Span { count: state.browse.visible.len(), folded: false }],
        };
        let tiling = Arc::new(Tiling::new(width, state.prefs.tile, gap, heading, &spans));
        state.browse.tiling = Some(tiling.clone());
        tiling
    })
}

/// Where to scroll so that a selection moved by key is in sight; nothing when it is already.
fn offset_to_selected(ui: &egui::Ui, state: &AppState, tiling: &Tiling) -> Option<f32> {
    let place = state.selected_place().filter(|_| state.browse.reveal)?;
    let rect = tiling.rect(place)?;
    let bottom = rect.bottom() + space().m - ui.available_height();
    Some(state.prefs.scroll.clamp(bottom.max(0.0), rect.top().max(bottom).max(0.0)))
}

fn keys(ui: &egui::Ui, state: &AppState, tiling: &Tiling, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let place = state.selected_place();
    let extends = ui.input(|input| input.modifiers.shift);
    let mut go = |to: usize| match state.photo_at(to).map(|row| row.photo.id) {
        Some(id) if extends && place.is_some() => out.push(Message::ExtendTo(id)),
        Some(id) => out.push(Message::GoTo(id)),
        None => {}
    };
    // A slow frame may hold several presses; none is lost.
    let presses = |key| ui.input(|input| input.num_presses(key)) as i64;
    let across = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
    let down = presses(Key::ArrowDown) - presses(Key::ArrowUp) + PAGE * (presses(Key::PageDown) - presses(Key::PageUp));
    let last = state.browse.visible.len().saturating_sub(1);
    match place {
        _ if presses(Key::Home) > 0 => go(0),
        _ if presses(Key::End) > 0 => go(last),
        Some(place) if across != 0 => go((place as i64 + across).clamp(0, last as i64) as usize),
        Some(place) if down != 0 => go(tiling.rows_away(place, down).unwrap_or(place)),
        None if across != 0 || down != 0 => go(0),
        _ => {}
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) && state.browse.chosen.len() > 1 {
        out.push(Message::SelectNone);
    }
}

fn heading(ui: &mut egui::Ui, state: &AppState, section: usize, rect: Rect, out: &mut Vec<Message>) {
    let Some(section) = state.browse.sections.get(section) else { return };
    let palette = colours(ui);
    let folded = state.browse.folded.contains(&section.title);
    let response = ui.interact(rect, ui.scope_id().with(("section", &section.title)), Sense::click());
    let photos = if section.count == 1 { "1 photo".to_owned() } else { format!("{} photos", grouped(section.count)) };
    let spoken = format!("{}, {photos}{}", section.title, if folded { ", folded" } else { "" });
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &spoken));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect.shrink2(vec2(0.0, 3.0)), 6.0, palette.hover);
    }
    let centre = rect.left_center() + vec2(10.0, 0.0);
    let corners = match folded {
        true => [vec2(-2.5, -4.0), vec2(3.5, 0.0), vec2(-2.5, 4.0)],
        false => [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.5)],
    };
    let corners = corners.map(|corner| centre + corner).to_vec();
    painter.add(egui::Shape::convex_polygon(corners, palette.weak, Stroke::NONE));
    let at = rect.left_center() + vec2(22.0, 0.0);
    let title = painter.text(at, Align2::LEFT_CENTER, &section.title, FontId::proportional(14.0), palette.text);
    let beside = title.right_center() + vec2(space().m, 0.0);
    painter.text(beside, Align2::LEFT_CENTER, photos, FontId::proportional(12.5), palette.weak);
    if response.clicked() {
        out.push(Message::Fold(section.title.clone()));
    }
}

fn band_id() -> egui::Id {
    egui::Id::unique("rubber band")
}

/// Follows a rubber band (with a mouse; a finger scrolls): it begins anywhere in the grid, and the grid scrolls while the pointer is beyond its edge.
fn band(ui: &mut egui::Ui, tiling: &Tiling, origin: Pos2, out: &mut Vec<Message>) {
    if ui.input(egui::InputState::has_touch_screen) {
        return;
    }
    let response = ui.interact(ui.clip_rect(), band_id().with("area"), Sense::DRAG);
    let pointer = response.interact_pointer_pos();
    if response.drag_started()
        && let Some(press) = ui.input(|input| input.pointer.press_origin())
    {
        let extends = ui.input(|input| input.modifiers.command || input.modifiers.shift);
        let start = BandStart { at: (press - origin).to_pos2(), extends, drawn: false };
        ui.data_mut(|data| data.insert_temp(band_id(), start));
    }
    let Some(mut start) = ui.data(|data| data.get_temp::<BandStart>(band_id())) else { return };
    if response.drag_stopped() || !response.dragged() {
        ui.data_mut(|data| data.remove::<BandStart>(band_id()));
        out.extend(start.drawn.then_some(Message::Band(None)));
        return;
    }
    let Some(pointer) = pointer else { return };
    let area = Rect::from_two_pos(start.at, (pointer - origin).to_pos2());
    start.drawn |= area.size().max_elem() > REACH;
    ui.data_mut(|data| data.insert_temp(band_id(), start));
    if !start.drawn {
        return;
    }
    out.push(Message::Band(Some(Band { touched: tiling.touched(area), extends: start.extends })));
    let view = ui.clip_rect();
    let beyond = (pointer.y - view.bottom()).max(0.0) - (view.top() - pointer.y).max(0.0);
    if beyond != 0.0 {
        ui.scroll_with_delta(vec2(0.0, -beyond.clamp(-60.0, 60.0)));
        ui.request_repaint();
    }
}

fn draw_band(ui: &egui::Ui, origin: Pos2) {
    let start: Option<BandStart> = ui.data(|data| data.get_temp(band_id()));
    let pointer = ui.input(|input| input.pointer.interact_pos());
    let Some((start, pointer)) = start.filter(|start| start.drawn).zip(pointer) else { return };
    let accent = colours(ui).accent;
    let rect = Rect::from_two_pos(origin + start.at.to_vec2(), pointer);
    ui.painter().rect(rect, 2.0, accent.gamma_multiply(0.15), Stroke::new(1.0, accent), StrokeKind::Inside);
}
