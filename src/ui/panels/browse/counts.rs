//! Counts of the photos that show; each is a filter.

use eframe::egui::{self, Align2, FontId, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use crate::query;
use crate::ui::facets::Facet;
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::hint;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let facets = &state.browse.facets;
    let filter = &state.prefs.filter;
    let parts = query::parts(filter).unwrap_or_default();
    let in_force: Vec<&str> = parts.into_iter().map(|part| &filter[part]).collect();
    egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("counts").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let kinds = [
            ("Score", &facets.scores),
            ("Label", &facets.labels),
            ("File", &facets.states),
            ("Format", &facets.formats),
            ("Folder", &facets.folders),
        ];
        for (name, facets) in kinds.into_iter().filter(|(_, facets)| !facets.is_empty()) {
            hint(ui, name);
            for facet in facets {
                if line(ui, facet, in_force.contains(&facet.term.as_str())) {
                    out.push(Message::Narrow(facet.term.clone()));
                }
            }
            ui.add_space(space().m);
        }
    });
}

/// A count; whether it was clicked.
fn line(ui: &mut egui::Ui, facet: &Facet, in_force: bool) -> bool {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    let spoken = format!("{}: {}", facet.text, grouped(facet.count));
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, in_force, &spoken));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if in_force || response.hovered() {
        painter.rect_filled(rect, 6.0, if in_force { palette.hover } else { palette.raised });
    }
    if response.has_focus() {
        painter.rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let font = FontId::proportional(13.0);
    let right = rect.right_center() - vec2(6.0, 0.0);
    let count = painter.text(right, Align2::RIGHT_CENTER, grouped(facet.count), font.clone(), palette.weak);
    let left = pos2(rect.left() + 6.0, rect.center().y);
    let room = egui::Rect::from_min_max(rect.min, pos2(count.left() - 4.0, rect.bottom()));
    let colour = if in_force { palette.accent } else { palette.text };
    painter.with_clip_rect(room.intersect(ui.clip_rect())).text(left, Align2::LEFT_CENTER, &facet.text, font, colour);
    let about = if in_force { "Take this condition out" } else { "Show only these" };
    response.on_hover_text(format!("{about}: {}", facet.term)).clicked()
}
