//! A few held-out photos, always the same ones: how their predictions move towards their labels.

use eframe::egui::{self, Align2, FontId, Rect, Sense, Stroke, pos2, vec2};

use crate::api::{RunView, SampleTrail};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::thumbs::{THUMB, Thumbs};
use crate::ui::widgets::{hint, photo_box, tell_photo};

/// Height of a photo, of the strip below it, and width of both, in points.
const PHOTO: f32 = 64.0;
const STRIP: f32 = 34.0;
const WIDTH: f32 = 88.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, view: &RunView, thumbs: &mut Thumbs) {
    if view.samples.is_empty() {
        return;
    }
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: 16, top: 4, ..egui::Margin::ZERO });
    let panel = egui::Panel::right("samples").show_separator_line(false).exact_size(WIDTH + 32.0).resizable(false);
    panel.frame(frame).show(ui, |ui| {
        hint(ui, "Held-out photos").on_hover_text(
            "Photos that the network does not learn from. The line is its score after each epoch, the dashes the label.",
        );
        egui::ScrollArea::vertical().id_salt("samples").auto_shrink([false, false]).show(ui, |ui| {
            for trail in &view.samples {
                sample(ui, state, trail, thumbs);
                ui.add_space(space().s);
            }
        });
    });
}

fn sample(ui: &mut egui::Ui, state: &AppState, trail: &SampleTrail, thumbs: &mut Thumbs) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, PHOTO + STRIP), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let photo = Rect::from_min_size(rect.min, vec2(WIDTH, PHOTO));
    let row = state.photo(trail.image);
    if let Some(row) = row {
        let painter = ui.painter().with_clip_rect(photo.intersect(ui.clip_rect()));
        photo_box(&painter, photo, thumbs.get(&row.photo.path, &row.photo.sha256, THUMB), &palette);
    }
    let now = trail.scores.last().map_or(0.0, |last| last.1);
    let strip = Rect::from_min_max(pos2(rect.left(), photo.bottom() + 4.0), rect.right_bottom() - vec2(0.0, 14.0));
    let y = |score: f64| egui::lerp(strip.bottom()..=strip.top(), (score / 100.0) as f32);
    let label = [pos2(strip.left(), y(trail.label)), pos2(strip.right(), y(trail.label))];
    ui.painter().extend(egui::Shape::dashed_line(&label, Stroke::new(1.0, palette.weak), 3.0, 3.0));
    let last = trail.scores.last().map_or(1, |last| last.0.max(1)) as f32;
    let at = |&(step, score): &(u64, f64)| pos2(egui::lerp(strip.x_range(), step as f32 / last), y(score));
    let line: Vec<_> = trail.scores.iter().map(at).collect();
    ui.painter().extend(line.last().map(|end| egui::Shape::circle_filled(*end, 2.5, palette.accent)));
    ui.painter().line(line, Stroke::new(1.5, palette.accent));
    let text = format!("{now:.0} of {:.0}", trail.label);
    ui.painter().text(rect.left_bottom(), Align2::LEFT_BOTTOM, &text, FontId::proportional(11.0), palette.weak);
    let name = row.map_or_else(|| "a photo that is gone".to_owned(), |row| row.photo.file_name());
    let spoken = format!("{name}: score {now:.0}, label {:.0}", trail.label);
    tell_photo(&response, &spoken);
    response.on_hover_text(spoken);
}
