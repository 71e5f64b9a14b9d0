//! The settings of the next training, and what its data is worth.

use eframe::egui::{self, RichText};

use crate::api::{ArchitectureEntry, FEWEST_LABELS};
use crate::config::{DeviceChoice, Loss, LossKind, TrainConfig};
use crate::ui::message::{JobKind, Message};
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint, primary_button};

/// Fewest labels training accepts.
pub(super) const FEWEST: u64 = FEWEST_LABELS as u64;

/// Labels from which the interval of a result is narrow enough to compare runs by.
const PLENTY: u64 = 200;

/// Width of the fields, in points.
const FIELD: f32 = 150.0;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    heading(ui, "New training");
    data_summary(ui, state, out);
    ui.add_space(space().s);
    let AppState { config, train, architectures, .. } = state;
    let name = egui::TextEdit::singleline(&mut train.name).hint_text("Name, made up when empty");
    ui.add(name.desired_width(f32::INFINITY)).accessible_name("Name of the run");
    form(ui, &mut config.train, architectures);
    ui.collapsing("Advanced", |ui| advanced(ui, &mut config.train));
    ui.add_space(space().m);
    let enough = state.label.data.progress.labelled >= FEWEST;
    let idle = state.job(JobKind::Train).is_none();
    if primary_button(ui, "Start training", enough && idle).clicked() {
        let (config, name) = (Box::new(state.config.train.clone()), state.train.name.trim().to_owned());
        out.push(Message::StartTraining(config, name));
    }
    if !idle {
        ui.add(egui::Label::new(RichText::new("A training is under way.").color(colours(ui).weak)).wrap());
    }
}

fn data_summary(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let progress = state.label.data.progress;
    hint(ui, format!("{} labelled photos of {}", progress.labelled, progress.photos));
    let warning = match progress.labelled {
        n if n < FEWEST => {
            let more = FEWEST - n;
            format!("{more} more {} needed to train.", if more == 1 { "label is" } else { "labels are" })
        }
        n if n < PLENTY => format!("With fewer than {PLENTY} labels, results vary a lot; the interval tells how much."),
        _ => return,
    };
    let review = colours(ui).review;
    ui.add(egui::Label::new(RichText::new(warning).color(review)).wrap());
    if progress.labelled < FEWEST && ui.button("Label photos").clicked() {
        out.push(Message::Show(Page::Label));
    }
}

fn form(ui: &mut egui::Ui, config: &mut TrainConfig, architectures: &[ArchitectureEntry]) {
    egui::Grid::new("form").num_columns(2).min_col_width(100.0).spacing([12.0, 8.0]).show(ui, |ui| {
        hint(ui, "Architecture");
        let combo = egui::ComboBox::from_id_salt("architecture").selected_text(&config.architecture).width(FIELD);
        let combo = combo.show_ui(ui, |ui| {
            for found in architectures {
                let text = format!("{} · {:.1} M parameters", found.name, found.parameters as f64 / 1e6);
                ui.selectable_value(&mut config.architecture, found.name.to_owned(), text).on_hover_text(found.about);
            }
        });
        let about =
            architectures.iter().find(|found| found.name == config.architecture).map_or("", |found| found.about);
        combo.response.accessible_name("Architecture").on_hover_text(about);
        ui.end_row();
        loss_choice(ui, &mut config.loss);
        let devices = [(DeviceChoice::Auto, "Auto"), (DeviceChoice::Gpu, "GPU"), (DeviceChoice::Cpu, "CPU")];
        choice(ui, "Device", &mut config.device, &devices);
        row(
            ui,
            "Epochs",
            "Passes over the training photos, at most",
            egui::DragValue::new(&mut config.epochs).range(1..=1000),
        );
    });
}

/// The single losses that make sense alone, a mixture that also looks at the order, and what is configured.
fn loss_choice(ui: &mut egui::Ui, loss: &mut Loss) {
    let own = loss.to_string();
    let single = [(LossKind::Huber, "Huber"), (LossKind::Mse, "MSE"), (LossKind::Mae, "MAE")];
    let mut losses: Vec<(Loss, &str)> = single.map(|(kind, name)| (kind.into(), name)).to_vec();
    let mixture = [(LossKind::Huber, 1.0), (LossKind::Plcc, 0.5), (LossKind::Rank, 0.5)];
    losses.extend(Loss::sum(&mixture).map(|mixture| (mixture, "Huber, PLCC and order")));
    if losses.iter().all(|(known, _)| known != loss) {
        losses.push((*loss, &own));
    }
    choice(ui, "Loss", loss, &losses);
}

fn choice<T: PartialEq + Copy>(ui: &mut egui::Ui, name: &str, value: &mut T, options: &[(T, &str)]) {
    hint(ui, name);
    let shown = options.iter().find(|option| option.0 == *value).map_or("", |option| option.1);
    let combo = egui::ComboBox::from_id_salt(name).selected_text(shown).width(FIELD).show_ui(ui, |ui| {
        for (option, text) in options {
            ui.selectable_value(value, *option, *text);
        }
    });
    combo.response.accessible_name(name);
    ui.end_row();
}

fn row(ui: &mut egui::Ui, name: &str, about: &str, value: egui::DragValue<'_>) {
    hint(ui, name);
    ui.add_sized([72.0, 26.0], value).accessible_name(name).on_hover_text(about);
    ui.end_row();
}

fn advanced(ui: &mut egui::Ui, config: &mut TrainConfig) {
    use egui::DragValue;
    egui::Grid::new("advanced").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
        row(ui, "Photos a step", "The batch size", DragValue::new(&mut config.batch_size).range(2..=512));
        let rate = DragValue::new(&mut config.learning_rate).range(1e-6..=1.0).speed(1e-4).max_decimals(6);
        row(ui, "Learning rate", "Its peak, after the warm-up", rate);
        let decay = DragValue::new(&mut config.weight_decay).range(0.0..=1.0).speed(0.005).max_decimals(4);
        row(ui, "Weight decay", "Pulls the weights towards zero", decay);
        let patience = DragValue::new(&mut config.patience).range(0..=1000);
        row(ui, "Patience", "Epochs without a better validation SRCC before it stops; 0 never stops early", patience);
        let share = DragValue::new(&mut config.validation_share).range(0.05..=0.5).speed(0.005).max_decimals(2);
        row(ui, "Validation share", "Share of the groups that choose the best epoch", share);
        let share = DragValue::new(&mut config.test_share).range(0.0..=0.5).speed(0.005).max_decimals(2);
        row(ui, "Test share", "Share of the groups kept for the final test", share);
        row(ui, "Seed", "Of every random choice: the same seed gives the same run", DragValue::new(&mut config.seed));
    });
}
