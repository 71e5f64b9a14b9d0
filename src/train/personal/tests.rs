//! Personal models of made-up photos: they learn, repeat, shrink to the base and survive a round trip.

use std::path::PathBuf;

use super::*;
use crate::attributes;
use crate::error::Code;
use crate::train::features::{Block, Scale, Values};
use crate::train::forecast::{Forecast, learning_curve};
use crate::train::half::to_half;
use crate::train::handcrafted::{ATTRIBUTE_FEATURES, attribute_features, brisque_row};

/// Nearly normal numbers of deviation 1: sums of twelve evenly spread ones.
fn normal(photo: usize, which: usize) -> f64 {
    let even = |k: usize| {
        let mut x = ((photo * 131 + which) * 12 + k) as u64 + 1;
        for _ in 0..3 {
            x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        (x >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..12).map(even).sum::<f64>() - 6.0
}

/// Photos of a made-up shop, three shots a product: 60 deep components of falling variance and 8 measures, some missing.
/// Quality follows a dozen of the components and a measure; the base model sees it through noise, on another scale.
struct Shop {
    features: Features,
    labels: Vec<f64>,
    groups: Vec<u32>,
    base: Vec<f64>,
}

const NOISE: f64 = 5.0;

fn shop(from: usize, photos: usize) -> Shop {
    let component = |photo: usize, k: usize| (normal(photo, k) + normal(photo / 3, 70 + k)) / (1.0 + k as f64).sqrt();
    let measure = |photo: usize, k: usize| 1000.0 * (k + 1) as f64 + 30.0 * normal(photo, 200 + k);
    let quality = |photo: usize| {
        let deep: f64 = (0..12).map(|k| if k % 2 == 0 { 6.0 } else { -6.0 } * component(photo, k)).sum();
        50.0 + deep + 6.0 * normal(photo, 202)
    };
    let all = || from..from + photos;
    let deep = all().flat_map(|photo| (0..60).map(move |k| to_half(component(photo, k) as f32))).collect();
    let lacks = |photo: usize, k: usize| k < 2 && photo.is_multiple_of(5);
    let measures = all()
        .flat_map(|photo| (0..8).map(move |k| if lacks(photo, k) { f32::NAN } else { measure(photo, k) as f32 }))
        .collect();
    let block = |name: &str, columns, scale, values| Block { name: name.to_owned(), columns, scale, values };
    Shop {
        features: Features::new(vec![
            block("deep", 60, Scale::Shared, Values::Half(deep)),
            block("measures", 8, Scale::Each, Values::Single(measures)),
        ])
        .expect("same photos"),
        labels: all().map(|photo| (quality(photo) + NOISE * normal(photo, 300)).clamp(0.0, 100.0)).collect(),
        groups: all().map(|photo| (photo / 3) as u32).collect(),
        base: all().map(|photo| 20.0 + 0.4 * (quality(photo) + 8.0 * normal(photo, 301))).collect(),
    }
}

impl Shop {
    fn training(&self) -> Training<'_> {
        Training { features: &self.features, labels: &self.labels, groups: &self.groups, base: None }
    }

    fn with_base(&self) -> Training<'_> {
        Training { base: Some(&self.base), ..self.training() }
    }
}

fn values(estimates: &[Estimate]) -> Vec<f64> {
    estimates.iter().map(|estimate| estimate.score.value).collect()
}

