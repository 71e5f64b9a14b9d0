//! Two models on the same photos: the paired bootstrap tells whether a difference is more than the luck of the draw.

use super::bootstrap::{interval, resample};
use super::frame::Frame;
use super::whole::Settings;
use crate::domain::{Comparison, Difference, EvaluatedPhoto, Measure, Verdict};

/// The measures that are compared.
const COMPARED: [Measure; 8] = [
    Measure::Srcc,
    Measure::Plcc,
    Measure::PlccLogistic,
    Measure::Krcc,
    Measure::Mae,
    Measure::Rmse,
    Measure::PairAccuracy,
    Measure::Auc,
];

/// Compares the scores of photos with their scores under the other model; photos without the latter are left out.
///
/// Both models are measured on the same drawn groups, so that what makes a draw hard for both cancels out. The verdict
/// is that of the SRCC's 95 % interval: above 0, below 0, or holding 0.
pub fn compare(photos: &[EvaluatedPhoto], settings: &Settings) -> Comparison {
    let both: Vec<&EvaluatedPhoto> = photos.iter().filter(|photo| photo.against.is_some()).collect();
    let first = Frame::of(&both, &|photo| photo.score, settings.threshold);
    let second = Frame::of(&both, &|photo| photo.against.unwrap_or(photo.score), settings.threshold);
    let drawn = resample(&first.groups, both.len(), settings.seed, &|counts| {
        COMPARED.map(|measure| Some(first.drawn(measure, counts)? - second.drawn(measure, counts)?))
    });
    let difference = |(place, measure): (usize, Measure)| {
        let (first, second) = (first.whole(measure), second.whole(measure));
        Difference {
            measure,
            first,
            second,
            difference: first.zip(second).map(|(first, second)| first - second),
            interval: interval(drawn.iter().map(|values| values[place])),
        }
    };
    let measures: Vec<Difference> = COMPARED.into_iter().enumerate().map(difference).collect();
    let verdict = match measures[0].interval {
        Some((low, _)) if low > 0.0 => Verdict::Better,
        Some((_, high)) if high < 0.0 => Verdict::Worse,
        Some(_) => Verdict::NotBetter,
        None => Verdict::Unknown,
    };
    Comparison { n: both.len(), measures, verdict }
}
