//! What the train page knows of the labels, and the trainings that wait for their turn.

use std::collections::HashSet;

use crate::config::TrainConfig;

/// Columns of the histogram of labels.
pub const LABEL_BINS: usize = 10;

/// Labels closer together than this, in points of 100, hold no order to learn.
const ALIKE: f64 = 1.0;

/// The labels that a training would learn from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledData {
    /// How many labels lie in each tenth of the scale 0-100.
    pub bins: [u32; LABEL_BINS],
    /// Groups (products) of the labelled photos; a photo without one is a group of its own.
    pub groups: usize,
    /// There are labels, and all are nearly the same.
    pub alike: bool,
}

impl LabelledData {
    /// Counts labels 0-100, each with the group of its photo.
    pub fn of<'a>(labels: impl Iterator<Item = (f64, Option<&'a str>)>) -> Self {
        let mut found = Self::default();
        let mut named = HashSet::new();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (value, group) in labels {
            let bin = (value / 100.0 * LABEL_BINS as f64) as usize;
            found.bins[bin.min(LABEL_BINS - 1)] += 1;
            found.groups += usize::from(group.is_none_or(|group| named.insert(group)));
            (low, high) = (low.min(value), high.max(value));
        }
        found.alike = high - low < ALIKE && low.is_finite();
        found
    }
}

/// A training that has not begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its settings.
    pub config: Box<TrainConfig>,
    /// Its name; made up when empty.
    pub name: String,
    /// It teaches the newest network with the labels, and what learns follows from their number.
    pub finetune: bool,
}

impl Planned {
    /// "Fine-tuning" or "cnn-s, 20 epochs", after the name when it has one.
    pub fn text(&self) -> String {
        let what = if self.finetune {
            "fine-tuning".to_owned()
        } else {
            format!("{}, {} epochs", self.config.architecture, self.config.epochs)
        };
        if self.name.is_empty() { what } else { format!("{} · {what}", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_counted_by_tenth_and_by_product() {
        let labels = [(0.0, Some("a")), (9.9, Some("a")), (50.0, None), (55.0, None), (100.0, Some("b"))];
        let data = LabelledData::of(labels.into_iter());
        assert_eq!(data, LabelledData { bins: [2, 0, 0, 0, 0, 2, 0, 0, 0, 1], groups: 4, alike: false });
        assert!(LabelledData::of([(50.0, None), (50.5, None)].into_iter()).alike);
        assert_eq!(LabelledData::of(std::iter::empty()), LabelledData::default());
    }
}
