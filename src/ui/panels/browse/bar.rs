//! The bar above the grid: filter, order, groups, size.

use eframe::egui;

use super::filter;
use crate::domain::Attribute;
use crate::ui::command::UiCommand;
use crate::ui::message::{DialogFor, Message};
use crate::ui::numbers::grouped;
use crate::ui::prefs::{GroupBy, SortBy};
use crate::ui::state::AppState;
use crate::ui::theme::space;
use crate::ui::widgets::{hint, sort_button, tip};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Open…").on_hover_text(tip(ui, UiCommand::OpenFolder)).clicked() {
                out.push(Message::Ask(DialogFor::OpenFolder));
            }
            let (shown, all) = (state.browse.visible.len(), state.photos.len());
            let text = if shown == all {
                format!("{} photos", grouped(all))
            } else {
                format!("{} of {}", grouped(shown), grouped(all))
            };
            hint(ui, text);
            ui.add_space(space().m);
            filter::field(ui, state, out);
        });
    });
    filter::below(ui, state, out);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space().s;
        orders(ui, state, out);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| right(ui, state, out));
    });
    ui.add_space(space().s);
}

/// Width that the choices at the right take, in points.
const RIGHT: f32 = 260.0;

/// Orders by how often they are used; as many as fit stand beside each other.
const FREQUENT: [SortBy; 4] = [SortBy::Name, SortBy::Score, SortBy::Label, SortBy::Date];

/// The orders; those that do not fit stand in a menu.
fn orders(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let fit = ((ui.available_width() - RIGHT) / 90.0).max(1.0) as usize;
    // Room for the one in force, for the word before and for the menu behind.
    let frequent = &FREQUENT[..fit.saturating_sub(2).clamp(1, FREQUENT.len())];
    hint(ui, "Sort");
    let order = |sort| (state.prefs.sort == sort).then_some(state.prefs.descending);
    for &sort in frequent {
        if sort_button(ui, sort.text(), order(sort), None).clicked() {
            out.push(Message::Sort(sort));
        }
    }
    if !frequent.contains(&state.prefs.sort) {
        let measure = Attribute::from_name(&state.prefs.measure);
        let text = match (state.prefs.sort, measure) {
            (SortBy::Measure, Some(measure)) => capitalised(measure.words()),
            (sort, _) => sort.text().to_owned(),
        };
        if sort_button(ui, &text, order(state.prefs.sort), None).clicked() {
            out.push(Message::Sort(state.prefs.sort));
        }
    }
    ui.menu_button("More", |ui| {
        let rest = SortBy::ALL.into_iter().filter(|sort| *sort != SortBy::Measure && !frequent.contains(sort));
        for sort in rest {
            let button = ui.button(sort.text());
            let button = match sort {
                SortBy::Uncertainty => button.on_hover_text("Width of the score's interval"),
                SortBy::Disagreement => button.on_hover_text("Distance between score and label"),
                _ => button,
            };
            if button.clicked() {
                out.push(Message::Sort(sort));
                ui.close();
            }
        }
        ui.separator();
        hint(ui, "By a measure");
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for attribute in Attribute::all() {
                if ui.button(capitalised(attribute.words())).clicked() {
                    out.push(Message::SortMeasure(attribute));
                    ui.close();
                }
            }
        });
    })
    .response
    .on_hover_text("Order by uncertainty, disagreement or a measure");
}

fn right(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let mut tile = state.prefs.tile;
    ui.spacing_mut().slider_width = 80.0;
    let slider = ui.add(egui::Slider::new(&mut tile, 90.0..=300.0).show_value(false));
    let slider = slider.accessible_name("Size of the tiles").on_hover_text("Size of the tiles");
    if slider.changed() {
        out.push(Message::TileSize(tile));
    }
    let command = UiCommand::ToggleFacets;
    let about = tip(ui, command);
    if ui.add(egui::Button::selectable(state.prefs.facets, "Counts")).on_hover_text(about).clicked() {
        out.push(Message::Command(command));
    }
    let chosen = state.prefs.group_by;
    let text = if chosen == GroupBy::Nothing { "Group" } else { chosen.text() };
    ui.menu_button(text, |ui| {
        for group_by in GroupBy::ALL {
            let usable = group_by != GroupBy::Duplicates || state.doubles.by_path.is_some();
            let button = ui.add_enabled(usable, egui::Button::selectable(chosen == group_by, group_by.text()));
            let button = button.on_disabled_hover_text("Look for duplicates first, on the Duplicates page");
            if button.clicked() {
                out.push(Message::Group(group_by));
                ui.close();
            }
        }
    })
    .response
    .on_hover_text("Put photos together");
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
