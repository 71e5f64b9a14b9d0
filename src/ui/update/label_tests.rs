//! The modes and queues of the label page, on a real project without a window.

use super::undo_tests::{drive, project, window};
use super::*;
use crate::api::{self, Occasion, QueueKind, Suspect};
use crate::domain::{ImageId, NO_DEFECT, Score, TagId, UNSURE};
use crate::ui::keys::{Bound, Keys};
use crate::ui::prefs::Prefs;

fn on_label() -> (tempfile::TempDir, api::Project, AppState) {
    let (folder, project) = project();
    let state = window(&project, Prefs { page: Page::Label, ..Prefs::default() });
    (folder, project, state)
}

fn tag(state: &AppState, name: &str) -> TagId {
    state.label.tag(name).expect("a tag")
}

#[test]
fn defects_are_tagged_by_toggling_and_a_photo_without_one_counts_as_free() {
    let (_folder, project, mut state) = on_label();
    drive(&mut state, &project, Message::LabelMode(Mode::Defects));
    let first = state.label.current.expect("a photo");
    let (blur, noise, none) = (tag(&state, "blur"), tag(&state, "noise"), tag(&state, NO_DEFECT));
    drive(&mut state, &project, Message::ToggleTag(blur));
    drive(&mut state, &project, Message::ToggleTag(noise));
    drive(&mut state, &project, Message::ToggleTag(blur));
    assert_eq!((state.label.current, state.label.is_tagged(noise)), (Some(first), true), "it stays until it is done");
    drive(&mut state, &project, Message::Command(UiCommand::Done));
    let second = state.label.current.expect("the next photo");
    drive(&mut state, &project, Message::Command(UiCommand::Done));
    let tags = api::tags_of(&project, api::RATER).expect("tags");
    assert_eq!(tags.get(&first).map(|tags| tags.iter().copied().collect::<Vec<_>>()), Some(vec![noise]));
    assert_eq!(tags.get(&second).map(|tags| tags.iter().copied().collect::<Vec<_>>()), Some(vec![none]));
    // A defect found later takes the freedom away, in one step that undo takes back.
    drive(&mut state, &project, Message::Command(UiCommand::PreviousPhoto));
    drive(&mut state, &project, Message::ToggleTag(blur));
    assert!(state.label.is_tagged(blur) && !state.label.is_tagged(none));
    drive(&mut state, &project, Message::UndoVote);
    assert!(!state.label.is_tagged(blur) && state.label.is_tagged(none));
    assert!(state.photos.iter().all(|row| row.label.is_none()), "a defect is no score");
    drive(&mut state, &project, Message::AddTag(" Dust ".to_owned()));
    assert!(state.label.defects().any(|tag| tag.name == "dust"));
}

#[test]
fn pairs_go_on_by_themselves_and_skipped_ones_do_not_come_again() {
    let (_folder, project, mut state) = on_label();
    drive(&mut state, &project, Message::LabelMode(Mode::Pairs));
    let shown = state.label.duels.shown.clone();
    assert_eq!((shown.len(), state.label.duels.photos.len()), (2, state.photos.len()));
    drive(&mut state, &project, Message::Command(UiCommand::Skip));
    assert!(!state.label.duels.shown.is_empty() && state.label.duels.shown != shown);
    let mut answers = 0;
    while !state.label.duels.arena.as_ref().is_some_and(api::Arena::may_stop) {
        let [first, second] = state.label.duels.shown[..] else { panic!("no pair") };
        assert!(![[first, second], [second, first]].contains(&[shown[0], shown[1]]), "it was skipped");
        let command = if first < second { UiCommand::FirstBetter } else { UiCommand::SecondBetter };
        drive(&mut state, &project, Message::Command(command));
        answers += 1;
        assert!(answers < 150);
    }
    assert!(state.toasts.shown.iter().any(|toast| toast.text.contains("You can stop now")));
    let labels: Vec<f64> = state.photos.iter().filter_map(|row| Some(row.label?.mos)).collect();
    assert_eq!(labels.len(), state.photos.len(), "compared photos have labels at once");
    assert_eq!(state.label.data.progress.labelled, labels.len() as u64);
}

#[test]
fn the_best_and_the_worst_of_four_are_five_pairs_and_one_vote_to_take_back() {
    let (_folder, project, mut state) = on_label();
    drive(&mut state, &project, Message::LabelMode(Mode::Four));
    let shown = state.label.duels.shown.clone();
    assert_eq!(shown.len(), 4);
    drive(&mut state, &project, Message::Rate(3));
    drive(&mut state, &project, Message::Rate(3));
    assert_eq!(state.label.duels.best, None, "a second press takes it back");
    drive(&mut state, &project, Message::Rate(3));
    drive(&mut state, &project, Message::Rate(1));
    let pairs = project.store().expect("store").pairs().expect("pairs");
    assert_eq!(pairs.len(), 5);
    let wins = |id: ImageId| pairs.iter().filter(|pair| pair.image == id).count();
    assert_eq!(shown.iter().map(|id| wins(*id)).collect::<Vec<_>>(), [0, 1, 3, 1]);
    drive(&mut state, &project, Message::UndoVote);
    assert_eq!(state.label.duels.shown, shown);
    assert!(project.store().expect("store").pairs().expect("pairs").is_empty());
}

