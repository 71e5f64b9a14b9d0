//! The window measured by itself: the frames of a script, without a screen.
//!
//! A frame is what a person's window does: take in what happened, lay out, tessellate. Handing it to a graphics adapter is
//! measured apart, because without a graphics card that measures the software renderer.

mod history;
mod rig;
mod script;

pub use history::{HistoryReport, bench_history};

use std::time::Duration;

use serde::Serialize;

use crate::api::Project;
use crate::error::Result;

/// What is measured, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BenchPlan {
    /// Length of the fling.
    pub fling: Duration,
    /// Photos that are gone through by key.
    pub keys: usize,
    /// Hand frames to a graphics adapter, too.
    pub present: bool,
}

/// How times are spread, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many.
    pub n: usize,
    /// Half are shorter.
    pub p50: f64,
    /// 95 of 100 are shorter.
    pub p95: f64,
    /// 99 of 100 are shorter.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Times {
    /// Sorts and picks (nearest rank).
    fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut ms: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1000.0).collect();
        ms.sort_by(f64::total_cmp);
        let at = |percent: usize| ms.get((ms.len() * percent).div_ceil(100).max(1) - 1).copied().unwrap_or(0.0);
        Self { n: ms.len(), p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

/// What the frames of a part of the script took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct FrameTimes {
    /// By the clock.
    pub wall: Times,
    /// Processor time of the thread that draws, where the system tells.
    pub processor: Option<Times>,
    /// Handing them to the graphics adapter, by the clock.
    pub present: Option<Times>,
}

/// How long something took from the input to the frame that shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// What was done.
    pub what: String,
    /// From the input to the end of the frame, milliseconds.
    pub ms: f64,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BenchReport {
    /// Photos in the project.
    pub photos: usize,
    /// Tiles on screen.
    pub tiles: usize,
    /// From the start to the first frame, milliseconds.
    pub first_frame_ms: f64,
    /// From the start to the first thumbnail on screen.
    pub first_thumbnail_ms: f64,
    /// From the start to a page full of thumbnails.
    pub thumbnails_ms: f64,
    /// The frames until everything has been read.
    pub opening: FrameTimes,
    /// From the start until everything has been read and judged.
    pub opened_ms: f64,
    /// The frames of the fling.
    pub fling: FrameTimes,
    /// Share of the tiles that had their photo while flinging.
    pub fling_drawn: f64,
    /// Filters and orders.
    pub filters: Vec<Latency>,
    /// The frames while filtering and sorting.
    pub filtering: FrameTimes,
    /// From an arrow key to the next photo in the large view, five a second.
    pub next_photo: Times,
    /// The same while the key repeats, thirty a second.
    pub repeated: Times,
    /// From a score's key to the next photo on the Label page.
    pub next_label: Times,
    /// Memory of the process in bytes: at the end, and at most.
    pub memory: Option<(u64, u64)>,
    /// Texture memory at the end of the fling, in bytes.
    pub textures: usize,
    /// The graphics adapter, when one was used.
    pub adapter: Option<String>,
}

/// Runs the script on a project.
///
/// # Errors
/// When the window cannot be started, or never comes to rest.
pub fn bench(project: Project, plan: BenchPlan, tell: impl FnMut(&str)) -> Result<BenchReport> {
    script::run(project, plan, tell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let times = Times::of((1..=200).map(Duration::from_millis));
        assert_eq!((times.n, times.p50, times.p95, times.p99, times.max), (200, 100.0, 190.0, 198.0, 200.0));
        assert_eq!(Times::of([]), Times::default());
        let one = Times::of([Duration::from_millis(7)]);
        assert_eq!((one.p50, one.max), (7.0, 7.0));
    }
}
