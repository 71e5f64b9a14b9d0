//! Runs as points: one column against another, for sweeps; a click selects.

use eframe::egui;
use egui_plot::{HoverPosition, Plot, PlotPoint, PlotPoints, Points};

use crate::ui::ledger::{RunColumn, RunLine};
use crate::ui::message::Message;
use crate::ui::state::AppState;
use crate::ui::theme::colours;
use crate::ui::widgets::hint;

/// How near the pointer has to be to a run, in points.
const NEAR: f32 = 12.0;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, (across, up): &(RunColumn, RunColumn), out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        hint(ui, "Across");
        let new_across = choice(ui, state, "What goes across", across);
        hint(ui, "Up");
        let new_up = choice(ui, state, "What goes up", up);
        if (&new_across, &new_up) != (across, up) {
            out.push(Message::ScatterRuns(Some((new_across, new_up))));
        }
    });
    let history = &state.history;
    let lines = history.found.iter().filter_map(|&place| history.ledger.runs.get(place));
    let points: Vec<(&RunLine, [f64; 2])> =
        lines.filter_map(|run| Some((&**run, [run.number(across)?, run.number(up)?]))).collect();
    if points.is_empty() {
        hint(ui, "No run has a number in both columns.");
        return;
    }
    let palette = colours(ui);
    let chosen = |run: &RunLine| history.selected.as_ref() == Some(&run.id);
    let dots = |of: &dyn Fn(&RunLine) -> bool| {
        PlotPoints::from(points.iter().filter(|(run, _)| of(run)).map(|(_, at)| *at).collect::<Vec<_>>())
    };
    let (across_title, up_title) = (across.title(), up.title());
    let plot = Plot::new(("scatter", &across_title, &up_title))
        .x_axis_label(across_title.clone())
        .y_axis_label(up_title.clone())
        .grid_color(palette.line)
        .allow_scroll(false)
        .show_background(false)
        .label_formatter(move |at| match at {
            HoverPosition::NearDataPoint { position, .. } => {
                Some(format!("{across_title} {:.4}\n{up_title} {:.4}", position.x, position.y))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    let drawn = plot.show(ui, |plot| {
        plot.points(Points::new("Runs", dots(&|run| !chosen(run))).radius(3.5).color(palette.accent));
        plot.points(Points::new("Selected", dots(&chosen)).radius(6.0).color(palette.review));
    });
    if let Some(pointer) = drawn.response.interact_pointer_pos().filter(|_| drawn.response.clicked()) {
        let away = |at: &[f64; 2]| drawn.transform.position_from_point(&PlotPoint::from(*at)).distance(pointer);
        let nearest = points.iter().min_by(|a, b| away(&a.1).total_cmp(&away(&b.1)));
        let hit = nearest.filter(|(_, at)| away(at) <= NEAR);
        out.extend(hit.map(|(run, _)| Message::SelectRun(run.id.clone())));
    }
}

/// A choice among the columns that hold numbers.
fn choice(ui: &mut egui::Ui, state: &AppState, id: &str, shown: &RunColumn) -> RunColumn {
    let ledger = &state.history.ledger;
    let usual = [RunColumn::Validation, RunColumn::Test, RunColumn::Time];
    let metrics = ledger.metrics.iter().filter(|name| !matches!(name.as_str(), "validation_srcc" | "test_srcc"));
    let settings = ledger.settings.iter().cloned().map(RunColumn::Setting);
    let mut chosen = shown.clone();
    let combo = egui::ComboBox::from_id_salt(id).selected_text(shown.title()).width(190.0).truncate();
    let combo = combo.show_ui(ui, |ui| {
        for column in usual.into_iter().chain(settings).chain(metrics.cloned().map(RunColumn::Metric)) {
            let title = column.title();
            ui.selectable_value(&mut chosen, column, title);
        }
    });
    combo.response.accessible_name(id);
    chosen
}
