//! The packs that ship: whole, sourced, and every limit tried at, just inside and just outside itself.

use jiff::civil::date;

use super::*;
use crate::domain::{Attribute, ColourMode, PhotoFormat};

const TODAY: Date = date(2026, 11, 23);
const NAMES: [&str; 8] =
    ["amazon-main", "amazon-secondary", "ebay", "google-shopping", "house", "shopify", "walmart", "zalando"];

/// A photo that a pack has nothing to say against.
fn flawless(pack: &str) -> Attributes {
    use Attribute as A;
    let (width, height) = match pack {
        "zalando" => (1801.0, 2600.0),
        _ => (2200.0, 2200.0),
    };
    let values = [
        (A::Width, width),
        (A::Height, height),
        (A::LongestSide, f64::max(width, height)),
        (A::ShortestSide, f64::min(width, height)),
        (A::Megapixels, width * height / 1e6),
        (A::AspectRatio, width / height),
        (A::FileSize, 1.5),
        (A::BitDepth, 8.0),
        (A::Blur, 0.4),
        (A::Brightness, 127.0),
        (A::Contrast, 50.0),
        (A::Clipped, 0.02),
        (A::JpegQuality, 92.0),
        (A::SpectrumCutoff, 0.9),
        (A::PureBorder, 1.0),
        (A::WhiteBackground, 1.0),
        (A::PureBackground, 0.97),
        (A::WhiteBackground, 0.99),
        (A::Fill, 0.88),
        (A::FrameWidth, 0.0),
        (A::Overlay, 0.0),
        (A::Entropy, 3.0),
    ];
    let mut attributes = Attributes::default();
    attributes.file = Some((PhotoFormat::Jpeg, ColourMode::Rgb));
    values.into_iter().fold(attributes, |attributes, (attribute, value)| attributes.with(attribute, value))
}

fn judged(pack: &str, attributes: &Attributes, today: Date) -> Outcome {
    outcome(&Library::default().find(pack).expect("ships").judge(attributes, today))
}

#[test]
fn every_pack_that_ships_is_whole_and_passes_a_flawless_photo() {
    let entries = Library::default().list();
    assert_eq!(entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), NAMES);
    for entry in &entries {
        assert_eq!((entry.error.as_deref(), &entry.place), (None, &Place::BuiltIn), "{}", entry.name);
        let pack = Library::default().find(&entry.name).expect("ships");
        assert_eq!(pack.name, entry.name, "the file answers to its own name");
        assert!(pack.date <= TODAY && pack.source.len() > 80, "{}", pack.name);
        assert!(pack.name == "house" || pack.source.contains("https://"), "{} cites no page", pack.name);
        for rule in &pack.rules {
            assert!(rule.fix.ends_with('.') && !rule.message.ends_with('.'), "{}: {}", pack.name, rule.message);
        }
        let verdicts = pack.judge(&flawless(&entry.name), TODAY);
        assert_eq!(reason(&verdicts), None, "{}", entry.name);
        assert!(verdicts.iter().all(|verdict| verdict.value.is_some()), "{}: the table above lacks one", entry.name);
    }
}

#[test]
fn every_pack_has_the_same_blur_rule() {
    for name in NAMES {
        let pack = Library::default().find(name).expect("ships");
        let blur = |rule: &&Arc<Rule>| rule.measure == Measure::Number(Attribute::Blur);
        let first = pack.rules.iter().find(blur).unwrap_or_else(|| panic!("{name} has no blur rule"));
        assert_eq!((&first.limit, first.severity), (&Limit::Max(1.2), Severity::Fail), "{name}");
    }
}

/// Attribute, the value at the limit, one just outside it, and what the latter gives.
type Edge = (Attribute, f64, f64, Outcome);

