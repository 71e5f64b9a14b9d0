//! Photos that are there more than once.

use std::path::Path;

use image::{Rgb, RgbImage, imageops};

use super::common::{World, table};

/// A product on white; every kind another one.
fn photo(kind: u32) -> RgbImage {
    RgbImage::from_fn(320, 400, |x, y| {
        let (dx, dy) = (x.abs_diff(120 + kind * 30), y.abs_diff(180 + kind * 17));
        let inside = dx * dx / (kind + 1) + dy * dy < 9000;
        let stripe = (x / (20 + kind * 7) + y / (31 + kind * 5)).is_multiple_of(2);
        match (inside, stripe) {
            (false, _) => Rgb([251; 3]),
            (_, true) => Rgb([40 + kind as u8 * 60, 90, 160]),
            _ => Rgb([200, 60 + kind as u8 * 50, 70]),
        }
    })
}

fn save(world: &World, name: &str, picture: &RgbImage) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
    picture.save(path).expect("writes");
}

/// Two products; the first also as a smaller JPEG, a crop, and a copy of the file.
fn fill(world: &World) {
    save(world, "photos/a.png", &photo(0));
    save(world, "photos/other.png", &photo(1));
    save(world, "photos/small/a.jpg", &imageops::thumbnail(&photo(0), 160, 200));
    save(world, "photos/crop.png", &imageops::crop_imm(&photo(0), 6, 0, 314, 400).to_image());
    std::fs::copy(world.path("photos/a.png"), world.path("photos/z copy.png")).expect("copies");
}

fn name(path: &str) -> String {
    Path::new(path).file_name().expect("name").to_string_lossy().into_owned()
}

#[test]
fn near_and_exact_duplicates_are_grouped_with_the_best_and_the_reason() {
    let world = World::new();
    fill(&world);
    let ran = world.run(&["duplicates", "photos", "-o", "d.csv"]).expect(0);
    assert!(ran.stdout.contains("groups      1: 0 of the same file, 1 of the same picture"), "{}", ran.stdout);
    assert!(ran.stdout.contains("to spare    3 photos"), "{}", ran.stdout);
    let rows = table(&world.path("d.csv"));
    let best: Vec<String> = rows.iter().filter(|row| row["best"] == "yes").map(|row| name(&row["path"])).collect();
    assert_eq!((rows.len(), best), (4, vec!["a.png".to_owned()]));
    assert!(rows.iter().all(|row| name(&row["path"]) != "other.png" && row["group"] == "1"));
    assert_eq!(rows[0]["reason"], "not cropped: 320×400 against 314×400");
    let twin = rows.iter().find(|row| name(&row["path"]) == "z copy.png").expect("the copy");
    assert_eq!((twin["similarity"].as_str(), &twin["content_sha256"]), ("1.000", &rows[0]["content_sha256"]));
    assert!(rows.iter().all(|row| (0.0..=1.0).contains(&row["similarity"].parse::<f64>().expect("number"))));

    let exact = world.run(&["duplicates", "photos", "--exact", "--json"]).expect(0).json();
    assert_eq!(exact["groups"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&exact["groups"][0]["exact"], exact["groups"][0]["photos"].as_array().map(Vec::len)),
        (&true.into(), Some(2))
    );
}

#[test]
fn what_was_looked_at_is_reused_and_bad_photos_are_listed() {
    let world = World::new();
    fill(&world);
    world.write("photos/no.jpg", "no photo");
    let count = |body: &serde_json::Value| ["photos", "hashed", "reused"].map(|key| body[key].as_u64().expect("count"));
    let first = world.run(&["duplicates", "photos", "--json"]).expect(3).json();
    assert_eq!(
        (first["failed"].as_array().map(Vec::len), first["groups"].as_array().map(Vec::len)),
        (Some(1), Some(1))
    );
    assert_eq!(count(&first)[0], 6);
    let again = world.run(&["duplicates", "photos", "--json"]).expect(3).json();
    assert_eq!(count(&again), [6, 0, 5]);
    assert_eq!(again["groups"], first["groups"]);
    // Indexed photos are not even read, as long as their files stay as they are.
    world.run(&["open", "photos"]).expect(3);
    save(&world, "photos/a.png", &photo(2));
    let changed = world.run(&["duplicates", "photos", "--json"]).expect(3).json();
    assert_eq!(count(&changed), [6, 1, 4]);
}

#[test]
fn wrong_usage_says_what_to_do() {
    let world = World::new();
    fill(&world);
    world.write("there.csv", "keep me");
    let cases: &[(&[&str], &str)] = &[
        (&["duplicates"], "PATH"),
        (&["duplicates", "nowhere"], "nowhere"),
        (&["duplicates", "photos", "-o", "d.xlsx"], ".csv"),
        (&["duplicates", "photos", "-o", "there.csv"], "--overwrite"),
    ];
    for (arguments, named) in cases {
        let ran = world.run(arguments).expect(2);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(world.path("there.csv")).expect("reads"), "keep me");
    world.run(&["duplicates", "photos", "-o", "there.csv", "--overwrite"]).expect(0);
}
