//! `packshot compare`.

use std::path::{Path, PathBuf};

use super::common::{World, table};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference").join(name)
}

/// A world with fixtures in it.
fn world(names: &[&str]) -> World {
    let world = World::new();
    for name in names {
        std::fs::copy(fixture(name), world.path(name)).expect("copies");
    }
    world
}

#[test]
fn metrics_are_printed_written_and_given_as_json_alike() {
    let world = world(&["bottle.png", "bottle-blur.png", "bottle-noise.png"]);
    let edited = ["bottle-noise.png", "bottle-blur.png", "bottle.png"];
    let arguments = [&["compare", "bottle.png"], &edited[..]].concat();
    let ran = world.run(&[&arguments[..], &["-o", "out.csv"]].concat()).expect(0);
    let lines: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let headings = ["PHOTO", "MSE", "MAE", "PSNR", "PSNR-Y", "SSIM", "MS-SSIM", "FSIM", "FSIMc", "GMSD"];
    assert_eq!(lines[0], headings, "{}", ran.stdout);
    assert_eq!(
        lines[3],
        ["bottle.png", "0.00", "0.000", "inf", "inf", "1.0000", "1.0000", "1.0000", "1.0000", "0.0000"]
    );

    let body = world.run(&[&["--json"], &arguments[..]].concat()).expect(0).json();
    let expected = std::fs::read_to_string(fixture("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&expected).expect("JSON");
    let rows = table(&world.path("out.csv"));
    for (index, edited) in edited.iter().enumerate().take(2) {
        let pairs = expected["pairs"].as_array().expect("pairs");
        let pair = pairs.iter().find(|pair| format!("{}.png", pair["edited"].as_str().expect("name")) == **edited);
        for (name, value) in pair.expect("pair").as_object().expect("object").iter().skip(2) {
            let value = value.as_f64().expect("number");
            let found = body["rows"][index][name].as_f64().expect(name);
            assert!((found - value).abs() < 1e-3, "{edited} {name}: {found} instead of {value}");
            assert!((rows[index][name].parse::<f64>().expect("number") - found).abs() < 1e-6, "{edited} {name}");
        }
        let shown: f64 = lines[index + 1][5].parse().expect("SSIM");
        assert!((shown - body["rows"][index]["ssim"].as_f64().expect("ssim")).abs() < 1e-4);
    }
    assert_eq!((&rows[2]["psnr"], &body["rows"][2]["psnr"]), (&String::new(), &serde_json::Value::Null));
    assert!(!world.path("project").exists(), "comparing needs no project and makes none");
}

#[test]
fn another_size_is_refused_by_name_and_stops_no_other_photo() {
    let world = world(&["bottle.png", "bottle-blur.png", "large.png"]);
    world.write("text.png", "no photo");
    let arguments = ["compare", "bottle.png", "large.png", "text.png", "bottle-blur.png"];
    let ran = world.run(&arguments).expect(3);
    assert!(ran.stdout.lines().nth(1).is_some_and(|line| line.starts_with("bottle-blur.png")), "{}", ran.stdout);
    for part in ["2 could not be used", "large.png", "404 × 388", "bottle.png is 192 × 176", "--resize", "text.png"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let body = world.run(&[&["--json"], &arguments[..]].concat()).expect(3).json();
    assert_eq!((body["compared"].as_u64(), body["failed"].as_u64()), (Some(1), Some(2)));

    let ran = world.run(&["compare", "bottle.png", "large.png", "--resize", "--json"]).expect(0);
    let row = ran.json()["rows"][0].clone();
    assert_eq!(row["resized_from"], serde_json::json!([404, 388]));
    assert!(row["ssim"].as_f64().expect("ssim") > 0.9, "the same bottle: {row}");
}

#[test]
fn a_missing_reference_or_a_wrong_file_is_refused_before_any_work() {
    let world = world(&["bottle.png"]);
    world.write("old.csv", "mine");
    world.write("text.png", "no photo");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["gone.png", "bottle.png"], 2, "gone.png"),
        (&["text.png", "bottle.png"], 65, "text.png"),
        (&["bottle.png"], 2, "EDITED"),
        (&["bottle.png", "bottle.png", "-o", "out.xlsx"], 2, ".csv, .json, .parquet"),
        (&["bottle.png", "bottle.png", "-o", "old.csv"], 2, "--overwrite"),
    ];
    for (arguments, status, named) in cases {
        let ran = world.run(&[&["compare"], *arguments].concat()).expect(*status);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(world.path("old.csv")).expect("reads"), "mine");
    world.run(&["compare", "bottle.png", "bottle.png", "-o", "old.csv", "--overwrite"]).expect(0);
    assert_eq!(table(&world.path("old.csv")).len(), 1);
}
