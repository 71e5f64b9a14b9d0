//! Rule packs: limits, verdicts, days, errors that name file, line and field, and the library.

use super::*;
use crate::domain::{Attribute, ColourMode, PhotoFormat};
use crate::error::Code;

const TODAY: Date = jiff::civil::date(2026, 11, 23);

fn filed(format: PhotoFormat, mode: ColourMode) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.file = Some((format, mode));
    attributes
}

fn good() -> Attributes {
    let values = [
        (Attribute::Blur, 0.4),
        (Attribute::Brightness, 127.0),
        (Attribute::Contrast, 50.0),
        (Attribute::Clipped, 0.03),
        (Attribute::WhiteBackground, 0.98),
        (Attribute::Fill, 0.97),
        (Attribute::LongestSide, 1340.0),
    ];
    let jpeg = filed(PhotoFormat::Jpeg, ColourMode::Rgb);
    values.into_iter().fold(jpeg, |attributes, (attribute, value)| attributes.with(attribute, value))
}

fn house(attributes: &Attributes) -> Option<String> {
    reason(&Library::default().find("house").expect("ships").judge(attributes, TODAY))
}

/// A pack with one rule of these lines.
fn one(lines: &str) -> RulePack {
    let text = format!(
        "name = \"t\"\ntitle = \"T\"\ndate = \"2026-01-31\"\nsource = \"me\"\n[[rule]]\n{lines}\nseverity = \"fail\"\n\
         message = \"Bad\"\nfix = \"Mend it.\"\n"
    );
    pack::parse(&text, "t.toml").expect("parses")
}

#[test]
fn the_house_pack_passes_a_good_packshot_and_names_each_defect() {
    assert_eq!(house(&good()), None);
    for (attribute, value, text) in [
        (Attribute::Blur, 2.0, "Blurred: blur 2.0 px, want 1.2 px or less"),
        (Attribute::Blur, 1.21, "Blurred: blur 1.21 px, want 1.2 px or less"),
        (Attribute::Blur, 1.0, "Soft: blur 1.00 px, want 0.95 px or less"),
        (Attribute::Brightness, 10.0, "Far too dark: brightness 10, want 20 or more"),
        (Attribute::Brightness, 250.0, "Washed out: brightness 250, want 240 or less"),
        (Attribute::Clipped, 0.62, "Detail lost to pure black or white: clipped 62 %, want 40 % or less"),
        (Attribute::WhiteBackground, 0.1, "Backdrop is not white: white background 10 %, want 50 % or more"),
        (Attribute::Fill, 0.4996, "Product small in the frame: fill 49.96 %, want 50 % or more"),
        (Attribute::LongestSide, 900.0, "Too small to zoom: longest side 900 px, want 1000 px or more"),
    ] {
        assert_eq!(house(&good().with(attribute, value)).as_deref(), Some(text));
    }
}

#[test]
fn a_failure_goes_before_any_warning_and_the_furthest_first() {
    let blurred = good().with(Attribute::Blur, 1.3).with(Attribute::WhiteBackground, 0.0);
    let bad = blurred.with(Attribute::Brightness, 10.0).with(Attribute::LongestSide, 100.0);
    assert!(house(&bad).is_some_and(|text| text.starts_with("Far too dark")));
    assert!(house(&blurred).is_some_and(|text| text.starts_with("Blurred")));
    let warned = good().with(Attribute::Fill, 0.4).with(Attribute::WhiteBackground, 0.0);
    assert!(house(&warned).is_some_and(|text| text.starts_with("Backdrop")));
}

/// Lines of a rule, what it measures, and values with what is said of them; nothing of a good one.
type Case<'a> = (&'a str, Attribute, &'a [(f64, Option<&'a str>)]);

