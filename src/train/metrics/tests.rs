//! Every measure against SciPy and scikit-learn (see `tests/fixtures/metrics`), plain and counted.

use serde_json::Value;

use super::*;

struct Case {
    name: String,
    scores: Vec<f64>,
    labels: Vec<f64>,
    groups: Vec<usize>,
    counts: Vec<f64>,
    good: Vec<bool>,
    plain: Value,
    counted: Value,
}

fn cases() -> Vec<Case> {
    let fixture: Value =
        serde_json::from_str(include_str!("../../../tests/fixtures/metrics/metrics.json")).expect("JSON");
    let case = |case: &Value| {
        let numbers = |key: &str| -> Vec<f64> {
            case[key].as_array().expect(key).iter().map(|value| value.as_f64().expect("number")).collect()
        };
        let (labels, threshold) = (numbers("labels"), case["threshold"].as_f64().expect("threshold"));
        Case {
            name: case["name"].as_str().expect("name").to_owned(),
            scores: numbers("scores"),
            groups: numbers("groups").into_iter().map(|group| group as usize).collect(),
            counts: numbers("counts"),
            good: labels.iter().map(|label| *label >= threshold).collect(),
            labels,
            plain: case["plain"].clone(),
            counted: case["counted"].clone(),
        }
    };
    fixture["cases"].as_array().expect("cases").iter().map(case).collect()
}

#[track_caller]
fn check(case: &str, name: &str, found: Option<f64>, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.expect(name), expected[name].as_f64().expect(name));
    assert!((found - expected).abs() < tolerance, "{case} {name}: {found}, not {expected}");
}

/// The best curve of `smooth` has no upper end: how far a fit goes towards it is a matter of patience.
fn tolerance(case: &Case) -> f64 {
    if case.name == "smooth" { 2e-3 } else { 1e-6 }
}

#[test]
fn plain_measures_match_scipy_and_scikit_learn() {
    let cases = cases();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (x, y, expected) = (&case.scores, &case.labels, &case.plain);
        let measured = [
            ("srcc", srcc(x, y)),
            ("krcc", krcc(x, y)),
            ("plcc", plcc(x, y)),
            ("mae", mae(x, y)),
            ("rmse", rmse(x, y)),
            ("pair_accuracy", pair_accuracy(x, y, &case.groups)),
            ("auc", auc(x, &case.good)),
        ];
        measured.into_iter().for_each(|(name, found)| check(&case.name, name, found, expected, 1e-9));
        check(&case.name, "plcc_logistic", plcc_logistic(x, y), expected, tolerance(&case));
    }
}

#[test]
fn counted_measures_are_those_of_photos_written_out() {
    for case in cases() {
        let (x, y, counts, expected) = (&case.scores, &case.labels, &case.counts, &case.counted);
        let (by_x, by_y) = (Order::of(x), Order::of(y));
        let measured = [
            ("srcc", srcc_counted(&by_x, &by_y, counts)),
            ("krcc", krcc_counted(&by_x, &by_y, counts)),
            ("plcc", plcc_counted(x, y, counts)),
            ("auc", auc_counted(&by_x, &case.good, counts)),
        ];
        measured.into_iter().for_each(|(name, found)| check(&case.name, name, found, expected, 1e-9));
        let start = Logistic::fit(x, y, &vec![1.0; x.len()], None);
        assert!(start.is_some(), "{}: the plain fit converges", case.name);
        for start in [None, start] {
            let fitted = plcc_fitted(x, y, counts, start);
            check(&case.name, "plcc_logistic", fitted.map(|(value, _)| value), expected, tolerance(&case));
        }
    }
}

#[test]
fn a_curve_is_found_again_and_scores_against_the_labels_are_not_excused() {
    let curve = Logistic { b: [92.0, 12.0, 55.0, 9.0] };
    let x: Vec<f64> = (0..50).map(|step| 2.0 * f64::from(step)).collect();
    let y: Vec<f64> = x.iter().map(|x| curve.at(*x)).collect();
    let found = Logistic::fit(&x, &y, &vec![1.0; x.len()], None).expect("converges");
    for (found, expected) in found.b.iter().zip(curve.b) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
    assert!(plcc_logistic(&x, &y).expect("fits") > plcc(&x, &y).expect("varies"));
    let down: Vec<f64> = y.iter().map(|y| 100.0 - y).collect();
    assert!(plcc_logistic(&x, &down).expect("fits") < -0.999);
}

#[test]
fn without_a_fit_the_plain_correlation_stands() {
    let few: ([f64; 5], [f64; 5]) = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 3.0, 2.0, 5.0, 4.0]);
    assert_eq!(plcc_logistic(&few.0, &few.1), plcc(&few.0, &few.1));
    // A straight line has no ends: whether the fit stops or not, nothing is lost.
    let line: Vec<f64> = (0..30).map(f64::from).collect();
    assert!((plcc_logistic(&line, &line).expect("varies") - 1.0).abs() < 1e-6);
    // Two values make a step, however narrow the curve gets.
    let step: Vec<f64> = (0..30).map(|index| f64::from(index / 15)).collect();
    assert!((plcc_logistic(&step, &step).expect("varies") - 1.0).abs() < 1e-9);
}

#[test]
fn what_does_not_vary_or_is_no_number_has_no_correlation() {
    assert_eq!(srcc(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    assert_eq!(plcc(&[0.1; 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), None);
    assert_eq!(plcc(&[1.0], &[1.0]), None);
    assert_eq!(krcc(&[2.0, 2.0], &[1.0, 3.0]), None);
    assert_eq!(mae(&[], &[]), None);
    assert_eq!(srcc(&[f64::NAN, 1.0, 2.0], &[1.0, 2.0, 3.0]), None);
    assert_eq!(krcc(&[], &[]), None);
    assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
    assert_eq!(pair_accuracy(&[1.0, 2.0], &[1.0, 2.0], &[0, 1]), None);
    assert_eq!(pair_accuracy(&[1.0, 2.0], &[5.0, 5.0], &[0, 0]), None);
}

#[test]
fn zero_has_no_sign_in_an_order() {
    assert_eq!(srcc(&[0.0, -0.0, 1.0], &[1.0, 1.0, 2.0]), Some(1.0));
}
