//! A window that is killed while somebody labels loses no vote whose next photo was shown, and goes on at that photo.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use eframe::egui::Key;
use packshot::api::{self, Project};
use packshot::config::Config;
use packshot::domain::ImageId;
use packshot::ui::{Message, Page, Prefs};

use crate::fixture::{Holds, Stage, on};

/// Set in the process that is going to be killed.
const VICTIM: &str = "PACKSHOT_KILLED_TEST";

/// The victim: votes in a window, and says after every photo that came up which votes must be safe.
#[test]
fn a_killed_window_loses_no_vote() {
    if std::env::var_os(VICTIM).is_some() {
        label_until_killed();
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "killed::a_killed_window_loses_no_vote", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut project = None;
    let (mut said, mut order) = (Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().expect("stdout")).lines() {
        let line = line.expect("reads");
        if let Some(folder) = line.strip_prefix("PROJECT ") {
            project = Some(folder.to_owned());
        } else if let Some(id) = line.strip_prefix("QUEUED ") {
            order.push(ImageId(id.parse().expect("id")));
        } else if let Some(vote) = line.strip_prefix("VOTED ") {
            said.push(vote.parse::<i64>().expect("id"));
        }
        if said.len() == 5 {
            child.kill().expect("kill -9");
            break;
        }
    }
    child.wait().expect("ends");
    let folder = project.expect("says where its project lies");
    let reopened = Project::open(Path::new(&folder), Config::default()).expect("opens again");
    let mut kept: Vec<i64> =
        api::recent_votes(&reopened, api::RATER, 100).expect("votes").iter().map(|vote| vote.image.0).collect();
    kept.reverse();
    assert!(kept.starts_with(&said), "said {said:?}, kept {kept:?}");
    assert!(reopened.store().expect("store").integrity_problems().expect("checks").is_empty());
    let cleaned = tempfile::tempdir_in(Path::new(&folder).parent().expect("the victim's folder")).expect("temp dir");
    let stage = Stage::on_project(Path::new(&folder), Prefs::default(), cleaned);
    let state = stage.app().state();
    // Two photos were left behind with the arrow key.
    assert_eq!((state.prefs.page, state.label.current), (Page::Label, order.get(2 + kept.len()).copied()));
    assert_eq!((state.prefs.filter.as_str(), state.browse.visible.len()), ("not error", order.len()));
    assert_eq!(state.label.data.recent.len(), kept.len());
    drop(stage);
    std::fs::remove_dir_all(Path::new(&folder).parent().expect("the victim's folder")).expect("cleans up");
}

fn label_until_killed() {
    let mut stage = Stage::new(Holds::Photos, on(Page::Label, true));
    let say = |text: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{text}").and_then(|()| out.flush()).expect("says");
    };
    say(format!("PROJECT {}", stage.project.root().display()));
    stage.app().state().label.data.queue.iter().for_each(|id| say(format!("QUEUED {}", id.0)));
    stage.tell(Message::Filter("not error".to_owned()));
    stage.press(Key::ArrowRight);
    stage.press(Key::ArrowRight);
    while let Some(photo) = stage.app().state().label.current {
        stage.press(Key::Num3);
        assert_ne!(stage.app().state().label.current, Some(photo));
        say(format!("VOTED {}", photo.0));
    }
}
