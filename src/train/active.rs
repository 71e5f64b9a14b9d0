//! Which photos to ask for next, so that few labels teach much.
//!
//! - With few labels: photos far from each other and from the labelled ones (greedy k-centre; Sener and Savarese 2018),
//!   as many from each tenth of the scores, so that bad and good ones come too.
//! - Then batches of twenty: ten of which the model is unsure and which stand for many others (uncertainty times
//!   density; Settles and Craven 2008), six where the personal model and the network behind it disagree, four at random, so
//!   that what neither of them suspects is found too. At most one of a group.
//!
//! Numbers in, places out. What is held out for a test is never chosen this way.

use std::collections::HashSet;

use super::features::Features;
use super::linear::Matrix;
use super::personal::join;
use super::scaling::Scaling;
use crate::error::Result;

/// Photos of the first choice.
pub const SEED_SIZE: usize = 40;

/// Shares of a batch: unsure, disagreed on, random.
const BATCH: [usize; 3] = [10, 6, 4];

/// Nearest photos whose distance tells how dense the neighbourhood is.
const NEIGHBOURS: usize = 8;

/// Photos that stand for all when density is measured.
const SAMPLE: usize = 256;

/// A photo that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its score.
    pub score: f64,
    /// How unsure the model is of it, in points.
    pub doubt: f64,
    /// How far the personal model and the network disagree on it.
    pub dispute: f64,
    /// Photos with the same key are of one product.
    pub group: u32,
}

/// Photos whose features are scaled, to be measured against each other.
pub struct Space {
    rows: Matrix,
}

impl Space {
    /// The space of some photos.
    ///
    /// # Errors
    /// When the features are of another kind than the scale.
    pub fn new(features: &Features, scaling: &Scaling) -> Result<Self> {
        let designs = scaling.design(features)?;
        Ok(Self { rows: join(&designs, &vec![1.0; designs.len()]) })
    }

    fn distance(&self, one: usize, two: usize) -> f64 {
        self.rows.row(one).iter().zip(self.rows.row(two)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }
}

/// The first photos to ask for: places in `choices`, which stand first in the space; what comes behind them there is
/// labelled already.
pub fn seed(space: &Space, choices: &[Choice], count: usize) -> Vec<usize> {
    let known = choices.len()..space.rows.rows();
    let nearest = |place: usize| known.clone().map(|other| space.distance(place, other)).fold(f64::INFINITY, f64::min);
    let mut far: Vec<f64> = (0..choices.len()).map(nearest).collect();
    let mut order: Vec<usize> = (0..choices.len()).collect();
    order.sort_by(|a, b| choices[*a].score.total_cmp(&choices[*b].score).then(a.cmp(b)));
    let mut tenth = vec![0; choices.len()];
    order.iter().enumerate().for_each(|(rank, place)| tenth[*place] = rank * 10 / choices.len());
    let mut picked = Vec::new();
    let mut free: HashSet<usize> = (0..choices.len()).collect();
    while picked.len() < count.min(choices.len()) {
        let turn = picked.len() % 10;
        let farthest =
            |places: &mut dyn Iterator<Item = usize>| places.max_by(|a, b| far[*a].total_cmp(&far[*b]).then(b.cmp(a)));
        let mut inside = free.iter().copied().filter(|place| tenth[*place] == turn);
        let Some(next) = farthest(&mut inside).or_else(|| farthest(&mut free.iter().copied())) else { break };
        free.remove(&next);
        for place in &free {
            far[*place] = far[*place].min(space.distance(*place, next));
        }
        picked.push(next);
    }
    picked
}

/// The next batch to ask for: places in `choices`, which stand in a random order and first in the space.
pub fn batch(space: &Space, choices: &[Choice]) -> Vec<usize> {
    let [unsure, disputed, random] = BATCH;
    let telling = density(space, choices.len());
    let mut batch = Batch { choices, picked: Vec::new(), groups: HashSet::new() };
    batch.take(unsure, |place| choices[place].doubt * telling[place]);
    batch.take(disputed, |place| choices[place].dispute);
    batch.take(random, |place| -(place as f64));
    // Too few groups for one each: the rest comes as it stands.
    let missing = (unsure + disputed + random).min(choices.len()).saturating_sub(batch.picked.len());
    let rest: Vec<usize> = (0..choices.len()).filter(|place| !batch.picked.contains(place)).take(missing).collect();
    batch.picked.extend(rest);
    interleaved(&batch.picked)
}

/// Photos by how far the two models disagree on them, most first.
pub fn disputed(choices: &[Choice]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..choices.len()).collect();
    places.sort_by(|a, b| choices[*b].dispute.total_cmp(&choices[*a].dispute).then(a.cmp(b)));
    places
}

struct Batch<'a> {
    choices: &'a [Choice],
    picked: Vec<usize>,
    groups: HashSet<u32>,
}

