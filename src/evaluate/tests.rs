//! Evaluations of made-up photos whose answers are known.

use std::path::PathBuf;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;
use crate::domain::{CeilingSource, EvaluatedPhoto, Rating, Score, Verdict};

const SETTINGS: Settings = Settings { seed: 1, threshold: 50.0 };

fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn judged(n: usize, groups: usize, noise: f64) -> Vec<Judged> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let photo = |index: usize| {
        let label = 100.0 * uniform(&mut rng);
        let score = label + noise * (uniform(&mut rng) - 0.5);
        Judged { label, score, group: format!("g{}", index % groups) }
    };
    (0..n).map(photo).collect()
}

/// Photos in groups of `size` that share a quality; scores are labels plus uniform noise, ± `noise` points for the
/// model and ± `against` for the other.
fn photos(n: usize, size: usize, noise: f64, against: f64) -> Vec<EvaluatedPhoto> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut quality = 0.0;
    let photo = |index: usize| {
        if index.is_multiple_of(size) {
            quality = 20.0 + 60.0 * uniform(&mut rng);
        }
        let label = quality + 20.0 * (uniform(&mut rng) - 0.5);
        let mut score = |noise: f64| {
            let value = label + noise * (2.0 * uniform(&mut rng) - 1.0);
            Score { value, low: value - 0.9 * noise, high: value + 0.9 * noise }
        };
        EvaluatedPhoto {
            path: PathBuf::from(format!("{index:04}.jpg")),
            content_sha256: String::new(),
            label,
            score: score(noise),
            against: Some(score(against)),
            group: format!("g{:04}", index / size),
            subset: Some(if index.is_multiple_of(3) { "web" } else { "studio" }.to_owned()),
            seen: None,
            ratings: Vec::new(),
        }
    };
    (0..n).map(photo).collect()
}

#[test]
fn the_interval_holds_the_estimate_and_narrows_with_more_groups() {
    let few = report(&judged(60, 6, 120.0), 1);
    let many = report(&judged(600, 200, 120.0), 1);
    let width = |report: &Report| {
        let (low, high) = report.srcc_interval.expect("interval");
        let srcc = report.srcc.expect("srcc");
        assert!(low < srcc && srcc < high, "{low} {srcc} {high}");
        high - low
    };
    assert!(width(&many) < width(&few));
    assert_eq!((few.n, few.groups), (60, 6));
    assert_eq!(few, report(&judged(60, 6, 120.0), 1));
}

#[test]
fn perfect_and_too_few_are_told_apart() {
    let (low, high) = report(&judged(50, 10, 0.0), 1).srcc_interval.expect("interval");
    assert!(low > 1.0 - 1e-12 && high <= 1.0);
    assert_eq!(report(&judged(10, 2, 0.0), 1).srcc_interval, None);
    assert_eq!(report(&[], 1), Report::default());
}

#[test]
fn measures_agree_with_the_plain_ones_and_their_intervals_hold_them() {
    let photos = photos(300, 3, 15.0, 15.0);
    let evaluation = evaluate(&photos, &SETTINGS);
    let scores: Vec<f64> = photos.iter().map(|photo| photo.score.value).collect();
    let labels: Vec<f64> = photos.iter().map(|photo| photo.label).collect();
    let good: Vec<bool> = labels.iter().map(|label| *label >= 50.0).collect();
    let groups: Vec<usize> = (0..300).map(|index| index / 3).collect();
    use crate::train::metrics as plain;
    let expected = [
        (Measure::Srcc, plain::srcc(&scores, &labels)),
        (Measure::Plcc, plain::plcc(&scores, &labels)),
        (Measure::PlccLogistic, plain::plcc_logistic(&scores, &labels)),
        (Measure::Krcc, plain::krcc(&scores, &labels)),
        (Measure::Mae, plain::mae(&scores, &labels)),
        (Measure::Rmse, plain::rmse(&scores, &labels)),
        (Measure::PairAccuracy, plain::pair_accuracy(&scores, &labels, &groups)),
        (Measure::Auc, plain::auc(&scores, &good)),
        (Measure::Coverage, Some(photos.iter().filter(|photo| photo.is_covered()).count() as f64 / 300.0)),
        (Measure::Bias, Some(photos.iter().map(EvaluatedPhoto::residual).sum::<f64>() / 300.0)),
    ];
    assert_eq!(expected.len(), Measure::ALL.len());
    for (measure, plain) in expected {
        let found = evaluation.all.get(measure).expect("measured");
        let (value, plain) = (found.value.expect("defined"), plain.expect("defined"));
        assert!((value - plain).abs() < 1e-9, "{measure:?}: {value}, not {plain}");
        let (low, high) = found.interval.expect("interval");
        assert!(low < value && value < high, "{measure:?}: {low} {value} {high}");
    }
    // Uniform noise of ±15 lies within ±13.5 in 90 % of all cases.
    assert!((0.8..0.97).contains(&evaluation.all.get(Measure::Coverage).and_then(|c| c.value).expect("defined")));
    assert_eq!(evaluation, evaluate(&photos, &SETTINGS), "a seed repeats its numbers on any number of threads");
}

