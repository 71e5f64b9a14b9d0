//! A picture of every page in both themes when there is nothing on it yet, and when something went wrong.

use packshot::Error;
use packshot::api::{self, clock};
use packshot::domain::{RunId, RunStatus};
use packshot::jobs::Outcome;
use packshot::ui::{Message, Page};

use crate::fixture::{Holds, NOW, Stage};
use crate::pages::{picture, same_machine};

/// What the disk says when it is full.
fn full() -> Error {
    Error::new(packshot::Code::Io, "cannot write packshot.db: no space left on device")
        .hint("Free some space; nothing was lost.")
}

#[test]
fn label_empty() {
    picture("label_empty", Holds::Nothing, Page::Label, |_| {});
}

#[test]
fn train_empty() {
    picture("train_empty", Holds::Nothing, Page::Train, same_machine);
}

#[test]
fn score_empty() {
    picture("score_empty", Holds::Nothing, Page::Score, |_| {});
}

#[test]
fn duplicates_empty() {
    picture("duplicates_empty", Holds::Nothing, Page::Duplicates, |_| {});
}

#[test]
fn history_empty() {
    picture("history_empty", Holds::Nothing, Page::History, |_| {});
}

#[test]
fn browse_with_a_wrong_filter() {
    picture("browse_error", Holds::Everything, Page::Browse, |stage| {
        stage.tell(Message::Filter("scroe<40".to_owned()));
    });
}

#[test]
fn label_when_a_vote_is_not_saved() {
    picture("label_error", Holds::Everything, Page::Label, |stage| stage.tell(Message::VoteFailed(full())));
}

/// Makes the newest run one that failed.
fn fail_newest(stage: &Stage) -> RunId {
    let mut store = stage.project.store().expect("store");
    let mut run = api::find_run(&stage.project, "Stopped early").expect("run");
    run.id = RunId("20251123-155501-ffff".to_owned());
    (run.status, run.meta.name, run.started_ms) = (RunStatus::Running, "Failed".to_owned(), run.started_ms + 5_000_000);
    store.insert_run(&run).expect("run");
    let text = "the graphics card was lost; `packshot train --resume` goes on";
    store.finish_run(&run.id, RunStatus::Failed, &run.summary, Some(text), run.started_ms + 60_000).expect("end");
    run.id
}

#[test]
fn a_training_that_failed() {
    picture("train_error", Holds::Everything, Page::Train, |stage| {
        same_machine(stage);
        let id = fail_newest(stage);
        let summary = api::TrainSummary { run: Some(id), device: "CPU".to_owned(), ..api::TrainSummary::default() };
        stage.tell(Message::TrainEnded(Outcome::Cancelled(summary)));
        stage.close_toasts();
    });
}

#[test]
fn a_run_that_failed() {
    if clock::local_text(NOW) != "2025-11-23 16:05" {
        eprintln!("skipped: the picture shows times in UTC");
        return;
    }
    picture("history_error", Holds::Everything, Page::History, |stage| {
        let id = fail_newest(stage);
        stage.tell(Message::RestoreRun(id.clone()));
        stage.tell(Message::SelectRun(id));
        stage.close_toasts();
    });
}

#[test]
fn score_when_the_disk_is_full() {
    picture("score_error", Holds::Everything, Page::Score, |stage| {
        stage.tell(Message::ScoreEnded(Outcome::Failed(full())));
    });
}

#[test]
fn audit_when_the_disk_is_full() {
    picture("audit_error", Holds::Everything, Page::Audit, |stage| {
        stage.tell(Message::AuditEnded(Outcome::Failed(full())));
    });
}

#[test]
fn duplicates_when_the_disk_is_full() {
    picture("duplicates_error", Holds::Everything, Page::Duplicates, |stage| {
        stage.tell(Message::DuplicatesEnded(Outcome::Failed(full())));
    });
}
