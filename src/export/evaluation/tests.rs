//! The three kinds of file about an evaluation.

use super::*;
use crate::domain::{
    CalibrationBin, Ceiling, CeilingSource, Difference, GroupLine, Measure, Measured, Residuals, Score, Subset,
    Summary, Verdict,
};
use crate::error::Code;

fn photo(name: &str, label: f64, value: f64) -> EvaluatedPhoto {
    EvaluatedPhoto {
        path: PathBuf::from(format!("shop/{name}")),
        content_sha256: format!("sha of {name}"),
        label,
        score: Score { value, low: value - 10.0, high: value + 10.0 },
        against: Some(Score { value: label, low: label, high: label }),
        group: "mug <1>".to_owned(),
        subset: Some("studio".to_owned()),
        seen: (name == "a.jpg").then_some(Split::Train),
        ratings: Vec::new(),
    }
}

fn summary() -> Summary {
    let measured = |measure: Measure| Measured { measure, value: Some(0.8125), interval: Some((0.701, 0.9)) };
    Summary { n: 2, groups: 1, measures: Measure::ALL.map(measured).to_vec() }
}

fn evaluation() -> Evaluation {
    let bin =
        CalibrationBin { n: 2, range: (30.0, 70.0), score: 50.0, label: 41.0, label_interval: Some((35.0, 45.0)) };
    let group =
        GroupLine { name: "mug <1>".to_owned(), n: 2, label: 41.0, score: 50.0, mae: 21.5, pair_accuracy: Some(1.0) };
    let source = CeilingSource::Raters;
    Evaluation {
        all: summary(),
        subsets: vec![Subset { name: "studio".to_owned(), summary: summary() }],
        groups: vec![group],
        calibration: vec![bin],
        calibration_error: Some(9.0),
        residuals: Residuals { deviation: 12.0, quantiles: [-20.0, -5.0, 9.0, 15.0, 30.0] },
        worst: vec![1, 0],
        threshold: 60.0,
        ceiling: Some(Ceiling { source, n: 40, ratings: 4.0, half: 0.81, panel: 0.9 }),
    }
}

fn written(name: &str) -> String {
    let folder = tempfile::tempdir().expect("temp dir");
    let file = folder.path().join(name);
    let photos = [photo("a.jpg", 30.0, 35.0), photo("b.jpg", 30.0, 70.5)];
    let evaluation = evaluation();
    let srcc = Difference {
        measure: Measure::Srcc,
        first: Some(0.81),
        second: Some(0.8),
        difference: Some(0.01),
        interval: Some((-0.01, 0.03)),
    };
    let comparison = Comparison { n: 2, measures: vec![srcc], verdict: Verdict::NotBetter };
    let input = EvaluationInput {
        model: "first <try>",
        against: Some("second"),
        labels: Path::new("labels.csv"),
        made_at_ms: 1_795_452_301_000,
        photos: &photos,
        failed: &[(PathBuf::from("shop/gone.jpg"), "cannot read it".to_owned())],
        evaluation: &evaluation,
        comparison: Some(&comparison),
        notes: &["1 of these photos served in its training.".to_owned()],
        thumbs: &|photo| photo.path.ends_with("b.jpg").then(|| vec![1, 2, 3]),
    };
    write_evaluation(&file, &input, false).expect("writes");
    assert_eq!(write_evaluation(&file, &input, false).expect_err("exists").code, Code::Usage);
    std::fs::read_to_string(&file).expect("reads")
}

#[test]
fn csv_has_one_row_a_photo_and_those_that_failed() {
    assert_eq!(
        written("e.csv"),
        "path,group,subset,label,score,low,high,residual,against,against_residual,covered,seen,content_sha256,error\n\
         shop/a.jpg,mug <1>,studio,30.0000,35.0000,25.0000,45.0000,5.0000,30.0000,0.0000,yes,train,sha of a.jpg,\n\
         shop/b.jpg,mug <1>,studio,30.0000,70.5000,60.5000,80.5000,40.5000,30.0000,0.0000,no,,sha of b.jpg,\n\
         shop/gone.jpg,,,,,,,,,,,,,cannot read it\n"
    );
}

#[test]
fn json_has_everything() {
    let body: serde_json::Value = serde_json::from_str(&written("e.json")).expect("JSON");
    assert_eq!(body["verdict"], "not better than second: SRCC +0.010, 95 % interval −0.010…+0.030");
    assert_eq!(body["evaluation"]["all"]["measures"][0]["measure"], "srcc");
    assert_eq!(body["evaluation"]["all"]["measures"][0]["interval"], json!([0.701, 0.9]));
    assert_eq!(body["comparison"]["verdict"], "not_better");
    assert_eq!(body["photos"][0]["seen"], "train");
    assert_eq!(body["failed"][0]["reason"], "cannot read it");
    assert_eq!(body["made_at"], "2026-11-23T16:45:01Z");
    assert_eq!(body["evaluation"]["ceiling"]["source"], "raters");
}

#[test]
fn the_page_is_complete_escaped_and_needs_nothing_from_elsewhere() {
    let page = written("e.html");
    for text in [
        "Evaluation of first &lt;try&gt;",
        "first &lt;try&gt; is not better than second: SRCC +0.010, 95 % interval −0.010…+0.030",
        "1 of these photos served in its training.",
        "Labels and scores",
        "Calibration",
        "Residuals (score − label)",
        "mug &lt;1&gt;",
        "good is a label from 60",
        "0.701 to 0.900",
        "label 30, 40 too high",
        "data:image/jpeg;base64,AQID",
        "gone.jpg",
        "40 photos have 4.0 raters on average",
        "0.949",
        "seen in train",
    ] {
        assert!(page.contains(text), "the page lacks {text}");
    }
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(!page.contains("<script") && !page.contains("http") && !page.contains("<try>"));
    // The worst photo comes first.
    let place = |name: &str| page.find(&format!("alt=\"Photo {name}\"")).or_else(|| page.find(name));
    assert!(place("b.jpg") < place("a.jpg"));
}

#[test]
fn unknown_extensions_and_existing_files_are_refused_before_any_work() {
    let error = check_evaluation_file(Path::new("e.xlsx"), true).expect_err("unknown");
    assert!(error.details.expect("hint").contains(".html, .csv, .json"));
    let file = tempfile::Builder::new().suffix(".json").tempfile().expect("temp file");
    assert_eq!(check_evaluation_file(file.path(), false).expect_err("exists").code, Code::Usage);
    check_evaluation_file(file.path(), true).expect("may be replaced");
}
