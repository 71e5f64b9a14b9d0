//! Which engine computes on the CPU: our own kernels, burn, tract on the exported graph, or onnxruntime on it where its
//! library is found. All give the same number; the fastest is found by a short measurement, once a process.
//!
//! The choice must never show in a score: an engine that is more than [`MOST_APART`] off is not used.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use burn::tensor::Device;
use image::RgbImage;
use tract_onnx::pb::ModelProto;

use super::{graph, onnxruntime, own, tract};
use crate::config::EngineChoice;
use crate::domain::{Calibration, ModelCard, ModelId, Reach};
use crate::error::{Code, Error, Result};
use crate::nn::{self, Architecture, Network};
use crate::preprocess::{self, Views};

/// How far engines may be apart on the same pixels, in points.
pub const MOST_APART: f64 = 1e-3;

/// Photos a measured batch at most: enough to keep every core busy for some hundredths of a second.
const MOST_PHOTOS: usize = 8;

/// Timed batches an engine, after one that is not timed; the fastest counts, since others use the processor too.
const ROUNDS: usize = 4;

/// What computes a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Our own kernels, for convolutional networks on the CPU.
    Own,
    /// burn, on any device.
    Burn,
    /// tract, on the CPU.
    Tract,
    /// onnxruntime, on the CPU.
    Onnxruntime,
}

impl Engine {
    /// The name used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "packshot",
            Self::Burn => "burn",
            Self::Tract => "tract",
            Self::Onnxruntime => "onnxruntime",
        }
    }
}

/// Photos a second of the engines that can be used, the network alone; the fastest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineSpeeds(Vec<(Engine, f64)>);

impl EngineSpeeds {
    fn new(mut speeds: Vec<(Engine, f64)>) -> Self {
        // Stable: of equals, the earlier.
        speeds.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self(speeds)
    }

    /// The fastest engine.
    pub fn fastest(&self) -> Engine {
        self.0.first().map_or(Engine::Burn, |(engine, _)| *engine)
    }

    /// Photos a second of an engine; nothing when it cannot be used.
    pub fn of(&self, engine: Engine) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == engine).map(|(_, speed)| *speed)
    }

    /// In words: "tract, 2.1 times as fast as burn (310 against 148 photos a second)".
    pub fn describe(&self) -> String {
        let Some(((winner, fast), others)) = self.0.split_first().filter(|(_, others)| !others.is_empty()) else {
            return format!("{}: no other engine can be used here", self.fastest().name());
        };
        let and = |part: &dyn Fn(&(Engine, f64)) -> String| others.iter().map(part).collect::<Vec<_>>().join(" and ");
        let ratios = and(&|(engine, slow)| format!("{:.1} times as fast as {}", fast / slow, engine.name()));
        let slower = and(&|(_, slow)| format!("{slow:.0}"));
        format!("{}, {ratios} ({fast:.0} against {slower} photos a second)", winner.name())
    }
}

/// A network that an engine other than burn has made ready.
pub(super) enum Compiled {
    Own(Box<own::Compiled>),
    Tract(tract::Compiled),
    Onnxruntime(onnxruntime::Compiled),
}

impl Compiled {
    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Own(_) => Engine::Own,
            Self::Tract(_) => Engine::Tract,
            Self::Onnxruntime(_) => Engine::Onnxruntime,
        }
    }

    /// The raw output of every photo, in order.
    ///
    /// # Errors
    /// [`Code::Internal`] when the engine fails.
    pub(super) fn raw_scores(&self, photos: &[&Views]) -> Result<Vec<f64>> {
        match self {
            Self::Own(compiled) => compiled.run(photos),
            Self::Tract(compiled) => Ok(compiled.run(photos)?.into_iter().map(|outputs| outputs[0]).collect()),
            Self::Onnxruntime(compiled) => compiled.run(photos),
        }
    }
}

/// The engine for a network on a device: the graph made ready when burn is not to be used, and why, in words.
///
/// # Errors
/// When an engine that is always there was asked for by name and cannot compute the network. Where onnxruntime was, the fastest of the others computes: a
/// configuration may travel to a machine without its library.
pub(super) fn choose(
    card: &ModelCard,
    network: &Network,
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
    let candidate = Candidate { card, network, device, graph: graph::onnx(card, network) };
    let mut missing = String::new();
    match choice {
        EngineChoice::Own => return Ok((Some(candidate.own()?), "packshot, as configured".to_owned())),
        EngineChoice::Tract => return Ok((Some(candidate.tract()?), "tract, as configured".to_owned())),
        EngineChoice::Ort => match candidate.onnxruntime() {
            Ok(compiled) => return Ok((Some(compiled), "onnxruntime, as configured".to_owned())),
            Err(error) => {
                tracing::warn!("{error:#}");
                missing = format!("; {} (it is configured)", error.summary);
            }
        },
        EngineChoice::Auto | EngineChoice::Burn => {}
    }
    let mut compiled = candidate.usable();
    let speeds = remembered(&card.architecture, batch, || candidate.measure(&compiled, batch))?;
    let fastest = compiled.iter().position(|compiled| compiled.engine() == speeds.fastest());
    Ok((fastest.map(|index| compiled.swap_remove(index)), speeds.describe() + &missing))
}

