//! The report: complete, escaped, self-contained.

use std::cell::RefCell;
use std::path::PathBuf;

use super::*;
use crate::domain::{ModelId, RunId, RunMeta, RunStatus};

fn row(name: &str, value: Option<f64>) -> ScoreRow {
    ScoreRow {
        path: PathBuf::from(format!("shop/{name}")),
        sha256: name.to_owned(),
        model: ModelId("3f9a".to_owned()),
        score: value.map(|value| Score { value, low: (value - 8.0).max(0.0), high: (value + 8.0).min(100.0) }),
        attributes: None,
        reason: value.filter(|value| *value < 40.0).map(|_| "Blurred: sharpness 12, want 25 or more".to_owned()),
        error: value.is_none().then(|| "the file ends too early".to_owned()),
        at_ms: 0,
    }
}

fn run() -> Run {
    let summary = serde_json::json!({
        "best_epoch": 7, "test_mae": 8.25, "test_srcc": 0.845, "test_srcc_low": 0.801, "test_srcc_high": 0.88, "test_n": 210,
    });
    let serde_json::Value::Object(summary) = summary else { panic!("an object") };
    Run {
        id: RunId("20261123-174501-3f9a".to_owned()),
        status: RunStatus::Completed,
        config_toml: "[train]\nepochs = 20\n".to_owned(),
        seed: 7,
        code_version: "0.1.0".to_owned(),
        device: "CPU".to_owned(),
        dataset_digest: "d".to_owned(),
        started_ms: 1_795_452_301_000,
        heartbeat_ms: 0,
        finished_ms: Some(1_795_452_301_000 + 754_000),
        summary,
        error: None,
        meta: RunMeta { name: "first <run>".to_owned(), ..RunMeta::default() },
        origin: None,
    }
}

fn points() -> Vec<MetricPoint> {
    let point = |name: &str, step: u64, value: f64| MetricPoint { name: name.to_owned(), step, value };
    let wobble = |step: u64| ((step * 7919) % 97) as f64 / 97.0;
    (0..400_u64)
        .map(|step| point("train_loss", step, 0.12 + 0.4 * (-(step as f64) / 90.0).exp() + 0.04 * wobble(step)))
        .chain((1..=10).map(|epoch| point("validation_loss", epoch * 40, 0.17 + 0.3 * (-(epoch as f64) / 2.0).exp())))
        .chain((1..=10).map(|epoch| {
            point(
                "validation_srcc",
                epoch * 40,
                0.86 - 0.7 * (-(epoch as f64) / 2.2).exp() - 0.001 * (epoch * epoch) as f64,
            )
        }))
        .collect()
}

fn text_of(rows: &[ScoreRow], run: Option<&Run>, thumbs: &dyn Fn(&ScoreRow) -> Option<Vec<u8>>) -> String {
    let points = points();
    let input =
        ReportInput { title: "Autumn & <b>", made_at_ms: 1_795_453_200_000, run, points: &points, rows, thumbs };
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("report.html");
    write_report(&path, &input, false).expect("writes");
    std::fs::read_to_string(&path).expect("reads")
}

fn sample() -> Vec<ScoreRow> {
    let scored = (0..1204_u32).map(|index| {
        let spread = f64::from((index * 7919) % 1000) / 1000.0;
        row(&format!("photo {index}.jpg"), Some(100.0 * spread.sqrt().mul_add(0.9, 0.05)))
    });
    scored.chain(["<script>alert(1)</script>.jpg", "torn.png"].map(|name| row(name, None))).collect()
}

#[test]
fn the_report_counts_shows_the_extremes_and_lists_failures() {
    let rows = sample();
    let asked = RefCell::new(Vec::new());
    let text = text_of(&rows, Some(&run()), &|row: &ScoreRow| {
        asked.borrow_mut().push(row.score.map_or(-1.0, |score| score.value));
        Some(vec![1, 2, 3])
    });
    assert!(
        text.contains("<dd>1,206</dd>")
            && text.contains("<dd>1,204</dd>")
            && text.contains("<dd class=\"alarm\">2</dd>")
    );
    let asked = asked.into_inner();
    assert_eq!(asked.len(), 24);
    let mut values: Vec<f64> = rows.iter().filter_map(|row| row.score.map(|score| score.value)).collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(asked[..12], values[..12]);
    assert_eq!(asked[12..], values.iter().rev().take(12).copied().collect::<Vec<_>>());
    assert_eq!(text.matches("src=\"data:image/jpeg;base64,AQID\"").count(), 24);
    assert_eq!(text.matches("the file ends too early").count(), 2);
    assert!(text.contains("23 November 2026, 17:00 UTC"));
}

#[test]
fn the_run_shows_its_curves_and_test_metrics_with_intervals() {
    let text = text_of(&sample(), Some(&run()), &|_| None);
    assert_eq!(text.matches("<polyline").count(), 3);
    assert!(text.contains("0.845") && text.contains("0.801 to 0.880"));
    assert!(text.find("SRCC (rank").expect("srcc") < text.find("MAE (points)").expect("mae"));
    assert!(text.contains(">210<") && text.contains("12 min 34 s") && text.contains("epochs = 20"));
    assert!(!text_of(&sample(), None, &|_| None).contains("<polyline"));
}

#[test]
fn everything_is_escaped_and_nothing_is_loaded_from_elsewhere() {
    let text = text_of(&sample(), Some(&run()), &|_| None);
    assert!(text.contains("&lt;script&gt;alert(1)") && !text.contains("<script"));
    assert!(text.contains("Autumn &amp; &lt;b&gt;") && text.contains("first &lt;run&gt;"));
    for outside in ["http:", "https:", "url(", "@import", "<link"] {
        assert!(!text.contains(outside), "{outside}");
    }
}

#[test]
fn few_photos_appear_once_and_none_makes_a_page_too() {
    for (count, cards) in [(0, 0), (1, 1), (3, 3), (24, 24), (25, 24)] {
        let rows: Vec<_> = (0..count).map(|index| row(&format!("{index}.jpg"), Some(f64::from(index)))).collect();
        let text = text_of(&rows, None, &|_| None);
        assert_eq!(text.matches("no preview").count(), cards, "{count}");
        assert_eq!(text.matches("NaN").count(), 0);
    }
    let rows = [row("a.jpg", Some(f64::NAN)), row("b.jpg", Some(100.0))];
    let text = text_of(&rows, None, &|_| None);
    assert!(text.contains("the model gave no score") && text.contains("<title>95 to 100: 1</title>"));
}

#[test]
fn an_existing_file_is_only_replaced_when_told() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("report.html");
    std::fs::write(&path, "mine").expect("writes");
    let input = ReportInput { title: "t", made_at_ms: 0, run: None, points: &[], rows: &[], thumbs: &|_| None };
    write_report(&path, &input, false).expect_err("does not overwrite");
    assert_eq!(std::fs::read(&path).expect("reads"), b"mine");
    write_report(&path, &input, true).expect("overwrites");
    assert!(std::fs::read_to_string(&path).expect("reads").contains("<h1>t</h1>"));
}
