//! Undo and redo in the window, on a real project: random commands, and after an undo everything is as it was.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;
use crate::api::{self, LabelProgress, Project};
use crate::config::Config;
use crate::domain::{ImageId, ImportedFile, Label, TagId, Vote, VoteId};
use crate::ui::desk::errands;
use crate::ui::place::Place;
use crate::ui::prefs::{Prefs, SortBy};
use crate::ui::shelf;

const PHOTOS: usize = 7;

pub(super) fn project() -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().expect("temp dir");
    let project = Project::open(&folder.path().join("p"), Config::default()).expect("project");
    let file = |index: usize| ImportedFile {
        path: folder.path().join(format!("{index}.png")),
        sha256: format!("{:02}", index * 5 % PHOTOS),
        bytes: 1,
        modified_ms: index as i64,
        width: 100 + index as u32,
        height: 100,
        format: "png".to_owned(),
        error: None,
    };
    let mut store = project.store().expect("store");
    store.import_files(&(0..PHOTOS).map(file).collect::<Vec<_>>(), 0).expect("imports");
    (folder, project)
}

/// Applies a message and does what the desk would do, until nothing is left to do.
pub(super) fn drive(state: &mut AppState, project: &Project, message: Message) {
    let mut effects = update(state, message);
    while let Some(effect) = effects.pop() {
        match effect {
            Effect::Learn(_) => state.learning.busy = false,
            Effect::LoadRaters(_) => state.label.reporting = false,
            _ => {}
        }
        let shelf = shelf::errands(project, effect.clone(), &|_| false);
        for answer in errands(project, effect).expect("the desk").into_iter().chain(shelf) {
            effects.extend(update(state, answer));
        }
    }
}

pub(super) fn window(project: &Project, prefs: Prefs) -> AppState {
    let mut state = AppState::new(project.root(), project.config.clone(), prefs);
    drive(&mut state, project, Message::Show(Page::Label));
    drive(&mut state, project, Message::PhotosOutdated);
    state
}

/// What a person sees: the place, every label, the film strip and the counts.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    place: Place,
    labels: Vec<Option<Label>>,
    recent: Vec<Vote>,
    progress: LabelProgress,
    queue: Vec<ImageId>,
    tagged: BTreeMap<ImageId, BTreeSet<TagId>>,
    untagged: Vec<ImageId>,
}

fn seen(state: &AppState) -> Seen {
    let data = &state.label.data;
    // A vote that was cast again is another row of the log.
    let shown = |vote: &Vote| Vote { id: VoteId(0), at_ms: 0, ..vote.clone() };
    let tagged = data.tagged.iter().filter(|(_, tags)| !tags.is_empty());
    Seen {
        place: Place { last_vote: None, ..Place::of(state) },
        labels: state.photos.iter().map(|row| row.label).collect(),
        recent: data.recent.iter().map(shown).collect(),
        progress: data.progress,
        queue: data.queue.clone(),
        tagged: tagged.map(|(id, tags)| (*id, tags.clone())).collect(),
        untagged: data.untagged.clone(),
    }
}

/// Something that is voted in the mode that the window is in.
fn vote(rng: &mut ChaCha8Rng, state: &AppState) -> Message {
    let drawn = rng.next_u64();
    match state.prefs.mode {
        Mode::Score if drawn.is_multiple_of(6) => Message::Command(UiCommand::Skip),
        Mode::Score if drawn.is_multiple_of(5) => Message::ScoreExactly((drawn / 5 % 101) as f64),
        Mode::Score => Message::Rate(1 + (drawn % 5) as u8),
        Mode::Defects if drawn.is_multiple_of(3) => Message::Command(UiCommand::Done),
        Mode::Defects => Message::ToggleTag(state.label.data.tags[(drawn / 3 % 4) as usize].id),
        Mode::Pairs => {
            Message::Command([UiCommand::FirstBetter, UiCommand::SecondBetter, UiCommand::Tie][(drawn % 3) as usize])
        }
        Mode::Four => Message::PickOfFour((drawn % 4) as usize),
    }
}

