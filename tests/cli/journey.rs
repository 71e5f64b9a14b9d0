//! The main job from the terminal: labels, training, scores, history, report.

use super::common::{World, table};

#[test]
fn labels_become_a_model_and_scores() {
    let world = World::new();
    let run = world.trained();

    let listed = world.run(&["runs", "list"]).expect(0);
    assert!(listed.stdout.contains(&run) && listed.stdout.contains("completed"));
    let view = world.run(&["--json", "runs", "show", "latest"]).expect(0).json();
    assert_eq!(view["run"]["id"], *run);
    assert!(view["points"].as_array().is_some_and(|points| points.len() > 5));
    assert!(world.run(&["runs", "show", &run]).expect(0).stdout.contains("architecture = \"cnn-xs\""));

    std::fs::write(world.path("demo/images/broken.jpg"), "no photo").expect("writes");
    let body = world.run(&["score", "demo/images", "-o", "s.csv", "--json", "--device", "cpu"]).expect(3).json();
    assert_eq!((body["scored"].as_u64(), body["failed"].as_u64()), (Some(45), Some(1)));
    let rows = table(&world.path("s.csv"));
    assert_eq!(rows.len(), 46);
    let broken = rows.iter().find(|row| row["path"].ends_with("broken.jpg")).expect("has a row");
    assert!(broken["score"].is_empty() && !broken["error"].is_empty());
    let scored = rows.iter().filter(|row| !row["score"].is_empty());
    scored.for_each(|row| assert!((0.0..=100.0).contains(&row["score"].parse::<f64>().expect("number"))));

    world.run(&["score", "demo/images", "-o", "s.csv", "--device", "cpu"]).expect(2);
    let body = world.run(&["score", "demo/images", "-o", "s.csv", "--resume", "--json"]).expect(3).json();
    assert_eq!((body["scored"].as_u64(), body["reused"].as_u64()), (Some(0), Some(45)));
    let parts: usize = (1..=2)
        .map(|part| {
            let (shard, file) = (format!("{part}/2"), format!("part{part}.json"));
            world.run(&["score", "demo/images", "-o", &file, "--shard", &shard]);
            let text = std::fs::read_to_string(world.path(&file)).expect("reads");
            serde_json::from_str::<Vec<serde_json::Value>>(&text).expect("an array").len()
        })
        .sum();
    assert_eq!(parts, 46);
    // A part without photos is an empty table, so that what puts parts together need not know.
    let body = world.run(&["score", "demo/images", "-o", "none.csv", "--shard", "1/1000", "--json"]).expect(0).json();
    assert_eq!(
        (body["scored"].as_u64(), body["reused"].as_u64(), body["failed"].as_u64()),
        (Some(0), Some(0), Some(0))
    );
    assert!(table(&world.path("none.csv")).is_empty());

    world.run(&["open", "demo/images"]).expect(3);
    world.run(&["report", "-o", "report.html"]).expect(0);
    let html = std::fs::read_to_string(world.path("report.html")).expect("reads");
    assert!(html.contains("<svg") && html.contains("data:image/jpeg"));
    world.run(&["report", "-o", "report.html"]).expect(2);
}

#[test]
fn the_history_can_be_edited_and_restored() {
    let world = World::new();
    let run = world.trained();
    world.run(&["runs", "rename", "latest", "summer"]).expect(0);
    world.run(&["runs", "note", "summer", "first labels"]).expect(0);
    world.run(&["runs", "tag", "summer", "autumn", " new camera "]).expect(0);
    world.run(&["runs", "tag", "summer", ""]).expect(2);
    world.run(&["runs", "tag", "summer"]).expect(2);
    world.run(&["runs", "tag", "summer", "--remove", "autumn"]).expect(0);
    let shown = world.run(&["runs", "show", "summer"]).expect(0).stdout;
    assert!(shown.contains("first labels") && shown.contains("tags        new camera\n"), "{shown}");
    let compared = world.run(&["--json", "runs", "compare", "summer", "latest"]).expect(0).json();
    assert_eq!((&compared["runs"][1], &compared["settings"]), (&run.as_str().into(), &serde_json::json!({})));
    assert!(compared["results"]["test_srcc"][0].is_number());
    world.run(&["runs", "delete", "summer"]).expect(0);
    assert!(!world.run(&["runs", "list"]).expect(0).stdout.contains(&run));
    world.run(&["score", "demo", "-o", "s.csv", "--model", "summer"]).expect(1);
    world.run(&["runs", "restore", &run]).expect(0);
    assert!(world.run(&["models", "list"]).expect(0).stdout.contains("summer"));
    world.run(&["score", "demo", "-o", "s.csv", "--model", "latest", "--device", "cpu"]).expect(0);
    world.run(&["models", "compare", "default", "summer"]).expect(1);
    world.run(&["score", "demo", "-o", "d.csv", "--model", "default", "--device", "cpu"]).expect(0);
    let found = world.run(&["--json", "models", "compare", "default", "summer", "-n", "3"]).expect(0).json();
    let apart = |place: usize| {
        let scores = &found["comparison"]["photos"][place]["scores"];
        (scores[0]["value"].as_f64().expect("a score") - scores[1]["value"].as_f64().expect("a score")).abs()
    };
    assert!(apart(0) >= apart(1) && apart(1) >= apart(2) && apart(0) > 0.0);
    assert!(found["photos_scored_by_both"].as_u64() > Some(3));
    assert_eq!(found["comparison"]["photos"].as_array().map(Vec::len), Some(3));
}

#[test]
fn json_progress_is_one_object_a_line() {
    let world = World::new();
    world.demo();
    let ran = world.run(&["open", "demo", "--progress", "json"]).expect(0);
    let events: Vec<serde_json::Value> =
        ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("started"), count("finished")), (1, 1));
    assert!(count("progress") >= 1);
    assert_eq!(events.last().expect("events")["status"], "completed");
}