/// Speeds of the engines for a network of that architecture, measured now: what `packshot doctor` shows.
///
/// # Errors
/// When an engine fails while it is timed.
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
    let graph = graph::onnx(&card, &network);
    let candidate = Candidate { card: &card, network: &network, device: &device, graph };
    remembered(architecture.name, batch, || candidate.measure(&candidate.usable(), batch))
}

/// A network for which an engine is sought.
struct Candidate<'a> {
    card: &'a ModelCard,
    network: &'a Network,
    device: &'a Device,
    graph: ModelProto,
}

impl Candidate<'_> {
    fn own(&self) -> Result<Compiled> {
        self.checked(Compiled::Own(Box::new(own::Compiled::new(self.network)?)))
    }

    fn tract(&self) -> Result<Compiled> {
        self.checked(Compiled::Tract(tract::Compiled::raw(&self.graph)?))
    }

    fn onnxruntime(&self) -> Result<Compiled> {
        self.checked(Compiled::Onnxruntime(onnxruntime::Compiled::raw(&self.graph)?))
    }

    /// The engines beside burn that can be used here; what fails is only logged.
    fn usable(&self) -> Vec<Compiled> {
        let usable = |prepared: Result<Compiled>| match prepared {
            Ok(compiled) => Some(compiled),
            // Most machines have no onnxruntime, and not every network is convolutional.
            Err(error) if error.code == Code::NotFound => {
                tracing::debug!("{error:#}");
                None
            }
            Err(error) => {
                tracing::warn!("an engine is left out: {error:#}");
                None
            }
        };
        [self.own(), self.tract(), self.onnxruntime()].into_iter().filter_map(usable).collect()
    }

    /// The graph that was made ready, held against burn on a picture.
    fn checked(&self, compiled: Compiled) -> Result<Compiled> {
        let picture = picture();
        let by_burn = self.network.raw_scores(preprocess::batch([&picture].into_iter(), 1, self.device), 1);
        let by_other = compiled.raw_scores(&[&picture])?;
        let score = |raw: &[f64]| self.card.calibration.score(raw[0]);
        let apart = (score(&by_burn) - score(&by_other)).abs();
        if apart <= MOST_APART {
            return Ok(compiled);
        }
        let name = compiled.engine().name();
        Err(Error::internal(format!("{name} and burn are {apart:.4} points apart on the same pixels"))
            .hint(format!("score.engine = \"burn\" does without {name}.")))
    }

    fn measure(&self, compiled: &[Compiled], batch: usize) -> Result<EngineSpeeds> {
        let picture = picture();
        let photos = vec![&picture; batch.min(MOST_PHOTOS)];
        let by_burn = || {
            let input = preprocess::batch(photos.iter().copied(), photos.len(), self.device);
            self.network.raw_scores(input, photos.len());
            Ok(())
        };
        let others = compiled.iter().map(|compiled| {
            let run = || compiled.raw_scores(&photos).map(drop);
            (compiled.engine(), Box::new(run) as Box<dyn Fn() -> Result<()> + '_>)
        });
        let engines: Vec<_> = std::iter::once((Engine::Burn, Box::new(by_burn) as Box<_>)).chain(others).collect();
        let mut fastest = vec![f64::INFINITY; engines.len()];
        // In turns: what else the machine does for a while slows all of them.
        for round in 0..=ROUNDS {
            for ((_, run), fastest) in engines.iter().zip(&mut fastest) {
                let start = Instant::now();
                run()?;
                if round > 0 {
                    *fastest = fastest.min(start.elapsed().as_secs_f64());
                }
            }
        }
        let speeds =
            engines.iter().zip(fastest).map(|((engine, _), time)| (*engine, photos.len() as f64 / time)).collect();
        Ok(EngineSpeeds::new(speeds))
    }
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
    if let Some(speeds) = known.get(&key) {
        return Ok(speeds.clone());
    }
    let speeds = measure()?;
    known.insert(key, speeds.clone());
    Ok(speeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_engine_is_named_with_its_lead() {
        use Engine::{Burn, Onnxruntime, Tract};
        let speeds = EngineSpeeds::new(vec![(Burn, 100.0), (Tract, 250.0)]);
        assert_eq!(speeds.describe(), "tract, 2.5 times as fast as burn (250 against 100 photos a second)");
        let speeds = EngineSpeeds::new(vec![(Burn, 100.0), (Tract, 200.0), (Onnxruntime, 500.0)]);
        let words = "onnxruntime, 2.5 times as fast as tract and 5.0 times as fast as burn (500 against 200 and 100 \
                     photos a second)";
        assert_eq!((speeds.fastest(), speeds.describe().as_str()), (Onnxruntime, words));
        assert_eq!((speeds.of(Tract), EngineSpeeds::new(vec![(Burn, 1.0)]).of(Tract)), (Some(200.0), None));
        let alone = EngineSpeeds::new(vec![(Burn, 100.0)]);
        assert_eq!((alone.fastest(), alone.describe().as_str()), (Burn, "burn: no other engine can be used here"));
    }

    #[test]
    fn a_measurement_is_made_once_a_process() {
        let found =
            remembered("test-architecture", 3, || Ok(EngineSpeeds::new(vec![(Engine::Burn, 1.0)]))).expect("measured");
        let again = remembered("test-architecture", 3, || Err(Error::internal("measured twice"))).expect("remembered");
        assert_eq!(found, again);
        remembered("test-architecture", 4, || Err(Error::internal("another batch"))).expect_err("measured anew");
    }
}
