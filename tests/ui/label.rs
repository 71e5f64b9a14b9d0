//! The modes of the label page in the window, by key.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use packshot::api;
use packshot::domain::VoteKind;
use packshot::ui::{Message, Mode, Page, Prefs};

use crate::fixture::{Holds, PHOTOS, Stage, on};

fn in_mode(mode: Mode) -> Stage {
    Stage::new(Holds::Photos, Prefs { mode, ..on(Page::Label, true) })
}

fn press_alt(stage: &mut Stage, key: Key) {
    stage.harness.key_press_modifiers(Modifiers::ALT, key);
    stage.settle();
}

fn kinds(stage: &Stage) -> Vec<VoteKind> {
    let votes = api::recent_votes(&stage.project, api::RATER, 100).expect("votes");
    votes.into_iter().rev().map(|vote| vote.kind).collect()
}

#[test]
fn digits_type_a_score_from_0_to_100_and_enter_casts_it() {
    let mut stage = in_mode(Mode::Score);
    stage.press(Key::E);
    let first = stage.app().state().label.current;
    [Key::Num7, Key::Num2].into_iter().for_each(|key| stage.press(key));
    stage.press(Key::ArrowUp);
    assert_eq!((stage.app().state().label.current, stage.app().state().label.exact), (first, Some(73.0)));
    stage.press(Key::Enter);
    assert_ne!(stage.app().state().label.current, first);
    assert_eq!(kinds(&stage), [VoteKind::Mean { score: 73.0, n: 1 }]);
    stage.press(Key::S);
    stage.press(Key::E);
    stage.press(Key::Num4);
    assert_eq!(kinds(&stage)[1..], [VoteKind::Skip, VoteKind::Rating { level: 4, levels: 5 }]);
}

#[test]
fn alt_and_a_digit_choose_the_mode_and_cast_no_vote() {
    let mut stage = in_mode(Mode::Score);
    for (key, mode) in
        [(Key::Num3, Mode::Pairs), (Key::Num2, Mode::Defects), (Key::Num4, Mode::Four), (Key::Num1, Mode::Score)]
    {
        press_alt(&mut stage, key);
        assert_eq!(stage.app().state().prefs.mode, mode);
    }
    assert!(kinds(&stage).is_empty());
}

#[test]
fn digits_tag_defects_and_enter_goes_on() {
    let mut stage = in_mode(Mode::Defects);
    let first = stage.app().state().label.current;
    stage.press(Key::Num1);
    stage.press(Key::Num2);
    stage.harness.get_by_label("1  blur");
    assert_eq!(stage.app().state().label.current, first);
    stage.press(Key::Enter);
    assert_ne!(stage.app().state().label.current, first);
    stage.harness.get_by_label("1 looked at by you · 13 to go");
    stage.harness.get_by_label("Add a defect").focus();
    stage.settle();
    stage.harness.get_by_label("Add a defect").type_text("dust");
    stage.settle();
    stage.press(Key::Enter);
    assert!(stage.app().state().label.defects().any(|tag| tag.name == "dust"));
    assert_eq!(kinds(&stage).len(), 2, "typing tags nothing");
}

#[test]
fn arrows_compare_pairs_and_undo_brings_the_pair_back() {
    let mut stage = in_mode(Mode::Pairs);
    let shown = stage.app().state().label.duels.shown.clone();
    assert_eq!(shown.len(), 2);
    stage.press(Key::ArrowRight);
    let next = stage.app().state().label.duels.shown.clone();
    assert_ne!(next, shown);
    stage.press(Key::ArrowDown);
    stage.harness.get_by_label_contains("2 judged");
    assert_eq!(kinds(&stage).len(), 2);
    stage.press_ctrl(Key::Z);
    assert_eq!(stage.app().state().label.duels.shown, next);
    stage.press_ctrl(Key::Z);
    assert_eq!(stage.app().state().label.duels.shown, shown);
    stage.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    stage.settle();
    assert_eq!(kinds(&stage).len(), 1, "and Redo casts the answer again");
}

#[test]
fn the_ranking_hides_the_photos_on_screen() {
    let stage = in_mode(Mode::Pairs);
    let on_screen = stage.harness.query_all_by_label_contains("is on screen").count();
    assert_eq!(on_screen, 2);
}

#[test]
fn four_photos_take_two_keys() {
    let mut stage = in_mode(Mode::Four);
    stage.harness.get_by_label_contains("Which is the best");
    stage.press(Key::Num2);
    stage.harness.get_by_label_contains("which is the worst");
    stage.press(Key::Num4);
    assert_eq!(kinds(&stage).len(), 5);
    stage.press_ctrl(Key::Z);
    assert!(kinds(&stage).is_empty());
}

#[test]
fn undo_shows_the_filter_and_scroll_at_which_the_vote_was_cast() {
    let mut stage = in_mode(Mode::Score);
    stage.tell(Message::Filter("not error".to_owned()));
    stage.tell(Message::Scrolled(0.0));
    let first = stage.app().state().label.current;
    stage.press(Key::Num5);
    stage.press_ctrl(Key::Num1);
    stage.tell(Message::Filter("label:none".to_owned()));
    stage.press_ctrl(Key::Z);
    let state = stage.app().state();
    assert_eq!((state.prefs.page, state.label.current), (Page::Label, first));
    assert_eq!((state.prefs.filter.as_str(), state.browse.visible.len()), ("not error", PHOTOS));
}

#[test]
fn a_key_is_changed_by_pressing_another() {
    let mut stage = in_mode(Mode::Score);
    stage.press_ctrl(Key::K);
    stage.harness.get_by_label("Change the key of Skip this photo").scroll_to_me();
    stage.settle();
    stage.harness.get_by_label("Change the key of Skip this photo").click();
    stage.settle();
    stage.press(Key::Q);
    stage.harness.get_by_label("Close").click();
    stage.settle();
    assert!(kinds(&stage).is_empty());
    stage.press(Key::Q);
    assert_eq!(kinds(&stage), [VoteKind::Skip]);
    stage.harness.get_by_label("Q  Skip");
}

#[test]
fn another_name_votes_from_an_own_queue() {
    let mut stage = in_mode(Mode::Score);
    stage.press(Key::Num5);
    stage.tell(Message::RateAs("Anna".to_owned()));
    stage.harness.get_by_label_contains("0 seen by you · 14 to go");
    stage.press(Key::Num1);
    let votes = api::recent_votes(&stage.project, "Anna", 9).expect("votes");
    assert_eq!(votes.len(), 1);
    stage.harness.get_by_label("Agreement");
}
