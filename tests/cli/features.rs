//! Photos as rows of numbers.

use std::path::Path;

use image::{Rgb, RgbImage};

use super::common::{World, backbone_weights};

#[test]
fn wrong_requests_are_refused_before_any_work() {
    let world = World::new();
    world.write("photos/a.png", "");
    world.write("net.safetensors", "no weights, however long this may be");
    world.write("old.npy", "kept");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["photos", "--backbone", "net.safetensors", "-o", "f.csv"], 2, ".npy"),
        (&["photos", "--backbone", "net.safetensors", "-o", "old.npy"], 2, "--overwrite"),
        (&["photos", "--backbone", "gone.pth", "-o", "f.npy"], 2, "gone.pth"),
        (&["photos", "-o", "f.npy"], 2, "--backbone"),
        (&["photos", "--backbone", "net.safetensors", "-o", "f.npy", "--device", "cpu"], 65, "net.safetensors"),
    ];
    for (arguments, status, named) in cases {
        let ran = world.run(&[&["features"], *arguments].concat()).expect(*status);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read(world.path("old.npy")).expect("kept"), b"kept");
    assert!(!world.path("f.npy").exists());
}

#[test]
fn a_matrix_is_written_and_bad_photos_are_listed() {
    let Some(weights) = backbone_weights() else { return };
    let world = World::new();
    world.write("photos/b.png", "no photo");
    for name in ["a", "c"] {
        let photo = RgbImage::from_fn(300, 240, |x, y| Rgb([x as u8, y as u8, name.as_bytes()[0]]));
        photo.save(world.path(&format!("photos/{name}.png"))).expect("writes");
    }
    let weights = weights.to_string_lossy();
    let arguments = ["features", "photos", "--backbone", &weights, "-o", "f.npy", "--device", "cpu", "--json"];
    let body = world.run(&arguments).expect(3).json();
    assert_eq!((body["photos"].as_u64(), body["features"].as_u64()), (Some(2), Some(16704)));
    assert!(body["failed"][0]["path"].as_str().expect("path").ends_with("b.png"), "{body}");
    assert!(body["extractor"].as_str().expect("id").starts_with("mobilenet-v2-"), "{body}");
    let list = std::fs::read_to_string(world.path("f.paths.txt")).expect("list");
    let names: Vec<_> = list.lines().filter_map(|line| Path::new(line).file_name()).collect();
    assert_eq!(names, ["a.png", "c.png"]);
    assert_eq!(std::fs::metadata(world.path("f.npy")).expect("matrix").len(), 128 + 2 * 16704 * 4);
}
