//! Every loss against numbers from another implementation, and on batches that offer nothing to learn from.

use burn::tensor::Device;

use super::*;
use crate::domain::{Calibration, Histogram};

const PREDICTED: [f32; 4] = [0.5, -1.0, 3.0, 2.0];
const TARGET: [f32; 4] = [0.0, 0.0, 0.0, 2.0];

/// The kinds that need nothing but scores.
const OF_SCORES: [LossKind; 6] =
    [LossKind::Huber, LossKind::Mse, LossKind::Mae, LossKind::Plcc, LossKind::Rank, LossKind::Margin];

fn value(loss: Tensor<1>) -> f64 {
    f64::from(loss.into_scalar::<f32>())
}

fn computed(kind: LossKind, predicted: &[f32], target: &[f32]) -> f64 {
    let device = Device::flex();
    value(loss(kind, 1.0, &Tensor::from_data(predicted, &device), &Tensor::from_data(target, &device)))
}

/// The gradient of a loss at `predicted`.
fn slope(loss: &dyn Fn(Tensor<1>, Tensor<1>) -> Tensor<1>, predicted: &[f32], target: &[f32]) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let predicted = Tensor::<1>::from_data(predicted, &device).require_grad();
    let gradients = loss(predicted.clone(), Tensor::from_data(target, &device)).backward();
    predicted.grad(&gradients).expect("gradient").into_data().iter().collect()
}

#[test]
fn values_match_pytorch() {
    // torch 2: mse_loss, l1_loss, huber_loss(delta=1.0) of these vectors.
    for (kind, expected) in [(LossKind::Mse, 2.5625), (LossKind::Mae, 1.125), (LossKind::Huber, 0.78125)] {
        let found = computed(kind, &PREDICTED, &TARGET);
        assert!((found - expected).abs() < 1e-6, "{kind:?}: {found}");
    }
}

#[test]
fn correlation_and_order_match_scipy() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/metrics/losses.json")).expect("JSON");
    let floats = |value: &serde_json::Value| -> Vec<f32> {
        value.as_array().expect("array").iter().map(|value| value.as_f64().expect("number") as f32).collect()
    };
    let cases = fixture["pairs"].as_array().expect("pairs");
    assert!(cases.len() >= 3);
    for case in cases {
        let (predicted, target) = (floats(&case["predicted"]), floats(&case["target"]));
        for kind in [LossKind::Plcc, LossKind::Rank, LossKind::Margin] {
            let expected = case[kind.name()].as_f64().expect("number");
            let found = computed(kind, &predicted, &target);
            assert!((found - expected).abs() < 2e-5, "{} {kind:?}: {found}, not {expected}", case["name"]);
        }
    }
    let device = Device::flex();
    let rows = |value: &serde_json::Value| {
        let rows: Vec<Vec<f32>> = value.as_array().expect("rows").iter().map(floats).collect();
        let shape = [rows.len(), rows[0].len()];
        Tensor::<1>::from_data(rows.concat().as_slice(), &device).reshape(shape)
    };
    let distributions = &fixture["distributions"];
    let found = value(emd(rows(&distributions["predicted"]), rows(&distributions["target"])));
    let expected = distributions["emd"].as_f64().expect("number");
    assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
}

#[test]
fn a_sum_weighs_its_terms() {
    let device = Device::flex();
    let tensors = || (Tensor::from_data(PREDICTED, &device), Tensor::from_data(TARGET, &device));
    let (predicted, target) = tensors();
    let sum = Loss::sum(&[(LossKind::Huber, 1.0), (LossKind::Plcc, 0.5), (LossKind::Rank, 2.0)]).expect("sound");
    let found = value(loss(sum, 1.0, &predicted, &target));
    let alone = |kind| computed(kind, &PREDICTED, &TARGET);
    let expected = alone(LossKind::Huber) + 0.5 * alone(LossKind::Plcc) + 2.0 * alone(LossKind::Rank);
    assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
}

#[test]
fn gradients_point_downhill() {
    for kind in OF_SCORES {
        // The first photo is scored above the second, and the labels say the opposite.
        let slope = slope(&|p, t| loss(kind, 1.0, &p, &t), &[1.0, -1.0, 0.5, -0.5], &[-1.0, 1.0, 1.0, -1.0]);
        assert!(slope[0] > 0.0 && slope[1] < 0.0, "{kind:?}: {slope:?}");
    }
}

