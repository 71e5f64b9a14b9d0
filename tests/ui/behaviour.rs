//! What the window does, by accessibility label.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key};
use egui_kittest::kittest::Queryable as _;
use std::time::Duration;

use packshot::api;
use packshot::domain::VoteKind;
use packshot::ui::{Message, Page};

use crate::fixture::{Holds, PHOTOS, Stage, draw_photos, on, readable, scored_rows};

fn levels(stage: &Stage) -> Vec<u8> {
    let votes = api::recent_votes(&stage.project, api::RATER, 100).expect("votes");
    let level = |kind| match kind {
        VoteKind::Rating { level, .. } => level,
        _ => 0,
    };
    votes.into_iter().rev().map(|vote| level(vote.kind)).collect()
}

#[test]
fn one_key_scores_and_moves_on_and_undo_brings_the_photo_back() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Label, true));
    let first = stage.app().state().label.current.expect("a photo");
    stage.press(Key::Num4);
    let second = stage.app().state().label.current.expect("the next photo");
    assert_ne!(first, second);
    stage.press(Key::Num2);
    stage.press(Key::S);
    assert_eq!(levels(&stage), [4, 2, 0], "every vote is on disk");
    assert!(stage.harness.query_by_label_contains("3 seen by you · 11 to go").is_some());
    stage.press_ctrl(Key::Z);
    stage.press_ctrl(Key::Z);
    assert_eq!(stage.app().state().label.current, Some(second));
    assert_eq!(levels(&stage), [4]);
}

#[test]
fn undo_reaches_back_across_a_restart() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Label, true));
    let first = stage.app().state().label.current;
    stage.press(Key::Num5);
    let mut stage = stage.reopened(on(Page::Label, true));
    assert_ne!(stage.app().state().label.current, first);
    stage.press_ctrl(Key::Z);
    assert_eq!(stage.app().state().label.current, first);
    assert!(levels(&stage).is_empty());
}

#[test]
fn going_back_and_voting_again_replaces_the_vote() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Label, true));
    let first = stage.app().state().label.current.expect("a photo");
    stage.press(Key::Num1);
    stage.press(Key::ArrowLeft);
    assert_eq!(stage.app().state().label.current, Some(first));
    stage.harness.get_by_label("5  Excellent").click();
    stage.settle();
    let row = api::list_photos(&stage.project).expect("photos").into_iter().find(|row| row.photo.id == first);
    assert_eq!(row.and_then(|row| row.label).map(|label| (label.mos, label.n)), Some((100.0, 1)));
}

#[test]
fn the_last_photo_says_what_comes_next() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Label, true));
    (0..PHOTOS).for_each(|_| stage.press(Key::Num3));
    stage.harness.get_by_label("You have seen every photo");
    stage.harness.get_by_label("14 photos have a label. A model needs at least 20: open more photos.");
    stage.harness.get_by_label("Open a folder…");
    stage.press_ctrl(Key::Num3);
    stage.harness.get_by_label("6 more labels are needed to train.");
    stage.harness.get_by_label("Label photos").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.page, Page::Label);
}

#[test]
fn an_empty_project_opens_the_folder_that_is_typed() {
    let mut stage = Stage::new(Holds::Nothing, on(Page::Browse, true));
    draw_photos(&stage.photos());
    stage.harness.get_by_label("Open a folder…");
    let path = stage.photos().to_string_lossy().into_owned();
    stage.harness.get_by_label("Path of a folder").focus();
    stage.settle();
    stage.harness.get_by_label("Path of a folder").type_text(&path);
    stage.settle();
    stage.harness.get_by_label("Open").click();
    stage.settle();
    assert_eq!(stage.app().state().photos.len(), PHOTOS + 1);
    stage.harness.get_by_label_contains("1 could not be used");
    stage.harness.get_by_label("product-01.png");
}

#[test]
fn the_palette_runs_a_command() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.press_ctrl(Key::P);
    stage.harness.get_by_label("Find a command").type_text("hist");
    stage.settle();
    stage.press(Key::Enter);
    assert_eq!(stage.app().state().prefs.page, Page::History);
    assert!(stage.harness.query_by_label("Find a command").is_none(), "the palette has closed");
}

#[test]
fn pages_have_keys() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    for (key, page) in
        [(Key::Num2, Page::Label), (Key::Num5, Page::Audit), (Key::Num7, Page::History), (Key::Num1, Page::Browse)]
    {
        stage.press_ctrl(key);
        assert_eq!(stage.app().state().prefs.page, page);
    }
    assert_eq!(levels(&stage).len(), 9, "Ctrl+2 is no vote");
}

