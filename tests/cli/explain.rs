//! `packshot explain`: with the shipped model, without a project's own.

use super::common::{World, table};

#[test]
fn a_score_is_explained_in_words_numbers_and_a_picture() {
    let world = World::new();
    world.run(&["demo", "demo"]).expect(0);
    let photo = format!("demo/{}", table(&world.path("demo/labels.csv"))[0]["path"]);
    let ran = world.run(&["explain", &photo, "-o", "why.png", "--set", "score.device=cpu"]).expect(0);
    for text in ["score", "90 % interval", "model", "written to"] {
        assert!(ran.stdout.contains(text), "lacks {text}:\n{}", ran.stdout);
    }
    let picture = image::open(world.path("why.png")).expect("a picture").to_rgb8();
    let coloured = picture.pixels().filter(|pixel| pixel.0[0].abs_diff(pixel.0[2]) > 40).count();
    assert!(coloured > 100, "{coloured}");

    let body = world.run(&["explain", &photo, "--occlusion", "--json", "--set", "score.device=cpu"]).expect(0).json();
    world.run(&["score", &photo, "-o", "s.csv", "--device", "cpu"]).expect(0);
    let score: f64 = table(&world.path("s.csv"))[0]["score"].parse().expect("number");
    assert!((body["score"]["value"].as_f64().expect("score") - score).abs() < 0.01, "{score}");
    assert_eq!(body["cells"]["points"].as_array().map(Vec::len), Some(144));
    assert_eq!(body["occlusion"]["points"].as_array().map(Vec::len), Some(36));
    let flaws = body["flaws"].as_array().expect("flaws");
    assert!(flaws.is_empty() || flaws.len() == 11, "{flaws:?}");
}

#[test]
fn what_cannot_be_explained_says_why() {
    let world = World::new();
    world.write("old.png", "mine");
    world.write("text.jpg", "no photo");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["gone.jpg"], 2, "gone.jpg"),
        (&["text.jpg"], 65, "text.jpg"),
        (&["text.jpg", "-o", "old.png"], 2, "--overwrite"),
        (&["text.jpg", "-o", "why.jpg"], 2, ".png"),
    ];
    for (arguments, status, named) in cases {
        let ran = world.run(&[&["explain"], *arguments].concat()).expect(*status);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(world.path("old.png")).expect("reads"), "mine");
}
