//! Spoilt and judged pictures a second on one core: what pre-training waits for on a fast device.
//!
//! Real photos come from `PACKSHOT_TEST_DATA` (default `../shared/data`); without them there is nothing to time.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use packshot::data::{CleanPhotos, RUNGS};
use packshot::imaging::{self, Limits};

/// Clean photos a round.
const LADDERS: u64 = 16;

fn one_core(criterion: &mut Criterion) {
    let folder = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let folders = ["products", "pristine"].map(|part| folder.join(part));
    let photos = CleanPhotos::new(imaging::list_photos(&folders, &mut |_| true).files, Limits::default());
    if photos.is_empty() {
        eprintln!("skipped: no real photos (set PACKSHOT_TEST_DATA)");
        return;
    }
    let mut group = criterion.benchmark_group("one core");
    group.sample_size(10).throughput(Throughput::Elements(LADDERS * RUNGS as u64));
    group.bench_function("spoil and judge", |bencher| {
        bencher.iter(|| (0..LADDERS).for_each(|index| drop(black_box(photos.ladder(1, index).expect("makes")))));
    });
    group.finish();
}

criterion_group!(benches, one_core);
criterion_main!(benches);
