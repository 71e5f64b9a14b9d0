//! Measures and rules on real product photos: against what eyes saw, and against defects of known strength.
//!
//! The photos are read from `PACKSHOT_TEST_DATA` (default `../shared/data`); without them the tests say so and pass.

mod defects;
mod drawn;
mod ladders;
mod truth;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::RgbImage;
use packshot::imaging::{self, Limits};

/// What was seen on a photo.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The file.
    pub path: PathBuf,
    /// studio, phone, scene.
    pub kind: String,
    /// white, `near_white`, `not_white`.
    pub background: String,
    /// Left, top, right, bottom of the product's box as shares of the frame.
    pub product: [f64; 4],
    /// yes, no, unsure.
    pub sharp: String,
    /// Whether text or marks lie over the photo.
    pub overlay: bool,
}

/// The folder of product photos; nothing, and a message, where it is not there.
fn products() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("PACKSHOT_TEST_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let products = data.join("products");
    if products.is_dir() {
        return Some(products);
    }
    eprintln!("skipped: no test photos at {}", products.display());
    None
}

/// The photos that were judged by eye; nothing where the photos are not there.
pub fn seen() -> Vec<Seen> {
    let Some(products) = products() else { return Vec::new() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut table = csv::Reader::from_path(root.join("tests/fixtures/truth/products.csv")).expect("the truth set");
    let rows = table.records().map(|record| {
        let record = record.expect("a row");
        let side = |column: usize| record[column].parse().expect("a share");
        Seen {
            path: products.join(&record[0]),
            kind: record[1].to_owned(),
            background: record[2].to_owned(),
            product: [side(3), side(4), side(5), side(6)],
            sharp: record[7].to_owned(),
            overlay: &record[8] == "yes",
        }
    });
    rows.collect()
}

/// The photos in folders of the test data, whatever is on them; nothing where the photos are not there.
pub fn photos_in(folders: &[&str]) -> Vec<PathBuf> {
    let folders = folders.iter().map(|folder| products().map(|products| products.join(folder)));
    let folders: Vec<PathBuf> = folders.flatten().collect();
    imaging::list_photos(&folders, &mut |_| true).files
}

/// What `look` says about each judged photo with its bytes, in the order of the photos; on all cores.
pub fn each<T: Send>(photos: &[Seen], look: impl Fn(&Seen, &RgbImage, &[u8]) -> T + Sync) -> Vec<T> {
    let paths: Vec<PathBuf> = photos.iter().map(|photo| photo.path.clone()).collect();
    each_file(&paths, |place, photo, bytes| look(&photos[place], photo, bytes))
}

/// What `look` says about each photo, by its place, with its bytes, in the order of the photos; on all cores.
pub fn each_file<T: Send>(paths: &[PathBuf], look: impl Fn(usize, &RgbImage, &[u8]) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(place) else { break };
                    let (file, pixels) = imaging::load(path, &Limits::default()).expect("decodes");
                    let value = look(place, &pixels, &file.bytes);
                    found.lock().expect("not poisoned").push((place, value));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("not poisoned");
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, value)| value).collect()
}

/// The names of photos, for messages.
pub fn names<'a>(photos: impl Iterator<Item = &'a Seen>) -> Vec<String> {
    photos.map(|photo| photo.path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect()
}
