//! An evaluation as a page: what the model is worth in one glance, then the figures and tables behind it.

use maud::{Markup, html};

use super::chart::{self, Beside, Labels, Width};
use super::evaluation::EvaluationInput;
use super::page::{card, day_and_time, failures, shell, thousands};
use crate::domain::{
    Ceiling, CeilingSource, Comparison, EvaluatedPhoto, Interval, Measure, Measured, Split, Summary, signed,
};

/// Most groups in the table.
const GROUPS: usize = 50;

/// Bars of the histogram of residuals.
const BARS: usize = 24;

/// The measures shown for each subset.
const OF_SUBSETS: [Measure; 5] = [Measure::Srcc, Measure::Plcc, Measure::Mae, Measure::Bias, Measure::Coverage];

const METHOD: &str = "Intervals are 95 % percentile bootstrap intervals: 2,000 times, whole groups of photos are drawn \
    with replacement (Efron 1979). PLCC, logistic is the correlation after the four-parameter logistic of VQEG (2000) was \
    fitted. Models are compared on the same draws (paired bootstrap), and one is called better only when the 95 % \
    interval of the difference in SRCC lies above 0.";

pub(super) fn page(input: &EvaluationInput<'_>) -> Markup {
    let title = format!("Evaluation of {}", input.model);
    let evaluation = input.evaluation;
    let failed = input.failed.iter().map(|(path, reason)| (path.as_path(), reason.as_str()));
    let body = html! {
        (heading(input, &title))
        main {
            @if let (Some(comparison), Some(verdict)) = (input.comparison, input.verdict()) {
                (compared(input, comparison, &verdict))
            }
            section { h2 { "Measures" } (measures(&evaluation.all, evaluation.threshold)) }
            @if !input.photos.is_empty() { (figures(input)) }
            @if !evaluation.subsets.is_empty() { (subsets(input)) }
            @if let Some(ceiling) = &evaluation.ceiling { (people(ceiling)) }
            (calibration(input))
            (groups(input))
            (worst(input))
            @if !input.failed.is_empty() { (failures("Photos that could not be scored", failed)) }
        }
        footer { p { (METHOD) } }
    };
    shell(&title, &body)
}

