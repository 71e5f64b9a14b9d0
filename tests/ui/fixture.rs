//! A project in a throw-away folder with drawn photos, and the window on it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use eframe::egui;
use egui_kittest::{Harness, HarnessBuilder, SnapshotOptions};
use image::{Rgb, RgbImage};
use packshot::api::{self, Ballot, Project, RATER};
use packshot::config::{Config, FILE_NAME, TrainConfig};
use packshot::domain::{
    Attribute, Attributes, Calibration, ColourMode, ImageId, MetricPoint, ModelCard, ModelId, PhotoFormat, Reach, Run,
    RunId, RunMeta, RunStatus, SampleScore, Score, ScoreRow, Split, VoteKind,
};
use packshot::jobs::Outcome;
use packshot::store::StoredModel;
use packshot::ui::{App, Message, Page, Prefs};
use serde_json::{Map, json};
use tempfile::TempDir;

/// The moment at which every test takes place: 2025-11-23 16:05:01 UTC.
pub const NOW: i64 = 1_763_913_901_000;

/// Readable photos in the fixture.
pub const PHOTOS: usize = 14;

/// A window on a project of its own.
pub struct Stage {
    pub harness: Harness<'static, Option<App>>,
    pub project: Project,
    pub folder: TempDir,
}

/// What the project of a [`Stage`] holds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Holds {
    /// Nothing.
    Nothing,
    /// Photos and one broken file.
    Photos,
    /// Photos, votes on most of them, two runs and a model with its scores.
    Everything,
}

impl Stage {
    /// A window of 1000×640 points.
    pub fn new(holds: Holds, prefs: Prefs) -> Self {
        Self::build(holds, prefs, HarnessBuilder::default())
    }

    /// A window that can be drawn; nothing where there is no graphics adapter.
    pub fn drawn(holds: Holds, prefs: Prefs) -> Option<Self> {
        static ADAPTER: OnceLock<bool> = OnceLock::new();
        if !*ADAPTER.get_or_init(|| !packshot::device::adapters().is_empty()) {
            eprintln!("skipped: no graphics adapter to draw with");
            return None;
        }
        Some(Self::build(holds, prefs, HarnessBuilder::default().wgpu()))
    }

    fn build(holds: Holds, prefs: Prefs, builder: HarnessBuilder<Option<App>>) -> Self {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("catalogue"), Config::default()).expect("project");
        if holds >= Holds::Photos {
            draw_photos(&folder.path().join("photos"));
            open(&project, folder.path().join("photos"));
        }
        if holds >= Holds::Everything {
            vote(&project);
            remember_runs(&project);
            measure(&project);
        }
        Self::open(project, prefs, builder, folder)
    }

    /// A window on a project that is there already; `folder` is cleaned up with it.
    pub fn on_project(root: &Path, prefs: Prefs, folder: TempDir) -> Self {
        let flags = ["score.device=cpu".to_owned()];
        let config = Config::load(&root.join(FILE_NAME), std::iter::empty(), &flags).expect("configuration");
        let project = Project::open(root, config).expect("project");
        Self::open(project, prefs, HarnessBuilder::default(), folder)
    }

    /// The same project in a new window.
    pub fn reopened(self, prefs: Prefs) -> Self {
        let Self { harness, project, folder } = self;
        drop(harness);
        Self::open(project, prefs, HarnessBuilder::default(), folder)
    }

    fn open(project: Project, prefs: Prefs, builder: HarnessBuilder<Option<App>>, folder: TempDir) -> Self {
        let opened = project.clone();
        let draw = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let new = || App::new(opened.clone(), prefs.clone(), ui.ctx()).expect("app").with_clock(|| NOW);
            let app = app.get_or_insert_with(new);
            app.drain(&ui.ctx().clone());
            // The harness leaves a margin; a window has none.
            let whole = egui::UiBuilder::new().max_rect(ui.ctx().content_rect());
            ui.scope_builder(whole, |ui| app.show(ui));
        };
        let harness = builder
            .with_size(egui::vec2(1000.0, 640.0))
            .with_os(egui::os::OperatingSystem::Nix)
            .with_accessibility_check(true)
            .with_options(SnapshotOptions::new().output_path("tests/ui/snapshots"))
            .build_ui_state(draw, None);
        let mut stage = Self { harness, project, folder };
        stage.settle();
        stage
    }

    /// Draws frames until nothing is on its way any more.
    pub fn settle(&mut self) {
        self.settle_within(Duration::from_secs(60));
    }

    /// The same for long work.
    pub fn settle_within(&mut self, limit: Duration) {
        let until = Instant::now() + limit;
        let mut quiet = 0;
        while quiet < 4 {
            self.harness.step();
            quiet = if self.app().is_idle() { quiet + 1 } else { 0 };
            if quiet == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert!(Instant::now() < until, "the window never came to rest");
        }
        self.harness.check_accessibility();
    }

    /// The application.
    pub fn app(&self) -> &App {
        self.harness.state().as_ref().expect("app")
    }

    /// Does what a person's input would have led to.
    pub fn tell(&mut self, message: Message) {
        self.harness.state_mut().as_mut().expect("app").handle(message);
        self.settle();
    }

    /// Presses a key and waits.
    pub fn press(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.settle();
    }

    /// Presses a key with Ctrl and waits.
    pub fn press_ctrl(&mut self, key: egui::Key) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        self.settle();
    }

    /// Turns the wheel over a point of the window and waits.
    pub fn wheel(&mut self, at: egui::Pos2, points: f32) {
        self.harness.hover_at(at);
        self.harness.step();
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, points),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        (0..30).for_each(|_| self.harness.step());
        self.settle();
    }

    /// The folder with the photos.
    pub fn photos(&self) -> PathBuf {
        self.folder.path().join("photos")
    }
}

