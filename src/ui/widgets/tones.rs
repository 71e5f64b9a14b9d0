//! The histogram of a photo: luma as a hill, red, green and blue as lines.

use eframe::egui::{self, Color32, Mesh, Pos2, Rect, Sense, Shape, Stroke, accesskit::Role, pos2, vec2};

use crate::ui::theme::{OverlayColours, colours, overlay_colours};

/// Height of the plot, in points.
const HEIGHT: f32 = 72.0;

/// Draws pixels of each value 0-255 for luma, red, green and blue; heights follow the square root of the counts.
pub fn tones(ui: &mut egui::Ui, histogram: &[[u32; 256]; 4]) {
    let palette = colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, "Histogram of luma, red, green and blue"));
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(rect, 4.0, palette.background);
    let plot = rect.shrink2(vec2(4.0, 4.0));
    let top = peak(histogram);
    let at = |value: usize, count: u32| {
        let height = (f64::from(count) / top).sqrt().min(1.0) as f32;
        pos2(plot.left() + plot.width() * value as f32 / 255.0, plot.bottom() - plot.height() * height)
    };
    painter.add(hill(&histogram[0], plot, palette.weak.gamma_multiply(0.45), &at));
    for (channel, colour) in histogram[1..].iter().zip(channel_colours(ui, overlay_colours())) {
        let points = channel.iter().enumerate().map(|(value, count)| at(value, *count)).collect();
        painter.add(Shape::line(points, Stroke::new(1.2, colour)));
    }
    hover(ui, &response, plot, histogram);
}

/// The highest column; pure black and pure white do not count, they would flatten everything else.
fn peak(histogram: &[[u32; 256]; 4]) -> f64 {
    let inner = histogram.iter().flat_map(|channel| channel[1..255].iter().copied());
    f64::from(inner.max().unwrap_or(0).max(1))
}

fn hill(counts: &[u32; 256], plot: Rect, colour: Color32, at: &dyn Fn(usize, u32) -> Pos2) -> Shape {
    let mut mesh = Mesh::default();
    for (value, count) in counts.iter().enumerate() {
        let top = at(value, *count);
        mesh.colored_vertex(top, colour);
        mesh.colored_vertex(pos2(top.x, plot.bottom()), colour);
        if value > 0 {
            let last = 2 * value as u32;
            mesh.add_triangle(last - 2, last - 1, last);
            mesh.add_triangle(last - 1, last, last + 1);
        }
    }
    Shape::mesh(mesh)
}

fn channel_colours(ui: &egui::Ui, over: OverlayColours) -> [Color32; 3] {
    [over.burnt, colours(ui).accept, over.black]
}

fn hover(ui: &egui::Ui, response: &egui::Response, plot: Rect, histogram: &[[u32; 256]; 4]) {
    let Some(pointer) = response.hover_pos() else { return };
    let value = (((pointer.x - plot.left()) / plot.width()).clamp(0.0, 1.0) * 255.0).round() as usize;
    let all: u64 = histogram[0].iter().map(|count| u64::from(*count)).sum();
    let share = |channel: usize| 100.0 * f64::from(histogram[channel][value]) / all.max(1) as f64;
    let text = format!(
        "At {value}: luma {:.1} %, red {:.1} %, green {:.1} %, blue {:.1} % of the pixels",
        share(0),
        share(1),
        share(2),
        share(3)
    );
    ui.painter().vline(pointer.x, plot.y_range(), Stroke::new(1.0, colours(ui).weak));
    response.clone().on_hover_text_at_pointer(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_white_backdrop_does_not_flatten_the_rest() {
        let mut histogram = [[0; 256]; 4];
        histogram[0][255] = 1_000_000;
        histogram[0][0] = 50_000;
        histogram[2][120] = 400;
        assert_eq!(peak(&histogram), 400.0);
        assert_eq!(peak(&[[0; 256]; 4]), 1.0, "never divides by nothing");
    }
}