#[test]
fn the_grid_filters_moves_and_opens_a_photo_to_label() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.press_ctrl(Key::F);
    stage.harness.get_by_label("Filter").type_text("label:none and not error");
    stage.settle();
    assert_eq!(stage.app().state().browse.visible.len(), PHOTOS - 9);
    stage.harness.get_by_label("5 of 15");
    stage.press(Key::Escape);
    stage.press(Key::ArrowRight);
    stage.press(Key::ArrowRight);
    let selected = stage.app().state().browse.selected;
    assert_eq!(selected, Some(readable(&stage.project)[10]));
    stage.press(Key::Enter);
    assert_eq!(stage.app().state().prefs.page, Page::Label);
    assert_eq!(stage.app().state().label.current, selected);
}

#[test]
fn a_filter_that_is_half_typed_keeps_the_photos() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Browse, true));
    stage.tell(Message::Filter("score<40".to_owned()));
    let few = stage.app().state().browse.visible.clone();
    stage.tell(Message::Filter("score<40 and (".to_owned()));
    assert!(stage.app().state().browse.filter_error.is_some());
    assert_eq!(stage.app().state().browse.visible, few);
}

#[test]
fn a_deleted_run_comes_back_with_undo() {
    let mut stage = Stage::new(Holds::Everything, on(Page::History, true));
    stage.harness.get_by_label("Huber, more labels, completed").click();
    stage.settle();
    stage.harness.get_by_label("Delete run").scroll_to_me();
    stage.settle();
    stage.harness.get_by_label("Delete run").click();
    stage.settle();
    assert!(stage.harness.query_by_label("Huber, more labels, completed").is_none());
    assert_eq!(api::list_runs(&stage.project, false).expect("runs").len(), 5);
    stage.harness.get_by_label("Undo").click();
    stage.settle();
    stage.harness.get_by_label("Huber, more labels, completed");
    assert_eq!(api::list_runs(&stage.project, false).expect("runs").len(), 6);
}

#[test]
fn a_run_is_renamed_in_place() {
    let mut stage = Stage::new(Holds::Everything, on(Page::History, true));
    stage.harness.get_by_role_and_label(Role::TextInput, "Name").focus();
    stage.settle();
    stage.press_ctrl(Key::A);
    stage.harness.get_by_role_and_label(Role::TextInput, "Name").type_text("Winter catalogue");
    stage.settle();
    stage.press(Key::Enter);
    stage.harness.get_by_label("Winter catalogue, completed");
    let runs = api::list_runs(&stage.project, false).expect("runs");
    assert!(runs.iter().any(|run| run.meta.name == "Winter catalogue"));
}

#[test]
fn band_edges_move_by_key_and_rebucket_at_once() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Score, true));
    let rows = scored_rows(&stage.project);
    stage.tell(Message::Scored(rows.clone()));
    let rejected = |edge: f64| rows.iter().filter_map(|row| row.score).filter(|score| score.value < edge).count();
    stage.harness.get_by_label(&format!("{} reject", rejected(40.0)));
    stage.harness.get_by_label("1 without a score");
    stage.harness.get_by_label("Reject below").focus();
    stage.settle();
    (0..20).for_each(|_| stage.press(Key::ArrowRight));
    assert_eq!(stage.app().state().prefs.reject_below, 60.0);
    assert_ne!(rejected(40.0), rejected(60.0));
    stage.harness.get_by_label(&format!("{} reject", rejected(60.0)));
}

#[test]
fn the_score_table_sorts_and_shows_a_photo() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Score, true));
    let rows = scored_rows(&stage.project);
    stage.tell(Message::Scored(rows));
    stage.harness.get_by_label("Score, smallest first").click();
    stage.settle();
    let best = stage.app().state().score.rows[0].clone();
    let scores = stage.app().state().score.rows.iter().filter_map(|row| row.score).map(|score| score.value);
    assert!(scores.collect::<Vec<_>>().is_sorted_by(|a, b| a >= b));
    stage.press(Key::ArrowDown);
    assert_eq!(stage.app().state().score.selected, Some(best.path.clone()));
    stage.press(Key::Escape);
    assert_eq!(stage.app().state().score.selected, None);
}

#[test]
fn a_project_without_a_model_scores_with_the_shipped_one() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Score, true));
    let photos = stage.photos();
    stage.tell(Message::Dropped(vec![photos]));
    stage.settle();
    let rows = &stage.app().state().score.rows;
    assert!(rows.iter().filter(|row| row.score.is_some()).count() > 1, "{rows:?}");
}

#[test]
fn a_broken_photo_says_why() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Browse, true));
    stage.harness.get_by_label("broken.jpg").click();
    stage.settle();
    let row = stage.app().state().photos.iter().find(|row| row.photo.error.is_some()).expect("broken");
    let reason = row.photo.error.clone().expect("reason");
    stage.harness.get_by_label(&reason);
}

