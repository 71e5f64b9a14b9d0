//! Which photos to label next, and which labels to look at again, as the personal model sees it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::tutor::Tutor;
use crate::api::voting::REVIEW;
use crate::domain::{ImageId, Score, UNSURE, Vote, VoteKind};
use crate::error::Result;
use crate::store::Store;
use crate::train::active::{self, Choice, SEED_SIZE, Space};
use crate::train::personal::Personal;

/// Photos that are chosen among: the first of them in their shuffled order.
const POOL: usize = 1500;

/// Photos of a list by disagreement.
const MOST: usize = 200;

/// Points between raters from which they disagree.
const SPREAD: f64 = 25.0;

/// Deviations in half a 90 % interval.
const HALF_WIDTH: f64 = 1.645;

/// Drives the folds that labels are judged in.
const SEED: u64 = 1;

/// Which photos come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum QueueKind {
    /// In a shuffled order.
    #[default]
    Random,
    /// Those whose label would teach most.
    Uncertain,
    /// Those that raters, or the personal model and the network behind it, disagree on.
    Disputed,
    /// Labelled ones whose label a model that did not see it doubts.
    Suspect,
}

/// Photos to choose among, what is known of each, and their space.
type Pool = (Vec<ImageId>, Vec<Choice>, Space);

impl QueueKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Random, Self::Uncertain, Self::Disputed, Self::Suspect];
}

/// A label in doubt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    /// The photo.
    pub image: ImageId,
    /// Its label.
    pub label: f64,
    /// What a model says that saw neither it nor photos of its group.
    pub said: Score,
    /// How far the label is off, in deviations of that model.
    pub doubt: f64,
}

impl Tutor {
    /// The next photos of a kind for a rater, best first; empty when the photos' features are not known yet.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn choose(&mut self, kind: QueueKind, rater: &str) -> Result<Vec<ImageId>> {
        let store = self.project().store()?;
        let unseen = store.unlabelled(rater)?;
        match kind {
            QueueKind::Random => Ok(unseen),
            QueueKind::Uncertain => self.telling(&store, &unseen),
            QueueKind::Disputed => {
                let mut photos = disputed_by_raters(&store, &unseen)?;
                photos.extend(self.disputed_by_models(&store, &unseen)?);
                let mut seen = HashSet::new();
                photos.retain(|image| seen.insert(*image));
                photos.truncate(MOST);
                Ok(photos)
            }
            QueueKind::Suspect => Ok(self.suspects(rater)?.into_iter().map(|suspect| suspect.image).collect()),
        }
    }

    fn telling(&mut self, store: &Store, unseen: &[ImageId]) -> Result<Vec<ImageId>> {
        let labelled: Vec<ImageId> = match self.material()? {
            Some(material) => material.candidates.iter().map(|candidate| candidate.image).collect(),
            None => return Ok(Vec::new()),
        };
        let few = labelled.len() < SEED_SIZE;
        let Some((pool, choices, space)) = self.pool(store, unseen, if few { &labelled } else { &[] })? else {
            return Ok(Vec::new());
        };
        let picked = if few {
            active::seed(&space, &choices, SEED_SIZE - labelled.len())
        } else {
            active::batch(&space, &choices)
        };
        Ok(picked.into_iter().map(|place| pool[place]).collect())
    }

    fn disputed_by_models(&mut self, store: &Store, unseen: &[ImageId]) -> Result<Vec<ImageId>> {
        if self.fitted().is_none() {
            return Ok(Vec::new());
        }
        let Some((pool, choices, _)) = self.pool(store, unseen, &[])? else { return Ok(Vec::new()) };
        Ok(active::disputed(&choices).into_iter().map(|place| pool[place]).collect())
    }

    /// Photos to choose among, what is known of them, and their space with `known` photos behind them; nothing when no
    /// features are known.
    fn pool(&mut self, store: &Store, unseen: &[ImageId], known: &[ImageId]) -> Result<Option<Pool>> {
        let (Some(cached), fitted) = (self.cached(), self.fitted()) else { return Ok(None) };
        let pool: Vec<ImageId> =
            unseen.iter().copied().filter(|image| cached.place.contains_key(image)).take(POOL).collect();
        let places: Vec<usize> = pool.iter().map(|image| cached.place[image]).collect();
        let base: Vec<f64> = places.iter().map(|&place| cached.base[place]).collect();
        let groups: HashMap<ImageId, Option<String>> =
            store.photos()?.into_iter().map(|photo| (photo.id, photo.group)).collect();
        let features = cached.features.gather(&places);
        let estimates = fitted.map(|personal: &Personal| personal.predict(&features, Some(&base))).transpose()?;
        let scores = estimates.as_ref().map_or_else(
            || base.iter().map(|&value| Score { value, low: value, high: value }).collect::<Vec<_>>(),
            |estimates| estimates.iter().map(|estimate| estimate.score).collect(),
        );
        let mut keys: HashMap<String, u32> = HashMap::new();
        let mut choices = Vec::with_capacity(pool.len());
        for ((score, dispute), image) in scores.iter().zip(disputes(&scores, &base)).zip(&pool) {
            let name = groups.get(image).cloned().flatten().unwrap_or_else(|| format!("photo {}", image.0));
            let next = keys.len() as u32;
            let group = *keys.entry(name).or_insert(next);
            choices.push(Choice { score: score.value, doubt: half_of(*score), dispute, group });
        }
        let behind = known.iter().filter_map(|image| cached.place.get(image)).copied();
        let all: Vec<usize> = places.iter().copied().chain(behind).collect();
        let space = Space::new(&cached.features.gather(&all), &cached.scaling)?;
        Ok(Some((pool, choices, space)))
    }

    /// The labels of a rater's photos that a model doubts which saw neither them nor photos of their groups, the most
    /// doubtful first; without those that the rater was asked about already. Fits five models. Empty with too few labels.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn suspects(&mut self, rater: &str) -> Result<Vec<Suspect>> {
        let Some(material) = self.material()? else { return Ok(Vec::new()) };
        let Some(scaling) = self.scaling() else { return Ok(Vec::new()) };
        let varied = material.labels.iter().any(|label| *label != material.labels[0]);
        if material.labels.len() < crate::train::personal::FEWEST_LABELS || !varied {
            return Ok(Vec::new());
        }
        let Some(found) = Personal::validate(material.training(), scaling, SEED)? else { return Ok(Vec::new()) };
        let asked = asked(&self.project().store()?, rater)?;
        let judged = material.candidates.iter().zip(&material.labels).zip(&found.scores);
        let suspect = judged.map(|((candidate, label), said)| Suspect {
            image: candidate.image,
            label: *label,
            said: *said,
            doubt: (label - said.value).abs() / (half_of(*said) / HALF_WIDTH).max(1.0),
        });
        let mut suspects: Vec<Suspect> =
            suspect.filter(|suspect| suspect.doubt > HALF_WIDTH && !asked.contains(&suspect.image)).collect();
        suspects.sort_by(|a, b| b.doubt.total_cmp(&a.doubt).then(a.image.cmp(&b.image)));
        Ok(suspects)
    }
}

