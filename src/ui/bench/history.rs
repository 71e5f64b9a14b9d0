//! What a person does to a long history, as a script.

use std::time::{Duration, Instant};

use eframe::egui::{Event, Key, Pos2};
use serde::Serialize;

use super::rig::{Rig, SIZE, press, wheel_at};
use super::{FrameTimes, Latency, Times};
use crate::api::{Project, usage};
use crate::error::Result;
use crate::ui::app::App;
use crate::ui::ledger::RunColumn;
use crate::ui::message::Message;
use crate::ui::prefs::{CurveLook, Page, Prefs, RunLook};

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HistoryReport {
    /// Runs in the project.
    pub runs: usize,
    /// Points of the selected one.
    pub points: usize,
    /// From the start to the frame that lists the runs, milliseconds.
    pub listed_ms: f64,
    /// The frames while the table is flung.
    pub fling: FrameTimes,
    /// From an arrow key to the run's curves.
    pub next_run: Times,
    /// Orders, words, folds, stars and curves drawn together.
    pub changes: Vec<Latency>,
    /// The frames meanwhile.
    pub changing: FrameTimes,
    /// The frames that draw six runs together.
    pub together: FrameTimes,
    /// Memory of the process in bytes: at the end, and at most.
    pub memory: Option<(u64, u64)>,
}

/// Runs the script on a project.
///
/// # Errors
/// When the window cannot be started, or never comes to rest.
pub fn bench_history(
    project: Project,
    fling: Duration,
    keys: usize,
    mut tell: impl FnMut(&str),
) -> Result<HistoryReport> {
    let mut rig = Rig::open(project, Prefs { page: Page::History, ..Prefs::default() }, false)?;
    let mut report = HistoryReport::default();
    tell("opening");
    rig.until("the runs are listed", |app| app.state().history.loaded)?;
    rig.frame(Vec::new());
    report.listed_ms = rig.elapsed_ms();
    rig.until("everything is read", App::is_idle)?;
    report.runs = rig.app.state().history.ledger.runs.len();
    report.points = rig.app.state().history.view.as_ref().map_or(0, |view| view.points.len());
    rig.taken();
    tell("flinging");
    let start = Instant::now();
    for beat in 0_u32.. {
        if start.elapsed() > fling {
            break;
        }
        rig.frame(over_table(if beat % 200 < 120 { -3_000.0 } else { 4_000.0 }));
    }
    report.fling = rig.taken();
    tell("going through runs by key");
    report.next_run = go_through(&mut rig, keys)?;
    tell("sorting, finding, starring, comparing");
    change(&mut rig, &mut report)?;
    report.memory = usage::memory();
    Ok(report)
}

/// The wheel turns over the table of runs.
fn over_table(points: f32) -> Vec<Event> {
    wheel_at(Pos2::new(SIZE[0] / 2.0, 160.0), points)
}

fn has_view(app: &App) -> bool {
    let history = &app.state().history;
    history.view.as_ref().map(|view| &view.run.id) == history.selected.as_ref()
}

fn go_through(rig: &mut Rig, keys: usize) -> Result<Times> {
    let mut times = Vec::new();
    for _ in 0..keys {
        let before = rig.app.state().history.selected.clone();
        let start = Instant::now();
        rig.frame(press(Key::ArrowDown));
        rig.until("the run shows", |app| app.state().history.selected != before && has_view(app))?;
        rig.frame(Vec::new());
        times.push(start.elapsed());
        (0..6).for_each(|_| rig.frame(Vec::new()));
    }
    rig.taken();
    Ok(Times::of(times))
}

fn change(rig: &mut Rig, report: &mut HistoryReport) -> Result<()> {
    let usual = RunLook::default();
    let look = |filter: &str, apart: bool| {
        Message::LookAtRuns(RunLook { filter: filter.to_owned(), series_apart: apart, ..usual.clone() })
    };
    let setting = RunColumn::Setting("train.learning_rate".to_owned());
    let changes = [
        ("sort by test SRCC", Message::SortRuns(RunColumn::Test)),
        ("sort by name", Message::SortRuns(RunColumn::Name)),
        ("sort by a setting", Message::SortRuns(setting.clone())),
        ("find \"run 77\"", look("run 77", false)),
        ("every run by itself", look("", true)),
        ("series folded", look("", false)),
        ("scatter of a setting", Message::ScatterRuns(Some((setting, RunColumn::Test)))),
        ("curves again", Message::ScatterRuns(None)),
    ];
    let mut measured = |rig: &mut Rig, what: &str, message: Message, holds: &dyn Fn(&App) -> bool| -> Result<()> {
        let start = Instant::now();
        rig.app.handle(message);
        rig.frame(Vec::new());
        rig.until(what, holds)?;
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        report.changes.push(Latency { what: what.to_owned(), ms });
        (0..10).for_each(|_| rig.frame(Vec::new()));
        Ok(())
    };
    for (what, message) in changes {
        measured(rig, what, message, &|_| true)?;
    }
    let ids: Vec<_> = rig.app.state().history.ledger.runs.iter().skip(40).take(6).map(|run| run.id.clone()).collect();
    let star = Message::StarRun(ids[0].clone(), true);
    let is_starred = |app: &App| app.state().history.ledger.runs.iter().any(|run| run.meta.starred);
    measured(rig, "star a run", star, &is_starred)?;
    measured(rig, "take the star away", Message::StarRun(ids[0].clone(), false), &|app| !is_starred(app))?;
    measured(rig, "select a run", Message::SelectRun(ids[0].clone()), &has_view)?;
    for (count, id) in ids.iter().enumerate().skip(1) {
        let message = Message::CompareRun(id.clone());
        measured(rig, "draw another beside", message, &|app| app.state().history.others.len() == count)?;
    }
    report.changing = rig.taken();
    rig.app.handle(Message::DrawCurves(CurveLook { smoothing: 0.6, ..CurveLook::default() }));
    (0..120).for_each(|_| rig.frame(Vec::new()));
    report.together = rig.taken();
    Ok(())
}