#[test]
fn every_kind_of_limit_reads_well_and_the_limit_itself_is_good() {
    let cases: &[Case<'_>] = &[
        (
            "measure = \"aspect_ratio\"\nmin = 0.68\nmax = 0.70",
            Attribute::AspectRatio,
            &[
                (0.68, None),
                (0.7, None),
                (0.81, Some("Bad: aspect ratio 0.81, want 0.68 to 0.70")),
                (0.6796, Some("Bad: aspect ratio 0.6796, want 0.68 to 0.70")),
                (0.7004, Some("Bad: aspect ratio 0.7004, want 0.68 to 0.70")),
            ],
        ),
        (
            "measure = \"fill\"\nmin = 0.75\nmax = 0.9",
            Attribute::Fill,
            &[
                (0.75, None),
                (0.9, None),
                (0.72, Some("Bad: fill 72 %, want 75 % to 90 %")),
                (0.91, Some("Bad: fill 91 %, want 75 % to 90 %")),
            ],
        ),
        (
            "measure = \"file_size\"\nmax = 5",
            Attribute::FileSize,
            &[(5.0, None), (6.04, Some("Bad: file size 6.0 MB, want 5 MB or less"))],
        ),
        (
            "measure = \"overlay\"\nmax = 0",
            Attribute::Overlay,
            &[(0.0, None), (0.02, Some("Bad: overlay 2 %, want none"))],
        ),
        (
            "measure = \"frame_width\"\nmax = 0.005",
            Attribute::FrameWidth,
            &[(0.005, None), (0.012, Some("Bad: frame width 1.2 %, want 0.5 % or less"))],
        ),
        (
            "measure = \"spectrum_slope\"\nmin = -1.5",
            Attribute::SpectrumSlope,
            &[(-1.5, None), (-1.54, Some("Bad: spectrum slope -1.54, want -1.5 or more"))],
        ),
    ];
    for (lines, attribute, values) in cases {
        let pack = one(lines);
        for (value, text) in *values {
            let verdicts = pack.judge(&good().with(*attribute, *value), TODAY);
            assert_eq!(reason(&verdicts).as_deref(), *text, "{value}");
            assert_eq!(outcome(&verdicts), if text.is_some() { Outcome::Fail } else { Outcome::Pass }, "{value}");
        }
    }
}

#[test]
fn words_are_judged_too() {
    let pack = one("measure = \"format\"\none_of = [\"jpeg\", \"tiff\", \"png\"]");
    let text = |pack: &RulePack, photo: &Attributes| pack.judge(photo, TODAY)[0].text();
    let webp = filed(PhotoFormat::WebP, ColourMode::Rgb);
    assert_eq!(text(&pack, &webp), "Bad: format webp, want jpeg, tiff or png");
    assert_eq!(text(&pack, &good()), "format jpeg, want jpeg, tiff or png");
    assert_eq!(text(&pack, &Attributes::default()), "format not measurable here");
    let mode = one("measure = \"colour_mode\"\none_of = [\"rgb\"]");
    assert_eq!(text(&mode, &filed(PhotoFormat::Jpeg, ColourMode::Cmyk)), "Bad: colour mode cmyk, want rgb");
    assert!(mode.judge(&webp, TODAY)[0].passed());
}

#[test]
fn what_is_not_there_breaks_no_rule_and_says_so() {
    let pack = Library::default().find("house").expect("ships");
    let verdicts = pack.judge(&good().with(Attribute::Blur, None), TODAY);
    assert_eq!(verdicts.len(), pack.rules.len());
    assert!(verdicts[0].passed() && verdicts[0].value.is_none());
    assert_eq!((verdicts[0].text().as_str(), outcome(&verdicts)), ("blur not measurable here", Outcome::Pass));
    assert_eq!(outcome(&[]), Outcome::Pass);
}

#[test]
fn a_rule_warns_before_its_days_counts_on_them_and_is_gone_after() {
    let pack = one("measure = \"longest_side\"\nmin = 2000\nfrom = 2027-01-31\nuntil = \"2027-02-02\"");
    let on = |month, day| pack.judge(&good(), jiff::civil::date(2027, month, day));
    let early = on(1, 30);
    assert_eq!(outcome(&early), Outcome::Warn);
    assert_eq!(reason(&early).as_deref(), Some("Bad from 31 Jan 2027: longest side 1340 px, want 2000 px or more"));
    for day in [(1, 31), (2, 2)] {
        let verdicts = on(day.0, day.1);
        assert_eq!(outcome(&verdicts), Outcome::Fail, "{day:?}");
        assert_eq!(reason(&verdicts).as_deref(), Some("Bad: longest side 1340 px, want 2000 px or more"));
    }
    assert!(on(2, 3).is_empty());
    let large = pack.judge(&good().with(Attribute::LongestSide, 2400.0), TODAY);
    assert_eq!(large[0].text(), "longest side 2400 px, want 2000 px or more from 31 Jan 2027");
}

