//! The curves of a run: loss above SRCC, on one axis.

use eframe::egui::{self, Color32, FontId, Id, Sense, Stroke, vec2};
use egui_plot::{AxisHints, HoverPosition, Line, Plot, PlotPoints, VLine};

use crate::api::RunView;
use crate::domain::MetricPoint;
use crate::ui::prefs::{Along, CurveLook};
use crate::ui::theme::{Palette, colours};
use crate::ui::widgets::hint;

mod axis;

use axis::{Axis, tick as tick_across, told};

/// One curve: the metric, its name and its colour.
type Curve = (&'static str, &'static str, Color32);

/// One chart: its title, its curves, and whether its axis is logarithmic.
struct Chart {
    title: &'static str,
    curves: Vec<Curve>,
    log_scale: bool,
}

/// Draws the curves of a run with linked axes, and marks its best epoch.
pub(super) fn show(ui: &mut egui::Ui, view: &RunView, look: CurveLook, id: &str) {
    let charts = charts(ui, look);
    let axis = Axis::of(view, look.along);
    let best = best(&view.points).map(|place| axis.at(place));
    let free = ui.available_height() - 42.0 * charts.len() as f32;
    let height = (free / charts.len() as f32).clamp(96.0, 420.0);
    egui::ScrollArea::vertical().id_salt((id, "curves")).auto_shrink([false, false]).show(ui, |ui| {
        for Chart { title, curves, log_scale } in &charts {
            legend(ui, title, curves, best.is_some());
            chart(ui, &axis, curves, best, CurveLook { log_scale: *log_scale, ..look }, height, id);
        }
    });
}

fn charts(ui: &egui::Ui, look: CurveLook) -> Vec<Chart> {
    let palette = colours(ui);
    let plain = |title, curves| Chart { title, curves, log_scale: false };
    let loss = vec![("train_loss", "Training", palette.weak), ("validation_loss", "Validation", palette.accent)];
    let srcc = vec![("validation_srcc", "Validation", palette.accept)];
    let title = match (look.along, look.log_scale) {
        (Along::Step, false) => "Loss by step",
        (Along::Step, true) => "Loss by step (logarithmic)",
        (Along::Epoch, false) => "Loss by epoch",
        (Along::Epoch, true) => "Loss by epoch (logarithmic)",
        (Along::Time, false) => "Loss by time",
        (Along::Time, true) => "Loss by time (logarithmic)",
    };
    let mut charts = vec![
        Chart { title, curves: loss, log_scale: look.log_scale },
        plain("SRCC: how well the order of scores follows the labels, 1 is perfect", srcc),
    ];
    if look.pace {
        charts.extend([
            Chart {
                title: "Learning rate (logarithmic)",
                curves: vec![("learning_rate", "Learning rate", palette.accent)],
                log_scale: true,
            },
            plain("Photos a second", vec![("images_per_second", "Training", palette.accept)]),
            plain(
                "Share of the time in which the device waits for photos",
                vec![("device_wait_share", "Waiting", palette.review)],
            ),
        ]);
    }
    charts
}

/// The colour of a run among those that are drawn together, from 0.
pub(super) fn tint(place: usize, palette: &Palette) -> Color32 {
    let far = [palette.accent, palette.review, palette.accept, palette.reject];
    far.get(place).copied().unwrap_or(if place == far.len() { palette.text } else { palette.weak })
}

/// Draws one metric of several runs, each with its name, on one axis.
pub(super) fn together(ui: &mut egui::Ui, runs: &[&RunView], metric: &str, title: &str, look: CurveLook, height: f32) {
    let palette = colours(ui);
    hint(ui, format!("{title} by {}", look.along.text()));
    let columns = ui.available_width().max(50.0) as usize;
    let axes: Vec<Axis<'_>> = runs.iter().map(|view| Axis::of(view, look.along)).collect();
    let lines = axes.iter().enumerate().map(|(place, axis)| {
        let name = axis.view().run.meta.name.as_str();
        Line::new(name, PlotPoints::from(thinned(&series(axis, metric, look), columns))).color(tint(place, &palette))
    });
    let last = axes.iter().map(Axis::last).fold(0.0, f64::max);
    let axes = Axes { last, along: look.along, best: None, log_scale: look.log_scale, height };
    plot(ui, lines.collect(), &axes, "together", metric);
}

/// What the chart shows, and which colour is which; never drawn over the curves.
fn legend(ui: &mut egui::Ui, title: &str, curves: &[Curve], marked: bool) {
    let best = marked.then_some(("", "Best epoch", colours(ui).review));
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (_, name, colour) in curves.iter().copied().chain(best).rev() {
                hint(ui, name);
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 10.0), Sense::hover());
                ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(2.5, colour));
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
    axis: &Axis<'_>,
    curves: &[Curve],
    best: Option<f64>,
    look: CurveLook,
    height: f32,
    id: &str,
) {
    let columns = ui.available_width().max(50.0) as usize;
    let lines = curves.iter().map(|(name, title, colour)| {
        Line::new(*title, PlotPoints::from(thinned(&series(axis, name, look), columns))).color(*colour)
    });
    // All charts span the whole run, so that one lies exactly above the other.
    let axes = Axes { last: axis.last(), along: axis.along(), best, log_scale: look.log_scale, height };
    plot(ui, lines.collect(), &axes, id, curves[0].0);
}

