//! Features of photos: the extractor, and the matrix that is written of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use image::RgbImage;
use packshot::api::{self, FeaturesRequest, FeaturesSummary, Project};
use packshot::config::{Config, FILE_NAME};
use packshot::error::Code;
use packshot::infer::Extractor;
use packshot::jobs::{Control, JobHandle, Outcome};
use packshot::preprocess::{BackboneViews, backbone_views};

use super::files::write_safetensors;
use super::generated;

/// Photos of several sizes, none like another.
fn photo(index: u32) -> RgbImage {
    RgbImage::from_fn(150 + 90 * index, 260, |x, y| {
        let value = ((x * (index + 3)) ^ (y * 5)) % 251;
        image::Rgb([value as u8, (x / (index + 1)) as u8, (y * (index + 1) / 2) as u8])
    })
}

/// A weight file, and photos of which the second is broken.
fn fill(folder: &Path) -> (PathBuf, PathBuf) {
    let photos = folder.join("photos");
    std::fs::create_dir(&photos).expect("folder");
    for index in [0, 2, 3] {
        photo(index).save(photos.join(format!("{index}.png"))).expect("writes");
    }
    std::fs::write(photos.join("1.png"), "no photo").expect("writes");
    let weights = folder.join("weights.safetensors");
    write_safetensors(&weights, &generated::mobilenet().tensors);
    (weights, photos)
}

fn extract(extractor: &Extractor, views: &[BackboneViews]) -> Vec<Vec<f32>> {
    extractor.extract(views, &Control::default()).expect("not stopped")
}

#[test]
fn features_depend_on_the_photo_alone() {
    let folder = tempfile::tempdir().expect("temp dir");
    let (weights, _) = fill(folder.path());
    let views: Vec<BackboneViews> = (0..3).map(|index| backbone_views(&photo(index))).collect();
    let pairs = Extractor::load(&weights, &Device::flex(), 2).expect("loads");
    let features = extract(&pairs, &views);
    assert!(features.iter().all(|row| row.len() == pairs.feature_count() && row.len() == 3 * 5568));
    assert_ne!(features[0], features[1]);
    let backwards: Vec<BackboneViews> = views.iter().rev().cloned().collect();
    let mut again = extract(&pairs, &backwards);
    again.reverse();
    assert_eq!(again, features, "whatever comes before and after it");

    let single = Extractor::load(&weights, &Device::flex(), 1).expect("loads");
    assert_eq!(single.id(), pairs.id());
    for (a, b) in extract(&single, &views).concat().iter().zip(features.concat()) {
        assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{a} {b}");
    }

    let stopped = Control::default();
    stopped.cancel();
    assert!(pairs.extract(&views, &stopped).is_err());

    let mut tensors = generated::mobilenet().tensors;
    tensors.get_mut("features.0.1.bias").expect("there").1[0] += 1.0;
    write_safetensors(&weights, &tensors);
    let other = Extractor::load(&weights, &Device::flex(), 2).expect("loads");
    assert_ne!(other.id(), pairs.id(), "other weights, other features");
}

fn project(folder: &Path) -> Project {
    let flags = ["score.device=cpu".to_owned(), "score.batch_size=8".to_owned()];
    let config = Config::load(&folder.join(FILE_NAME), std::iter::empty(), &flags).expect("configuration");
    Project::open(&folder.join("project"), config).expect("project")
}

fn start(project: &Project, request: &FeaturesRequest) -> JobHandle<FeaturesSummary> {
    api::start_features(project, request.clone(), Arc::new(|| {})).expect("starts")
}

#[test]
fn the_matrix_has_a_row_for_every_photo_that_can_be_read() {
    let folder = tempfile::tempdir().expect("temp dir");
    let (backbone, photos) = fill(folder.path());
    let project = project(folder.path());
    let output = folder.path().join("features.npy");
    let request = FeaturesRequest { paths: vec![photos.clone()], backbone, output: output.clone(), overwrite: false };

    let handle = start(&project, &request);
    handle.control().cancel();
    assert!(matches!(handle.join(|_| {}), Outcome::Cancelled(_) | Outcome::Failed(_)));
    assert!(!output.exists() && !api::features_list_file(&output).exists(), "nothing half done");

    let Outcome::Completed(summary) = start(&project, &request).join(|_| {}) else { panic!("completes") };
    assert_eq!((summary.photos, summary.features), (3, 3 * 5568));
    let failed: Vec<&Path> = summary.failed.iter().map(|photo| photo.path.as_path()).collect();
    assert_eq!(failed, [photos.join("1.png")]);
    let list = std::fs::read_to_string(api::features_list_file(&output)).expect("list");
    let expected: Vec<PathBuf> = [0, 2, 3].map(|index| photos.join(format!("{index}.png"))).into();
    assert_eq!(list.lines().map(PathBuf::from).collect::<Vec<_>>(), expected);

    let bytes = std::fs::read(&output).expect("matrix");
    let (header, values) = bytes.split_at(128);
    assert!(String::from_utf8_lossy(header).contains("'shape': (3, 16704)"));
    let values: Vec<f32> = values.chunks(4).map(|value| f32::from_le_bytes(value.try_into().expect("4"))).collect();
    let extractor = Extractor::load(&request.backbone, &Device::flex(), 2).expect("loads");
    assert_eq!(summary.extractor, extractor.id());
    let views: Vec<BackboneViews> = [0, 2, 3].map(|index| backbone_views(&photo(index))).into();
    assert_eq!(values, extract(&extractor, &views).concat());
    let cache: Vec<_> = std::fs::read_dir(project.cache()).expect("cache").flatten().collect();
    assert!(cache.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("features")), "{cache:?}");

    let Outcome::Failed(error) = start(&project, &request).join(|_| {}) else { panic!("refuses") };
    assert_eq!((error.code, std::fs::read(&output).expect("kept")), (Code::Usage, bytes));
    let Outcome::Completed(again) = start(&project, &FeaturesRequest { overwrite: true, ..request }).join(|_| {})
    else {
        panic!("completes")
    };
    assert_eq!(again.photos, 3);
}
