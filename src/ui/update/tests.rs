//! The window's behaviour without a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::arrange::Photos;
use super::super::shelf;
use super::*;
use crate::api::{Ballot, Occasion, PhotoRow, PhotoScore, RunView, Taken, TrainSummary};
use crate::config::Config;
use crate::domain::{ImageId, Label, ModelId, Photo, Run, RunId, RunMeta, RunStatus, Score, ScoreRow, Vote, VoteId};
use crate::error::Error;
use crate::ui::ledger::Ledger;
use crate::ui::message::{LabelData, Receipt};
use crate::ui::place::Place;
use crate::ui::prefs::{Prefs, SortBy};
use crate::ui::state::{Planned, ScoreColumn};

pub(super) fn photo(id: i64, score: Option<f64>) -> PhotoRow {
    let path = PathBuf::from(format!("/photos/{id}.jpg"));
    let shown = |value| PhotoScore {
        score: Score { value, low: 0.0, high: 100.0 },
        model: Arc::new(ModelId("m".to_owned())),
        reason: None,
    };
    let photo = Photo {
        id: ImageId(id),
        path,
        sha256: format!("{id}"),
        bytes: 1,
        modified_ms: 0,
        width: 10,
        height: 10,
        format: "jpeg".to_owned(),
        group: None,
        error: None,
        missing: false,
    };
    PhotoRow { photo: Arc::new(photo), label: None, score: score.map(shown) }
}

/// What the desk says when it has read these photos.
pub(super) fn read(state: &mut AppState, rows: Vec<PhotoRow>) -> Message {
    shelf::read(Photos::new(rows), &state.question())
}

/// Applies a message as the window does: what shows is worked out at once, and what was replaced let go of.
pub(super) fn update(state: &mut AppState, message: Message) -> Vec<Effect> {
    let mut left = Vec::new();
    for effect in super::update(state, message) {
        match effect {
            Effect::Arrange(rows, question) => {
                let answer = question.answer(&rows, &|| false).expect("not outdated");
                super::update(state, Message::Arranged(Box::new(answer)));
            }
            Effect::SortRows(rows, photos, sorting) => {
                let answer = Box::new(sorting.answer(rows, &photos));
                super::update(state, Message::RowsSorted(answer));
            }
            Effect::ForgetPhotos(_) | Effect::ForgetAudit(..) => {}
            other => left.push(other),
        }
    }
    left
}

fn queue(ids: &[i64]) -> LabelData {
    let queue: Vec<ImageId> = ids.iter().map(|&id| ImageId(id)).collect();
    LabelData { queue, ..LabelData::default() }
}

fn state(scores: &[Option<f64>]) -> AppState {
    let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
    let photos = scores.iter().zip(1..).map(|(score, id)| photo(id, *score)).collect();
    let found = read(&mut state, photos);
    update(&mut state, found);
    state
}

/// The effect that saves a vote cast now.
fn saving(state: &AppState, image: i64, kind: VoteKind) -> Effect {
    let view = Place::of(state).to_text();
    Effect::SaveVotes(Ballot {
        rater: "me".to_owned(),
        votes: vec![(ImageId(image), kind)],
        occasion: Occasion::Plain,
        at_ms: 0,
        view,
    })
}

/// A vote is on disk, and it is the only one on its photo.
pub(super) fn voted(image: i64, kind: VoteKind) -> Message {
    let image = ImageId(image);
    let label = kind.score().map(|mos| Label { image, mos, n: 1 });
    Message::Voted(Receipt { votes: vec![(image, kind)], labels: vec![(image, label)], recent: Vec::new() })
}

fn ids(state: &AppState) -> Vec<i64> {
    state.browse.visible.iter().map(|&index| state.photos[index].photo.id.0).collect()
}

#[test]
fn the_next_photo_shows_only_when_the_vote_is_on_disk() {
    let mut state = state(&[None, None, None]);
    state.prefs.page = Page::Label;
    update(&mut state, Message::Labelling(queue(&[2, 1, 3])));
    assert_eq!(state.label.current, Some(ImageId(2)));
    let kind = VoteKind::Rating { level: 4, levels: 5 };
    let expected = saving(&state, 2, kind);
    assert_eq!(update(&mut state, Message::Command(UiCommand::Rate4)), [expected]);
    assert_eq!(state.label.current, Some(ImageId(2)), "the photo stays");
    assert!(update(&mut state, Message::Rate(1)).is_empty(), "input is held");
    assert!(update(&mut state, Message::LabelPhoto(ImageId(3))).is_empty(), "the photo cannot be changed either");
    assert!(update(&mut state, voted(2, kind)).is_empty(), "nothing is read again");
    assert_eq!((state.label.current, state.label.votes), (Some(ImageId(1)), 1));
    assert_eq!(state.photo(ImageId(2)).and_then(|row| row.label).map(|label| (label.mos, label.n)), Some((75.0, 1)));
    assert_eq!(state.label.data.progress.labelled, 1);
}

