//! Charts as inline SVG: coloured by the page's style sheet, readable without colour and by a screen reader.

use maud::{Markup, html};

const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 44.0;
/// Room for one letter of a legend.
const LETTER: f64 = 7.0;
/// More points a line than this cannot be seen at the chart's width.
const MOST_POINTS: usize = 600;
/// More dots than this only cover each other.
const MOST_DOTS: usize = 5000;

/// A line of a chart: its name, and its points by rising x.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) points: Vec<(f64, f64)>,
}

/// How wide a chart is drawn, in pixels at the size it is meant for.
#[derive(Clone, Copy)]
pub(super) enum Width {
    Full,
    Half,
}

/// What a chart is called and what its axes show.
pub(super) struct Labels<'a> {
    pub(super) width: Width,
    pub(super) title: &'a str,
    pub(super) summary: String,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

impl Width {
    fn pixels(self) -> f64 {
        match self {
            Self::Full => 1040.0,
            Self::Half => 500.0,
        }
    }
}

/// A range of values on an axis with its ticks.
struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    decimals: usize,
}

impl Axis {
    /// Widens the range to round ticks at 1, 2 or 5 times a power of ten.
    fn spanning(low: f64, high: f64) -> Self {
        let span = if high > low { high - low } else { low.abs().max(1.0) };
        let rough = span / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(power * 10.0);
        let first = (low / step).floor();
        let last = (high / step).ceil().max(first + 1.0);
        let ticks = (0..=(last - first) as usize).map(|index| (first + index as f64) * step).collect();
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        Self { low: first * step, high: last * step, ticks, decimals }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn text(&self, value: f64) -> String {
        let text = format!("{value:.0$}", self.decimals);
        // Rounding turns tiny negative ticks into "-0".
        if text.trim_start_matches(['-', '0', '.']).is_empty() { text.trim_start_matches('-').to_owned() } else { text }
    }
}

/// The area between the axes.
struct Plot {
    x: Axis,
    y: Axis,
    right: f64,
}

impl Plot {
    const BASE: f64 = HEIGHT - BOTTOM;

    fn new(width: Width, x: Axis, y: Axis) -> Self {
        Self { x, y, right: width.pixels() - RIGHT }
    }

    fn at_x(&self, value: f64) -> f64 {
        LEFT + self.x.share(value) * (self.right - LEFT)
    }

    fn at_y(&self, value: f64) -> f64 {
        Self::BASE - self.y.share(value) * (Self::BASE - TOP)
    }
}

/// Lines over a shared x axis, each with its own dash and named in a legend; `mark` draws a vertical line with its
/// words at an x value. Nothing when there is no point.
pub(super) fn lines(labels: &Labels<'_>, lines: &[Line<'_>], mark: Option<(f64, &str)>) -> Option<Markup> {
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    let bounds = |pick: fn((f64, f64)) -> f64| {
        all().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((x_low, x_high), (y_low, y_high)) = (bounds(|point| point.0), bounds(|point| point.1));
    if !(x_low <= x_high && (y_high - y_low).is_finite()) {
        return None;
    }
    let (x, y) = (Axis::spanning(x_low.min(0.0), x_high), Axis::spanning(y_low, y_high));
    let plot = Plot::new(labels.width, x, y);
    let shown: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.points.is_empty()).collect();
    let inside = html! {
        @if let Some((at, words)) = mark { (marker(&plot, at, words)) }
        @for (index, line) in &shown {
            polyline class={ "line series-" (index) } points=(polyline(&line.points, &plot)) {}
            @if let [(at, value)] = line.points.as_slice() {
                circle class={ "dot series-" (index) } cx=(px(plot.at_x(*at))) cy=(px(plot.at_y(*value))) r="3" {}
            }
        }
        @if shown.len() > 1 { (legend(&plot, &shown)) }
    };
    Some(frame(labels, &plot, &inside))
}

fn marker(plot: &Plot, at: f64, words: &str) -> Markup {
    let place = plot.at_x(at);
    let (anchor, text) = if plot.x.share(at) > 0.7 { ("end", place - 5.0) } else { ("start", place + 5.0) };
    html! {
        line class="mark" x1=(px(place)) x2=(px(place)) y1=(px(TOP)) y2=(px(Plot::BASE)) {}
        text class="tick" text-anchor=(anchor) x=(px(text)) y=(px(Plot::BASE - 6.0)) { (words) }
    }
}

