//! Counts and standings on a small catalogue.

use std::path::Path;

use super::*;

const TODAY: Date = Date::constant(2025, 11, 23);

fn photo(id: i64, sha256: &str) -> Photo {
    Photo {
        id: ImageId(id),
        path: format!("/photos/{id}.jpg").into(),
        sha256: sha256.to_owned(),
        bytes: 1,
        modified_ms: 0,
        width: 10,
        height: 10,
        format: "jpeg".to_owned(),
        group: None,
        error: None,
        missing: false,
    }
}

fn sharp(value: f64) -> Attributes {
    let attributes = Attributes::default().with(Attribute::Sharpness, value).with(Attribute::LongestSide, 2000.0);
    attributes.with(Attribute::Blur, 20.0 / value)
}

fn catalogue() -> Catalogue {
    let mut photos = vec![photo(1, "a"), photo(2, "b"), photo(3, "a"), photo(4, "none"), photo(5, "b")];
    photos[4].missing = true;
    Catalogue::new(&photos, HashMap::from([("a".to_owned(), sharp(10.0)), ("b".to_owned(), sharp(900.0))]))
}

fn house() -> RulePack {
    rules::Library::default().find("house").expect("ships")
}

fn blurred(report: &Report) -> usize {
    report.tallies[report.pack.rules.iter().position(|rule| rule.message == "Blurred").expect("a rule")].broken
}

#[test]
fn same_bytes_share_their_measures_and_missing_files_do_not_count() {
    let catalogue = catalogue();
    assert_eq!((catalogue.entries.len(), catalogue.measured()), (4, 3));
    assert_eq!(catalogue.entry(ImageId(3)).and_then(|entry| entry.attributes.as_deref()), Some(&sharp(10.0)));
    assert_eq!(catalogue.entry(ImageId(5)), None);
}

#[test]
fn counts_follow_a_photo_that_is_measured_late() {
    let mut catalogue = catalogue();
    let mut report = Report::new(&catalogue, house(), TODAY);
    assert_eq!(report.totals, Totals { pass: 1, warn: 0, fail: 2, open: 1 });
    assert_eq!(blurred(&report), 2);
    let row = |path: &str, value| AuditRow {
        path: Path::new(path).to_owned(),
        sha256: String::new(),
        attributes: Some(sharp(value)),
        error: None,
    };
    let place = catalogue.take(&row("/photos/4.jpg", 5.0)).expect("is new");
    report.judge(place, catalogue.entries[place].attributes.as_deref());
    assert_eq!((report.totals.fail, report.totals.open, blurred(&report)), (3, 0, 3));
    let place = catalogue.take(&row("/photos/1.jpg", 800.0)).expect("has changed");
    report.judge(place, catalogue.entries[place].attributes.as_deref());
    assert_eq!(report, Report::new(&catalogue, house(), TODAY));
    assert_eq!(catalogue.take(&row("/photos/1.jpg", 800.0)), None, "nothing new");
    assert_eq!(catalogue.take(&row("/elsewhere/1.jpg", 800.0)), None);
}

#[test]
fn the_worst_rule_is_one_of_the_broken() {
    let report = Report::new(&catalogue(), house(), TODAY);
    let judged = &report.judged[0];
    assert_eq!(judged.judgement, Some(Judgement::Fail));
    let worst = judged.worst.expect("is broken");
    assert!(judged.broken.contains(&worst));
    assert_eq!(report.pack.rules[usize::from(worst)].message, "Blurred");
}

#[test]
fn a_value_stands_amid_its_equals() {
    let spread = Spread::new(&catalogue());
    let at = |value| spread.standing(Attribute::Sharpness, value).expect("three values");
    assert_eq!(at(900.0), Standing { below: 2.0 / 3.0, same: 1.0 / 3.0, of: 3 });
    assert!((at(10.0).middle() - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(spread.quartiles(Attribute::Sharpness), Some([10.0, 10.0, 10.0]));
    assert_eq!(spread.standing(Attribute::Noise, 1.0), None);
}
