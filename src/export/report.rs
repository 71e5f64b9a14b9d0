//! The HTML report: one file that opens anywhere, offline, in light and dark.
//!
//! No script, no external resource; every text is escaped by the template.

use std::collections::BTreeSet;
use std::path::Path;

use maud::{Markup, html};

use super::chart::{self, Labels, Line, Width};
use super::page::{self, card, day_and_time, failures, shell, thousands};
use crate::domain::{MetricPoint, Run, Score, ScoreRow};
use crate::error::Result;

/// How many of the worst and of the best photos are shown.
const SHOWN: usize = 12;
/// Bars of the histogram: 5 points each.
const BARS: usize = 20;
/// Metrics of a run that people know by another name than the key.
const METRIC_NAMES: [(&str, &str); 7] = [
    ("srcc", "SRCC (rank correlation)"),
    ("plcc", "PLCC (linear correlation)"),
    ("krcc", "KRCC (pair order)"),
    ("mae", "MAE (points)"),
    ("rmse", "RMSE (points)"),
    ("n", "Photos"),
    ("groups", "Groups"),
];

/// What a report shows.
pub struct ReportInput<'a> {
    /// Its heading.
    pub title: &'a str,
    /// When it is made, milliseconds since 1970.
    pub made_at_ms: i64,
    /// The run it is about, if any.
    pub run: Option<&'a Run>,
    /// The run's curves.
    pub points: &'a [MetricPoint],
    /// One row a photo.
    pub rows: &'a [ScoreRow],
    /// A JPEG thumbnail of a photo; asked only for the photos that are shown.
    pub thumbs: &'a dyn Fn(&ScoreRow) -> Option<Vec<u8>>,
}

/// Writes the report.
///
/// # Errors
/// [`crate::error::Code::Usage`] for a refused overwrite; else when the file cannot be written.
pub fn write_report(path: &Path, input: &ReportInput<'_>, overwrite: bool) -> Result<()> {
    page::write(path, whole(input), overwrite)
}

/// The report as text.
pub fn report_html(input: &ReportInput<'_>) -> String {
    whole(input).into_string()
}

fn whole(input: &ReportInput<'_>) -> Markup {
    let mut scored: Vec<(&ScoreRow, Score)> =
        input.rows.iter().filter_map(|row| Some((row, row.score.filter(|score| score.value.is_finite())?))).collect();
    scored.sort_by(|(a, a_score), (b, b_score)| {
        a_score.value.total_cmp(&b_score.value).then_with(|| a.path.cmp(&b.path))
    });
    let unscored: Vec<&ScoreRow> =
        input.rows.iter().filter(|row| !row.score.is_some_and(|score| score.value.is_finite())).collect();
    let lost = unscored.iter().map(|row| {
        let reason = row.error.as_deref().unwrap_or("the model gave no score");
        (row.path.as_path(), reason)
    });
    let body = html! {
        (heading(input, &scored, unscored.len()))
        main {
            @if !scored.is_empty() { (distribution(&scored)) }
            @if let Some(run) = input.run { (training(run, input.points)) }
            (extremes(&scored, input.thumbs))
            @if !unscored.is_empty() { (failures("Photos without a score", lost)) }
        }
        footer { p { "Scores run from 0 to 100; higher is better. The range beside a score is its 90 % interval." } }
    };
    shell(input.title, &body)
}

fn heading(input: &ReportInput<'_>, scored: &[(&ScoreRow, Score)], unscored: usize) -> Markup {
    let models: BTreeSet<&str> = scored.iter().map(|(row, _)| row.model.0.as_str()).collect();
    let mean = scored.iter().map(|(_, score)| score.value).sum::<f64>() / scored.len().max(1) as f64;
    let median = scored.get(scored.len() / 2).map_or(0.0, |(_, upper)| {
        let lower = &scored[(scored.len() - 1) / 2].1;
        (upper.value + lower.value) / 2.0
    });
    html! {
        header {
            h1 { (input.title) }
            p class="quiet" {
                (day_and_time(input.made_at_ms))
                @if !models.is_empty() {
                    @let word = if models.len() == 1 { "model" } else { "models" };
                    " · " (word) " " (models.into_iter().collect::<Vec<_>>().join(", "))
                }
            }
            @if !input.rows.is_empty() {
                dl class="facts" {
                    div { dt { "Photos" } dd { (thousands(input.rows.len())) } }
                    div { dt { "Scored" } dd { (thousands(scored.len())) } }
                    div { dt { "Without a score" } dd class=[(unscored > 0).then_some("alarm")] { (thousands(unscored)) } }
                    @if !scored.is_empty() {
                        div { dt { "Mean score" } dd { (format!("{mean:.1}")) } }
                        div { dt { "Median score" } dd { (format!("{median:.1}")) } }
                    }
                }
            }
        }
    }
}

fn distribution(scored: &[(&ScoreRow, Score)]) -> Markup {
    let mut counts = [0_usize; BARS];
    for (_, score) in scored {
        let bar = (score.value / 100.0 * BARS as f64) as usize;
        counts[bar.min(BARS - 1)] += 1;
    }
    let share = |low: f64, high: f64| scored.iter().filter(|(_, score)| (low..high).contains(&score.value)).count();
    let summary = format!(
        "{} photos below 25, {} from 25 to 50, {} from 50 to 75, {} from 75",
        share(f64::MIN, 25.0),
        share(25.0, 50.0),
        share(50.0, 75.0),
        share(75.0, f64::MAX)
    );
    let labels = Labels { width: Width::Full, title: "Distribution of scores", summary, x: "score", y: "photos" };
    html! {
        section {
            h2 { "Scores" }
            (chart::histogram(&labels, &counts, 0.0, 100.0))
        }
    }
}

