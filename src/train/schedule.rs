//! The learning rate over a run: linear warm-up, then a cosine to zero (Loshchilov and Hutter 2017).

/// A learning-rate schedule over a known number of steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Highest learning rate.
    pub peak: f64,
    /// Steps in the whole run.
    pub steps: u64,
    /// Share of the steps spent rising, 0-1.
    pub warmup: f64,
}

impl Schedule {
    /// The learning rate of step `step` (0-based).
    pub fn rate(&self, step: u64) -> f64 {
        let rising = (self.steps as f64 * self.warmup).ceil();
        let step = step as f64;
        if step < rising {
            return self.peak * (step + 1.0) / rising;
        }
        let falling = (self.steps as f64 - rising).max(1.0);
        let along = ((step - rising) / falling).min(1.0);
        self.peak * 0.5 * (1.0 + (std::f64::consts::PI * along).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_to_the_peak_and_falls_to_zero() {
        let schedule = Schedule { peak: 2e-3, steps: 100, warmup: 0.1 };
        assert!((schedule.rate(0) - 2e-4).abs() < 1e-12);
        assert!((schedule.rate(10) - 2e-3).abs() < 1e-12);
        assert!((schedule.rate(55) - 1e-3).abs() < 1e-12);
        assert!(schedule.rate(99) < 1e-5 && schedule.rate(1000) < 1e-12);
        assert!((Schedule { peak: 1.0, steps: 1, warmup: 0.0 }).rate(0) > 0.9);
    }
}