#[test]
fn a_vote_that_cannot_be_saved_keeps_the_photo_and_tells() {
    let mut state = state(&[None]);
    state.prefs.page = Page::Label;
    update(&mut state, Message::Labelling(queue(&[1])));
    update(&mut state, Message::Rate(3));
    update(&mut state, Message::VoteFailed(Error::internal("the disk is full")));
    assert_eq!((state.label.current, state.label.saving), (Some(ImageId(1)), None));
    assert!(state.toasts.shown[0].text.contains("disk is full"));
}

#[test]
fn undo_brings_the_photo_back_on_screen() {
    let mut state = state(&[None, None]);
    state.prefs.page = Page::Label;
    update(&mut state, Message::Labelling(queue(&[2])));
    assert_eq!(update(&mut state, Message::Command(UiCommand::Undo)), [Effect::UndoVote("me".to_owned())]);
    let taken = Vote {
        id: VoteId(1),
        image: ImageId(1),
        kind: VoteKind::Skip,
        rater: "me".to_owned(),
        source: "window".to_owned(),
        at_ms: 0,
    };
    let taken = Taken { votes: vec![taken], view: None };
    update(&mut state, Message::Undone(Some(taken), Receipt::default(), queue(&[1, 2])));
    assert_eq!(state.label.current, Some(ImageId(1)));
}

#[test]
fn arrows_go_on_without_voting_and_back_again() {
    let mut state = state(&[None, None, None]);
    update(&mut state, Message::Labelling(queue(&[1, 2, 3])));
    update(&mut state, Message::Command(UiCommand::NextPhoto));
    update(&mut state, Message::Command(UiCommand::NextPhoto));
    assert_eq!(state.label.current, Some(ImageId(3)));
    update(&mut state, Message::Command(UiCommand::PreviousPhoto));
    assert_eq!(state.label.current, Some(ImageId(2)));
}

#[test]
fn the_grid_filters_and_sorts_with_unscored_photos_last() {
    let mut state = state(&[Some(70.0), None, Some(20.0)]);
    update(&mut state, Message::Sort(SortBy::Score));
    assert_eq!(ids(&state), [3, 1, 2]);
    update(&mut state, Message::Sort(SortBy::Score));
    assert_eq!(ids(&state), [1, 3, 2]);
    update(&mut state, Message::Filter("score<50".to_owned()));
    assert_eq!(ids(&state), [3]);
    update(&mut state, Message::Filter("score<".to_owned()));
    assert!(state.browse.filter_error.is_some());
    assert_eq!(ids(&state), [3], "the last good arrangement stays");
}

#[test]
fn the_selection_stays_within_the_grid() {
    let mut state = state(&[None, None]);
    update(&mut state, Message::MoveSelection(1));
    update(&mut state, Message::MoveSelection(5));
    assert_eq!(state.browse.selected, Some(ImageId(2)));
    assert_eq!(state.prefs.selected.as_deref(), Some("/photos/2.jpg"));
    update(&mut state, Message::MoveSelection(-9));
    assert_eq!(state.browse.selected, Some(ImageId(1)));
}

#[test]
fn dropping_scores_on_the_score_page_and_opens_elsewhere() {
    let mut state = state(&[]);
    let folder = vec![PathBuf::from("/new")];
    assert_eq!(update(&mut state, Message::Dropped(folder.clone())), [Effect::StartOpen(folder.clone())]);
    state.prefs.page = Page::Score;
    assert_eq!(update(&mut state, Message::Dropped(folder.clone())), [Effect::StartScore(folder.clone(), None)]);
    assert!(update(&mut state, Message::Dropped(folder)).is_empty(), "one scoring at a time");
}

#[test]
fn deleting_a_run_offers_to_undo() {
    let mut state = state(&[]);
    let id = RunId("r".to_owned());
    assert_eq!(update(&mut state, Message::DeleteRun(id.clone())), [Effect::Delete(id.clone())]);
    let (text, message) = state.toasts.shown[0].choice.clone().expect("choice");
    assert_eq!(text, "Undo");
    assert_eq!(update(&mut state, *message), [Effect::Restore(id)]);
}

