//! What the model sees in the photo, while the map of its score is drawn.

use eframe::egui;

use super::photo::insight_into;
use crate::api::PhotoRow;
use crate::domain::Explanation;
use crate::ui::lens::Glance;
use crate::ui::panels::Pictures;
use crate::ui::prefs::Overlay;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{heading, hint};

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, row: &PhotoRow, pictures: &mut Pictures<'_>) {
    if !state.prefs.overlays.contains(&Overlay::Insight) || row.photo.error.is_some() {
        return;
    }
    ui.add_space(space().m);
    heading(ui, "What the model sees");
    match insight_into(state, row, pictures) {
        Glance::Waiting => drop(hint(ui, "Asking the model…")),
        Glance::Failed(error) => {
            ui.add(egui::Label::new(egui::RichText::new(error.chain()).color(colours(ui).reject)).wrap());
        }
        Glance::Ready(insight) => told(ui, &insight.explanation),
    }
}

fn told(ui: &mut egui::Ui, explanation: &Explanation) {
    if let Some((points, place)) = explanation.map().worst() {
        ui.add(egui::Label::new(format!("Loses most at the {place}: {} points", minus(points))).wrap());
    }
    let mut flaws = explanation.likely_flaws().take(4).peekable();
    if flaws.peek().is_none() && !explanation.flaws.is_empty() {
        hint(ui, "No flaw is likely");
    }
    for flaw in flaws {
        let likely = 100.0 * flaw.probability;
        ui.label(format!("{}: {likely:.0} % likely, {}", capital(&flaw.text()), flaw.strength_text()));
    }
    if let Some(base) = &explanation.base {
        hint(ui, format!("As the network {base} sees it, on which the personal model is based"));
    }
}

/// With a minus sign rather than a hyphen.
fn minus(value: f32) -> String {
    format!("{value:.1}").replace('-', "−")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
