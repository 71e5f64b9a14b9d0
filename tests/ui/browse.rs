//! The grid: choosing several photos, labelling them together, filters, groups, comparing.

use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use packshot::api;
use packshot::domain::{Attribute, ImageId};
use packshot::ui::{GroupBy, Message, Page, Prefs, SortBy, UiCommand};

use crate::fixture::{Holds, PHOTOS, Stage, on, readable};

fn stage(holds: Holds) -> Stage {
    Stage::new(holds, on(Page::Browse, true))
}

fn chosen(stage: &Stage) -> usize {
    stage.app().state().browse.chosen.len()
}

fn names(stage: &Stage) -> Vec<String> {
    let state = stage.app().state();
    state.browse.visible.iter().map(|&index| state.photos[index].photo.file_name()).collect()
}

fn click_with(stage: &mut Stage, label: &str, modifiers: Modifiers) {
    stage.harness.get_by_label(label).click_modifiers(modifiers);
    stage.settle();
}

#[test]
fn a_range_is_chosen_with_shift_and_single_photos_with_ctrl() {
    let mut stage = stage(Holds::Photos);
    stage.harness.get_by_label("product-02.png").click();
    stage.settle();
    click_with(&mut stage, "product-05.png", Modifiers::SHIFT);
    assert_eq!(chosen(&stage), 4);
    stage.harness.get_by_label("4 selected");
    click_with(&mut stage, "product-03.png", Modifiers::COMMAND);
    click_with(&mut stage, "product-06.png", Modifiers::COMMAND);
    assert_eq!(chosen(&stage), 4);
    stage.press_ctrl(Key::A);
    assert_eq!(chosen(&stage), PHOTOS + 1);
    stage.press(Key::Escape);
    assert_eq!(chosen(&stage), 1);
    let selected = stage.app().state().browse.selected;
    assert_eq!(selected, Some(readable(&stage.project)[5]), "the outlined one stays");
}

#[test]
fn shift_and_an_arrow_extend_the_choice() {
    let mut stage = stage(Holds::Photos);
    stage.harness.get_by_label("product-01.png").click();
    stage.settle();
    for _ in 0..3 {
        stage.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
        stage.settle();
    }
    assert_eq!(chosen(&stage), 4);
    stage.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    stage.settle();
    assert_eq!(chosen(&stage), 3);
    stage.press(Key::ArrowRight);
    assert_eq!(chosen(&stage), 1);
}

#[test]
fn a_rubber_band_chooses_what_it_touches() {
    let mut stage = stage(Holds::Photos);
    let rect = |label: &str| stage.harness.get_by_label(label).rect();
    let (from, to) = (rect("product-01.png").center(), rect("product-03.png").center() + vec2(0.0, 20.0));
    let button = |pos: Pos2, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    stage.harness.event(Event::PointerMoved(from));
    stage.harness.event(button(from, true));
    stage.harness.step();
    for share in [0.3, 0.6, 1.0] {
        stage.harness.event(Event::PointerMoved(from + (to - from) * share));
        stage.harness.step();
    }
    stage.harness.event(button(to, false));
    stage.settle();
    assert_eq!(chosen(&stage), 3);
    let state = stage.app().state();
    assert!(state.browse.selected.is_some_and(|id| state.place_of(id) <= Some(3)));
}

#[test]
fn several_photos_are_labelled_by_one_key_and_taken_back_together() {
    let mut stage = stage(Holds::Photos);
    stage.harness.get_by_label("product-02.png").click();
    stage.settle();
    click_with(&mut stage, "product-05.png", Modifiers::SHIFT);
    stage.press(Key::Num4);
    let labels = |stage: &Stage| {
        let rows = api::list_photos(&stage.project).expect("photos").into_iter();
        rows.filter_map(|row| row.label).map(|label| label.mos).collect::<Vec<_>>()
    };
    assert_eq!(labels(&stage), [75.0; 4]);
    assert_eq!(stage.app().state().photos.iter().filter(|row| row.label.is_some()).count(), 4);
    stage.harness.get_by_label("4 photos labelled good");
    stage.harness.get_by_label("Undo").click();
    stage.settle();
    assert!(labels(&stage).is_empty());
    assert!(stage.app().state().photos.iter().all(|row| row.label.is_none()));
}

#[test]
fn what_the_filter_hides_is_not_chosen_any_more() {
    let mut stage = stage(Holds::Everything);
    stage.press_ctrl(Key::A);
    stage.tell(Message::Filter("label:any".to_owned()));
    assert_eq!(chosen(&stage), 9);
    stage.press(Key::Num1);
    let voted = api::recent_votes(&stage.project, api::RATER, 100).expect("votes").len();
    assert!(voted >= 9);
    let unlabelled = api::list_photos(&stage.project).expect("photos").into_iter().filter(|row| row.label.is_none());
    assert_eq!(unlabelled.count(), PHOTOS + 1 - 9, "none that was hidden");
}

#[test]
fn the_filter_completes_and_its_conditions_are_chips() {
    let mut stage = stage(Holds::Everything);
    stage.press_ctrl(Key::F);
    stage.harness.get_by_label("Filter").type_text("score<60 and sharp");
    stage.settle();
    stage.harness.get_by_label("sharpness");
    stage.press(Key::Tab);
    assert_eq!(stage.app().state().prefs.filter, "score<60 and sharpness");
    stage.harness.get_by_label("Filter").type_text(">100");
    stage.settle();
    let state = stage.app().state();
    assert_eq!((state.prefs.filter.as_str(), &state.browse.filter_error), ("score<60 and sharpness>100", &None));
    let measured = |id: ImageId| state.audit.attributes(id).and_then(|found| found.get(Attribute::Sharpness));
    assert!(!state.browse.visible.is_empty());
    for &index in &state.browse.visible {
        let row = &state.photos[index];
        assert!(state.score_of(row).is_some_and(|score| score.value < 60.0));
        assert!(measured(row.photo.id).is_some_and(|value| value > 100.0));
    }
    stage.harness.get_by_label("Take out score<60").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.filter, "sharpness>100");
}