/// The names of the lines beside a stroke of each, above the plot.
fn legend(plot: &Plot, shown: &[(usize, &Line<'_>)]) -> Markup {
    let mut end = plot.right;
    let places: Vec<_> = shown
        .iter()
        .rev()
        .map(|(index, line)| {
            let text = end - LETTER * line.name.chars().count() as f64;
            end = text - 50.0;
            (index, line.name, text)
        })
        .collect();
    html! {
        @for (index, name, text) in places.iter().rev() {
            line class={ "line series-" (index) } x1=(px(text - 32.0)) x2=(px(text - 6.0)) y1="9" y2="9" {}
            text class="legend" x=(px(*text)) y="13" { (name) }
        }
    }
}

fn polyline(points: &[(f64, f64)], plot: &Plot) -> String {
    let stride = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(index, _)| index % stride == 0 || *index == last);
    let places: Vec<String> =
        kept.map(|(_, (at, value))| format!("{},{}", px(plot.at_x(*at)), px(plot.at_y(*value)))).collect();
    places.join(" ")
}

/// Bars of equal width over `low..high`, each with its count on hover.
pub(super) fn histogram(labels: &Labels<'_>, counts: &[usize], low: f64, high: f64) -> Markup {
    let tallest = counts.iter().copied().max().unwrap_or(0);
    let plot = Plot::new(labels.width, Axis::spanning(low, high), count_axis(tallest));
    let width = (high - low) / counts.len().max(1) as f64;
    let bars = html! {
        @for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let from = low + width * index as f64;
            @let (left, right) = (plot.at_x(from) + 1.0, plot.at_x(from + width) - 1.0);
            @let top = plot.at_y(*count as f64);
            rect class="bar" x=(px(left)) y=(px(top)) width=(px(right - left)) height=(px(Plot::BASE - top)) rx="1.5" {
                title { (format!("{from:.0} to {:.0}: {count}", from + width)) }
            }
        }
    };
    frame(labels, &plot, &bars)
}

/// A value beside what it should equal, with the interval of the former if it is known.
pub(super) struct Beside {
    pub(super) expected: f64,
    pub(super) found: f64,
    pub(super) interval: Option<(f64, f64)>,
}

/// Points over `low..high` on both axes, beside the line on which both values are equal.
pub(super) fn scatter(labels: &Labels<'_>, points: &[(f64, f64)], low: f64, high: f64) -> Markup {
    let plot = Plot::new(labels.width, Axis::spanning(low, high), Axis::spanning(low, high));
    let stride = points.len().div_ceil(MOST_DOTS).max(1);
    // A stroke of no length with round ends is a dot: one path is a tenth of so many circles.
    let dots: String =
        points.iter().step_by(stride).map(|(x, y)| format!("M{},{}h0", px(plot.at_x(*x)), px(plot.at_y(*y)))).collect();
    frame(labels, &plot, &html! { (identity(&plot)) path class="dots" d=(dots) {} })
}

/// Joined points with their intervals, beside the line on which found and expected are equal.
pub(super) fn curve_beside_identity(labels: &Labels<'_>, points: &[Beside], low: f64, high: f64) -> Markup {
    let plot = Plot::new(labels.width, Axis::spanning(low, high), Axis::spanning(low, high));
    let line: Vec<(f64, f64)> = points.iter().map(|point| (point.expected, point.found)).collect();
    let inside = html! {
        (identity(&plot))
        @for point in points {
            @let at = px(plot.at_x(point.expected));
            @if let Some((low, high)) = point.interval {
                line class="span" x1=(at) x2=(at) y1=(px(plot.at_y(low))) y2=(px(plot.at_y(high))) {}
            }
        }
        polyline class="line series-0" points=(polyline(&line, &plot)) {}
        @for (x, y) in &line { circle class="dot series-0" cx=(px(plot.at_x(*x))) cy=(px(plot.at_y(*y))) r="3" {} }
    };
    frame(labels, &plot, &inside)
}

fn identity(plot: &Plot) -> Markup {
    let (low, high) = (plot.x.low.max(plot.y.low), plot.x.high.min(plot.y.high));
    html! {
        line class="mark" x1=(px(plot.at_x(low))) y1=(px(plot.at_y(low))) x2=(px(plot.at_x(high))) y2=(px(plot.at_y(high))) {}
    }
}

/// An axis of whole numbers from zero.
fn count_axis(tallest: usize) -> Axis {
    let axis = Axis::spanning(0.0, tallest.max(1) as f64);
    if axis.decimals == 0 {
        axis
    } else {
        Axis { low: 0.0, high: axis.high.ceil(), ticks: whole(axis.high), decimals: 0 }
    }
}

fn whole(high: f64) -> Vec<f64> {
    (0..=high.ceil() as u32).map(f64::from).collect()
}

