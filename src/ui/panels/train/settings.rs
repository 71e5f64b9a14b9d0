//! Every setting of a training, each explained by the configuration's own words.

use eframe::egui::{self, DragValue};

use super::form::{FIELD, choice};
use crate::config::{OptimiserKind, TrainConfig, explained};
use crate::ui::widgets::hint;

/// Settings beyond the ones that everybody looks at.
pub(super) fn advanced(ui: &mut egui::Ui, config: &mut TrainConfig) {
    grid(ui, "steps", |ui| {
        whole(ui, "Photos a step", "batch_size", DragValue::new(&mut config.batch_size).range(2..=512));
        whole(ui, "At a time", "micro_batch", DragValue::new(&mut config.micro_batch).range(0..=512));
        whole(ui, "Patience", "patience", DragValue::new(&mut config.patience).range(0..=1000));
        share(ui, "Replay", "replay", &mut config.replay, 0.5);
        let optimisers = [(OptimiserKind::Adamw, "AdamW"), (OptimiserKind::Sgd, "SGD")];
        choice(ui, "Optimiser", &mut config.optimiser, &optimisers, explained("train", "optimiser"));
        let rate = DragValue::new(&mut config.learning_rate).range(1e-6..=1.0).speed(1e-4).max_decimals(6);
        whole(ui, "Learning rate", "learning_rate", rate);
        let decay = DragValue::new(&mut config.weight_decay).range(0.0..=1.0).speed(0.005).max_decimals(4);
        whole(ui, "Weight decay", "weight_decay", decay);
        share(ui, "Warm-up", "warmup", &mut config.warmup, 0.5);
        let clip = DragValue::new(&mut config.clip).range(0.0..=1000.0).speed(0.1).max_decimals(2);
        whole(ui, "Longest gradient", "clip", clip);
        share(ui, "Average", "average", &mut config.average, 0.9999);
        let delta = DragValue::new(&mut config.huber_delta).range(0.01..=10.0).speed(0.01).max_decimals(2);
        whole(ui, "Huber delta", "huber_delta", delta);
    });
    ui.add_space(8.0);
    grid(ui, "parts", |ui| {
        share(ui, "Validation share", "validation_share", &mut config.validation_share, 0.5);
        share(ui, "Test share", "test_share", &mut config.test_share, 0.5);
        whole(ui, "Seed", "seed", DragValue::new(&mut config.seed));
        whole(
            ui,
            "Photo memory, MB",
            "cache_mb",
            DragValue::new(&mut config.cache_mb).range(0..=1_048_576).speed(16.0),
        );
    });
}

fn grid(ui: &mut egui::Ui, id: &str, rows: impl FnOnce(&mut egui::Ui)) {
    egui::Grid::new(id).num_columns(2).min_col_width(FIELD * 0.7).spacing([12.0, 8.0]).show(ui, rows);
}

/// A number with its name; `key` is the setting that explains it.
pub(super) fn whole(ui: &mut egui::Ui, name: &str, key: &str, value: DragValue<'_>) {
    let about = explained("train", key);
    hint(ui, name).on_hover_text(about);
    ui.add_sized([84.0, 26.0], value).accessible_name(name).on_hover_text(about);
    ui.end_row();
}

fn share(ui: &mut egui::Ui, name: &str, key: &str, value: &mut f64, most: f64) {
    whole(ui, name, key, DragValue::new(value).range(0.0..=most).speed(0.005).max_decimals(4));
}