#[test]
fn a_failure_today_goes_before_one_to_come() {
    let mut pack = one("measure = \"longest_side\"\nmin = 2000\nfrom = \"2027-01-31\"");
    pack.rules.extend(one("measure = \"fill\"\nmin = 0.98").rules);
    assert!(reason(&pack.judge(&good(), TODAY)).is_some_and(|text| text.starts_with("Bad: fill")));
}

#[test]
fn a_verdict_and_a_pack_are_plain_json() {
    let pack = one("measure = \"fill\"\nmin = 0.75\nmax = 0.9\nfrom = \"2027-01-31\"");
    let verdict = &pack.judge(&good(), TODAY)[0];
    assert_eq!(
        serde_json::to_value(verdict).expect("writes"),
        serde_json::json!({
            "measure": "fill", "value": 0.97, "want": "75 % to 90 %", "outcome": "warn", "message": "Bad",
            "fix": "Mend it.", "text": "Bad from 31 Jan 2027: fill 97 %, want 75 % to 90 %", "starts": "2027-01-31",
        })
    );
    assert_eq!(
        serde_json::to_value(&pack).expect("writes"),
        serde_json::json!({
            "name": "t", "title": "T", "date": "2026-01-31", "source": "me",
            "rules": [{"measure": "fill", "min": 0.75, "max": 0.9, "severity": "fail", "from": "2027-01-31",
                       "message": "Bad", "fix": "Mend it."}],
        })
    );
}

const PACK: &str = "name = \"mine\"\ntitle = \"Mine\"\ndate = \"2026-01-31\"\nsource = \"me\"\n\n[[rule]]\n\
                    measure = \"fill\"\nmin = 0.85\nseverity = \"fail\"\nmessage = \"Small\"\nfix = \"Crop.\"\n";

#[test]
fn bad_packs_are_refused_with_file_line_and_field() {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("mine.toml");
    for (good, bad, line, texts) in [
        ("min = 0.85", "min = \"lots\"", Some(8), &["min"][..]),
        ("min = 0.85", "min = nan", Some(8), &["min"]),
        ("min = 0.85", "min = 0.85\nmax = 0.8", Some(9), &["max", "less than min"]),
        ("min = 0.85", "min = 85", Some(8), &["min is 85", "write 0.85"]),
        ("min = 0.85", "max = -0.1", Some(8), &["max is -0.1", "0 to 1"]),
        ("min = 0.85\n", "", Some(6), &["min, max or both"]),
        ("min = 0.85", "minimum = 0.85", Some(8), &["minimum", "mean `min`"]),
        ("min = 0.85", "one_of = [\"jpeg\"]", Some(8), &["one_of", "fill is a number"]),
        ("\"fill\"\nmin = 0.85", "\"format\"\nmin = 0.85", Some(8), &["min", "format is a word"]),
        ("\"fill\"\nmin = 0.85", "\"format\"", Some(6), &["one_of"]),
        ("\"fill\"\nmin = 0.85", "\"format\"\none_of = []", Some(8), &["one_of"]),
        ("\"fill\"\nmin = 0.85", "\"format\"\none_of = [\n\"png\",\n\"jpg\"]", Some(10), &["one_of", "mean \"jpeg\""]),
        ("\"fill\"", "\"beauty\"", Some(7), &["measure", "beauty"]),
        ("\"fill\"", "\"fil\"", Some(7), &["measure", "mean \"fill\""]),
        ("\"fail\"", "\"reject\"", Some(9), &["severity", "reject"]),
        ("\"fail\"", "\"fails\"", Some(9), &["severity", "mean `fail`"]),
        ("\"Small\"", "\"\"", Some(10), &["message"]),
        ("\"Crop.\"", "\" \"", Some(11), &["fix"]),
        ("fix = \"Crop.\"\n", "", Some(6), &["fix"]),
        ("min = 0.85", "min = 0.85\nfrom = \"soon\"", Some(9), &["from", "is not a day"]),
        ("min = 0.85", "min = 0.85\nuntil = 2027-01-31T00:00:00", Some(9), &["until", "is not a day"]),
        ("min = 0.85", "min = 0.85\nfrom = 2027-01-31\nuntil = 2027-01-30", Some(10), &["until", "before from"]),
        ("2026-01-31", "2026-02-30", Some(3), &["date"]),
        ("\"2026-01-31\"", "20260131", Some(3), &["date"]),
        ("\"me\"", "\"\"", Some(4), &["source"]),
        ("\"mine\"", "\"\"", Some(1), &["name"]),
        ("\"mine\"", "\"My shop\"", Some(1), &["name", "my-shop"]),
        ("source", "sauce", Some(4), &["sauce", "mean `source`"]),
        ("[[rule]]", "[[rules]]", Some(6), &["rules", "mean `rule`"]),
        ("name = \"mine\"\n", "", None, &["name"]),
        ("min = 0.85", "min = ", Some(8), &["min"]),
    ] {
        let text = PACK.replacen(good, bad, 1);
        assert_ne!(text, PACK, "{bad}");
        std::fs::write(&path, text).expect("writes");
        let error = load(&path).expect_err(bad);
        assert_eq!(error.code, Code::BadData);
        let place = line.map(|line| format!("mine.toml line {line}: ")).unwrap_or_default();
        let named = error.summary.contains(&place) && texts.iter().all(|text| error.summary.contains(text));
        assert!(named, "{bad:?} gives: {error}");
    }
    std::fs::write(&path, b"\xff\xfe").expect("writes");
    assert!(load(&path).expect_err("not text").summary.contains("mine.toml"));
    std::fs::write(&path, format!("\u{feff}{}", PACK.replace('\n', "\r\n"))).expect("writes");
    assert_eq!(load(&path).expect("as Windows writes it").name, "mine");
}