/// Preferences that open a page in a theme.
pub fn on(page: Page, dark: bool) -> Prefs {
    Prefs { page, dark, tile: 130.0, ..Prefs::default() }
}

fn open(project: &Project, photos: PathBuf) {
    let job = api::open_folders(project, vec![photos], Arc::new(|| {})).expect("job");
    match job.join(|_| {}) {
        Outcome::Completed(summary) => assert_eq!((summary.found, summary.failed.len()), (PHOTOS as u64 + 1, 1)),
        other => panic!("opening ended with {other:?}"),
    }
}

/// Plain products on white, each of its own colour and shape, and one file that is no photo.
pub fn draw_photos(folder: &Path) {
    std::fs::create_dir_all(folder).expect("folder");
    for index in 0..PHOTOS {
        let (width, height) = [(320, 320), (400, 300), (300, 400)][index % 3];
        let hue = index as f32 / PHOTOS as f32 * 6.0;
        let channel = |shift: f32| (70.0 + 130.0 * ((hue + shift) % 6.0 - 3.0).abs().clamp(0.0, 2.0) / 2.0) as u8;
        let colour = Rgb([channel(0.0), channel(2.0), channel(4.0)]);
        let photo = RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (f64::from(x) / f64::from(width) - 0.5, f64::from(y) / f64::from(height) - 0.5);
            let size = 0.22 + 0.016 * index as f64;
            let inside = match index % 3 {
                0 => x.hypot(y) < size,
                1 => x.abs() < size && y.abs() < size * 0.8,
                _ => y > -size && y < size && x.abs() < (y + size) * 0.5,
            };
            let shade = 1.0 + 0.35 * (x + y);
            let lit = |value: u8| (f64::from(value) * shade).clamp(0.0, 255.0) as u8;
            if inside { Rgb(colour.0.map(lit)) } else { Rgb([255, 255, 255]) }
        });
        photo.save(folder.join(format!("product-{:02}.png", index + 1))).expect("photo");
    }
    std::fs::write(folder.join("broken.jpg"), b"this is no photo").expect("file");
}

/// Votes on the first nine photos, the worst first.
fn vote(project: &Project) {
    for (index, row) in readable(project).into_iter().take(9).enumerate() {
        let kind = VoteKind::Rating { level: 1 + (index % 5) as u8, levels: 5 };
        // A vote every three seconds, a quarter of an hour ago.
        let at_ms = NOW - 900_000 + 3000 * index as i64;
        let votes = vec![(row, kind)];
        let ballot = Ballot { rater: RATER.to_owned(), votes, at_ms, ..Ballot::default() };
        api::cast_votes(project, &ballot).expect("vote");
    }
}

/// The readable photos in order of path.
pub fn readable(project: &Project) -> Vec<ImageId> {
    let rows = api::list_photos(project).expect("photos");
    rows.into_iter().filter(|row| row.photo.error.is_none()).map(|row| row.photo.id).collect()
}

