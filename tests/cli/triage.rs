//! `packshot triage`: photos sorted out by band, and photos left alone.

use super::common::{World, table};

#[test]
fn photos_are_copied_by_band_after_a_dry_run_that_writes_nothing() {
    let world = World::new();
    world.run(&["demo", "photos", "--skus", "4", "--shots", "2"]).expect(0);
    let triage = ["triage", "photos", "--to", "sorted", "--reject-below", "50", "--accept-from", "50", "--json"];
    let dry = [&triage[..], &["--dry-run"]].concat();
    let body = world.run(&dry).expect(0).json();
    assert_eq!(body["dry_run"], true);
    assert!(!world.path("sorted").exists());
    let planned = |band: &str| {
        let lines = body["plan"]["bands"].as_array().expect("bands");
        let line = lines.iter().find(|line| line["band"] == band).expect(band);
        line["photos"].as_u64().expect("count") as usize
    };
    assert_eq!(planned("accept") + planned("reject"), 8);
    assert_eq!(planned("review"), 0);
    let body = world.run(&triage).expect(0).json();
    assert_eq!(body["result"]["written"], 8);
    for band in ["accept", "reject"] {
        let copies = std::fs::read_dir(world.path("sorted").join(band)).map_or(0, Iterator::count);
        assert_eq!(copies, planned(band), "{band}");
    }
    let list = body["result"]["list"].as_str().expect("list");
    let rows = table(&world.path(list));
    assert_eq!(rows.len(), 8);
    assert!(
        rows.iter().all(|row| std::path::Path::new(&world.path(&row["written"])).exists() && !row["reason"].is_empty())
    );
    let again = world.run(&triage).expect(0).json();
    assert_eq!((&again["result"]["written"], &again["result"]["there"]), (&0.into(), &8.into()));
    // The photos are all still where they were.
    assert_eq!(world.run(&["score", "photos", "-o", "s.csv", "--json"]).expect(0).json()["failed"], 0);
}

#[test]
fn edges_the_wrong_way_round_and_lost_folders_are_refused() {
    let world = World::new();
    world.run(&["demo", "photos", "--skus", "1", "--shots", "1"]).expect(0);
    let wrong =
        world.run(&["triage", "photos", "--to", "out", "--reject-below", "80", "--accept-from", "20"]).expect(2);
    assert!(wrong.stderr.contains("--reject-below is the lower one"), "{}", wrong.stderr);
    world.run(&["triage", "nowhere", "--to", "out"]).expect(2);
    let among = world.run(&["triage", "photos", "--to", "."]).expect(2);
    assert!(among.stderr.contains("holds the photos themselves"), "{}", among.stderr);
}