#[test]
fn subsets_groups_and_worst_photos_are_those_of_the_photos() {
    let mut photos = photos(90, 3, 5.0, 5.0);
    photos[40].score.value = photos[40].label - 60.0;
    let evaluation = evaluate(&photos, &SETTINGS);
    let sizes: Vec<(&str, usize)> =
        evaluation.subsets.iter().map(|subset| (subset.name.as_str(), subset.summary.n)).collect();
    assert_eq!(sizes, [("studio", 60), ("web", 30)]);
    assert_eq!((evaluation.worst[0], evaluation.worst.len()), (40, 24));
    assert_eq!((evaluation.groups.len(), evaluation.groups[0].name.as_str()), (30, "g0013"));
    assert!(evaluation.groups[0].mae > 20.0 && evaluation.groups[1].mae < 5.0);
    let alone = evaluate(&self::photos(40, 1, 5.0, 5.0), &SETTINGS);
    assert!(alone.groups.is_empty() && alone.all.get(Measure::PairAccuracy).expect("listed").value.is_none());
}

#[test]
fn photos_of_one_group_are_drawn_together() {
    let grouped = photos(300, 30, 15.0, 15.0);
    let alone: Vec<_> =
        grouped.iter().enumerate().map(|(i, p)| EvaluatedPhoto { group: format!("{i}"), ..p.clone() }).collect();
    let width = |photos: &[EvaluatedPhoto]| {
        let (low, high) = evaluate(photos, &SETTINGS).calibration[4].label_interval.expect("interval");
        high - low
    };
    assert!(width(&grouped) > 1.3 * width(&alone), "{} {}", width(&grouped), width(&alone));
}

#[test]
fn calibration_tells_a_kind_model_from_an_honest_one() {
    let honest = photos(200, 2, 5.0, 5.0);
    let evaluation = evaluate(&honest, &SETTINGS);
    assert_eq!(evaluation.calibration.iter().map(|bin| bin.n).collect::<Vec<_>>(), [20; 10]);
    assert!(evaluation.calibration.windows(2).all(|two| two[0].range.1 < two[1].range.0));
    assert!(evaluation.calibration_error.expect("known") < 2.0);
    let mut kind = honest;
    kind.iter_mut().for_each(|photo| photo.score.value += 10.0);
    let evaluation = evaluate(&kind, &SETTINGS);
    assert!((evaluation.calibration_error.expect("known") - 10.0).abs() < 1.5);
    assert!((evaluation.residuals.quantiles[2] - 10.0).abs() < 1.5);
    // A model that says the same of every photo has one bin.
    kind.iter_mut().for_each(|photo| photo.score.value = 40.0);
    assert_eq!(evaluate(&kind, &SETTINGS).calibration.len(), 1);
}

