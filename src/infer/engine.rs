//! Which engine computes on the CPU: burn's, or tract on the exported graph. Both give the same number; the faster one is
//! found by a short measurement, once a process.
//!
//! The choice must never show in a score: an engine that is more than [`MOST_APART`] off is not used.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use burn::tensor::Device;
use image::RgbImage;

use super::graph;
use super::tract::Compiled;
use crate::config::EngineChoice;
use crate::domain::{Calibration, ModelCard, ModelId, Reach};
use crate::error::{Error, Result};
use crate::nn::{self, Architecture, Cnn};
use crate::preprocess::{self, Views};

/// How far engines may be apart on the same pixels, in points.
pub const MOST_APART: f64 = 1e-3;

/// Photos a measured batch at most: enough to keep every core busy for some hundredths of a second.
const MOST_PHOTOS: usize = 8;

/// Timed batches an engine, after one that is not timed; the fastest counts, since others use the processor too.
const ROUNDS: usize = 3;

/// Photos a second of each engine, the network alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngineSpeeds {
    /// burn's CPU backend.
    pub burn: f64,
    /// tract on the exported graph.
    pub tract: f64,
}

impl EngineSpeeds {
    /// The faster engine.
    pub fn fastest(&self) -> Engine {
        if self.tract > self.burn { Engine::Tract } else { Engine::Burn }
    }

    /// In words: "tract, 2.1 times as fast as burn (310 against 148 photos a second)".
    pub fn describe(&self) -> String {
        let ((winner, fast), (loser, slow)) = match self.fastest() {
            Engine::Tract => (("tract", self.tract), ("burn", self.burn)),
            Engine::Burn => (("burn", self.burn), ("tract", self.tract)),
        };
        format!("{winner}, {:.1} times as fast as {loser} ({fast:.0} against {slow:.0} photos a second)", fast / slow)
    }
}

/// What computes a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// burn, on any device.
    Burn,
    /// tract, on the CPU.
    Tract,
}

impl Engine {
    /// The name used in the configuration and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Burn => "burn",
            Self::Tract => "tract",
        }
    }
}

/// The engine for a network on a device: tract's graph when it is to be used, and why, in words.
///
/// # Errors
/// When tract was asked for by name and cannot be used.
pub(super) fn choose(
    card: &ModelCard,
    network: &Cnn,
    device: &Device,
    batch: usize,
    choice: EngineChoice,
) -> Result<(Option<Compiled>, String)> {
    if *device != Device::flex() {
        return Ok((None, "burn, as on every GPU".to_owned()));
    }
    if choice == EngineChoice::Burn {
        return Ok((None, "burn, as configured".to_owned()));
    }
    let prepared = prepare(card, network, device);
    if choice == EngineChoice::Tract {
        return Ok((Some(prepared?), "tract, as configured".to_owned()));
    }
    let compiled = match prepared {
        Ok(compiled) => compiled,
        Err(error) => {
            tracing::warn!("burn computes alone: {error:#}");
            return Ok((None, "burn: tract cannot be used here".to_owned()));
        }
    };
    let speeds = remembered(&card.architecture, batch, || measure(network, &compiled, device, batch))?;
    let chosen = (speeds.fastest() == Engine::Tract).then_some(compiled);
    Ok((chosen, speeds.describe()))
}

/// Speeds of the engines for a network of that architecture, measured now: what `packshot doctor` shows.
///
/// # Errors
/// When tract cannot be used.
pub fn engine_speeds(architecture: &Architecture, batch: usize) -> Result<EngineSpeeds> {
    let device = Device::flex();
    let network = nn::seeded(architecture.config.init(&device), 1);
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId(String::new()),
        architecture: architecture.name.to_owned(),
        preprocess: preprocess::VERSION,
        calibration: Calibration { mean: 50.0, std: 10.0 },
        reach: Reach::UNKNOWN,
        names_flaws: false,
        run: None,
        created_ms: 0,
        code_version: String::new(),
        personal: None,
    };
    let compiled = prepare(&card, &network, &device)?;
    remembered(architecture.name, batch, || measure(&network, &compiled, &device, batch))
}

