//! The loop: batches, steps, validation, best model, early stop, checkpoints.
//!
//! Every random choice derives from (seed, epoch, sample), so a resumed run repeats what an uninterrupted one does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::checkpoint::{Best, Checkpoint, Position};
use super::learner::{Descent, Learner};
use super::memory::{self, Attempt};
use super::pretrain::in_order;
use super::replay::{Ladder, Mix};
use super::step::{self, Step};
use super::{Schedule, metrics};
use crate::config::TrainConfig;
use crate::data::{CleanPhotos, Dataset, Loader, RUNGS, shuffled_batches};
use crate::domain::{Histogram, MetricPoint, ModelCard, Reach, SampleScore, Split};
use crate::error::Result;
use crate::nn;
use crate::preprocess::{self, Views};
use crate::{jobs, model_folder};

/// Held-out photos whose scores are kept after every epoch, to be looked at.
const SAMPLES: usize = 6;

/// Longest time between two checkpoints within an epoch.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// At most this many points of the training loss are kept a run.
const LOSS_POINTS: u64 = 2000;

/// Photos a batch in validation.
const VALIDATION_BATCH: usize = 16;

/// What a run trains on and with.
pub struct Job<'a> {
    /// The configuration; recorded with the run.
    pub config: &'a TrainConfig,
    /// The frozen dataset; `loader` reads `dataset.samples[i]` under index `i`.
    pub dataset: &'a Dataset,
    /// Reads the photos.
    pub loader: &'a Loader,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// The run's folder: `checkpoint` and `model` are made in it.
    pub folder: &'a Path,
    /// The model card to fill in; its calibration standardises the labels.
    pub card: &'a ModelCard,
    /// The folder of the model to start from; random weights without one.
    pub start: Option<&'a Path>,
    /// How votes on the samples spread, by index; may be empty when the loss does not ask.
    pub histograms: &'a [Option<Histogram>],
    /// Photos whose synthetic versions are replayed; needed when the configuration asks for a share of them.
    pub clean: &'a CleanPhotos,
}

/// Whoever watches a run.
pub trait Watcher {
    /// Pause and cancel.
    fn control(&self) -> &jobs::Control;
    /// A step was taken: its epoch (0-based), steps taken and in all, and its loss.
    fn stepped(&mut self, epoch: u32, step: u64, steps: u64, loss: f64);
    /// Photos from which the head of a pre-trained network learns again were made: ladders so far and in all.
    fn refitting(&mut self, _made: u64, _all: u64) {}
    /// New points of the curves, to be stored before this returns.
    ///
    /// # Errors
    /// When they cannot be stored; the run then fails.
    fn points(&mut self, points: &[MetricPoint]) -> Result<()>;
    /// What the network says of a few held-out photos, always the same ones, to be stored before this returns.
    ///
    /// # Errors
    /// When it cannot be stored; the run then fails.
    fn samples(&mut self, _samples: &[SampleScore]) -> Result<()> {
        Ok(())
    }
    /// A checkpoint was written: points up to its step stay as they are.
    fn saved(&mut self, _step: u64) {}
    /// Something that people should know, and that does not end the run.
    fn notice(&mut self, text: &str) {
        tracing::warn!("{text}");
    }
    /// The run goes back to an earlier step: points after it no longer hold.
    ///
    /// # Errors
    /// When they cannot be taken back; the run then fails.
    fn rewound(&mut self, _step: u64) -> Result<()> {
        Ok(())
    }
    /// Whether it may as well end here: others did better. Asked after every epoch.
    fn is_behind(&self) -> bool {
        false
    }
}

/// A held-out photo's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Index of the sample.
    pub index: usize,
    /// The network's raw output.
    pub raw: f64,
    /// The logarithm of the variance that the network expects of it.
    pub log_variance: f64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending {
    /// It was asked to stop before its end.
    pub stopped: bool,
    /// Epochs finished.
    pub epochs: u32,
    /// The best epoch.
    pub best: Option<Best>,
}

/// A run under way.
pub struct Fit<'a, W> {
    job: Job<'a>,
    watcher: &'a mut W,
    learner: Learner,
    position: Position,
    train: Vec<usize>,
    validation: Vec<usize>,
    pending: Vec<MetricPoint>,
    pace: Pace,
    saved_at: Instant,
    mix: Mix,
    /// Photos in the device's memory at a time.
    at_a_time: usize,
}

/// Where the time of an epoch goes.
struct Pace {
    began: Instant,
    idle_since: Instant,
    waited: Duration,
    photos: usize,
}

impl Pace {
    fn start() -> Self {
        let now = Instant::now();
        Self { began: now, idle_since: now, waited: Duration::ZERO, photos: 0 }
    }

