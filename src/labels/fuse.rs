//! Labels that take pairs in: the mean of a photo's scores and its comparisons, on one scale (see [`super::latent`]).
//!
//! A photo that was never compared keeps its mean, and one whose comparisons say nothing new keeps it too. One that nobody
//! scored is placed by its comparisons alone, from three on, starting from the mean of the scored ones. No prediction of a
//! model enters: a label that a model learns from must not come from a model.

use std::collections::{BTreeMap, HashMap};

use super::latent::{Belief, Duel, Evidence, Noise};
use super::raters::{Rated, judge};
use crate::domain::{ImageId, Label, Preference, Vote};

/// Comparisons that place a photo which nobody scored.
const FEWEST_PAIRS: usize = 3;

/// Scored photos that tell where an unscored one is likely to stand.
const FEWEST_SCORED: usize = 10;

/// Where an unscored photo is likely to stand before that: mean and deviation, in points.
const ANYWHERE: (f64, f64) = (50.0, 20.0);

/// Two photos and how the first compares.
pub type Compared = (ImageId, ImageId, Preference);

/// How noisy people's scores are: from several scores of one photo, by several raters without their biases or by one rater
/// more than once.
pub fn noise(opinions: &[Vote]) -> Noise {
    let mut raters: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scores: BTreeMap<(ImageId, usize), Vec<f64>> = BTreeMap::new();
    for vote in opinions {
        let next = raters.len();
        let rater = *raters.entry(&vote.rater).or_insert(next);
        scores.entry((vote.image, rater)).or_default().extend(vote.kind.score());
    }
    let mut differences: Vec<f64> = scores.values().flat_map(|own| own.windows(2).map(|two| two[1] - two[0])).collect();
    let mut places: HashMap<ImageId, usize> = HashMap::new();
    let mut rated = Vec::new();
    for (&(image, rater), own) in &scores {
        let next = places.len();
        let photo = *places.entry(image).or_insert(next);
        rated.extend(own.last().map(|score| Rated { photo, rater, score: *score }));
    }
    let biases: Vec<f64> = judge(&rated, raters.len()).habits.iter().map(|habit| habit.bias).collect();
    let mut by_photo: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for rated in &rated {
        by_photo.entry(rated.photo).or_default().push(rated.score - biases[rated.rater]);
    }
    differences.extend(by_photo.values().flat_map(|own| own.windows(2).map(|two| two[1] - two[0])));
    Noise::of_differences(&differences)
}

/// The labels of the compared photos; `scored` are the labels that they have without comparisons.
pub fn of_compared(scored: &HashMap<ImageId, Label>, pairs: &[Compared], noise: Noise) -> Vec<Label> {
    let mut places: BTreeMap<ImageId, usize> = pairs.iter().flat_map(|pair| [(pair.0, 0), (pair.1, 0)]).collect();
    places.values_mut().enumerate().for_each(|(place, at)| *at = place);
    let known: Vec<f64> = places.keys().filter_map(|image| scored.get(image)).map(|label| label.mos).collect();
    let vague = around(&known);
    let belief = |image: &ImageId| match scored.get(image) {
        Some(label) => Belief { mean: label.mos, precision: f64::from(label.n) / (noise.score * noise.score) },
        None => vague,
    };
    let mut compared = vec![0; places.len()];
    let duels = pairs.iter().filter(|pair| pair.0 != pair.1).map(|pair| {
        let (first, second) = (places[&pair.0], places[&pair.1]);
        compared[first] += 1;
        compared[second] += 1;
        Duel { first, second, preference: pair.2 }
    });
    let duels = duels.collect();
    let (qualities, _) = Evidence { beliefs: places.keys().map(belief).collect(), duels, noise }.fit();
    let label = |(&image, &place): (&ImageId, &usize)| {
        let n = scored.get(&image).map_or(u32::from(compared[place] >= FEWEST_PAIRS), |label| label.n);
        (n > 0).then(|| Label { image, mos: qualities[place].clamp(0.0, 100.0), n })
    };
    places.iter().filter_map(label).collect()
}

/// Where a photo stands of which nothing is known, from the scores of others.
fn around(known: &[f64]) -> Belief {
    if known.len() < FEWEST_SCORED {
        return Belief::new(ANYWHERE.0, ANYWHERE.1);
    }
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let variance = known.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / n;
    Belief::new(mean, variance.sqrt().clamp(10.0, 30.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{VoteId, VoteKind};

    fn label(image: i64, mos: f64, n: u32) -> (ImageId, Label) {
        (ImageId(image), Label { image: ImageId(image), mos, n })
    }

    fn pair(first: i64, second: i64, preference: Preference) -> Compared {
        (ImageId(first), ImageId(second), preference)
    }

    #[test]
    fn comparisons_move_labels_and_strong_labels_less() {
        let scored = HashMap::from([label(1, 40.0, 1), label(2, 40.0, 30), label(3, 75.0, 1)]);
        let pairs = [pair(1, 2, Preference::Better), pair(1, 2, Preference::Better), pair(2, 1, Preference::Worse)];
        let found = of_compared(&scored, &pairs, Noise::default());
        assert_eq!(found.iter().map(|label| (label.image.0, label.n)).collect::<Vec<_>>(), [(1, 1), (2, 30)]);
        assert!(found[0].mos > 46.0 && found[1].mos < 40.0 && found[1].mos > 38.5, "{found:?}");
    }

    #[test]
    fn who_was_never_scored_is_placed_by_three_comparisons() {
        let scored = HashMap::from([label(1, 20.0, 9), label(2, 60.0, 9)]);
        let mut pairs = vec![pair(3, 1, Preference::Better), pair(3, 2, Preference::Worse)];
        assert_eq!(of_compared(&scored, &pairs, Noise::default()).len(), 2);
        pairs.push(pair(2, 3, Preference::Better));
        let found = of_compared(&scored, &pairs, Noise::default());
        assert!(found.len() == 3 && (25.0..50.0).contains(&found[2].mos), "{found:?}");
    }

    #[test]
    fn a_tie_of_equals_changes_nothing() {
        let scored = HashMap::from([label(1, 55.0, 1), label(2, 55.0, 4)]);
        let found = of_compared(&scored, &[pair(1, 2, Preference::Tie)], Noise::default());
        assert!(found.iter().all(|label| (label.mos - 55.0).abs() < 1e-6), "{found:?}");
        assert!(of_compared(&scored, &[], Noise::default()).is_empty());
    }

    #[test]
    fn noise_comes_from_repeats_and_from_raters_without_their_biases() {
        let vote = |image: i64, rater: &str, score: f64| Vote {
            id: VoteId(0),
            image: ImageId(image),
            kind: VoteKind::Mean { score, n: 1 },
            rater: rater.to_owned(),
            source: String::new(),
            at_ms: 0,
        };
        let base = |image: i64| 30.0 + f64::from((image * 7 % 40) as u8);
        let constant: Vec<Vote> =
            (0..200).flat_map(|image| [vote(image, "a", base(image)), vote(image, "b", base(image) + 20.0)]).collect();
        assert!(noise(&constant).score < 5.0, "a bias is no noise: {}", noise(&constant).score);
        let shaky: Vec<Vote> =
            (0..200).flat_map(|image| [vote(image, "a", base(image)), vote(image, "a", base(image) + 28.0)]).collect();
        assert!(noise(&shaky).score > 18.0, "{}", noise(&shaky).score);
    }
}
