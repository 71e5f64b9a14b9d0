//! One photo, one model, one score: training's validation, the command line, the HTTP API and the window's use cases,
//! each started by itself.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use packshot::api::{self, Project, ScoreRequest};
use packshot::config::{Config, FILE_NAME};
use packshot::jobs::Outcome;

use super::common::{World, table};

#[test]
fn every_face_gives_the_same_score() {
    let world = World::new();
    let run = world.trained();
    let model = world.path("project/models").join(&run).join("model");
    let validation: HashMap<String, f64> = table(&model.join("validation.csv"))
        .into_iter()
        .map(|row| (row["content_sha256"].clone(), row["score"].parse().expect("number")))
        .collect();

    world.run(&["score", "demo", "-o", "s.csv", "--model", &run, "--device", "cpu"]).expect(0);
    let command_line: Vec<(String, String, f64)> = table(&world.path("s.csv"))
        .into_iter()
        .map(|row| (row["content_sha256"].clone(), row["path"].clone(), row["score"].parse().expect("number")))
        .collect();
    let mut compared = 0;
    for (sha256, path, score) in &command_line {
        if let Some(expected) = validation.get(sha256) {
            assert!((score - expected).abs() < 2e-3, "{path}: command line {score}, validation {expected}");
            compared += 1;
        }
    }
    assert!(compared >= 3 && compared == validation.len());

    let window = window_scores(&world, &model);
    for (_, path, score) in &command_line {
        assert!((window[path] - score).abs() < 2e-3, "{path}: window {}, command line {score}", window[path]);
    }

    let (_, path, score) = &command_line[7];
    let served = served_score(&world, &run, &std::fs::read(path).expect("reads"));
    assert!((served - score).abs() < 2e-3, "{path}: server {served}, command line {score}");
}

#[test]
fn every_face_gives_the_same_score_of_a_personal_model() {
    let world = World::new();
    world.demo();
    world.run(&["label", "import", "demo/labels.csv"]).expect(0);
    world.run(&["personal", "--all", "--device", "cpu", "--progress", "none"]).expect(0);
    world.run(&["score", "demo", "-o", "s.csv", "--device", "cpu", "--again"]).expect(0);
    let command_line: Vec<(String, f64)> = table(&world.path("s.csv"))
        .into_iter()
        .map(|row| (row["path"].clone(), row["score"].parse().expect("number")))
        .collect();
    assert_eq!(command_line.len(), 45);

    let window = window_scores(&world, &world.path("project/models/personal"));
    let project = Project::open(&world.path("project"), Config::default()).expect("project");
    let browse = api::list_photos(&project).expect("photos").into_iter();
    let browse: HashMap<String, f64> = browse
        .map(|row| (row.photo.path.to_string_lossy().into_owned(), row.score.expect("score").score.value))
        .collect();
    for (path, score) in &command_line {
        assert!((window[path] - score).abs() < 0.01, "{path}: window {}, command line {score}", window[path]);
        assert!((browse[path] - score).abs() < 0.01, "{path}: Browse {}, command line {score}", browse[path]);
    }
    let (path, score) = &command_line[7];
    let served = served_score(&world, "personal", &std::fs::read(path).expect("reads"));
    assert!((served - score).abs() < 0.01, "{path}: server {served}, command line {score}");
}

/// What the window does when a folder is dropped on it, in a project of its own that knows nothing of the others.
fn window_scores(world: &World, model: &std::path::Path) -> HashMap<String, f64> {
    let folder = world.path("window-project");
    let flags = ["score.device=cpu".to_owned()];
    let config = Config::load(&folder.join(FILE_NAME), std::iter::empty(), &flags).expect("configuration");
    let project = Project::open(&folder, config).expect("project");
    let request = ScoreRequest {
        paths: vec![world.path("demo")],
        model: Some(model.to_string_lossy().into_owned()),
        ..ScoreRequest::default()
    };
    let job = api::start_scoring(&project, request, std::sync::Arc::new(|| {})).expect("starts");
    let Outcome::Completed(summary) = job.handle.join(|_| {}) else { panic!("not completed") };
    assert_eq!((summary.scored, summary.reused), (45, 0));
    let value = |row: &packshot::domain::ScoreRow| row.score.expect("score").value;
    summary.rows.iter().map(|row| (row.path.to_string_lossy().into_owned(), value(row))).collect()
}

/// What the HTTP API answers; also checks health, a wrong type and a broken photo.
fn served_score(world: &World, run: &str, photo: &[u8]) -> f64 {
    let mut command = world.command(&["serve", "--port", "0", "--model", run, "--set", "score.device=cpu"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let address = lines.find_map(|line| line.expect("reads").strip_prefix("listening on http://").map(str::to_owned));
    let address = address.expect("says where it listens");
    let ask = |method: &str, path: &str, content_type: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(&address).expect("connects");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("writes");
        stream.write_all(body).expect("writes");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        let (head, body) = answer.split_once("\r\n\r\n").expect("has a body");
        (head.split(' ').nth(1).expect("status").to_owned(), body.to_owned())
    };
    assert_eq!(ask("GET", "/health", "", &[]), ("200".to_owned(), "ok".to_owned()));
    assert_eq!(ask("GET", "/ready", "", &[]).0, "200");
    assert_eq!(ask("POST", "/predict", "text/plain", b"hello").0, "415");
    assert_eq!(ask("POST", "/predict", "image/jpeg", b"no photo").0, "422");
    let (status, body) = ask("POST", "/predict", "image/jpeg", photo);
    assert_eq!(status, "200", "{body}");
    let form =
        [b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n", photo, b"\r\n--b--\r\n"]
            .concat();
    let (status, multipart) = ask("POST", "/predict", "multipart/form-data; boundary=b", &form);
    assert_eq!(status, "200", "{multipart}");
    let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let multipart: serde_json::Value = serde_json::from_str(&multipart).expect("JSON");
    assert_eq!((&multipart["filename"], &multipart["score"]), (&serde_json::json!("a.jpg"), &answer["score"]));
    #[cfg(unix)]
    {
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
        assert!(child.wait().expect("ends").success(), "a served request is finished, then it ends well");
    }
    #[cfg(not(unix))]
    child.kill().expect("ends");
    answer["score"].as_f64().expect("score")
}
