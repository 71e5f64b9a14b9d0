//! Pairs: some photos held against each other until their order is settled.
//!
//! What is known of them before is what people scored and, for the ranking and the choice of pairs alone, what a model
//! predicts; labels take nothing from the model ([`super::fused`]).

use std::collections::{HashMap, HashSet};

use super::Project;
use crate::domain::{ImageId, Score};
use crate::error::Result;
use crate::labels::fuse::noise;
use crate::labels::latent::{Belief, Duel, Evidence, Noise, Posterior};

/// Share of pairs in the right order from which comparing may end.
pub const SETTLED: f64 = 0.95;

/// Bits that the best pair is expected to tell below which comparing brings next to nothing.
pub const TELLING: f64 = 0.02;

/// Pairs that are prepared ahead.
const AHEAD: usize = 4;

/// Where a photo stands of which nothing is known: mean and deviation, in points.
const ANYWHERE: (f64, f64) = (50.0, 25.0);

/// Least deviation of a prediction, in points: no model is that sure of a taste.
const SUREST: f64 = 8.0;

/// Half the width of a 90 % interval, in deviations.
const HALF_WIDTH: f64 = 1.645;

/// Photos that are to be ordered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArenaRequest {
    /// The photos, each with what a model predicts of it.
    pub photos: Vec<(ImageId, Option<Score>)>,
    /// Pairs that are not to be shown: the person skipped them.
    pub skipped: Vec<[ImageId; 2]>,
}

/// A photo in the order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The photo.
    pub image: ImageId,
    /// Its quality on the scale of scores, and the 90 % interval.
    pub score: Score,
    /// How often it was compared with another one of them.
    pub compared: u32,
}

/// How far the order is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arena {
    /// Best first.
    pub ranking: Vec<Ranked>,
    /// The pairs that would tell most, best first.
    pub next: Vec<[ImageId; 2]>,
    /// Judged pairs among them.
    pub judged: u64,
    /// The share of pairs that are expected to stand in the right order.
    pub settled: f64,
    /// Bits that the best pair is expected to tell.
    pub gain: f64,
}

impl Arena {
    /// Comparing may end: the order is settled, or no pair would tell much.
    pub fn may_stop(&self) -> bool {
        self.ranking.len() > 1 && self.judged > 0 && (self.settled >= SETTLED || self.gain < TELLING)
    }
}

/// Puts photos in order by all that was said of them, and chooses the pairs to ask for next.
///
/// # Errors
/// When the database cannot be read.
pub fn look_at_arena(project: &Project, request: &ArenaRequest) -> Result<Arena> {
    let store = project.store()?;
    let places: HashMap<ImageId, usize> = request.photos.iter().map(|photo| photo.0).zip(0..).collect();
    let pairs: Vec<Duel> = store
        .pairs()?
        .into_iter()
        .filter_map(|pair| {
            let (first, second) = (*places.get(&pair.image)?, *places.get(&pair.other)?);
            Some(Duel { first, second, preference: pair.preference })
        })
        .filter(|duel| duel.first != duel.second)
        .collect();
    let noise = noise(&store.opinions()?);
    let mut beliefs = Vec::with_capacity(request.photos.len());
    for (image, predicted) in &request.photos {
        let scored = store.label_of(*image)?.map(|label| scored(label.mos, label.n, noise));
        beliefs.push(scored.map_or(predicted_belief(*predicted), |scored| scored.and(predicted_belief(*predicted))));
    }
    let skipped: HashSet<[ImageId; 2]> = request.skipped.iter().flat_map(|[a, b]| [[*a, *b], [*b, *a]]).collect();
    let ids: Vec<ImageId> = request.photos.iter().map(|photo| photo.0).collect();
    let mut compared = vec![0_u32; ids.len()];
    pairs.iter().for_each(|duel| [duel.first, duel.second].into_iter().for_each(|place| compared[place] += 1));
    let (judged, last) = (pairs.len() as u64, pairs.last().copied());
    let posterior = Posterior::new(Evidence { beliefs, duels: pairs, noise });
    let best = posterior.best_pairs(AHEAD, |a, b| {
        let again = last.is_some_and(|last| [last.first.min(last.second), last.first.max(last.second)] == [a, b]);
        again || skipped.contains(&[ids[a], ids[b]])
    });
    // Which photo stands on the left must not depend on which is better.
    let side = |(turn, (a, b, _)): (u64, &(usize, usize, f64))| {
        if (judged + turn).is_multiple_of(2) { [ids[*a], ids[*b]] } else { [ids[*b], ids[*a]] }
    };
    Ok(Arena {
        ranking: ranking(&posterior, &ids, &compared),
        next: (0..).zip(&best).map(side).collect(),
        judged,
        settled: posterior.settled(),
        gain: best.first().map_or(0.0, |best| best.2),
    })
}

