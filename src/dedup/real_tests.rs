//! Copies of real product photos, where they are at hand: found, and nothing else with them.

use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::{Fingerprint, LEAST_SIDE, NearGroup, near_groups};
use crate::imaging::{self, Limits};

/// Photos drawn; each comes with [`COPIES`] copies. All, which takes a minute, for `make check-photos`.
const PHOTOS: usize = 60;
const ALL_PHOTOS: usize = 300;
const COPIES: usize = 4;

/// Pairs of different files that show the same picture in the set itself: the shop sells one shot as two colours.
const TRUE_TWINS: [(&str, &str); 2] =
    [("mp09-black_main.jpg", "mp09-blue_main.jpg"), ("mp12-black_main.jpg", "mp12-blue_main.jpg")];

/// All product photos, or nothing with a message.
fn products() -> Option<Vec<PathBuf>> {
    let folder = std::env::var("PACKSHOT_TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("products");
    if !folder.join("manifest.csv").exists() {
        eprintln!("skipped: no real photos in {} (set PACKSHOT_TEST_DATA)", folder.display());
        return None;
    }
    Some(imaging::list_photos(&[folder], &mut |_| true).files)
}

fn share(rng: &mut ChaCha8Rng, from: f64, to: f64) -> f64 {
    from + (to - from) * f64::from(rng.next_u32()) / f64::from(u32::MAX)
}

/// Cropped by 2 % on one side, or by 1 % on each.
fn cropped(photo: &RgbImage, rng: &mut ChaCha8Rng) -> RgbImage {
    let [across, along] = [photo.width(), photo.height()].map(|side| (f64::from(side) * 0.02).round() as u32);
    let (left, top, lost_across, lost_along) = match rng.next_u32() % 5 {
        0 => (across, 0, across, 0),
        1 => (0, 0, across, 0),
        2 => (0, along, 0, along),
        3 => (0, 0, 0, along),
        _ => (across / 2, along / 2, across, along),
    };
    imageops::crop_imm(photo, left, top, photo.width() - lost_across, photo.height() - lost_along).to_image()
}

fn resized(photo: &RgbImage, rng: &mut ChaCha8Rng) -> RgbImage {
    let factor = share(rng, 0.5, 0.9);
    let [width, height] = [photo.width(), photo.height()].map(|side| (f64::from(side) * factor).round() as u32);
    imaging::resize(photo, width, height)
}

/// The fingerprint of the picture as a JPEG file of that quality.
fn print_of_jpeg(picture: &RgbImage, quality: u8) -> Fingerprint {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).expect("encodes");
    let small = imaging::decode_small(&bytes, Path::new("copy"), &Limits::default(), LEAST_SIDE).expect("decodes");
    Fingerprint::of(&small, picture.width(), picture.height())
}

/// Fingerprints of a photo and its copies: resized, compressed again, cropped, all three.
fn print_with_copies(path: &Path, rng: &mut ChaCha8Rng) -> Vec<Fingerprint> {
    let (file, photo) = imaging::load(path, &Limits::default()).expect("loads");
    let small = imaging::decode_small(&file.bytes, path, &Limits::default(), LEAST_SIDE).expect("decodes");
    let quality = 40 + (rng.next_u32() % 56) as u8;
    let all_three = resized(&cropped(&photo, rng), rng);
    vec![
        Fingerprint::of(&small, photo.width(), photo.height()),
        print_of_jpeg(&resized(&photo, rng), 90),
        print_of_jpeg(&photo, quality),
        print_of_jpeg(&cropped(&photo, rng), 90),
        print_of_jpeg(&all_three, quality),
    ]
}

fn pairs(group: &NearGroup) -> impl Iterator<Item = (usize, usize)> + '_ {
    let members = &group.members;
    (0..members.len()).flat_map(move |a| (a + 1..members.len()).map(move |b| (members[a].0, members[b].0)))
}

#[test]
fn copies_of_real_photos_are_found_and_different_photos_are_not() {
    let Some(files) = products() else { return };
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let photos = if std::env::var_os("PACKSHOT_ALL_PHOTOS").is_some() { ALL_PHOTOS } else { PHOTOS };
    let mut chosen: Vec<&PathBuf> = files.iter().collect();
    // Fisher and Yates: no photo twice.
    (0..photos).for_each(|at| chosen.swap(at, at + rng.next_u32() as usize % (files.len() - at)));
    chosen.truncate(photos);
    let mut prints = Vec::new();
    let mut source: Vec<&PathBuf> = Vec::new();
    for path in &chosen {
        prints.extend(print_with_copies(path, &mut rng));
        source.extend([*path; COPIES + 1]);
    }
    let prints: Vec<&Fingerprint> = prints.iter().collect();
    let groups = near_groups(&prints, &mut |places| places.sort_unstable(), &|| true).expect("not stopped").groups;
    let found: Vec<(usize, usize)> = groups.iter().flat_map(pairs).collect();
    let right = found.iter().filter(|(a, b)| source[*a] == source[*b]).count();
    let with_original =
        groups.iter().flat_map(pairs).filter(|&(a, b)| a % (COPIES + 1) == 0 && a / (COPIES + 1) == b / (COPIES + 1));
    let recall = with_original.count() as f64 / (photos * COPIES) as f64;
    let precision = right as f64 / found.len() as f64;
    eprintln!("{photos} photos with {COPIES} copies each: recall {recall:.4}, precision {precision:.4}");
    assert!(recall >= 0.98, "recall {recall}");
    assert!(precision >= 0.98, "precision {precision}");
}

#[test]
fn the_near_duplicates_of_the_product_photos_are_the_known_ones() {
    let Some(files) = products() else { return };
    let prints: Vec<Fingerprint> = files
        .iter()
        .map(|path| {
            let file = imaging::read(path, &Limits::default()).expect("reads");
            let header = imaging::header(&file.bytes, path, &Limits::default()).expect("header");
            let small = imaging::decode_small(&file.bytes, path, &Limits::default(), LEAST_SIDE).expect("decodes");
            Fingerprint::of(&small, header.width, header.height)
        })
        .collect();
    let prints: Vec<&Fingerprint> = prints.iter().collect();
    let groups = near_groups(&prints, &mut |places| places.sort_unstable(), &|| true).expect("not stopped").groups;
    let name = |place: usize| files[place].file_name().expect("name").to_string_lossy().into_owned();
    let found: Vec<Vec<String>> =
        groups.iter().map(|group| group.members.iter().map(|member| name(member.0)).collect()).collect();
    assert_eq!(found, TRUE_TWINS.map(|(a, b)| vec![a.to_owned(), b.to_owned()]));
}
