//! The settings of the next training: a preset, what it starts from, and the numbers; then what waits for its turn.

use eframe::egui::{self, RichText};

use super::{data, settings};
use crate::api::{ArchitectureEntry, HEAD_FROM, LAST_FROM, ModelEntry, clock::duration_text};
use crate::config::{DeviceChoice, Learns, Loss, LossKind, PRESETS, TrainConfig, explained};
use crate::ui::message::{JobKind, Message};
use crate::ui::state::{AppState, Planned};
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint, primary_button};

/// Width of the fields, in points.
pub(super) const FIELD: f32 = 150.0;

pub(super) fn show(ui: &mut egui::Ui, state: &mut AppState, out: &mut Vec<Message>) {
    heading(ui, "New training");
    data::show(ui, state, out);
    ui.add_space(space().s);
    let AppState { config, train, architectures, models, .. } = state;
    presets(ui, &mut config.train);
    let name = egui::TextEdit::singleline(&mut train.name).hint_text("Name, made up when empty");
    ui.add(name.desired_width(f32::INFINITY)).accessible_name("Name of the run");
    form(ui, &mut config.train, architectures, models);
    let device = train.devices.iter().find(|(choice, _)| *choice == config.train.device);
    if let Some((_, text)) = device {
        ui.add(egui::Label::new(RichText::new(text).color(colours(ui).weak)).wrap());
    }
    ui.collapsing("Advanced", |ui| settings::advanced(ui, &mut config.train));
    ui.add_space(space().s);
    if let Some(text) = estimate(state) {
        hint(ui, text).on_hover_text("At the speed of the run beside; early stopping may end it sooner");
    }
    ui.add_space(space().s);
    buttons(ui, state, out);
    queue(ui, state, out);
}

/// Named settings; the one in force stands out.
fn presets(ui: &mut egui::Ui, config: &mut TrainConfig) {
    ui.horizontal(|ui| {
        for preset in PRESETS {
            let settings = preset.over(config);
            let mut name = preset.name.to_owned();
            name[..1].make_ascii_uppercase();
            let chosen = settings == *config;
            if ui.selectable_label(chosen, name).on_hover_text(preset.about).clicked() {
                *config = settings;
            }
        }
    });
}

fn form(ui: &mut egui::Ui, config: &mut TrainConfig, architectures: &[ArchitectureEntry], models: &[ModelEntry]) {
    egui::Grid::new("form").num_columns(2).min_col_width(100.0).spacing([12.0, 8.0]).show(ui, |ui| {
        start_choice(ui, config, models);
        if config.start.is_empty() {
            architecture_choice(ui, config, architectures);
        } else {
            let parts = [(Learns::All, "Everything"), (Learns::Last, "Last stages"), (Learns::Head, "Head alone")];
            choice(ui, "What learns", &mut config.learns, &parts, explained("train", "learns"));
        }
        loss_choice(ui, &mut config.loss);
        let devices = [(DeviceChoice::Auto, "Auto"), (DeviceChoice::Gpu, "GPU"), (DeviceChoice::Cpu, "CPU")];
        choice(ui, "Device", &mut config.device, &devices, explained("train", "device"));
        settings::whole(ui, "Epochs", "epochs", egui::DragValue::new(&mut config.epochs).range(1..=1000));
    });
}

/// What the weights are at first: random, or a model's.
fn start_choice(ui: &mut egui::Ui, config: &mut TrainConfig, models: &[ModelEntry]) {
    const SCRATCH: &str = "Random weights";
    let about = explained("train", "start");
    hint(ui, "Starts from").on_hover_text(about);
    let named = models.iter().find(|model| model.card.id.0 == config.start || model.name == config.start);
    let shown = named.map_or(config.start.as_str(), |model| model.name.as_str());
    let shown = if config.start.is_empty() { SCRATCH } else { shown };
    let combo = egui::ComboBox::from_id_salt("start").selected_text(shown).width(FIELD).truncate().show_ui(ui, |ui| {
        if ui.selectable_label(config.start.is_empty(), SCRATCH).clicked() {
            (config.start, config.learns) = (String::new(), Learns::All);
        }
        for model in models.iter().filter(|model| model.card.personal.is_none()) {
            let text = format!("{} · {}", model.name, model.card.architecture);
            if ui.selectable_label(config.start == model.card.id.0, text).clicked() {
                config.start.clone_from(&model.card.id.0);
                config.architecture.clone_from(&model.card.architecture);
            }
        }
    });
    combo.response.accessible_name("Starts from").on_hover_text(about);
    ui.end_row();
}