#[test]
fn a_wrong_filter_says_below_the_field_what_is_wrong() {
    let mut stage = stage(Holds::Photos);
    stage.tell(Message::Filter("shrapness<3".to_owned()));
    stage.harness.get_by_label_contains("there is no field “shrapness”");
}

#[test]
fn counts_are_filters() {
    let mut stage = stage(Holds::Everything);
    stage.press(Key::H);
    stage.harness.get_by_label("Labelled: 9").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.filter, "label:any");
    assert_eq!(names(&stage).len(), 9);
    stage.harness.get_by_label("Labelled: 9").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.filter, "");
}

#[test]
fn the_grid_sorts_by_measures_uncertainty_and_disagreement() {
    let mut stage = stage(Holds::Everything);
    stage.tell(Message::SortMeasure(Attribute::Noise));
    let state = stage.app().state();
    let noise: Vec<f64> = state
        .browse
        .visible
        .iter()
        .filter_map(|&index| state.audit.attributes(state.photos[index].photo.id)?.get(Attribute::Noise))
        .collect();
    assert!(noise.len() > 5 && noise.is_sorted());
    stage.tell(Message::Sort(SortBy::Disagreement));
    stage.tell(Message::Sort(SortBy::Disagreement));
    let state = stage.app().state();
    let apart = |index: &usize| {
        let row = &state.photos[*index];
        Some((state.score_of(row)?.value - row.label?.mos).abs())
    };
    let apart: Vec<f64> = state.browse.visible.iter().filter_map(apart).collect();
    assert!(apart.len() > 5 && apart.is_sorted_by(|a, b| a >= b), "{apart:?}");
}

#[test]
fn groups_have_headings_that_fold() {
    let mut stage = stage(Holds::Photos);
    stage.tell(Message::Group(GroupBy::Folder));
    let folder = stage.photos().to_string_lossy().into_owned();
    let heading = format!("{folder}, 15 photos");
    stage.harness.get_by_label(&heading).click();
    stage.settle();
    assert!(stage.harness.query_by_label("product-01.png").is_none());
    stage.harness.get_by_label(&format!("{heading}, folded")).click();
    stage.settle();
    stage.harness.get_by_label("product-01.png");
}

#[test]
fn chosen_photos_are_compared_and_keys_act_on_the_outlined_one() {
    let mut stage = stage(Holds::Photos);
    stage.press(Key::N);
    stage.harness.get_by_label("Select two to 4 photos to compare them");
    stage.harness.get_by_label("product-02.png").click();
    stage.settle();
    click_with(&mut stage, "product-04.png", Modifiers::SHIFT);
    stage.press(Key::N);
    stage.harness.get_by_label("Photo 3: product-04.png");
    stage.press(Key::ArrowLeft);
    stage.press(Key::Num5);
    let labelled: Vec<_> =
        api::list_photos(&stage.project).expect("photos").into_iter().filter(|row| row.label.is_some()).collect();
    assert_eq!(labelled.len(), 1, "not all three");
    assert_eq!(labelled[0].photo.file_name(), "product-03.png");
    stage.press(Key::Escape);
    assert_eq!((stage.app().state().large.open, chosen(&stage)), (false, 3));
    click_with(&mut stage, "product-04.png", Modifiers::COMMAND);
    stage.tell(Message::Command(UiCommand::Compare));
    stage.harness.get_by_label("Left photo: product-02.png");
    stage.press(Key::X);
    stage.harness.get_by_label("Right photo: product-02.png");
    stage.press(Key::W);
    stage.harness.get_by_label("Wipe");
}

#[test]
fn similar_photos_wait_until_photos_are_described() {
    let mut stage = stage(Holds::Photos);
    stage.harness.get_by_label("product-02.png").click();
    stage.settle();
    stage.tell(Message::FindSimilar(readable(&stage.project)[1]));
    stage.harness.get_by_label_contains("Photos are described first");
    stage.settle();
    stage.tell(Message::FindSimilar(readable(&stage.project)[1]));
    assert_eq!(names(&stage).first().map(String::as_str), Some("product-02.png"), "itself is nearest");
    assert_eq!(names(&stage).len(), PHOTOS);
    stage.harness.get_by_label("Take out Similar to product-02.png").click();
    stage.settle();
    assert_eq!(names(&stage)[0], "broken.jpg");
}

#[test]
fn the_grid_comes_back_as_it_was_left() {
    let mut stage = stage(Holds::Everything);
    stage.tell(Message::Sort(SortBy::Score));
    stage.tell(Message::Filter("label:any".to_owned()));
    stage.press(Key::End);
    // Where a person is gets remembered with every change of the page.
    stage.tell(Message::Show(Page::Score));
    stage.tell(Message::Show(Page::Browse));
    let (before, shown) = (stage.app().state().prefs.clone(), names(&stage));
    let stage = stage.reopened(before.clone());
    assert_eq!(names(&stage), shown);
    let state = stage.app().state();
    // How far down the end of the grid is depends on the strip of work in the background, which comes and goes.
    let scroll = state.prefs.scroll;
    assert!(before.scroll > 0.0 && scroll > 0.0, "{} {scroll}", before.scroll);
    assert_eq!(state.prefs, Prefs { scroll, ..before });
    assert_eq!(state.selected_place(), Some(shown.len() - 1));
}
