//! The personal model in the window, without a window: when it learns, what shows and when.

use std::collections::HashMap;
use std::path::Path;

use super::tests::{read, update};
use super::*;
use crate::api::{DescribeSummary, Estimate, FailedPhoto, LabelProgress, Lesson, PhotoRow};
use crate::config::Config;
use crate::domain::{Calibration, ImageId, ModelCard, ModelId, PersonalCard, Reach, Score};
use crate::error::Error;
use crate::ui::message::LabelData;
use crate::ui::prefs::Prefs;

fn photo(id: i64) -> PhotoRow {
    tests::photo(id, None)
}

/// A window on the label page with so many labels and three photos to label.
fn state(labelled: u64) -> AppState {
    let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
    let found = read(&mut state, (1..=3).map(photo).collect());
    update(&mut state, found);
    state.prefs.page = Page::Label;
    let progress = LabelProgress { photos: 100, labelled, remaining: 3 };
    let queue = [1, 2, 3].map(ImageId).to_vec();
    update(&mut state, Message::Labelling(LabelData { queue, progress, ..LabelData::default() }));
    state
}

fn card(id: &str) -> ModelCard {
    ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId(id.to_owned()),
        architecture: ModelCard::PERSONAL.to_owned(),
        preprocess: 1,
        calibration: Calibration { mean: 50.0, std: 20.0 },
        reach: Reach { half_width: 9.0, n: 20 },
        names_flaws: false,
        run: None,
        created_ms: 1,
        code_version: String::new(),
        personal: Some(PersonalCard {
            base: ModelId("b".to_owned()),
            base_name: "default".to_owned(),
            extractor: "e".to_owned(),
            backbone: None,
            basis: "c".to_owned(),
            labels: 20,
            groups: 20,
            srcc: Some(0.8),
            own_share: 0.5,
        }),
    }
}

/// A lesson whose model gives photo `k` the score `first + k`.
fn lesson(id: &str, current: bool, undescribed: usize, first: f64) -> Message {
    let estimate = |value| Estimate { score: Score { value, low: 0.0, high: 100.0 }, unfamiliar: false };
    let scores: HashMap<_, _> = (1..=3).map(|photo| (ImageId(photo), estimate(first + photo as f64))).collect();
    let (card, labels) = (Some(card(id)), 20);
    Message::Learnt(Box::new(Lesson { card, current, labels, undescribed, scores, ..Lesson::default() }))
}

fn voted(state: &mut AppState, id: i64, level: u8) -> Vec<Effect> {
    update(state, tests::voted(id, VoteKind::Rating { level, levels: 5 }))
}

fn shown(state: &AppState, id: i64) -> Option<f64> {
    state.score_of(state.photo(ImageId(id))?).map(|score| score.value)
}

#[test]
fn it_learns_from_the_twentieth_label_on_and_one_fit_at_a_time() {
    let mut state = state(18);
    assert!(voted(&mut state, 1, 4).is_empty(), "19 labels are too few");
    assert_eq!(voted(&mut state, 2, 4), [Effect::Learn(false)]);
    assert!(voted(&mut state, 3, 2).is_empty(), "the fit under way ends first");
    assert!(update(&mut state, Message::JobPoints(JobKind::Describe)).is_empty());
    let effects = update(&mut state, lesson("a", true, 0, 50.0));
    assert!(effects.contains(&Effect::Learn(true)), "with the vote and the photos since: {effects:?}");
    let effects = update(&mut state, lesson("b", true, 0, 50.0));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Learn(_))), "{effects:?}");
    assert!(update(&mut state, tests::voted(1, VoteKind::Skip)).is_empty(), "a skip teaches nothing");
}

