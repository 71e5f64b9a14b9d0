//! Real photos and real human scores, where they are at hand.

use std::path::{Path, PathBuf};

use super::common::{World, table};

/// The folder of real data, or nothing with a message.
fn data() -> Option<PathBuf> {
    let folder = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let there = folder.join("products/manifest.csv").exists();
    if !there {
        eprintln!("skipped: no real data in {} (set PACKSHOT_TEST_DATA)", folder.display());
    }
    there.then_some(folder)
}

#[test]
fn a_real_catalogue_is_indexed_whole_and_human_scores_find_their_photos() {
    let Some(data) = data() else { return };
    let world = World::new();
    let products = data.join("products");
    let expected = table(&products.join("manifest.csv")).len() as u64;
    let body = world.run(&["open", &products.to_string_lossy(), "--json"]).expect(0).json();
    assert_eq!((body["found"].as_u64(), body["failed"].as_array().map(Vec::len)), (Some(expected), Some(0)));

    let manifest = data.join("mos/biq2021/manifest.csv");
    let votes = table(&manifest).len() as u64;
    let body = world.run(&["label", "import", &manifest.to_string_lossy(), "--json"]).expect(0).json();
    assert_eq!((body["added"].as_u64(), body["indexed"].as_u64()), (Some(votes), Some(votes)));
    let store = packshot::store::Store::open(&world.path("project")).expect("store");
    let grouped = store.photos().expect("photos").into_iter().filter(|photo| photo.group.is_some()).count();
    assert_eq!(grouped as u64, votes, "every labelled photo has the group of its manifest");
}

#[test]
fn real_photos_get_one_row_each() {
    let Some(data) = data() else { return };
    let world = World::new();
    world.trained();
    let folder = data.join("products/grocery-iconic");
    let expected = std::fs::read_dir(&folder).expect("reads").flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        [".jpg", ".jpeg", ".png", ".webp"].iter().any(|ending| name.ends_with(ending))
    });
    let expected = expected.count();
    let body =
        world.run(&["score", &folder.to_string_lossy(), "-o", "s.csv", "--json", "--device", "cpu"]).expect(0).json();
    assert_eq!(body["scored"].as_u64(), Some(expected as u64));
    let rows = table(&world.path("s.csv"));
    assert_eq!(rows.len(), expected);
    assert!(rows.iter().all(|row| row["error"].is_empty() && !row["score"].is_empty()));
}
