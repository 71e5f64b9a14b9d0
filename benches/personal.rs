//! The personal model: refits with 50, 200 and 1,000 labels on some 600 features, 100,000 photos scored again, and their
//! features read back from the store.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use packshot::domain::ImportedFile;
use packshot::store::Store;
use packshot::train::components::Basis;
use packshot::train::features::{Block, Features, Scale, Values};
use packshot::train::half::to_half;
use packshot::train::personal::{Personal, Training};
use packshot::train::scaling::Scaling;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

const DEEP: usize = 512;
const MEASURES: [(&str, usize); 2] = [("brisque", 36), ("attributes", 52)];
const PHOTOS: usize = 100_000;

fn even(rng: &mut ChaCha8Rng) -> f32 {
    rng.next_u32() as f32 / u32::MAX as f32 - 0.5
}

/// Photos with deep components of falling variance, and measures of which each twentieth is missing.
fn photos(count: usize, seed: u64) -> Features {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let deep = (0..count * DEEP).map(|i| to_half(30.0 * even(&mut rng) / (1.0 + (i % DEEP) as f32).sqrt())).collect();
    let mut blocks =
        vec![Block { name: "deep".to_owned(), columns: DEEP, scale: Scale::Shared, values: Values::Half(deep) }];
    for (name, columns) in MEASURES {
        let mut value = || if rng.next_u32() % 20 == 0 { f32::NAN } else { even(&mut rng) };
        let values = Values::Single((0..count * columns).map(|_| value()).collect());
        blocks.push(Block { name: name.to_owned(), columns, scale: Scale::Each, values });
    }
    Features::new(blocks).expect("same photos")
}

/// Labels that follow the features, in groups of three photos.
fn labels(features: &Features) -> (Vec<f64>, Vec<u32>) {
    let Values::Single(values) = &features.blocks()[1].values else { panic!("measures are in single precision") };
    let quality = |photo: usize| values[photo * 36..][..6].iter().filter(|v| v.is_finite()).sum::<f32>();
    let label = |photo: usize| f64::from(50.0 + 20.0 * quality(photo));
    (0..features.photos()).map(|photo| (label(photo), photo as u32 / 3)).unzip()
}

fn refit(c: &mut Criterion) {
    let scaling = Scaling::fit(&photos(2000, 1));
    let mut group = c.benchmark_group("personal refit");
    group.sample_size(10);
    for count in [50, 200, 1000] {
        let features = photos(count, 2);
        let (labels, groups) = labels(&features);
        let base = labels.clone();
        let training = Training { features: &features, labels: &labels, groups: &groups, base: Some(&base) };
        group.bench_function(format!("{count} labels"), |b| {
            b.iter(|| Personal::fit(black_box(training), &scaling, 1).expect("fits"));
        });
    }
}

fn rescore(c: &mut Criterion) {
    let scaling = Scaling::fit(&photos(2000, 1));
    let some = photos(200, 2);
    let (labels, groups) = labels(&some);
    let training = Training { features: &some, labels: &labels, groups: &groups, base: None };
    let model = Personal::fit(training, &scaling, 1).expect("fits");
    let all = photos(PHOTOS, 3);
    let mut group = c.benchmark_group("personal rescore");
    group.sample_size(10);
    group.bench_function("100,000 photos", |b| b.iter(|| model.predict(black_box(&all), None).expect("predicts")));
}

fn stored(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("temp dir");
    let mut store = Store::open(folder.path()).expect("opens");
    let hash =
        |photo: usize| format!("{:064x}", (photo as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let file = |photo: usize| ImportedFile {
        path: PathBuf::from(format!("photos/{photo:06}.jpg")),
        sha256: hash(photo),
        width: 1600,
        height: 1600,
        format: "jpeg".to_owned(),
        bytes: 1,
        modified_ms: 0,
        error: None,
    };
    let files: Vec<ImportedFile> = (0..PHOTOS).map(file).collect();
    store.import_files(&files, 0).expect("imports");
    store.save_extractor("deep", DEEP, b"basis").expect("saves");
    let vector = vec![0x3c00; DEEP];
    let mut order: Vec<&str> = files.iter().map(|file| file.sha256.as_str()).collect();
    order.reverse();
    for some in order.chunks(2000) {
        store.save_features("deep", some.iter().map(|sha256| (*sha256, vector.as_slice()))).expect("saves");
    }
    let mut group = c.benchmark_group("features");
    group.sample_size(10);
    group.bench_function("read 100,000", |b| {
        b.iter(|| assert_eq!(store.features("deep").expect("reads").images.len(), PHOTOS));
    });
}

fn basis(c: &mut Criterion) {
    let (count, features) = (1000, 5568);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let values: Vec<f32> = (0..count * features).map(|_| even(&mut rng)).collect();
    let mut group = c.benchmark_group("components");
    group.sample_size(10);
    group.bench_function("fit on 1,000 × 5,568", |b| b.iter(|| Basis::fit(&values, features, DEEP).expect("fits")));
    let basis = Basis::fit(&values, features, DEEP).expect("fits");
    group.bench_function("project 1,000", |b| b.iter(|| basis.project_half(black_box(&values))));
}

criterion_group!(benches, refit, rescore, stored, basis);
criterion_main!(benches);