fn architecture_choice(ui: &mut egui::Ui, config: &mut TrainConfig, architectures: &[ArchitectureEntry]) {
    hint(ui, "Architecture");
    let combo = egui::ComboBox::from_id_salt("architecture").selected_text(&config.architecture).width(FIELD);
    let combo = combo.show_ui(ui, |ui| {
        for found in architectures {
            let text = format!("{} · {:.1} M parameters", found.name, found.parameters as f64 / 1e6);
            ui.selectable_value(&mut config.architecture, found.name.to_owned(), text).on_hover_text(found.about);
        }
    });
    let about = architectures.iter().find(|found| found.name == config.architecture).map_or("", |found| found.about);
    combo.response.accessible_name("Architecture").on_hover_text(about);
    ui.end_row();
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
    choice(ui, "Loss", loss, &losses, explained("train", "loss"));
}

/// A field with a few values; `about` explains it.
pub(super) fn choice<T: PartialEq + Copy>(
    ui: &mut egui::Ui,
    name: &str,
    value: &mut T,
    options: &[(T, &str)],
    about: &str,
) {
    hint(ui, name).on_hover_text(about);
    let shown = options.iter().find(|option| option.0 == *value).map_or("", |option| option.1);
    let combo = egui::ComboBox::from_id_salt(name).selected_text(shown).width(FIELD).show_ui(ui, |ui| {
        for (option, text) in options {
            ui.selectable_value(value, *option, *text);
        }
    });
    combo.response.accessible_name(name).on_hover_text(about);
    ui.end_row();
}

/// "At most about 3 min", by the run on the page when it is of the same network.
fn estimate(state: &AppState) -> Option<String> {
    let config = &state.config.train;
    let view = state.train.view.as_ref()?;
    let same = view.run.config_toml.contains(&format!("architecture = \"{}\"", config.architecture));
    let speed = view.points.iter().rev().find(|point| point.name == "images_per_second").filter(|_| same)?.value;
    let learnt = state.label.data.progress.labelled as f64 * (1.0 - config.validation_share - config.test_share);
    let seconds = f64::from(config.epochs) * learnt.max(0.0) / speed;
    (seconds > 0.0 && seconds.is_finite())
        .then(|| format!("At most about {}", duration_text((1000.0 * seconds) as i64)))
}

fn buttons(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let labelled = state.label.data.progress.labelled;
    let busy = state.job(JobKind::Train).is_some();
    let plan = |finetune| {
        let config = Box::new(state.config.train.clone());
        Message::StartTraining(Planned { config, name: state.train.name.trim().to_owned(), finetune })
    };
    let text = if busy { "Train after that" } else { "Start training" };
    if primary_button(ui, text, labelled >= data::FEWEST).clicked() {
        out.push(plan(false));
    }
    let button = ui.add_enabled(labelled >= HEAD_FROM as u64, egui::Button::new("Fine-tune the current network"));
    let about = format!(
        "Teaches the newest network with your labels: its head, and from {LAST_FROM} labels on its last stages. Kept only \
         when it is better on photos it never saw."
    );
    if button.on_hover_text(about).on_disabled_hover_text(format!("Needs {HEAD_FROM} labels")).clicked() {
        out.push(plan(true));
    }
}

/// The trainings that wait.
fn queue(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if state.train.queue.is_empty() {
        return;
    }
    ui.add_space(space().m);
    hint(ui, "Waiting");
    for (place, planned) in state.train.queue.iter().enumerate() {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let text = planned.text();
                let button = ui.button("Remove");
                let spoken = format!("Remove {text}");
                button.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &spoken));
                if button.clicked() {
                    out.push(Message::Unplan(place));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(text).color(colours(ui).text)).truncate());
                });
            });
        });
    }
    if state.job(JobKind::Train).is_none() && ui.button("Start the next").clicked() {
        out.push(Message::StartNext);
    }
}