#[test]
fn the_guess_is_from_before_the_vote_and_shows_only_after_it() {
    let mut state = state(30);
    update(&mut state, lesson("a", true, 0, 50.0));
    assert_eq!(state.learning.guess, None);
    voted(&mut state, 1, 5);
    let guess = state.learning.guess.expect("shows");
    assert_eq!((guess.image, guess.vote, guess.estimate.score.value), (ImageId(1), 100.0, 51.0));
    update(&mut state, lesson("b", true, 0, 60.0));
    assert_eq!(
        state.learning.guess.map(|guess| guess.estimate.score.value),
        Some(51.0),
        "what it learnt since is no guess"
    );
    voted(&mut state, 2, 1);
    assert_eq!(state.learning.guess.map(|guess| guess.estimate.score.value), Some(62.0));
    update(&mut state, tests::voted(3, VoteKind::Skip));
    assert_eq!(state.learning.guess, None, "nothing was said");
}

#[test]
fn scores_show_only_when_the_model_is_the_newest() {
    let mut state = state(30);
    update(&mut state, lesson("a", false, 0, 50.0));
    assert_eq!(shown(&state, 1), None);
    update(&mut state, lesson("b", true, 0, 60.0));
    assert_eq!((shown(&state, 1), shown(&state, 3)), (Some(61.0), Some(63.0)));
    assert!(state.browse.stale);
    // Photos that are read again keep them.
    let found = read(&mut state, (1..=3).map(photo).collect());
    update(&mut state, found);
    assert_eq!(shown(&state, 2), Some(62.0));
}

#[test]
fn photos_that_cannot_be_described_are_not_tried_for_ever() {
    let mut state = state(30);
    assert!(update(&mut state, lesson("a", true, 5, 50.0)).contains(&Effect::StartDescribe));
    assert!(!update(&mut state, lesson("a", true, 5, 50.0)).contains(&Effect::StartDescribe), "it is under way");
    let failed = vec![FailedPhoto { path: "/photos/x.jpg".into(), reason: "cut short".to_owned() }];
    let ended = Outcome::Completed(DescribeSummary { described: 4, failed, ..DescribeSummary::default() });
    assert_eq!(update(&mut state, Message::DescribeEnded(ended)), [Effect::Learn(true)]);
    assert!(state.job(JobKind::Describe).is_none());
    assert!(state.toasts.shown.iter().any(|toast| toast.text.contains("1 photos cannot be described")));
    assert!(!update(&mut state, lesson("b", true, 1, 50.0)).contains(&Effect::StartDescribe), "the one that failed");
    assert!(update(&mut state, lesson("b", true, 3, 50.0)).contains(&Effect::StartDescribe), "new photos");
    let error = Outcome::Failed(Error::internal("no device"));
    assert!(update(&mut state, Message::DescribeEnded(error)).is_empty());
    assert!(!update(&mut state, lesson("b", true, 9, 50.0)).contains(&Effect::StartDescribe));
}

#[test]
fn a_chosen_model_stays_chosen_when_it_is_fitted_again() {
    let mut state = state(30);
    update(&mut state, lesson("a", true, 0, 50.0));
    state.score.model = Some("a".to_owned());
    update(&mut state, lesson("b", true, 0, 50.0));
    assert_eq!(state.score.model.as_deref(), Some("b"));
}

#[test]
fn a_failure_is_told_once_and_the_next_vote_tries_again() {
    let mut state = state(30);
    voted(&mut state, 1, 3);
    update(&mut state, Message::LearningFailed(Error::bad_data("all labels are the same")));
    assert_eq!(voted(&mut state, 2, 3), [Effect::Learn(false)]);
    update(&mut state, Message::LearningFailed(Error::bad_data("all labels are the same")));
    assert_eq!(state.toasts.shown.iter().filter(|toast| toast.text.contains("all labels")).count(), 1);
}

#[test]
fn the_selected_photo_is_looked_up_among_the_labelled_ones() {
    let mut state = state(30);
    assert!(update(&mut state, Message::Select(ImageId(2))).is_empty(), "there is no model yet");
    assert!(update(&mut state, lesson("a", true, 0, 50.0)).contains(&Effect::LookAlike(ImageId(2))));
    assert_eq!(update(&mut state, Message::Select(ImageId(3))), [Effect::LookAlike(ImageId(3))]);
}
