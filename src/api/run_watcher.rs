//! What a training reports: points to the store, progress to the job, and whether it may as well end.

use std::time::Instant;

use super::clock;
use super::mirror::Mirror;
use super::train::TrainSummary;
use crate::domain::{MetricPoint, RunId, SampleScore};
use crate::error::Result;
use crate::jobs::{Control, Reporter};
use crate::store::Store;
use crate::train::Watcher;

/// Carries what the loop reports to the store and to the job's watcher.
pub(super) struct RunWatcher<'a> {
    pub(super) store: &'a mut Store,
    pub(super) run: &'a RunId,
    pub(super) reporter: &'a Reporter<TrainSummary>,
    pub(super) device: &'a str,
    pub(super) epochs: u32,
    pub(super) batch: usize,
    pub(super) started: Instant,
    pub(super) first_step: Option<u64>,
    pub(super) rivals: &'a [Vec<f64>],
    /// Validation SRCC with its step.
    pub(super) own: Vec<(u64, f64)>,
    pub(super) mirror: Option<&'a Mirror>,
}

impl Watcher for RunWatcher<'_> {
    fn control(&self) -> &Control {
        &self.reporter.control
    }

    fn stepped(&mut self, epoch: u32, step: u64, steps: u64, loss: f64) {
        let first = *self.first_step.get_or_insert_with(|| {
            self.started = Instant::now();
            step
        });
        let rate = (step - first) as f64 * self.batch as f64 / self.started.elapsed().as_secs_f64().max(1e-6);
        let speed = if step > first { format!(" · {rate:.0} images/s") } else { String::new() };
        let detail = format!("epoch {}/{} · loss {loss:.3}{speed} · {}", epoch + 1, self.epochs, self.device);
        self.reporter.progress("Training", step, steps, detail);
    }

    fn points(&mut self, points: &[MetricPoint]) -> Result<()> {
        let now = clock::now_ms();
        let own = points.iter().filter(|point| point.name == "validation_srcc");
        self.own.extend(own.map(|point| (point.step, point.value)));
        self.store.save_points(self.run, points, now)?;
        self.store.beat_run(self.run, now)?;
        self.reporter.points();
        Ok(())
    }

    fn samples(&mut self, samples: &[SampleScore]) -> Result<()> {
        self.store.save_samples(self.run, samples)
    }

    fn saved(&mut self, step: u64) {
        if let Some(mirror) = self.mirror {
            mirror.saved(step);
        }
    }

    fn notice(&mut self, text: &str) {
        self.reporter.warn(text);
    }

    fn rewound(&mut self, step: u64) -> Result<()> {
        self.own.retain(|point| point.0 <= step);
        self.first_step = None;
        self.store.drop_points_after(self.run, step).map(drop)
    }

    fn is_behind(&self) -> bool {
        let own: Vec<f64> = self.own.iter().map(|point| point.1).collect();
        is_behind(&own, self.rivals)
    }
}

/// The median rule (Golovin et al. 2017, Google Vizier, section 3.2.2): the best value so far lies below the median of
/// what the others had on average up to the same epoch. Never with fewer than two others, nor in the first two epochs.
fn is_behind(own: &[f64], rivals: &[Vec<f64>]) -> bool {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let mut others: Vec<f64> = rivals.iter().map(|rival| mean(&rival[..own.len().min(rival.len())])).collect();
    if own.len() < 2 || others.len() < 2 {
        return false;
    }
    others.sort_by(f64::total_cmp);
    let (low, high) = (others[(others.len() - 1) / 2], others[others.len() / 2]);
    own.iter().copied().fold(f64::MIN, f64::max) < (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::is_behind;

    #[test]
    fn a_trial_ends_when_its_best_is_below_the_median_of_the_others_so_far() {
        let others = [vec![0.2, 0.4, 0.9], vec![0.4, 0.6, 0.7], vec![0.1, 0.1, 0.1]];
        assert!(!is_behind(&[0.0], &others), "not in the first epoch");
        assert!(!is_behind(&[0.0, 0.0], &others[..1]), "not against a single one");
        // After two epochs the others' averages are .3, .5 and .1.
        assert!(is_behind(&[0.1, 0.29], &others));
        assert!(!is_behind(&[0.31, 0.0], &others));
        // A trial that ended early counts with what it had.
        assert!(is_behind(&[0.1, 0.2, 0.3], &[vec![0.5, 0.5], vec![0.4, 0.4, 0.4]]));
    }
}
