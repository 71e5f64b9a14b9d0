//! The photos with their verdicts: only the rows in sight are judged and laid out.

use eframe::egui::{self, Key, Rect, RichText, Sense, Stroke, StrokeKind, accesskit::Role, pos2, vec2};

use super::cell;
use crate::api::PhotoRow;
use crate::rules;
use crate::ui::catalogue::{Entry, Report};
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, AuditColumn, AuditFilter};
use crate::ui::theme::colours;
use crate::ui::thumbs::{THUMB, Thumbs};
use crate::ui::widgets::{Mark, broken_box, hint, photo_box, sort_button};

/// Height of a row with the gap below it.
const ROW: f32 = 52.0;
const GAP: f32 = 2.0;

/// Width of the thumbnail with the space around it.
const PICTURE: f32 = 72.0;

/// Where the verdict, the reason and the name stand.
fn cells(rect: Rect) -> [Rect; 3] {
    let verdict = 76.0;
    let rest = (rect.width() - PICTURE - verdict).max(80.0);
    let mut from = rect.left() + PICTURE;
    [verdict, rest * 0.74, rest * 0.26].map(|width| {
        let cell = Rect::from_min_size(pos2(from, rect.top()), vec2(width, rect.height()));
        from += width;
        cell
    })
}

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    keys(ui, state, out);
    ui.spacing_mut().item_spacing.y = GAP;
    let reveal = std::mem::take(&mut state.audit.reveal);
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("audited");
    let kept = ui.scope_id().with("scroll");
    if reveal && let Some(offset) = wanted_offset(ui, state, ui.data(|data| data.get_temp(kept)).unwrap_or(0.0)) {
        area = area.vertical_scroll_offset(offset);
    }
    if state.audit.listed.is_empty() {
        hint(ui, if state.audit.filter == AuditFilter::Everything { "No photos" } else { "No photo here" });
    }
    let scrolled = area.show_rows(ui, ROW, state.audit.listed.len(), |ui, shown| {
        let (Some(report), Some(catalogue)) = (&state.audit.report, &state.audit.catalogue) else { return };
        for &place in &state.audit.listed[shown] {
            let Some(entry) = catalogue.entries.get(place) else { continue };
            if let Some(row) = state.photo(entry.id) {
                table_row(ui, state, report, (place, entry, row), thumbs, out);
            }
        }
    });
    ui.data_mut(|data| data.insert_temp(kept, scrolled.state.clamped_offset().y));
    // The rows are narrower when there is a scroll bar; their titles stand above them.
    titles(ui, state, Rect::from_min_size(bar.min, vec2(scrolled.inner_rect.width(), bar.height())), out);
}

/// Where to scroll so that the selected row is in sight.
fn wanted_offset(ui: &egui::Ui, state: &AppState, offset: f32) -> Option<f32> {
    let (selected, catalogue) = (state.browse.selected?, state.audit.catalogue.as_ref()?);
    let place = state.audit.listed.iter().position(|place| catalogue.entries[*place].id == selected)?;
    let top = place as f32 * (ROW + GAP);
    let height = ui.available_height();
    Some(offset.clamp((top + ROW - height).max(0.0), top))
}

fn titles(ui: &mut egui::Ui, state: &AppState, bar: Rect, out: &mut Vec<Message>) {
    let [verdict, reason, name] = cells(bar);
    for (column, text, cell) in [(AuditColumn::Verdict, "Verdict", verdict), (AuditColumn::Name, "Photo", name)] {
        let order = (state.audit.column == column).then_some(state.audit.descending);
        ui.scope_builder(egui::UiBuilder::new().max_rect(cell), |ui| {
            if sort_button(ui, text, order, None).clicked() {
                out.push(Message::SortAudit(column));
            }
        });
    }
    let weak = colours(ui).weak;
    let shown = grouped(state.audit.listed.len());
    cell(ui, reason, RichText::new(format!("Worst reason and its fix · {shown} photos")).color(weak));
}

fn keys(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if ui.egui_wants_keyboard_input() || state.palette.is_some() {
        return;
    }
    let steps = [
        (Key::ArrowDown, 1),
        (Key::ArrowUp, -1),
        (Key::PageDown, 8),
        (Key::PageUp, -8),
        (Key::Home, i64::MIN / 2),
        (Key::End, i64::MAX / 2),
    ];
    for (key, by) in steps {
        let presses = ui.input(|input| input.num_presses(key));
        out.extend((0..presses).map(|_| Message::MoveAudited(by)));
    }
}

fn table_row(
    ui: &mut egui::Ui,
    state: &AppState,
    report: &Report,
    (place, entry, row): (usize, &Entry, &PhotoRow),
    thumbs: &mut Thumbs,
    out: &mut Vec<Message>,
) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let mark = Mark::of(report.judged[place].judgement);
    let verdicts = entry.attributes.as_deref().map(|attributes| report.verdicts(attributes)).unwrap_or_default();
    let worst = rules::worst(&verdicts);
    let reason = worst.map(rules::Verdict::text).or_else(|| entry.error.as_deref().map(ToOwned::to_owned));
    let name = row.photo.file_name();
    let selected = state.browse.selected == Some(entry.id);
    response.widget_info(|| {
        let spoken = match &reason {
            Some(reason) => format!("{name}, {}: {reason}", mark.text().to_lowercase()),
            None => format!("{name}, {}", mark.text().to_lowercase()),
        };
        egui::WidgetInfo::selected(Role::Button, true, selected, spoken)
    });
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, 6.0, if selected { palette.raised } else { palette.background });
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    let thumb = Rect::from_min_size(rect.min + vec2(4.0, 2.0), vec2(PICTURE - 12.0, ROW - 4.0));
    let painter = ui.painter().with_clip_rect(thumb.intersect(ui.clip_rect()));
    if row.photo.error.is_some() {
        broken_box(&painter, thumb, &palette);
    } else {
        photo_box(&painter, thumb, thumbs.get(&row.photo.path, &row.photo.sha256, THUMB), &palette);
    }
    let [verdict, why, photo] = cells(rect);
    mark.draw(ui.painter(), verdict.left_center() + vec2(16.0, 0.0), &palette);
    cell(ui, verdict.with_min_x(verdict.left() + 20.0), RichText::new(mark.text()).color(mark.colour(&palette)));
    let (above, below) = why.split_top_bottom_at_fraction(0.5);
    match (reason, worst.map(|worst| &worst.rule.fix).filter(|fix| !fix.is_empty())) {
        (Some(reason), Some(fix)) => {
            cell(ui, above.with_min_y(above.top() + 4.0), RichText::new(reason));
            cell(ui, below.with_max_y(below.bottom() - 4.0), RichText::new(fix).color(palette.weak));
        }
        (Some(reason), None) => cell(ui, why, RichText::new(reason)),
        (None, _) => {}
    }
    cell(ui, photo, RichText::new(&name).color(palette.weak));
    if response.on_hover_text(row.photo.path.display().to_string()).clicked() {
        out.push(Message::Select(entry.id));
    }
}
