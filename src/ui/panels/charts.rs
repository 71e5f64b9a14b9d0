//! The curves of a run: loss above SRCC, on one axis of steps.

use eframe::egui::{self, Color32, FontId, Id, Sense, Stroke, vec2};
use egui_plot::{AxisHints, HoverPosition, Line, Plot, PlotPoints, VLine};

use crate::domain::MetricPoint;
use crate::ui::theme::colours;
use crate::ui::widgets::hint;

/// Draws loss and SRCC with linked axes; `best` is the step of the best epoch.
pub(super) fn show(ui: &mut egui::Ui, points: &[MetricPoint], best: Option<u64>, log_scale: bool, id: &str) {
    let palette = colours(ui);
    let height = ((ui.available_height() - 84.0) / 2.0).clamp(110.0, 420.0);
    let loss = [("train_loss", "Training", palette.weak), ("validation_loss", "Validation", palette.accent)];
    legend(ui, if log_scale { "Loss (logarithmic)" } else { "Loss" }, &loss);
    chart(ui, points, &loss, best, log_scale, height, id);
    let srcc = [("validation_srcc", "Validation", palette.accept)];
    legend(ui, "SRCC: how well the order of scores follows the labels, 1 is perfect", &srcc);
    chart(ui, points, &srcc, best, false, height, id);
}

/// What the chart shows, and which colour is which; never drawn over the curves.
fn legend(ui: &mut egui::Ui, title: &str, curves: &[(&str, &str, Color32)]) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (_, name, colour) in curves.iter().rev() {
                hint(ui, *name);
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 10.0), Sense::hover());
                ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(2.5, *colour));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let weak = colours(ui).weak;
                ui.add(egui::Label::new(egui::RichText::new(title).color(weak)).truncate());
            });
        });
    });
}

fn chart(
    ui: &mut egui::Ui,
    points: &[MetricPoint],
    curves: &[(&str, &str, Color32)],
    best: Option<u64>,
    log_scale: bool,
    height: f32,
    id: &str,
) {
    let columns = ui.available_width().max(50.0) as usize;
    let lines: Vec<Line<'_>> = curves
        .iter()
        .map(|(name, title, colour)| {
            let own = points.iter().filter(|point| point.name == *name);
            let own: Vec<[f64; 2]> = own
                .filter(|point| !log_scale || point.value > 0.0)
                .map(|point| [point.step as f64, if log_scale { point.value.log10() } else { point.value }])
                .collect();
            Line::new(*title, PlotPoints::from(thinned(&own, columns))).color(*colour).width(1.8)
        })
        .collect();
    let group = Id::unique(("curves", id));
    let value = move |y: f64| if log_scale { 10_f64.powf(y) } else { y };
    let weak = colours(ui).weak;
    let y_axis = AxisHints::new_y()
        .min_thickness(44.0)
        .label_spacing(11.0..=26.0)
        .tick_label_color(weak)
        .tick_label_font(FontId::proportional(11.0))
        .formatter(move |mark, _| format!("{:.2}", value(mark.value)));
    let plot = Plot::new((id, curves[0].0))
        .height(height)
        .grid_color(colours(ui).line)
        .link_axis(group, [true, false])
        .link_cursor(group, [true, false])
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .custom_y_axes(vec![y_axis])
        .x_axis_formatter(|mark, _| if mark.value < 0.0 { String::new() } else { format!("{:.0}", mark.value) })
        .label_formatter(move |at| match at {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name} {:.3}\nstep {:.0}", value(position.y), position.x))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    let mark = colours(ui).review;
    plot.show(ui, |plot| {
        if let Some(best) = best {
            plot.vline(VLine::new("Best epoch", best as f64).color(mark).width(1.2));
        }
        lines.into_iter().for_each(|line| plot.line(line));
    });
}

/// At most two points a pixel column, its lowest and its highest, so that no peak is lost.
pub(super) fn thinned(points: &[[f64; 2]], columns: usize) -> Vec<[f64; 2]> {
    if points.len() <= columns * 2 {
        return points.to_vec();
    }
    let bucket = points.len().div_ceil(columns);
    let extremes = points.chunks(bucket).flat_map(|chunk| {
        let by_value = |a: &&[f64; 2], b: &&[f64; 2]| a[1].total_cmp(&b[1]);
        let ends = [chunk.iter().min_by(by_value), chunk.iter().max_by(by_value)];
        let mut ends: Vec<[f64; 2]> = ends.into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a[0].total_cmp(&b[0]));
        ends.dedup();
        ends
    });
    extremes.collect()
}

/// The step of the best epoch: where the validation SRCC was highest first.
pub(super) fn best_step(points: &[MetricPoint]) -> Option<u64> {
    let srcc = points.iter().filter(|point| point.name == "validation_srcc");
    srcc.fold(None, |best: Option<&MetricPoint>, point| match best {
        Some(best) if best.value >= point.value => Some(best),
        _ => Some(point),
    })
    .map(|point| point.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_peaks_and_order() {
        let mut points: Vec<[f64; 2]> = (0..10_000).map(|x| [f64::from(x), 0.0]).collect();
        points[5_432][1] = 9.0;
        let thin = thinned(&points, 100);
        assert!(thin.len() <= 200 && thin.contains(&[5_432.0, 9.0]));
        assert!(thin.is_sorted_by(|a, b| a[0] <= b[0]));
        assert_eq!(thinned(&points[..50], 100), points[..50]);
    }

    #[test]
    fn the_first_of_equal_epochs_is_the_best() {
        let point = |step, value| MetricPoint { name: "validation_srcc".to_owned(), step, value };
        assert_eq!(best_step(&[point(1, 0.2), point(2, 0.9), point(3, 0.9)]), Some(2));
        assert_eq!(best_step(&[]), None);
    }
}