/// A metric's points, its values as logarithms on request.
///
/// Smoothed, a value is the exponential mean of those up to it, and the first ones are not drawn towards 0 (as TensorBoard
/// does it).
fn series(axis: &Axis<'_>, name: &str, look: CurveLook) -> Vec<[f64; 2]> {
    let keep = f64::from(look.smoothing.clamp(0.0, 0.999));
    let (mut sum, mut weight) = (0.0, 0.0);
    let all = axis.view().points.iter().enumerate();
    let own = all.filter(|(_, point)| point.name == name && (!look.log_scale || point.value > 0.0));
    own.map(|(place, point)| {
        let value = if look.log_scale { point.value.log10() } else { point.value };
        (sum, weight) = (keep * sum + (1.0 - keep) * value, keep * weight + (1.0 - keep));
        [axis.at(place), sum / weight]
    })
    .collect()
}

/// What lines are drawn on.
struct Axes {
    /// Where the curves end.
    last: f64,
    /// What they are drawn along.
    along: Along,
    /// Where the best epoch ended.
    best: Option<f64>,
    /// The lines hold logarithms.
    log_scale: bool,
    /// Points of the screen.
    height: f32,
}

/// Draws lines; charts of one `group` share the axis along which they are drawn.
fn plot(ui: &mut egui::Ui, lines: Vec<Line<'_>>, axes: &Axes, group: &str, name: &str) {
    let (log_scale, along) = (axes.log_scale, axes.along);
    let value = move |y: f64| if log_scale { 10_f64.powf(y) } else { y };
    let y_axis = AxisHints::new_y()
        .min_thickness(44.0)
        .label_spacing(11.0..=26.0)
        .tick_label_color(colours(ui).weak)
        .tick_label_font(FontId::proportional(11.0))
        .formatter(move |mark, _| tick(value(mark.value)));
    let x_axis = AxisHints::new_x()
        .label_spacing(30.0..=56.0)
        .tick_label_color(colours(ui).weak)
        .tick_label_font(FontId::proportional(11.0))
        .formatter(move |mark, _| tick_across(along, mark.value));
    let linked = Id::unique(("curves", group));
    let plot = Plot::new((group, name))
        .height(axes.height)
        .include_x(0.0)
        .include_x(axes.last)
        .grid_color(colours(ui).line)
        .link_axis(linked, [true, false])
        .link_cursor(linked, [true, false])
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .custom_y_axes(vec![y_axis])
        .custom_x_axes(vec![x_axis])
        .label_formatter(move |at| match at {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name} {}\n{}", exact(value(position.y)), told(along, position.x)))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    let mark = colours(ui).review;
    plot.show(ui, |plot| {
        if let Some(best) = axes.best {
            plot.vline(VLine::new("Best epoch", best).color(mark).width(1.2));
        }
        lines.into_iter().for_each(|line| plot.line(line.width(1.8)));
    });
}

/// A value beside the axis, with digits that suit its size.
fn tick(value: f64) -> String {
    match value.abs() {
        size if size >= 10.0 => format!("{value:.0}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.0e}"),
    }
}

/// A value under the pointer.
fn exact(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 0.01 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
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

/// The place of the best epoch's point: where the validation SRCC was highest first.
fn best(points: &[MetricPoint]) -> Option<usize> {
    let srcc = points.iter().enumerate().filter(|(_, point)| point.name == "validation_srcc");
    srcc.fold(None, |best: Option<(usize, &MetricPoint)>, point| match best {
        Some(best) if best.1.value >= point.1.value => Some(best),
        _ => Some(point),
    })
    .map(|(place, _)| place)
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
    fn smoothing_starts_at_the_first_value_and_lags_behind() {
        let points: Vec<MetricPoint> =
            (1..=3).map(|step| MetricPoint { name: "x".to_owned(), step, value: step as f64 * 10.0 }).collect();
        let view = RunView { points, ..axis::tests::view(&[]) };
        let values = |smoothing: f32| -> Vec<f64> {
            let axis = Axis::of(&view, Along::Step);
            series(&axis, "x", CurveLook { smoothing, ..CurveLook::default() }).iter().map(|point| point[1]).collect()
        };
        assert_eq!(values(0.0), [10.0, 20.0, 30.0]);
        let smooth = values(0.5);
        assert!((smooth[0] - 10.0).abs() < 1e-9 && (smooth[1] - 50.0 / 3.0).abs() < 1e-9, "{smooth:?}");
    }

    #[test]
    fn the_first_of_equal_epochs_is_the_best() {
        let point = |step, value| MetricPoint { name: "validation_srcc".to_owned(), step, value };
        assert_eq!(best(&[point(1, 0.2), point(2, 0.9), point(3, 0.9)]), Some(1));
        assert_eq!(best(&[]), None);
    }
}
