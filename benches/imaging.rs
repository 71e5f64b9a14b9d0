//! Pictures a second on one core: decoding, reducing to the viewing size, measuring; thumbnails.
//!
//! Real photos come from `PACKSHOT_TEST_DATA` (default `../shared/data`); without them there is nothing to time.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use packshot::attributes;
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

criterion_group!(benches, one_core);
criterion_main!(benches);
