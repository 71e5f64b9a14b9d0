//! What curves are drawn along: steps, epochs, or the clock.

use crate::api::RunView;
use crate::api::clock::duration_text;
use crate::ui::prefs::Along;

/// Where the points of a run lie across.
pub(super) struct Axis<'a> {
    view: &'a RunView,
    along: Along,
    /// The steps at which its epochs ended.
    ends: Vec<u64>,
}

impl<'a> Axis<'a> {
    /// The axis of a run.
    pub(super) fn of(view: &'a RunView, along: Along) -> Self {
        // The validation part is measured after every epoch.
        let ends = view.points.iter().filter(|point| point.name == "validation_loss").map(|point| point.step);
        Self { view, along, ends: ends.collect() }
    }

    /// The run.
    pub(super) fn view(&self) -> &'a RunView {
        self.view
    }

    /// What it measures.
    pub(super) fn along(&self) -> Along {
        self.along
    }

    /// Where the point at this place of the run's points lies.
    pub(super) fn at(&self, place: usize) -> f64 {
        let step = self.view.points[place].step;
        match self.along {
            Along::Step => step as f64,
            Along::Epoch => self.epoch(step),
            Along::Time => self.view.at_ms.get(place).map_or(0.0, |ms| (ms - self.view.run.started_ms) as f64 / 1000.0),
        }
    }

    /// How many epochs were over after so many steps; the first one counts as a whole while it is under way.
    fn epoch(&self, step: u64) -> f64 {
        let over = self.ends.partition_point(|end| *end <= step);
        let begin = over.checked_sub(1).map_or(0, |last| self.ends[last]);
        let length = match (self.ends.get(over), over) {
            (Some(end), _) => end - begin,
            (None, 0) => self.view.points.iter().map(|point| point.step).max().unwrap_or(0),
            // After the last one that ended, another as long as that is under way.
            (None, _) => begin - over.checked_sub(2).map_or(0, |before| self.ends[before]),
        };
        over as f64 + (step - begin) as f64 / length.max(1) as f64
    }

    /// Where its last point lies.
    pub(super) fn last(&self) -> f64 {
        (0..self.view.points.len()).map(|place| self.at(place)).fold(0.0, f64::max)
    }
}

/// A place on an axis, in words under the pointer.
pub(super) fn told(along: Along, at: f64) -> String {
    match along {
        Along::Step => format!("step {at:.0}"),
        Along::Epoch => format!("epoch {at:.2}"),
        Along::Time => format!("{} after its start", duration_text((at * 1000.0) as i64)),
    }
}

/// A place on an axis, below it.
pub(super) fn tick(along: Along, at: f64) -> String {
    match along {
        _ if at < 0.0 => String::new(),
        Along::Time => duration_text((at * 1000.0) as i64),
        Along::Epoch if at.fract() != 0.0 => format!("{at:.1}"),
        Along::Step | Along::Epoch => format!("{at:.0}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{MetricPoint, Run, RunId, RunMeta, RunStatus};

    pub(in super::super) fn view(points: &[(&str, u64, i64)]) -> RunView {
        let run = Run {
            id: RunId("r".to_owned()),
            status: RunStatus::Running,
            config_toml: String::new(),
            seed: 0,
            code_version: String::new(),
            device: String::new(),
            dataset_digest: String::new(),
            started_ms: 1_000,
            heartbeat_ms: 0,
            finished_ms: None,
            summary: serde_json::Map::new(),
            error: None,
            meta: RunMeta::default(),
            origin: None,
        };
        let point =
            |(name, step, _): &(&str, u64, i64)| MetricPoint { name: (*name).to_owned(), step: *step, value: 1.0 };
        RunView {
            run,
            points: points.iter().map(point).collect(),
            at_ms: points.iter().map(|point| point.2).collect(),
            samples: Vec::new(),
            artifacts: Vec::new(),
            photos: [0; 3],
        }
    }

    #[test]
    fn steps_become_epochs_and_seconds() {
        let view = view(&[
            ("train_loss", 5, 1_500),
            ("train_loss", 15, 3_000),
            ("train_loss", 35, 9_000),
            ("validation_loss", 10, 2_000),
            ("validation_loss", 30, 6_000),
        ]);
        let across = |along| {
            let axis = Axis::of(&view, along);
            let all: Vec<f64> = (0..view.points.len()).map(|place| axis.at(place)).collect();
            (all, axis.last())
        };
        assert_eq!(across(Along::Step), (vec![5.0, 15.0, 35.0, 10.0, 30.0], 35.0));
        assert_eq!(across(Along::Epoch), (vec![0.5, 1.25, 2.25, 1.0, 2.0], 2.25));
        assert_eq!(across(Along::Time), (vec![0.5, 2.0, 8.0, 1.0, 5.0], 8.0));
    }

    #[test]
    fn the_first_epoch_has_an_axis_before_it_ends() {
        let view = view(&[("train_loss", 5, 0), ("train_loss", 20, 0)]);
        let axis = Axis::of(&view, Along::Epoch);
        assert_eq!((axis.at(0), axis.at(1)), (0.25, 1.0));
        assert_eq!(
            (tick(Along::Epoch, 0.5), tick(Along::Epoch, 2.0), tick(Along::Step, -1.0)),
            ("0.5".into(), "2".into(), String::new())
        );
    }
}