fn training(run: &Run, points: &[MetricPoint]) -> Markup {
    let curve = |name: &str| {
        let mut curve: Vec<(f64, f64)> = points
            .iter()
            .filter(|point| point.name == name && point.value.is_finite())
            .map(|point| (point.step as f64, point.value))
            .collect();
        curve.sort_by(|a, b| a.0.total_cmp(&b.0));
        curve
    };
    let srcc = curve("validation_srcc");
    let best = srcc.iter().copied().reduce(|best, point| if point.1 > best.1 { point } else { best });
    let losses = [
        Line { name: "training", points: curve("train_loss") },
        Line { name: "validation", points: curve("validation_loss") },
    ];
    let end = |line: &Line<'_>| line.points.last().map(|(_, value)| format!("{} ends at {value:.4}", line.name));
    let summary = losses.iter().filter_map(end).collect::<Vec<_>>().join(", ");
    let loss =
        chart::lines(&Labels { width: Width::Half, title: "Loss", summary, x: "steps", y: "loss" }, &losses, None);
    let summary = best.map(|(step, value)| format!("best {value:.3} at step {step}")).unwrap_or_default();
    let words = best.map(|(_, value)| format!("best {value:.3}")).unwrap_or_default();
    let mark = best.map(|(step, _)| (step, words.as_str()));
    let labels = Labels { width: Width::Half, title: "Validation SRCC", summary, x: "steps", y: "SRCC" };
    let srcc = chart::lines(&labels, &[Line { name: "validation", points: srcc }], mark);
    let name = if run.meta.name.is_empty() { run.id.0.as_str() } else { run.meta.name.as_str() };
    html! {
        section {
            h2 { "Training run “" (name) "”" }
            p class="quiet" {
                (run.id) " · " (run.status.name()) " · " (run.device) " · seed " (run.seed) " · started " (day_and_time(run.started_ms))
                @if let Some(end) = run.finished_ms { " · took " (duration(end - run.started_ms)) }
            }
            @if !run.meta.note.is_empty() { p { (run.meta.note) } }
            @if let Some(error) = &run.error { p { "It failed: " (error) } }
            @if loss.is_some() || srcc.is_some() {
                div class="charts" { @if let Some(loss) = loss { (loss) } @if let Some(srcc) = srcc { (srcc) } }
            }
            (test_metrics(run))
            details { summary { "Configuration" } pre { (run.config_toml) } }
        }
    }
}

/// A test metric of a run: its place in the table, its name, value and 95 % interval.
struct TestMetric {
    place: usize,
    name: String,
    value: f64,
    interval: Option<(f64, f64)>,
}

/// What the run's summary says under `test_<metric>`, `test_<metric>_low` and `test_<metric>_high`.
fn test_metrics_of(run: &Run) -> Vec<TestMetric> {
    let number = |key: &str| run.summary.get(key).and_then(serde_json::Value::as_f64);
    let mut metrics = Vec::new();
    for key in run.summary.keys() {
        let (Some(short), Some(value)) = (key.strip_prefix("test_"), number(key)) else { continue };
        if short.ends_with("_low") || short.ends_with("_high") {
            continue;
        }
        let interval = number(&format!("{key}_low")).zip(number(&format!("{key}_high")));
        let known = METRIC_NAMES.iter().position(|(known, _)| *known == short);
        let name = known.map_or(short, |index| METRIC_NAMES[index].1).to_owned();
        metrics.push(TestMetric { place: known.unwrap_or(METRIC_NAMES.len()), name, value, interval });
    }
    metrics.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    metrics
}

fn test_metrics(run: &Run) -> Markup {
    let metrics = test_metrics_of(run);
    html! {
        @if !metrics.is_empty() {
            h2 { "On the held-out test photos" }
            div class="table" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Metric" }
                            th scope="col" class="number" { "Value" }
                            th scope="col" class="number" { "95 % interval" }
                        }
                    }
                    tbody {
                        @for metric in &metrics {
                            tr {
                                th scope="row" { (metric.name) }
                                td class="number" { (metric_text(metric.value)) }
                                td class="number" {
                                    @if let Some((low, high)) = metric.interval {
                                        (metric_text(low)) " to " (metric_text(high))
                                    } @else { "–" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn extremes(scored: &[(&ScoreRow, Score)], thumbs: &dyn Fn(&ScoreRow) -> Option<Vec<u8>>) -> Markup {
    let worst = scored.len().div_ceil(2).min(SHOWN);
    let best = (scored.len() - worst).min(SHOWN);
    let best: Vec<_> = scored.iter().rev().take(best).collect();
    html! {
        @for (title, photos) in [("Lowest scores", scored.iter().take(worst).collect()), ("Highest scores", best)] {
            @if !photos.is_empty() {
                section {
                    h2 { (title) }
                    ol class="photos" { @for (row, score) in photos { (photo(row, *score, thumbs(row))) } }
                }
            }
        }
    }
}

fn photo(row: &ScoreRow, score: Score, thumb: Option<Vec<u8>>) -> Markup {
    let above = html! {
        p class="score" { (format!("{:.0} ", score.value)) span { (format!("{:.0}–{:.0}", score.low, score.high)) } }
    };
    let below = html! { @if let Some(reason) = &row.reason { p class="reason" { (reason) } } };
    card(&row.path, thumb, &above, &below)
}

/// Whole numbers as they are, others with three decimals.
fn metric_text(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() >= 2.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

fn duration(ms: i64) -> String {
    match ms.max(0) / 1000 {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests;
