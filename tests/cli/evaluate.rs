//! `packshot evaluate`: a small trained model on label files.

use serde_json::Value;

use super::common::{World, table};

const CPU: [&str; 2] = ["--device", "cpu"];

/// The demo's labels as rows of `path,score,group`, the group being what comes before the last dash of the name, with
/// one more column.
fn labels(world: &World) -> Vec<[String; 4]> {
    let rows = table(&world.path("demo/labels.csv"));
    assert_eq!(rows.len(), 45);
    let row = |(index, row): (usize, &std::collections::HashMap<String, String>)| {
        let path = format!("demo/{}", row["path"]);
        let group = row.get("group").cloned().unwrap_or_else(|| format!("g{}", index / 5));
        let shop = if index % 2 == 0 { "north" } else { "south" };
        [path, row["score"].clone(), group, shop.to_owned()]
    };
    rows.iter().enumerate().map(row).collect()
}

fn write(world: &World, name: &str, header: &str, rows: &[Vec<String>]) {
    let lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    world.write(name, &format!("{header}\n{}\n", lines.join("\n")));
}

fn measure<'a>(body: &'a Value, name: &str) -> &'a Value {
    let measures = body["evaluation"]["all"]["measures"].as_array().expect("measures");
    measures.iter().find(|found| found["measure"] == name).expect("measured")
}

#[test]
fn a_model_is_evaluated_written_and_compared() {
    let world = World::new();
    let run = world.trained();
    let mut rows: Vec<Vec<String>> = labels(&world).into_iter().map(|row| row.to_vec()).collect();
    write(&world, "l.csv", "path,score,sku,shop", &rows);

    let arguments = ["evaluate", "--labels", "l.csv", "--subset-column", "Shop", "-o", "e.json"];
    let ran = world.run(&[&arguments[..], &CPU].concat()).expect(0);
    for text in ["MEASURE", "SRCC", "95 % INTERVAL", "SUBSET", "north", "south", "served in training", "e.json"] {
        assert!(ran.stdout.contains(text), "lacks {text}:\n{}", ran.stdout);
    }
    let file: Value = serde_json::from_slice(&std::fs::read(world.path("e.json")).expect("reads")).expect("JSON");
    let arguments = ["evaluate", "--labels", "l.csv", "--model", &run, "--against", &run, "-o", "e.csv", "--json"];
    let body = world.run(&[&arguments[..], &CPU].concat()).expect(0).json();
    assert_eq!(file["evaluation"]["all"], body["evaluation"]["all"], "a seed repeats its intervals");
    assert_eq!((&body["photos"], &body["failed"]), (&45.into(), &0.into()));
    assert_eq!(
        body["verdict"].as_str().map(|text| text.split(':').next_back()),
        Some(Some(" SRCC 0.000, 95 % interval 0.000…0.000"))
    );

    // The numbers are those of the rows that `score` writes too.
    world.run(&["score", "demo", "-o", "s.csv", "--device", "cpu", "--again"]).expect(0);
    let scores = table(&world.path("s.csv"));
    let evaluated = table(&world.path("e.csv"));
    assert_eq!(evaluated.len(), 45);
    let mut errors = 0.0;
    for row in &evaluated {
        let scored = scores.iter().find(|scored| scored["path"] == row["path"]).expect("scored");
        let number = |text: &str| text.parse::<f64>().expect("number");
        assert!((number(&row["score"]) - number(&scored["score"])).abs() < 1e-3, "{}", row["path"]);
        assert!((number(&row["residual"]) - (number(&row["score"]) - number(&row["label"]))).abs() < 1e-3);
        errors += number(&row["residual"]).abs() / 45.0;
    }
    let mae = measure(&body, "mae");
    assert!((mae["value"].as_f64().expect("MAE") - errors).abs() < 1e-3);
    assert!(mae["interval"][0].as_f64() < mae["value"].as_f64() && mae["value"].as_f64() < mae["interval"][1].as_f64());

    // Photos that it learnt from can be left out; those that are gone cost a row each.
    let seen = &body["seen"];
    let served = seen["train"].as_u64().expect("train") + seen["validation"].as_u64().expect("validation");
    assert!(served > 20 && served < 45 && evaluated.iter().filter(|row| row["seen"] == "train").count() > 10);
    rows.push(["demo/gone.jpg", "50", "g", "north"].map(str::to_owned).to_vec());
    rows.push(["demo/odd.jpg", "much", "g", "north"].map(str::to_owned).to_vec());
    write(&world, "l.csv", "path,score,sku,shop", &rows);
    let arguments = ["evaluate", "--labels", "l.csv", "--unseen-only", "-o", "e.html"];
    let ran = world.run(&[&arguments[..], &CPU].concat()).expect(3);
    for text in ["gone.jpg", "line 48", "“much” is not a number", "were left out"] {
        assert!(ran.stdout.contains(text), "lacks {text}:\n{}", ran.stdout);
    }
    let page = std::fs::read_to_string(world.path("e.html")).expect("reads");
    for text in [format!("<dd>{}</dd>", 45 - served).as_str(), "data:image/jpeg;base64,", "gone.jpg", "Calibration"] {
        assert!(page.contains(text), "the page lacks {text}");
    }
    assert_eq!(page.matches("<svg").count(), 3);
}

