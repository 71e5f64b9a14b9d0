//! Counters in Prometheus' text format (version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::ScoreRow;
use crate::error::Result;

/// Upper ends of the buckets for times, in seconds.
const SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Upper ends of the buckets for batches, in photos.
const PHOTOS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// How values are spread over buckets.
#[derive(Debug, Clone)]
struct Histogram {
    ends: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    n: u64,
}

impl Histogram {
    fn new(ends: &'static [f64]) -> Self {
        Self { ends, counts: vec![0; ends.len()], sum: 0.0, n: 0 }
    }

    fn add(&mut self, value: f64) {
        if let Some(index) = self.ends.iter().position(|end| value <= *end) {
            self.counts[index] += 1;
        }
        self.sum += value;
        self.n += 1;
    }

    /// `labels` begin with a comma where there are any.
    fn write(&self, out: &mut String, name: &str, labels: &str) {
        let mut below = 0;
        for (end, count) in self.ends.iter().zip(&self.counts) {
            below += count;
            line(out, format_args!("{name}_bucket{{le=\"{end}\"{labels}}} {below}"));
        }
        line(out, format_args!("{name}_bucket{{le=\"+Inf\"{labels}}} {}", self.n));
        let labels = labels.trim_start_matches(',');
        line(out, format_args!("{name}_sum{{{labels}}} {}", self.sum));
        line(out, format_args!("{name}_count{{{labels}}} {}", self.n));
    }
}

#[derive(Debug)]
struct Counters {
    /// By route and status.
    requests: BTreeMap<(String, u16), u64>,
    /// By route.
    seconds: BTreeMap<String, Histogram>,
    batches: Histogram,
    scored: u64,
    failed: u64,
    refused: u64,
}

/// The counters.
#[derive(Debug)]
pub(super) struct Metrics(Mutex<Counters>);

impl Default for Metrics {
    fn default() -> Self {
        Self(Mutex::new(Counters {
            requests: BTreeMap::new(),
            seconds: BTreeMap::new(),
            batches: Histogram::new(&PHOTOS),
            scored: 0,
            failed: 0,
            refused: 0,
        }))
    }
}

/// What is known only when someone asks.
pub(super) struct Now<'a> {
    /// The model's id.
    pub(super) model: &'a str,
    /// Packshot's version.
    pub(super) version: &'a str,
    /// Photos that wait or are worked on.
    pub(super) taken: usize,
    /// The most that may.
    pub(super) room: usize,
    /// Whether new requests are taken.
    pub(super) ready: bool,
}

impl Metrics {
    fn with<R>(&self, change: impl FnOnce(&mut Counters) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A request was answered; `route` is a route's pattern, never a path.
    pub(super) fn request(&self, route: &str, status: u16, took: Duration) {
        self.with(|counters| {
            *counters.requests.entry((route.to_owned(), status)).or_default() += 1;
            let seconds = counters.seconds.entry(route.to_owned()).or_insert_with(|| Histogram::new(&SECONDS));
            seconds.add(took.as_secs_f64());
        });
    }

    /// So many photos were computed together.
    pub(super) fn batch(&self, photos: usize) {
        self.with(|counters| counters.batches.add(photos as f64));
    }

    /// Photos were answered.
    pub(super) fn photos(&self, results: &[Result<ScoreRow>]) {
        let scored = results.iter().filter(|result| result.is_ok()).count() as u64;
        self.with(|counters| {
            counters.scored += scored;
            counters.failed += results.len() as u64 - scored;
        });
    }

    /// A request found no room.
    pub(super) fn refused(&self) {
        self.with(|counters| counters.refused += 1);
    }

    /// The text that Prometheus reads.
    pub(super) fn text(&self, now: &Now<'_>) -> String {
        let mut out = String::new();
        let (model, version) = (now.model, now.version);
        head(&mut out, "packshot_info", "gauge", "What serves.");
        line(&mut out, format_args!("packshot_info{{version=\"{version}\",model=\"{model}\"}} 1"));
        head(&mut out, "packshot_ready", "gauge", "1 while new photos are taken.");
        line(&mut out, format_args!("packshot_ready {}", u8::from(now.ready)));
        head(&mut out, "packshot_queue_photos", "gauge", "Photos that wait or are worked on.");
        line(&mut out, format_args!("packshot_queue_photos {}", now.taken));
        head(&mut out, "packshot_queue_room", "gauge", "The most photos that may wait or be worked on.");
        line(&mut out, format_args!("packshot_queue_room {}", now.room));
        self.with(|counters| counters.write(&mut out));
        out
    }
}

impl Counters {
    fn write(&self, out: &mut String) {
        head(out, "packshot_photos_total", "counter", "Photos answered, by outcome.");
        for (outcome, count) in [("scored", self.scored), ("failed", self.failed)] {
            line(out, format_args!("packshot_photos_total{{outcome=\"{outcome}\"}} {count}"));
        }
        head(out, "packshot_refused_total", "counter", "Requests refused for want of room.");
        line(out, format_args!("packshot_refused_total {}", self.refused));
        head(out, "packshot_batch_photos", "histogram", "Photos computed together.");
        self.batches.write(out, "packshot_batch_photos", "");
        head(out, "packshot_requests_total", "counter", "Requests answered, by route and status.");
        for ((route, status), count) in &self.requests {
            line(out, format_args!("packshot_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"));
        }
        head(out, "packshot_request_seconds", "histogram", "Time from a request's head to its answer, by route.");
        for (route, seconds) in &self.seconds {
            seconds.write(out, "packshot_request_seconds", &format!(",route=\"{route}\""));
        }
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    line(out, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_end_with_everything() {
        let metrics = Metrics::default();
        for photos in [1, 3, 100] {
            metrics.batch(photos);
        }
        metrics.request("/predict", 200, Duration::from_millis(20));
        let text = metrics.text(&Now { model: "m1", version: "1", taken: 2, room: 64, ready: true });
        for part in [
            "packshot_info{version=\"1\",model=\"m1\"} 1\n",
            "packshot_batch_photos_bucket{le=\"2\"} 1\n",
            "packshot_batch_photos_bucket{le=\"4\"} 2\n",
            "packshot_batch_photos_bucket{le=\"64\"} 2\n",
            "packshot_batch_photos_bucket{le=\"+Inf\"} 3\n",
            "packshot_batch_photos_sum{} 104\n",
            "packshot_requests_total{route=\"/predict\",status=\"200\"} 1\n",
            "packshot_request_seconds_bucket{le=\"0.025\",route=\"/predict\"} 1\n",
            "packshot_request_seconds_count{route=\"/predict\"} 1\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
