//! The application: drains what happened, draws the state, does what [`update`] asks for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use eframe::egui;

use super::command::UiCommand;
use super::desk::{Desk, aside};
use super::evidence::{self, EvidenceLens};
use super::insight::{self, InsightLens};
use super::message::{DialogFor, Effect, JobKind, Message};
use super::pace::Pace;
use super::panels::{self, Pictures};
use super::place::Place;
use super::prefs::{self, Mode, Page, Prefs};
use super::running::Running;
use super::shelf::Shelf;
use super::state::{AppState, Planned};
use super::thumbs::Thumbs;
use super::update::{list_due, opening, sort_rows, update};
use super::{theme, tutor};
use crate::api::{self, AuditRequest, DuplicatesRequest, Project, ScoreRequest, TrainRequest, clock};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Wake};

/// Longest time a frame spends on messages.
const BUDGET: Duration = Duration::from_millis(8);

/// How long after a step in the grid the place is remembered.
const SETTLED: Duration = Duration::from_secs(1);

/// The window's application; also driven without a window by the tests.
pub struct App {
    project: Project,
    state: AppState,
    desk: Desk,
    shelf: Shelf,
    tutor: Desk,
    thumbs: Thumbs,
    evidence: EvidenceLens,
    insight: InsightLens,
    running: Vec<Running>,
    asides: Vec<JobHandle<()>>,
    answers: (Sender<Message>, Receiver<Message>),
    ctx: egui::Context,
    wake: Wake,
    clock: fn() -> i64,
    opened: bool,
    placed: (Place, Instant),
    pace: Pace,
    drained: Duration,
}

