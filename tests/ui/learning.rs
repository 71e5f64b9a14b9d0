//! The personal model in the window: it comes with the twentieth label, learns along, and tells what it would have said.

use std::collections::BTreeSet;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use image::{Rgb, RgbImage};
use packshot::api::{self, Project};
use packshot::config::Config;
use packshot::ui::{Message, Page};

use crate::fixture::{Stage, on};

/// Photos drawn.
const DRAWN: u32 = 26;

#[test]
fn the_model_comes_with_the_twentieth_label_and_learns_along() {
    let folder = tempfile::tempdir().expect("temp dir");
    let (root, photos) = (folder.path().join("catalogue"), folder.path().join("photos"));
    std::fs::create_dir_all(&photos).expect("folder");
    for index in 0..DRAWN {
        let sharp = RgbImage::from_fn(120, 120, |x, y| {
            let stripe = (x / (3 + index % 4) + y / 5 + index).is_multiple_of(2);
            if stripe { Rgb([40, (index * 9) as u8, 60]) } else { Rgb([230, 220, 200]) }
        });
        let photo = image::imageops::blur(&sharp, 0.1 + 0.15 * (index * 7 % DRAWN) as f32);
        photo.save(photos.join(format!("{index:02}.png"))).expect("photo");
    }
    drop(Project::open(&root, Config::default()).expect("project"));
    let mut stage = Stage::on_project(&root, on(Page::Label, true), folder);
    stage.tell(Message::OpenFolders(vec![photos]));
    for vote in 0..19 {
        stage.press([Key::Num1, Key::Num3, Key::Num5][vote % 3]);
    }
    assert!(stage.app().state().learning.model.is_none(), "19 labels are too few");
    stage.press(Key::Num2);
    let learning = &stage.app().state().learning;
    let first = learning.model.clone().expect("a model");
    assert_eq!((learning.scores.len(), learning.guess.is_none()), (DRAWN as usize, true));
    assert_eq!(learning.report.as_ref().map(|report| report.labels), Some(20));
    stage.harness.get_by_label_contains("on left-out groups, learnt from 20 labels");

    let next = stage.app().state().label.current.expect("a photo to label");
    let before = stage.app().state().learning.scores[&next].score.value;
    assert!(stage.harness.query_by_label_contains("you said").is_none(), "nothing is said before the vote");
    stage.press(Key::Num5);
    let learning = &stage.app().state().learning;
    let guess = learning.guess.expect("the guess");
    assert_eq!((guess.image, guess.vote, guess.estimate.score.value), (next, 100.0, before));
    assert_ne!(learning.model.as_ref(), Some(&first), "it has learnt");
    stage.harness.get_by_label_contains(&format!("you said 100, the model {before:.0}"));

    stage.harness.get_by_label("What would more bring?").click_accesskit();
    stage.settle();
    stage.harness.get_by_label("Too few labels to tell yet");
    assert!(stage.harness.query_by_label("What would more bring?").is_none(), "it was answered for these labels");

    // Its scores are those of Browse, in the window and for whoever asks the project.
    stage.press_ctrl(Key::Num1);
    let rows = api::list_photos(&stage.project).expect("photos");
    let state = stage.app().state();
    let mut values = BTreeSet::new();
    for row in &rows {
        let (shown, stored) = (state.photo(row.photo.id).expect("shown"), row);
        let shown = state.score_of(shown).expect("score").value;
        let stored = stored.score.as_ref().expect("score").score.value;
        assert!((shown - stored).abs() < 1e-9);
        values.insert((shown * 1000.0) as i64);
    }
    assert!(values.len() > 10, "photos differ");
    stage.tell(Message::Select(next));
    stage.harness.get_by_label("Labelled photos most like it");
    assert!(stage.app().state().learning.alike.as_ref().is_some_and(|alike| alike.nearest.len() == 5));
}
