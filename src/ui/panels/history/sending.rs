//! The question where runs are to be sent.

use eframe::egui;

use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, SendRuns};
use crate::ui::theme::space;
use crate::ui::update::to_send;
use crate::ui::widgets::{dialog, hint, primary_button};

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(asked) = &state.history.sending else { return };
    let mut answer = asked.clone();
    let modal = dialog(ui, "send runs", 460.0, |ui| {
        ui.strong("Send runs to MLflow");
        hint(ui, "Settings, curves, figures and the model. Sending again doubles nothing.");
        ui.add_space(space().m);
        fields(ui, &mut answer);
        ui.add_space(space().s);
        which(ui, state, &mut answer);
        ui.add_space(space().m);
        buttons(ui, state, asked, out)
    });
    if modal.inner || modal.should_close() {
        out.push(Message::SendRuns(None));
    } else if answer != *asked {
        out.push(Message::SendRuns(Some(answer)));
    }
}

fn fields(ui: &mut egui::Ui, answer: &mut SendRuns) {
    egui::Grid::new("server").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
        ui.label("Server");
        let field = egui::TextEdit::singleline(&mut answer.uri).hint_text("http://HOST:5000").desired_width(340.0);
        ui.add(field).accessible_name("Address of the server");
        ui.end_row();
        ui.label("Experiment");
        let field = egui::TextEdit::singleline(&mut answer.experiment).hint_text("Named after the project");
        ui.add(field.desired_width(340.0)).accessible_name("Name of the experiment");
        ui.end_row();
    });
    let about = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN";
    hint(ui, "A server that asks for a password gets it from the environment.").on_hover_text(about);
}

fn which(ui: &mut egui::Ui, state: &AppState, answer: &mut SendRuns) {
    let count = |selected_only: bool| to_send(state, &SendRuns { selected_only, ..answer.clone() }).len();
    let (one, all) = (count(true), count(false));
    let name = state.history.view.as_ref().map_or("", |view| view.run.meta.name.as_str());
    ui.add_enabled_ui(one > 0, |ui| {
        ui.radio_value(&mut answer.selected_only, true, format!("The selected run, {name}"))
    });
    let text = format!("Every run that is found: {}", grouped(all));
    ui.add_enabled_ui(all > 0, |ui| ui.radio_value(&mut answer.selected_only, false, text))
        .response
        .on_hover_text("Those in which the words above the table are found; a run under way is left out");
}

/// Returns whether to close.
fn buttons(ui: &mut egui::Ui, state: &AppState, asked: &SendRuns, out: &mut Vec<Message>) -> bool {
    let problem = asked.problem();
    let runs = to_send(state, asked).len();
    ui.horizontal(|ui| {
        let text = if runs == 1 { "Send the run".to_owned() } else { format!("Send {} runs", grouped(runs)) };
        if primary_button(ui, &text, problem.is_none() && runs > 0).clicked() {
            out.push(Message::StartSending);
        }
        let close = ui.button("Cancel").clicked();
        if let Some(problem) = problem {
            hint(ui, problem);
        }
        close
    })
    .inner
}