fn wander(rng: &mut ChaCha8Rng, state: &AppState) -> Message {
    let photo = state.photos[(rng.next_u64() % PHOTOS as u64) as usize].photo.id;
    match rng.next_u64() % 12 {
        0 => Message::Filter(["", "label:none", "width>102", "width<"][(rng.next_u64() % 4) as usize].to_owned()),
        1 => Message::Sort(SortBy::ALL[(rng.next_u64() % 4) as usize]),
        2 => Message::Scrolled((rng.next_u64() % 500) as f32),
        3 => Message::Select(photo),
        4 => Message::Show(Page::Browse),
        5 => Message::LabelPhoto(photo),
        6 => Message::Command(UiCommand::NextPhoto),
        7 => Message::Command(UiCommand::PreviousPhoto),
        8 => Message::Show(Page::Label),
        mode => Message::LabelMode(Mode::ALL[(mode + rng.next_u64()) as usize % 4]),
    }
}

#[test]
fn after_an_undo_the_window_is_as_before_the_vote() {
    for seed in 0..8 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (_folder, project) = project();
        let mut state = window(&project, Prefs { page: Page::Label, ..Prefs::default() });
        let (mut past, mut future) = (Vec::new(), Vec::new());
        for step in 0..120 {
            match rng.next_u64() % 10 {
                0..4 => {
                    let message = vote(&mut rng, &state);
                    let (before, votes) = (seen(&state), project.store().expect("store").vote_count().expect("counts"));
                    drive(&mut state, &project, message);
                    if project.store().expect("store").vote_count().expect("counts") > votes {
                        past.push(before);
                        future.clear();
                    }
                }
                4..6 => {
                    let before = past.pop();
                    let after = seen(&state);
                    drive(&mut state, &project, Message::UndoVote);
                    let Some(before) = before else { continue };
                    assert_eq!(seen(&state), before, "seed {seed}, step {step}");
                    future.push((before, after));
                }
                6 => {
                    drive(&mut state, &project, Message::RedoVote);
                    let Some((before, after)) = future.pop() else { continue };
                    let now = seen(&state);
                    assert_eq!(
                        (&now.labels, now.progress, &now.tagged),
                        (&after.labels, after.progress, &after.tagged),
                        "seed {seed}, step {step}"
                    );
                    assert_eq!((&now.place.filter, now.place.mode), (&before.place.filter, before.place.mode));
                    if before.place.mode == Mode::Score {
                        assert_ne!(now.place.photo, before.place.photo, "it goes on behind the vote");
                    }
                    past.push(before);
                }
                7 => {
                    // Killed, and started again where it was.
                    let text = Place::of(&state).to_text().expect("writes");
                    let mut again = window(&project, Prefs::default());
                    Place::from_text(&text).expect("reads").restore(&mut again);
                    photos::restore_selection(&mut again);
                    let filter = again.prefs.filter.clone();
                    drive(&mut again, &project, Message::Filter(filter));
                    if again.prefs.page == Page::Label {
                        drive(&mut again, &project, Message::Show(Page::Label));
                    }
                    let (now, mut before) = (seen(&again), seen(&state));
                    if before.place.photo.is_none() {
                        // Photos that were passed over show again in a new session.
                        before.place.photo = now.place.photo;
                    }
                    if before.place.compared.iter().any(|id| !again.label.duels.photos.contains(id)) {
                        // The filter has changed since they were chosen, and does not show one of them.
                        before.place.compared.clone_from(&now.place.compared);
                    }
                    assert_eq!(now, before, "seed {seed}, step {step}");
                    state = again;
                }
                _ => {
                    let message = wander(&mut rng, &state);
                    drive(&mut state, &project, message);
                }
            }
        }
        assert!(project.store().expect("store").integrity_problems().expect("checks").is_empty());
        assert_eq!(api::label_progress(&project, api::RATER).expect("counts"), state.label.data.progress);
    }
}

#[test]
fn a_window_killed_right_after_a_vote_shows_the_next_photo() {
    let (_folder, project) = project();
    let mut state = window(&project, Prefs { page: Page::Label, ..Prefs::default() });
    let text = Place::of(&state).to_text().expect("writes");
    drive(&mut state, &project, Message::Rate(4));
    let next = state.label.current;
    let place = Place::from_text(&text).expect("reads");
    let mut again = AppState::new(project.root(), project.config.clone(), Prefs::default());
    again.label.resumed = Some(place.last_vote);
    place.restore(&mut again);
    drive(&mut again, &project, Message::Show(Page::Label));
    assert_eq!(again.label.current, next);
    assert_eq!(again.label.data.recent.len(), 1);
}
