//! Audit: what a rule pack says about the catalogue, rule by rule and photo by photo.

mod photos;
mod rules;

use eframe::egui::{self, RichText, Sense, Stroke, StrokeKind, accesskit::Role, vec2};

use crate::rules::Outcome as Judgement;
use crate::ui::catalogue::Totals;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, AuditFilter};
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::Thumbs;
use crate::ui::widgets::{Mark, empty_state, hint, primary_button, tip};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, thumbs: &mut Thumbs, out: &mut Vec<Message>) {
    if !state.browse.loaded || (state.audit.report.is_none() && state.audit.problem.is_none()) {
        hint(ui, "Reading what is measured…");
        return;
    }
    if state.photos.is_empty() {
        empty_state(ui, "No photos yet", "Open a folder first: the audit covers every photo of this project.", |ui| {
            if primary_button(ui, UiCommand::OpenFolder.text(), true).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
            }
        });
        return;
    }
    let measured = state.audit.catalogue.as_ref().map_or(0, |catalogue| catalogue.measured());
    if measured == 0 && state.audit.unmeasured() > 0 {
        nothing_yet(ui, state, out);
        return;
    }
    bar(ui, state, out);
    let Some(report) = &state.audit.report else {
        let problem = state.audit.problem.clone().unwrap_or_default();
        empty_state(ui, "This rule pack cannot be used", &problem, |_| {});
        return;
    };
    totals(ui, report.totals, state.audit.filter, out);
    ui.add_space(space().s);
    rules::show(ui, state, out);
    ui.add_space(space().m);
    photos::show(ui, state, thumbs, out);
}

fn nothing_yet(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.job(JobKind::Audit).is_some() {
        empty_state(ui, "Measuring…", "The first verdicts appear in a moment.", |_| {});
        return;
    }
    let text = "Every photo is measured once; then any rule pack is applied at once. Photos are only read.";
    empty_state(ui, "Not audited yet", text, |ui| {
        let command = UiCommand::AuditPhotos;
        let button = primary_button(ui, command.text(), true);
        if button.on_hover_text(tip(ui, command)).clicked() {
            out.push(Message::StartAudit);
        }
        ui.add_space(space().s);
        pack_choice(ui, state, out);
    });
}

fn bar(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        pack_choice(ui, state, out);
        let left = state.audit.unmeasured();
        let command = UiCommand::AuditPhotos;
        if state.job(JobKind::Audit).is_none() && left > 0 {
            let text = if left == 1 {
                "Measure 1 more photo".to_owned()
            } else {
                format!("Measure {} more photos", grouped(left))
            };
            if ui.button(text).on_hover_text(tip(ui, command)).clicked() {
                out.push(Message::StartAudit);
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let command = UiCommand::ExportAudit;
            if ui.button("Export…").on_hover_text(tip(ui, command)).clicked() {
                out.push(Message::Command(command));
            }
            // Where the window is narrow, the date stands in the tooltip of the pack alone.
            if let Some(report) = state.audit.report.as_ref().filter(|_| ui.available_width() > 150.0) {
                let pack = &report.pack;
                hint(ui, format!("Rules of {}", pack.date)).on_hover_text(&pack.source);
            }
        });
    });
    ui.add_space(space().s);
}

fn pack_choice(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let chosen = state.audit.packs.iter().find(|pack| pack.name == state.prefs.pack);
    let shown = chosen.map_or_else(|| state.prefs.pack.clone(), |pack| pack.title.clone());
    let combo = egui::ComboBox::from_id_salt("pack").selected_text(shown).width(180.0).truncate();
    let combo = combo.show_ui(ui, |ui| {
        for pack in &state.audit.packs {
            let chosen = pack.name == state.prefs.pack;
            let text = if pack.title.is_empty() { &pack.name } else { &pack.title };
            let entry = ui.add_enabled_ui(pack.error.is_none(), |ui| ui.selectable_label(chosen, text)).inner;
            let entry = match &pack.error {
                Some(error) => entry.on_disabled_hover_text(error),
                None => {
                    let checked = pack.date.map(|day| format!(", checked {day}")).unwrap_or_default();
                    entry.on_hover_text(format!("{}: {} rules{checked}", pack.name, pack.rules))
                }
            };
            if entry.clicked() {
                out.push(Message::ChoosePack(pack.name.clone()));
            }
        }
    });
    combo.response.accessible_name("Rule pack").on_hover_text("The rules the photos are held against");
}

/// Photos by outcome; a click lists them.
fn totals(ui: &mut egui::Ui, totals: Totals, filter: AuditFilter, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        let outcomes = [Some(Judgement::Fail), Some(Judgement::Warn), Some(Judgement::Pass), None];
        for outcome in outcomes {
            let count = totals.of(outcome);
            if outcome.is_none() && count == 0 {
                continue;
            }
            let mark = Mark::of(outcome);
            let wanted = AuditFilter::With(outcome);
            if total(ui, mark, &format!("{} {}", grouped(count), mark.text().to_lowercase()), filter == wanted) {
                out.push(Message::ListAudit(wanted));
            }
        }
    });
}

fn total(ui: &mut egui::Ui, mark: Mark, text: &str, chosen: bool) -> bool {
    let palette = colours(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), egui::FontId::proportional(15.0), palette.text);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 40.0, 30.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::Button, true, chosen, text));
    ui.painter().rect_filled(rect, 6.0, if chosen || response.hovered() { palette.hover } else { palette.raised });
    if chosen || response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    mark.draw(ui.painter(), rect.left_center() + vec2(16.0, 0.0), &palette);
    ui.painter().galley(rect.left_center() + vec2(30.0, -galley.size().y / 2.0), galley, palette.text);
    let tooltip = if chosen { "Click to list every photo again" } else { "Click to list these photos" };
    response.on_hover_text(tooltip).clicked()
}

/// A cell of a table: one line, cut where it ends.
fn cell(ui: &mut egui::Ui, rect: egui::Rect, text: RichText) {
    let area = rect.shrink2(vec2(8.0, 0.0));
    let child = egui::UiBuilder::new().max_rect(area).layout(egui::Layout::left_to_right(egui::Align::Center));
    ui.scope_builder(child, |ui| ui.add(egui::Label::new(text).truncate().selectable(false)));
}
