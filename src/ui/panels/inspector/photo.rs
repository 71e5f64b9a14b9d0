//! The inspector's photo with its overlays and their legend.

use eframe::egui::{self, Rect, Sense, accesskit::Role, vec2};

use crate::api::PhotoRow;
use crate::domain::Attributes;
use crate::ui::command::UiCommand;
use crate::ui::evidence::{Glance, Lens};
use crate::ui::message::Message;
use crate::ui::panels::Pictures;
use crate::ui::prefs::Overlay;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Slot;
use crate::ui::widgets::{broken_box, draw_overlays, fill_text, overlay_legend, photo_box, wait_box};

/// Longest side of the inspector's picture, in pixels.
const EDGE: u32 = 1024;

pub(super) fn show(
    ui: &mut egui::Ui,
    state: &AppState,
    row: &PhotoRow,
    attributes: Option<&Attributes>,
    pictures: &mut Pictures<'_>,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, (width * 0.9).min(340.0)), Sense::click());
    ui.painter().rect_filled(rect, 6.0, palette.background);
    if row.photo.error.is_some() {
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, row.photo.file_name()));
        broken_box(ui.painter(), rect, &palette);
        return;
    }
    let name = spoken(state, row, attributes, pictures.lens);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &name));
    let slot = pictures.thumbs.get(&row.photo.path, &row.photo.sha256, EDGE);
    let inner = photo_box(ui.painter(), rect, slot, &palette);
    wait_box(ui, rect, slot);
    if let Slot::Failed(error) = slot {
        ui.add(egui::Label::new(egui::RichText::new(error.chain()).color(palette.reject)).wrap());
    }
    if let Some(inner) = inner {
        draw_evidence(
            &ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())),
            inner,
            state,
            row,
            attributes,
            pictures.lens,
        );
    }
    let command = UiCommand::LookLarge;
    let key = ui.format_shortcut(&command.shortcut());
    if response.on_hover_text(format!("{} ({key})", command.text())).clicked() {
        out.push(Message::Command(command));
    }
    ui.add_space(space().s);
    overlay_legend(ui, &state.prefs, out);
}

/// Draws the chosen overlays over a photo whose pixels lie in `rect`.
pub(in crate::ui::panels) fn draw_evidence(
    painter: &egui::Painter,
    rect: Rect,
    state: &AppState,
    row: &PhotoRow,
    attributes: Option<&Attributes>,
    lens: &mut Lens,
) {
    if state.prefs.overlays.is_empty() {
        return;
    }
    if let Glance::Ready(shown) = lens.look(&row.photo.path, &row.photo.sha256) {
        let pixels = vec2(row.photo.width as f32, row.photo.height as f32);
        draw_overlays(painter, rect, pixels, &state.prefs, shown, attributes);
    }
}

/// What assistive technology says of the photo and what is drawn over it.
pub(in crate::ui::panels) fn spoken(
    state: &AppState,
    row: &PhotoRow,
    attributes: Option<&Attributes>,
    lens: &mut Lens,
) -> String {
    let mut parts = vec![format!("Photo {}", row.photo.file_name())];
    if state.prefs.overlays.is_empty() {
        return parts.remove(0);
    }
    let Glance::Ready(shown) = lens.look(&row.photo.path, &row.photo.sha256) else { return parts.remove(0) };
    for overlay in &state.prefs.overlays {
        parts.push(match overlay {
            Overlay::Ground => "background that is not white tinted".to_owned(),
            Overlay::Product => match shown.product {
                Some(region) => fill_text(region, attributes),
                None => "no product box".to_owned(),
            },
            Overlay::Clipped => "clipped pixels tinted".to_owned(),
            Overlay::Marks => {
                let frames = if shown.inside_frame.is_some() { "a frame" } else { "no frame" };
                format!("{frames}, {} texts or logos", shown.overlays.len())
            }
        });
    }
    parts.join(", ")
}
