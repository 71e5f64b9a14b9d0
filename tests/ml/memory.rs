//! A device whose memory does not hold a step: the failure is injected where burn's would appear, in the middle of a step.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use packshot::config::TrainConfig;
use packshot::data::{CleanPhotos, Dataset, Loader, Sample};
use packshot::domain::{Calibration, ImageId, MetricPoint, ModelCard, ModelId, Reach, Split};
use packshot::error::Result;
use packshot::imaging::Limits;
use packshot::jobs::Control;
use packshot::train::{Ending, Fit, Job, Watcher, model_path};
use packshot::{model_folder, preprocess};

use super::common::photo;

/// Fails at the steps it is told, once each, as a GPU without memory does.
struct Failing {
    control: Control,
    at: Vec<u64>,
    notices: Vec<String>,
    rewound: Vec<u64>,
    points: Vec<MetricPoint>,
}

impl Failing {
    fn new(at: &[u64]) -> Self {
        let at = at.to_vec();
        Self { control: Control::default(), at, notices: Vec::new(), rewound: Vec::new(), points: Vec::new() }
    }
}

impl Watcher for Failing {
    fn control(&self) -> &Control {
        &self.control
    }

    fn stepped(&mut self, _epoch: u32, step: u64, _steps: u64, _loss: f64) {
        if self.at.first() == Some(&step) {
            self.at.remove(0);
            panic!("Error while reading data\n  out of device memory allocating 734003200 bytes\n   0: backtrace");
        }
    }

    fn points(&mut self, points: &[MetricPoint]) -> Result<()> {
        self.points.extend_from_slice(points);
        Ok(())
    }

    fn notice(&mut self, text: &str) {
        self.notices.push(text.to_owned());
    }

    fn rewound(&mut self, step: u64) -> Result<()> {
        self.points.retain(|point| point.step <= step);
        self.rewound.push(step);
        Ok(())
    }
}

struct World {
    folder: tempfile::TempDir,
    dataset: Dataset,
    paths: Vec<PathBuf>,
    loader: Loader,
}

fn world() -> World {
    let folder = tempfile::tempdir().expect("temp dir");
    let label = |index: u32| f64::from(index * 37 % 101);
    let sample = |index: u32| {
        let path = folder.path().join(format!("{index}.png"));
        photo(label(index) / 100.0, index).save(&path).expect("writes");
        let part = if index < 24 { Split::Train } else { Split::Validation };
        let sha256 = format!("{index:064x}");
        Sample { image: ImageId(i64::from(index)), path, sha256, label: label(index), group: format!("{index}"), part }
    };
    let dataset = Dataset { samples: (0..32).map(sample).collect() };
    let paths: Vec<PathBuf> = dataset.samples.iter().map(|sample| sample.path.clone()).collect();
    let (loader, unreadable) =
        Loader::read_all(paths.clone(), Limits::default(), usize::MAX, &Control::default(), &|_| {}).expect("reads");
    assert!(unreadable.is_empty());
    World { folder, dataset, paths, loader }
}

fn fit(world: &World, name: &str, config: &TrainConfig, watcher: &mut Failing) -> (Result<Ending>, PathBuf) {
    let folder = world.folder.path().join(name);
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId(String::new()),
        architecture: config.architecture.clone(),
        preprocess: preprocess::VERSION,
        calibration: Calibration { mean: 50.0, std: 25.0 },
        reach: Reach::UNKNOWN,
        names_flaws: false,
        run: None,
        created_ms: 0,
        code_version: "test".to_owned(),
        personal: None,
    };
    let clean = CleanPhotos::new(world.paths[..4].to_vec(), Limits::default());
    let job = Job {
        config,
        dataset: &world.dataset,
        loader: &world.loader,
        device: &Device::flex(),
        folder: &folder,
        card: &card,
        start: None,
        histograms: &[],
        clean: &clean,
    };
    let ending = Fit::new(job, watcher).expect("prepares").run();
    (ending, model_path(&folder))
}

fn config() -> TrainConfig {
    TrainConfig {
        architecture: "cnn-xs".to_owned(),
        epochs: 3,
        batch_size: 8,
        patience: 0,
        average: 0.0,
        ..TrainConfig::default()
    }
}

fn id(model: &Path) -> ModelId {
    model_folder::read_card(model).expect("a model").id
}

#[test]
fn a_run_that_does_not_fit_goes_on_with_half_as_many_photos_at_a_time() {
    let world = world();
    let mut failing = Failing::new(&[1]);
    let (ending, model) = fit(&world, "failing", &config(), &mut failing);
    assert_eq!(ending.expect("goes on").epochs, 3);
    assert_eq!(failing.notices.len(), 1);
    let notice = &failing.notices[0];
    assert!(notice.contains("with 8 photos at a time and goes on with 4"), "{notice}");
    assert!(notice.contains("out of device memory allocating 734003200 bytes") && !notice.contains("backtrace"));
    assert_eq!(failing.rewound, [0], "there was no checkpoint yet");

    // The same as if it had been told so from the beginning, to the last bit.
    let mut sound = Failing::new(&[]);
    let (_, told) = fit(&world, "told", &TrainConfig { micro_batch: 4, ..config() }, &mut sound);
    assert_eq!(id(&model), id(&told));
    let curve = |watcher: &Failing| {
        let kept = watcher.points.iter().filter(|point| !super::common::TIMINGS.contains(&point.name.as_str()));
        kept.cloned().collect::<Vec<_>>()
    };
    assert_eq!(curve(&failing), curve(&sound));
}

#[test]
fn a_failure_in_a_later_epoch_goes_back_to_the_checkpoint() {
    let world = world();
    let mut failing = Failing::new(&[5, 6]);
    let (ending, _) = fit(&world, "later", &config(), &mut failing);
    assert_eq!(ending.expect("goes on").epochs, 3);
    assert_eq!(failing.rewound, [3, 3], "three steps an epoch");
    assert!(failing.notices[1].contains("with 4 photos at a time and goes on with 2"), "{:?}", failing.notices);
    let epochs = failing.points.iter().filter(|point| point.name == "validation_srcc");
    assert_eq!(epochs.map(|point| point.step).collect::<Vec<_>>(), [3, 6, 9], "every epoch once");
}

#[test]
fn what_does_not_fit_one_photo_at_a_time_ends_the_run_with_advice() {
    let world = world();
    let mut failing = Failing::new(&[1, 1, 1, 1]);
    let (ending, _) = fit(&world, "hopeless", &config(), &mut failing);
    let error = ending.expect_err("nothing is left to halve");
    assert!(error.summary.contains("does not hold one photo"), "{error}");
    assert!(error.details.expect("advice").contains("--device cpu"));
    assert_eq!(failing.notices.len(), 3, "8, 4, 2, 1");
}

#[test]
fn replayed_photos_are_the_same_for_the_same_seed_and_change_what_is_learnt() {
    let world = world();
    let config = TrainConfig { replay: 0.5, epochs: 1, ..config() };
    let learn = |name: &str, config: &TrainConfig| {
        let (ending, model) = fit(&world, name, config, &mut Failing::new(&[]));
        assert_eq!(ending.expect("learns").epochs, 1);
        id(&model)
    };
    let first = learn("first", &config);
    assert_eq!(first, learn("again", &config));
    assert_ne!(first, learn("without", &TrainConfig { replay: 0.0, ..config.clone() }));
    assert_ne!(first, learn("in parts", &TrainConfig { micro_batch: 4, ..config.clone() }));
    assert_ne!(first, learn("otherwise", &TrainConfig { seed: 2, ..config }));
}