/// Made measures for every photo but the last two, so that pictures do not change with the measuring.
fn measure(project: &Project) {
    let rows = api::list_photos(project).expect("photos").into_iter().filter(|row| row.photo.error.is_none());
    let photos: Vec<_> = rows.take(PHOTOS - 2).map(|row| row.photo).collect();
    let made = |index: usize, width: u32, height: u32| {
        let at = index as f64 / PHOTOS as f64;
        let spread = |low: f64, high: f64| low + (high - low) * (index * 5 % PHOTOS) as f64 / PHOTOS as f64;
        let (width, height) = (f64::from(width), f64::from(height));
        let mut attributes = Attributes::default();
        attributes.file = Some((PhotoFormat::Png, ColourMode::Rgb));
        for (attribute, value) in [
            (Attribute::Width, width),
            (Attribute::Height, height),
            (Attribute::LongestSide, 800.0 + 100.0 * index as f64),
            (Attribute::Sharpness, spread(10.0, 400.0)),
            (Attribute::Blur, (1.32 - spread(0.0, 3.1)).max(0.1)),
            (Attribute::Noise, spread(0.4, 3.0)),
            (Attribute::Brightness, spread(60.0, 250.0)),
            (Attribute::Contrast, spread(20.0, 60.0)),
            (Attribute::Clipped, spread(0.0, 0.6)),
            (Attribute::WhiteBorder, 1.0),
            (Attribute::WhiteBackground, 1.0),
            (Attribute::PureBackground, spread(0.7, 1.0)),
            (Attribute::Fill, 0.44 + 0.4 * at),
            (Attribute::FillArea, 0.2 + 0.3 * at),
        ] {
            attributes.set(attribute, value);
        }
        attributes
    };
    let measured: Vec<(String, Attributes)> = photos
        .into_iter()
        .enumerate()
        .map(|(index, photo)| (photo.sha256.clone(), made(index, photo.width, photo.height)))
        .collect();
    let rows = measured.iter().map(|(sha256, attributes)| (sha256.as_str(), attributes));
    let mut store = project.store().expect("store");
    store.save_attributes(packshot::attributes::VERSION, rows).expect("measures");
}

impl Stage {
    /// Adds a photo in which every overlay has something to show, measured, and selects it.
    pub fn with_marked_photo(&mut self) {
        let path = self.photos().join("a-marked.png");
        let photo = RgbImage::from_fn(400, 400, |x, y| {
            let inside = (100..300).contains(&x) && (120..330).contains(&y);
            let backdrop = 255 - (x.saturating_sub(200) / 12) as u8;
            match (x, y) {
                (120..160, 150..200) => Rgb([255, 255, 255]),
                (240..280, 250..300) => Rgb([0, 0, 0]),
                _ if inside => Rgb([60, 120, (y / 2) as u8]),
                _ => Rgb([backdrop; 3]),
            }
        });
        photo.save(&path).expect("saves");
        self.tell(Message::OpenFolders(vec![self.photos()]));
        let row = api::list_photos(&self.project).expect("photos").into_iter().find(|row| row.photo.path == path);
        let photo = row.expect("is indexed").photo;
        let attributes = Attributes::default()
            .with(Attribute::Sharpness, 140.0)
            .with(Attribute::Fill, 0.525)
            .with(Attribute::FillArea, 0.26)
            .with(Attribute::PureBackground, 0.61)
            .with(Attribute::Clipped, 0.07);
        let mut store = self.project.store().expect("store");
        let rows = [(photo.sha256.as_str(), &attributes)];
        store.save_attributes(packshot::attributes::VERSION, rows).expect("measures");
        // Reads the measures anew.
        self.tell(Message::OpenFolders(vec![self.photos()]));
        self.close_toasts();
        self.tell(Message::Select(photo.id));
    }

    /// Closes every toast.
    pub fn close_toasts(&mut self) {
        let toasts: Vec<u64> = self.app().state().toasts.shown.iter().map(|toast| toast.id).collect();
        toasts.into_iter().for_each(|id| self.tell(Message::CloseToast(id)));
    }
}

