//! The selected run: its name, note and tags, what came out, how it was made, and what can be done with it.

use eframe::egui::{self, Key, RichText};
use serde_json::Value;

use crate::api::ModelEntry;
use crate::domain::{Run, RunId, RunStatus};
use crate::ui::message::{JobKind, Message};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint};

pub(super) fn metric(run: &Run, name: &str) -> Option<f64> {
    run.summary.get(name).and_then(Value::as_f64)
}

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    let Some(view) = state.history.view.clone() else { return };
    let run = &view.run;
    hint(ui, "Name");
    let field = egui::TextEdit::singleline(&mut state.history.name).desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Name");
    if field.lost_focus() && state.history.name.trim() != run.meta.name {
        out.push(Message::RenameRun(run.id.clone(), state.history.name.clone()));
    }
    hint(ui, "Note");
    let note = egui::TextEdit::multiline(&mut state.history.note).desired_rows(2).desired_width(f32::INFINITY);
    if ui.add(note).accessible_name("Note").lost_focus() && state.history.note != run.meta.note {
        out.push(Message::NoteRun(run.id.clone(), state.history.note.clone()));
    }
    tags(ui, state, run, out);
    ui.add_space(space().s);
    heading(ui, "Result");
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().item_spacing.y = space().s;
    if let Some(srcc) = metric(run, "test_srcc") {
        fact(ui, "Test SRCC", &format!("{srcc:.3}"));
    }
    if let (Some(low), Some(high)) = (metric(run, "test_srcc_low"), metric(run, "test_srcc_high")) {
        fact(ui, "95 % interval", &format!("{low:.3} to {high:.3}"));
    }
    for (text, name, digits) in RESULTS {
        if let Some(value) = metric(run, name) {
            fact(ui, text, &format!("{value:.digits$}"));
        }
    }
    if run.summary.is_empty() {
        hint(ui, "No result: this run was not tested.");
    }
    if let Some(error) = &run.error {
        let reject = colours(ui).reject;
        ui.add(egui::Label::new(RichText::new(error).color(reject)).wrap());
    }
    ui.add_space(space().s);
    heading(ui, "How it was made");
    if let Some(origin) = &run.origin {
        fact(ui, "Imported from", &origin.server);
        fact(ui, "Experiment", &origin.experiment);
    } else {
        let [train, validation, test] = view.photos;
        fact(ui, "Photos to train", &train.to_string());
        fact(ui, "to validate, to test", &format!("{validation}, {test}"));
    }
    fact(ui, "Device", &run.device);
    fact(ui, "Dataset", run.short_digest());
    fact(ui, "Version", &run.code_version);
    fact(ui, "Run", &run.id.0);
    ui.collapsing("Settings", |ui| ui.monospace(&run.config_toml));
    ui.collapsing("Files", |ui| {
        for artifact in &view.artifacts {
            ui.add(egui::Label::new(&artifact.path).wrap());
        }
    });
    ui.add_space(space().m);
    use_model(ui, state, &run.id, out);
    ui.horizontal(|ui| {
        let unfinished = matches!(run.status, RunStatus::Cancelled | RunStatus::Interrupted | RunStatus::Failed);
        let can_resume = unfinished && run.origin.is_none() && state.job(JobKind::Train).is_none();
        if can_resume && ui.button("Resume").clicked() {
            out.push(Message::ResumeRun(run.id.clone()));
        }
        if (run.status != RunStatus::Running || run.origin.is_some())
            && ui.button("Delete run").on_hover_text("Can be undone").clicked()
        {
            out.push(Message::DeleteRun(run.id.clone()));
        }
    });
}

/// The tags of the run, each with a cross, and a field for another.
fn tags(ui: &mut egui::Ui, state: &mut AppState, run: &Run, out: &mut Vec<Message>) {
    hint(ui, "Tags");
    ui.horizontal_wrapped(|ui| {
        for tag in &run.meta.tags {
            let chip = ui.button(format!("{tag}  ×")).on_hover_text("Takes the tag away");
            if chip.accessible_name(format!("Take the tag {tag} away")).clicked() {
                out.push(Message::TagRun(run.id.clone(), tag.clone(), false));
            }
        }
        let typed = &mut state.history.tag;
        let field = ui.add(egui::TextEdit::singleline(typed).hint_text("New tag").desired_width(90.0));
        let field = field.accessible_name("New tag");
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !typed.trim().is_empty() {
            out.push(Message::TagRun(run.id.clone(), std::mem::take(typed), true));
            field.request_focus();
        }
    });
}

/// Which model scores, and a button that makes it this run's.
pub(in crate::ui::panels) fn use_model(ui: &mut egui::Ui, state: &AppState, run: &RunId, out: &mut Vec<Message>) {
    let own = |model: &&ModelEntry| model.card.run.as_deref() == Some(run.0.as_str());
    let Some(model) = state.models.iter().find(own) else { return };
    if state.models.first() == Some(model) {
        hint(ui, "Scores come from this model.");
        return;
    }
    let about = "From now on this model scores where none is named; `packshot models rollback` takes it back";
    if ui.button("Score with this model").on_hover_text(about).clicked() {
        out.push(Message::UseModel(model.card.id.clone()));
    }
}

/// Results below the main one, in order: text, name in the run's summary, digits.
const RESULTS: [(&str, &str, usize); 6] = [
    ("Validation SRCC", "validation_srcc", 3),
    ("Best epoch", "best_epoch", 0),
    ("Test PLCC", "test_plcc", 3),
    ("Test KRCC", "test_krcc", 3),
    ("Test MAE", "test_mae", 1),
    ("Test RMSE", "test_rmse", 1),
];

fn fact(ui: &mut egui::Ui, name: &str, value: &str) {
    ui.horizontal(|ui| {
        hint(ui, name);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add(egui::Label::new(value).truncate());
        });
    });
}
