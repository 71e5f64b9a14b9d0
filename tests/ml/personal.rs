//! The personal model end to end: described once, fitted again and again, one score everywhere, never mistaken for a
//! network.

use std::collections::HashMap;
use std::path::PathBuf;

use packshot::api::{self, PersonalRequest, PersonalSummary, Predictor, Project, ScoreRequest, Tutor};
use packshot::domain::{ImageId, VoteKind};
use packshot::jobs::Outcome;

use super::common::{fill, project, score, silent, value};

fn personal(project: &Project, all: bool) -> PersonalSummary {
    match api::start_personal(project, PersonalRequest { all }, silent()).expect("starts").join(|_| {}) {
        Outcome::Completed(summary) => summary,
        other => panic!("fitting did not complete: {other:?}"),
    }
}

fn described(project: &Project) -> (u64, u64, usize) {
    match api::start_describing(project, silent()).expect("starts").join(|_| {}) {
        Outcome::Completed(summary) => (summary.described, summary.known, summary.failed.len()),
        other => panic!("describing did not complete: {other:?}"),
    }
}

/// What Browse shows.
fn browsed(project: &Project) -> HashMap<PathBuf, f64> {
    let rows = api::list_photos(project).expect("photos").into_iter();
    rows.filter_map(|row| Some((row.photo.path.clone(), row.score?.score.value))).collect()
}

#[test]
fn photos_are_described_once_and_a_stop_keeps_what_is_done() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &["score.batch_size=4"]);
    let photos = fill(&project, folder.path(), 30);
    let job = api::start_describing(&project, silent()).expect("starts");
    job.control().cancel();
    assert!(matches!(job.join(|_| {}), Outcome::Cancelled(_)));
    assert_eq!(described(&project), (30, 0, 0));
    assert_eq!(described(&project), (0, 30, 0));

    // A copy has the features of its content; a new photo is described on the basis that there is; a broken one is told.
    std::fs::copy(photos.join("000.png"), photos.join("copy.png")).expect("copies");
    image::RgbImage::from_fn(90, 70, |x, y| image::Rgb([x as u8, y as u8, 9]))
        .save(photos.join("new.png"))
        .expect("saves");
    let opened = api::open_folders(&project, vec![photos.clone()], silent()).expect("starts").join(|_| {});
    assert!(matches!(opened, Outcome::Completed(_)), "{opened:?}");
    assert_eq!(described(&project), (1, 30, 0));
    std::fs::remove_file(photos.join("new.png")).expect("removes");
    assert_eq!(described(&project), (0, 31, 0), "what is described needs its file no more");
    // The pass has left attributes and the network's score, too.
    assert_eq!(api::known_attributes(&project).expect("attributes").len(), 31);
}

#[test]
fn a_basis_that_the_project_has_outgrown_is_made_anew() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &[]);
    let photos = fill(&project, folder.path(), 24);
    assert_eq!(described(&project), (24, 0, 0));
    for index in 0..30_u32 {
        let photo = image::RgbImage::from_fn(80, 80, |x, y| image::Rgb([(x * index) as u8, (y + index) as u8, 77]));
        photo.save(photos.join(format!("later-{index}.png"))).expect("saves");
    }
    let opened = api::open_folders(&project, vec![photos], silent()).expect("starts").join(|_| {});
    assert!(matches!(opened, Outcome::Completed(_)), "{opened:?}");
    assert_eq!(described(&project), (54, 0, 0));
    assert_eq!(described(&project), (0, 54, 0));
}

#[test]
fn a_personal_model_is_one_model_with_one_score_everywhere() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(&folder.path().join("project"), &[]);
    let photos = fill(&project, folder.path(), 45);
    let summary = personal(&project, false);
    assert_eq!((summary.labels, summary.groups, summary.scored, summary.described), (45, 15, 45, 45));
    assert!(summary.srcc.expect("varies") > 0.5, "{summary:?}");
    assert!(summary.coverage.expect("enough labels") > 0.7, "{summary:?}");
    assert!(summary.forecast.expect("enough sizes").contains("more labels"));
    let again = personal(&project, true);
    assert_eq!((again.described, &again.model), (0, &summary.model), "the same labels give the same model");

    let entry = api::find_model(&project, None).expect("model");
    assert_eq!((Some(&entry.card.id), entry.name.as_str()), (summary.model.as_ref(), "personal"));
    let about = entry.card.personal.clone().expect("says what it is");
    assert_eq!((about.labels, about.base_name.as_str()), (45, "default"));

    let shown = browsed(&project);
    assert_eq!(shown.len(), 45);
    let known = score(&project, vec![photos.clone()]);
    assert_eq!((known.scored, known.reused), (0, 45));
    let anew = ScoreRequest { paths: vec![photos.clone()], again: true, ..ScoreRequest::default() };
    let job = api::start_scoring(&project, anew, silent()).expect("starts");
    let Outcome::Completed(anew) = job.handle.join(|_| {}) else { panic!("not completed") };
    assert_eq!((anew.scored, anew.reused), (45, 0));
    let predictor = Predictor::open(&project, Some("personal")).expect("loads");
    for (row, fresh) in known.rows.iter().zip(&anew.rows) {
        assert!((value(row) - shown[&row.path]).abs() < 1e-9, "Browse and scoring read the same rows");
        assert!((value(row) - value(fresh)).abs() < 0.01, "{} {}", value(row), value(fresh));
        assert!(row.attributes.is_some() && fresh.attributes.is_some());
        let bytes = std::fs::read(&row.path).expect("reads");
        let served = predictor.predict("x", &bytes).expect("predicts");
        assert!((value(&served) - value(row)).abs() < 0.01, "{} {}", value(&served), value(row));
        assert!(row.score.is_some_and(|score| score.low <= score.value && score.value <= score.high));
    }
    // The scores are no copy of the network's.
    let network = ScoreRequest { paths: vec![photos], model: Some("default".to_owned()), ..ScoreRequest::default() };
    let job = api::start_scoring(&project, network, silent()).expect("starts");
    let Outcome::Completed(network) = job.handle.join(|_| {}) else { panic!("not completed") };
    assert!(network.rows.iter().zip(&known.rows).any(|(a, b)| (value(a) - value(b)).abs() > 3.0));
}