    /// Photos a second, and the share of the time in which the device had none to work on.
    fn points(&self, step: u64) -> [MetricPoint; 2] {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-6);
        let rate = self.photos as f64 / seconds;
        [point("images_per_second", step, rate), point("device_wait_share", step, self.waited.as_secs_f64() / seconds)]
    }
}

impl<'a, W: Watcher> Fit<'a, W> {
    /// Prepares a run: fresh, or from its checkpoint when there is one.
    ///
    /// # Errors
    /// When the architecture is unknown or the checkpoint is damaged.
    pub fn new(job: Job<'a>, watcher: &'a mut W) -> Result<Self> {
        let config = job.config;
        let mix = Mix::new(config.batch_size, config.replay);
        let (train, validation) = (job.dataset.part(Split::Train), job.dataset.part(Split::Validation));
        let (learner, position) = learner(&job, &mix, &train)?;
        let at_a_time = if config.micro_batch == 0 { mix.photos() } else { config.micro_batch.min(mix.photos()) };
        Ok(Self {
            job,
            watcher,
            learner,
            position,
            train,
            validation,
            pending: Vec::new(),
            pace: Pace::start(),
            saved_at: Instant::now(),
            mix,
            at_a_time,
        })
    }

    /// Where the run stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Trains until the last epoch, an early stop, or a request to stop (then the state is saved first). When the
    /// device's memory does not hold a step, it goes on from the last checkpoint with half as many photos at a time.
    ///
    /// # Errors
    /// When a photo, the disk or the watcher fails, the loss stops being a number, or the device's memory does not hold
    /// one photo.
    pub fn run(mut self) -> Result<Ending> {
        loop {
            match memory::attempt(|| self.go_on()) {
                Attempt::Over(ending) => return ending,
                Attempt::OutOfMemory(said) => self.with_less_memory(&said)?,
            }
        }
    }

    fn go_on(&mut self) -> Result<Ending> {
        while self.position.epoch < self.job.config.epochs && !self.out_of_patience() {
            if !(self.epoch()? && self.validate()?) {
                self.save()?;
                return Ok(self.ending(true));
            }
            self.position = Position { epoch: self.position.epoch + 1, batch: 0, ..self.position };
            self.save()?;
            if self.watcher.is_behind() {
                break;
            }
        }
        Ok(self.ending(false))
    }

    /// Goes back to the last checkpoint (weights of a step that failed may be spoilt) and halves what is computed at a
    /// time.
    fn with_less_memory(&mut self, said: &str) -> Result<()> {
        let fewer = memory::halved(self.at_a_time, said)?;
        self.watcher.notice(&format!(
            "the device ran out of memory with {} photos at a time and goes on with {fewer}, from the last checkpoint \
             (train.micro_batch={fewer} begins with that): {said}",
            self.at_a_time
        ));
        self.at_a_time = fewer;
        self.pending.clear();
        (self.learner, self.position) = learner(&self.job, &self.mix, &self.train)?;
        self.watcher.rewound(self.position.step)
    }

    fn ending(&self, stopped: bool) -> Ending {
        Ending { stopped, epochs: self.position.epoch, best: self.position.best }
    }

    fn out_of_patience(&self) -> bool {
        let patience = self.job.config.patience;
        let best = self.position.best.map_or(0, |best| best.epoch + 1);
        patience > 0 && self.position.epoch >= best + patience
    }

    /// One pass over the training photos; false when it was asked to stop.
    fn epoch(&mut self) -> Result<bool> {
        let (config, mix) = (self.job.config, self.mix);
        let batches = shuffled_batches(&self.train, mix.labelled, config.seed, self.position.epoch);
        let rest = batches.get(self.position.batch..).unwrap_or_default();
        let (loader, clean, first) = (self.job.loader, self.job.clean, self.position.step);
        let make = |index: u64| {
            let views: Result<Vec<_>> = rest[index as usize].iter().map(|&sample| loader.views(sample)).collect();
            Ok((index as usize, views?, mix.ladders(clean, config.seed, first + index)?))
        };
        let mut going = true;
        self.pace = Pace::start();
        in_order(0..rest.len() as u64, &make, &mut |(index, views, ladders)| {
            self.pace.waited += self.pace.idle_since.elapsed();
            going = self.watcher.control().checkpoint().is_ok();
            if going {
                self.step(&rest[index], &views, &ladders)?;
                self.save_when_due()?;
            }
            self.pace.photos += views.len() + ladders.len() * RUNGS;
            self.pace.idle_since = Instant::now();
            Ok(going)
        })?;
        // A run that was stopped in a validation has nothing left of its epoch.
        if self.pace.photos > 0 {
            self.pending.extend(self.pace.points(self.position.step));
        }
        Ok(going)
    }