#[test]
fn a_persons_own_packs_go_first_and_broken_ones_hide_no_other() {
    let folder = tempfile::tempdir().expect("temp dir");
    let library = Library { folder: Some(folder.path().to_owned()) };
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).expect("writes");
    let builtin = Library::default().list();
    assert_eq!(library.list(), builtin);
    write("any name.toml", PACK);
    write("zalando.toml", &PACK.replace("\"mine\"", "\"zalando\""));
    write("ebay.toml", "name = 3");
    write("second.toml", PACK);
    write("notes.txt", "not a pack");
    write(".hidden.toml", "not a pack");

    let list = library.list();
    let named = |name: &str| list.iter().filter(|entry| entry.name == name).collect::<Vec<_>>();
    assert_eq!(list.len(), builtin.len() + 2);
    assert!(list.is_sorted_by(|a, b| a.name <= b.name));
    let [first, second] = named("mine")[..] else { panic!("{list:?}") };
    assert_eq!((first.error.as_deref(), first.rules, first.replaces_builtin), (None, 1, false));
    assert!(second.error.as_deref().is_some_and(|text| text.contains("second.toml") && text.contains("any name.toml")));
    assert!(matches!(named("zalando")[..], [PackEntry { replaces_builtin: true, error: None, rules: 1, .. }]));
    assert!(matches!(named("ebay")[..], [PackEntry { error: Some(text), .. }] if text.contains("ebay.toml line 1")));
    assert!(matches!(named("walmart")[..], [PackEntry { place: Place::BuiltIn, error: None, .. }]));

    assert_eq!(library.find("mine").expect("finds").title, "Mine");
    assert_eq!(library.find("zalando").expect("finds").title, "Mine");
    assert_eq!(library.find("ebay").expect_err("broken").code, Code::BadData);
    assert!(library.find("walmart").is_ok());
    assert_eq!(library.text("mine").expect("reads"), PACK);
    assert!(library.text("house").expect("reads").contains("# The house rules"));
    let path = folder.path().join("any name.toml");
    assert_eq!(Library::default().find(&path.to_string_lossy()).expect("finds").name, "mine");

    let error = library.find("hause").expect_err("unknown");
    assert_eq!(error.code, Code::NotFound);
    assert!(error.summary.contains("mean house?"), "{error}");
    assert!(error.details.is_some_and(|text| text.contains("amazon-main, ") && text.contains("mine, ")));
    assert_eq!(library.find("no/such.toml").expect_err("missing").code, Code::NotFound);
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
        assert!(blurred.starts_with("Blurred: blur"), "{name}: {blurred}");
    }
}

#[test]
fn a_pack_cut_to_what_was_measured_judges_nothing_else() {
    let pack = Library::default().find("house").expect("ships");
    let cut = pack.only(&[Attribute::Blur]);
    assert!(!cut.rules.is_empty() && cut.rules.len() < pack.rules.len());
    assert_eq!(cut.attributes().into_iter().filter(|attribute| *attribute != Attribute::Blur).count(), 0);
    assert!(pack.attributes().contains(&Attribute::Fill));
}