#[test]
fn fresh_photos_are_scored_well_and_intervals_hold() {
    let (some, fresh) = (shop(0, 300), shop(30_000, 3000));
    let scaling = Scaling::fit(&shop(60_000, 500).features);
    let model = Personal::fit(some.training(), &scaling, 7).expect("fits");
    let estimates = model.predict(&fresh.features, None).expect("predicts");
    let srcc = metrics::srcc(&values(&estimates), &fresh.labels).expect("varies");
    let promised = model.report.srcc.expect("varies");
    assert!(srcc > 0.9, "{srcc}");
    assert!((srcc - promised).abs() < 0.03, "out of group {promised}, fresh {srcc}");
    let inside = |estimates: &[Estimate]| {
        let held = |(e, label): &(&Estimate, &f64)| e.score.low <= **label && **label <= e.score.high;
        estimates.iter().zip(&fresh.labels).filter(held).count() as f64 / estimates.len() as f64
    };
    assert!((inside(&estimates) - 0.9).abs() < 0.04, "{}", inside(&estimates));
    let validation = Personal::validate(some.training(), &scaling, 7).expect("fits").expect("enough");
    assert!((validation.coverage - 0.9).abs() < 0.05, "{}", validation.coverage);
    assert!((validation.srcc.expect("varies") - srcc).abs() < 0.03, "{:?}", validation.srcc);
    let width = estimates.iter().map(|e| e.score.high - e.score.low).sum::<f64>() / 3000.0;
    assert!(width < 2.0 * 1.9 * NOISE, "{width}");
    let flagged = estimates.iter().filter(|estimate| estimate.unfamiliar).count();
    assert!(flagged < 120, "{flagged}");
}

#[test]
fn with_few_labels_the_base_leads_and_with_many_the_person_does() {
    let fresh = shop(30_000, 2000);
    let scaling = Scaling::fit(&shop(60_000, 500).features);
    let mut shares = Vec::new();
    for n in [21, 60, 600] {
        let some = shop(0, n);
        let model = Personal::fit(some.with_base(), &scaling, 7).expect("fits");
        let alone = Personal::fit(some.training(), &scaling, 7).expect("fits");
        let error = |model: &Personal, base| {
            let scores = values(&model.predict(&fresh.features, base).expect("predicts"));
            metrics::rmse(&scores, &fresh.labels).expect("some")
        };
        let (blended, own) = (error(&model, Some(fresh.base.as_slice())), error(&alone, None));
        let base = Curve::fit(&some.base, &some.labels);
        let base: Vec<f64> = fresh.base.iter().map(|score| base.at(*score)).collect();
        let base = metrics::rmse(&base, &fresh.labels).expect("some");
        assert!(blended < 1.03 * own.min(base), "{n}: {blended} {own} {base}");
        shares.push(model.report.own_share);
    }
    assert!(shares[0] < 0.5 && shares[2] > 0.7 && shares.is_sorted(), "{shares:?}");
}

#[test]
fn a_model_survives_its_file_and_repeats_with_its_seed() {
    let some = shop(0, 90);
    let scaling = Scaling::fit(&some.features);
    let model = Personal::fit(some.with_base(), &scaling, 3).expect("fits");
    assert_eq!(Personal::fit(some.with_base(), &scaling, 3).expect("fits"), model);
    let text = model.to_json().expect("writes");
    let back = Personal::from_json(&text).expect("reads");
    let before = values(&model.predict(&some.features, Some(&some.base)).expect("predicts"));
    let after = values(&back.predict(&some.features, Some(&some.base)).expect("predicts"));
    assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-9));
    assert!(Personal::from_json(&text.replace("\"format\":1", "\"format\":2")).is_err());
    assert!(Personal::from_json(&text.replacen("\"weights\":[", "\"weights\":[0.5,", 1)).is_err());
}

#[test]
fn what_cannot_be_learnt_from_is_refused() {
    let few = shop(0, 19);
    let scaling = Scaling::fit(&few.features);
    let code = |training: Training<'_>| Personal::fit(training, &scaling, 1).expect_err("refuses").code;
    assert_eq!(code(few.training()), Code::BadData);
    let some = shop(0, 30);
    assert_eq!(code(Training { labels: &[50.0; 30], ..some.training() }), Code::BadData);
    assert_eq!(code(Training { groups: &[1; 29], ..some.training() }), Code::Internal);
    // All that differs is one photo: without its group, nothing can be judged.
    let mut alike = [50.0; 30];
    alike[4] = 90.0;
    let one = Training { labels: &alike, ..some.training() };
    assert_eq!(Personal::validate(one, &scaling, 1).expect("no error"), None);
    let model = Personal::fit(some.with_base(), &scaling, 1).expect("fits");
    assert!(model.needs_base());
    assert_eq!(model.predict(&some.features, None).expect_err("needs the base").code, Code::Internal);
    let other = Features::new(vec![some.features.blocks()[0].clone()]).expect("one block");
    assert_eq!(model.predict(&other, Some(&some.base)).expect_err("other features").code, Code::BadData);
}