fn heading(input: &EvaluationInput<'_>, title: &str) -> Markup {
    let all = &input.evaluation.all;
    let value = |measure: Measure| {
        let value = all.get(measure).and_then(|measured| measured.value);
        value.map_or_else(|| "–".to_owned(), |value| measure.text(value))
    };
    html! {
        header {
            h1 { (title) }
            p class="quiet" { (day_and_time(input.made_at_ms)) " · labels from " (input.labels.to_string_lossy()) }
            dl class="facts" {
                div { dt { "Photos" } dd { (thousands(all.n)) } }
                div { dt { "Groups" } dd { (thousands(all.groups)) } }
                div { dt { "SRCC" } dd { (value(Measure::Srcc)) } }
                div { dt { "MAE, points" } dd { (value(Measure::Mae)) } }
                div { dt { "90 % intervals hold" } dd { (percent(all.get(Measure::Coverage).and_then(|m| m.value))) } }
                @if !input.failed.is_empty() {
                    div { dt { "Not scored" } dd class="alarm" { (thousands(input.failed.len())) } }
                }
            }
            @for note in input.notes { p class="notice" { (note) } }
        }
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

fn number(measure: Measure, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| measure.text(value))
}

fn range(measure: Measure, interval: Option<Interval>) -> String {
    interval.map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", measure.text(low), measure.text(high)))
}

/// A table: headings, of which the first `words` are over words and the others over numbers, and rows of cells.
fn table(headings: &[&str], words: usize, rows: &[Vec<String>]) -> Markup {
    let class = |column: usize| (column >= words).then_some("number");
    html! {
        div class="table" {
            table {
                thead { tr { @for (column, text) in headings.iter().enumerate() { th scope="col" class=[class(column)] { (text) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, text) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (text) } } @else { td class=[class(column)] { (text) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn measures(summary: &Summary, threshold: f64) -> Markup {
    let about = |measure: Measure| match measure {
        Measure::Auc => format!("{}; good is a label from {threshold:.0}", measure.about()),
        _ => measure.about().to_owned(),
    };
    let row = |found: &Measured| {
        let Measured { measure, value, interval } = *found;
        vec![measure.title().to_owned(), about(measure), number(measure, value), range(measure, interval)]
    };
    let rows: Vec<_> = summary.measures.iter().map(row).collect();
    table(&["Measure", "What it says", "Value", "95 % interval"], 2, &rows)
}

fn compared(input: &EvaluationInput<'_>, comparison: &Comparison, verdict: &str) -> Markup {
    let rows: Vec<_> = comparison
        .measures
        .iter()
        .map(|found| {
            let measure = found.measure;
            let ends = found.interval.map(|(low, high)| format!("{} to {}", signed(low), signed(high)));
            vec![
                measure.title().to_owned(),
                number(measure, found.first),
                number(measure, found.second),
                found.difference.map_or_else(|| "–".to_owned(), signed),
                ends.unwrap_or_else(|| "–".to_owned()),
            ]
        })
        .collect();
    let other = input.against.unwrap_or_default();
    html! {
        section {
            h2 { "Compared with " (other) }
            p class="verdict-line" { (input.model) " is " (verdict) }
            (table(&["Measure", input.model, other, "Difference", "95 % interval"], 1, &rows))
            p class="quiet" { (thousands(comparison.n)) " photos that both models scored." }
        }
    }
}

fn figures(input: &EvaluationInput<'_>) -> Markup {
    let points: Vec<(f64, f64)> = input.photos.iter().map(|photo| (photo.score.value, photo.label)).collect();
    let srcc = number(Measure::Srcc, input.evaluation.all.get(Measure::Srcc).and_then(|found| found.value));
    let labels = |title, summary, x, y| Labels { width: Width::Half, title, summary, x, y };
    let scatter = labels("Labels and scores", format!("{} photos, SRCC {srcc}", points.len()), "score", "label");
    let curve: Vec<Beside> = input
        .evaluation
        .calibration
        .iter()
        .map(|bin| Beside { expected: bin.score, found: bin.label, interval: bin.label_interval })
        .collect();
    let error = input.evaluation.calibration_error.map_or_else(String::new, |error| format!("{error:.1} points off"));
    let calibration = labels("Calibration", error, "mean score", "mean label");
    html! {
        section {
            h2 { "Figures" }
            div class="charts" {
                (chart::scatter(&scatter, &points, 0.0, 100.0))
                (chart::curve_beside_identity(&calibration, &curve, 0.0, 100.0))
                (residuals(input))
            }
        }
    }
}

fn residuals(input: &EvaluationInput<'_>) -> Markup {
    let values = || input.photos.iter().map(EvaluatedPhoto::residual);
    let largest = values().map(f64::abs).fold(1.0, f64::max);
    // Ends at a round number, the same on both sides, so that the middle is no error.
    let end = (largest / 5.0).ceil() * 5.0;
    let mut counts = [0_usize; BARS];
    values().for_each(|value| {
        let bar = ((value + end) / (2.0 * end) * BARS as f64) as usize;
        counts[bar.min(BARS - 1)] += 1;
    });
    let spread = input.evaluation.residuals;
    let [low, _, middle, _, high] = spread.quantiles;
    let summary = format!(
        "median {middle:.1}, 9 of 10 between {low:.1} and {high:.1}, standard deviation {:.1}",
        spread.deviation
    );
    let title = "Residuals (score − label)";
    chart::histogram(&Labels { width: Width::Half, title, summary, x: "points", y: "photos" }, &counts, -end, end)
}

fn subsets(input: &EvaluationInput<'_>) -> Markup {
    let cell = |summary: &Summary, measure: Measure| {
        let Some(found) = summary.get(measure) else { return String::new() };
        match found.interval {
            Some(_) => format!("{} ({})", number(measure, found.value), range(measure, found.interval)),
            None => number(measure, found.value),
        }
    };
    let row = |subset: &crate::domain::Subset| {
        let counts = [thousands(subset.summary.n), thousands(subset.summary.groups)];
        let cells = OF_SUBSETS.map(|measure| cell(&subset.summary, measure));
        std::iter::once(subset.name.clone()).chain(counts).chain(cells).collect::<Vec<_>>()
    };
    let rows: Vec<_> = input.evaluation.subsets.iter().map(row).collect();
    let titles = OF_SUBSETS.map(Measure::title);
    let headings: Vec<&str> = ["Subset", "Photos", "Groups"].into_iter().chain(titles).collect();
    html! { section { h2 { "Subsets" } (table(&headings, 1, &rows)) } }
}

fn people(ceiling: &Ceiling) -> Markup {
    let (who, panel) = match ceiling.source {
        CeilingSource::Raters => ("raters", "another panel as large"),
        CeilingSource::Repeats => ("repeated ratings of one person", "as many more repeats"),
    };
    let best = ceiling.panel.max(0.0).sqrt();
    html! {
        section {
            h2 { "How well people agree" }
            p {
                (thousands(ceiling.n)) " photos have " (format!("{:.1}", ceiling.ratings)) " " (who) " on average. Two random halves of them agree with SRCC "
                strong { (format!("{:.3}", ceiling.half)) } "; " (panel) " would agree with these labels to about "
                strong { (format!("{:.3}", ceiling.panel)) } ", and a score without any error of its own to "
                strong { (format!("{best:.3}")) } "."
            }
            p class="quiet" {
                "Mean of 200 random splits, stepped up by the Spearman-Brown formula k·r / (1 + (k − 1)·r) (Spearman 1910, Brown 1910); the last number is its square root (Spearman 1904)."
            }
        }
    }
}

fn calibration(input: &EvaluationInput<'_>) -> Markup {
    let bins = &input.evaluation.calibration;
    let rows: Vec<_> = bins
        .iter()
        .map(|bin| {
            vec![
                format!("{:.1} to {:.1}", bin.range.0, bin.range.1),
                thousands(bin.n),
                format!("{:.1}", bin.score),
                format!("{:.1}", bin.label),
                range(Measure::Mae, bin.label_interval),
            ]
        })
        .collect();
    html! {
        @if !bins.is_empty() {
            section {
                h2 { "Calibration" }
                (table(&["Scores", "Photos", "Mean score", "Mean label", "95 % interval"], 1, &rows))
                @if let Some(error) = input.evaluation.calibration_error {
                    p class="quiet" { "On average, a bin's mean score is " (format!("{error:.1}")) " points off its mean label." }
                }
            }
        }
    }
}

fn groups(input: &EvaluationInput<'_>) -> Markup {
    let all = &input.evaluation.groups;
    let rows: Vec<_> = all
        .iter()
        .take(GROUPS)
        .map(|group| {
            vec![
                group.name.clone(),
                thousands(group.n),
                format!("{:.1}", group.label),
                format!("{:.1}", group.score),
                format!("{:.1}", group.mae),
                percent(group.pair_accuracy),
            ]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { "Groups" }
                @if all.len() > GROUPS {
                    p class="quiet" { "The " (GROUPS) " of " (thousands(all.len())) " with the largest errors. A JSON file holds all." }
                }
                (table(&["Group", "Photos", "Mean label", "Mean score", "MAE, points", "Pairs in order"], 1, &rows))
            }
        }
    }
}

fn worst(input: &EvaluationInput<'_>) -> Markup {
    let photos: Vec<&EvaluatedPhoto> =
        input.evaluation.worst.iter().filter_map(|&place| input.photos.get(place)).collect();
    html! {
        @if !photos.is_empty() {
            section {
                h2 { "Largest errors" }
                ol class="photos" { @for photo in photos { (shown(photo, (input.thumbs)(photo))) } }
            }
        }
    }
}

fn shown(photo: &EvaluatedPhoto, thumb: Option<Vec<u8>>) -> Markup {
    let words = if photo.residual() > 0.0 { "too high" } else { "too low" };
    let above = html! {
        p class="score" {
            (format!("{:.0} ", photo.score.value))
            span { (format!("label {:.0}, {:.0} {words}", photo.label, photo.residual().abs())) }
        }
    };
    let below = html! {
        @if let Some(subset) = &photo.subset { p class="reason" { (subset) } }
        @if let Some(part) = photo.seen { p class="reason" { "seen in " (Split::name(part)) } }
    };
    card(&photo.path, thumb, &above, &below)
}
