//! The duplicates page, by accessibility label.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use packshot::api;
use packshot::ui::{Message, Page, Zoom};

use crate::fixture::{Holds, Stage, draw_duplicates, on};

/// Opens photos with duplicates and looks for them.
pub fn searched(stage: &mut Stage) {
    draw_duplicates(&stage.photos());
    let photos = stage.photos();
    stage.tell(Message::OpenFolders(vec![photos]));
    stage.settle();
    // Equal files share a kept thumbnail, and the first of them may be drawn before it was kept: all from the folder.
    for row in api::list_photos(&stage.project).expect("photos").into_iter().filter(|row| row.photo.error.is_none()) {
        api::load_thumbnail(&stage.project, &row.photo.path, &row.photo.sha256, 320).expect("a thumbnail");
    }
    stage.harness.get_by_label("Find duplicates").click();
    stage.settle();
    stage.close_toasts();
}

fn stage() -> Stage {
    let mut stage = Stage::new(Holds::Nothing, on(Page::Duplicates, true));
    searched(&mut stage);
    stage
}

#[test]
fn equal_files_and_small_copies_are_found_best_first() {
    let stage = stage();
    let groups = stage.app().state().doubles.groups();
    let names = |group: usize| {
        let photos = groups[group].photos.iter();
        photos.map(|photo| photo.path.file_name().expect("a name").to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let equal = (0..groups.len()).find(|&group| groups[group].exact).expect("equal files");
    assert!(names(equal).contains(&"product-02-copy.png".to_owned()));
    let near = (0..groups.len()).find(|&group| names(group).contains(&"product-03-small.png".to_owned()));
    assert_eq!(names(near.expect("the small copy"))[0], "product-03.png", "the larger is the best");
    stage.harness.get_by_label_contains("Group 1: ");
}

#[test]
fn the_swap_key_shows_the_other_in_the_same_place() {
    let mut stage = stage();
    stage.harness.get_by_label_contains("Left photo: Best");
    stage.press(Key::X);
    stage.harness.get_by_label_contains("Right photo: Best");
    stage.press(Key::X);
    stage.harness.get_by_label_contains("Left photo: Best");
}

#[test]
fn both_photos_zoom_and_move_together() {
    let mut stage = stage();
    let right = stage.harness.get_by_label_contains("Right photo: ").rect().center();
    stage.wheel(right, 120.0);
    let view = stage.app().state().doubles.pairing.view;
    let Zoom::Times(times) = view.zoom else { panic!("is zoomed") };
    assert!(times > 1.2, "{times}");
    stage.press(Key::Z);
    assert_eq!(stage.app().state().doubles.pairing.view.zoom, Zoom::Fit);
    stage.press(Key::Z);
    assert_eq!(stage.app().state().doubles.pairing.view.zoom, Zoom::Real);
    stage.press(Key::ArrowDown);
    assert_eq!(stage.app().state().doubles.group, 1);
    assert_eq!(stage.app().state().doubles.pairing.view.zoom, Zoom::Fit, "another group shows whole");
}

#[test]
fn the_wipe_is_dragged_and_moved_by_key() {
    let mut stage = stage();
    stage.press(Key::W);
    assert_eq!(stage.app().state().doubles.pairing.wipe, Some(0.5));
    let border = stage.harness.get_by_role_and_label(Role::Slider, "Wipe").rect().center();
    stage.harness.drag_at(border);
    stage.harness.step();
    stage.harness.hover_at(border - eframe::egui::vec2(100.0, 0.0));
    stage.harness.step();
    stage.harness.drop_at(border - eframe::egui::vec2(100.0, 0.0));
    stage.settle();
    let dragged = stage.app().state().doubles.pairing.wipe.expect("is wiped");
    assert!(dragged < 0.45, "{dragged}");
    let group = stage.app().state().doubles.group;
    stage.harness.get_by_role_and_label(Role::Slider, "Wipe").focus();
    stage.settle();
    (0..3).for_each(|_| stage.press(Key::ArrowRight));
    let moved = stage.app().state().doubles.pairing.wipe.expect("is wiped");
    assert!((moved - dragged - 0.06).abs() < 1e-4, "{dragged} to {moved}");
    assert_eq!(stage.app().state().doubles.group, group, "the focused border has the arrows");
}
