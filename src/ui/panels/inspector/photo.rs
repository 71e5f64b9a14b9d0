//! The inspector's photo with its overlays and their legend.

use eframe::egui::{self, Color32, Rect, Sense, accesskit::Role, pos2, vec2};

use crate::api::PhotoRow;
use crate::domain::Attributes;
use crate::ui::command::UiCommand;
use crate::ui::evidence;
use crate::ui::insight::{self, Insight};
use crate::ui::lens::Glance;
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
    let name = spoken(state, row, attributes, pictures);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &name));
    let slot = pictures.thumbs.get(&row.photo.path, &row.photo.sha256, EDGE);
    let inner = photo_box(ui.painter(), rect, slot, &palette);
    wait_box(ui, rect, slot);
    if let Slot::Failed(error) = slot {
        ui.add(egui::Label::new(egui::RichText::new(error.chain()).color(palette.reject)).wrap());
    }
    if let Some(inner) = inner {
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        draw_evidence(&painter, inner, state, row, attributes, pictures);
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
    pictures: &mut Pictures<'_>,
) {
    if let Glance::Ready(insight) = insight_into(state, row, pictures) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(insight.cells(painter.ctx()).id(), rect, whole, Color32::WHITE);
    }
    if !measured(state) {
        return;
    }
    if let Glance::Ready(shown) = pictures.evidence.look(&evidence::key(&row.photo)) {
        let pixels = vec2(row.photo.width as f32, row.photo.height as f32);
        draw_overlays(painter, rect, pixels, &state.prefs, shown, attributes);
    }
}

/// Something is drawn that was measured.
fn measured(state: &AppState) -> bool {
    state.prefs.overlays.iter().any(|overlay| *overlay != Overlay::Insight)
}

/// Why the photo has its score, when that is to show; asked for now when it is not there yet.
pub(super) fn insight_into<'a>(
    state: &AppState,
    row: &PhotoRow,
    pictures: &'a mut Pictures<'_>,
) -> Glance<'a, Insight> {
    if !state.prefs.overlays.contains(&Overlay::Insight) {
        return Glance::Waiting;
    }
    pictures.insight.look(&insight::key(&row.photo, state.model_of(row)))
}

/// What assistive technology says of the photo and what is drawn over it.
pub(in crate::ui::panels) fn spoken(
    state: &AppState,
    row: &PhotoRow,
    attributes: Option<&Attributes>,
    pictures: &mut Pictures<'_>,
) -> String {
    let mut parts = vec![format!("Photo {}", row.photo.file_name())];
    if matches!(insight_into(state, row, pictures), Glance::Ready(_)) {
        parts.push("what adds to the score and what takes from it tinted".to_owned());
    }
    if !measured(state) {
        return parts.join(", ");
    }
    let Glance::Ready(shown) = pictures.evidence.look(&evidence::key(&row.photo)) else { return parts.join(", ") };
    for overlay in &state.prefs.overlays {
        parts.push(match overlay {
            Overlay::Insight => continue,
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
