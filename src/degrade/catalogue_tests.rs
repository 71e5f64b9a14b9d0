//! The demo catalogue: deterministic, complete, never overwriting.

use std::collections::BTreeMap;

use super::*;
use crate::imaging::{Limits, probe};

const SMALL: DemoConfig = DemoConfig { seed: 7, skus: 3, shots: 3 };

fn draw(folder: &Path, config: &DemoConfig) -> Result<DemoTally> {
    draw_catalogue(folder, config, &|_, _| true)
}

/// Every file below the folder with its content's hash.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("lists"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("reads");
            (entry.path().strip_prefix(folder).expect("below").to_owned(), crate::imaging::sha256_hex(&bytes))
        })
        .collect()
}

#[test]
fn the_same_seed_draws_the_same_bytes_and_labels_match_the_files() {
    let temp = tempfile::tempdir().expect("temp dir");
    let (first, second, third) = (temp.path().join("a"), temp.path().join("b"), temp.path().join("c"));
    let total = AtomicU64::new(0);
    let tally = draw_catalogue(&first, &SMALL, &|_, all| {
        total.fetch_add(1, Ordering::Relaxed);
        all == 9
    })
    .expect("draws");
    assert_eq!((tally.photos, total.into_inner()), (9, 9));
    draw(&second, &SMALL).expect("draws");
    assert_eq!(contents(&first), contents(&second));
    draw(&third, &DemoConfig { seed: 8, skus: 1, shots: 1 }).expect("draws");
    let photos = |folder: &Path| -> Vec<String> {
        contents(folder).into_iter().filter(|(path, _)| path.starts_with("images")).map(|(_, hash)| hash).collect()
    };
    let distinct: std::collections::BTreeSet<String> = photos(&first).into_iter().collect();
    assert_eq!(distinct.len(), 9, "no photo is there twice");
    assert!(!photos(&first).contains(&photos(&third)[0]), "another seed draws other photos");

    let mut labelled = Vec::new();
    let mut reader = csv::Reader::from_path(first.join("labels.csv")).expect("opens");
    assert_eq!(reader.headers().expect("headers"), &vec!["path", "score", "group", "defects"]);
    for record in reader.records() {
        let record = record.expect("row");
        let probed = probe(&first.join(&record[0]), &Limits::default());
        assert_eq!(probed.error, None, "{}", &record[0]);
        assert!(probed.width.max(probed.height) >= 640);
        assert!((0.0..=100.0).contains(&record[1].parse::<f64>().expect("score")));
        assert!(record[0].contains(&record[2]), "{record:?}");
        let known = |part: &str| Defect::ALL.iter().any(|defect| part.starts_with(defect.name()));
        assert!(record[3].is_empty() || record[3].split(';').all(known), "{record:?}");
        labelled.push(first.join(&record[0]));
    }
    let found = crate::imaging::list_photos(&[first.join("images")], &mut |_| true);
    labelled.sort();
    assert_eq!(labelled, found.files);
}

#[test]
fn a_whole_catalogue_is_left_and_an_interrupted_one_is_drawn_again() {
    let temp = tempfile::tempdir().expect("temp dir");
    let config = DemoConfig { seed: 1, skus: 2, shots: 1 };
    let stopped = draw_catalogue(temp.path(), &config, &|_, _| false).expect_err("stopped");
    assert_eq!(stopped.code, Code::Cancelled);
    assert!(!temp.path().join("labels.csv").exists());
    draw(temp.path(), &config).expect("is drawn again");
    let photo = temp.path().join("images/SKU-0001");
    fs::remove_dir_all(&photo).expect("removed");
    draw(temp.path(), &config).expect("is whole by its manifest");
    assert!(!photo.exists(), "a whole catalogue is not touched");
    let other = draw(temp.path(), &DemoConfig { seed: 2, ..config }).expect_err("other settings");
    assert_eq!(other.code, Code::Usage);
}

#[test]
fn a_folder_with_other_content_is_refused_untouched() {
    let temp = tempfile::tempdir().expect("temp dir");
    fs::write(temp.path().join("holiday.jpg"), b"mine").expect("write");
    let error = draw(temp.path(), &SMALL).expect_err("refused");
    assert_eq!(error.code, Code::Usage);
    assert!(error.summary.contains("not empty"), "{error}");
    assert_eq!(contents(temp.path()).len(), 1);
    assert_eq!(draw(temp.path(), &DemoConfig { skus: 0, ..SMALL }).expect_err("nothing").code, Code::Usage);
}
