//! Folders and label files, good and bad.

use image::RgbImage;

use super::common::{World, table};

fn photo(value: u8) -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| image::Rgb([value, x as u8, y as u8]))
}

#[test]
fn bad_photos_are_listed_and_never_fatal() {
    let world = World::new();
    std::fs::create_dir_all(world.path("photos/ä 图")).expect("folder");
    photo(1).save(world.path("photos/good.png")).expect("writes");
    photo(2).save(world.path("photos/ä 图/gut.jpg")).expect("writes");
    world.write("photos/text.jpg", "no photo");
    world.write("photos/empty.png", "");
    let whole = std::fs::read(world.path("photos/good.png")).expect("reads");
    std::fs::write(world.path("photos/cut.png"), &whole[..whole.len() / 2]).expect("writes");
    let ran = world.run(&["open", "photos", "--json"]).expect(3);
    let body = ran.json();
    assert_eq!((body["found"].as_u64(), body["added"].as_u64()), (Some(5), Some(5)));
    assert_eq!(body["failed"].as_array().map(Vec::len), Some(3));

    let again = world.run(&["open", "photos", "--json"]).json();
    assert_eq!((again["added"].as_u64(), again["failed"].as_array().map(Vec::len)), (Some(0), Some(3)));
    std::fs::rename(world.path("photos/good.png"), world.path("photos/moved.png")).expect("moves");
    let moved = world.run(&["open", "photos", "--json"]).json();
    assert_eq!(
        (moved["moved"].as_u64(), moved["missing"].as_u64(), moved["added"].as_u64()),
        (Some(1), Some(0), Some(0))
    );
    std::fs::remove_file(world.path("photos/moved.png")).expect("removes");
    assert_eq!(world.run(&["open", "photos", "--json"]).json()["missing"].as_u64(), Some(1));
}

#[test]
fn labels_come_back_as_they_went_out() {
    let world = World::new();
    std::fs::create_dir_all(world.path("photos")).expect("folder");
    (0..4).for_each(|index| photo(index).save(world.path(&format!("photos/{index}.png"))).expect("writes"));
    world.write(
        "photos/labels.csv",
        "path,score,group\n0.png,10,a\n1.png,55.5,a\n2.png,90,b\nnot-there.png,50,b\n3.png,250,b\n",
    );
    let body = world.run(&["label", "import", "photos/labels.csv", "--scale", "0..100", "--json"]).expect(3).json();
    assert_eq!((body["added"].as_u64(), body["indexed"].as_u64()), (Some(3), Some(3)));
    assert_eq!(body["problems"].as_array().map(Vec::len), Some(2), "{body}");
    let again = world.run(&["label", "import", "photos/labels.csv", "--scale", "0..100", "--json"]).json();
    assert_eq!((again["added"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(3)));

    world.run(&["label", "export", "-o", "out.csv"]).expect(0);
    world.run(&["label", "export", "-o", "out.csv"]).expect(2);
    world.run(&["label", "export", "-o", "metadata.jsonl"]).expect(0);
    let scores = |world: &World| {
        let mut rows: Vec<_> =
            table(&world.path("out.csv")).into_iter().map(|row| (row["path"].clone(), row["score"].clone())).collect();
        rows.sort();
        rows
    };
    let before = scores(&world);
    assert_eq!(before.len(), 3);
    for file in ["out.csv", "metadata.jsonl"] {
        std::fs::remove_dir_all(world.path("project")).expect("removes");
        world.run(&["label", "import", file]).expect(0);
        world.run(&["label", "export", "-o", "out2.csv", "--overwrite"]).expect(0);
        let values = |path: &str| {
            let rows = table(&world.path(path)).into_iter();
            let mut rows: Vec<(String, f64)> =
                rows.map(|row| (row["path"].clone(), row["score"].parse().expect("number"))).collect();
            rows.sort_by(|a, b| a.0.cmp(&b.0));
            rows
        };
        assert_eq!(values("out2.csv"), values("out.csv"), "{file}");
    }
}

#[test]
fn an_ambiguous_scale_is_refused() {
    let world = World::new();
    std::fs::create_dir_all(world.path("photos")).expect("folder");
    photo(1).save(world.path("photos/a.png")).expect("writes");
    world.write("photos/stars.csv", "path,score\na.png,4\n");
    let ran = world.run(&["label", "import", "photos/stars.csv"]).expect(2);
    assert!(ran.stderr.contains("--scale"), "{}", ran.stderr);
    world.run(&["label", "import", "photos/stars.csv", "--scale", "1..5"]).expect(0);
    world.run(&["label", "export", "-o", "out.csv"]).expect(0);
    assert_eq!(table(&world.path("out.csv"))[0]["score"].parse::<f64>().expect("number"), 75.0);
}

#[test]
fn a_newer_project_is_refused_clearly() {
    let world = World::new();
    world.make_project();
    let conn = rusqlite::Connection::open(world.path("project/packshot.db")).expect("opens");
    conn.pragma_update(None, "user_version", 999).expect("sets");
    drop(conn);
    let ran = world.run(&["runs", "list"]).expect(1);
    assert!(ran.stderr.contains("newer Packshot"), "{}", ran.stderr);
}

#[test]
fn a_demo_is_drawn_once_and_never_over_other_files() {
    let world = World::new();
    world.write("mine/notes.txt", "keep me");
    world.run(&["demo", "mine", "--skus", "2", "--shots", "2"]).expect(2);
    assert_eq!(std::fs::read_dir(world.path("mine")).expect("reads").count(), 1);
    let photos = |body: serde_json::Value| body["photos"].as_u64();
    let draw = ["demo", "demo", "--skus", "2", "--shots", "2", "--json", "--progress", "none"];
    assert_eq!(photos(world.run(&draw).expect(0).json()), Some(4));
    assert_eq!(photos(world.run(&draw).expect(0).json()), Some(4));
}

#[test]
fn a_photo_is_one_photo_however_its_path_is_written() {
    let world = World::new();
    std::fs::create_dir_all(world.path("photos/sub")).expect("folder");
    photo(1).save(world.path("photos/a.png")).expect("writes");
    world.write("photos/labels.csv", "path,score\n./sub/../a.png,70\n");
    world.run(&["open", "photos/sub/.."]).expect(0);
    let body = world.run(&["label", "import", "photos/sub/../labels.csv", "--json"]).expect(0).json();
    assert_eq!((body["added"].as_u64(), body["indexed"].as_u64()), (Some(1), Some(0)));
    assert_eq!(world.run(&["open", "photos", "--json"]).json()["added"].as_u64(), Some(0));
}
