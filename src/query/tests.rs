//! The filter language.

use super::*;
use crate::error::Code;

/// Nothing known but a name.
const PLAIN: Row<'_> = Row {
    name: "",
    path: "",
    score: None,
    uncertainty: None,
    label: None,
    width: 0,
    height: 0,
    error: false,
    missing: false,
    group: None,
    format: "jpeg",
    attributes: None,
};

fn rows(measured: &[Attributes; 2]) -> [Row<'_>; 4] {
    let [sharp, blurred] = measured;
    [
        Row {
            name: "Red Shoe.jpg",
            path: "/shop/shoes/Red Shoe.jpg",
            score: Some(30.0),
            uncertainty: Some(20.0),
            width: 800,
            height: 600,
            group: Some("Shoes"),
            attributes: Some(sharp),
            ..PLAIN
        },
        Row {
            name: "hat.png",
            path: "/shop/hats/hat.png",
            score: Some(75.5),
            uncertainty: Some(8.0),
            label: Some(75.0),
            width: 2000,
            height: 1500,
            missing: true,
            format: "png",
            attributes: Some(blurred),
            ..PLAIN
        },
        Row { name: "broken.jpg", path: "/shop/broken.jpg", error: true, format: "", ..PLAIN },
        Row {
            name: "ÄRMEL (2).jpg",
            path: "/shop/shirts/ÄRMEL (2).jpg",
            score: Some(40.0),
            uncertainty: Some(30.0),
            label: Some(0.0),
            width: 600,
            height: 800,
            group: Some("shirts"),
            ..PLAIN
        },
    ]
}

fn measured() -> [Attributes; 2] {
    let fill = Attributes::default().with(Attribute::Fill, 0.9);
    [fill.with(Attribute::Sharpness, 200.0), Attributes::default().with(Attribute::Sharpness, 0.1)]
}

fn check(filter: &str, expected: &[usize]) {
    let query = parse(filter).unwrap_or_else(|error| panic!("{filter}: {error} {:?}", error.details));
    let measured = measured();
    let rows = rows(&measured);
    let found: Vec<usize> = (0..rows.len()).filter(|index| query.matches(&rows[*index])).collect();
    assert_eq!(found, expected, "{filter}");
}