fn scored(mos: f64, n: u32, noise: Noise) -> Belief {
    Belief { mean: mos, precision: f64::from(n) / (noise.score * noise.score) }
}

fn predicted_belief(predicted: Option<Score>) -> Belief {
    match predicted {
        // The interval ends at 0 and 100: its wider side says more.
        Some(score) => {
            let half = (score.high - score.value).max(score.value - score.low);
            Belief::new(score.value, (half / HALF_WIDTH).max(SUREST))
        }
        None => Belief::new(ANYWHERE.0, ANYWHERE.1),
    }
}

fn ranking(posterior: &Posterior, ids: &[ImageId], compared: &[u32]) -> Vec<Ranked> {
    let ranked = |(place, &image): (usize, &ImageId)| {
        let (value, half) = (posterior.means[place], HALF_WIDTH * posterior.deviation(place));
        let score = Score { value, low: value - half, high: value + half };
        Ranked { image, score, compared: compared[place] }
    };
    let mut ranking: Vec<Ranked> = ids.iter().enumerate().map(ranked).collect();
    ranking.sort_by(|a, b| b.score.value.total_cmp(&a.score.value).then(a.image.cmp(&b.image)));
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Ballot, RATER, cast_votes, labels_of, list_photos, undo_votes};
    use crate::config::Config;
    use crate::domain::{ImportedFile, Preference, VoteKind};

    fn project(photos: usize) -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("p"), Config::default()).expect("project");
        let file = |index: usize| ImportedFile {
            path: folder.path().join(format!("{index}.png")),
            sha256: format!("{index}"),
            bytes: 1,
            modified_ms: 0,
            width: 1,
            height: 1,
            format: "png".to_owned(),
            error: None,
        };
        let mut store = project.store().expect("store");
        store.import_files(&(0..photos).map(file).collect::<Vec<_>>(), 0).expect("imports");
        (folder, project)
    }

    fn judge(project: &Project, [first, second]: [ImageId; 2]) {
        let preference = if first < second { Preference::Better } else { Preference::Worse };
        let votes = vec![(first, VoteKind::Pair { other: second, preference })];
        cast_votes(project, &Ballot { rater: RATER.to_owned(), votes, ..Ballot::default() }).expect("casts");
    }

    #[test]
    fn pairs_order_photos_until_it_says_that_it_may_end() {
        let (_folder, project) = project(8);
        let photos: Vec<_> = (1..=8).map(|id| (ImageId(id), None)).collect();
        let request = ArenaRequest { photos, skipped: Vec::new() };
        let mut arena = look_at_arena(&project, &request).expect("looks");
        assert!(!arena.may_stop() && (arena.settled - 0.5).abs() < 0.01, "nothing is known: {arena:?}");
        let mut judged = 0;
        while !arena.may_stop() {
            judge(&project, arena.next[0]);
            let before = arena.next[0];
            arena = look_at_arena(&project, &request).expect("looks");
            assert!(
                !arena.next.contains(&before) && !arena.next.contains(&[before[1], before[0]]),
                "not twice in a row"
            );
            judged += 1;
            assert!(judged < 200, "{arena:?}");
        }
        let order: Vec<i64> = arena.ranking.iter().map(|ranked| ranked.image.0).collect();
        assert_eq!((order.as_slice(), arena.judged), ([1, 2, 3, 4, 5, 6, 7, 8].as_slice(), judged));
        let labels: Vec<f64> =
            list_photos(&project).expect("photos").into_iter().filter_map(|row| Some(row.label?.mos)).collect();
        assert!(labels.len() == 8 && labels.is_sorted_by(|a, b| a > b), "compared photos have labels: {labels:?}");
        assert_eq!(labels_of(&project, &[ImageId(3)]).expect("labels")[0].1.map(|label| label.mos), Some(labels[2]));
        while undo_votes(&project, RATER).expect("undoes").is_some() {}
        assert!(list_photos(&project).expect("photos").iter().all(|row| row.label.is_none()));
    }

    #[test]
    fn a_prediction_orders_photos_but_makes_no_label() {
        let (_folder, project) = project(2);
        let score = |value: f64| Some(Score { value, low: value - 10.0, high: value + 10.0 });
        let photos = vec![(ImageId(1), score(30.0)), (ImageId(2), score(60.0))];
        let request = ArenaRequest { photos, skipped: Vec::new() };
        let arena = look_at_arena(&project, &request).expect("looks");
        assert_eq!(arena.ranking.iter().map(|ranked| ranked.image.0).collect::<Vec<_>>(), [2, 1]);
        assert!(list_photos(&project).expect("photos").iter().all(|row| row.label.is_none()));
        let skipped = ArenaRequest { skipped: vec![[ImageId(2), ImageId(1)]], ..request };
        assert!(look_at_arena(&project, &skipped).expect("looks").next.is_empty());
    }
}
