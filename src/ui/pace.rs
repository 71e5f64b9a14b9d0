//! How long the last frames took, for whoever wants to see it.

use std::collections::VecDeque;
use std::time::Duration;

/// Frames that are looked back on.
const KEPT: usize = 240;

/// The last frames: what the window's own code took, without handing them to the graphics card.
#[derive(Debug, Default)]
pub struct Pace {
    frames: VecDeque<Duration>,
}

impl Pace {
    /// Another frame.
    pub fn note(&mut self, took: Duration) {
        if self.frames.len() == KEPT {
            self.frames.pop_front();
        }
        self.frames.push_back(took);
    }

    /// The newest frame and the quantiles .5 and .99 of the last ones, in milliseconds, and how many they are; nothing
    /// before the first.
    pub fn told(&self) -> Option<(f64, f64, f64, usize)> {
        let newest = self.frames.back()?;
        let mut sorted: Vec<Duration> = self.frames.iter().copied().collect();
        sorted.sort_unstable();
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        Some((ms(*newest), ms(at(0.5)), ms(at(0.99)), sorted.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_frames_are_forgotten() {
        let mut pace = Pace::default();
        assert_eq!(pace.told(), None);
        (1..=300).for_each(|ms| pace.note(Duration::from_millis(ms)));
        let (newest, median, late, frames) = pace.told().expect("frames");
        assert_eq!((newest, frames), (300.0, 240));
        assert!((180.0..=181.0).contains(&median) && (297.0..=298.0).contains(&late), "{median} {late}");
    }
}