#[test]
fn filters_find_the_right_photos() {
    for (filter, expected) in [
        ("", &[0, 1, 2, 3][..]),
        ("   ", &[0, 1, 2, 3]),
        ("score<40", &[0]),
        ("score <= 40", &[0, 3]),
        ("SCORE>40", &[1]),
        ("score>=40", &[1, 3]),
        ("score=30", &[0]),
        ("score:30", &[0]),
        ("score!=30", &[1, 3]),
        ("not score<40", &[1, 2, 3]),
        ("score:none", &[2]),
        ("score:any", &[0, 1, 3]),
        ("score<40 and label:none", &[0]),
        ("label:none", &[0, 2]),
        ("label:any", &[1, 3]),
        ("label=75", &[1]),
        ("label<50", &[3]),
        ("width>=800 height<1000", &[0]),
        ("name:\"red shoe\"", &[0]),
        ("name:shoe", &[0]),
        ("name:ärmel", &[3]),
        ("name=HAT.png", &[1]),
        ("name!=hat.png", &[0, 2, 3]),
        ("hat", &[1]),
        ("\"(2)\"", &[3]),
        ("group:shoe", &[0]),
        ("group:none", &[1, 2]),
        ("group:any", &[0, 3]),
        ("group!=shoes", &[3]),
        ("sharpness<0.2", &[1]),
        ("sharpness:none", &[2, 3]),
        ("fill>85%", &[0]),
        ("FILL>=0.9 and sharpness:any", &[0]),
        ("uncertainty>=20", &[0, 3]),
        ("disagreement>30", &[3]),
        ("disagreement:none", &[0, 2]),
        ("path:\"SHOES/\"", &[0]),
        ("path:/shop/h", &[1]),
        ("format=jpeg", &[0, 3]),
        ("score<40 and sharpness>0.2 and label:none and path:\"shoes/\"", &[0]),
        ("error", &[2]),
        ("error:no", &[0, 1, 3]),
        ("missing:yes", &[1]),
        ("not missing and not error", &[0, 3]),
        ("jpg score<35 or error", &[0, 2]),
        ("jpg and (score<35 or error)", &[0, 2]),
        ("hat or jpg and error", &[1, 2]),
        ("(hat or jpg) and error", &[2]),
        ("not (hat or shoe)", &[2, 3]),
        ("not not hat", &[1]),
    ] {
        check(filter, expected);
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    for (filter, text) in [
        ("score<", "a number is missing after “score<” (character 7)"),
        ("score<forty", "a number is missing after “score<” (character 7)"),
        ("score<nan", "a number is missing"),
        ("fill<x%", "a number is missing"),
        ("score", "an operator is missing (one of < <= > >= = !=) after “score”"),
        ("width:none", "a number is missing"),
        ("scroe<40", "there is no field “scroe” at the start (character 1)"),
        ("hat and", "a condition such as score<40 is missing after “hat and”"),
        ("or hat", "a condition such as score<40 is missing at the start"),
        ("hat and and hat", "is missing after “hat and” (character 9)"),
        ("(hat", "a “(” is never closed after “(hat” (character 5)"),
        ("hat) or x", "there is a “)” too many after “hat” (character 4)"),
        ("()", "a condition such as score<40 is missing after “(” (character 2)"),
        ("name:\"red", "a quote is opened and never closed after “name:” (character 6)"),
        ("ärmel !x", "“!” needs “=” (write not for the opposite) after “ärmel” (character 7)"),
        ("name<3", "an operator is missing (: for contains, = or !=) after “name”"),
        ("name:", "a word, or words in quotes, are missing after “name:”"),
        ("error:maybe", "yes or no is missing after “error:”"),
        ("missing<3", "only know :yes and :no"),
        (": x", "a condition such as score<40 is missing at the start"),
    ] {
        let error = parse(filter).expect_err(filter);
        assert_eq!(error.code, Code::Usage);
        assert!(error.summary.contains(text), "{filter}: {error}");
    }
    assert!(parse("x:1").expect_err("no field").details.is_some_and(|text| text.contains("score, label")));
}

#[test]
fn the_conditions_of_an_and_can_be_taken_out_one_by_one() {
    for (filter, expected) in [
        ("", &[][..]),
        (" score<40 and  name:\"red shoe\"  hat", &["score<40", "name:\"red shoe\"", "hat"]),
        ("not (hat or shoe) and label:none", &["not (hat or shoe)", "label:none"]),
        (" hat or shoe and error ", &["hat or shoe and error"]),
        ("(hat and shoe)", &["(hat and shoe)"]),
    ] {
        let parts = parts(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(parts.into_iter().map(|part| &filter[part]).collect::<Vec<_>>(), expected, "{filter}");
    }
    assert!(parts("score<").is_err());
}

#[test]
fn completions_go_on_from_the_end_of_the_text() {
    let words = |text: &str| complete(text).into_iter().map(|found| found.word).collect::<Vec<_>>();
    assert_eq!(words("score<40 and sha"), ["sharpness"]);
    assert_eq!(complete("score<40 and sha")[0].text, "score<40 and sharpness");
    assert_eq!(words("label:n"), ["label:none"]);
    assert_eq!(words("not (err"), ["error"]);
    assert!(words("WID").contains(&"width".to_owned()));
    for nothing in ["", "score<4", "name:\"sha", "score ", "score", "label:none"] {
        assert_eq!(words(nothing), [""; 0], "{nothing}");
    }
    assert!(parse("sharpness<1 fill:any").is_ok_and(|query| query.asks_measures()));
    assert!(parse("score<1 or not hat").is_ok_and(|query| !query.asks_measures()));
}

#[test]
fn nesting_has_an_end() {
    for filter in ["(".repeat(100_000), "not ".repeat(100_000)] {
        assert!(parse(&filter).expect_err("too deep").summary.contains("too deep"));
    }
    check(&format!("{}hat{}", "(".repeat(50), ")".repeat(50)), &[1]);
    check(&vec!["hat"; 5000].join(" or "), &[1]);
}
