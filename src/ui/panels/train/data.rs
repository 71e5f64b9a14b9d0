//! What the labels of the next training are worth: how many, how spread, of how many products.

use eframe::egui::{self, Rect, RichText, Sense, pos2, vec2};

use crate::api::FEWEST_LABELS;
use crate::ui::message::Message;
use crate::ui::numbers::grouped;
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, LABEL_BINS};
use crate::ui::theme::colours;
use crate::ui::widgets::hint;

/// Fewest labels training accepts.
pub(in crate::ui::panels) const FEWEST: u64 = FEWEST_LABELS as u64;

/// Labels from which the interval of a result is narrow enough to compare runs by.
const PLENTY: u64 = 200;

/// Products from which each part of the split holds a few.
const FEW_GROUPS: usize = 10;

/// Height of the histogram in points.
const HEIGHT: f32 = 44.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let progress = state.label.data.progress;
    let data = &state.train.data;
    let (labelled, photos) = (grouped(progress.labelled as usize), grouped(progress.photos as usize));
    let groups = grouped(data.groups);
    hint(ui, format!("{labelled} labelled photos of {photos}, in {groups} groups"))
        .on_hover_text("A group is a product, by its SKU or folder; a photo without one is a group of its own");
    if progress.labelled > 0 {
        bars(ui, &data.bins);
        let part = |share: f64| (progress.labelled as f64 * share).round() as u64;
        let config = &state.config.train;
        let (validation, test) = (part(config.validation_share), part(config.test_share));
        let learn = progress.labelled.saturating_sub(validation + test);
        let text = format!("About {learn} to learn from, {validation} to validate, {test} to test");
        hint(ui, text).on_hover_text("Split by group: no product is in two parts");
    }
    let review = colours(ui).review;
    for warning in warnings(state) {
        ui.add(egui::Label::new(RichText::new(warning).color(review)).wrap());
    }
    if progress.labelled < FEWEST && ui.button("Label photos").clicked() {
        out.push(Message::Show(Page::Label));
    }
}

fn warnings(state: &AppState) -> Vec<String> {
    let (labelled, data) = (state.label.data.progress.labelled, &state.train.data);
    let mut found = Vec::new();
    if labelled < FEWEST {
        let more = FEWEST - labelled;
        found.push(format!("{more} more {} needed to train.", if more == 1 { "label is" } else { "labels are" }));
    } else if labelled < PLENTY {
        found.push(format!("With fewer than {PLENTY} labels, results vary a lot; the interval tells how much."));
    }
    if data.alike && labelled > 1 {
        found.push("All labels are the same: there is no order to learn.".to_owned());
    }
    if labelled >= FEWEST && data.groups < FEW_GROUPS {
        let text = format!("Labels in only {} groups: the test holds one or two.", data.groups);
        found.push(format!("{text} Label photos of more products."));
    }
    found
}

/// How many labels lie in each tenth of the scale.
fn bars(ui: &mut egui::Ui, bins: &[u32; LABEL_BINS]) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let most = bins.iter().copied().max().unwrap_or(0).max(1) as f32;
    let step = rect.width() / LABEL_BINS as f32;
    let painter = ui.painter();
    for (place, count) in bins.iter().enumerate() {
        let left = rect.left() + place as f32 * step;
        let height = if *count == 0 { 1.0 } else { (rect.height() * *count as f32 / most).max(2.0) };
        let bar = Rect::from_min_max(pos2(left + 1.0, rect.bottom() - height), pos2(left + step - 1.0, rect.bottom()));
        painter.rect_filled(bar, 1.0, palette.accent.gamma_multiply(if *count == 0 { 0.3 } else { 0.8 }));
    }
    let pointed = response.hover_pos().map(|at| (((at.x - rect.left()) / step) as usize).min(LABEL_BINS - 1));
    let words = |place: usize| format!("{} labels from {} to {}", bins[place], 10 * place, 10 * place + 10);
    let told: Vec<String> = (0..LABEL_BINS).filter(|place| bins[*place] > 0).map(words).collect();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, told.join(", ")));
    if let Some(place) = pointed {
        response.on_hover_text(words(place));
    }
}
