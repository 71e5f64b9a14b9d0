//! A model to ONNX, checked before it is written.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use image::RgbImage;
use prost::Message as _;

use super::personal::{self, Likeness, Portable};
use super::{ModelEntry, Project, find_model, find_network};
use crate::domain::{ModelCard, ModelId};
use crate::error::{Error, Result};
use crate::infer::{self, MOST_APART};
use crate::preprocess::Views;
use crate::{export, model_folder, nn, preprocess};

pub use crate::export::check_onnx_file as check_onnx_export;

/// An ONNX file that was written.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct OnnxSummary {
    /// The model.
    pub model: ModelId,
    /// The ONNX file.
    pub file: PathBuf,
    /// The Python script that scores photos with it.
    pub script: PathBuf,
    /// Size of the ONNX file.
    pub bytes: u64,
    /// ONNX's operator set.
    pub opset: i64,
    /// How far its scores are from Packshot's own on the same pixels, at most, in points.
    pub difference: f64,
    /// Of a personal model: how the fit that was written compares with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<Likeness>,
}

/// Writes a model (the newest network when none is named) as ONNX, and a script beside it that scores photos with Python. Of
/// a personal model, a fit to deep features alone is written.
///
/// # Errors
/// When there is no such model, the file is not named `.onnx`, a file exists and `overwrite` is not set, or it cannot be
/// written; [`crate::error::Code::Internal`] when the graph gives other scores than the model.
pub fn export_onnx(project: &Project, model: Option<&str>, file: &Path, overwrite: bool) -> Result<OnnxSummary> {
    export::check_onnx_file(file, overwrite)?;
    let entry = match model {
        Some(_) => find_model(project, model)?,
        None => find_network(project, None)?,
    };
    let (card, bytes, difference, personal) = if entry.card.personal.is_some() {
        let portable = personal::portable(project, &entry)?;
        let (bytes, difference) = checked_personal(&entry.card, &portable)?;
        (entry.card, bytes, difference, Some(portable.likeness))
    } else {
        let (card, bytes, difference) = checked_onnx(&entry)?;
        (card, bytes, difference, None)
    };
    let script = export::write_onnx(file, overwrite, &bytes)?;
    let (bytes, opset) = (bytes.len() as u64, infer::OPSET);
    Ok(OnnxSummary { model: card.id, file: file.to_owned(), script, bytes, opset, difference, personal })
}

/// A network's card, its ONNX bytes, and how far their scores are from its own.
///
/// # Errors
/// When the model cannot be loaded; [`crate::error::Code::Internal`] when the graph gives other scores than the network.
pub(super) fn checked_onnx(entry: &ModelEntry) -> Result<(ModelCard, Vec<u8>, f64)> {
    let (card, network) = model_folder::load(&entry.folder, &Device::flex())?;
    let bytes = infer::onnx(&card, &network).encode_to_vec();
    let difference = infer::onnx_difference(&bytes, &card, &network, &pictures())?;
    checked(&card, difference)?;
    Ok((card, bytes, difference))
}

/// The same of a personal model.
fn checked_personal(card: &ModelCard, portable: &Portable) -> Result<(Vec<u8>, f64)> {
    let Portable { base, network, head, .. } = portable;
    let bytes = infer::personal_onnx(card, base, network, head).encode_to_vec();
    let difference = infer::personal_onnx_difference(&bytes, base, network, head, &pictures())?;
    checked(card, difference)?;
    Ok((bytes, difference))
}

fn checked(card: &ModelCard, difference: f64) -> Result<()> {
    if difference <= MOST_APART {
        return Ok(());
    }
    Err(Error::internal(format!(
        "the ONNX graph of model {} is {difference:.4} points from the model: nothing was written",
        card.id
    )))
}

/// Pictures to check with: white, a gradient, stripes that fill the frame, noise.
fn pictures() -> Vec<Views> {
    let edge = 2 * nn::VIEW_EDGE as u32;
    let draw = |colour: fn(u32, u32) -> [u8; 3]| {
        preprocess::views(&RgbImage::from_fn(edge, edge * 3 / 4, |x, y| image::Rgb(colour(x, y))))
    };
    vec![
        draw(|_, _| [255; 3]),
        draw(|x, y| [(x * 2 / 3) as u8, (y * 3 / 4) as u8, 90]),
        draw(|x, y| if (x / 5 + y / 3) % 2 == 0 { [20, 40, 200] } else { [230, 220, 30] }),
        draw(|x, y| {
            let mixed = x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B);
            [mixed >> 8, mixed >> 16, mixed >> 24].map(|value| (value % 256) as u8)
        }),
    ]
}