/// The graph made ready, and held against burn on a picture.
fn prepare(card: &ModelCard, network: &Cnn, device: &Device) -> Result<Compiled> {
    let compiled = Compiled::raw(&graph::onnx(card, network))?;
    let picture = picture();
    let by_burn = network.raw_scores(preprocess::batch([&picture].into_iter(), 1, device), 1);
    let by_tract = compiled.run(&[&picture])?;
    let apart = (card.calibration.score(by_burn[0]) - card.calibration.score(by_tract[0][0])).abs();
    if apart <= MOST_APART {
        return Ok(compiled);
    }
    Err(Error::internal(format!("tract and burn are {apart:.4} points apart on the same pixels"))
        .hint("score.engine = \"burn\" does without tract."))
}

fn measure(network: &Cnn, compiled: &Compiled, device: &Device, batch: usize) -> Result<EngineSpeeds> {
    let picture = picture();
    let photos = vec![&picture; batch.min(MOST_PHOTOS)];
    let speed = |run: &dyn Fn() -> Result<()>| -> Result<f64> {
        run()?;
        let mut fastest = f64::INFINITY;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            run()?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        Ok(photos.len() as f64 / fastest)
    };
    let burn = speed(&|| {
        let input = preprocess::batch(photos.iter().copied(), photos.len(), device);
        network.raw_scores(input, photos.len());
        Ok(())
    })?;
    let tract = speed(&|| compiled.run(&photos).map(|_| ()))?;
    Ok(EngineSpeeds { burn, tract })
}

/// Stripes of all colours in front of white: something for every layer to do.
fn picture() -> Views {
    let edge = nn::VIEW_EDGE as u32;
    preprocess::views(&RgbImage::from_fn(edge, edge, |x, y| {
        let inside = (edge / 5..edge * 4 / 5).contains(&x) && (edge / 4..edge).contains(&y);
        image::Rgb(if inside { [(x * 7 % 256) as u8, (y * 5 % 256) as u8, ((x ^ y) % 256) as u8] } else { [255; 3] })
    }))
}

/// Speeds found earlier in this process for that architecture and batch, else measured now.
fn remembered(
    architecture: &str,
    batch: usize,
    measure: impl FnOnce() -> Result<EngineSpeeds>,
) -> Result<EngineSpeeds> {
    static KNOWN: Mutex<BTreeMap<(String, usize), EngineSpeeds>> = Mutex::new(BTreeMap::new());
    // Held while measuring, so that two models loaded at once do not disturb each other's times.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (architecture.to_owned(), batch);
    if let Some(&speeds) = known.get(&key) {
        return Ok(speeds);
    }
    let speeds = measure()?;
    known.insert(key, speeds);
    Ok(speeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faster_engine_is_named_with_its_lead() {
        let speeds = EngineSpeeds { burn: 100.0, tract: 250.0 };
        assert_eq!(speeds.describe(), "tract, 2.5 times as fast as burn (250 against 100 photos a second)");
        let speeds = EngineSpeeds { burn: 120.0, tract: 100.0 };
        assert_eq!(speeds.fastest(), Engine::Burn);
        assert!(speeds.describe().starts_with("burn, 1.2 times as fast as tract"), "{}", speeds.describe());
    }

    #[test]
    fn a_measurement_is_made_once_a_process() {
        let found =
            remembered("test-architecture", 3, || Ok(EngineSpeeds { burn: 1.0, tract: 2.0 })).expect("measured");
        let again = remembered("test-architecture", 3, || Err(Error::internal("measured twice"))).expect("remembered");
        assert_eq!(found, again);
        remembered("test-architecture", 4, || Err(Error::internal("another batch"))).expect_err("measured anew");
    }
}