#[test]
fn several_raters_give_a_human_ceiling() {
    let world = World::new();
    world.trained();
    let mut rows = Vec::new();
    for (index, [path, score, group, _]) in labels(&world).into_iter().enumerate() {
        let score: f64 = score.parse().expect("number");
        for (rater, off) in [("ann", 4.0), ("ben", -3.0), ("cem", if index % 2 == 0 { 9.0 } else { -9.0 })] {
            let rated = format!("{:.1}", (score + off).clamp(0.0, 100.0));
            rows.push(vec![path.clone(), rated, group.clone(), rater.to_owned()]);
        }
    }
    write(&world, "raters.csv", "path,score,group,rater", &rows);
    let body = world.run(&[&["--json", "evaluate", "--labels", "raters.csv"][..], &CPU].concat()).expect(0).json();
    let ceiling = &body["evaluation"]["ceiling"];
    assert_eq!((&ceiling["source"], &ceiling["n"], &ceiling["ratings"]), (&"raters".into(), &45.into(), &3.0.into()));
    let (half, panel) = (ceiling["half"].as_f64().expect("half"), ceiling["panel"].as_f64().expect("panel"));
    assert!(half > 0.7 && half < panel && panel < 1.0, "{half} {panel}");
    assert_eq!(body["photos"], 45, "three rows make one photo");
}

#[test]
fn wrong_arguments_are_refused_before_any_work() {
    let world = World::new();
    world.make_project();
    world.write("l.csv", "path,score,shop\na.jpg,50,north\n");
    world.write("old.html", "mine");
    let cases: &[(&[&str], i32, &str)] = &[
        (&[], 2, "--labels"),
        (&["--labels", "gone.csv"], 2, "gone.csv"),
        (&["--labels", "l.csv", "-o", "e.parquet"], 2, ".html, .csv, .json"),
        (&["--labels", "l.csv", "-o", "old.html"], 2, "--overwrite"),
        (&["--labels", "l.csv", "-o", "nowhere/e.html"], 1, "nowhere/e.html"),
        (&["--labels", "l.csv", "--threshold", "120"], 2, "from 0 to 100"),
        (&["--labels", "l.csv", "--scale", "5"], 2, "MIN..MAX"),
        (&["--labels", "l.csv", "--model", "nothing"], 1, "no model \"nothing\""),
    ];
    for (arguments, status, named) in cases {
        let ran = world.run(&[&["evaluate"], *arguments].concat()).expect(*status);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(world.path("old.html")).expect("reads"), "mine");
}
