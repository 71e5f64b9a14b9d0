//! Undo and redo, held against a model of them in memory.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;
use crate::domain::{ImportedFile, Label};

fn project(photos: usize) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut store = Store::open(folder.path()).expect("opens");
    let file = |index: usize| ImportedFile {
        path: folder.path().join(format!("{index}.png")),
        sha256: format!("{index}"),
        bytes: 1,
        modified_ms: 0,
        width: 1,
        height: 1,
        format: "png".to_owned(),
        error: None,
    };
    store.import_files(&(0..photos).map(file).collect::<Vec<_>>(), 0).expect("imports");
    (folder, store)
}

fn by(rater: &str, image: i64, kind: VoteKind) -> Vote {
    let (rater, source) = (rater.to_owned(), "window".to_owned());
    Vote { id: VoteId(0), image: ImageId(image), kind, rater, source, at_ms: 0 }
}

/// Everything that follows from the log.
#[derive(Debug, Clone, PartialEq)]
struct Facts {
    labels: Vec<Label>,
    tagged: Vec<(ImageId, TagId, String)>,
    pairs: Vec<(ImageId, ImageId, Preference)>,
    to_do: Vec<ImageId>,
}

fn facts(store: &Store) -> Facts {
    let pairs = store.pairs().expect("pairs").into_iter().map(|pair| (pair.image, pair.other, pair.preference));
    Facts {
        labels: store.labels().expect("labels"),
        tagged: tagged(store),
        pairs: pairs.collect(),
        to_do: store.unlabelled("me").expect("queue"),
    }
}

fn tagged(store: &Store) -> Vec<(ImageId, TagId, String)> {
    store.tagged().expect("tags").into_iter().map(|tagged| (tagged.image, tagged.tag, tagged.rater)).collect()
}

fn drawn(rng: &mut ChaCha8Rng, below: u64) -> i64 {
    (rng.next_u64() % below) as i64
}

fn kind(rng: &mut ChaCha8Rng, image: i64) -> VoteKind {
    match drawn(rng, 5) {
        0 => VoteKind::Rating { level: 1 + drawn(rng, 5) as u8, levels: 5 },
        1 => VoteKind::Mean { score: drawn(rng, 101) as f64, n: 1 },
        2 => VoteKind::Skip,
        3 => VoteKind::Tag { tag: TagId(1 + drawn(rng, 4)), on: drawn(rng, 3) > 0 },
        _ => VoteKind::Pair {
            other: ImageId(image % 6 + 1),
            preference: [Preference::Worse, Preference::Tie, Preference::Better][drawn(rng, 3) as usize],
        },
    }
}

/// Random votes, alone and together, undos, redos and new sessions: after an undo everything is as before the vote, and
/// after a redo as after it.
#[test]
fn undo_and_redo_equal_a_history_in_memory() {
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (folder, mut store) = project(6);
        let mut past: Vec<(Facts, String)> = Vec::new();
        let mut future: Vec<(Facts, String)> = Vec::new();
        for step in 0..80 {
            match drawn(&mut rng, 10) {
                0..5 => {
                    let view = format!("view {step}");
                    let count = if drawn(&mut rng, 4) == 0 { 3 } else { 1 };
                    let images: Vec<i64> = (0..count).map(|_| 1 + drawn(&mut rng, 6)).collect();
                    let votes: Vec<_> =
                        images.into_iter().map(|image| by("me", image, kind(&mut rng, image))).collect();
                    past.push((facts(&store), view.clone()));
                    future.clear();
                    store.cast(&votes, Some(&view)).expect("casts");
                }
                5..8 => {
                    let taken = store.take_back("me", 1).expect("takes back");
                    assert_eq!(taken.is_some(), !past.is_empty());
                    if let (Some(taken), Some((before, view))) = (taken, past.pop()) {
                        assert_eq!(taken.view.as_ref(), Some(&view));
                        let now = facts(&store);
                        assert_eq!(now, before, "seed {seed}, step {step}");
                        let after = store_after(&mut store, &before);
                        future.push((after, view));
                    }
                }
                8 => {
                    let again = store.redo("me", 2).expect("redoes");
                    assert_eq!(again.is_some(), !future.is_empty(), "seed {seed}, step {step}");
                    if let (Some(again), Some((after, view))) = (again, future.pop()) {
                        past.push((facts_before(&mut store, &after), view.clone()));
                        assert_eq!((again.view, facts(&store)), (Some(view), after), "seed {seed}, step {step}");
                    }
                }
                _ => {
                    // Somebody else votes, and the window is opened anew.
                    store.cast(&[by("else", 1 + drawn(&mut rng, 6), VoteKind::Skip)], None).expect("casts");
                    drop(store);
                    store = Store::open(folder.path()).expect("opens again");
                }
            }
        }
        assert!(store.integrity_problems().expect("checks").is_empty());
    }
}

/// How things stood before the undo that was just made: done again, looked at, and taken back again.
fn store_after(store: &mut Store, before: &Facts) -> Facts {
    store.redo("me", 3).expect("redoes").expect("what was taken back");
    let after = facts(store);
    store.take_back("me", 4).expect("takes back").expect("what was done again");
    assert_eq!(facts(store), *before);
    after
}

/// How things stood before the redo that was just made.
fn facts_before(store: &mut Store, after: &Facts) -> Facts {
    store.take_back("me", 5).expect("takes back").expect("what was done again");
    let before = facts(store);
    store.redo("me", 6).expect("redoes").expect("what was taken back");
    assert_eq!(&facts(store), after);
    before
}

#[test]
fn a_new_vote_ends_what_could_be_done_again() {
    let (_folder, mut store) = project(2);
    let rating = |level| VoteKind::Rating { level, levels: 5 };
    store.cast(&[by("me", 1, rating(2))], None).expect("casts");
    store.take_back("me", 0).expect("takes back").expect("a vote");
    store.cast(&[by("me", 2, rating(5))], None).expect("casts");
    assert_eq!(store.redo("me", 0).expect("looks"), None);
    assert_eq!(store.take_back("else", 0).expect("looks"), None, "each rater has an own history");
}

#[test]
fn imported_votes_are_not_taken_back() {
    let (_folder, mut store) = project(1);
    let imported = Vote { source: "import:x.csv".to_owned(), ..by("me", 1, VoteKind::Mean { score: 40.0, n: 1 }) };
    store.append_votes(&[imported]).expect("imports");
    assert_eq!(store.take_back("me", 0).expect("looks"), None);
}

#[test]
fn tags_of_a_name_are_one() {
    let (_folder, mut store) = project(1);
    let known = store.tags().expect("tags").len();
    let ids = store.add_tags(["dust", "blur", "dust"]).expect("adds");
    assert_eq!((ids.len(), store.tags().expect("tags").len()), (2, known + 1));
    let on = |on| by("me", 1, VoteKind::Tag { tag: ids["dust"], on });
    assert_eq!(store.append_votes(&[on(true), on(true)]).expect("imports").added, 1);
    assert_eq!(tagged(&store), [(ImageId(1), ids["dust"], "me".to_owned())]);
    store.append_votes(&[on(false)]).expect("imports");
    assert!(store.tagged().expect("tags").is_empty());
}

#[test]
fn a_place_is_replaced() {
    let (_folder, mut store) = project(0);
    assert_eq!(store.place("me").expect("reads"), None);
    for text in ["first", "second"] {
        store.save_place("me", text).expect("saves");
        assert_eq!(store.place("me").expect("reads").as_deref(), Some(text));
    }
}