#[test]
fn gradients_stay_finite_where_there_is_nothing_to_learn_from() {
    let everything = Loss::sum(&OF_SCORES.map(|kind| (kind, 1.0))).expect("sound");
    let batches: [(&[f32], &[f32]); 6] = [
        (&[0.3; 4], &[0.3; 4]),
        (&[0.3; 4], &[1.0, -1.0, 0.5, 0.0]),
        (&[1.0, -1.0, 0.5, 0.0], &[0.3; 4]),
        (&[0.7], &[-0.2]),
        (&[900.0, -900.0, 900.0], &[-1.0, 1.0, 1.0]),
        (&[1e-20, 0.0], &[0.0, 1e-20]),
    ];
    for (predicted, target) in batches {
        let slope = slope(&|p, t| loss(everything, 1.0, &p, &t), predicted, target);
        assert!(slope.iter().all(|slope| slope.is_finite()), "{predicted:?} {target:?}: {slope:?}");
        for kind in OF_SCORES {
            assert!(computed(kind, predicted, target).is_finite(), "{kind:?} {predicted:?} {target:?}");
        }
    }
    // Equal labels say nothing about the order, and one photo has none.
    assert_eq!(computed(LossKind::Margin, &[1.0, 2.0], &[0.5, 0.5]), 0.0);
    assert!(computed(LossKind::Rank, &[1.0], &[0.5]).abs() < 1e-6);
    assert!((computed(LossKind::Plcc, &[1.0, 1.0], &[0.0, 2.0]) - 1.0).abs() < 1e-6);
}

#[test]
fn equal_distributions_cost_nothing_and_have_a_finite_gradient() {
    let device = Device::flex().autodiff();
    let target = || Tensor::<2>::from_data([[0.1_f32, 0.2, 0.7], [1.0, 0.0, 0.0]], &device);
    let predicted = target().require_grad();
    let loss = emd(predicted.clone(), target());
    let gradients = loss.backward();
    let slope: Vec<f32> = predicted.grad(&gradients).expect("gradient").into_data().iter().collect();
    assert!(value(loss) < 1e-5);
    assert!(slope.iter().all(|slope| slope.is_finite()), "{slope:?}");
    // Votes on a neighbouring level are nearer than votes on the other end.
    let at = |level: [f32; 3]| {
        value(emd(Tensor::from_data([[1.0_f32, 0.0, 0.0]], &device), Tensor::from_data([level], &device)))
    };
    assert!(at([0.0, 1.0, 0.0]) < at([0.0, 0.0, 1.0]));
}

fn votes_fixture() -> (serde_json::Value, Calibration, Vec<Option<Histogram>>) {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/metrics/losses.json")).expect("JSON");
    let case = fixture["votes"].clone();
    let number = |key: &str| case[key].as_f64().expect("number");
    let calibration = Calibration { mean: number("mean"), std: number("std") };
    let histogram = |votes: &serde_json::Value| {
        let votes: Vec<f64> =
            votes.as_array().expect("votes").iter().map(|vote| vote.as_f64().expect("vote")).collect();
        Histogram::of(&votes)
    };
    let histograms = case["votes"].as_array().expect("photos").iter().map(histogram).collect();
    (case, calibration, histograms)
}

fn column(values: &serde_json::Value) -> Vec<f32> {
    values.as_array().expect("numbers").iter().map(|value| value.as_f64().expect("number") as f32).collect()
}

#[test]
fn the_distance_of_votes_matches_scipy() {
    let (case, calibration, histograms) = votes_fixture();
    let device = Device::flex();
    let tensor = |values: &[f32]| Tensor::<1>::from_data(values, &device);
    let (score, spread) = (column(&case["score"]), column(&case["log_variance"]));
    let all = Votes::new(&histograms, calibration, &device);
    let found = value(emd_of_votes(tensor(&score), tensor(&spread), &all));
    let expected = case["emd"].as_f64().expect("number");
    assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
    for (index, expected) in column(&case["distances"]).into_iter().enumerate() {
        let one = Votes::new(&histograms[index..=index], calibration, &device);
        let found = value(emd_of_votes(tensor(&score[index..=index]), tensor(&spread[index..=index]), &one));
        assert!((found - f64::from(expected)).abs() < 1e-5, "{index}: {found}, not {expected}");
    }
    let none = Votes::new(&[None, None], calibration, &device);
    assert_eq!(value(emd_of_votes(tensor(&score[..2]), tensor(&spread[..2]), &none)), 0.0);
}

#[test]
fn votes_pull_score_and_spread_toward_them() {
    let device = Device::flex().autodiff();
    let calibration = Calibration { mean: 50.0, std: 20.0 };
    // Far below a vote, between two that disagree, on top of an agreement, and without votes.
    let histograms = [Histogram::of(&[100.0]), Histogram::of(&[0.0, 100.0]), Histogram::of(&[50.0, 50.0, 50.0]), None];
    let votes = Votes::new(&histograms, calibration, &device);
    let score = Tensor::<1>::from_data([-2.5_f32, 0.0, 0.0, 0.0], &device).require_grad();
    let spread = Tensor::<1>::from_data([-9.0_f32, -2.0, 0.0, 0.0], &device).require_grad();
    let gradients = emd_of_votes(score.clone(), spread.clone(), &votes).backward();
    let of =
        |tensor: &Tensor<1>| tensor.grad(&gradients).expect("gradient").into_data().iter::<f32>().collect::<Vec<_>>();
    let (score, spread) = (of(&score), of(&spread));
    assert!(score.iter().chain(&spread).all(|slope| slope.is_finite()), "{score:?} {spread:?}");
    assert!(score[0] < 0.0, "upwards: {score:?}");
    assert!(spread[1] < 0.0 && spread[2] > 0.0, "wider where votes disagree, narrower where they agree: {spread:?}");
    assert_eq!((score[3], spread[3]), (0.0, 0.0));
}
