//! What is drawn over a photo, and the legend that toggles it.

use eframe::egui::{self, Align2, Color32, FontId, Rect, Stroke, StrokeKind, TextureHandle, Vec2, pos2, vec2};

use crate::domain::{Attribute, Attributes, Region};
use crate::ui::command::UiCommand;
use crate::ui::evidence::{SAMPLES, Shown};
use crate::ui::message::Message;
use crate::ui::prefs::{Overlay, Prefs};
use crate::ui::theme::{colours, overlay_colours, space};

/// Draws the chosen overlays over a photo of so many pixels whose pixels lie in `rect`.
pub fn draw_overlays(
    painter: &egui::Painter,
    rect: Rect,
    pixels: Vec2,
    prefs: &Prefs,
    shown: &mut Shown,
    attributes: Option<&Attributes>,
) {
    let on = |overlay| prefs.overlays.contains(&overlay);
    let over = overlay_colours();
    let covered = covered(shown.samples, pixels);
    if on(Overlay::Ground) {
        map(painter, rect, &shown.ground(painter.ctx()), covered);
    }
    if on(Overlay::Clipped) {
        map(painter, rect, &shown.clipped(painter.ctx()), covered);
    }
    if on(Overlay::Marks) {
        for region in shown.overlays.iter().chain(&shown.inside_frame) {
            outline(painter, within(rect, *region), over.marks);
        }
    }
    if on(Overlay::Product)
        && let Some(region) = shown.product
    {
        let frame = within(rect, region);
        outline(painter, frame, over.product);
        tag(painter, frame, &fill_text(region, attributes), over.product);
    }
}

/// The share of a map's samples that lies in the photo: the last column and row may reach beyond it.
fn covered(samples: [usize; 2], pixels: Vec2) -> Vec2 {
    let (width, height) = (pixels.x as u32, pixels.y as u32);
    let step = width.max(height).div_ceil(SAMPLES).max(1);
    if [width.div_ceil(step) as usize, height.div_ceil(step) as usize] != samples {
        return Vec2::splat(1.0);
    }
    let step = step as f32;
    vec2(pixels.x / (samples[0] as f32 * step), pixels.y / (samples[1] as f32 * step))
}

fn map(painter: &egui::Painter, rect: Rect, texture: &TextureHandle, covered: Vec2) {
    let part = Rect::from_min_max(pos2(0.0, 0.0), covered.to_pos2());
    painter.image(texture.id(), rect, part, Color32::WHITE);
}

/// A box of the photo on the screen.
pub fn within(rect: Rect, region: Region) -> Rect {
    let at = |x: f64, y: f64| rect.min + rect.size() * vec2(x as f32, y as f32);
    Rect::from_min_max(at(region.left, region.top), at(region.right, region.bottom))
}

/// A line that shows on any photo.
fn outline(painter: &egui::Painter, rect: Rect, colour: Color32) {
    painter.rect_stroke(rect, 0.0, Stroke::new(4.0, Color32::from_black_alpha(110)), StrokeKind::Middle);
    painter.rect_stroke(rect, 0.0, Stroke::new(2.0, colour), StrokeKind::Middle);
}

/// "fill 87 % (area 61 %)".
pub fn fill_text(region: Region, attributes: Option<&Attributes>) -> String {
    let get = |attribute| attributes.and_then(|attributes| attributes.get(attribute));
    let (across, down) = (region.right - region.left, region.bottom - region.top);
    let fill = get(Attribute::Fill).unwrap_or(across.max(down));
    match get(Attribute::FillArea) {
        Some(area) => format!("fill {:.0} % (area {:.0} %)", 100.0 * fill, 100.0 * area),
        None => format!("fill {:.0} %", 100.0 * fill),
    }
}

