//! Killed and stopped: nothing that was reported as saved is lost, and work goes on where it ended.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::common::{World, ran, table};

/// Starts a command with JSON progress and waits until `stage` has done `count`.
fn started(world: &World, arguments: &[&str], stage: &str, count: u64) -> Child {
    let mut command = world.command(arguments);
    let mut child =
        command.args(["--progress", "json"]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    while stderr.read_line(&mut line).expect("reads") > 0 {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        if event["stage"] == stage && event["done"].as_u64() >= Some(count) {
            break;
        }
        assert_ne!(event["event"], "finished", "ended too soon: {line}");
        line.clear();
    }
    // Given back, so that what it says after this never meets a closed pipe.
    child.stderr = Some(stderr.into_inner());
    child
}

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
}

const ENDLESS: [&str; 9] =
    ["train", "--set", "train.architecture=cnn-xs", "--set", "train.patience=0", "--device", "cpu", "--epochs", "400"];

#[test]
fn a_killed_training_is_interrupted_and_can_be_resumed() {
    let world = World::new();
    world.demo();
    world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    let mut child = started(&world, &ENDLESS, "Training", 4);
    signal(&child, "-KILL");
    child.wait().expect("ends");
    let run = &world.run(&["--json", "runs", "list"]).expect(0).json()["runs"][0];
    assert_eq!(run["status"], "interrupted");
    let id = run["id"].as_str().expect("id");

    let mut child = started(&world, &["train", "--resume", id, "--device", "cpu"], "Training", 8);
    world.run(&["train", "--resume", id]).expect(75);
    let asked = Instant::now();
    signal(&child, "-TERM");
    let events: Vec<serde_json::Value> = BufReader::new(child.stderr.take().expect("stderr"))
        .lines()
        .map_while(|line| serde_json::from_str(&line.expect("reads")).ok())
        .collect();
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(1));
    assert!(asked.elapsed() < Duration::from_secs(60), "a stop waits for one step and the checkpoint only");
    let at = |name: &str| events.iter().position(|event| event["event"] == name);
    let ends = [at("stopping"), at("finished"), at("error")];
    assert!(ends.iter().all(Option::is_some) && ends.is_sorted(), "{events:?}");
    let hint = events.last().expect("events")["error"]["hint"].as_str().expect("hint");
    assert!(hint.contains(&format!("--resume {id}")), "says how to go on: {hint}");
    let refused = world.run(&["train", "--resume", id, "--set", "train.epochs=3"]).expect(2);
    assert!(refused.stderr.contains("train.epochs cannot be set here"), "{}", refused.stderr);
    let current = world.run(&["--json", "models", "list"]).expect(0).json();
    assert_eq!(current["models"][0]["name"], "default", "what was stopped does not score: {current}");
    let view = world.run(&["--json", "runs", "show", id]).expect(0).json();
    assert_eq!(view["run"]["status"], "cancelled");
    let points = view["points"].as_array().expect("points");
    let steps: Vec<u64> =
        points.iter().filter(|p| p["name"] == "train_loss").filter_map(|p| p["step"].as_u64()).collect();
    let expected: Vec<u64> = (1..=steps.len() as u64).collect();
    assert_eq!(steps, expected, "no step is missing or doubled");
}

#[test]
fn a_killed_scoring_goes_on_and_gives_the_whole_table() {
    let world = World::new();
    world.trained();
    let mut child = started(&world, &["score", "demo", "-o", "s.csv", "--device", "cpu"], "Scoring", 16);
    signal(&child, "-KILL");
    child.wait().expect("ends");
    assert!(!world.path("s.csv").exists(), "a half-written table would look finished");
    let body = world.run(&["score", "demo", "-o", "s.csv", "--resume", "--json", "--device", "cpu"]).expect(0).json();
    assert!(body["reused"].as_u64() >= Some(16), "{body}");
    assert_eq!(table(&world.path("s.csv")).len(), 45);
}

#[test]
fn votes_survive_a_kill() {
    let world = World::new();
    world.demo();
    let child = started(&world, &["label", "import", "demo/labels.csv"], "Saving labels", 0);
    let output = child.wait_with_output().expect("ends");
    ran(&output).expect(0);
    let mut child = started(&world, &["open", "demo"], "Looking for photos", 0);
    signal(&child, "-KILL");
    child.wait().expect("ends");
    world.run(&["label", "export", "-o", "out.csv"]).expect(0);
    assert_eq!(table(&world.path("out.csv")).len(), 45);
    world.run(&["doctor"]).expect(0);
}
