//! Runs to and from an MLflow server: trainings that are followed, and imports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::common::World;
use super::fake_mlflow::FakeMlflow;

fn quick<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let train = ["train", "--json", "--progress", "plain", "--device", "cpu", "--epochs", "2"];
    [&train, &["--set", "train.architecture=cnn-xs"][..], more].concat()
}

/// A run of another program with a curve; `losses` are its points.
fn put_run(server: &FakeMlflow, id: &str, status: &str, losses: &[f64]) {
    let mut held = server.held();
    let last = json!({"key": "val/loss", "value": losses.last(), "step": losses.len() - 1, "timestamp": 0});
    let info = json!({
        "run_id": id, "experiment_id": "1", "run_name": format!("other {id}"), "status": status,
        "start_time": 1000, "end_time": 9000,
    });
    let data = json!({"metrics": [last], "params": [{"key": "lr", "value": "1e-3"}], "tags": []});
    held.runs.insert(id.to_owned(), json!({"info": info, "data": data}));
    let points = losses.iter().enumerate();
    let points = points.map(|(step, loss)| json!({"key": "val/loss", "value": loss, "step": step, "timestamp": step}));
    held.points.insert((id.to_owned(), "val/loss".to_owned()), points.collect());
}

/// The states of an import, by the run's id on the server.
fn import(world: &World, server: &FakeMlflow, more: &[&str]) -> BTreeMap<String, String> {
    let base = ["--json", "--progress", "none", "import", "mlflow", "--tracking-uri", &server.address];
    let summary = world.run(&[&base[..], more].concat()).expect(0).json();
    let runs = summary["runs"].as_array().expect("runs").iter();
    runs.map(|run| (run["remote"].as_str().expect("id").to_owned(), run["state"].as_str().expect("state").to_owned()))
        .collect()
}

fn show(world: &World, run: &str) -> Value {
    world.run(&["--json", "runs", "show", run]).expect(0).json()
}

#[test]
fn runs_of_a_server_come_in_page_by_page_and_once() {
    let (world, server) = (World::new(), FakeMlflow::start());
    world.make_project();
    for id in ["a1", "b2", "c3", "d4", "e5"] {
        put_run(&server, id, "FINISHED", &[0.5, 0.4]);
    }
    put_run(&server, "f6", "RUNNING", &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]);
    let states = import(&world, &server, &[]);
    assert_eq!(states.len(), 6);
    assert!(states.values().all(|state| state == "new"), "{states:?}");
    let view = show(&world, "f6");
    assert_eq!(view["points"].as_array().expect("points").len(), 7, "three pages");
    assert_eq!((&view["run"]["status"], &view["run"]["summary"]["val/loss"]), (&json!("running"), &json!(0.3)));
    assert_eq!(view["run"]["origin"], json!({"server": server.address, "experiment": "shop", "run": "f6"}));
    let text = world.run(&["runs", "show", "f6"]).expect(0).stdout;
    assert!(text.contains("lr = \"1e-3\"") && text.contains("val/loss"), "{text}");

    let id = view["run"]["id"].as_str().expect("id");
    world.run(&["runs", "rename", id, "theirs"]).expect(0);
    put_run(&server, "f6", "FINISHED", &[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]);
    let states = import(&world, &server, &[]);
    assert_eq!(states.values().filter(|state| *state == "unchanged").count(), 5);
    assert_eq!(states["f6"], "refreshed");
    let view = show(&world, "theirs");
    assert_eq!((view["run"]["id"].as_str(), &view["run"]["status"]), (Some(id), &json!("completed")));
    assert_eq!(view["points"].as_array().expect("points").len(), 8);
    let list = world.run(&["runs", "list"]).expect(0).stdout;
    assert!(list.contains("theirs*") && list.contains("* 6 imported"), "{list}");
    assert_eq!(server.held().writes, 0, "nothing is written there");
}

#[test]
fn an_imported_run_is_only_looked_at() {
    let (world, server) = (World::new(), FakeMlflow::start());
    world.make_project();
    put_run(&server, "a1", "KILLED", &[0.5, 0.4]);
    import(&world, &server, &["--experiment", "shop"]);
    let said = format!("was imported from {}", server.address);
    let address = server.address.as_str();
    for command in [
        &["train", "--resume", "a1"][..],
        &["export", "mlflow", "--tracking-uri", address, "--run", "a1"],
        &["models", "promote", "a1"],
        &["score", "empty", "-o", "no.csv", "--model", "a1"],
    ] {
        let ran = world.run(command).expect(2);
        assert!(ran.stderr.contains(&said), "{command:?}: {}", ran.stderr);
    }
    let latest = world.run(&["runs", "show", "latest"]).expect(1);
    assert!(latest.stderr.contains("no run \"latest\""), "the newest is one of this project: {}", latest.stderr);
    let all = world.run(&["export", "mlflow", "--tracking-uri", address, "--all"]).expect(1);
    assert!(all.stderr.contains("no runs to export"), "{}", all.stderr);
    world.run(&["runs", "delete", "other a1"]).expect(0);
    assert_eq!(import(&world, &server, &[])["a1"], "unchanged");
    assert!(!world.run(&["runs", "list"]).expect(0).stdout.contains("other a1"), "deleted stays deleted");
    let command = ["import", "mlflow", "--tracking-uri", address, "--experiment", "nowhere"];
    let nowhere = world.run(&command).expect(1);
    assert!(nowhere.stderr.contains("no experiment \"nowhere\""), "{}", nowhere.stderr);
    let nobody = world.run(&["import", "mlflow"]).expect(2);
    assert!(nobody.stderr.contains("--tracking-uri"), "{}", nobody.stderr);
}

