//! Rule packs: verdicts, and errors that name file, line and field.

use super::*;
use crate::error::Code;

fn good() -> Attributes {
    let values = [
        (Attribute::Sharpness, 280.0),
        (Attribute::Brightness, 127.0),
        (Attribute::Contrast, 50.0),
        (Attribute::Clipped, 0.03),
        (Attribute::WhiteBorder, 0.9),
        (Attribute::Fill, 0.97),
        (Attribute::LongestSide, 1340.0),
    ];
    values.into_iter().fold(Attributes::default(), |attributes, (attribute, value)| attributes.with(attribute, value))
}

fn house(attributes: &Attributes) -> Option<String> {
    reason(&builtin("house").expect("ships").judge(attributes))
}

#[test]
fn the_house_pack_passes_a_good_packshot_and_names_each_defect() {
    assert_eq!(house(&good()), None);
    for (attribute, value, text) in [
        (Attribute::Sharpness, 12.0, "Blurred: sharpness 12, want 25 or more"),
        (Attribute::Sharpness, 24.9, "Blurred: sharpness 24.9, want 25 or more"),
        (Attribute::Sharpness, 50.0, "Soft, or with little detail: sharpness 50, want 60 or more"),
        (Attribute::Brightness, 10.0, "Far too dark: brightness 10, want 20 or more"),
        (Attribute::Brightness, 250.0, "Washed out: brightness 250, want 240 or less"),
        (Attribute::Clipped, 0.62, "Detail lost to pure black or white: clipped 62 %, want 40 % or less"),
        (Attribute::WhiteBorder, 0.1, "Backdrop is not white: white border 10 %, want 50 % or more"),
        (Attribute::Fill, 0.4996, "Product small in the frame: fill 49.96 %, want 50 % or more"),
        (Attribute::LongestSide, 900.0, "Too small to zoom: longest side 900 px, want 1000 px or more"),
    ] {
        assert_eq!(house(&good().with(attribute, value)).as_deref(), Some(text));
    }
}

#[test]
fn a_failure_goes_before_any_warning_and_the_furthest_first() {
    let blurred = good().with(Attribute::Sharpness, 24.0).with(Attribute::WhiteBorder, 0.0);
    let bad = blurred.with(Attribute::Brightness, 10.0).with(Attribute::LongestSide, 100.0);
    assert!(house(&bad).is_some_and(|text| text.starts_with("Far too dark")));
    assert!(house(&blurred).is_some_and(|text| text.starts_with("Blurred")));
    let warned = good().with(Attribute::Fill, 0.4).with(Attribute::WhiteBorder, 0.0);
    assert!(house(&warned).is_some_and(|text| text.starts_with("Backdrop")));
}

#[test]
fn verdicts_cover_every_rule_limits_are_inclusive_and_what_is_not_there_breaks_no_rule() {
    let pack = builtin("house").expect("ships");
    let verdicts = pack.judge(&good().with(Attribute::Sharpness, 25.0));
    assert_eq!(verdicts.len(), pack.rules.len());
    assert!(verdicts[0].passed());
    assert_eq!(verdicts[0].text(), "sharpness 25, want 25 or more");
    let absent = &pack.judge(&good().with(Attribute::Sharpness, None))[0];
    assert!(absent.passed() && absent.value.is_none());
}

const PACK: &str = "name = \"mine\"\ntitle = \"Mine\"\ndate = \"2026-01-31\"\nsource = \"me\"\n\n[[rule]]\n\
                    measure = \"fill\"\nmin = 0.85\nseverity = \"fail\"\nmessage = \"Small\"\nfix = \"Crop.\"\n";

#[test]
fn a_pack_of_ones_own_is_read_from_its_file() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, PACK).expect("writes");
    let pack = load(&path).expect("loads");
    assert_eq!((pack.name.as_str(), pack.rules.len()), ("mine", 1));
    let text = reason(&pack.judge(&good().with(Attribute::Fill, 0.5)));
    assert_eq!(text.as_deref(), Some("Small: fill 50 %, want 85 % or more"));
    assert_eq!(load(&folder.path().join("no.toml")).expect_err("missing").code, Code::NotFound);
}

#[test]
fn bad_packs_are_refused_with_file_line_and_field() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("mine.toml");
    for (good, bad, line, field) in [
        ("min = 0.85", "min = \"lots\"", Some(8), "min"),
        ("min = 0.85", "min = nan", Some(8), "min"),
        ("min = 0.85", "min = 0.85\nmax = 0.9", Some(9), "max"),
        ("min = 0.85\n", "", Some(6), "min or max"),
        ("min = 0.85", "minimum = 0.85", Some(8), "minimum"),
        ("\"fill\"", "\"beauty\"", Some(7), "measure"),
        ("\"fail\"", "\"reject\"", Some(9), "severity"),
        ("\"Small\"", "\"\"", Some(10), "message"),
        ("fix = \"Crop.\"\n", "", Some(6), "fix"),
        ("2026-01-31", "2026-02-30", Some(3), "date"),
        ("name = \"mine\"\n", "", None, "name"),
        ("title = \"Mine\"", "title = ", Some(2), "title"),
    ] {
        let text = PACK.replacen(good, bad, 1);
        assert_ne!(text, PACK, "{bad}");
        std::fs::write(&path, text).expect("writes");
        let error = load(&path).expect_err(bad);
        assert_eq!(error.code, Code::BadData);
        let place = line.map(|line| format!("mine.toml line {line}: ")).unwrap_or_default();
        assert!(error.summary.contains(&place) && error.summary.contains(field), "{bad:?} gives: {error}");
    }
    assert!(builtin("hose").expect_err("unknown").details.is_some_and(|text| text.contains("house")));
}

#[test]
fn real_packshots_pass_and_their_blurred_copies_are_named_blurred() {
    let root = std::env::var_os("PACKSHOT_TEST_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let folder = root.join("products/magento-luma");
    if !folder.is_dir() {
        eprintln!("skipped: no test photos at {}", folder.display());
        return;
    }
    for name in ["wj09-green_back.jpg", "ws09-blue_back.jpg", "mj07-red_alt1.jpg"] {
        let photo = image::open(folder.join(name)).expect("decodes").to_rgb8();
        let judged = |photo: &image::RgbImage| house(&crate::attributes::measure(photo, None)).unwrap_or_default();
        assert!(!judged(&photo).contains("Blurred"), "{name}: {}", judged(&photo));
        let blurred = judged(&image::imageops::fast_blur(&photo, 2.0));
        assert!(blurred.starts_with("Blurred: sharpness"), "{name}: {blurred}");
    }
}
