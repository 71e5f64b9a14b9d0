//! What a person does to a large project, as a script.

use std::time::{Duration, Instant};

use eframe::egui::Key;

use super::rig::{Rig, press, wheel};
use super::{BenchPlan, BenchReport, Latency, Times};
use crate::api::{Project, usage};
use crate::error::Result;
use crate::ui::app::App;
use crate::ui::command::UiCommand;
use crate::ui::message::Message;
use crate::ui::prefs::{Page, Prefs, SortBy};
use crate::ui::view::Zoom;

/// The filters that are typed, the last one empty again.
const FILTERS: [&str; 6] = [
    "score<40",
    "score<40 and sharpness<200 and label:none and path:\"sku-00\"",
    "photo-01",
    "uncertainty>30 and fill>50%",
    "label:any and disagreement>20",
    "",
];

pub(super) fn run(project: Project, plan: BenchPlan, mut tell: impl FnMut(&str)) -> Result<BenchReport> {
    let mut rig = Rig::open(project, Prefs { page: Page::Browse, ..Prefs::default() }, plan.present)?;
    let mut report = BenchReport { adapter: rig.adapter(), ..BenchReport::default() };
    tell("opening");
    open(&mut rig, &mut report)?;
    tell("flinging");
    fling(&mut rig, &mut report, plan.fling);
    tell("filtering and sorting");
    filter(&mut rig, &mut report)?;
    tell("going through photos by key");
    report.next_photo = go_through(&mut rig, plan.keys, 12)?;
    report.repeated = go_through(&mut rig, plan.keys, 2)?;
    tell("labelling");
    report.next_label = label(&mut rig, plan.keys)?;
    report.memory = usage::memory();
    Ok(report)
}

fn open(rig: &mut Rig, report: &mut BenchReport) -> Result<()> {
    rig.frame(Vec::new());
    report.first_frame_ms = rig.elapsed_ms();
    rig.until("a thumbnail shows", |app| app.pictures().drawn().1 > 0)?;
    report.first_thumbnail_ms = rig.elapsed_ms();
    let is_full = |app: &App| {
        let (all, there) = app.pictures().drawn();
        all == there
    };
    rig.until("every thumbnail shows", is_full)?;
    report.thumbnails_ms = rig.elapsed_ms();
    report.tiles = rig.app.pictures().drawn().0;
    report.photos = rig.app.state().photos.len();
    rig.until("everything is read", App::is_idle)?;
    report.opened_ms = rig.elapsed_ms();
    report.opening = rig.taken();
    Ok(())
}

/// Down with growing speed, then up again in bursts, then to the ends.
fn fling(rig: &mut Rig, report: &mut BenchReport, length: Duration) {
    let start = Instant::now();
    let (mut all, mut there) = (0, 0);
    let mut beat = 0_u32;
    while start.elapsed() < length {
        let share = start.elapsed().as_secs_f32() / length.as_secs_f32();
        let points = match beat % 120 {
            0..60 if share < 0.6 => -(400.0 + 9_000.0 * share),
            60..100 if share < 0.6 => -120.0,
            _ if share < 0.6 => 0.0,
            0..30 | 60..75 => 6_000.0,
            _ => -700.0,
        };
        rig.frame(match beat % 240 {
            239 => press(if share < 0.5 { Key::End } else { Key::Home }),
            _ => wheel(points),
        });
        let drawn = rig.app.pictures().drawn();
        (all, there) = (all + drawn.0, there + drawn.1);
        beat += 1;
    }
    report.fling = rig.taken();
    report.fling_drawn = there as f64 / all.max(1) as f64;
    report.textures = rig.app.pictures().bytes();
}

fn filter(rig: &mut Rig, report: &mut BenchReport) -> Result<()> {
    let filters = FILTERS.map(|text| (format!("filter {text}"), Message::Filter(text.to_owned())));
    let sorts = SortBy::ALL.into_iter().rev().map(|sort| (format!("sort by {}", sort.text()), Message::Sort(sort)));
    for (what, message) in filters.into_iter().chain(sorts) {
        let start = Instant::now();
        rig.app.handle(message);
        rig.until("the grid follows", |app| app.state().browse.answered == app.state().browse.turn)?;
        // The frame that took the answer in has drawn it.
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        report.filters.push(Latency { what, ms });
        (0..10).for_each(|_| rig.frame(Vec::new()));
    }
    report.filtering = rig.taken();
    Ok(())
}

/// The selected photo is on screen as sharp as it gets.
fn is_shown(app: &App) -> bool {
    let row = app.state().browse.selected.and_then(|id| app.state().photo(id));
    row.is_some_and(|row| app.pictures().is_sharp(&row.photo.path, &row.photo.sha256))
}

/// Presses the arrow so many times, `beats` frames apart; from the key to the end of the frame that shows the photo.
fn go_through(rig: &mut Rig, keys: usize, beats: usize) -> Result<Times> {
    let first = rig.app.state().photo_at(0).map(|row| row.photo.id);
    first.into_iter().for_each(|id| rig.app.handle(Message::GoTo(id)));
    rig.app.handle(Message::LookAt(crate::ui::view::View { zoom: Zoom::Fit, ..Default::default() }));
    if !rig.app.state().large.open {
        rig.app.handle(Message::Command(UiCommand::LookLarge));
    }
    rig.until("the first photo shows", is_shown)?;
    (0..60).for_each(|_| rig.frame(Vec::new()));
    let mut times = Vec::new();
    for _ in 0..keys {
        let before = rig.app.state().browse.selected;
        let start = Instant::now();
        rig.frame(press(Key::ArrowRight));
        rig.frame(Vec::new());
        rig.until("the next photo shows", |app| app.state().browse.selected != before && is_shown(app))?;
        times.push(start.elapsed());
        (2..beats).for_each(|_| rig.frame(Vec::new()));
    }
    rig.taken();
    Ok(Times::of(times))
}

/// Scores photos by key; from the key to the end of the frame that shows the next one.
fn label(rig: &mut Rig, keys: usize) -> Result<Times> {
    rig.app.handle(Message::Show(Page::Label));
    rig.until("a photo to label shows", |app| app.is_idle() && app.state().label.current.is_some())?;
    let mut times = Vec::new();
    for _ in 0..keys {
        let before = rig.app.state().label.current;
        let start = Instant::now();
        rig.frame(press(Key::Num4));
        rig.until("the next photo to label shows", |app| {
            let current = app.state().label.current.filter(|current| Some(*current) != before);
            let row = current.and_then(|id| app.state().photo(id));
            row.is_some_and(|row| app.pictures().is_sharp(&row.photo.path, &row.photo.sha256))
        })?;
        rig.frame(Vec::new());
        times.push(start.elapsed());
        (0..12).for_each(|_| rig.frame(Vec::new()));
    }
    Ok(Times::of(times))
}
