//! Scoring and features: load a network once, then batches of views.
//!
//! On a CPU one of four engines computes, see [`Engine`]. Must not know files of photos, the store, or front ends.

mod deep_head;
mod describe;
mod each;
mod engine;
mod explain;
mod features;
mod graph;
mod onnxruntime;
mod own;
mod proto;
mod tract;

pub use deep_head::{DeepHead, HeadCurve};
pub use describe::{Describer, Description};
pub use engine::{Engine, EngineSpeeds, MOST_APART, engine_speeds};
pub use explain::Explainer;
pub use features::Extractor;
pub use graph::{OPSET, onnx, personal_onnx};
pub use onnxruntime::{LIBRARY_VARIABLE, onnxruntime_library};

use std::path::Path;

use burn::tensor::Device;
use tract_onnx::prelude::Framework as _;

use crate::config::EngineChoice;
use crate::domain::{ModelCard, Score};
use crate::error::{Error, Result};
use crate::model_folder;
use crate::nn::Network;
use crate::preprocess::{self, Views};
use engine::Compiled;

/// A loaded model, ready to score.
pub struct Scorer {
    card: ModelCard,
    sha256: String,
    network: Network,
    device: Device,
    batch: usize,
    compiled: Option<Compiled>,
    engine: String,
}

impl Scorer {
    /// Loads the model in `folder` onto `device`, computed by burn: the same low bits every time. `batch` photos are
    /// computed at a time.
    ///
    /// # Errors
    /// When the folder holds no sound model.
    pub fn load(folder: &Path, device: &Device, batch: usize) -> Result<Self> {
        Self::load_with(folder, device, batch, EngineChoice::Burn)
    }

    /// As [`Scorer::load`], with a choice of engines. With [`EngineChoice::Auto`] on a CPU, the engines are timed for a
    /// fraction of a second, once a process, and the fastest is taken.
    ///
    /// # Errors
    /// When the folder holds no sound model, or an engine asked for by name cannot be used.
    pub fn load_with(folder: &Path, device: &Device, batch: usize, choice: EngineChoice) -> Result<Self> {
        let (card, network) = model_folder::load(folder, device)?;
        let batch = batch.max(1);
        let (compiled, engine) = engine::choose(&card, &network, device, batch, choice)?;
        tracing::info!("scoring with {engine}");
        let sha256 = model_folder::weights_sha256(folder)?;
        Ok(Self { card, sha256, network, device: device.clone(), batch, compiled, engine })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// SHA-256 of the model's weights.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Photos computed at a time.
    pub fn batch_size(&self) -> usize {
        self.batch
    }

    /// What computes.
    pub fn engine(&self) -> Engine {
        self.compiled.as_ref().map_or(Engine::Burn, Compiled::engine)
    }

    /// What computes, with the reason.
    pub fn engine_reason(&self) -> &str {
        &self.engine
    }

    /// The scores of photos, in their order.
    pub fn score<'a>(&self, views: impl IntoIterator<Item = &'a Views>) -> Vec<Score> {
        let views: Vec<&Views> = views.into_iter().collect();
        self.raw_scores(&views).into_iter().map(|raw| self.card.score(raw)).collect()
    }

    fn raw_scores(&self, views: &[&Views]) -> Vec<f64> {
        if let Some(compiled) = &self.compiled {
            match compiled.raw_scores(views) {
                Ok(raw) => return raw,
                Err(error) => tracing::error!("burn computes instead: {error:#}"),
            }
        }
        let batch = |part: &[&Views]| {
            let input = preprocess::batch(part.iter().copied(), self.batch, &self.device);
            self.network.raw_scores(input, part.len())
        };
        views.chunks(self.batch).flat_map(batch).collect()
    }
}

/// How far the score, or an end of its interval, of an ONNX file (its bytes, computed by tract) is from the model's own
/// (computed by burn on the CPU), in points: the most over some photos.
///
/// # Errors
/// When the bytes are no graph that tract can compute.
pub fn onnx_difference(bytes: &[u8], card: &ModelCard, network: &Network, photos: &[Views]) -> Result<f64> {
    let photos: Vec<&Views> = photos.iter().collect();
    let input = preprocess::batch(photos.iter().copied(), photos.len(), &Device::flex());
    apart(bytes, &photos, network.raw_scores(input, photos.len()).into_iter().map(|raw| card.score(raw)))
}

/// As [`onnx_difference`], of a personal model on deep features; `base` is the card of the network.
///
/// # Errors
/// As [`onnx_difference`].
pub fn personal_onnx_difference(
    bytes: &[u8],
    base: &ModelCard,
    network: &Network,
    head: &DeepHead,
    photos: &[Views],
) -> Result<f64> {
    let photos: Vec<&Views> = photos.iter().collect();
    let input = preprocess::batch(photos.iter().copied(), photos.len(), &Device::flex());
    let (outputs, features) = network.described(input);
    let [_, width] = features.dims();
    let raw: Vec<f32> = outputs.score.into_data().iter::<f32>().collect();
    let features: Vec<f32> = features.into_data().iter::<f32>().collect();
    let score = |(raw, features): (f32, &[f32])| head.score(features, base.calibration.score(f64::from(raw)));
    apart(bytes, &photos, raw.into_iter().zip(features.chunks_exact(width)).map(score))
}

/// How far what tract computes from an ONNX file is from our scores, in points.
fn apart(bytes: &[u8], photos: &[&Views], ours: impl Iterator<Item = Score>) -> Result<f64> {
    let unreadable =
        |error: tract_onnx::prelude::TractError| Error::internal(format!("the ONNX graph is unsound: {error:#}"));
    let model = tract_onnx::onnx().proto_model_for_read(&mut &*bytes).map_err(unreadable)?;
    let theirs = tract::Compiled::whole(&model)?.run(photos)?;
    let apart = ours.zip(&theirs).flat_map(|(score, outputs)| {
        [score.value, score.low, score.high].into_iter().zip(outputs).map(|(ours, theirs)| (ours - theirs).abs())
    });
    // A number that is none is as far off as can be.
    Ok(apart.fold(0.0, |most, apart| if apart.is_nan() { f64::INFINITY } else { most.max(apart) }))
}
