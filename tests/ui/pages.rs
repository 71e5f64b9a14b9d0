//! A picture of every page in both themes.

use eframe::egui::{self, Key};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable as _;
use packshot::api::{self, TrainSummary, clock};
use packshot::config::DeviceChoice;
use packshot::jobs::Outcome;
use packshot::ui::{Message, Mode, Page, UiCommand};

use crate::duplicates::searched;
use crate::fixture::{Holds, NOW, PHOTOS, Stage, on, scored_rows};
use crate::history::second_opinions;

pub fn picture(name: &str, holds: Holds, page: Page, prepare: impl Fn(&mut Stage)) {
    let mut results = SnapshotResults::new();
    for (theme, dark) in [("dark", true), ("light", false)] {
        let Some(mut stage) = Stage::drawn(holds, on(page, dark)) else { return };
        prepare(&mut stage);
        stage.harness.remove_cursor();
        stage.settle();
        // The path of the selected photo lies in a throw-away folder.
        let paths: Vec<_> =
            stage.harness.query_all_by_label_contains("photos/product-").map(|node| node.rect()).collect();
        // Everything from it to the corner of the window: its length, and so the lines it takes, differ.
        let below =
            |rect: egui::Rect| egui::Rect::from_min_max(rect.min - egui::vec2(8.0, 8.0), egui::pos2(2000.0, 2000.0));
        paths.into_iter().for_each(|rect| stage.harness.mask(below(rect)));
        stage.harness.snapshot(format!("{name}_{theme}"));
        results.extend_harness(&mut stage.harness);
    }
}

/// Says of every machine what one of them has.
pub fn same_machine(stage: &mut Stage) {
    let text = "CPU (2 threads), 24 GB of memory".to_owned();
    stage.tell(Message::Devices(vec![(DeviceChoice::Auto, text)]));
}

#[test]
fn browse() {
    picture("browse", Holds::Everything, Page::Browse, |stage| {
        let third = stage.app().state().photos[3].photo.id;
        stage.tell(Message::Select(third));
    });
}

#[test]
fn browse_empty() {
    picture("browse_empty", Holds::Nothing, Page::Browse, |_| {});
}

#[test]
fn label() {
    picture("label", Holds::Everything, Page::Label, |_| {});
}

#[test]
fn label_exact() {
    picture("label_exact", Holds::Everything, Page::Label, |stage| {
        [Key::E, Key::Num7, Key::Num2].into_iter().for_each(|key| stage.press(key));
    });
}

#[test]
fn label_defects() {
    picture("label_defects", Holds::Everything, Page::Label, |stage| {
        stage.tell(Message::LabelMode(Mode::Defects));
        stage.press(Key::Num1);
    });
}

#[test]
fn label_pairs() {
    picture("label_pairs", Holds::Everything, Page::Label, |stage| {
        stage.tell(Message::LabelMode(Mode::Pairs));
        (0..6).for_each(|_| stage.press(Key::ArrowLeft));
    });
}

#[test]
fn label_four() {
    picture("label_four", Holds::Everything, Page::Label, |stage| {
        stage.tell(Message::LabelMode(Mode::Four));
        stage.press(Key::Num2);
    });
}

#[test]
fn label_keys() {
    picture("label_keys", Holds::Photos, Page::Label, |stage| stage.press_ctrl(Key::K));
}

#[test]
fn label_raters() {
    picture("label_raters", Holds::Everything, Page::Label, |stage| {
        stage.tell(Message::RateAs("Anna".to_owned()));
        [1, 3, 3, 5, 5, 2, 4, 4].into_iter().for_each(|level| stage.tell(Message::Rate(level)));
        stage.close_toasts();
    });
}

#[test]
fn train() {
    picture("train", Holds::Everything, Page::Train, same_machine);
}

#[test]
fn train_finished() {
    picture("train_finished", Holds::Everything, Page::Train, |stage| {
        same_machine(stage);
        let run = api::find_run(&stage.project, "Huber, more labels").expect("run");
        let device = "CPU: there is no GPU".to_owned();
        let summary = TrainSummary { run: Some(run.id), device, ..TrainSummary::default() };
        stage.tell(Message::TrainEnded(Outcome::Completed(summary)));
    });
}

#[test]
fn label_finished() {
    picture("label_finished", Holds::Photos, Page::Label, |stage| {
        (0..PHOTOS).for_each(|_| stage.tell(Message::Rate(3)));
    });
}

#[test]
fn palette() {
    picture("palette", Holds::Nothing, Page::Label, |stage| stage.tell(Message::Command(UiCommand::Palette)));
}

#[test]
fn score() {
    picture("score", Holds::Everything, Page::Score, |stage| {
        let rows = scored_rows(&stage.project);
        stage.tell(Message::Scored(rows));
    });
}

/// Shows a photo in which every overlay has something to show.
fn with_overlays(stage: &mut Stage) {
    stage.with_marked_photo();
    [Key::B, Key::F, Key::C, Key::O].into_iter().for_each(|key| stage.press(key));
}

#[test]
fn audit() {
    picture("audit", Holds::Everything, Page::Audit, |_| {});
}

#[test]
fn audit_empty() {
    picture("audit_empty", Holds::Photos, Page::Audit, |_| {});
}

#[test]
fn inspector() {
    picture("inspector", Holds::Everything, Page::Audit, with_overlays);
}

#[test]
fn large() {
    picture("large", Holds::Everything, Page::Browse, |stage| {
        with_overlays(stage);
        stage.press(Key::V);
    });
}

#[test]
fn duplicates() {
    picture("duplicates", Holds::Nothing, Page::Duplicates, searched);
}

#[test]
fn duplicates_wiped() {
    picture("duplicates_wiped", Holds::Nothing, Page::Duplicates, |stage| {
        searched(stage);
        stage.press(Key::ArrowDown);
        stage.press(Key::W);
    });
}

#[test]
fn history() {
    if clock::local_text(NOW) != "2025-11-23 16:05" {
        eprintln!("skipped: the picture shows times in UTC");
        return;
    }
    picture("history", Holds::Everything, Page::History, |_| {});
}

#[test]
fn history_models() {
    picture("history_models", Holds::Everything, Page::History, |stage| {
        second_opinions(stage);
        stage.tell(Message::Command(UiCommand::HoldModels));
        stage.press(Key::ArrowDown);
    });
}

#[test]
fn history_sending() {
    picture("history_sending", Holds::Everything, Page::History, |stage| {
        stage.tell(Message::Command(UiCommand::SendRuns));
    });
}

#[test]
fn history_together() {
    if clock::local_text(NOW) != "2025-11-23 16:05" {
        eprintln!("skipped: the picture shows times in UTC");
        return;
    }
    picture("history_together", Holds::Everything, Page::History, |stage| {
        let first = api::find_run(&stage.project, "First try").expect("run");
        stage.tell(Message::StarRun(first.id.clone(), true));
        stage.tell(Message::CompareRun(first.id));
    });
}