impl Batch<'_> {
    /// Takes those of highest value whose group has none yet.
    fn take(&mut self, count: usize, value: impl Fn(usize) -> f64) {
        let mut places: Vec<usize> = (0..self.choices.len()).collect();
        places.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
        let until = self.picked.len() + count;
        for place in places {
            if self.picked.len() < until && self.groups.insert(self.choices[place].group) {
                self.picked.push(place);
            }
        }
    }
}

/// The three kinds mixed, so that hard photos do not come in a row.
fn interleaved(picked: &[usize]) -> Vec<usize> {
    let n = picked.len();
    // A step that shares no factor with the length visits every place once.
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let step = (n / 3).max(1);
    let step = (step..).find(|step| gcd(*step, n) == 1).unwrap_or(1);
    (0..n).map(|turn| picked[turn * step % n]).collect()
}

/// How many others a photo stands for: one over its mean distance to the nearest of a sample, the densest as 1.
fn density(space: &Space, count: usize) -> Vec<f64> {
    let sample: Vec<usize> = (0..SAMPLE.min(count)).map(|at| at * count / SAMPLE.min(count)).collect();
    let near = |place: usize| {
        let mut distances: Vec<f64> =
            sample.iter().filter(|other| **other != place).map(|other| space.distance(place, *other)).collect();
        distances.sort_by(f64::total_cmp);
        distances.truncate(NEIGHBOURS);
        let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
        1.0 / (mean + 1e-9)
    };
    let densities: Vec<f64> = (0..count).map(near).collect();
    let most = densities.iter().copied().fold(1e-12, f64::max);
    densities.into_iter().map(|density| density / most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::features::{Block, Scale, Values};

    /// Photos on a line, at these places.
    fn space(places: &[f32]) -> Space {
        let block = |values: Vec<f32>| Block {
            name: "place".to_owned(),
            columns: 1,
            scale: Scale::Shared,
            values: Values::Single(values),
        };
        let features = Features::new(vec![block(places.to_vec())]).expect("features");
        Space::new(&features, &Scaling::fit(&features)).expect("space")
    }

    fn choice(score: f64, doubt: f64, dispute: f64, group: u32) -> Choice {
        Choice { score, doubt, dispute, group }
    }

    #[test]
    fn the_first_choice_covers_scores_and_leaves_no_gap() {
        // Forty photos in two heaps of one place each and ten far ones, every tenth of the scores among them.
        let places: Vec<f32> = (0..50).map(|at| if at < 40 { (at % 2) as f32 } else { 10.0 * at as f32 }).collect();
        let choices: Vec<Choice> = (0..50).map(|at| choice((at * 7 % 50) as f64, 0.0, 0.0, at)).collect();
        let picked = seed(&space(&places), &choices, 20);
        let tenths: HashSet<u64> = picked.iter().map(|place| (choices[*place].score / 5.0) as u64).collect();
        assert_eq!((picked.len(), tenths.len()), (20, 10), "{picked:?}");
        assert!(picked.iter().filter(|place| **place >= 40).count() >= 8, "the far ones come early: {picked:?}");
    }

    #[test]
    fn labelled_photos_are_not_asked_for_in_other_words() {
        // Two of each tenth of the scores, the even ones beside the labelled photo at the end.
        let place = |at: u8| if at.is_multiple_of(2) { 0.01 * f32::from(at) } else { 10.0 + f32::from(at) };
        let places: Vec<f32> = (0..20).map(place).chain([0.0]).collect();
        let choices: Vec<Choice> = (0..20).map(|at| choice(f64::from(at), 0.0, 0.0, at)).collect();
        let picked = seed(&space(&places), &choices, 10);
        assert!(picked.len() == 10 && picked.iter().all(|place| place % 2 == 1), "{picked:?}");
    }

    #[test]
    fn a_batch_mixes_doubt_dispute_and_chance_with_one_of_a_group() {
        let places: Vec<f32> = (0..100).map(|at| at as f32).collect();
        let choices: Vec<Choice> = (0..100)
            .map(|at| {
                choice(50.0, if at >= 80 { 30.0 } else { 1.0 }, if (60..70).contains(&at) { 40.0 } else { 0.0 }, at / 2)
            })
            .collect();
        let picked = batch(&space(&places), &choices);
        let groups: HashSet<u32> = picked.iter().map(|place| choices[*place].group).collect();
        assert_eq!((picked.len(), groups.len()), (20, 20));
        let of = |from: usize, to: usize| picked.iter().filter(|place| (from..to).contains(*place)).count();
        assert!(of(80, 100) >= 10 && of(60, 70) == 5 && of(0, 60) >= 4, "{picked:?}");
        assert!(picked.iter().take(6).any(|place| *place < 80), "hard ones do not come in a row: {picked:?}");
    }

    #[test]
    fn few_photos_come_all() {
        let choices = vec![choice(1.0, 1.0, 0.0, 7); 5];
        let mut picked = batch(&space(&[1.0, 2.0, 3.0, 4.0, 5.0]), &choices);
        picked.sort_unstable();
        assert_eq!(picked, [0, 1, 2, 3, 4]);
        assert!(batch(&space(&[]), &[]).is_empty() && seed(&space(&[]), &[], 4).is_empty());
    }
}
