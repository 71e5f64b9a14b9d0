//! The history: columns, views, words, points and curves, by accessibility label.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use packshot::ui::{Page, RunColumn};

use crate::fixture::{Holds, Stage, on};

fn stage() -> Stage {
    Stage::new(Holds::Everything, on(Page::History, true))
}

fn titles(stage: &Stage) -> Vec<String> {
    stage.app().state().prefs.runs.columns.iter().map(RunColumn::title).collect()
}

#[test]
fn columns_are_chosen_moved_saved_and_come_back() {
    let mut stage = stage();
    let usual = titles(&stage);
    stage.harness.get_by_label("Columns…").click();
    stage.settle();
    stage.harness.get_by_role_and_label(Role::CheckBox, "Status").click();
    stage.settle();
    stage.harness.get_by_role_and_label(Role::CheckBox, "test_mae").click_accesskit();
    stage.settle();
    stage.press(Key::Escape);
    stage.harness.get_by_label("Sort by test_mae");
    assert!(stage.harness.query_by_label("Sort by Status").is_none());
    stage.harness.get_by_label("Sort by test_mae").click_secondary();
    stage.settle();
    stage.harness.get_by_label("Move to the left").click();
    stage.settle();
    let own = titles(&stage);
    assert_eq!(own[own.len() - 2..], ["test_mae", "Test SRCC"]);
    stage.harness.get_by_label("Views…").click();
    stage.settle();
    stage.harness.get_by_label("Name of this view").focus();
    stage.settle();
    stage.harness.get_by_label("Name of this view").type_text("errors");
    stage.settle();
    stage.harness.get_by_label("Save").click();
    stage.settle();
    stage.harness.get_by_label("As it came").click();
    stage.settle();
    assert_eq!(titles(&stage), usual);
    // Another window finds the view again.
    let prefs = stage.app().state().prefs.clone();
    let mut stage = stage.reopened(prefs);
    stage.harness.get_by_label("Views…").click();
    stage.settle();
    stage.harness.get_by_label("errors").click();
    stage.settle();
    assert_eq!(titles(&stage), own);
}

#[test]
fn runs_are_found_by_words() {
    let mut stage = stage();
    let all = stage.app().state().history.ledger.runs.len();
    let name = stage.app().state().history.ledger.runs[0].meta.name.clone();
    stage.harness.get_by_label("Find runs").focus();
    stage.settle();
    stage.harness.get_by_label("Find runs").type_text(&name);
    stage.settle();
    let listed = stage.app().state().history.listed.len();
    assert!(listed >= 1 && listed < all, "{listed} of {all}");
    stage.harness.get_by_label(&format!("{listed} of {all} runs"));
}

#[test]
fn runs_are_drawn_as_points_and_curves_are_smoothed() {
    let mut stage = stage();
    stage.harness.get_by_label("Logarithmic loss").click();
    stage.settle();
    assert!(stage.app().state().prefs.curves.log_scale);
    stage.harness.get_by_label("Scatter").click();
    stage.settle();
    stage.harness.get_by_label("Across");
    assert!(stage.app().state().history.scatter.is_some());
    assert!(stage.harness.query_by_label("Logarithmic loss").is_none());
    stage.harness.get_by_label("Scatter").click();
    stage.settle();
    stage.harness.get_by_label("Logarithmic loss");
}
