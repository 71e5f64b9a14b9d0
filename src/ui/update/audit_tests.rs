//! The audit and the duplicates without a window.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::tests::{read, update};
use super::*;
use crate::api::{AuditRow, AuditSummary, DuplicateGroup, DuplicatePhoto, DuplicatesSummary, PhotoRow};
use crate::config::Config;
use crate::domain::{Attribute, Attributes, ImageId, Photo};
use crate::error::Error;
use crate::rules::{self, Outcome as Judgement};
use crate::ui::catalogue::{Audit, Catalogue, Totals};
use crate::ui::prefs::Prefs;
use crate::ui::state::{AuditColumn, AuditFilter};
use crate::ui::view::{Pairing, View, Zoom};

fn photo(id: i64) -> PhotoRow {
    let photo = Photo {
        id: ImageId(id),
        path: format!("/photos/{id}.jpg").into(),
        sha256: id.to_string(),
        bytes: 1,
        modified_ms: 0,
        width: 10,
        height: 10,
        format: "jpeg".to_owned(),
        group: None,
        error: None,
        missing: false,
    };
    PhotoRow { photo: Arc::new(photo), label: None, score: None }
}

fn sharp(value: f64) -> Attributes {
    Attributes::default().with(Attribute::Sharpness, value).with(Attribute::Blur, 20.0 / value)
}

fn row(id: i64, value: f64) -> AuditRow {
    let path = format!("/photos/{id}.jpg").into();
    AuditRow { path, sha256: id.to_string(), attributes: Some(sharp(value)), error: None }
}

/// Photos 1 to `count`, the first `measured` of them blurred; read and judged.
fn state(count: i64, measured: i64) -> AppState {
    let mut state = AppState::new(Path::new("/p"), Config::default(), Prefs::default());
    let found = read(&mut state, (1..=count).map(photo).collect());
    let effects = update(&mut state, found);
    assert_eq!(effects.last(), Some(&Effect::LoadAudit("house".to_owned(), 0)));
    let found = judged(&state, measured);
    assert!(update(&mut state, found).is_empty());
    state
}

fn judged(state: &AppState, measured: i64) -> Message {
    let known: HashMap<String, Attributes> = (1..=measured).map(|id| (id.to_string(), sharp(1.0))).collect();
    let catalogue = Arc::new(Catalogue::new(state.photos.iter().map(|row| &*row.photo), known));
    Message::Judged(Box::new(Audit::new(catalogue, rules::Library::default().find("house"), state.now_ms)))
}

fn totals(state: &AppState) -> Totals {
    state.audit.report.as_ref().expect("a report").totals
}

fn blurred(state: &AppState) -> AuditFilter {
    let report = state.audit.report.as_ref().expect("a report");
    let rules = &report.pack.rules;
    AuditFilter::Broken(rules.iter().position(|rule| rule.message == "Blurred").expect("a rule") as u16)
}

#[test]
fn measures_that_come_in_count_at_once() {
    let mut state = state(3, 1);
    assert_eq!(totals(&state), Totals { fail: 1, open: 2, ..Totals::default() });
    assert_eq!(update(&mut state, Message::StartAudit), [Effect::StartAudit]);
    assert!(update(&mut state, Message::StartAudit).is_empty(), "one at a time");
    assert!(update(&mut state, Message::Audited(vec![row(3, 2.0), row(9, 2.0)])).is_empty());
    assert_eq!(totals(&state), Totals { fail: 2, open: 1, ..Totals::default() });
    assert_eq!(state.audit.listed, [0, 1, 2], "by outcome, in the order of the last listing");
    state.now_ms += 2_000;
    list_due(&mut state);
    assert_eq!(state.audit.listed, [0, 2, 1], "what is measured goes first");
    let effects = update(&mut state, Message::AuditEnded(Outcome::Completed(AuditSummary::default())));
    assert!(matches!(effects[..], [Effect::JudgeAudit(..)]), "the spread is worked out anew");
}

#[test]
fn measures_wait_while_the_catalogue_is_read() {
    let mut state = state(2, 0);
    let effects = update(&mut state, Message::OpenEnded(Outcome::Completed(crate::api::OpenSummary::default())));
    assert!(effects.contains(&Effect::LoadAudit("house".to_owned(), 0)));
    update(&mut state, Message::Audited(vec![row(1, 900.0)]));
    assert_eq!(totals(&state).open, 2, "waits");
    let effects = update(&mut state, Message::OpenEnded(Outcome::Completed(crate::api::OpenSummary::default())));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::LoadAudit(..))), "one reading at a time");
    let found = judged(&state, 0);
    let effects = update(&mut state, found);
    assert_eq!(effects, [Effect::LoadAudit("house".to_owned(), 0)], "it was stale");
    let found = judged(&state, 0);
    assert!(update(&mut state, found).is_empty());
    assert_eq!((totals(&state).open, state.audit.waiting.len()), (1, 0), "nothing is lost");
}