    fn step(&mut self, samples: &[usize], views: &[Arc<Views>], ladders: &[Ladder]) -> Result<()> {
        let config = self.job.config;
        let device = self.job.device.clone().autodiff();
        let (seed, epoch) = (config.seed, self.position.epoch);
        let seen: Vec<Views> =
            samples.iter().zip(views).map(|(&sample, views)| augmented(views, seed, epoch, sample)).collect();
        let targets: Vec<f32> = samples.iter().map(|&sample| self.target(sample) as f32).collect();
        let histograms: Vec<_> = samples.iter().map(|&sample| self.histogram(sample)).collect();
        let step = Step {
            config,
            calibration: self.job.card.calibration,
            views: &seen,
            targets: &targets,
            histograms: &histograms,
            ladders,
            replay_share: self.mix.share,
            device: &device,
        };
        let loss = self.learner.step(self.position.step, step.parts(self.at_a_time))?;
        self.position.step += 1;
        self.position.batch += 1;
        let step = self.position.step;
        let steps = self.learner.schedule().steps;
        if step.is_multiple_of(steps.div_ceil(LOSS_POINTS).max(1)) {
            self.pending.push(point("train_loss", step, loss));
        }
        self.watcher.stepped(epoch, step, steps, loss);
        Ok(())
    }

    fn histogram(&self, sample: usize) -> Option<Histogram> {
        self.job.histograms.get(sample).copied().flatten()
    }

    fn target(&self, sample: usize) -> f64 {
        self.job.card.calibration.standardise(self.job.dataset.samples[sample].label)
    }

    /// Measures the validation part, stores the points, and keeps the model when it is the best so far; false when it was
    /// asked to stop.
    fn validate(&mut self) -> Result<bool> {
        let Some(predictions) = self.predictions()? else { return Ok(false) };
        let calibration = self.job.card.calibration;
        let samples = &self.job.dataset.samples;
        let scores: Vec<f64> = predictions.iter().map(|prediction| calibration.score(prediction.raw)).collect();
        let labels: Vec<f64> = predictions.iter().map(|prediction| samples[prediction.index].label).collect();
        let loss = self.validation_loss(&predictions);
        let srcc = metrics::srcc(&scores, &labels);
        let measured = [
            ("validation_loss", Some(loss)),
            ("validation_srcc", srcc),
            ("validation_plcc", metrics::plcc(&scores, &labels)),
            ("validation_mae", metrics::mae(&scores, &labels)),
            ("validation_rmse", metrics::rmse(&scores, &labels)),
            ("learning_rate", Some(self.learner.schedule().rate(self.position.step.saturating_sub(1)))),
        ];
        let step = self.position.step;
        self.pending.extend(measured.iter().filter_map(|(name, value)| value.map(|value| point(name, step, value))));
        self.flush()?;
        self.watcher.samples(&self.spread(&predictions, &scores))?;
        // Scores that do not vary have no order: any that do are better, and among them the smaller loss.
        let own = Best { epoch: self.position.epoch, value: srcc.unwrap_or(-1.0 - loss), loss };
        if self.position.best.is_none_or(|best| own.beats(&best)) {
            self.position.best = Some(own);
            let residuals: Vec<f64> = scores.iter().zip(&labels).map(|(score, label)| score - label).collect();
            self.keep_model(Reach::conformal(&residuals), &predictions)?;
        }
        Ok(true)
    }

    /// A few of the held-out photos with their scores, from the lowest label to the highest.
    fn spread(&self, predictions: &[Prediction], scores: &[f64]) -> Vec<SampleScore> {
        let samples = &self.job.dataset.samples;
        let mut order: Vec<(&Prediction, f64)> = predictions.iter().zip(scores.iter().copied()).collect();
        let key = |prediction: &Prediction| (samples[prediction.index].label, samples[prediction.index].image);
        order.sort_by(|(a, _), (b, _)| {
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        });
        let count = SAMPLES.min(order.len());
        let shown = (0..count).map(|place| order[(2 * place + 1) * order.len() / (2 * count)]);
        let step = self.position.step;
        let sample = |(prediction, score): (&Prediction, f64)| SampleScore {
            image: samples[prediction.index].image,
            step,
            score: score.clamp(0.0, 100.0),
        };
        shown.map(sample).collect()
    }

    fn validation_loss(&self, predictions: &[Prediction]) -> f64 {
        let column = |value: &dyn Fn(&Prediction) -> f64| {
            let values: Vec<f32> = predictions.iter().map(|prediction| value(prediction) as f32).collect();
            Tensor::<1>::from_data(values.as_slice(), self.job.device)
        };
        let score = column(&|prediction| prediction.raw);
        let target = column(&|prediction| self.target(prediction.index));
        let histograms: Vec<_> = predictions.iter().map(|prediction| self.histogram(prediction.index)).collect();
        let (config, calibration) = (self.job.config, self.job.card.calibration);
        let log_variance = column(&|prediction| prediction.log_variance);
        let loss = step::labelled_loss(config, calibration, score, log_variance, &target, &histograms, self.job.device);
        f64::from(loss.into_scalar::<f32>())
    }

