//! Copies, side-cars and lists of scored photos, and what they must not touch.

use std::fs;

use super::*;
use crate::domain::{ModelId, Score};
use crate::jobs::JobEvent;

fn row(path: PathBuf, score: Option<f64>) -> Arc<ScoreRow> {
    Arc::new(ScoreRow {
        sha256: "ab".to_owned(),
        model: ModelId("m".to_owned()),
        score: score.map(|value| Score { value, low: value, high: value }),
        attributes: None,
        reason: None,
        error: score.is_none().then(|| "broken".to_owned()),
        at_ms: 0,
        path,
    })
}

/// Two folders with a photo of the same name, one good and one poor, one between them, and one without a score.
fn request(folder: &Path, output: TriageOutput) -> TriageRequest {
    let photos = folder.join("photos");
    for name in ["a", "b"] {
        fs::create_dir_all(photos.join(name)).expect("folder");
    }
    let file = |name: &str, score| {
        let path = photos.join(name);
        fs::write(&path, format!("photo {name}")).expect("writes");
        row(path, score)
    };
    let rows = vec![
        file("b/shoe.jpg", Some(10.0)),
        file("a/shoe.jpg", Some(20.0)),
        file("a/mug.jpg", Some(90.0)),
        file("a/hat.jpg", Some(50.0)),
        file("a/torn.jpg", None),
    ];
    let bands = [Band::Accept, Band::Reject].into();
    TriageRequest { rows, edges: Edges::default(), bands, output, folder: folder.join("out") }
}

fn finish(request: &TriageRequest) -> Outcome<TriageSummary> {
    let handle = start_triage(request.clone(), Arc::new(|| {})).expect("starts");
    handle.join(|_: &JobEvent<TriageSummary>| {})
}

fn done(request: &TriageRequest) -> TriageSummary {
    match finish(request) {
        Outcome::Completed(summary) => summary,
        other => panic!("{other:?}"),
    }
}

#[test]
fn copies_lie_by_band_and_a_second_run_finds_them() {
    let folder = tempfile::tempdir().expect("temp dir");
    let request = request(folder.path(), TriageOutput::Copies);
    let plan = plan_triage(&request).expect("plans");
    assert!(!request.folder.exists(), "a plan writes nothing");
    let lines: Vec<_> = plan.bands.iter().map(|line| (line.band, line.photos, line.bytes)).collect();
    assert_eq!(lines, [(Band::Accept, 1, 15), (Band::Reject, 2, 32)]);
    assert_eq!((plan.there, plan.missing, plan.unscored), (0, 0, 1));
    let first = done(&request);
    assert_eq!((first.written, first.there, first.failed.len(), first.unscored.len()), (3, 0, 0, 1));
    let read = |name: &str| fs::read_to_string(request.folder.join(name)).expect(name);
    assert_eq!(read("reject/shoe.jpg"), "photo a/shoe.jpg");
    assert_eq!(read("reject/shoe-2.jpg"), "photo b/shoe.jpg");
    assert_eq!(read("accept/mug.jpg"), "photo a/mug.jpg");
    assert!(!request.folder.join("review").exists());
    let second = done(&request);
    assert_eq!((second.written, second.there, second.failed.len()), (0, 3, 0));
    assert_eq!(plan_triage(&request).expect("plans").there, 3);
    assert_ne!(first.list, second.list, "every list stays");
    let list = fs::read_to_string(first.list.expect("list")).expect("reads");
    assert_eq!(list.lines().count(), 5, "{list}");
    assert!(list.lines().last().is_some_and(|line| line.contains("torn.jpg,,,")), "{list}");
    assert!(list.lines().nth(1).is_some_and(|line| line.contains("hat") || line.contains(",accept,90.000,")), "{list}");
}

#[test]
fn copies_of_other_edges_are_seen_before_there_are_two() {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut request = request(folder.path(), TriageOutput::Copies);
    done(&request);
    request.edges = Edges { reject_below: 5.0, accept_from: 15.0 };
    let plan = plan_triage(&request).expect("plans");
    assert_eq!((plan.there, plan.elsewhere), (1, 1), "shoe.jpg of a is accepted now and was rejected before");
}

#[test]
fn what_is_there_is_not_overwritten_and_a_lost_photo_stops_nothing() {
    let folder = tempfile::tempdir().expect("temp dir");
    let request = request(folder.path(), TriageOutput::Copies);
    fs::create_dir_all(request.folder.join("reject")).expect("folder");
    fs::write(request.folder.join("reject/shoe.jpg"), "mine").expect("writes");
    fs::remove_file(&request.rows[2].path).expect("removes");
    let summary = done(&request);
    assert_eq!(fs::read_to_string(request.folder.join("reject/shoe.jpg")).expect("reads"), "mine");
    assert_eq!((summary.written, summary.failed.len()), (1, 2), "{:?}", summary.failed);
    let reasons: Vec<&str> = summary.failed.iter().map(|photo| photo.reason.as_str()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("holds something else")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("mug.jpg")), "{reasons:?}");
}

#[test]
fn side_cars_lie_as_the_photos_do_and_are_no_labels() {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut request = request(folder.path(), TriageOutput::SideCars);
    // Beside the photos, where photo programmes look.
    request.folder = folder.path().join("photos");
    assert_eq!(done(&request).written, 3);
    let side_car = request.folder.join("b/shoe.jpg.xmp");
    let text = fs::read_to_string(&side_car).expect("reads");
    assert!(text.contains("xmp:Rating=\"1\"") && text.contains("xmp:Label=\"Reject\""), "{text}");
    assert_eq!(done(&request).there, 3, "the same once more");
    let read = || labels::parse(&request.folder, None).map_or(0, |labels| labels.rows.len());
    assert_eq!(read(), 0, "a model's stars are nobody's vote");
    fs::write(&side_car, text.replace("xmp:Rating=\"1\"", "xmp:Rating=\"4\"")).expect("somebody rates it");
    assert_eq!(read(), 1);
    assert_eq!(done(&request).failed.len(), 1, "their side-car stays");
}

#[test]
fn wrong_requests_say_what_is_wrong() {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut request = request(folder.path(), TriageOutput::Copies);
    request.folder = folder.path().to_owned();
    let error = plan_triage(&request).expect_err("among the photos");
    assert!(error.summary.contains("holds the photos themselves"), "{error}");
    request.bands = BTreeSet::new();
    assert!(plan_triage(&request).expect_err("no band").summary.contains("no photo lies in"));
}