#[test]
fn a_rule_lists_its_photos_and_again_all() {
    let mut state = state(3, 2);
    let rule = blurred(&state);
    update(&mut state, Message::ListAudit(rule));
    assert_eq!(state.audit.listed, [0, 1]);
    update(&mut state, Message::ListAudit(AuditFilter::With(None)));
    assert_eq!(state.audit.listed, [2]);
    update(&mut state, Message::ListAudit(AuditFilter::With(Some(Judgement::Pass))));
    assert!(state.audit.listed.is_empty());
    update(&mut state, Message::ListAudit(rule));
    update(&mut state, Message::ListAudit(rule));
    assert_eq!(state.audit.listed, [0, 1, 2]);
    update(&mut state, Message::SortAudit(AuditColumn::Name));
    update(&mut state, Message::SortAudit(AuditColumn::Name));
    assert_eq!(state.audit.listed, [2, 1, 0]);
    update(&mut state, Message::MoveAudited(1));
    update(&mut state, Message::MoveAudited(1));
    assert_eq!(state.browse.selected, Some(ImageId(2)));
}

#[test]
fn another_pack_is_judged_at_once_and_forgets_the_rule() {
    let mut state = state(2, 2);
    let rule = blurred(&state);
    update(&mut state, Message::ListAudit(rule));
    let effects = update(&mut state, Message::ChoosePack("mine".to_owned()));
    assert!(matches!(&effects[..], [Effect::JudgeAudit(_, pack, _)] if pack == "mine"));
    assert_eq!((state.prefs.pack.as_str(), state.audit.filter), ("mine", AuditFilter::Everything));
    assert!(update(&mut state, Message::ChoosePack("house".to_owned())).is_empty(), "waits for the judging");
    let catalogue = state.audit.catalogue.clone().expect("read");
    let broken = Audit::new(catalogue, Err(Error::bad_data("mine.toml line 3: no")), 0);
    let effects = update(&mut state, Message::Judged(Box::new(broken)));
    assert!(matches!(&effects[..], [Effect::JudgeAudit(_, pack, _)] if pack == "house"), "the latest choice");
    assert_eq!(state.audit.problem.as_deref(), Some("mine.toml line 3: no"));
}

#[test]
fn overlays_toggle_and_are_remembered() {
    let mut state = state(1, 1);
    update(&mut state, Message::Command(UiCommand::ToggleGround));
    update(&mut state, Message::Command(UiCommand::ToggleMarks));
    update(&mut state, Message::Command(UiCommand::ToggleGround));
    assert_eq!(state.prefs.overlays.iter().copied().collect::<Vec<_>>(), [Overlay::Marks]);
    let text = serde_json::to_string(&state.prefs).expect("writes");
    assert_eq!(serde_json::from_str::<Prefs>(&text).expect("reads"), state.prefs);
}

#[test]
fn the_large_view_needs_a_photo_and_zooms_by_key() {
    let mut state = state(1, 1);
    update(&mut state, Message::Command(UiCommand::LookLarge));
    assert!(!state.large.open);
    update(&mut state, Message::Select(ImageId(1)));
    update(&mut state, Message::Command(UiCommand::LookLarge));
    update(&mut state, Message::Command(UiCommand::ToggleZoom));
    assert!(state.large.open && state.large.view.zoom == Zoom::Real);
    update(&mut state, Message::Show(Page::Audit));
    assert!(!state.large.open, "another page shows itself first");
}

fn group(exact: bool, photos: usize) -> DuplicateGroup {
    let photo = |index| DuplicatePhoto {
        path: format!("/photos/{index}.jpg").into(),
        sha256: String::new(),
        width: 10,
        height: 10,
        bytes: 1,
        distance_to_best: 0.0,
    };
    DuplicateGroup { exact, photos: (0..photos).map(photo).collect(), reason: "largest".to_owned() }
}

#[test]
fn groups_and_members_are_stepped_through() {
    let mut state = state(1, 1);
    assert_eq!(update(&mut state, Message::Command(UiCommand::FindDuplicates)), [Effect::StartDuplicates(false)]);
    let groups = vec![group(true, 2), group(false, 4)];
    let summary = DuplicatesSummary { groups, photos: 6, ..DuplicatesSummary::default() };
    update(&mut state, Message::DuplicatesEnded(Outcome::Completed(summary)));
    assert_eq!((state.doubles.group, state.doubles.member, state.jobs.len()), (0, 1, 0));
    update(&mut state, Message::StepMember(1));
    assert_eq!(state.doubles.member, 1, "there is no third photo");
    update(&mut state, Message::Command(UiCommand::SwapPair));
    update(&mut state, Message::StepGroup(9));
    assert_eq!((state.doubles.group, state.doubles.pairing.swapped), (1, false), "each group begins afresh");
    (0..5).for_each(|_| drop(update(&mut state, Message::StepMember(1))));
    assert_eq!(state.doubles.member, 3);
    (0..5).for_each(|_| drop(update(&mut state, Message::StepMember(-1))));
    assert_eq!(state.doubles.member, 1, "the best is not compared with itself");
    let zoomed = Pairing { view: View { zoom: Zoom::Times(2.0), ..View::default() }, ..Pairing::default() };
    update(&mut state, Message::Pair(zoomed));
    update(&mut state, Message::StepMember(1));
    assert_eq!(state.doubles.pairing, zoomed, "the next photo shows the same part");
    update(&mut state, Message::DuplicatesEnded(Outcome::Cancelled(DuplicatesSummary::default())));
    assert_eq!(state.doubles.groups().len(), 2, "a stopped search takes nothing away");
}
