//! The history: columns, views, words, points and curves, by accessibility label.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use packshot::api;
use packshot::domain::{Score, ScoreRow};
use packshot::ui::{Message, Page, RunColumn, UiCommand};

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
    let listed = stage.app().state().history.found.len();
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

#[test]
fn runs_of_a_series_show_below_it_by_key_and_by_click() {
    let mut stage = stage();
    assert!(stage.harness.query_by_label("seed 1, completed").is_none());
    stage.harness.get_by_label("2 runs of Two seeds").click_accesskit();
    stage.settle();
    stage.harness.get_by_label("seed 1, completed");
    stage.harness.get_by_label("Two seeds, completed").click_accesskit();
    stage.settle();
    stage.press(Key::ArrowLeft);
    assert!(stage.harness.query_by_label("seed 1, completed").is_none());
    stage.press(Key::ArrowRight);
    stage.press(Key::ArrowDown);
    let state = stage.app().state();
    assert_eq!(
        state.history.selected.as_ref().map(|id| id.0.as_str()),
        Some("20251122-120501-eeee"),
        "the newer first"
    );
}

#[test]
fn tags_are_given_found_and_taken_away() {
    let mut stage = stage();
    stage.harness.get_by_label("New tag").focus();
    stage.settle();
    stage.harness.get_by_label("New tag").type_text("autumn range");
    stage.press(Key::Enter);
    let name = stage.app().state().history.view.as_ref().map(|view| view.run.meta.name.clone());
    stage.harness.get_by_label("Find runs").focus();
    stage.settle();
    stage.harness.get_by_label("Find runs").type_text("AUTUMN");
    stage.settle();
    let history = &stage.app().state().history;
    let found: Vec<_> = history.found.iter().map(|&place| history.ledger.runs[place].meta.name.clone()).collect();
    assert_eq!(found, name.into_iter().collect::<Vec<_>>());
    stage.harness.get_by_label("Take the tag autumn range away").click_accesskit();
    stage.settle();
    assert!(stage.app().state().history.found.is_empty());
    assert!(stage.harness.query_by_label("Take the tag autumn range away").is_none());
}

/// Scores every photo of the project with the shipped model's name; one of them 40 points away.
pub fn second_opinions(stage: &Stage) {
    let models = api::list_models(&stage.project).expect("models");
    let [own, shipped] = [&models[0].card.id, &models[1].card.id];
    let mut store = stage.project.store().expect("store");
    let scored = store.scores_of(own, packshot::attributes::VERSION).expect("scores");
    let mut rows: Vec<ScoreRow> = scored.into_values().collect();
    rows.sort_by(|a, b| a.sha256.cmp(&b.sha256));
    for (place, row) in rows.iter_mut().enumerate() {
        let value = row.score.expect("a score").value;
        let value = if place == 3 { (value + 40.0) % 100.0 } else { (value + 1.0).min(100.0) };
        row.score = Some(Score { value, low: value, high: value });
        row.model = shipped.clone();
    }
    store.save_scores(&rows, &shipped.0, packshot::attributes::VERSION).expect("saves");
}

#[test]
fn the_same_photos_under_two_models_are_gone_through_by_key() {
    let mut stage = stage();
    stage.tell(Message::Command(UiCommand::HoldModels));
    stage.harness.get_by_label("Nothing to compare yet");
    second_opinions(&stage);
    stage.tell(Message::HoldModels(None));
    stage.harness.get_by_label("Two models").click();
    stage.settle();
    let two = |stage: &Stage| stage.app().state().history.two_models.clone().expect("two models");
    let photos = two(&stage).found.expect("read").photos.clone();
    assert!(photos.len() > 5 && photos[0].difference().abs() >= 40.0 && photos[1].difference().abs() < 2.0);
    stage.press(Key::ArrowDown);
    stage.press(Key::ArrowDown);
    assert_eq!(two(&stage).at, 2);
    stage.press(Key::ArrowUp);
    assert_eq!(two(&stage).at, 1);
    stage.harness.get_by_label("Swap").click();
    stage.settle();
    let swapped = two(&stage).found.expect("read");
    assert_eq!(swapped.photos[0].difference(), -photos[0].difference());
    assert_eq!(two(&stage).at, 1, "the same photo stays");
}

#[test]
fn runs_are_sent_to_a_server_that_is_asked_for() {
    let mut stage = stage();
    stage.harness.get_by_label("MLflow…").click();
    stage.settle();
    stage.harness.get_by_label("Type the server's address to send.");
    stage.harness.get_by_label("Address of the server").focus();
    stage.settle();
    stage.harness.get_by_label("Address of the server").type_text("http://127.0.0.1:9");
    stage.settle();
    stage.harness.get_by_role_and_label(Role::RadioButton, "Every run that is found: 6").click();
    stage.settle();
    stage.harness.get_by_label("Send 6 runs").click();
    stage.settle();
    // Nothing answers there: the toast says so, and the address is remembered.
    let state = stage.app().state();
    assert!(state.history.sending.is_none() && state.jobs.is_empty());
    assert!(state.toasts.shown.iter().any(|toast| toast.text.contains("127.0.0.1:9")), "{:?}", state.toasts.shown);
    assert_eq!(state.prefs.mlflow.uri, "http://127.0.0.1:9");
}
