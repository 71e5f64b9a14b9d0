//! A personal model as it can leave: fitted again to deep features alone, which are all that a runtime without Packshot's
//! measures can compute, and held against the model itself.

use burn::tensor::Device;
use serde::Serialize;

use super::folder;
use super::tutor::{Cached, SEED, Tutor, too_few};
use crate::api::{ModelEntry, Project};
use crate::domain::ModelCard;
use crate::error::{Error, Result};
use crate::infer::{DeepHead, HeadCurve};
use crate::model_folder;
use crate::nn::Network;
use crate::train::calibrate::Shape;
use crate::train::components::Basis;
use crate::train::personal::{FEWEST_LABELS, Personal, Training};

/// What is written.
pub(in crate::api) struct Portable {
    /// The card of the base network.
    pub(in crate::api) base: ModelCard,
    pub(in crate::api) network: Network,
    pub(in crate::api) head: DeepHead,
    pub(in crate::api) likeness: Likeness,
}

/// How the model on deep features alone compares with the personal model, which also looks at measures and BRISQUE's
/// features.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Likeness {
    /// Photos of the project that both scored.
    pub photos: usize,
    /// How far their scores are apart on average, in points.
    pub mean: f64,
    /// How far at most.
    pub most: f64,
    /// SRCC with the labels, each group left out in turn.
    pub srcc: Option<f64>,
    /// The same of the personal model.
    pub full_srcc: Option<f64>,
}

/// The personal model of an entry, fitted to deep features alone.
///
/// # Errors
/// [`crate::Code::BadData`] when its features are those of a network trained elsewhere, or not in this project, or when it
/// learnt from other labels than the project has now: the file would not be of the model that it names.
pub(in crate::api) fn portable(project: &Project, entry: &ModelEntry) -> Result<Portable> {
    let about = folder::about(&entry.folder, &entry.card)?;
    if let Some(backbone) = &about.backbone {
        return Err(Error::bad_data(format!(
            "the model {} learnt from the features of {}, which cannot be written as ONNX",
            entry.name, backbone.name
        ))
        .hint("`packshot personal --backbone none` fits it to the features of Packshot's own network."));
    }
    let mut tutor = Tutor::open(project)?;
    let material = tutor.material()?;
    let same =
        |cached: &&Cached| cached.extractor.name == about.extractor && cached.extractor.basis_name == about.basis;
    let (Some(material), Some(cached)) = (material, tutor.cached().filter(same)) else {
        return Err(Error::bad_data(format!("the features that {} learnt from are not in this project", entry.name))
            .hint("Fit it again with `packshot personal`, then export it."));
    };
    if material.labels.len() < FEWEST_LABELS {
        return Err(too_few(material.labels.len()));
    }
    let (labelled, all) = (material.features.first(), cached.features.first());
    let training = Training { features: &labelled, ..material.training() };
    let deep = Personal::fit(training, &cached.scaling.first(), SEED)?;
    let full = Personal::fit(material.training(), &cached.scaling, SEED)?;
    if folder::id_of(&full.to_json()?) != entry.card.id.0 {
        return Err(Error::bad_data(format!("labels or photos have changed since {} was fitted", entry.name))
            .hint("Fit it again with `packshot personal`, then export it."));
    }
    let ours = full.predict(&cached.features, Some(&cached.base))?;
    let theirs = deep.predict(&all, Some(&cached.base))?;
    let apart = || ours.iter().zip(&theirs).map(|(ours, theirs)| (ours.score.value - theirs.score.value).abs());
    let likeness = Likeness {
        photos: ours.len(),
        mean: apart().sum::<f64>() / ours.len().max(1) as f64,
        most: apart().fold(0.0, f64::max),
        srcc: deep.report.srcc,
        full_srcc: full.report.srcc,
    };
    let (base, network) = model_folder::load(&folder::network_folder(&entry.folder, about), &Device::flex())?;
    Ok(Portable { base, network, head: head(&deep, &Basis::from_bytes(&cached.basis)?)?, likeness })
}

/// The model as rules on what the network describes photos by.
fn head(deep: &Personal, basis: &Basis) -> Result<DeepHead> {
    let lines =
        deep.lines().ok_or_else(|| Error::internal("a personal model on deep features has other features, too"))?;
    let rules: Vec<Vec<f64>> = lines.slopes.iter().map(|slopes| basis.unproject(slopes)).collect();
    let (quantile, floor) = lines.interval;
    Ok(DeepHead {
        means: basis.means().to_vec(),
        weights: (0..basis.features()).flat_map(|at| rules.iter().map(move |rule| rule[at] as f32)).collect(),
        biases: lines.levels.iter().map(|level| *level as f32).collect(),
        own_share: lines.own_share,
        curve: match lines.curve.shape() {
            Shape::Line { slope, offset } => HeadCurve::Line { slope: *slope, offset: *offset },
            Shape::Logistic(curve) => HeadCurve::Logistic(curve.b),
            Shape::Isotonic(points) => HeadCurve::Points(points.clone()),
        },
        quantile,
        floor,
    })
}
