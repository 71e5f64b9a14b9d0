//! Photos a second that a network is computed and trained with, on a chosen device: what `benches/peers/train.sh` sets
//! beside PyTorch.
//!
//! `cargo bench --profile dev --bench training -- [--device cpu|gpu|auto] [--architecture NAME] [--batch N,N]
//! [--seconds S] [--results FILE]`. The views lie on the device before the clock starts; a step is the product's own:
//! loss, gradients, clipping, AdamW, the slow average of the weights, and the loss fetched.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor};
use packshot::config::{DeviceChoice, LossKind, OptimiserKind};
use packshot::device;
use packshot::nn::{self, VIEW_EDGE, VIEWS};
use packshot::train::{Checkpoint, Descent, Learner, Schedule, losses};

/// Untimed calls before the clock starts: kernels are compiled and tuned in the first ones.
const WARM_UP: usize = 5;

/// Timed spans of a measurement; their median is reported, with the slowest and the fastest.
const SPANS: usize = 5;

struct Options {
    device: DeviceChoice,
    architecture: String,
    batches: Vec<usize>,
    seconds: f64,
    results: Option<PathBuf>,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            device: DeviceChoice::Cpu,
            architecture: nn::ARCHITECTURES[0].name.to_owned(),
            batches: vec![16, 64],
            seconds: 2.0,
            results: None,
        };
        while let Some(word) = words.next() {
            // What cargo adds.
            if word == "--bench" {
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            let unfit = || format!("{word} {value}: unfit");
            match word.as_str() {
                "--device" => {
                    options.device = match value.as_str() {
                        "cpu" => DeviceChoice::Cpu,
                        "gpu" => DeviceChoice::Gpu,
                        "auto" => DeviceChoice::Auto,
                        _ => return Err(unfit()),
                    }
                }
                "--architecture" => options.architecture = value,
                "--batch" => {
                    let sizes = value.split(',').map(|size| size.parse().ok().filter(|&size| size > 0));
                    options.batches = sizes.collect::<Option<_>>().ok_or_else(unfit)?;
                }
                "--seconds" => options.seconds = value.parse().map_err(|_| unfit())?,
                "--results" => options.results = Some(value.into()),
                _ => return Err(format!("{word} is not known")),
            }
        }
        Ok(options)
    }
}

/// Photos a second in some spans of time, in rising order.
struct Speeds(Vec<f64>);

impl Speeds {
    /// Calls `work`, which takes `photos` at a time and waits for the device, until every span is full.
    fn of(photos: usize, seconds: f64, mut work: impl FnMut() -> packshot::Result<()>) -> packshot::Result<Self> {
        for _ in 0..WARM_UP {
            work()?;
        }
        let span = Duration::from_secs_f64(seconds);
        let mut speeds = Vec::with_capacity(SPANS);
        for _ in 0..SPANS {
            let (start, mut calls) = (Instant::now(), 0);
            while calls == 0 || start.elapsed() < span {
                work()?;
                calls += 1;
            }
            speeds.push((calls * photos) as f64 / start.elapsed().as_secs_f64());
        }
        speeds.sort_by(f64::total_cmp);
        Ok(Self(speeds))
    }
}

/// Random views on the device: values do not change the work.
fn views(batch: usize, device: &Device) -> Tensor<5> {
    Tensor::random([batch, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], Distribution::Uniform(0.0, 1.0), device)
}

fn forward(options: &Options, batch: usize, device: &Device) -> packshot::Result<Speeds> {
    let network = nn::fresh(&options.architecture, 1, device)?;
    let input = views(batch, device);
    Speeds::of(batch, options.seconds, || {
        network.raw_scores(input.clone(), batch);
        Ok(())
    })
}

fn training(options: &Options, batch: usize, device: &Device) -> packshot::Result<Speeds> {
    let device = device.clone().autodiff();
    let descent = Descent {
        optimiser: OptimiserKind::Adamw,
        weight_decay: 0.05,
        clip: 5.0,
        average: 0.98,
        schedule: Schedule { peak: 1e-3, steps: 1_000_000, warmup: 0.0 },
    };
    let nowhere = std::env::temp_dir().join("packshot-bench-training-has-no-checkpoint");
    let network = nn::fresh(&options.architecture, 1, &device)?;
    let (mut learner, _) = Learner::new(network, descent, Checkpoint { folder: &nowhere })?;
    let input = views(batch, &device);
    let target = Tensor::<1>::random([batch], Distribution::Normal(0.0, 1.0), &device);
    let mut step = 0;
    Speeds::of(batch, options.seconds, || {
        let (input, target) = (input.clone(), target.clone());
        let part = (1.0, move |network: &_| losses::loss(LossKind::Huber, 1.0, &score(network, input), &target));
        learner.step(step, std::iter::once(part))?;
        step += 1;
        Ok(())
    })
}

fn score(network: &packshot::nn::Network, input: Tensor<5>) -> Tensor<1> {
    network.forward(input)
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let chosen = device::choose(options.device)?;
    println!("{} on {}: photos a second\n", options.architecture, chosen.name);
    println!("| | batch | median | min | max |\n|---|--:|--:|--:|--:|");
    type Measure = fn(&Options, usize, &Device) -> packshot::Result<Speeds>;
    let measures: [(&str, Measure); 2] = [("forward", forward), ("training step", training)];
    for (what, measure) in measures {
        for &batch in &options.batches {
            let Speeds(speeds) = measure(options, batch, &chosen.device)?;
            let (middle, least, most) = (speeds[SPANS / 2], speeds[0], speeds[SPANS - 1]);
            println!("| {what} | {batch} | {middle:.1} | {least:.1} | {most:.1} |");
            if let Some(path) = &options.results {
                let line = serde_json::json!({
                    "engine": "packshot", "device": chosen.name, "architecture": options.architecture, "what": what,
                    "batch": batch, "speeds": speeds,
                });
                writeln!(OpenOptions::new().create(true).append(true).open(path)?, "{line}")?;
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let done = Options::parse(std::env::args().skip(1)).map_err(Into::into).and_then(|options| run(&options));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("training: {error}");
            ExitCode::FAILURE
        }
    }
}