#[test]
fn the_nearest_photo_is_the_photo_itself_and_then_those_of_its_group() {
    let some = shop(0, 90);
    let scaling = Scaling::fit(&some.features);
    let model = Personal::fit(some.training(), &scaling, 1).expect("fits");
    let near = model.nearest(&some.features, &some.features.gather(&[31]), 4).expect("measures");
    assert_eq!((near.len(), near[0]), (4, (31, 0.0)));
    assert!(near.windows(2).all(|pair| pair[0].1 <= pair[1].1) && near[1].1 > 0.0, "{near:?}");
}

#[test]
fn the_forecast_comes_true() {
    let scaling = Scaling::fit(&shop(60_000, 500).features);
    let fresh = shop(30_000, 2000);
    let (mut foretold, mut came) = (0.0, 0.0);
    for start in [0, 3000, 6000, 9000, 12_000] {
        let some = shop(start, 60);
        let curve = learning_curve(some.training(), &scaling, 5, &mut |_, _| true).expect("fits");
        foretold += Forecast::new(&curve, 60, 60, 5).expect("enough sizes").gain / 5.0;
        let srcc = |n| {
            let model = Personal::fit(shop(start, n).training(), &scaling, 5).expect("fits");
            let scores = values(&model.predict(&fresh.features, None).expect("predicts"));
            metrics::srcc(&scores, &fresh.labels).expect("varies")
        };
        came += (srcc(120) - srcc(60)) / 5.0;
    }
    assert!(came > 0.01 && (foretold - came).abs() < 0.02, "{foretold}, came {came}");
}

/// Every few photos of `mos/biq2021`'s controlled shots: attributes and BRISQUE, labels, groups.
fn real(step: usize) -> Option<Shop> {
    let data = std::env::var_os("PACKSHOT_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let folder = data.join("mos/biq2021");
    let Ok(mut table) = csv::Reader::from_path(folder.join("manifest.csv")) else {
        eprintln!("skipped: no real photos in {} (set PACKSHOT_TEST_DATA)", folder.display());
        return None;
    };
    let rows: Vec<csv::StringRecord> = table.records().collect::<std::result::Result<_, _>>().expect("reads");
    let (mut measures, mut brisque, mut labels, mut keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| &row[5] == "ss01").step_by(step) {
        let bytes = std::fs::read(folder.join(&row[0])).expect("reads");
        let photo = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
        measures.extend(attribute_features(&attributes::measure(&photo, Some(&bytes))));
        brisque.extend(brisque_row(attributes::brisque_features(&photo).as_ref()));
        labels.push(row[3].parse().expect("a number"));
        keys.push(row[8].to_owned());
    }
    let mut names = keys.clone();
    names.sort();
    names.dedup();
    let place = |key: &String| names.binary_search(key).expect("listed") as u32;
    let block = |name: &str, columns, values| Block {
        name: name.to_owned(),
        columns,
        scale: Scale::Each,
        values: Values::Single(values),
    };
    let blocks = vec![
        block("attributes", ATTRIBUTE_FEATURES, measures),
        block("brisque", attributes::BRISQUE_FEATURES, brisque),
    ];
    let features = Features::new(blocks).expect("same photos");
    Some(Shop { features, groups: keys.iter().map(place).collect(), base: vec![], labels })
}

#[test]
fn real_photos_are_told_apart_by_measures_alone() {
    let Some(photos) = real(8) else { return };
    let scaling = Scaling::fit(&photos.features);
    let report = Personal::fit(photos.training(), &scaling, 1).expect("fits").report;
    let validation = Personal::validate(photos.training(), &scaling, 1).expect("fits").expect("enough");
    let (srcc, coverage) = (validation.srcc.expect("varies"), validation.coverage);
    eprintln!("{} photos: {report:?}; validation: SRCC {srcc:.3}, coverage {coverage:.3}", photos.labels.len());
    assert!(report.srcc.expect("varies") > 0.6, "{report:?}");
    assert!(srcc > 0.55, "{srcc}");
    assert!((coverage - 0.9).abs() < 0.08, "{coverage}");
}
