//! Models as ONNX: the same scores from tract, from onnxruntime (its library, and in Python), and from the Python script that is written beside them.
//!
//! Real photos are read from `PACKSHOT_TEST_DATA` (default `../shared/data`), and onnxruntime from the Python that
//! `PACKSHOT_PYTHON` names (default `python3`; `make onnx-check` makes one); without them those tests say so and pass.

mod cli;
mod engines;
mod graph;
mod library;
mod runtime;

use std::path::{Path, PathBuf};

use burn::module::{Module as _, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use packshot::domain::{Calibration, ModelCard, ModelId, Reach};
use packshot::imaging::{self, Limits};
use packshot::model_folder;
use packshot::nn::{self, Architecture, Network};
use packshot::preprocess::{self, Views};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Moves every vector off its first value, so that a normalisation that is folded wrongly shows.
struct Uneven(ChaCha8Rng);

impl ModuleMapper for Uneven {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D != 1 {
            return param;
        }
        param.map(|tensor| {
            let added: Vec<f32> = (0..tensor.dims()[0]).map(|_| self.0.next_u32() as f32 / 1e10).collect();
            let shape = tensor.dims();
            tensor.clone() + Tensor::from_data(TensorData::new(added, shape), &tensor.device())
        })
    }
}

/// Deviation of the scores of networks that learnt nothing, in points.
const SPREAD: f64 = 5.0;

/// A network with weights from a seed, and a card that spreads its scores for `photos` around 50.
pub fn model(architecture: &Architecture, seed: u64, photos: &[Views]) -> (ModelCard, Network) {
    let device = Device::flex();
    let network = nn::seeded(architecture.config.init(&device), seed);
    let network = network.map(&mut Uneven(ChaCha8Rng::seed_from_u64(seed)));
    let raw: Vec<f64> = photos
        .iter()
        .flat_map(|photo| network.raw_scores(preprocess::batch([photo].into_iter(), 1, &device), 1))
        .collect();
    let spread = Calibration::fit(&raw.iter().map(|raw| raw * 1e3).collect::<Vec<_>>());
    let (mean, deviation) = (spread.mean / 1e3, spread.std / 1e3);
    let card = ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId("0123456789abcdef".to_owned()),
        architecture: architecture.name.to_owned(),
        preprocess: preprocess::VERSION,
        calibration: Calibration { mean: 50.0 - SPREAD * mean / deviation, std: SPREAD / deviation },
        reach: Reach { half_width: 11.5, n: 40 },
        names_flaws: false,
        run: None,
        created_ms: 0,
        code_version: "test".to_owned(),
        personal: None,
    };
    (card, network)
}

/// The model that ships with Packshot.
pub fn shipped() -> (ModelCard, Network) {
    let cache = tempfile::tempdir().expect("temp dir");
    let (_, folder) = model_folder::shipped(cache.path()).expect("unpacks");
    model_folder::load(&folder, &Device::flex()).expect("loads")
}

/// Views of drawn pictures: flat, striped, noisy, small, wide.
pub fn drawn() -> Vec<Views> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let sizes = [(400, 300), (64, 64), (900, 200), (31, 500), (192, 192), (640, 640)];
    let picture = |(index, (width, height)): (u32, (u32, u32)), rng: &mut ChaCha8Rng| {
        RgbImage::from_fn(width, height, |x, y| {
            let noise = (rng.next_u32() % (1 + index * 40)) as u8;
            let stripe = if (x / (index + 3)).is_multiple_of(2) { 200 } else { 40 + (y % 90) as u8 };
            image::Rgb([stripe.saturating_add(noise), stripe / 2 + noise / 3, 255 - stripe])
        })
    };
    (0..).zip(sizes).map(|sized| preprocess::views(&picture(sized, &mut rng))).collect()
}

/// Up to `most` real product photos from all sources; none where the data is not there.
pub fn real_photos(most: usize) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("PACKSHOT_TEST_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let files = imaging::list_photos(&[data.join("products")], &mut |_| true).files;
    if files.is_empty() {
        eprintln!("skipped: no test photos at {}", data.display());
    }
    let step = files.len().div_ceil(most).max(1);
    files.into_iter().step_by(step).collect()
}

/// The views that scoring makes of a file.
pub fn views_of(path: &Path) -> Views {
    preprocess::views(&imaging::load(path, &Limits::default()).expect("a sound photo").1)
}