#[test]
fn stopping_shows_at_once() {
    let mut state = state(&[]);
    update(&mut state, Message::OpenFolders(vec![PathBuf::from("/a")]));
    assert_eq!(update(&mut state, Message::Stop(JobKind::Open)), [Effect::Stop(JobKind::Open)]);
    assert!(state.job(JobKind::Open).is_some_and(|job| job.stopping));
    update(&mut state, Message::OpenEnded(Outcome::Cancelled(crate::api::OpenSummary::default())));
    assert!(state.jobs.is_empty());
}

#[test]
fn bands_never_cross() {
    let mut state = state(&[]);
    update(&mut state, Message::Bands(80.0, 60.0));
    assert_eq!((state.prefs.reject_below, state.prefs.accept_from), (80.0, 80.0));
}

#[test]
fn a_vote_that_replaces_another_shows_the_label_that_the_store_has() {
    let mut state = state(&[None, None]);
    state.prefs.page = Page::Label;
    update(&mut state, Message::Labelling(queue(&[2])));
    update(&mut state, Message::LabelPhoto(ImageId(1)));
    let kind = VoteKind::Rating { level: 1, levels: 5 };
    update(&mut state, Message::Rate(1));
    assert!(update(&mut state, voted(1, kind)).is_empty());
    assert_eq!(state.photo(ImageId(1)).and_then(|row| row.label).map(|label| label.mos), Some(0.0));
    assert_eq!(state.label.current, Some(ImageId(2)));
}

fn run(id: &str, status: RunStatus, started_ms: i64) -> Run {
    Run {
        id: RunId(id.to_owned()),
        status,
        config_toml: String::new(),
        seed: 1,
        code_version: String::new(),
        device: "CPU".to_owned(),
        dataset_digest: String::new(),
        started_ms,
        heartbeat_ms: 0,
        finished_ms: None,
        summary: serde_json::Map::new(),
        error: None,
        meta: RunMeta { name: id.to_owned(), ..RunMeta::default() },
        origin: None,
    }
}

fn planned(name: &str) -> Planned {
    Planned { config: Box::default(), name: name.to_owned(), finetune: false }
}

#[test]
fn trainings_wait_for_their_turn_and_a_stop_ends_the_turns() {
    let mut state = state(&[]);
    let begun = |effects: &[Effect]| match effects {
        [.., Effect::StartTrain(planned, None)] => Some(planned.name.clone()),
        _ => None,
    };
    assert_eq!(begun(&update(&mut state, Message::StartTraining(planned("a")))), Some("a".to_owned()));
    for name in ["b", "c", "d"] {
        assert!(update(&mut state, Message::StartTraining(planned(name))).is_empty());
    }
    update(&mut state, Message::Unplan(1));
    let ended = || Message::TrainEnded(Outcome::Completed(TrainSummary::default()));
    assert_eq!(begun(&update(&mut state, ended())), Some("b".to_owned()));
    let stopped = Message::TrainEnded(Outcome::Cancelled(TrainSummary::default()));
    assert_eq!(begun(&update(&mut state, stopped)), None);
    assert_eq!(state.train.queue, [planned("d")]);
    assert_eq!(begun(&update(&mut state, Message::StartNext)), Some("d".to_owned()));
    let failed = Message::TrainEnded(Outcome::Failed(Error::bad_data("no")));
    assert_eq!(begun(&update(&mut state, failed)), None);
    assert!(state.train.queue.is_empty() && state.job(JobKind::Train).is_none());
}

fn view(run: Run) -> Message {
    Message::RunLoaded(Box::new(RunView {
        run,
        points: Vec::new(),
        at_ms: Vec::new(),
        samples: Vec::new(),
        artifacts: Vec::new(),
        photos: [0; 3],
    }))
}

#[test]
fn the_train_page_follows_the_run_that_began_and_no_other() {
    let mut state = state(&[]);
    state.now_ms = 1_000;
    let old = run("old", RunStatus::Running, 500);
    update(&mut state, Message::StartTraining(planned("")));
    assert_eq!(update(&mut state, Message::JobPoints(JobKind::Train)), [Effect::LoadHistory]);
    update(&mut state, Message::Runs(Ledger::new(vec![old.clone()])));
    assert_eq!(state.train.run, None, "a run of another process is not ours");
    let new = run("new", RunStatus::Running, 1_200);
    let effects = update(&mut state, Message::Runs(Ledger::new(vec![new.clone(), old.clone()])));
    assert!(effects.contains(&Effect::LoadRun(new.id.clone())));
    update(&mut state, view(old));
    assert!(state.train.view.is_none(), "another run's curves are not shown");
    assert!(update(&mut state, Message::JobPoints(JobKind::Train)).is_empty(), "one reading at a time");
    let effects = update(&mut state, view(new.clone()));
    assert_eq!(effects, [Effect::LoadRun(new.id.clone())], "what came meanwhile is read");
    assert_eq!(state.train.view.as_ref().map(|view| view.run.id.clone()), Some(new.id));
}

