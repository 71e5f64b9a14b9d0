//! One photo, one model, one score: training's own validation, scoring, and scoring again.

use std::collections::HashMap;

use packshot::api::{self, TrainRequest};

use super::common::{fill, project, score, train, value};

#[test]
fn validation_and_scoring_agree_and_scores_are_reused() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["train.epochs=3"]);
    let photos = fill(&project, folder.path(), 45);
    let summary = train(&project, TrainRequest::default());
    let model = api::find_model(&project, None).expect("model");
    assert_eq!(Some(&model.card.id), summary.model.as_ref());

    let table = std::fs::read_to_string(model.folder.join("validation.csv")).expect("validation scores");
    let validation: HashMap<&str, f64> = table
        .lines()
        .skip(1)
        .filter_map(|line| Some((line.split(',').next()?, line.rsplit(',').next()?.parse().ok()?)))
        .collect();
    assert!(validation.len() >= 3);

    let first = score(&project, vec![photos.clone()]);
    assert_eq!((first.scored, first.reused, first.failed, first.rows.len()), (45, 0, 0, 45));
    let mut compared = 0;
    for row in &first.rows {
        if let Some(expected) = validation.get(row.sha256.as_str()) {
            assert!((value(row) - expected).abs() < 1e-3, "{}: {} vs {expected}", row.path.display(), value(row));
            compared += 1;
        }
    }
    assert_eq!(compared, validation.len());

    let broken = photos.join("broken.jpg");
    std::fs::write(&broken, "not a photo").expect("writes");
    let second = score(&project, vec![photos]);
    assert_eq!((second.scored, second.reused, second.failed, second.rows.len()), (0, 45, 1, 46));
    let row = second.rows.iter().find(|row| row.path == broken).expect("has a row");
    assert!(row.score.is_none() && row.error.as_ref().is_some_and(|error| error.contains("broken.jpg")));
}