#[test]
fn every_limit_holds_at_itself_and_not_just_outside() {
    use Attribute as A;
    use Outcome::{Fail, Warn};
    let white = [(A::WhiteBackground, 0.75, 0.74, Fail), (A::PureBorder, 0.98, 0.979, Warn)];
    let marks = [(A::Overlay, 0.01, 0.011, Fail), (A::FrameWidth, 0.005, 0.0051, Fail)];
    let amazon = [
        (A::LongestSide, 1600.0, 1599.0, Warn),
        (A::LongestSide, 1600.0, 999.0, Warn),
        (A::LongestSide, 1600.0, 500.0, Warn),
        (A::LongestSide, 1600.0, 499.0, Fail),
        (A::LongestSide, 10_000.0, 10_001.0, Fail),
    ];
    let cases: [(&str, Vec<Edge>); 7] = [
        (
            "amazon-main",
            [&white[..], &marks, &amazon, &[(A::Fill, 0.85, 0.849, Fail), (A::PureBackground, 0.9, 0.89, Warn)]]
                .concat(),
        ),
        ("amazon-secondary", [&amazon[..], &[(A::Fill, 0.85, 0.849, Warn)]].concat()),
        (
            "ebay",
            [
                &marks[..],
                &[
                    (A::LongestSide, 1600.0, 1599.0, Warn),
                    (A::LongestSide, 1600.0, 500.0, Warn),
                    (A::LongestSide, 1600.0, 499.0, Fail),
                    (A::FileSize, 12.0, 12.01, Fail),
                    (A::JpegQuality, 90.0, 89.0, Warn),
                ],
            ]
            .concat(),
        ),
        (
            "google-shopping",
            [
                &marks[..],
                &[
                    (A::ShortestSide, 1500.0, 1499.0, Warn),
                    (A::ShortestSide, 1500.0, 100.0, Warn),
                    (A::ShortestSide, 1500.0, 99.0, Fail),
                    (A::Megapixels, 64.0, 64.1, Fail),
                    (A::FileSize, 16.0, 16.1, Fail),
                    (A::Fill, 0.75, 0.74, Warn),
                    (A::Fill, 0.9, 0.91, Warn),
                    (A::SpectrumCutoff, 0.4, 0.39, Warn),
                ],
            ]
            .concat(),
        ),
        (
            "walmart",
            [
                &white[..],
                &marks,
                &[
                    (A::ShortestSide, 2200.0, 2199.0, Warn),
                    (A::FileSize, 5.0, 5.01, Fail),
                    (A::BitDepth, 8.0, 16.0, Fail),
                    (A::AspectRatio, 0.99, 0.98, Fail),
                    (A::AspectRatio, 1.01, 1.02, Fail),
                ],
            ]
            .concat(),
        ),
        (
            "zalando",
            [
                &white[..1],
                &[
                    (A::Width, 1801.0, 1800.0, Warn),
                    (A::Width, 1801.0, 761.0, Fail),
                    (A::Height, 2600.0, 2599.0, Warn),
                    (A::Height, 2600.0, 1099.0, Fail),
                    (A::FileSize, 20.0, 20.1, Fail),
                    (A::AspectRatio, 1.0 / 1.44, 0.71, Fail),
                    (A::AspectRatio, 762.0 / 1100.0, 0.67, Fail),
                ],
            ]
            .concat(),
        ),
        (
            "shopify",
            vec![
                (A::LongestSide, 2048.0, 2047.0, Warn),
                (A::LongestSide, 5000.0, 5001.0, Fail),
                (A::ShortestSide, 800.0, 799.0, Warn),
                (A::Megapixels, 25.0, 25.1, Fail),
                (A::FileSize, 20.0, 20.1, Fail),
            ],
        ),
    ];
    for (pack, edges) in cases {
        for (attribute, at, outside, given) in edges {
            let with = |value: f64| judged(pack, &flawless(pack).with(attribute, value), TODAY);
            assert_eq!(with(at), Outcome::Pass, "{pack}: {attribute:?} {at}");
            assert_eq!(with(outside), given, "{pack}: {attribute:?} {outside}");
        }
        assert_eq!(judged(pack, &flawless(pack).with(A::Blur, 1.21), TODAY), Fail, "{pack}");
    }
}