#[test]
fn a_training_is_followed_and_a_later_export_changes_nothing() {
    let (world, server) = (World::new(), FakeMlflow::start());
    world.demo();
    world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    let ran = world.run(&quick(&["--mlflow", &server.address])).expect(0);
    assert!(!ran.stderr.contains("MLflow does not"), "{}", ran.stderr);
    let run = ran.json()["run"].as_str().expect("run").to_owned();
    let view = show(&world, &run);
    let mut own: BTreeMap<String, usize> = BTreeMap::new();
    for point in view["points"].as_array().expect("points") {
        *own.entry(point["name"].as_str().expect("name").to_owned()).or_default() += 1;
    }
    let counts = |server: &FakeMlflow| -> BTreeMap<String, usize> {
        server.held().points.iter().map(|(key, points)| (key.1.clone(), points.len())).collect()
    };
    let there = counts(&server);
    assert!(own.iter().all(|(name, count)| there[name] == *count), "{own:?} {there:?}");
    assert!(there.values().all(|count| *count > 0) && there.contains_key("test_srcc"), "{there:?}");
    assert_eq!(server.held().runs["run-0"]["info"]["status"], "FINISHED");
    let export = ["--json", "export", "mlflow", "--tracking-uri", &server.address, "--run", &run];
    let again = world.run(&export).expect(0).json();
    assert_eq!(again["runs"][0]["sent"]["unchanged"], true, "{again}");
    assert_eq!(counts(&server), there);
    assert_eq!(import(&world, &server, &[])["run-0"], "own");

    server.held().is_broken = true;
    let ran = world.run(&quick(&["--name", "alone", "--mlflow", &server.address])).expect(0);
    assert!(ran.stderr.contains("MLflow does not follow"), "{}", ran.stderr);
    assert!(ran.stderr.contains("export mlflow --run"), "{}", ran.stderr);
    server.held().is_broken = false;
    world.run(&["export", "mlflow", "--tracking-uri", &server.address, "--run", "alone"]).expect(0);
    assert_eq!(server.held().runs.len(), 2);
    let wrong = world.run(&quick(&["--mlflow", "mlruns"])).expect(2);
    assert!(wrong.stderr.contains("http://"), "{}", wrong.stderr);
}

#[test]
fn a_series_is_followed_with_its_trainings_below_it() {
    let (world, server) = (World::new(), FakeMlflow::start());
    world.demo();
    world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    let ran = world.run(&quick(&["--seeds", "2", "--name", "both", "--mlflow", &server.address])).expect(0);
    assert!(!ran.stderr.contains("MLflow does not"), "{}", ran.stderr);
    let tag = |run: &Value, key: &str| {
        let mut tags = run["data"]["tags"].as_array().expect("tags").iter();
        tags.find(|tag| tag["key"] == key).and_then(|tag| tag["value"].as_str().map(str::to_owned))
    };
    let runs = |server: &FakeMlflow| server.held().runs.clone();
    let held = runs(&server);
    let (head, members) = (&held["run-0"], [&held["run-1"], &held["run-2"]]);
    assert_eq!((head["info"]["run_name"].as_str(), tag(head, "mlflow.parentRunId")), (Some("both"), None));
    for run in members {
        assert_eq!(tag(run, "mlflow.parentRunId").as_deref(), Some("run-0"), "{run}");
    }
    assert!(held.len() == 3 && held.values().all(|run| run["info"]["status"] == "FINISHED"), "{held:?}");
    let means = server.held().points.keys().filter(|key| key.0 == "run-0" && key.1.ends_with("_sd")).count();
    assert!(means > 0, "the series has its means and deviations");

    // What was sent before its series was is placed below it by the next export.
    server.held().runs.clear();
    server.held().points.clear();
    let member = tag(members[0], "packshot.run_id").expect("an id");
    let export = |run: &str| {
        let sent = world.run(&["--json", "export", "mlflow", "--tracking-uri", &server.address, "--run", run]);
        sent.expect(0).json()["runs"][0]["sent"].clone()
    };
    export(&member);
    assert_eq!(tag(&runs(&server)["run-0"], "mlflow.parentRunId"), None);
    export("both");
    assert_eq!(export(&member)["unchanged"], true);
    assert_eq!(tag(&runs(&server)["run-0"], "mlflow.parentRunId").as_deref(), Some("run-1"));
}