#[test]
fn the_model_is_whole_in_its_folder_and_refuses_to_be_a_network() {
    let folder = tempfile::tempdir().expect("temp dir");
    let first = project(&folder.path().join("first"), &[]);
    let photos = fill(&first, folder.path(), 45);
    personal(&first, false);
    let shown = browsed(&first);
    let model = api::find_model(&first, None).expect("model").folder;
    let moved = folder.path().join("moved");
    std::fs::rename(&model, &moved).expect("moves");

    let other = project(&folder.path().join("other"), &[]);
    let named = Some(moved.to_string_lossy().into_owned());
    let request = ScoreRequest { paths: vec![photos], model: named.clone(), ..ScoreRequest::default() };
    let job = api::start_scoring(&other, request, silent()).expect("starts");
    let Outcome::Completed(summary) = job.handle.join(|_| {}) else { panic!("not completed") };
    assert_eq!(summary.scored, 45);
    for row in &summary.rows {
        assert!((value(row) - shown[&row.path]).abs() < 0.01, "{} {}", value(row), shown[&row.path]);
    }
    let error = api::export_onnx(&other, named.as_deref(), &folder.path().join("m.onnx"), false).expect_err("refuses");
    assert!(error.summary.contains("not in this project"), "{error}");
    let error = api::finetune_config(&first, named.as_deref(), None).expect_err("too few labels");
    assert!(error.summary.contains("needs 100 labels"), "{error}");
    let fit = std::fs::read_dir(&moved)
        .expect("reads")
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("fit-"));
    std::fs::write(fit.expect("a fit").path(), "{}").expect("writes");
    let error = Predictor::open(&other, named.as_deref()).err().expect("refuses");
    assert!(error.summary.contains("damaged"), "{error}");
}

#[test]
fn a_vote_changes_the_model_but_not_its_place_among_models() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &[]);
    fill(&project, folder.path(), 45);
    let mut tutor = Tutor::open(&project).expect("opens");
    let before = tutor.learn(false).expect("learns");
    assert!(before.card.is_none() && before.labels == 45 && before.waiting == 45, "no features yet");
    assert_eq!(before.undescribed, 45);
    described(&project);
    tutor.forget();
    let first = tutor.learn(false).expect("learns");
    let card = first.card.expect("a model");
    assert!(first.current, "there is no other model");
    assert_eq!((first.scores.len(), first.waiting, first.undescribed), (45, 0, 0));
    let shown = browsed(&project);
    for row in api::list_photos(&project).expect("photos") {
        assert!((first.scores[&row.photo.id].score.value - shown[&row.photo.path]).abs() < 1e-9);
    }

    let image = *first.scores.keys().min().expect("photos");
    api::cast_vote(&project, image, VoteKind::Rating { level: 5, levels: 5 }).expect("votes");
    let second = tutor.learn(false).expect("learns");
    let changed = second.card.expect("a model");
    assert_ne!(changed.id, card.id);
    assert_eq!(changed.created_ms, card.created_ms);
    let own = |entry: &api::ModelEntry| entry.card.personal.is_some();
    let models = api::list_models(&project).expect("models");
    assert_eq!(models.iter().filter(|entry| own(entry)).count(), 1);
    assert_eq!(models[0].card.id, changed.id);

    let alike = tutor.look_alike(image).expect("looks").expect("is described");
    assert_eq!(alike.nearest.len(), 5);
    assert!(alike.nearest.iter().all(|(other, _)| *other != image));
    assert_eq!(tutor.look_alike(ImageId(999)).expect("looks"), None);
}

#[test]
fn too_few_labels_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = project(folder.path(), &[]);
    fill(&project, folder.path(), 12);
    match api::start_personal(&project, PersonalRequest::default(), silent()).expect("starts").join(|_| {}) {
        Outcome::Failed(error) => {
            assert!(error.summary.contains("needs 20 labelled photos; there are 12"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