#[test]
fn formats_and_colour_modes_are_those_each_shop_takes() {
    use PhotoFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let with = |pack: &str, format, mode| {
        let mut attributes = flawless(pack);
        attributes.file = Some((format, mode));
        judged(pack, &attributes, TODAY)
    };
    for (pack, taken) in [
        ("amazon-main", &[Jpeg, Png, Gif, Tiff][..]),
        ("amazon-secondary", &[Jpeg, Png, Gif, Tiff]),
        ("ebay", &[Jpeg, Png, WebP, Bmp, Gif, Tiff]),
        ("google-shopping", &[Jpeg, Png, WebP, Bmp, Gif, Tiff]),
        ("walmart", &[Jpeg, Png, Bmp]),
        ("zalando", &[Jpeg]),
    ] {
        for format in [Jpeg, Png, WebP, Bmp, Gif, Tiff] {
            let wanted = if taken.contains(&format) { Outcome::Pass } else { Outcome::Fail };
            assert_eq!(with(pack, format, ColourMode::Rgb), wanted, "{pack}: {format:?}");
        }
    }
    assert_eq!(with("shopify", Tiff, ColourMode::Rgb), Outcome::Warn);
    assert_eq!(with("shopify", WebP, ColourMode::Rgb), Outcome::Pass);
    assert_eq!(with("amazon-main", Jpeg, ColourMode::Cmyk), Outcome::Warn);
    assert_eq!(with("walmart", Jpeg, ColourMode::Cmyk), Outcome::Fail);
    assert_eq!(with("walmart", Jpeg, ColourMode::Grey), Outcome::Fail);
}

#[test]
fn google_asks_for_500_pixels_from_31_january_2027() {
    let small = |side: f64| flawless("google-shopping").with(Attribute::ShortestSide, side);
    let (before, after) = (date(2027, 1, 30), date(2027, 1, 31));
    for (side, day, given) in [
        (99.0, before, Outcome::Fail),
        (100.0, before, Outcome::Warn),
        (499.0, before, Outcome::Warn),
        (499.0, after, Outcome::Fail),
        (500.0, after, Outcome::Warn),
        (1500.0, after, Outcome::Pass),
    ] {
        assert_eq!(judged("google-shopping", &small(side), day), given, "{side} on {day}");
    }
    let pack = Library::default().find("google-shopping").expect("ships");
    let texts = |side: f64, day: Date| -> Vec<String> {
        let verdicts = pack.judge(&small(side), day);
        verdicts.iter().filter(|verdict| !verdict.passed()).map(Verdict::text).collect()
    };
    let early = texts(300.0, before);
    assert!(
        early.contains(&"Too small for Google from 31 Jan 2027: shortest side 300 px, want 500 px or more".to_owned())
    );
    assert!(!early.iter().any(|text| text.contains("clothing")));
    assert!(texts(249.0, before).iter().any(|text| text.contains("clothing")));
    let late = texts(90.0, after);
    assert!(!late.iter().any(|text| text.contains("clothing") || text.contains("100 px")), "{late:?}");
    assert_eq!(late[0], "Too small for Google: shortest side 90 px, want 500 px or more");
}

#[test]
fn the_page_on_rule_packs_names_every_measure_and_word_and_its_example_is_a_pack() {
    let page = include_str!("../../docs/rules.md");
    for measure in Measure::all() {
        assert!(page.contains(&format!("`{}`", measure.name())), "{} is not described", measure.name());
        for word in measure.choices() {
            assert!(page.contains(&format!("`{word}`")), "{word} is not described");
        }
    }
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("example");
    assert_eq!(pack::parse(example, "docs/rules.md").expect("parses").rules.len(), 3);
    for name in NAMES {
        assert!(page.contains(&format!("`{name}`")), "{name} is not named");
    }
}