    /// What the network says of the validation photos; nothing when it was asked to stop.
    fn predictions(&self) -> Result<Option<Vec<Prediction>>> {
        let network = self.learner.scoring();
        // Without gradients, more photos fit.
        let size = VALIDATION_BATCH.min(4 * self.at_a_time);
        let batches: Vec<Vec<usize>> = self.validation.chunks(size).map(<[usize]>::to_vec).collect();
        let mut predictions = Vec::with_capacity(self.validation.len());
        self.job.loader.for_each_batch(&batches, |index, views| {
            let outputs = network.outputs(preprocess::batch(views.iter().map(AsRef::as_ref), size, self.job.device));
            let column = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().map(f64::from).collect::<Vec<_>>();
            let said = column(outputs.score).into_iter().zip(column(outputs.log_variance));
            let said = batches[index].iter().zip(said);
            predictions.extend(said.map(|(&index, (raw, log_variance))| Prediction { index, raw, log_variance }));
            Ok(self.watcher.control().checkpoint().is_ok())
        })?;
        Ok((predictions.len() == self.validation.len()).then_some(predictions))
    }

    /// Writes the model folder: weights, card, and the validation scores that speak for it.
    fn keep_model(&self, reach: Reach, predictions: &[Prediction]) -> Result<()> {
        let card = ModelCard { reach, ..self.job.card.clone() };
        let mut table = "content_sha256,label,score\n".to_owned();
        for prediction in predictions {
            let sample = &self.job.dataset.samples[prediction.index];
            let score = card.calibration.score(prediction.raw);
            table.push_str(&format!("{},{:.4},{score:.4}\n", sample.sha256, sample.label));
        }
        let folder = model_path(self.job.folder);
        model_folder::save(&folder, &self.learner.scoring(), &card, &[("validation.csv", table.as_bytes())]).map(drop)
    }

    fn flush(&mut self) -> Result<()> {
        let points = std::mem::take(&mut self.pending);
        self.watcher.points(&points)
    }

    fn save_when_due(&mut self) -> Result<()> {
        // Curves move in the window about once a second.
        if self.pending.len() as u64 >= 8 {
            self.flush()?;
        }
        if self.saved_at.elapsed() >= CHECKPOINT_EVERY { self.save() } else { Ok(()) }
    }

    fn save(&mut self) -> Result<()> {
        self.flush()?;
        let folder = checkpoint_path(self.job.folder);
        self.learner.save(Checkpoint { folder: &folder }, &self.position)?;
        self.saved_at = Instant::now();
        self.watcher.saved(self.position.step);
        Ok(())
    }
}

/// The learner of a job: fresh, or from its checkpoint when there is one; and where it stands.
fn learner(job: &Job<'_>, mix: &Mix, train: &[usize]) -> Result<(Learner, Position)> {
    let config = job.config;
    let steps_an_epoch = shuffled_batches(train, mix.labelled, config.seed, 0).len() as u64;
    let schedule = Schedule {
        peak: config.learning_rate,
        steps: steps_an_epoch * u64::from(config.epochs),
        warmup: config.warmup,
    };
    let descent = Descent {
        optimiser: config.optimiser,
        weight_decay: config.weight_decay,
        clip: config.clip,
        average: config.average,
        schedule,
    };
    let folder = checkpoint_path(job.folder);
    let device = job.device.clone().autodiff();
    let network = match job.start {
        Some(folder) => model_folder::load(folder, &device)?.1,
        None => nn::fresh(&config.architecture, config.seed, &device)?,
    };
    let (learner, position) = Learner::new(network, descent, Checkpoint { folder: &folder })?;
    Ok((learner.learning(config.learns), position))
}

/// Where a run's best model lies.
pub fn model_path(run_folder: &Path) -> PathBuf {
    run_folder.join("model")
}

/// Where a run keeps what it needs to go on.
pub fn checkpoint_path(run_folder: &Path) -> PathBuf {
    run_folder.join("checkpoint")
}

fn point(name: &str, step: u64, value: f64) -> MetricPoint {
    MetricPoint { name: name.to_owned(), step, value }
}

/// The photo, mirrored for half of all (seed, epoch, sample): mirroring leaves quality as it is.
fn augmented(views: &Views, seed: u64, epoch: u32, sample: usize) -> Views {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6d69_7272_6f72);
    rng.set_stream(u64::from(epoch));
    rng.set_word_pos(sample as u128 * 16);
    if rng.next_u32() & 1 == 1 { views.mirrored() } else { views.clone() }
}