/// Half the width of an interval, on its wider side: the other may end at 0 or 100.
fn half_of(score: Score) -> f64 {
    (score.high - score.value).max(score.value - score.low)
}

/// How far the two models disagree, in points of the first: their scores brought to the same mean and deviation.
fn disputes(scores: &[Score], base: &[f64]) -> Vec<f64> {
    let values: Vec<f64> = scores.iter().map(|score| score.value).collect();
    let level = |values: &[f64]| {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt().max(1e-9))
    };
    let ((mean, deviation), (base_mean, base_deviation)) = (level(&values), level(base));
    let far = |(value, base): (&f64, &f64)| ((value - mean) - (base - base_mean) / base_deviation * deviation).abs();
    values.iter().zip(base).map(far).collect()
}

/// Photos that this rater has not seen and other raters disagree on, the widest apart first.
fn disputed_by_raters(store: &Store, unseen: &[ImageId]) -> Result<Vec<ImageId>> {
    let unseen: HashSet<ImageId> = unseen.iter().copied().collect();
    let mut scores: BTreeMap<ImageId, Vec<f64>> = BTreeMap::new();
    for vote in store.active_votes()? {
        let single = !matches!(vote.kind, VoteKind::Mean { n, .. } if n > 1);
        if let Some(score) = vote.kind.score().filter(|_| single && unseen.contains(&vote.image)) {
            scores.entry(vote.image).or_default().push(score);
        }
    }
    let spread = |scores: &[f64]| {
        scores.iter().copied().fold(f64::MIN, f64::max) - scores.iter().copied().fold(f64::MAX, f64::min)
    };
    let mut apart: Vec<(ImageId, f64)> =
        scores.into_iter().map(|(image, scores)| (image, spread(&scores))).filter(|photo| photo.1 >= SPREAD).collect();
    apart.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(apart.into_iter().map(|photo| photo.0).collect())
}

/// Photos whose label this rater was asked about: it was kept or changed since, or the rater is unsure.
fn asked(store: &Store, rater: &str) -> Result<HashSet<ImageId>> {
    let own = |vote: &Vote| vote.rater == rater && vote.source == REVIEW;
    let mut asked: HashSet<ImageId> = store.active_votes()?.into_iter().filter(own).map(|vote| vote.image).collect();
    if let Some(unsure) = store.tags()?.into_iter().find(|tag| tag.name == UNSURE) {
        let tagged = store.tagged()?.into_iter().filter(|tagged| tagged.rater == rater && tagged.tag == unsure.id);
        asked.extend(tagged.map(|tagged| tagged.image));
    }
    Ok(asked)
}