#[test]
fn photos_come_a_second_time_unannounced_and_are_told_as_such_in_the_log() {
    let (_folder, project, mut state) = on_label();
    (0..5).for_each(|_| drive(&mut state, &project, Message::Rate(4)));
    let old = state.label.trail[0];
    state.label.data.repeats = vec![old];
    let due = (0..20).find(|opinions| {
        state.label.data.opinions = *opinions;
        queues::due_again(&state).is_some()
    });
    assert!(due.is_some(), "once in twenty votes");
    let times = (0..2000).filter(|opinions| {
        state.label.data.opinions = *opinions;
        queues::due_again(&state).is_some()
    });
    assert_eq!(times.count(), 100, "five per cent");
    state.label.data.opinions = due.expect("a place");
    state.label.current = None;
    label::next(&mut state);
    assert_eq!((state.label.current, state.label.repeat), (Some(old), true));
    let effects = update(&mut state, Message::Rate(2));
    assert!(matches!(&effects[..], [Effect::SaveVotes(ballot)] if ballot.occasion == Occasion::Repeat), "{effects:?}");
}

#[test]
fn a_label_in_doubt_is_kept_changed_or_left_and_what_the_model_says_comes_after() {
    let (_folder, project, mut state) = on_label();
    (0..3).for_each(|_| drive(&mut state, &project, Message::Rate(4)));
    let voted: Vec<ImageId> = state.label.trail.clone();
    let said = Score { value: 20.0, low: 5.0, high: 35.0 };
    let suspect = |image: &ImageId| Suspect { image: *image, label: 75.0, said, doubt: 3.0 };
    state.prefs.queue = QueueKind::Suspect;
    state.label.current = None;
    let suspects: Vec<Suspect> = voted.iter().map(suspect).collect();
    update(&mut state, Message::QueueFilled(QueueKind::Suspect, voted.clone(), suspects));
    assert_eq!((state.label.current, state.label.answered), (Some(voted[0]), None), "nothing is said before");
    drive(&mut state, &project, Message::Command(UiCommand::KeepLabel));
    assert_eq!(state.label.answered.map(|suspect| suspect.image), Some(voted[0]));
    drive(&mut state, &project, Message::Rate(1));
    drive(&mut state, &project, Message::Command(UiCommand::UnsureLabel));
    assert_eq!((state.label.current, state.label.suspects.len()), (None, 0));
    let label = |id: ImageId| state.photo(id).and_then(|row| row.label).map(|label| label.mos);
    assert_eq!(voted.iter().map(|id| label(*id)).collect::<Vec<_>>(), [Some(75.0), Some(0.0), Some(75.0)]);
    let unsure = tag(&state, UNSURE);
    assert!(api::tags_of(&project, api::RATER).expect("tags")[&voted[2]].contains(&unsure));
}

#[test]
fn every_rater_has_a_queue_and_an_undo_of_their_own() {
    let (_folder, project, mut state) = on_label();
    drive(&mut state, &project, Message::Rate(5));
    let left = state.label.data.queue.len();
    drive(&mut state, &project, Message::RateAs("Anna".to_owned()));
    assert_eq!((state.label.data.queue.len(), state.label.data.recent.len()), (left + 1, 0));
    drive(&mut state, &project, Message::Rate(1));
    let label =
        |state: &AppState| state.photos.iter().filter_map(|row| row.label).map(|label| (label.mos, label.n)).next();
    assert_eq!(label(&state), Some((50.0, 2)), "the mean of both");
    drive(&mut state, &project, Message::UndoVote);
    drive(&mut state, &project, Message::UndoVote);
    assert_eq!(label(&state), Some((100.0, 1)), "another rater's vote stays");
}

#[test]
fn the_model_is_asked_for_more_when_a_batch_runs_low() {
    let (_folder, project, mut state) = on_label();
    let effects = update(&mut state, Message::LabelQueue(QueueKind::Uncertain));
    assert_eq!(effects, [Effect::FillQueue(QueueKind::Uncertain, "me".to_owned())]);
    assert_eq!(state.label.current, None, "while it chooses");
    let all: Vec<ImageId> = state.photos.iter().map(|row| row.photo.id).collect();
    update(&mut state, Message::QueueFilled(QueueKind::Uncertain, all[..5].to_vec(), Vec::new()));
    assert_eq!(state.label.current, Some(all[0]));
    let effects = update(&mut state, Message::Rate(3));
    let [Effect::SaveVotes(ballot)] = &effects[..] else { panic!("{effects:?}") };
    api::cast_votes(&project, ballot).expect("casts");
    let effects = update(&mut state, tests::voted(all[0].0, VoteKind::Rating { level: 3, levels: 5 }));
    assert!(effects.contains(&Effect::FillQueue(QueueKind::Uncertain, "me".to_owned())), "{effects:?}");
    update(&mut state, Message::QueueFilled(QueueKind::Uncertain, vec![all[6], all[1]], Vec::new()));
    assert_eq!(
        state.label.chosen.as_deref(),
        Some([&all[1..5], &all[6..7]].concat().as_slice()),
        "those on the way first"
    );
}

#[test]
fn keys_are_given_in_the_window_and_refused_when_taken() {
    let (_folder, _project, mut state) = on_label();
    let plain = |key| eframe::egui::KeyboardShortcut::new(eframe::egui::Modifiers::NONE, key);
    update(&mut state, Message::ChooseKey(Some(Some(Bound::Command(UiCommand::Skip)))));
    update(&mut state, Message::GiveKey(plain(eframe::egui::Key::Space)));
    assert_eq!(state.prefs.keys.of(UiCommand::Skip), plain(eframe::egui::Key::Space));
    update(&mut state, Message::ChooseKey(Some(Some(Bound::Command(UiCommand::Rate2)))));
    update(&mut state, Message::GiveKey(plain(eframe::egui::Key::Space)));
    assert_eq!(state.prefs.keys.of(UiCommand::Rate2), UiCommand::Rate2.shortcut());
    assert!(state.toasts.shown[0].text.contains(UiCommand::Skip.text()));
    update(&mut state, Message::ResetKeys);
    assert_eq!(state.prefs.keys, Keys::default());
}
