//! Networks trained elsewhere: the same numbers as an independent forward pass of the same weight file, every tensor in
//! its place, and features that do not depend on batch or order.
//!
//! The real weights and photos are read from `PACKSHOT_TEST_DATA` (default `../shared/data`); without them those tests
//! say so and pass.

mod features;
mod files;
mod generated;
mod plain;
mod real;

use std::path::{Path, PathBuf};

/// A file of the shared data, when it is there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("PACKSHOT_TEST_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let path = data.join(name);
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

/// MobileNetV2 from TensorFlow.
pub fn mobilenet() -> Option<PathBuf> {
    shared("weights/mobilenet_v2/mobilenet_v2_1.0_224_quant.dequant.f16.safetensors")
}

/// Checks that two rows of numbers agree to a thousandth of the largest.
#[track_caller]
pub fn agree(name: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest > 0.0 && apart <= 1e-3 * largest, "{name}: {apart} apart of {largest}");
}
