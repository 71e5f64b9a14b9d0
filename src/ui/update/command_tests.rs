//! Every command does something where its key works.

use super::tests::update;
use super::undo_tests::{drive, project, window};
use super::*;
use crate::api;
use crate::ui::prefs::Prefs;

/// A window in which everything that a command may be about is there.
fn ready(project: &api::Project, command: UiCommand) -> AppState {
    let page = command.pages().first().copied().unwrap_or_default();
    let mode = command.modes().first().copied().unwrap_or_default();
    let mut state = window(project, Prefs { page, mode, ..Prefs::default() });
    drive(&mut state, project, Message::LabelMode(mode));
    drive(&mut state, project, Message::Show(page));
    let photos: Vec<_> = state.photos.iter().map(|row| row.photo.id).collect();
    match command {
        UiCommand::Redo => {
            drive(&mut state, project, Message::Rate(3));
            drive(&mut state, project, Message::UndoVote);
        }
        UiCommand::PreviousPhoto => drive(&mut state, project, Message::Command(UiCommand::NextPhoto)),
        UiCommand::KeepLabel | UiCommand::UnsureLabel => {
            drive(&mut state, project, Message::Rate(3));
            let doubt = state.label.data.recent[0].image;
            drive(&mut state, project, Message::LabelQueue(api::QueueKind::Suspect));
            let said = crate::domain::Score { value: 90.0, low: 80.0, high: 100.0 };
            let suspect = api::Suspect { image: doubt, label: 50.0, said, doubt: 4.0 };
            drive(&mut state, project, Message::QueueFilled(api::QueueKind::Suspect, vec![doubt], vec![suspect]));
            drive(&mut state, project, Message::LabelPhoto(doubt));
        }
        _ if page == Page::Browse => {
            drive(&mut state, project, Message::Select(photos[0]));
            drive(&mut state, project, Message::Toggle(photos[1]));
        }
        _ => {}
    }
    state
}

#[test]
fn every_command_does_something_where_its_key_works() {
    let (_folder, project) = project();
    for command in UiCommand::ALL {
        let mut state = ready(&project, command);
        let page = command.pages().first().copied().unwrap_or(state.prefs.page);
        assert!(command.works_in(page, state.prefs.mode), "{command:?} was tried elsewhere");
        // Where it is already, there is nothing to go to.
        let elsewhere = [(UiCommand::ShowBrowse, Page::Train), (UiCommand::ModeScore, Page::Label)];
        for (_, page) in elsewhere.into_iter().filter(|(other, _)| *other == command) {
            state.prefs.page = page;
            state.prefs.mode = Mode::Pairs;
        }
        let before = format!("{state:?}");
        let effects = update(&mut state, Message::Command(command));
        assert!(!effects.is_empty() || format!("{state:?}") != before, "{command:?} does nothing");
    }
}
