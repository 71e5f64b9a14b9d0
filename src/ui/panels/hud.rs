//! F12: how long frames take and what they hold, at the lower right.

use eframe::egui::{self, Align2, Order, RichText, vec2};

use crate::api::usage;
use crate::ui::pace::Pace;
use crate::ui::theme::colours;

/// Draws the figures over everything; `pictures` are bytes of textures.
pub(in crate::ui) fn hud(ui: &egui::Ui, pace: &Pace, pictures: usize) {
    let palette = colours(ui);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let frames = pace.told().map_or_else(
        || "no frame yet".to_owned(),
        |(newest, median, late, count)| format!("frame {newest:.1} ms · p50 {median:.1} · p99 {late:.1} of {count}"),
    );
    let memory = usage::memory().map_or_else(String::new, |(now, most)| {
        format!(" · memory {:.0} MB, at most {:.0}", megabytes(now), megabytes(most))
    });
    let text = format!("{frames}\npictures {:.0} MB{memory}", megabytes(pictures as u64));
    egui::Area::new(egui::Id::unique("hud"))
        .order(Order::Tooltip)
        .interactable(false)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -12.0))
        .show(ui, |ui| {
            egui::Frame::new()
                .fill(palette.background.gamma_multiply(0.9))
                .corner_radius(6)
                .inner_margin(8)
                .show(ui, |ui| ui.label(RichText::new(text).monospace().color(palette.text)));
        });
}
