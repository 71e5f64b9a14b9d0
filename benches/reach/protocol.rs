//! The protocol: photos of held-out groups, scored by models that saw none of them.
//!
//! For every seed, the groups of each subset are dealt onto five folds; every fold is scored by a model fitted to labels
//! from the other four: all of them, or some drawn at random. A figure is the mean over the seeds; its interval draws
//! whole groups with replacement. The penalty and the weights of blocks are chosen inside the training part, by leaving
//! groups out.

use std::collections::BTreeMap;

use packshot::train::features::Features;
use packshot::train::metrics::{Order, srcc_counted};
use packshot::train::personal::{Personal, Training};
use packshot::train::scaling::Scaling;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::Failure;
use super::cache::Photo;

const FOLDS: usize = 5;

/// Draws of the groups.
const RESAMPLES: usize = 1000;

/// A figure with its 95 % interval.
pub struct Figure {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// How a collection is judged.
pub struct Protocol<'a> {
    photos: &'a [Photo],
    labels: Vec<f64>,
    /// The group of each photo, numbered.
    groups: Vec<u32>,
    seeds: u64,
}

impl<'a> Protocol<'a> {
    pub fn new(photos: &'a [Photo], seeds: u64) -> Self {
        let mut numbers = BTreeMap::new();
        numbers.extend(photos.iter().map(|photo| (photo.group.as_str(), 0)));
        numbers.values_mut().zip(0..).for_each(|(number, next)| *number = next);
        let groups = photos.iter().map(|photo| numbers[photo.group.as_str()]).collect();
        Self { photos, labels: photos.iter().map(|photo| photo.label).collect(), groups, seeds }
    }

    /// For every seed the scores of all photos, each by a model fitted to at most `most` labels of other folds.
    pub fn scores(&self, features: &Features, most: usize) -> Result<Vec<Vec<f64>>, Failure> {
        // Fitted on all photos, whose labels it does not see: as in a catalogue.
        let scaling = Scaling::fit(features);
        (1..=self.seeds).map(|seed| self.seed_scores(features, &scaling, most, seed)).collect()
    }

    fn seed_scores(&self, features: &Features, scaling: &Scaling, most: usize, seed: u64) -> Result<Vec<f64>, Failure> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let fold_of = self.folds(&mut rng);
        let mut scores = vec![0.0; self.photos.len()];
        for fold in 0..FOLDS {
            let (out, mut inside): (Vec<usize>, Vec<usize>) =
                (0..self.photos.len()).partition(|&photo| fold_of[photo] == fold);
            shuffle(&mut inside, &mut rng);
            inside.truncate(most);
            inside.sort_unstable();
            let labels: Vec<f64> = inside.iter().map(|&photo| self.labels[photo]).collect();
            let groups: Vec<u32> = inside.iter().map(|&photo| self.groups[photo]).collect();
            let some = &features.gather(&inside);
            let training = Training { features: some, labels: &labels, groups: &groups, base: None };
            let model = Personal::fit(training, scaling, seed)?;
            let estimates = model.predict(&features.gather(&out), None)?;
            out.iter().zip(estimates).for_each(|(&photo, estimate)| scores[photo] = estimate.score.value);
        }
        Ok(scores)
    }

    /// The fold of each photo: groups are dealt subset by subset, so that every fold has its share of each.
    fn folds(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut of_subset: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (photo, group) in self.photos.iter().zip(&self.groups) {
            of_subset.entry(&photo.subset).or_default().push(*group);
        }
        let mut fold_of = BTreeMap::new();
        for groups in of_subset.values_mut() {
            groups.sort_unstable();
            groups.dedup();
            shuffle(groups, rng);
            fold_of.extend(groups.iter().zip((0..FOLDS).cycle()).map(|(&group, fold)| (group, fold)));
        }
        self.groups.iter().map(|group| fold_of[group]).collect()
    }

    /// SRCC, of a subset when one is named: mean over the seeds.
    pub fn srcc(&self, scores: &[Vec<f64>], subset: Option<&str>) -> Figure {
        let photos: Vec<usize> = (0..self.photos.len())
            .filter(|&photo| subset.is_none_or(|subset| self.photos[photo].subset == subset))
            .collect();
        let labels = Order::of(&pick(&self.labels, &photos));
        let orders: Vec<Order> = scores.iter().map(|scores| Order::of(&pick(scores, &photos))).collect();
        self.figure(&photos, &|counts| {
            let of_seed = |order: &Order| srcc_counted(order, &labels, counts).unwrap_or(0.0);
            orders.iter().map(of_seed).sum::<f64>() / orders.len() as f64
        })
    }

    /// Mean absolute error in points over all photos: mean over the seeds.
    pub fn mae(&self, scores: &[Vec<f64>]) -> Figure {
        let photos: Vec<usize> = (0..self.photos.len()).collect();
        let error = |photo: usize| {
            scores.iter().map(|scores| (scores[photo] - self.labels[photo]).abs()).sum::<f64>() / scores.len() as f64
        };
        let errors: Vec<f64> = photos.iter().map(|&photo| error(photo)).collect();
        self.figure(&photos, &|counts| {
            errors.iter().zip(counts).map(|(error, count)| error * count).sum::<f64>() / counts.iter().sum::<f64>()
        })
    }

    /// `measure` of the photos (told by how often each counts), and of draws of their groups.
    fn figure(&self, photos: &[usize], measure: &dyn Fn(&[f64]) -> f64) -> Figure {
        let groups: Vec<u32> = photos.iter().map(|&photo| self.groups[photo]).collect();
        let mut known = groups.clone();
        known.sort_unstable();
        known.dedup();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut drawn: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let mut times = BTreeMap::new();
                for _ in &known {
                    *times.entry(known[below(known.len(), &mut rng)]).or_insert(0.0) += 1.0;
                }
                measure(&groups.iter().map(|group| times.get(group).copied().unwrap_or(0.0)).collect::<Vec<_>>())
            })
            .collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn[(share * (RESAMPLES - 1) as f64).round() as usize];
        Figure { value: measure(&vec![1.0; photos.len()]), low: at(0.025), high: at(0.975) }
    }
}

fn pick(values: &[f64], photos: &[usize]) -> Vec<f64> {
    photos.iter().map(|&photo| values[photo]).collect()
}

fn below(most: usize, rng: &mut ChaCha8Rng) -> usize {
    (rng.next_u64() % most as u64) as usize
}

/// Fisher and Yates 1938.
fn shuffle<T>(values: &mut [T], rng: &mut ChaCha8Rng) {
    for last in (1..values.len()).rev() {
        values.swap(last, below(last + 1, rng));
    }
}
