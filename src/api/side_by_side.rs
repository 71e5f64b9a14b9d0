//! The same photos under two models.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

use super::{Project, fused};
use crate::domain::{ImageId, ModelId, Score};
use crate::error::Result;
use crate::train::metrics;

/// What two models say of one photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhotoPair {
    /// The photo.
    pub image: ImageId,
    /// Its file.
    pub path: PathBuf,
    /// The scores of the first and the second model.
    pub scores: [Score; 2],
    /// Its label, 0 to 100.
    pub label: Option<f64>,
}

impl PhotoPair {
    /// How much higher the second model's score is, in points.
    pub fn difference(&self) -> f64 {
        self.scores[1].value - self.scores[0].value
    }
}

/// The photos of a project that two models have scored.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SideBySide {
    /// The photos, the one that they differ on most first.
    pub photos: Vec<PhotoPair>,
    /// Photos of the project that the first and the second model have not scored.
    pub unscored: [usize; 2],
    /// Mean of the second model's score less the first one's, in points.
    pub shift: f64,
    /// Mean of the absolute differences, in points.
    pub mean_difference: f64,
    /// Rank correlation of their scores.
    pub srcc: Option<f64>,
    /// Photos of them that are labelled.
    pub labelled: usize,
    /// Mean absolute difference of the first and the second model's scores to the labels, in points.
    pub mae: [Option<f64>; 2],
}

/// Holds the scores that two models have given the project's photos against each other; nothing is scored for it.
///
/// # Errors
/// When the database cannot be read.
pub fn side_by_side(project: &Project, first: &ModelId, second: &ModelId) -> Result<SideBySide> {
    let store = project.store()?;
    let scores = [store.score_values(first)?, store.score_values(second)?];
    let labels: HashMap<ImageId, f64> =
        fused::labels(&store)?.into_iter().map(|label| (label.image, label.mos)).collect();
    let mut found = SideBySide::default();
    for photo in store.photos()? {
        let [a, b] = [0, 1].map(|at| scores[at].get(&photo.sha256).map(|scored| scored.0));
        for (count, score) in found.unscored.iter_mut().zip([a, b]) {
            *count += usize::from(score.is_none() && photo.error.is_none());
        }
        if let (Some(a), Some(b)) = (a, b) {
            let label = labels.get(&photo.id).copied();
            found.photos.push(PhotoPair { image: photo.id, path: photo.path, scores: [a, b], label });
        }
    }
    // Stable: where they differ alike, in order of path.
    found.photos.sort_by(|a, b| b.difference().abs().total_cmp(&a.difference().abs()));
    summed_up(&mut found);
    Ok(found)
}

fn summed_up(found: &mut SideBySide) {
    let photos = &found.photos;
    let n = photos.len().max(1) as f64;
    found.shift = photos.iter().map(PhotoPair::difference).sum::<f64>() / n;
    found.mean_difference = photos.iter().map(|pair| pair.difference().abs()).sum::<f64>() / n;
    let of = |at: usize| -> Vec<f64> { photos.iter().map(|pair| pair.scores[at].value).collect() };
    found.srcc = metrics::srcc(&of(0), &of(1));
    let labelled: Vec<(&PhotoPair, f64)> = photos.iter().filter_map(|pair| Some((pair, pair.label?))).collect();
    let labels: Vec<f64> = labelled.iter().map(|pair| pair.1).collect();
    let mae = |at: usize| {
        let scores: Vec<f64> = labelled.iter().map(|(pair, _)| pair.scores[at].value).collect();
        metrics::mae(&scores, &labels)
    };
    (found.labelled, found.mae) = (labels.len(), [mae(0), mae(1)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Ballot;
    use crate::config::Config;
    use crate::domain::{ImportedFile, ScoreRow, VoteKind};

    #[test]
    fn photos_that_both_scored_stand_by_their_difference() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(folder.path(), Config::default()).expect("project");
        let file = |name: &str| ImportedFile {
            path: PathBuf::from(name),
            sha256: name.to_owned(),
            bytes: 1,
            modified_ms: 0,
            width: 9,
            height: 9,
            format: "png".to_owned(),
            error: None,
        };
        let mut store = project.store().expect("store");
        store.import_files(&["a", "b", "c", "d"].map(file), 0).expect("imports");
        let row = |name: &str, model: &str, value: f64| ScoreRow {
            path: PathBuf::new(),
            sha256: name.to_owned(),
            model: ModelId(model.to_owned()),
            score: Some(Score { value, low: value, high: value }),
            attributes: None,
            reason: None,
            error: None,
            at_ms: 0,
        };
        store.save_scores(&[row("a", "m", 10.0), row("b", "m", 50.0), row("c", "m", 90.0)], "", 1).expect("saves");
        store.save_scores(&[row("b", "n", 58.0), row("a", "n", 8.0), row("d", "n", 1.0)], "", 1).expect("saves");
        let photo = store.photos().expect("photos")[0].id;
        let ballot = Ballot {
            rater: "me".to_owned(),
            votes: vec![(photo, VoteKind::Mean { score: 9.0, n: 1 })],
            ..Ballot::default()
        };
        crate::api::cast_votes(&project, &ballot).expect("votes");
        let found = side_by_side(&project, &ModelId("m".to_owned()), &ModelId("n".to_owned())).expect("compares");
        let names: Vec<_> = found.photos.iter().map(|pair| pair.path.display().to_string()).collect();
        assert_eq!((names, found.unscored), (vec!["b".to_owned(), "a".to_owned()], [1, 1]));
        assert_eq!((found.shift, found.mean_difference, found.srcc), (3.0, 5.0, Some(1.0)));
        assert_eq!((found.labelled, found.mae), (1, [Some(1.0), Some(1.0)]));
        let none = side_by_side(&project, &ModelId("m".to_owned()), &ModelId("x".to_owned())).expect("compares");
        assert_eq!((none.photos.len(), none.unscored, none.srcc), (0, [1, 4], None));
    }
}
