//! The inspector, its overlays and the audit page, by accessibility label.

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use packshot::api;
use packshot::ui::{AuditFilter, DialogFor, Message, Overlay, Page, Prefs, Zoom};

use crate::fixture::{Holds, PHOTOS, Stage, on};

/// The rule most photos break: its place, message and count.
fn main_rule(stage: &Stage) -> (u16, String, usize) {
    let report = stage.app().state().audit.report.as_ref().expect("a report");
    let counted = report.pack.rules.iter().zip(&report.tallies).enumerate();
    let (place, (rule, tally)) = counted.max_by_key(|(_, (_, tally))| tally.broken).expect("a rule");
    (place as u16, rule.message.clone(), tally.broken)
}

#[test]
fn a_photo_that_is_not_measured_offers_to_measure_the_catalogue() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Browse, true));
    stage.harness.get_by_label("product-01.png").click();
    stage.settle();
    stage.harness.get_by_label("Not measured yet");
    stage.harness.get_by_label("Measure the catalogue").click();
    stage.settle();
    assert_eq!(api::known_attributes(&stage.project).expect("measures").len(), PHOTOS);
    assert!(stage.harness.query_by_label("Not measured yet").is_none());
    let standings: Vec<_> = stage.harness.query_all_by_label_contains("of 14 photos").collect();
    assert!(standings.len() > 5, "each value says where it falls");
    stage.harness.get_by_label("Histogram of luma, red, green and blue");
    stage.harness.get_by_label_contains("Rules: ");
}

#[test]
fn a_click_on_a_rule_lists_its_photos_and_again_all() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Audit, true));
    let (place, message, broken) = main_rule(&stage);
    assert!(broken > 0 && broken < PHOTOS, "{message}: {broken}");
    let row = format!("{message}, ");
    stage.harness.get_all_by_label_contains(&row).find(|node| node.rect().left() < 120.0).expect("the rule").click();
    stage.settle();
    assert_eq!(stage.app().state().audit.filter, AuditFilter::Broken(place));
    assert_eq!(stage.app().state().audit.listed.len(), broken);
    stage.harness.get_all_by_label_contains(&row).find(|node| node.rect().left() < 120.0).expect("the rule").click();
    stage.settle();
    assert_eq!(stage.app().state().audit.listed.len(), PHOTOS + 1);
}

#[test]
fn the_totals_count_every_photo_once_and_list_theirs() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Audit, true));
    let totals = stage.app().state().audit.report.as_ref().expect("a report").totals;
    assert_eq!(totals.pass + totals.warn + totals.fail + totals.open, PHOTOS + 1);
    assert_eq!(totals.open, 3, "two are not measured, one is broken");
    stage.harness.get_by_label("3 not measured").click();
    stage.settle();
    assert_eq!(stage.app().state().audit.listed.len(), 3);
    stage.harness.get_by_label("Measure 2 more photos").click();
    stage.settle();
    assert_eq!(stage.app().state().audit.report.as_ref().expect("a report").totals.open, 1);
    assert_eq!(stage.app().state().audit.listed.len(), 1, "the list follows");
}

#[test]
fn the_arrow_keys_walk_the_list_and_the_inspector_follows() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Audit, true));
    stage.press(Key::ArrowDown);
    stage.press(Key::ArrowDown);
    let state = stage.app().state();
    let catalogue = state.audit.catalogue.as_ref().expect("read");
    let second = catalogue.entries[state.audit.listed[1]].id;
    assert_eq!(state.browse.selected, Some(second));
    let name = state.photo(second).expect("a photo").photo.file_name();
    stage.harness.get_by_label(&format!("Photo {name}"));
}

#[test]
fn overlays_toggle_by_key_and_by_click() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.harness.get_by_label("product-01.png").click();
    stage.settle();
    stage.harness.get_by_label("Photo product-01.png");
    stage.press(Key::F);
    stage.harness.get_by_label("Photo product-01.png, fill 44 % (area 20 %)");
    stage.press(Key::B);
    stage.harness.get_by_label_contains("background that is not white tinted, fill");
    stage.harness.get_by_label("Clipped").click();
    stage.settle();
    stage.press(Key::F);
    let shown: Vec<_> = stage.app().state().prefs.overlays.iter().copied().collect();
    assert_eq!(shown, [Overlay::Ground, Overlay::Clipped]);
    stage.press_ctrl(Key::F);
    stage.harness.get_by_label("Filter").type_text("bof");
    stage.settle();
    assert_eq!(stage.app().state().prefs.overlays.len(), 2, "letters in the filter are no commands");
}

#[test]
fn the_large_view_opens_zooms_and_closes_by_key() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.harness.get_by_label("product-02.png").click();
    stage.settle();
    stage.press(Key::V);
    let centre = stage.harness.get_by_label("Large: Photo product-02.png").rect().center();
    stage.wheel(centre, 120.0);
    let Zoom::Times(times) = stage.app().state().large.view.zoom else { panic!("is zoomed") };
    assert!(times > 1.2, "{times}");
    stage.press(Key::Z);
    assert_eq!(stage.app().state().large.view.zoom, Zoom::Fit);
    stage.press(Key::ArrowRight);
    stage.harness.get_by_label("Large: Photo product-03.png");
    stage.press(Key::Escape);
    assert!(!stage.app().state().large.open);
}

#[test]
fn the_audit_is_written_as_a_table_of_every_photo() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Audit, true));
    let file = stage.folder.path().join("audit.csv");
    stage.tell(Message::Picked(DialogFor::ExportAudit, file.clone()));
    stage.harness.get_by_label_contains("15 photos written to");
    let text = std::fs::read_to_string(&file).expect("is written");
    assert_eq!(text.lines().count(), 1 + PHOTOS + 1);
    assert_eq!(text.matches("not measured yet").count(), 2);
}

#[test]
fn a_pack_that_cannot_be_used_says_why() {
    let prefs = Prefs { pack: "gone".to_owned(), ..on(Page::Audit, true) };
    let mut stage = Stage::new(Holds::Everything, prefs);
    stage.harness.get_by_label("This rule pack cannot be used");
    stage.harness.get_by_label_contains("there is no rule pack named gone");
    stage.tell(Message::ChoosePack("house".to_owned()));
    stage.harness.get_by_label("3 not measured");
}

#[test]
fn the_map_of_the_score_shows_by_key_with_what_the_model_sees() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Browse, true));
    stage.harness.get_by_label("product-01.png").click();
    stage.settle();
    assert!(stage.harness.query_by_label("What the model sees").is_none());
    stage.press(Key::Y);
    stage.settle();
    stage.harness.get_by_label("What the model sees");
    stage.harness.get_by_label_contains("Loses most at the ");
    stage.harness.get_by_label_contains("what adds to the score and what takes from it tinted");
    // Another photo is explained in its turn.
    stage.press(Key::ArrowRight);
    stage.settle();
    stage.harness.get_by_label_contains("Photo product-02.png, what adds to the score");
}

#[test]
fn a_model_that_cannot_explain_says_why() {
    // The model of this project has a card and no weights.
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.harness.get_by_label_contains("product-01.png").click();
    stage.press(Key::Y);
    stage.settle();
    stage.harness.get_by_label("What the model sees");
    stage.harness.get_by_label_contains("weights.safetensors");
    assert!(stage.harness.query_by_label("Asking the model…").is_none());
}