#[test]
fn runs_are_drawn_beside_the_selected_one_until_they_are_not() {
    let mut state = state(&[]);
    let runs: Vec<Run> = ["a", "b", "c"].map(|id| run(id, RunStatus::Completed, 0)).to_vec();
    let id = |name: &str| RunId(name.to_owned());
    update(&mut state, Message::Runs(Ledger::new(runs.clone())));
    update(&mut state, Message::SelectRun(id("a")));
    assert!(update(&mut state, Message::CompareRun(id("a"))).is_empty(), "not beside itself");
    assert_eq!(update(&mut state, Message::CompareRun(id("c"))), [Effect::LoadRun(id("c"))]);
    update(&mut state, Message::CompareRun(id("b")));
    update(&mut state, view(runs[1].clone()));
    update(&mut state, view(runs[2].clone()));
    let drawn: Vec<&RunId> = state.history.others.iter().map(|view| &view.run.id).collect();
    assert_eq!(drawn, [&id("c"), &id("b")], "in the order in which they were added");
    assert_eq!((state.history.drawn(&id("a")), state.history.drawn(&id("b"))), (Some(0), Some(2)));
    update(&mut state, Message::SelectRun(id("c")));
    assert_eq!(state.history.beside, [id("b")], "the selected one is not beside itself");
    update(&mut state, Message::Runs(Ledger::new(runs[..1].to_vec())));
    assert!(state.history.beside.is_empty() && state.history.others.is_empty(), "runs that are gone are not drawn");
}

#[test]
fn typing_in_a_run_is_not_overwritten_by_reading_it_again() {
    let mut state = state(&[]);
    update(
        &mut state,
        Message::Runs(Ledger::new(vec![run("a", RunStatus::Completed, 0), run("b", RunStatus::Completed, 0)])),
    );
    update(&mut state, view(run("a", RunStatus::Completed, 0)));
    state.history.name = "half typ".to_owned();
    update(&mut state, view(run("a", RunStatus::Completed, 0)));
    assert_eq!(state.history.name, "half typ");
    update(&mut state, Message::SelectRun(RunId("b".to_owned())));
    update(&mut state, view(run("b", RunStatus::Completed, 0)));
    assert_eq!(state.history.name, "b");
}

#[test]
fn the_score_table_sorts_both_ways_with_failures_last() {
    let mut state = state(&[Some(50.0), Some(10.0), Some(90.0)]);
    let row = |row: &PhotoRow| ScoreRow {
        path: row.photo.path.clone(),
        sha256: String::new(),
        model: ModelId("m".to_owned()),
        score: state.score_of(row),
        attributes: None,
        reason: None,
        error: None,
        at_ms: 0,
    };
    let mut rows: Vec<ScoreRow> = state.photos.iter().map(row).collect();
    rows.push(ScoreRow {
        score: None,
        error: Some("torn".to_owned()),
        path: "/photos/0.jpg".into(),
        ..rows[0].clone()
    });
    update(&mut state, Message::Scored(rows));
    let order = |state: &AppState| -> Vec<Option<f64>> {
        state.score.rows.iter().map(|row| row.score.map(|score| score.value)).collect()
    };
    update(&mut state, Message::SortScores(ScoreColumn::Name));
    assert_eq!(order(&state), [None, Some(50.0), Some(10.0), Some(90.0)]);
    update(&mut state, Message::SortScores(ScoreColumn::Score));
    assert_eq!(order(&state), [Some(10.0), Some(50.0), Some(90.0), None]);
    update(&mut state, Message::SortScores(ScoreColumn::Score));
    assert_eq!(order(&state), [Some(90.0), Some(50.0), Some(10.0), None]);
    update(&mut state, Message::MoveScored(1));
    update(&mut state, Message::MoveScored(9));
    assert_eq!(state.score.selected.as_deref(), Some(Path::new("/photos/0.jpg")));
}
