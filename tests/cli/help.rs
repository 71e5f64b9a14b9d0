//! Help, usage errors, configuration, completions.

use super::common::World;

#[test]
fn every_command_explains_itself_with_examples() {
    let world = World::new();
    let commands: &[&[&str]] = &[
        &[],
        &["gui"],
        &["demo"],
        &["open"],
        &["label", "import"],
        &["label", "export"],
        &["train"],
        &["finetune"],
        &["personal"],
        &["score"],
        &["evaluate"],
        &["export", "onnx"],
        &["explain"],
        &["compare"],
        &["duplicates"],
        &["features"],
        &["runs", "list"],
        &["runs", "show"],
        &["runs", "rename"],
        &["runs", "note"],
        &["runs", "delete"],
        &["runs", "restore"],
        &["models", "list"],
        &["models", "promote"],
        &["models", "rollback"],
        &["models", "archive"],
        &["models", "restore"],
        &["export", "mlflow"],
        &["report"],
        &["config", "show"],
        &["serve"],
        &["bench", "serve"],
        &["doctor"],
        &["completions"],
    ];
    for command in commands {
        let ran = world.run(&[command, &["--help"][..]].concat()).expect(0);
        assert!(ran.stdout.contains("Examples:"), "{command:?}");
    }
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_to_do() {
    let world = World::new();
    let cases: &[(&[&str], &str)] = &[
        (&["fly"], "fly"),
        (&["score", "."], "--output"),
        (&["open", "nowhere"], "nowhere"),
        (&["train", "--set", "epochs=3"], "section.key=value"),
        (&["label", "import", "x.csv", "--scale", "5"], "MIN..MAX"),
        (&["score", ".", "-o", "s.xlsx"], "csv"),
        (&["score", ".", "-o", "s.csv", "--shard", "5/4"], "I/N"),
    ];
    for (arguments, named) in cases {
        let ran = world.run(arguments).expect(2);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn errors_are_json_too_when_asked_for() {
    let world = World::new();
    world.make_project();
    let ran = world.run(&["--json", "runs", "show", "nothing"]).expect(1);
    assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    let body = ran.json();
    assert_eq!(body["error"]["code"], "not_found");
    assert!(body["error"]["hint"].as_str().expect("hint").contains("runs list"));

    let body = world.run(&["score", "--json", "."]).expect(2).json();
    assert_eq!(body["error"]["code"], "usage");
    assert!(body["error"]["message"].as_str().expect("message").contains("required"), "{body}");

    let ran = world.run(&["--progress", "json", "runs", "show", "nothing"]).expect(1);
    let event: serde_json::Value = serde_json::from_str(ran.stderr.trim_end()).expect("one JSON object");
    assert_eq!((&event["event"], &event["error"]["code"]), (&"error".into(), &"not_found".into()));
    assert_eq!(ran.stdout, "");
}

#[test]
fn with_json_stdout_holds_one_line() {
    let world = World::new();
    world.make_project();
    let commands: &[&[&str]] = &[
        &["open", "empty"],
        &["runs", "list"],
        &["models", "list"],
        &["config", "show"],
        &["doctor"],
        &["completions", "bash"],
        &["label", "export", "-o", "out.csv"],
    ];
    for command in commands {
        let ran = world.run(&[command, &["--json"][..]].concat()).expect(0);
        assert_eq!(ran.stdout.lines().count(), 1, "{command:?}: {}", ran.stdout);
        assert!(ran.json().is_object(), "{command:?}");
    }
}

#[test]
fn a_mistyped_project_is_named_and_not_made() {
    let world = World::new();
    let commands: &[&[&str]] = &[
        &["runs", "list"],
        &["models", "list"],
        &["report", "-o", "r.html"],
        &["label", "export", "-o", "l.csv"],
        &["train"],
        &["finetune"],
        &["personal"],
        &["serve"],
    ];
    for command in commands {
        let ran = world.run(&[&["--project", "nowhere"], *command].concat()).expect(1);
        assert!(ran.stderr.contains("no project in nowhere"), "{command:?}: {}", ran.stderr);
    }
    let ran = world.run(&["--project", "nowhere", "doctor"]).expect(0);
    assert!(ran.stdout.contains("none yet in nowhere"), "{}", ran.stdout);
    assert!(!world.path("nowhere").exists());
}

#[cfg(unix)]
#[test]
fn who_stops_reading_does_not_stop_the_work() {
    let world = World::new();
    world.make_project();
    std::fs::write(world.path("empty/no.jpg"), "no photo").expect("writes");
    // A pipe whose reader is gone, as after `| head`.
    let closed = || std::io::pipe().expect("pipe").1;
    let mut command = world.command(&["open", "empty", "--progress", "json"]);
    let status = command.stdout(closed()).stderr(closed()).status().expect("starts");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn shown_configuration_is_a_configuration_file() {
    let world = World::new();
    let shown = world.run(&["config", "show"]).expect(0).stdout;
    assert!(shown.contains("[train]") && shown.contains("# "));
    world.write("project/packshot.toml", &shown.replace("epochs = 20", "epochs = 7"));
    let mut command = world.command(&["--json", "config", "show", "--set", "train.patience=2"]);
    let output = command.env("PACKSHOT_TRAIN_SEED", "9").output().expect("starts");
    let config = super::common::ran(&output).expect(0).json()["config"]["train"].clone();
    assert_eq!(
        (config["epochs"].as_u64(), config["seed"].as_u64(), config["patience"].as_u64()),
        (Some(7), Some(9), Some(2))
    );
    world.write("project/packshot.toml", "[train]\nspeed = 3\n");
    assert!(world.run(&["config", "show"]).expect(65).stderr.contains("packshot.toml"));
}

#[test]
fn completions_name_the_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(world.run(&["completions", shell]).expect(0).stdout.contains("doctor"), "{shell}");
    }
}

#[test]
fn the_doctor_finds_health_and_illness() {
    let world = World::new();
    let body = world.run(&["--json", "doctor"]).expect(0).json();
    assert_eq!(body["healthy"], true);
    let findings = body["findings"].as_array().expect("findings");
    assert!(findings.len() >= 6);
    let engine = findings.iter().find(|finding| finding["topic"] == "engine").expect("which engine computes");
    assert!(engine["text"].as_str().expect("text").contains("times as fast as"), "{engine}");
    world.write("project/packshot.db", "this is no database, however long it is and whatever it says");
    let ran = world.run(&["doctor"]).expect(1);
    assert!(ran.stdout.contains("BAD") && ran.stdout.contains("not a database"), "{}", ran.stdout);
}

#[test]
fn without_a_display_the_window_says_so() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: only Linux can be without a display");
        return;
    }
    let world = World::new();
    let ran = world.run(&["gui"]).expect(1);
    assert!(ran.stderr.contains("display") && ran.stderr.contains("packshot --help"), "{}", ran.stderr);
}