/// A copy of the second photo, and the third again at half its size.
pub fn draw_duplicates(folder: &Path) {
    draw_photos(folder);
    std::fs::copy(folder.join("product-02.png"), folder.join("product-02-copy.png")).expect("copy");
    let photo = image::open(folder.join("product-03.png")).expect("opens").to_rgb8();
    let small = image::imageops::resize(&photo, 150, 200, image::imageops::FilterType::Triangle);
    small.save(folder.join("product-03-small.png")).expect("saves");
}

fn run(id: &str, name: &str, seed: u64, srcc: Option<f64>) -> Run {
    let config = TrainConfig { seed, ..TrainConfig::default() };
    let table = toml::Table::from_iter([
        ("version".to_owned(), toml::Value::Integer(1)),
        ("train".to_owned(), toml::Value::try_from(config).expect("config")),
    ]);
    let mut summary = Map::new();
    if let Some(srcc) = srcc {
        summary = json!({
            "epochs": 20, "best_epoch": 14, "validation_srcc": srcc + 0.03, "test_srcc": srcc,
            "test_srcc_low": srcc - 0.09, "test_srcc_high": srcc + 0.06, "test_plcc": srcc - 0.01, "test_mae": 8.4,
            "test_rmse": 10.9, "test_n": 180, "test_groups": 60,
        })
        .as_object()
        .expect("object")
        .clone();
    }
    Run {
        id: RunId(id.to_owned()),
        status: RunStatus::Running,
        config_toml: toml::to_string(&table).expect("toml"),
        seed,
        code_version: "0.1.0".to_owned(),
        device: "CPU".to_owned(),
        dataset_digest: "3f9a6c21d0b84e57".to_owned(),
        started_ms: NOW - 3_600_000 * (4 - seed as i64),
        heartbeat_ms: NOW,
        finished_ms: None,
        summary,
        error: None,
        meta: RunMeta { name: name.to_owned(), ..RunMeta::default() },
        origin: None,
    }
}

fn remember_runs(project: &Project) {
    let mut store = project.store().expect("store");
    let made = [
        (run("20251123-130501-aaaa", "First try", 1, Some(0.71)), RunStatus::Completed),
        (run("20251123-140501-bbbb", "Stopped early", 2, None), RunStatus::Cancelled),
        (run("20251123-150501-cccc", "Huber, more labels", 3, Some(0.84)), RunStatus::Completed),
    ];
    for (run, status) in made {
        store.insert_run(&run).expect("run");
        let points = (0..20_u64).flat_map(|epoch| {
            let at = epoch as f64 / 19.0;
            let step = (epoch + 1) * 40;
            let noise = (epoch as f64 * 2.4 + run.seed as f64).sin();
            [
                ("train_loss", 0.9 * (-2.6 * at).exp() + 0.05 + 0.012 * noise),
                ("validation_loss", 0.8 * (-2.0 * at).exp() + 0.16 + 0.08 * (at - 0.7).max(0.0) + 0.02 * noise),
                ("validation_srcc", 0.87 * (1.0 - (-4.0 * at).exp()) - 0.1 * (at - 0.7).max(0.0) + 0.02 * noise),
            ]
            .map(|(name, value)| MetricPoint { name: name.to_owned(), step, value })
        });
        store.save_points(&run.id, &points.collect::<Vec<_>>(), NOW).expect("points");
        let split: Vec<_> = readable(project)
            .into_iter()
            .take(9)
            .enumerate()
            .map(|(index, image)| {
                (image, Split::ALL[usize::from(index > 5) + usize::from(index > 7)], format!("g{index}"), 50.0)
            })
            .collect();
        store.save_split(&run.id, &split).expect("split");
        store.save_samples(&run.id, &samples(&split)).expect("samples");
        let end = run.started_ms + 754_000;
        store.finish_run(&run.id, status, &run.summary, None, end).expect("end");
    }
    remember_series(project);
    remember_model(project, "20251123-150501-cccc");
}

/// What a network said of the photos of the validation part, ever nearer to their labels.
fn samples(split: &[(ImageId, Split, String, f64)]) -> Vec<SampleScore> {
    let held_out = split.iter().filter(|row| row.1 == Split::Validation).enumerate();
    let of = |(place, row): (usize, &(ImageId, Split, String, f64))| {
        let (image, label, off) = (row.0, row.3, if place % 2 == 0 { 35.0 } else { -25.0 });
        (1..=20_u64).map(move |epoch| {
            let wobble = 4.0 * (epoch as f64 * 1.7).sin();
            SampleScore { image, step: epoch * 40, score: label + off * (-0.25 * epoch as f64).exp() + wobble }
        })
    };
    held_out.flat_map(of).collect()
}

