//! Two photos compared: side by side with one zoom for both, or one over the other with a border to drag.
//!
//! General: knows neither where the photos come from nor why they are compared.

use eframe::egui::{self, Key, Rect, Sense, Stroke, Vec2, pos2, vec2};

use super::stage::{caption, draw_shot, steer, tell_photo};
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Shot;
use crate::ui::view::{Pairing, Stand};

/// One of the two photos.
pub struct Side {
    /// What it is, in a few words.
    pub caption: String,
    /// Its size in pixels.
    pub pixels: Vec2,
    /// Its picture.
    pub shot: Shot,
}

/// Draws photos into an area and returns how they are to be shown from now on. All show the same part: zoom is counted
/// from the first photo, wherever it stands. Two can be wiped and swapped.
pub fn compare(ui: &mut egui::Ui, area: Rect, sides: &[&Side], pairing: Pairing) -> Pairing {
    match *sides {
        [first, second] => {
            let places = if pairing.swapped { [second, first] } else { [first, second] };
            match pairing.wipe {
                Some(_) => wiped(ui, area, first, places, pairing),
                None => abreast(ui, &tiled(area, 2), first, &places, pairing),
            }
        }
        [first, ..] => abreast(ui, &tiled(area, sides.len()), first, sides, pairing),
        [] => pairing,
    }
}

/// Side by side up to three, else in two rows.
fn tiled(area: Rect, count: usize) -> Vec<Rect> {
    let gap = space().m;
    let (columns, rows) = if count <= 3 { (count.max(1), 1) } else { (count.div_ceil(2), 2) };
    let width = (area.width() - gap * (columns - 1) as f32) / columns as f32;
    let height = (area.height() - gap * (rows - 1) as f32) / rows as f32;
    let place = |index: usize| {
        let step = vec2((index % columns) as f32 * (width + gap), (index / columns) as f32 * (height + gap));
        Rect::from_min_size(area.min + step, vec2(width, height))
    };
    (0..count).map(place).collect()
}

fn stand(ui: &egui::Ui, area: Rect, side: &Side) -> Stand {
    Stand { area, photo: side.pixels, pixels_per_point: ui.pixels_per_point() }
}

fn abreast(ui: &mut egui::Ui, areas: &[Rect], first: &Side, places: &[&Side], pairing: Pairing) -> Pairing {
    let Some(one) = areas.first() else { return pairing };
    let times = stand(ui, *one, first).times(pairing.view.zoom);
    let mut view = pairing.view;
    for (index, (side, area)) in places.iter().zip(areas.iter().copied()).enumerate() {
        let stand = stand(ui, area, side);
        let response = ui.interact(area, ui.scope_id().with(("side", index)), Sense::click_and_drag());
        let which = match (places.len(), index) {
            (2, 0) => "Left photo".to_owned(),
            (2, _) => "Right photo".to_owned(),
            _ => format!("Photo {}", index + 1),
        };
        tell_photo(&response, &format!("{which}: {}", side.caption));
        ui.painter().rect_filled(area, 8.0, colours(ui).background);
        draw_shot(ui, area, pairing.view.rect(stand, times), &side.shot);
        caption(ui.painter(), area, &side.caption);
        // Only one of them is under the pointer.
        let steered = steer(ui, &response, self::stand(ui, area, first), pairing.view);
        if steered != pairing.view {
            view = steered;
        }
    }
    Pairing { view, ..pairing }
}

fn wiped(ui: &mut egui::Ui, area: Rect, first: &Side, places: [&Side; 2], pairing: Pairing) -> Pairing {
    let share = pairing.wipe.unwrap_or(0.5);
    let standing = stand(ui, area, first);
    let times = standing.times(pairing.view.zoom);
    let response = ui.interact(area, ui.scope_id().with("wiped"), Sense::click_and_drag());
    tell_photo(&response, &format!("Left photo: {}, right photo: {}", places[0].caption, places[1].caption));
    ui.painter().rect_filled(area, 8.0, colours(ui).background);
    let x = area.left() + area.width() * share;
    let parts = [
        Rect::from_x_y_ranges(area.left()..=x, area.y_range()),
        Rect::from_x_y_ranges(x..=area.right(), area.y_range()),
    ];
    for (side, part) in places.into_iter().zip(parts) {
        draw_shot(ui, part, pairing.view.rect(stand(ui, area, side), times), &side.shot);
        caption(ui.painter(), part, &side.caption);
    }
    let wipe = Some(border(ui, area, share));
    Pairing { view: steer(ui, &response, standing, pairing.view), wipe, ..pairing }
}

/// The border between the two photos: dragged, or moved by the arrow keys.
fn border(ui: &egui::Ui, area: Rect, share: f32) -> f32 {
    let palette = colours(ui);
    let x = area.left() + area.width() * share;
    let handle = Rect::from_center_size(pos2(x, area.center().y), vec2(16.0, area.height()));
    let response = ui.interact(handle, ui.scope_id().with("wipe"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::slider(true, f64::from(share) * 100.0, "Wipe"));
    let hot = response.hovered() || response.dragged() || response.has_focus();
    let painter = ui.painter().with_clip_rect(area);
    painter.vline(x, area.y_range(), Stroke::new(if hot { 4.0 } else { 3.0 }, egui::Color32::from_black_alpha(140)));
    painter.vline(x, area.y_range(), Stroke::new(if hot { 2.0 } else { 1.0 }, egui::Color32::WHITE));
    let knob = pos2(x, area.center().y);
    painter.circle_filled(knob, 9.0, palette.accent);
    for way in [-1.0, 1.0] {
        let points = [vec2(2.0 * way, -3.0), vec2(5.0 * way, 0.0), vec2(2.0 * way, 3.0)].map(|offset| knob + offset);
        painter.add(egui::Shape::line(points.to_vec(), Stroke::new(1.5, palette.on_accent)));
    }
    // Without this the arrows would move on to the next widget.
    let arrows = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    let focused = response.has_focus();
    let presses = |key| ui.input(|input| if focused { input.num_presses(key) as f32 } else { 0.0 });
    let keys = presses(Key::ArrowRight) - presses(Key::ArrowLeft);
    let dragged = response.interact_pointer_pos().filter(|_| response.dragged());
    let target = dragged.map_or(share + keys * 0.02, |at| (at.x - area.left()) / area.width());
    drop(response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal));
    target.clamp(0.0, 1.0)
}