fn tag(painter: &egui::Painter, frame: Rect, text: &str, colour: Color32) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.0), Color32::WHITE);
    let size = galley.size() + vec2(10.0, 4.0);
    let clip = painter.clip_rect();
    // Inside the box at its upper left, kept in sight.
    let at = (frame.min + vec2(2.0, 2.0)).clamp(clip.min, (clip.max - size).max(clip.min));
    let rect = Rect::from_min_size(at, size);
    painter.rect_filled(rect, 3.0, Color32::from_black_alpha(200));
    painter.rect_filled(Rect::from_min_size(rect.min, vec2(3.0, size.y)), 1.0, colour);
    painter.galley(rect.min + vec2(7.0, 2.0), galley, Color32::WHITE);
}

/// A button for every overlay with its colours and its key.
pub fn overlay_legend(ui: &mut egui::Ui, prefs: &Prefs, out: &mut Vec<Message>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space().s, space().s);
        for overlay in Overlay::ALL {
            let command = UiCommand::toggling(overlay);
            if toggle(ui, overlay, prefs.overlays.contains(&overlay), command) {
                out.push(Message::Command(command));
            }
        }
    });
}

fn toggle(ui: &mut egui::Ui, overlay: Overlay, on: bool, command: UiCommand) -> bool {
    let palette = colours(ui);
    let over = overlay_colours();
    let (swatches, meaning): (&[Color32], &str) = match overlay {
        Overlay::Ground => (&[over.near_white, over.coloured], "light: 250 to 254; strong: below 250"),
        Overlay::Product => (&[over.product], "fill is the longest side of the box as a share of the frame's"),
        Overlay::Clipped => (&[over.burnt, over.black], "red: burnt; blue: black"),
        Overlay::Marks => (&[over.marks], "what the frame leaves free, and each text or logo"),
        Overlay::Insight => (&[over.loses, over.gains], "orange: takes from the score; blue: adds to it"),
    };
    let key = ui.format_shortcut(&command.shortcut());
    let font = FontId::proportional(12.0);
    let colour = if on { palette.text } else { palette.weak };
    let galley = ui.painter().layout_no_wrap(format!("{}  {key}", overlay.text()), font, colour);
    let dots = swatches.len() as f32 * 11.0;
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + dots + 16.0, 24.0), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Switch, true, on, overlay.text()));
    let fill = if on || response.hovered() { palette.hover } else { palette.raised };
    ui.painter().rect_filled(rect, 6.0, fill);
    if on || response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    for (index, swatch) in swatches.iter().enumerate() {
        let centre = rect.left_center() + vec2(11.0 + 11.0 * index as f32, 0.0);
        let tint = if on { *swatch } else { swatch.gamma_multiply(0.6) };
        ui.painter().circle_filled(centre, 4.0, tint);
    }
    let text = Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(8.0 + dots, 0.0), galley.size());
    ui.painter().galley(text.min, galley, colour);
    response.on_hover_text(format!("{} ({key}); {meaning}", command.tooltip())).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_lies_on_the_drawn_photo() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 100.0));
        let region = Region { left: 0.25, top: 0.5, right: 0.75, bottom: 1.0 };
        assert_eq!(within(rect, region), Rect::from_min_max(pos2(60.0, 70.0), pos2(160.0, 120.0)));
    }

    #[test]
    fn the_last_samples_may_reach_beyond_the_photo() {
        assert_eq!(covered([1080, 1340], vec2(1080.0, 1340.0)), Vec2::splat(1.0));
        // 5001 pixels in steps of 3: 1667 samples.
        assert_eq!(covered([1667, 1000], vec2(5001.0, 3000.0)), vec2(1.0, 1.0));
        assert_eq!(covered([1667, 1000], vec2(5000.0, 2999.0)), vec2(5000.0 / 5001.0, 2999.0 / 3000.0));
        assert_eq!(covered([10, 10], vec2(5000.0, 2999.0)), Vec2::splat(1.0), "of another step");
    }

    #[test]
    fn fill_is_told_with_its_area() {
        let region = Region { left: 0.1, top: 0.2, right: 0.9, bottom: 0.6 };
        assert_eq!(fill_text(region, None), "fill 80 %");
        let attributes = Attributes::default().with(Attribute::Fill, 0.87).with(Attribute::FillArea, 0.61);
        assert_eq!(fill_text(region, Some(&attributes)), "fill 87 % (area 61 %)");
    }
}
