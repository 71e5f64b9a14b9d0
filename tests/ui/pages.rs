//! A picture of every page in both themes.

use packshot::ui::{Message, Page};

use crate::fixture::{Holds, Stage, on, scored_rows};

fn picture(name: &str, holds: Holds, page: Page, prepare: impl Fn(&mut Stage)) {
    for (theme, dark) in [("dark", true), ("light", false)] {
        let Some(mut stage) = Stage::drawn(holds, on(page, dark)) else { return };
        prepare(&mut stage);
        stage.harness.remove_cursor();
        stage.settle();
        stage.harness.snapshot(format!("{name}_{theme}"));
    }
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
fn train() {
    picture("train", Holds::Everything, Page::Train, |_| {});
}

#[test]
fn score() {
    picture("score", Holds::Everything, Page::Score, |stage| {
        let rows = scored_rows(&stage.project);
        stage.tell(Message::Scored(rows));
    });
}

#[test]
fn history() {
    picture("history", Holds::Everything, Page::History, |_| {});
}