/// Two seeds trained together, and the run that holds their means; the oldest.
fn remember_series(project: &Project) {
    let mut store = project.store().expect("store");
    let mut head = run("20251122-100501-dddd", "Two seeds", 0, Some(0.7));
    head.config_toml = "version = 1\n[series]\nseeds = 2\n".to_owned();
    head.summary.insert("test_srcc_sd".to_owned(), json!(0.02));
    let member = |seed: u64, srcc: f64| {
        let mut run = run(&format!("20251122-1{seed}0501-eeee"), &format!("seed {seed}"), seed, Some(srcc));
        run.config_toml = format!("series = \"{}\"\n{}", "20251122-100501-dddd", run.config_toml);
        run
    };
    for (place, mut run) in [head, member(1, 0.68), member(2, 0.72)].into_iter().enumerate() {
        run.started_ms = NOW - 86_400_000 + 60_000 * place as i64;
        run.heartbeat_ms = run.started_ms;
        store.insert_run(&run).expect("run");
        store.finish_run(&run.id, RunStatus::Completed, &run.summary, None, run.started_ms + 50_000).expect("end");
    }
}

/// A registered model with a card, and a score for all photos but the last two.
fn remember_model(project: &Project, run: &str) {
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId("0123456789abcdef".to_owned()),
        architecture: "cnn-s".to_owned(),
        preprocess: packshot::preprocess::VERSION,
        calibration: Calibration { mean: 55.0, std: 20.0 },
        reach: Reach { half_width: 11.0, n: 120 },
        names_flaws: false,
        run: Some(run.to_owned()),
        created_ms: NOW,
        code_version: "0.1.0".to_owned(),
        personal: None,
    };
    let folder = project.models().join(run).join("model");
    std::fs::create_dir_all(&folder).expect("folder");
    std::fs::write(folder.join("model.json"), serde_json::to_string(&card).expect("json")).expect("card");
    let mut store = project.store().expect("store");
    let path = format!("models/{run}/model");
    let (id, architecture) = (card.id.clone(), card.architecture.clone());
    store
        .save_model(&StoredModel { id, run: Some(RunId(run.to_owned())), architecture, path, created_ms: NOW })
        .expect("model");
    store.save_scores(&scores(project, &card), &card.id.0, packshot::attributes::VERSION).expect("scores");
}

fn scores(project: &Project, card: &ModelCard) -> Vec<ScoreRow> {
    let photos = api::list_photos(project).expect("photos").into_iter().filter(|row| row.photo.error.is_none());
    let row = |(index, row): (usize, api::PhotoRow)| {
        let value = (17.0 + index as f64 * 37.0) % 95.0;
        let half = card.reach.half_width;
        let (low, high) = ((value - half).max(0.0), (value + half).min(100.0));
        ScoreRow {
            path: row.photo.path.clone(),
            sha256: row.photo.sha256.clone(),
            model: card.id.clone(),
            score: Some(Score { value, low, high }),
            attributes: Some(
                Attributes::default()
                    .with(Attribute::Sharpness, 120.0 + 9.0 * index as f64)
                    .with(Attribute::Brightness, 214.0)
                    .with(Attribute::Contrast, 46.0)
                    .with(Attribute::Clipped, 0.01)
                    .with(Attribute::WhiteBorder, 1.0)
                    .with(Attribute::Fill, 0.44 + 0.03 * index as f64)
                    .with(Attribute::Megapixels, 0.1),
            ),
            reason: (value < 40.0).then(|| "The product fills too little of the frame".to_owned()),
            error: None,
            at_ms: NOW,
        }
    };
    photos.take(PHOTOS - 2).enumerate().map(row).collect()
}

/// The scores as a scoring job would deliver them, with one photo that could not be read.
pub fn scored_rows(project: &Project) -> Vec<ScoreRow> {
    let model = api::find_model(project, None).expect("model");
    let mut rows = scores(project, &model.card);
    let path = rows[0].path.with_file_name("broken.jpg");
    rows.push(ScoreRow {
        path,
        sha256: String::new(),
        score: None,
        attributes: None,
        reason: None,
        error: Some("not a photo: the file starts like text".to_owned()),
        ..rows[0].clone()
    });
    rows
}
