//! The inspector's last word on a score: whether the personal model knows such photos, and the labelled ones most like it.

use eframe::egui::{self, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::api::PhotoRow;
use crate::domain::ImageId;
use crate::ui::message::Message;
use crate::ui::panels::Pictures;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::THUMB;
use crate::ui::widgets::{heading, hint, photo_box};

/// Edge of a small picture, in points.
const EDGE: f32 = 56.0;

pub(super) fn show(
    ui: &mut egui::Ui,
    state: &AppState,
    row: &PhotoRow,
    pictures: &mut Pictures<'_>,
    out: &mut Vec<Message>,
) {
    let Some(alike) = state.learning.alike.as_ref().filter(|alike| alike.image == row.photo.id) else { return };
    if alike.unfamiliar {
        let text = "Unfamiliar: unlike the photos you have labelled. The personal model cannot judge it.";
        ui.add(egui::Label::new(egui::RichText::new(text).color(colours(ui).review)).wrap());
    }
    if alike.nearest.is_empty() {
        return;
    }
    ui.add_space(space().m);
    heading(ui, "Labelled photos most like it");
    ui.horizontal_wrapped(|ui| {
        for (id, label) in &alike.nearest {
            neighbour(ui, state, *id, *label, pictures, out);
        }
    });
}

fn neighbour(
    ui: &mut egui::Ui,
    state: &AppState,
    id: ImageId,
    label: f64,
    pictures: &mut Pictures<'_>,
    out: &mut Vec<Message>,
) {
    let Some(row) = state.photo(id) else { return };
    let palette = colours(ui);
    ui.vertical(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(EDGE, EDGE), Sense::click());
        let name = format!("{}, label {label:.0}", row.photo.file_name());
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, true, &name));
        ui.painter().rect_filled(rect, 6.0, palette.raised);
        let slot = pictures.thumbs.get(&row.photo.path, &row.photo.sha256, THUMB);
        photo_box(ui.painter(), rect.shrink(3.0), slot, &palette);
        if response.has_focus() || response.hovered() {
            ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
        }
        if response.on_hover_text(name).clicked() {
            out.push(Message::Select(id));
        }
        hint(ui, format!("{label:.0}"));
    });
}
