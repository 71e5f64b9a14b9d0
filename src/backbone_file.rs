//! Weight files of networks trained elsewhere: safetensors, or PyTorch checkpoints (which are parsed, never executed).
//!
//! Must not know photos, runs or the store.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::Path;

use burn::store::{ModuleStore, PytorchStore, SafetensorsStore, bridge};
use burn::tensor::Device;

use crate::error::{Error, Result};
use crate::imaging;
use crate::nn::{Backbone, BackboneKind, Weight, Weights};

/// Loads the network whose weights `path` holds: `.safetensors` or PyTorch's `.pth` and `.pt`, in 16 or 32 bits. The
/// architecture is told from the names of the tensors; a checkpoint may keep them below a prefix such as
/// `state_dict.` or `module.`.
///
/// # Errors
/// [`crate::error::Code::NotFound`] or [`crate::error::Code::Io`] when the file cannot be read,
/// [`crate::error::Code::BadData`] naming the file when it holds no weights, those of an unknown network, or not all of
/// them.
pub fn load(path: &Path, device: &Device) -> Result<Backbone> {
    let tensors = read(path)?;
    Backbone::from_weights(&Weights::new(below_prefix(tensors)), device).map_err(|mut error| {
        error.summary = format!("{}: {}", path.display(), error.summary);
        error
    })
}

/// SHA-256 of a weight file's bytes, lower-case hex: what features made with it are known by.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    Ok(imaging::sha256_hex(&bytes))
}

fn read(path: &Path) -> Result<BTreeMap<String, Weight>> {
    std::fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "safetensors" => tensors_of(path, &mut SafetensorsStore::from_file(path)),
        "pth" | "pt" => tensors_of(path, &mut PytorchStore::from_file(path).map_indices_contiguous(false)),
        _ => Err(Error::bad_data(format!("{} is no weight file by its name", path.display()))
            .hint("Weights are read from .safetensors, .pth and .pt files.")),
    }
}

fn tensors_of<S: ModuleStore>(path: &Path, store: &mut S) -> Result<BTreeMap<String, Weight>> {
    let tensors = store.get_all_tensors().map_err(|error| not_weights(path, &error))?;
    let floats = tensors.iter().filter(|(_, tensor)| tensor.dtype.is_float());
    let read = floats.map(|(name, tensor)| {
        let data = bridge::to_data(tensor).map_err(|error| not_weights(path, &error))?;
        let weight = Weight { shape: tensor.shape.to_vec(), values: data.iter::<f32>().collect() };
        if weight.values.iter().all(|value| value.is_finite()) {
            Ok((name.clone(), weight))
        } else {
            Err(Error::bad_data(format!("{}: the tensor {name} holds values that are no numbers", path.display())))
        }
    });
    read.collect()
}

fn not_weights(path: &Path, error: &dyn Display) -> Error {
    Error::bad_data(format!("{} cannot be read as a weight file: {error}", path.display()))
        .hint("It may be damaged, or cut short by a broken download.")
}

/// The network's tensors under their own names; what lies beside them in a checkpoint (an optimiser's state) is left out.
fn below_prefix(tensors: BTreeMap<String, Weight>) -> BTreeMap<String, Weight> {
    let prefixes = BackboneKind::FIRST_TENSORS.into_iter().flat_map(|first| {
        tensors.keys().filter_map(move |name| name.strip_suffix(first)).filter(|prefix| prefix.ends_with('.'))
    });
    let Some(prefix) = prefixes.min_by_key(|prefix| prefix.len()).map(str::to_owned) else { return tensors };
    let own = |(name, weight): (String, Weight)| Some((name.strip_prefix(&prefix)?.to_owned(), weight));
    tensors.into_iter().filter_map(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn what_is_no_weight_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("temp dir");
        let device = Device::flex();
        let check = |name: &str, bytes: Option<&[u8]>, code: Code, words: &str| {
            let path = folder.path().join(name);
            if let Some(bytes) = bytes {
                std::fs::write(&path, bytes).expect("writes");
            }
            let error = load(&path, &device).expect_err("refuses");
            assert_eq!(error.code, code, "{name}: {error}");
            assert!(error.summary.contains(name) && error.chain().contains(words), "{error:#}");
        };
        check("gone.safetensors", None, Code::NotFound, "cannot read");
        check("text.safetensors", Some(b"these are no weights at all"), Code::BadData, "cannot be read");
        check("empty.pth", Some(b""), Code::BadData, "cannot be read");
        check("text.pt", Some(b"neither are these, in any way"), Code::BadData, "cannot be read");
        check("model.onnx", Some(b"x"), Code::BadData, "by its name");
        let header = br#"{"a.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let file = [&(header.len() as u64).to_le_bytes()[..], header, &1.0_f32.to_le_bytes()].concat();
        check("other.safetensors", Some(&file), Code::BadData, "a.weight");
        let file = [&(header.len() as u64).to_le_bytes()[..], header, &f32::NAN.to_le_bytes()].concat();
        check("nan.safetensors", Some(&file), Code::BadData, "no numbers");
    }

    #[test]
    fn a_checkpoint_keeps_its_network_below_a_prefix() {
        let names = ["optimizer.layer1.0", "net.module.layer1.0.conv1.weight", "net.module.fc.bias", "epoch"];
        let weight = Weight { shape: vec![1], values: vec![0.0] };
        let tensors: BTreeMap<_, _> = names.map(|name| (name.to_owned(), weight.clone())).into();
        let own: Vec<String> = below_prefix(tensors).into_keys().collect();
        assert_eq!(own, ["fc.bias", "layer1.0.conv1.weight"]);
        let plain: BTreeMap<_, _> = [("layer1.0.conv1.weight".to_owned(), weight)].into();
        assert_eq!(below_prefix(plain.clone()), plain);
    }
}
