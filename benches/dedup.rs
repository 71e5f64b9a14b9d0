//! Near-duplicates: from file to fingerprint, and from 10,000 and 100,000 fingerprints to groups.
//!
//! The fingerprints are synthetic but lie as those of a shop do: products of a few hundred silhouettes on white, several
//! shots of each shape, and a copy for every tenth photo. Real photos come from `PACKSHOT_TEST_DATA`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use image::{Rgb, RgbImage};
use packshot::dedup::{self, Fingerprint};
use packshot::imaging::{self, Limits};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Photos of a silhouette: a family whose members differ in garment, colour and pose.
const SHOTS_A_SHAPE: usize = 40;

fn below(rng: &mut ChaCha8Rng, most: u32) -> u32 {
    rng.next_u32() % most
}

/// A product of a family: boxes in the places of the family, moved and coloured on their own, on white.
fn product(family: u64, shot: u64) -> RgbImage {
    let (mut shape, mut own) =
        (ChaCha8Rng::seed_from_u64(family), ChaCha8Rng::seed_from_u64((family << 32) | (shot + 1)));
    let mut photo = RgbImage::from_pixel(48, 64, Rgb([250; 3]));
    for _ in 0..7 {
        let left = 6 + below(&mut shape, 20) + below(&mut own, 3);
        let top = 4 + below(&mut shape, 36) + below(&mut own, 3);
        let (width, height) = (6 + below(&mut shape, 18), 6 + below(&mut shape, 24));
        let colour = Rgb([0; 3].map(|_: u8| (below(&mut shape, 160) + below(&mut own, 90)) as u8));
        for (x, y) in (left..left + width).flat_map(|x| (top..top + height).map(move |y| (x, y))) {
            if x < 48 && y < 64 {
                photo.put_pixel(x, y, colour);
            }
        }
    }
    photo
}

/// What compressing again does: a level up or down here and there.
fn copy(photo: &RgbImage, rng: &mut ChaCha8Rng) -> RgbImage {
    let mut photo = photo.clone();
    photo.iter_mut().for_each(|value| *value = value.saturating_add((rng.next_u32() % 3) as u8).saturating_sub(1));
    photo
}

fn shop(photos: usize) -> Vec<Fingerprint> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut prints = Vec::with_capacity(photos);
    for number in 0.. {
        let photo = product((number / SHOTS_A_SHAPE) as u64, (number % SHOTS_A_SHAPE) as u64);
        prints.push(Fingerprint::of(&photo, 960, 1280));
        if number % 9 == 0 {
            prints.push(Fingerprint::of(&copy(&photo, &mut rng), 480, 640));
        }
        if prints.len() >= photos {
            break;
        }
    }
    prints.truncate(photos);
    prints
}

fn grouping(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("near_groups");
    for (name, photos) in [("10k", 10_000), ("100k", 100_000)] {
        let prints = shop(photos);
        let prints: Vec<&Fingerprint> = prints.iter().collect();
        let find = || {
            let found = dedup::near_groups(&prints, &mut |places| places.sort_unstable(), &|| true);
            let found = found.expect("nobody stops it");
            assert_eq!(found.crowded, 0, "no pair is left out");
            found.groups.len()
        };
        let found = find();
        assert!(found >= photos / 11, "{found} groups among {photos} photos: the copies must be found");
        group.sample_size(10).throughput(Throughput::Elements(photos as u64));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(find())));
    }
    group.finish();
}

/// One core, from the file on disk to the fingerprint, over all product photos.
fn file_to_print(criterion: &mut Criterion) {
    let folder = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("products");
    let files = imaging::list_photos(&[folder], &mut |_| true).files;
    if files.is_empty() {
        eprintln!("skipped: no real photos (set PACKSHOT_TEST_DATA)");
        return;
    }
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("file_to_fingerprint");
    group.sample_size(10).throughput(Throughput::Elements(files.len() as u64));
    group.bench_function("one core", |bencher| {
        bencher.iter(|| {
            for path in &files {
                let file = imaging::read(path, &limits).expect("reads");
                let header = imaging::header(&file.bytes, path, &limits).expect("header");
                let small = imaging::decode_small(&file.bytes, path, &limits, dedup::LEAST_SIDE).expect("decodes");
                black_box(Fingerprint::of(&small, header.width, header.height));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, grouping, file_to_print);
criterion_main!(benches);