impl App {
    /// An application on a project, with what it remembers.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(project: Project, prefs: Prefs, ctx: &egui::Context) -> Result<Self> {
        theme::install(ctx);
        let mut state = AppState::new(project.root(), project.config.clone(), prefs);
        let place = api::load_place(&project, &state.prefs.rater)?;
        if let Some(place) = place.as_deref().and_then(Place::from_text) {
            state.label.resumed = Some(place.last_vote);
            place.restore(&mut state);
        }
        tell_of_crash(&project, &mut state);
        let repaint = ctx.clone();
        let wake: Wake = Arc::new(move || repaint.request_repaint());
        Ok(Self {
            desk: Desk::open(project.clone(), wake.clone())?,
            shelf: Shelf::open(project.clone(), wake.clone())?,
            tutor: tutor::open(project.clone(), wake.clone())?,
            thumbs: Thumbs::new(&project, &wake)?,
            evidence: evidence::open(&project, &wake)?,
            insight: insight::open(&project, &wake)?,
            placed: (Place::of(&state), Instant::now()),
            state,
            running: Vec::new(),
            asides: Vec::new(),
            answers: channel(),
            ctx: ctx.clone(),
            project,
            wake,
            clock: clock::now_ms,
            opened: false,
            pace: Pace::default(),
            drained: Duration::ZERO,
        })
    }

    /// Indexes folders at the start.
    #[must_use]
    pub fn opening(mut self, folders: Vec<PathBuf>) -> Self {
        if !folders.is_empty() {
            self.handle(Message::OpenFolders(folders));
        }
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> i64) -> Self {
        self.clock = clock;
        self
    }

    /// The personal model does not learn along: measuring is not to wait for it.
    #[must_use]
    pub(super) fn without_lessons(mut self) -> Self {
        self.state.learning.busy = true;
        self
    }

    /// What the window shows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Nothing is on its way: no errand, no job, no picture.
    pub fn is_idle(&self) -> bool {
        let desks = self.desk.is_idle() && self.shelf.is_idle() && self.tutor.is_idle();
        let lenses = self.evidence.is_idle() && self.insight.is_idle();
        desks && lenses && self.running.is_empty() && self.asides.is_empty() && self.thumbs.is_idle()
    }

    /// Applies a message as if the person had caused it.
    pub fn handle(&mut self, message: Message) {
        for effect in update(&mut self.state, message) {
            self.perform(effect);
        }
    }

    /// Takes in what happened since the last frame.
    pub fn drain(&mut self, ctx: &egui::Context) {
        let begun = Instant::now();
        self.state.now_ms = (self.clock)();
        let now = self.state.now_ms;
        self.state.toasts.expire(now);
        self.thumbs.begin_frame(ctx);
        self.evidence.begin_frame();
        self.insight.begin_frame();
        if !std::mem::replace(&mut self.opened, true) {
            opening(&mut self.state).into_iter().for_each(|effect| self.perform(effect));
        }
        let until = Instant::now() + BUDGET;
        while Instant::now() < until {
            let answer = self.shelf.answer().or_else(|| self.desk.answer()).or_else(|| self.tutor.answer());
            let Some(message) = answer.or_else(|| self.answers.1.try_recv().ok()) else { break };
            self.handle(message);
        }
        for index in 0..self.running.len() {
            for message in self.running[index].drain() {
                self.handle(message);
            }
        }
        self.running.retain(|job| !job.is_finished());
        self.asides.iter_mut().for_each(|aside| drop(aside.drain()));
        self.asides.retain(|aside| !aside.is_finished());
        if self.state.score.unsorted && self.state.job(JobKind::Score).is_none() {
            sort_rows(&mut self.state).into_iter().for_each(|effect| self.perform(effect));
        }
        list_due(&mut self.state);
        self.keep_place(ctx);
        if !self.state.toasts.shown.is_empty() || !self.running.is_empty() {
            ctx.request_repaint_after(Duration::from_millis(250));
        }
        self.drained = begun.elapsed();
    }

    /// Remembers where the person is: another photo at once, a step in the grid a little later.
    fn keep_place(&mut self, ctx: &egui::Context) {
        let place = Place::of(&self.state);
        if place == self.placed.0 || !self.state.label.loaded {
            return;
        }
        if place.is_elsewhere(&self.placed.0) || self.placed.1.elapsed() > SETTLED {
            self.placed = (place.clone(), Instant::now());
            self.desk.send(Effect::SavePlace(self.state.prefs.rater.clone(), place));
        } else {
            ctx.request_repaint_after(SETTLED);
        }
    }

    /// Draws everything and applies what the person did.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let begun = Instant::now();
        let wanted = self.state.prefs.theme(ui.ctx().system_theme());
        if ui.theme() != wanted {
            ui.set_theme(wanted);
        }
        let mut pictures =
            Pictures { thumbs: &mut self.thumbs, evidence: &mut self.evidence, insight: &mut self.insight };
        let mut messages = panels::show(ui, &mut self.state, &mut pictures);
        messages.extend(shortcuts(ui, &self.state));
        let dropped: Vec<PathBuf> =
            ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if !dropped.is_empty() {
            messages.push(Message::Dropped(dropped));
        }
        self.thumbs.end_frame();
        for message in messages {
            self.handle(message);
        }
        if self.state.prefs.hud {
            panels::hud(ui, &self.pace, self.thumbs.bytes());
        }
        self.pace.note(begun.elapsed() + std::mem::take(&mut self.drained));
    }

    /// The pictures on screen.
    pub(super) fn pictures(&self) -> &Thumbs {
        &self.thumbs
    }

    fn perform(&mut self, effect: Effect) {
        let started = match effect {
            Effect::StartOpen(folders) => api::open_folders(&self.project, folders, self.wake.clone())
                .map(|job| self.running.push(Running::Open(job))),
            Effect::StartTrain(Planned { config, name, finetune }, resume) => {
                let mut project = self.project.clone();
                project.config.train = *config;
                let job = api::start_training(
                    &project,
                    TrainRequest { resume, name, finetune, ..TrainRequest::default() },
                    self.wake.clone(),
                );
                job.map(|job| self.running.push(Running::Train(job)))
            }
            Effect::StartScore(paths, model) => {
                let request = ScoreRequest { paths, model, ..ScoreRequest::default() };
                let job = api::start_scoring(&self.project, request, self.wake.clone());
                job.map(|job| self.running.push(Running::Score(job)))
            }
            Effect::StartAudit => api::start_audit(&self.project, AuditRequest::default(), self.wake.clone())
                .map(|job| self.running.push(Running::Audit(job))),
            Effect::StartDuplicates(exact_only) => {
                let request = DuplicatesRequest { paths: Vec::new(), exact_only };
                let job = api::start_duplicates(&self.project, request, self.wake.clone());
                job.map(|job| self.running.push(Running::Duplicates(job)))
            }
            Effect::StartDemo => {
                api::start_demo(&self.project, self.wake.clone()).map(|job| self.running.push(Running::Demo(job)))
            }
            Effect::StartMlflow(request, experiment) => {
                let mut project = self.project.clone();
                project.config.mlflow.experiment = experiment;
                let job = api::start_mlflow_export(&project, request, self.wake.clone());
                job.map(|job| self.running.push(Running::Mlflow(job)))
            }
            Effect::StartTriage(request) => {
                api::start_triage(request, self.wake.clone()).map(|job| self.running.push(Running::SortOut(job)))
            }
            Effect::StartForecast => api::start_forecast(&self.project, self.wake.clone())
                .map(|job| self.running.push(Running::Forecast(job))),
            Effect::StartDescribe => api::start_describing(&self.project, self.wake.clone())
                .map(|job| self.running.push(Running::Describe(job))),
            errand @ (Effect::LoadPhotos(_)
            | Effect::Arrange(..)
            | Effect::SortRows(..)
            | Effect::ForgetPhotos(_)
            | Effect::ForgetAudit(..)) => {
                self.shelf.send(errand);
                Ok(())
            }
            errand @ (Effect::Learn(_)
            | Effect::LookAlike(_)
            | Effect::FindSimilar(_)
            | Effect::FillQueue(..)
            | Effect::LoadRaters(_)) => {
                self.tutor.send(errand);
                Ok(())
            }
            Effect::Stop(kind) => {
                self.running.iter().filter(|job| job.kind() == kind).for_each(|job| job.control().cancel());
                Ok(())
            }
            Effect::Pause(kind, paused) => {
                self.running.iter().filter(|job| job.kind() == kind).for_each(|job| job.control().set_paused(paused));
                Ok(())
            }
            Effect::Ask(dialog) => self.ask(dialog),
            Effect::Retry(path) => {
                self.thumbs.retry(&path);
                Ok(())
            }
            Effect::Copy(text) => {
                self.ctx.copy_text(text);
                Ok(())
            }
            Effect::OpenFile(path) => open::that_detached(&path).map_err(|error| Error::io("open", &path, error)),
            errand @ (Effect::Export(..)
            | Effect::ExportRuns(..)
            | Effect::HoldModels(..)
            | Effect::LoadDevices
            | Effect::PlanTriage(..)
            | Effect::Report(..)
            | Effect::ExportAudit(..)
            | Effect::ExportDuplicates(..)
            | Effect::LoadAudit(..)
            | Effect::JudgeAudit(..)) => {
                aside(&self.project, errand, self.answers.0.clone(), &self.wake).map(|job| self.asides.push(job))
            }
            errand => {
                self.desk.send(errand);
                Ok(())
            }
        };
        if let Err(error) = started {
            self.state.toasts.error(&error);
        }
    }

    /// Opens a file dialog on a thread of its own: desktops may take their time.
    fn ask(&mut self, dialog: DialogFor) -> Result<()> {
        let answer = self.answers.0.clone();
        let wake = self.wake.clone();
        let handle = jobs::spawn("packshot-dialog", self.wake.clone(), move |_| {
            let picked = match dialog {
                DialogFor::OpenFolder => rfd::FileDialog::new().set_title("Open a folder").pick_folder(),
                DialogFor::SortOutFolder => rfd::FileDialog::new().set_title("Sort photos out into").pick_folder(),
                DialogFor::ScoreFolder => rfd::FileDialog::new().set_title("Score a folder").pick_folder(),
                DialogFor::ExportScores => rfd::FileDialog::new()
                    .set_title("Export scores")
                    .set_file_name("scores.csv")
                    .add_filter("Table", &["csv"])
                    .add_filter("JSON", &["json"])
                    .save_file(),
                DialogFor::ExportAudit => rfd::FileDialog::new()
                    .set_title("Export the audit")
                    .set_file_name("audit.csv")
                    .add_filter("Table", &["csv"])
                    .add_filter("HTML", &["html"])
                    .add_filter("JSON", &["json"])
                    .add_filter("Parquet", &["parquet"])
                    .save_file(),
                DialogFor::ExportDuplicates => rfd::FileDialog::new()
                    .set_title("Export the duplicates")
                    .set_file_name("duplicates.csv")
                    .add_filter("Table", &["csv"])
                    .add_filter("JSON", &["json"])
                    .save_file(),
                DialogFor::ExportRuns => rfd::FileDialog::new()
                    .set_title("Export runs")
                    .set_file_name("runs.csv")
                    .add_filter("Table", &["csv"])
                    .add_filter("JSON", &["json"])
                    .save_file(),
                DialogFor::WriteReport => rfd::FileDialog::new()
                    .set_title("Write a report")
                    .set_file_name("report.html")
                    .add_filter("HTML", &["html"])
                    .save_file(),
            };
            if let Some(path) = picked {
                // A closed window needs no answer.
                let _closed = answer.send(Message::Picked(dialog, path));
                wake();
            }
            Ok(Outcome::Completed(()))
        })?;
        self.asides.push(handle);
        Ok(())
    }
}

