//! Above the runs: what is looked for, which columns show, looks that were saved, and the way out of the window.

use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, PopupCloseBehavior, RichText};

use crate::ui::command::UiCommand;
use crate::ui::ledger::RunColumn;
use crate::ui::message::{DialogFor, Message};
use crate::ui::numbers::{counted, grouped};
use crate::ui::prefs::RunLook;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::update::{first_choice, remembered};
use crate::ui::widgets::{hint, tip};

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        let mut look = state.prefs.runs.clone();
        let field = egui::TextEdit::singleline(&mut look.filter).hint_text("Find runs").desired_width(180.0);
        if ui.add(field).accessible_name("Find runs").changed() {
            out.push(Message::LookAtRuns(look));
        }
        // Several columns are chosen in one go: a click inside does not close.
        let stays = || MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        MenuButton::new("Columns…").config(stays()).ui(ui, |ui| columns(ui, state, out));
        let (response, _) = MenuButton::new("Views…").config(stays()).ui(ui, |ui| looks(ui, state, out));
        response.on_hover_text("Columns, order and words, saved under a name");
        let on = state.history.scatter.is_some();
        let about = "Each run a point: a setting against a result";
        if ui.add(egui::Button::new("Scatter").selected(on)).on_hover_text(about).clicked() {
            let axes = (
                state.history.ledger.settings.first().cloned().map_or(RunColumn::Started, RunColumn::Setting),
                RunColumn::Validation,
            );
            out.push(Message::ScatterRuns((!on).then_some(axes)));
        }
        two_models(ui, state, out);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Export…").on_hover_text(tip(ui, UiCommand::ExportRuns)).clicked() {
                out.push(Message::Ask(DialogFor::ExportRuns));
            }
            if ui.button("MLflow…").on_hover_text(tip(ui, UiCommand::SendRuns)).clicked() {
                out.push(Message::SendRuns(Some(remembered(state))));
            }
            let (shown, all) = (state.history.found.len(), state.history.ledger.runs.len());
            let filtered = shown != all;
            let all = counted(all, "run", "runs");
            hint(ui, if filtered { format!("{} of {all}", grouped(shown)) } else { all });
        });
    });
    ui.add_space(space().s);
}

/// The switch between curves and the photos of two models.
fn two_models(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let on = state.history.two_models.is_some();
    let choice = first_choice(state);
    let button = ui.add_enabled(choice.is_some(), egui::Button::new("Two models").selected(on));
    let button = button
        .on_hover_text(tip(ui, UiCommand::HoldModels))
        .on_disabled_hover_text("There is one model only: train another one first");
    if button.clicked() {
        out.push(Message::HoldModels(choice.filter(|_| !on)));
    }
}

fn columns(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let ledger = &state.history.ledger;
    let group = |ui: &mut egui::Ui, title: &str, columns: Vec<RunColumn>, out: &mut Vec<Message>| {
        if !columns.is_empty() {
            hint(ui, title);
        }
        for column in columns {
            let look = &state.prefs.runs;
            let mut on = look.columns.contains(&column);
            if ui.checkbox(&mut on, column.title()).changed() {
                let mut look = look.clone();
                look.columns.retain(|other| *other != column);
                look.columns.extend(on.then_some(column));
                out.push(Message::LookAtRuns(look));
            }
        }
    };
    egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        ui.set_min_width(240.0);
        let usual = RunColumn::USUAL.into_iter().chain([RunColumn::Note, RunColumn::Tags]).collect();
        group(ui, "Of every run", usual, out);
        let metrics = ledger.metrics.iter().filter(|name| !matches!(name.as_str(), "validation_srcc" | "test_srcc"));
        group(ui, "Results", metrics.cloned().map(RunColumn::Metric).collect(), out);
        group(ui, "Settings that differ", ledger.settings.iter().cloned().map(RunColumn::Setting).collect(), out);
    });
    let mut look = state.prefs.runs.clone();
    let about =
        "Runs of several seeds, folds or settings that were trained together stand below the run of their means";
    if ui.checkbox(&mut look.series_apart, "Every run by itself").on_hover_text(about).changed() {
        out.push(Message::LookAtRuns(look));
    }
    if ui.button("The usual ones").clicked() {
        out.push(Message::LookAtRuns(RunLook { columns: RunColumn::USUAL.to_vec(), ..state.prefs.runs.clone() }));
    }
}

fn looks(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    ui.set_min_width(260.0);
    let weak = colours(ui).weak;
    for (name, look) in &state.prefs.run_looks {
        ui.horizontal(|ui| {
            if ui.add(egui::Button::new(name).selected(*look == state.prefs.runs)).clicked() {
                out.push(Message::LookAtRuns(look.clone()));
                ui.close();
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let forget = ui.add(egui::Button::new(RichText::new("Forget").small().color(weak)).frame(false));
                if forget.accessible_name(format!("Forget {name}")).clicked() {
                    out.push(Message::KeepRunLook(name.clone(), false));
                }
            });
        });
    }
    if state.prefs.run_looks.is_empty() {
        hint(ui, "No view was saved yet");
    }
    if ui.button("As it came").clicked() {
        out.push(Message::LookAtRuns(RunLook::default()));
        ui.close();
    }
    ui.separator();
    ui.horizontal(|ui| {
        let name = &mut state.history.look_name;
        let field = ui.add(egui::TextEdit::singleline(name).hint_text("Name of this view").desired_width(160.0));
        let field = field.accessible_name("Name of this view");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let free = !name.trim().is_empty();
        if (ui.add_enabled(free, egui::Button::new("Save")).clicked() || entered) && free {
            out.push(Message::KeepRunLook(name.clone(), true));
        }
    });
}