#[test]
fn the_theme_toggles_by_key() {
    let mut stage = Stage::new(Holds::Nothing, on(Page::Browse, true));
    stage.press_ctrl(Key::T);
    assert!(!stage.app().state().prefs.dark);
    assert_eq!(stage.harness.ctx.theme(), egui::Theme::Light);
    // As the desktop: it tells nothing here, and light stays.
    stage.press_ctrl(Key::T);
    assert!(stage.app().state().prefs.as_system);
    assert_eq!(stage.harness.ctx.theme(), egui::Theme::Light);
    stage.press_ctrl(Key::T);
    assert!(!stage.app().state().prefs.as_system);
    assert_eq!(stage.harness.ctx.theme(), egui::Theme::Dark);
}

#[test]
fn scored_photos_are_sorted_out_after_a_look_at_what_would_be_written() {
    let mut stage = Stage::new(Holds::Everything, on(Page::Score, true));
    let rows = scored_rows(&stage.project);
    stage.tell(Message::Scored(rows.clone()));
    let rejected = rows.iter().filter_map(|row| row.score).filter(|score| score.value < 40.0).count();
    stage.press_ctrl(Key::B);
    stage.harness.get_by_label(&format!("Reject ({rejected})"));
    stage.harness.get_by_label("Choose a folder to see what would be written.");
    stage.harness.get_by_label_contains("Review (").click();
    let folder = stage.folder.path().join("sorted");
    stage.settle();
    stage.harness.get_by_label("Folder to write into").focus();
    stage.settle();
    stage.harness.get_by_label("Folder to write into").type_text(&folder.to_string_lossy());
    stage.settle();
    stage.harness.get_by_label_contains(&format!("Would copy {rejected} photos ("));
    assert!(!folder.exists(), "a look writes nothing");
    stage.harness.get_by_label("Copy the photos").click();
    stage.settle();
    assert!(stage.app().state().score.sorting_out.is_none());
    assert_eq!(std::fs::read_dir(folder.join("reject")).expect("copies").count(), rejected);
    assert!(!folder.join("review").exists());
    stage.harness.get_by_label(&format!("{rejected} written"));
}

#[test]
fn the_demo_catalogue_is_drawn_opened_and_shown_round() {
    let mut stage = Stage::new(Holds::Nothing, on(Page::Browse, true));
    stage.harness.get_by_label("Try it on a demo catalogue").click();
    stage.settle_within(Duration::from_secs(600));
    let state = stage.app().state();
    assert_eq!((state.photos.len(), state.tour), (420, Some(0)));
    assert!(state.photos.iter().all(|row| row.label.is_some()));
    stage.harness.get_by_label("Every photo with its score");
    stage.harness.get_by_label("Next").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.page, Page::Label);
    stage.harness.get_by_label("Back").click();
    stage.settle();
    assert_eq!(stage.app().state().prefs.page, Page::Browse);
    stage.harness.get_by_label("Skip the tour").click();
    stage.settle();
    assert_eq!(stage.app().state().tour, None);
    // It can be taken again.
    stage.press(Key::F1);
    for step in 1..6 {
        stage.harness.get_by_label(&format!("{step} of 6"));
        stage.harness.get_by_label("Next").click();
        stage.settle();
    }
    stage.harness.get_by_label("Done").click();
    stage.settle();
    assert_eq!((stage.app().state().tour, stage.app().state().prefs.page), (None, Page::Browse));
}

#[test]
fn earlier_messages_are_listed_and_frame_times_show() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Browse, true));
    stage.tell(Message::Copy("x".to_owned()));
    stage.close_toasts();
    stage.settle();
    assert!(stage.harness.query_by_label("Copied").is_none());
    stage.press_ctrl(Key::J);
    stage.harness.get_by_label("Copied");
    stage.harness.get_by_label("Close").click();
    stage.settle();
    assert!(!stage.app().state().messages);
    stage.press(Key::F12);
    stage.harness.get_by_label_contains("pictures ");
    stage.press(Key::F12);
    assert!(stage.harness.query_by_label_contains("pictures ").is_none());
}

#[test]
fn a_crash_is_told_at_the_next_start_and_once() {
    let stage = Stage::new(Holds::Photos, on(Page::Browse, true));
    let logs = stage.project.logs();
    std::fs::create_dir_all(&logs).expect("folder");
    std::fs::write(logs.join("crash-20261126-100000.txt"), "report").expect("writes");
    let stage = stage.reopened(on(Page::Browse, true));
    stage.harness.get_by_label("Open the report");
    let told = stage.app().state().prefs.clone();
    let stage = stage.reopened(told);
    assert!(stage.harness.query_by_label("Open the report").is_none());
}

#[test]
fn scores_of_the_shipped_model_show_in_browse_too() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Score, true));
    let photos = stage.photos();
    stage.tell(Message::Dropped(vec![photos]));
    stage.settle();
    let state = stage.app().state();
    let scored = state.photos.iter().filter(|row| state.score_of(row).is_some()).count();
    assert_eq!(scored, PHOTOS);
}
