//! Pictures a second on one core: decoding, reducing to the viewing size, measuring; thumbnails. And how long a stop may
//! take at 24 megapixels.
//!
//! Real photos come from `PACKSHOT_TEST_DATA` (default `../shared/data`); without them there is nothing to time.

use std::cell::Cell;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use image::{Rgb, RgbImage};
use packshot::attributes;
use packshot::attributes::reference::{Difference, Pair, Planes};
use packshot::domain::{Attribute, VIEWING_SIZE};
use packshot::imaging::{self, Limits, PhotoFile};

/// Longest side of a thumbnail in the grid.
const THUMBNAIL: u32 = 320;

/// Every tenth product photo, read: disks are not what is timed.
fn photos() -> Vec<PhotoFile> {
    let folder = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("products");
    let files = imaging::list_photos(&[folder], &mut |_| true).files;
    if files.is_empty() {
        eprintln!("skipped: no real photos (set PACKSHOT_TEST_DATA)");
    }
    files.iter().step_by(10).map(|path| imaging::read(path, &Limits::default()).expect("reads")).collect()
}

fn one_core(criterion: &mut Criterion) {
    let files = photos();
    let mut group = criterion.benchmark_group("one core");
    group.sample_size(10).throughput(Throughput::Elements(files.len() as u64));
    let decode = |file: &PhotoFile| imaging::decode(&file.bytes, &file.path, &Limits::default()).expect("decodes");
    let time = |group: &mut BenchmarkGroup<'_, _>, name: &str, work: &dyn Fn(&PhotoFile)| {
        group.bench_function(name, |bencher| bencher.iter(|| files.iter().for_each(work)));
    };
    time(&mut group, "decode", &|file| drop(black_box(decode(file))));
    time(&mut group, "decode, reduce, measure", &|file| {
        let photo = decode(file);
        black_box(imaging::fit(&photo, VIEWING_SIZE));
        black_box(attributes::measure(&photo, Some(&file.bytes)));
    });
    let few = [Attribute::Brightness, Attribute::Blur, Attribute::Entropy, Attribute::Colourfulness];
    time(&mut group, "decode, measure four", &|file| {
        black_box(attributes::measure_only(&decode(file), Some(&file.bytes), &|wanted| few.contains(&wanted)));
    });
    time(&mut group, "thumbnail", &|file| {
        let small = imaging::decode_small(&file.bytes, &file.path, &Limits::default(), THUMBNAIL).expect("decodes");
        black_box(imaging::fit(&small, THUMBNAIL));
    });
    group.finish();
}

/// A picture of 24 megapixels with detail everywhere.
fn large() -> RgbImage {
    RgbImage::from_fn(6000, 4000, |x, y| {
        let wave = 60.0 * (x as f32 * 0.05).sin() * (y as f32 * 0.031).cos();
        let grain = ((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 13) % 17;
        Rgb([120.0, 100.0, 90.0].map(|base: f32| (base + wave) as u8 + grain as u8))
    })
}

/// Runs work that asks whether to go on; prints how long it takes and the longest time between two questions: so long
/// may a stop take.
fn longest_silence(name: &str, work: impl FnOnce(&dyn Fn() -> bool)) {
    let begin = Instant::now();
    let (last, longest) = (Cell::new(begin), Cell::new(Duration::ZERO));
    let ask = || {
        longest.set(longest.get().max(last.get().elapsed()));
        last.set(Instant::now());
        true
    };
    work(&ask);
    ask();
    let [all, silence] = [begin.elapsed(), longest.get()].map(|time| time.as_secs_f64() * 1000.0);
    println!("24 megapixels, {name}: {all:.0} ms, at most {silence:.0} ms between two looks for a stop");
}

/// Not a criterion benchmark: what counts is the longest pause, not the mean.
fn stopping(_criterion: &mut Criterion) {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&large()).expect("encodes");
    let limits = Limits::default();
    let decode = || imaging::decode(&bytes, Path::new("large.jpg"), &limits).expect("decodes");
    let photo = decode();
    longest_silence("decode (left behind at a stop)", |_| drop(black_box(decode())));
    longest_silence("read header and hash", |_| {
        black_box((imaging::sha256_hex(&bytes), imaging::header(&bytes, Path::new("large.jpg"), &limits).is_ok()));
    });
    longest_silence("attributes", |ask| {
        black_box(attributes::measure_while(&photo, Some(&bytes), &|_| true, ask));
    });
    longest_silence("views for the network", |_| drop(black_box(packshot::preprocess::views(&photo))));
    let edited = image::imageops::fast_blur(&photo, 1.0);
    longest_silence("planes of a photo to compare", |_| drop(black_box(Planes::of(&edited))));
    let (a, b) = (Planes::of(&photo), Planes::of(&edited));
    longest_silence("compare metrics", |ask| {
        black_box(Pair::of(&a, &b).and_then(|pair| Difference::of(&pair, ask)));
    });
}

criterion_group!(benches, one_core, stopping);
criterion_main!(benches);