/// Tells of a report about a crash that was not told of yet.
fn tell_of_crash(project: &Project, state: &mut AppState) {
    let Some(file) = api::newest_crash_report(project) else { return };
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name > state.prefs.crash_told {
        state.prefs.crash_told = name;
        let text = "Packshot stopped because of a fault of its own last time. Your work is saved.";
        state.toasts.warn_with(text, "Open the report", Message::OpenFile(file));
    }
}

/// The commands whose keys were pressed; plain keys count only on their page and outside text fields.
fn shortcuts(ui: &egui::Ui, state: &AppState) -> Vec<Message> {
    let typing = ui.egui_wants_keyboard_input();
    // Enter presses the focused widget; it is no command then.
    let focused = ui.memory(|memory| memory.focused().is_some());
    let mode = state.prefs.mode;
    let works = |command: &UiCommand| {
        let plain = !command.pages().is_empty();
        let busy = typing || state.palette.is_some() || state.label.keys.is_some();
        command.works_in(state.prefs.page, mode) && !(plain && busy)
    };
    // A text field has its own undo.
    let works = |command: &UiCommand| match command {
        UiCommand::Undo | UiCommand::Redo => works(command) && !typing,
        UiCommand::LabelSelected | UiCommand::Done => works(command) && !focused,
        // Digits are typed then.
        _ if command.level().is_some() && mode == Mode::Score && state.prefs.page == Page::Label => {
            works(command) && !state.prefs.exact
        }
        UiCommand::KeepLabel | UiCommand::UnsureLabel => works(command) && state.label.doubt().is_some(),
        _ => works(command),
    };
    let pressed = |command: &UiCommand| ui.input_mut(|input| input.consume_shortcut(&state.prefs.keys.of(*command)));
    // A key without Shift is part of the same key with it: the longer ones come first.
    let shortness = |command: &UiCommand| {
        let held = state.prefs.keys.of(*command).modifiers;
        [held.shift, held.command, held.alt].into_iter().filter(|held| !held).count()
    };
    let mut commands = UiCommand::ALL;
    commands.sort_by_key(shortness);
    commands.into_iter().filter(works).filter(pressed).map(Message::Command).collect()
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, &prefs::key(self.project.root()), &self.state.prefs);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_command() {
        for page in Page::ALL {
            assert!(UiCommand::ALL.iter().any(|command| command.text() == page.text()), "{page:?}");
        }
    }
}
