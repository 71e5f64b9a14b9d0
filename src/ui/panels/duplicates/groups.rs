//! The groups: thumbnails in a row, the best first; only the groups in sight are laid out.

use eframe::egui::{self, Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use super::best_badge;
use crate::api::DuplicateGroup;
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{THUMB, Thumbs};
use crate::ui::widgets::photo_box;

/// Height of a group and the gap below it.
const ROW: f32 = 130.0;
const GAP: f32 = 6.0;

/// Side of a thumbnail.
const SIDE: f32 = 58.0;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    ui.spacing_mut().item_spacing.y = GAP;
    let reveal = std::mem::take(&mut state.doubles.reveal);
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("groups");
    let kept = ui.scope_id().with("scroll");
    if reveal {
        let offset: f32 = ui.data(|data| data.get_temp(kept)).unwrap_or(0.0);
        let top = state.doubles.group as f32 * (ROW + GAP);
        area = area.vertical_scroll_offset(offset.clamp((top + ROW - ui.available_height()).max(0.0), top));
    }
    let groups = state.doubles.groups();
    let scrolled = area.show_rows(ui, ROW, groups.len(), |ui, shown| {
        for place in shown {
            row(ui, state, place, &groups[place], thumbs, out);
        }
    });
    ui.data_mut(|data| data.insert_temp(kept, scrolled.state.clamped_offset().y));
}

/// "Equal files" or "Nearly equal".
fn kind(group: &DuplicateGroup) -> &'static str {
    if group.exact { "Equal files" } else { "Nearly equal" }
}

fn row(
    ui: &mut egui::Ui,
    state: &AppState,
    place: usize,
    group: &DuplicateGroup,
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let chosen = state.doubles.group == place;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let title = format!("{} · {} photos", kind(group), group.photos.len());
    response.widget_info(|| {
        let spoken = format!("Group {}: {title}, best is the {}", place + 1, group.reason);
        egui::WidgetInfo::selected(Role::Button, true, chosen, spoken)
    });
    let fill = if chosen { palette.raised } else { palette.background };
    ui.painter().rect_filled(rect, 8.0, if response.hovered() { palette.hover } else { fill });
    if chosen || response.has_focus() {
        ui.painter().rect_stroke(rect, 8.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let inner = rect.shrink(8.0);
    let fits = ((inner.width() + space().s) / (SIDE + space().s)).floor().max(1.0) as usize;
    for (index, photo) in group.photos.iter().take(fits).enumerate() {
        let left = inner.left() + index as f32 * (SIDE + space().s);
        let tile = Rect::from_min_size(egui::pos2(left, inner.top()), vec2(SIDE, SIDE));
        ui.painter().rect_filled(tile, 4.0, palette.panel);
        photo_box(ui.painter(), tile, thumbs.get(&photo.path, &photo.sha256, THUMB), &palette);
        if index == 0 {
            best_badge(ui, tile);
        }
        let hidden = group.photos.len().saturating_sub(fits);
        if index + 1 == fits && hidden > 0 {
            ui.painter().rect_filled(tile, 4.0, egui::Color32::from_black_alpha(150));
            let font = FontId::proportional(15.0);
            ui.painter().text(
                tile.center(),
                Align2::CENTER_CENTER,
                format!("+{}", hidden + 1),
                font,
                egui::Color32::WHITE,
            );
        }
    }
    let words = Rect::from_min_max(egui::pos2(inner.left(), inner.top() + SIDE + 2.0), inner.max);
    // A child of its own: the next row begins below this one, not below its words.
    let mut lines = ui.new_child(egui::UiBuilder::new().max_rect(words));
    lines.spacing_mut().item_spacing.y = 0.0;
    lines.add(egui::Label::new(RichText::new(&title)).truncate().selectable(false));
    let reason = if group.exact { group.reason.clone() } else { format!("Best · {}", group.reason) };
    // The reason is what the row is for: it may take two lines.
    lines.add(egui::Label::new(RichText::new(reason).color(palette.weak)).wrap().selectable(false));
    if response.clicked() {
        out.push(Message::ChooseGroup(place));
    }
}
