//! Labels to every format and back, through the binary.

use std::collections::BTreeMap;

use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::common::World;

const PHOTOS: [&str; 3] = ["red.png", "green.png", "sub/blue one.png"];

/// A project with three photos, two raters and defects.
fn labelled() -> World {
    let world = World::new();
    for (index, name) in PHOTOS.into_iter().enumerate() {
        let path = world.path("photos").join(name);
        std::fs::create_dir_all(path.parent().expect("folder")).expect("makes");
        let photo = RgbImage::from_fn(24, 24, |x, y| Rgb([(x * 9) as u8, (y * 9) as u8, index as u8 * 90]));
        photo.save(path).expect("saves");
    }
    let text = "path,score,rater,rated_at,flags\n\
        photos/red.png,75,me,2026-11-01T10:00:00Z,blur;dust\n\
        photos/red.png,61.5,anna,2026-11-01T11:00:00Z,\n\
        photos/green.png,25,me,2026-11-01T10:01:00Z,\n\
        photos/sub/blue one.png,,anna,2026-11-01T11:01:00Z,cropped\n";
    world.write("labels.csv", text);
    let said = world.run(&["label", "import", "labels.csv", "--scale", "0..100", "--json"]).expect(0).json();
    assert_eq!((said["rows"].as_u64(), said["added"].as_u64(), said["indexed"].as_u64()), (Some(6), Some(6), Some(3)));
    world
}

/// What a project's CSV says, without where the file lies: content, score, rater, date and flags.
fn facts(world: &World, project: &str) -> Vec<Vec<String>> {
    let file = world.path(&format!("{project}-facts.csv"));
    let file = file.to_str().expect("path");
    world.run(&["--project", project, "label", "export", "-o", file, "--overwrite"]).expect(0);
    let mut reader = csv::Reader::from_path(file).expect("opens");
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            [1, 2, 4, 5, 7].map(|column| record[column].to_owned()).to_vec()
        })
        .collect();
    rows.sort();
    rows
}

/// Mean and defects of each photo, by content.
fn means(world: &World, project: &str) -> BTreeMap<String, (String, Value)> {
    let file = world.path(&format!("{project}-means.jsonl"));
    let path = file.to_str().expect("path");
    world.run(&["--project", project, "label", "export", "-o", path, "--overwrite"]).expect(0);
    let text = std::fs::read_to_string(&file).expect("reads");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mean = |line: Value| {
        let score = line["score"].as_f64().map_or_else(String::new, |score| format!("{score:.6}"));
        (line["content_sha256"].as_str().expect("content").to_owned(), (score, line["tags"].clone()))
    };
    lines.map(mean).collect()
}

#[test]
fn a_corrected_file_is_told_from_another_opinion() {
    let world = labelled();
    let file = |name: &str, score: &str| {
        world.write(name, &format!("path,score\nphotos/red.png,{score}\nphotos/gone.png,5\n"))
    };
    let import = |arguments: &[&str]| world.run(&[&["label", "import", "--scale", "0..100"], arguments].concat());
    file("first.csv", "20");
    file("second.csv", "80");
    let first = import(&["first.csv"]).expect(3);
    assert!(first.stdout.contains("2 labels: 1 new, 0 as before, 1 left out"), "{}", first.stdout);
    let second = import(&["second.csv"]).expect(3);
    assert!(second.stdout.contains("1 of these photos have labels of import:first.csv, too"), "{}", second.stdout);
    assert!(second.stdout.contains("--rater import:first.csv"), "{}", second.stdout);
    let corrected = import(&["second.csv", "--rater", "import:first.csv"]).expect(3);
    assert!(!corrected.stdout.contains("too: the mean"), "{}", corrected.stdout);
    world.run(&["label", "export", "-o", "all.csv"]).expect(0);
    let text = std::fs::read_to_string(world.path("all.csv")).expect("reads");
    let of_first: Vec<&str> = text.lines().filter(|line| line.contains("import:first.csv")).collect();
    assert!(of_first.len() == 1 && of_first[0].contains("80"), "{text}");
}

#[test]
fn labels_go_to_every_format_and_come_back() {
    let world = labelled();
    for (name, format, by_rater) in [
        ("out.csv", "csv", true),
        ("tasks.json", "label-studio", true),
        ("metadata.jsonl", "jsonl", false),
        ("hf", "image-folder", false),
        ("fo", "fiftyone", false),
        ("stars", "xmp", false),
    ] {
        world.run(&["label", "export", "-o", name, "--format", format]).expect(0);
        let refused = world.run(&["label", "export", "-o", name, "--format", format]).expect(2);
        assert!(refused.stderr.contains("already exists"), "{format}: {}", refused.stderr);
        // Another project that knows the photos.
        let other = format!("other-{format}");
        world.run(&["--project", &other, "open", "photos"]).expect(0);
        let first = world.run(&["--project", &other, "label", "import", name, "--json"]).expect(0).json();
        assert_eq!(first["indexed"], 0, "{format}: the photos are known by their content");
        let second = world.run(&["--project", &other, "label", "import", name, "--json"]).expect(0).json();
        assert_eq!(second["added"], 0, "{format}: nothing is imported twice");
        if by_rater {
            assert_eq!(facts(&world, &other), facts(&world, "project"), "{format}");
        } else {
            assert_eq!(means(&world, &other), means(&world, "project"), "{format}");
        }
    }
    let photos = std::fs::read_dir(world.path("photos")).expect("lists").count();
    assert_eq!(photos, 3, "nothing is written beside the photos");
}

#[test]
fn raters_are_reported_with_scores_without_their_biases() {
    let world = World::new();
    let mut text = "path,score,rater\n".to_owned();
    for index in 0..6_u8 {
        let photo = RgbImage::from_pixel(16, 16, Rgb([index * 40, 90, 20]));
        photo.save(world.path(&format!("{index}.png"))).expect("saves");
        let quality = 30 + 8 * index;
        text.push_str(&format!("{index}.png,{},mild\n{index}.png,{},strict\n", quality + 6, quality - 6));
    }
    world.write("labels.csv", &text);
    world.run(&["label", "import", "labels.csv", "--scale", "0..100"]).expect(0);
    let said = world.run(&["label", "raters"]).expect(0);
    assert!(said.stdout.contains("mild: +6.0 points above the panel"), "{}", said.stdout);
    let report = world.run(&["--json", "label", "raters"]).expect(0).json();
    let first = &report["without_biases"][0];
    assert!(first["path"].as_str().is_some_and(|path| path.ends_with("0.png")) && first["raters"] == 2, "{first}");
    assert!((first["score"].as_f64().expect("score") - 30.0).abs() < 1e-6, "{first}");
    assert!(report["icc_single"].as_f64().is_some_and(|icc| icc > 0.7 && icc < 1.0), "{report}");
}

#[test]
fn an_unknown_format_names_those_there_are() {
    let world = labelled();
    let refused = world.run(&["label", "export", "-o", "x", "--format", "coco"]).expect(2);
    assert!(refused.stderr.contains("image-folder"), "{}", refused.stderr);
    let refused = world.run(&["label", "import", "photos"]).expect(2);
    assert!(refused.stderr.contains("holds no labels"), "{}", refused.stderr);
    world.write("tasks.json", "[{\"data\": {\"image\": \"s3://bucket/a.jpg\"}, \"annotations\": []}]");
    let bad = world.run(&["label", "import", "tasks.json"]).expect(65);
    assert!(bad.stderr.contains("not a file on this machine"), "{}", bad.stderr);
}