#[test]
fn the_ceiling_matches_scipy_and_knows_its_source() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/fixtures/metrics/metrics.json")).expect("JSON");
    let fixture = &fixture["ceiling"];
    let mut rated = photos(40, 1, 5.0, 5.0);
    for (photo, ratings) in rated.iter_mut().zip(fixture["ratings"].as_array().expect("ratings")) {
        let rating = |(index, value): (usize, &serde_json::Value)| Rating {
            rater: format!("rater {index}"),
            value: value.as_f64().expect("number"),
        };
        photo.ratings = ratings.as_array().expect("row").iter().enumerate().map(rating).collect();
    }
    let ceiling = evaluate(&rated, &SETTINGS).ceiling.expect("four raters");
    assert_eq!((ceiling.source, ceiling.n, ceiling.ratings), (CeilingSource::Raters, 40, 4.0));
    // Photos are split independently of each other here, raters as a whole there.
    let expected = |key: &str| fixture[key].as_f64().expect("number");
    assert!((ceiling.half - expected("half")).abs() < 0.02, "{}", ceiling.half);
    assert!((ceiling.panel - expected("whole")).abs() < 0.012, "{}", ceiling.panel);

    let one = |rating: &mut Rating| "anna".clone_into(&mut rating.rater);
    rated.iter_mut().for_each(|photo| photo.ratings.iter_mut().for_each(one));
    let repeats = evaluate(&rated, &SETTINGS).ceiling.expect("four ratings");
    assert_eq!(repeats.source, CeilingSource::Repeats);
    rated.iter_mut().for_each(|photo| photo.ratings.truncate(1));
    assert_eq!(evaluate(&rated, &SETTINGS).ceiling, None);
}

#[test]
fn a_better_model_a_worse_one_and_the_same_are_told_apart() {
    let verdict = |noise, against| compare(&photos(240, 2, noise, against), &SETTINGS);
    let better = verdict(5.0, 40.0);
    assert_eq!((better.verdict, better.n), (Verdict::Better, 240));
    assert!(better.text("B").starts_with("better than B: SRCC +0."), "{}", better.text("B"));
    assert_eq!(verdict(40.0, 5.0).verdict, Verdict::Worse);
    let alike = verdict(20.0, 20.0);
    assert_eq!(alike.verdict, Verdict::NotBetter);
    assert!(alike.text("B").starts_with("not better than B: SRCC "), "{}", alike.text("B"));
    let few = compare(&photos(240, 120, 5.0, 40.0), &SETTINGS);
    assert_eq!(few.verdict, Verdict::Unknown);
}

#[test]
fn pairing_finds_differences_that_two_intervals_would_hide() {
    let mut photos = photos(200, 1, 12.0, 0.0);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for photo in &mut photos {
        // The other model makes the same errors and a few of its own.
        let value = photo.score.value + 8.0 * (2.0 * uniform(&mut rng) - 1.0);
        photo.against = Some(Score { value, ..photo.score });
    }
    let comparison = compare(&photos, &SETTINGS);
    let interval = |photos: &[EvaluatedPhoto]| {
        evaluate(photos, &SETTINGS).all.get(Measure::Srcc).and_then(|srcc| srcc.interval).expect("interval")
    };
    let first = interval(&photos);
    photos.iter_mut().for_each(|photo| photo.score = photo.against.expect("scored"));
    let second = interval(&photos);
    assert!(second.1 > first.0, "alone, the two intervals overlap: {first:?} {second:?}");
    assert_eq!(comparison.verdict, Verdict::Better);
}

#[test]
fn two_thousand_photos_are_evaluated_quickly() {
    let photos = photos(2000, 4, 15.0, 18.0);
    let started = std::time::Instant::now();
    let evaluation = evaluate(&photos, &SETTINGS);
    let evaluated = started.elapsed();
    let comparison = compare(&photos, &SETTINGS);
    eprintln!("2,000 photos x 2,000 resamples: evaluation {evaluated:.2?}, with comparison {:.2?}", started.elapsed());
    assert!(evaluation.all.get(Measure::Srcc).and_then(|srcc| srcc.interval).is_some());
    assert_eq!(comparison.n, 2000);
    assert!(started.elapsed().as_secs() < 60, "a pass over sorted values a draw, not a sort: {evaluated:?}");
}