fn frame(labels: &Labels<'_>, plot: &Plot, inside: &Markup) -> Markup {
    let middle_x = LEFT + (plot.right - LEFT) / 2.0;
    let middle_y = TOP + (Plot::BASE - TOP) / 2.0;
    let size = format!("0 0 {:.0} {HEIGHT:.0}", labels.width.pixels());
    html! {
        figure {
            figcaption { (labels.title) }
            svg viewBox=(size) role="img" aria-label={ (labels.title) ": " (labels.summary) } {
                @for tick in &plot.y.ticks {
                    @let at = plot.at_y(*tick);
                    line class="grid" x1=(px(LEFT)) x2=(px(plot.right)) y1=(px(at)) y2=(px(at)) {}
                    text class="tick" text-anchor="end" x=(px(LEFT - 7.0)) y=(px(at + 4.0)) { (plot.y.text(*tick)) }
                }
                @for tick in &plot.x.ticks {
                    @let at = plot.at_x(*tick);
                    line class="axis" x1=(px(at)) x2=(px(at)) y1=(px(Plot::BASE)) y2=(px(Plot::BASE + 4.0)) {}
                    text class="tick" text-anchor="middle" x=(px(at)) y=(px(Plot::BASE + 17.0)) { (plot.x.text(*tick)) }
                }
                (inside)
                line class="axis" x1=(px(LEFT)) x2=(px(plot.right)) y1=(px(Plot::BASE)) y2=(px(Plot::BASE)) {}
                text class="name" text-anchor="middle" x=(px(middle_x)) y=(px(HEIGHT - 6.0)) { (labels.x) }
                text class="name" text-anchor="middle" transform={ "translate(13 " (px(middle_y)) ") rotate(-90)" } {
                    (labels.y)
                }
            }
        }
    }
}

/// A coordinate in tenths of a pixel.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(low: f64, high: f64, ticks: &[&str]) {
        let axis = Axis::spanning(low, high);
        assert!(axis.low <= low && axis.high >= high, "{low}..{high}");
        assert_eq!(axis.ticks.iter().map(|tick| axis.text(*tick)).collect::<Vec<_>>(), ticks, "{low}..{high}");
    }

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        check(0.0, 100.0, &["0", "20", "40", "60", "80", "100"]);
        check(0.13, 0.61, &["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]);
        check(-0.15, 0.8, &["-0.2", "0.0", "0.2", "0.4", "0.6", "0.8"]);
        check(3.0, 3.0, &["3", "4"]);
        check(0.0, 1234.0, &["0", "500", "1000", "1500"]);
    }

    #[test]
    fn counts_have_whole_ticks() {
        assert_eq!(count_axis(1).ticks, [0.0, 1.0]);
        assert_eq!(count_axis(3).ticks, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(count_axis(0).high, 1.0);
        assert_eq!(count_axis(40).ticks.last(), Some(&40.0));
    }

    #[test]
    fn dots_lie_where_their_values_are_and_the_identity_from_corner_to_corner() {
        let labels = || Labels { width: Width::Half, title: "t", summary: "s".to_owned(), x: "x", y: "y" };
        let text = scatter(&labels(), &[(0.0, 0.0), (100.0, 50.0)], 0.0, 100.0).into_string();
        assert!(text.contains("d=\"M56.0,216.0h0M484.0,122.0h0\""), "{text}");
        let corners = "x1=\"56.0\" y1=\"216.0\" x2=\"484.0\" y2=\"28.0\"";
        assert!(text.contains(corners), "{text}");
        let many: Vec<(f64, f64)> = (0..20_000).map(|i| (f64::from(i % 100), 5.0)).collect();
        assert_eq!(scatter(&labels(), &many, 0.0, 100.0).into_string().matches("h0").count(), MOST_DOTS);
        let point = Beside { expected: 50.0, found: 100.0, interval: Some((0.0, 100.0)) };
        let text = curve_beside_identity(&labels(), &[point], 0.0, 100.0).into_string();
        assert!(text.contains(corners) && text.contains("cx=\"270.0\" cy=\"28.0\""), "{text}");
        assert!(text.contains("x1=\"270.0\" x2=\"270.0\" y1=\"216.0\" y2=\"28.0\""), "{text}");
    }

    #[test]
    fn lines_are_thinned_keep_their_ends_and_need_a_point() {
        let labels = || Labels { width: Width::Half, title: "t", summary: "s".to_owned(), x: "x", y: "y" };
        let points: Vec<_> = (0..5000).map(|step| (f64::from(step), f64::from(step % 7))).collect();
        let second = Line { name: "second", points: vec![(0.0, 1.0), (9.0, 2.0)] };
        let text = lines(&labels(), &[Line { name: "a<b", points }, second], None).expect("draws").into_string();
        let path = text.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("has a line");
        assert!((500..=601).contains(&path.split(' ').count()));
        assert!(path.starts_with("56.0,") && path.contains(" 483.9,"), "{path}");
        assert!(text.contains(">a&lt;b</text>"));
        assert!(lines(&labels(), &[Line { name: "a", points: Vec::new() }], None).is_none());
        assert!(lines(&labels(), &[Line { name: "a", points: vec![(0.0, 1.0)] }], None).is_some());
    }
}
