//! Rule packs on the command line.

use image::RgbImage;

use super::common::{World, table};

const PACK: &str = "name = \"mine\"\ntitle = \"My shop\"\ndate = \"2026-01-31\"\nsource = \"me\"\n\n[[rule]]\n\
                    measure = \"width\"\nmin = 5000\nseverity = \"fail\"\nmessage = \"Narrow\"\nfix = \"Widen.\"\n";

impl World {
    /// The binary with this world's own folder of rule packs.
    fn rules(&self, arguments: &[&str]) -> super::common::Ran {
        let mut command = self.command(arguments);
        super::common::ran(&command.env("PACKSHOT_RULES_FOLDER", self.path("packs")).output().expect("starts"))
    }
}

#[test]
fn the_packs_that_ship_are_listed_and_shown_without_making_a_project() {
    let world = World::new();
    let list = world.rules(&["rules", "list"]).expect(0).stdout;
    for name in ["amazon-main", "amazon-secondary", "ebay", "google-shopping", "walmart", "zalando", "shopify", "house"]
    {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} ")) && line.ends_with("built in")), "{list}");
    }
    let shown = world.rules(&["rules", "show", "google-shopping"]).expect(0).stdout;
    assert!(shown.contains("https://support.google.com/merchants/answer/6324350"), "{shown}");
    for texts in
        [["500 px or more", "from 2027-01-31"], ["250 px or more", "until 2027-01-30"], ["75 % to 90 %", "warns"]]
    {
        assert!(shown.lines().any(|line| texts.iter().all(|text| line.contains(text))), "{texts:?} in {shown}");
    }
    let body = world.rules(&["--json", "rules", "show", "walmart"]).expect(0);
    assert_eq!(body.stdout.lines().count(), 1);
    let rules = body.json()["rules"].clone();
    let format = rules.as_array().expect("rules").iter().find(|rule| rule["measure"] == "format").expect("format");
    assert_eq!(format["one_of"], serde_json::json!(["jpeg", "png", "bmp"]));
    assert!(!world.path("project").exists() && !world.path("packs").exists());
}

#[test]
fn own_packs_replace_built_in_ones_and_broken_ones_are_listed_with_line_and_field() {
    let world = World::new();
    world.write("packs/mine.toml", PACK);
    world.write("packs/ebay.toml", &PACK.replace("\"mine\"", "\"ebay\""));
    world.write("packs/broken.toml", &PACK.replace("\"width\"", "\"widht\""));
    let body = world.rules(&["--json", "rules", "list"]).expect(0).json();
    let packs = body["packs"].as_array().expect("packs").clone();
    assert_eq!((packs.len(), body["folder"].as_str()), (10, world.path("packs").to_str()));
    let named = |name: &str| packs.iter().find(|pack| pack["name"] == name).expect("listed").clone();
    assert_eq!(
        (named("mine")["title"].as_str(), named("mine")["replaces_builtin"].as_bool()),
        (Some("My shop"), Some(false))
    );
    assert_eq!((named("ebay")["rules"].as_u64(), named("ebay")["replaces_builtin"].as_bool()), (Some(1), Some(true)));
    let error = named("broken")["error"].as_str().expect("error").to_owned();
    assert!(error.contains("broken.toml line 7: measure: ") && error.contains("mean \"width\"?"), "{error}");
    assert!(named("zalando")["error"].is_null());

    let text = world.rules(&["rules", "list"]).expect(0).stdout;
    assert!(text.contains("ebay.toml (in place of the built-in one)") && text.contains("not usable"), "{text}");
    assert!(world.rules(&["rules", "show", "broken"]).expect(65).stderr.contains("line 7"));
    let unknown = world.rules(&["rules", "show", "amazon"]).expect(1).stderr;
    assert!(unknown.contains("mean amazon-main?") && unknown.contains("mine, "), "{unknown}");
}

#[test]
fn packs_are_checked_and_copied_for_editing() {
    let world = World::new();
    world.write("good.toml", PACK);
    world.write("bad.toml", &PACK.replace("min = 5000", "minimum = 5000"));
    world.write("worse.toml", "");
    assert!(world.rules(&["rules", "check", "good.toml"]).expect(0).stdout.contains("mine, 1 rules"));
    let one = world.rules(&["rules", "check", "bad.toml"]).expect(65).stderr;
    assert!(one.contains("bad.toml line 8: unknown field `minimum`") && one.contains("mean `min`?"), "{one}");
    let all = world.rules(&["rules", "check", "bad.toml", "good.toml", "worse.toml"]).expect(65);
    assert!(all.stdout.contains("ok  good.toml") && all.stderr.contains("2 of 3 packs are broken"), "{}", all.stdout);
    assert!(all.stdout.contains("BAD worse.toml"), "{}", all.stdout);
    world.rules(&["rules", "check", "nowhere.toml"]).expect(1);

    world.rules(&["rules", "copy", "zalando"]).expect(0);
    world.rules(&["rules", "copy", "zalando"]).expect(2);
    world.rules(&["rules", "copy", "zalando", "--overwrite"]).expect(0);
    world.rules(&["rules", "copy", "zalando", "-o", "elsewhere.toml"]).expect(0);
    let copy = std::fs::read_to_string(world.path("packs/zalando.toml")).expect("copied");
    assert_eq!(copy, std::fs::read_to_string(world.path("elsewhere.toml")).expect("copied"));
    std::fs::write(world.path("packs/zalando.toml"), copy.replace("Zalando, packshot", "Edited")).expect("writes");
    assert!(world.rules(&["rules", "show", "zalando"]).expect(0).stdout.starts_with("Edited (zalando)"));
}

#[test]
fn scoring_gives_the_reason_of_the_pack_that_is_named_also_for_known_scores() {
    let world = World::new();
    world.trained();
    RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, 9])).save(world.path("a.png")).expect("writes");
    world.write("packs/mine.toml", PACK);
    world.write("shop.toml", &PACK.replace("\"Narrow\"", "\"Too narrow\""));
    let score = |rules: &[&str]| {
        let ran =
            world.rules(&[&["score", "a.png", "-o", "s.csv", "--overwrite", "--progress", "none"], rules].concat());
        ran.expect(0);
        table(&world.path("s.csv"))[0]["reason"].clone()
    };
    let house = score(&[]);
    assert!(!house.is_empty() && !house.contains("arrow"), "{house}");
    assert_eq!(score(&["--rules", "mine"]), "Narrow: width 320 px, want 5000 px or more");
    assert_eq!(score(&["--rules", "shop.toml"]), "Too narrow: width 320 px, want 5000 px or more");
    assert_eq!(score(&[]), house);
    let unknown = world.rules(&["score", "a.png", "-o", "t.csv", "--rules", "min"]).expect(1).stderr;
    assert!(unknown.contains("mean mine?") && !world.path("t.csv").exists(), "{unknown}");
}

#[test]
fn the_commands_explain_themselves_with_examples() {
    for command in ["list", "show", "check", "copy"] {
        let ran = World::new().run(&["rules", command, "--help"]).expect(0);
        assert!(ran.stdout.contains("Examples:"), "{command}");
    }
}
