//! The HTTP contract over a loopback socket, with a model that answers by the photo's bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::worker::{Exchange, Load, Model, Prepare, Queue, Refused};
use super::*;
use crate::domain::{Calibration, ModelCard, ModelId, Reach, Score, ScoreRow};

/// The model's side of a photo that makes it wait: says that it has begun, waits to go on.
pub(super) struct Gate {
    begun: Sender<()>,
    go: Receiver<()>,
}

/// A gate, with the test's side of it.
pub(super) fn gate() -> (Gate, Receiver<()>, Sender<()>) {
    let ((begun, was_begun), (go_on, go)) = (channel(), channel());
    (Gate { begun, go }, was_begun, go_on)
}

/// Scores by the bytes: "bad" is no photo, "huge" has too many pixels, "stumble" and "panic" meet a defect before and in the
/// model, "wait" waits at the gate.
pub(super) struct Fake {
    id: &'static str,
    gate: Option<Gate>,
}

impl Model for Fake {
    type Photo = (String, Vec<u8>);

    fn card(&self) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            id: ModelId(self.id.to_owned()),
            architecture: "none".to_owned(),
            preprocess: 1,
            calibration: Calibration { mean: 50.0, std: 1.0 },
            reach: Reach::UNKNOWN,
            names_flaws: false,
            run: None,
            created_ms: 0,
            code_version: String::new(),
            personal: None,
        }
    }

    fn preparer(&self) -> Prepare<Self::Photo> {
        Arc::new(|name, bytes| match bytes {
            b"bad" => Err(Error::bad_data(format!("{name} is not a photo"))),
            b"huge" => Err(Error::new(Code::TooLarge, format!("{name} has too many pixels"))),
            b"stumble" => panic!("defect"),
            _ => Ok((name.to_owned(), bytes.to_vec())),
        })
    }

    fn score(&self, photos: &[&Self::Photo]) -> Result<Vec<ScoreRow>> {
        let score = |(name, bytes): &&Self::Photo| {
            assert_ne!(bytes, b"panic", "defect");
            if bytes == b"wait"
                && let Some(gate) = &self.gate
            {
                // A test that has ended opens the gate for good.
                let _over = gate.begun.send(()).map(|()| gate.go.recv());
            }
            let value = if bytes == b"wait" { 40.0 } else { 60.0 };
            ScoreRow {
                path: name.into(),
                sha256: String::new(),
                model: ModelId(self.id.to_owned()),
                score: Some(Score { value, low: value - 5.0, high: value + 5.0 }),
                attributes: None,
                reason: None,
                error: None,
                at_ms: 0,
            }
        };
        Ok(photos.iter().map(score).collect())
    }
}

pub(super) fn loads(id: &'static str, gate: Option<Gate>) -> Load<Fake> {
    Box::new(move || Ok(Fake { id, gate }))
}

/// A way to stop the server as a service manager or a person would.
pub(super) struct Asked(pub(super) mpsc::UnboundedReceiver<Stop>);

impl Stops for Asked {
    async fn next(&mut self) -> Stop {
        match self.0.recv().await {
            Some(stop) => stop,
            // The test is over.
            None => Stop::Person,
        }
    }
}

pub(super) fn config() -> ServerConfig {
    ServerConfig {
        port: 0,
        max_body_mb: 1,
        max_batch_mb: 2,
        max_photos: 3,
        queue: 4,
        workers: 2,
        notice_s: 0,
        ..ServerConfig::default()
    }
}

pub(super) type Stopper = mpsc::UnboundedSender<Stop>;

/// Serves while `talk` runs, then stops the server; returns how long the stop took.
pub(super) fn with_server(
    config: &ServerConfig,
    gate: Option<Gate>,
    talk: impl FnOnce(SocketAddr, &Stopper, &Exchange<Fake>),
) -> Duration {
    let board = Arc::new(Board::default());
    let (worker, exchange) = Worker::start(Settings::of(config), board.clone(), loads("m1", gate)).expect("starts");
    let runtime = runtime().expect("runtime");
    let (listener, address) = runtime.block_on(bind(config)).expect("binds");
    let state = ServerState::new(worker.queue(), board, config).expect("keys");
    let (stop, stops) = mpsc::unbounded_channel();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| serve(runtime, listener, &state, Asked(stops)));
        talk(address, &stop, &exchange);
        let since = Instant::now();
        drop(stop);
        server.join().expect("joins");
        since.elapsed()
    })
}

pub(super) fn send_with(address: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connects");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    // The server may refuse before it has read everything.
    let _refused = stream.write_all(&[head.as_bytes(), body].concat());
    stream
}

pub(super) fn send(address: SocketAddr, method: &str, path: &str, content_type: &str, body: &[u8]) -> TcpStream {
    send_with(address, method, path, &format!("content-type: {content_type}\r\n"), body)
}

pub(super) fn answer(mut stream: TcpStream) -> (u16, String, String) {
    let mut bytes = Vec::new();
    // What was read before a reset counts.
    let _reset = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("has a body: {text}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
    (status, head.to_lowercase(), body.to_owned())
}

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, photo): &(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{photo}.jpg\"\r\n\r\n{photo}\r\n")
    };
    format!("{}--b--\r\n", fields.iter().map(part).collect::<String>()).into()
}

const MULTIPART: &str = "multipart/form-data; boundary=b";

pub(super) type Case<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str);

pub(super) fn check(address: SocketAddr, cases: &[Case<'_>]) {
    for (method, path, content_type, body, status, part) in cases {
        let (found, _, text) = answer(send(address, method, path, content_type, body));
        assert_eq!(found, *status, "{method} {path} {content_type}: {text}");
        assert!(text.contains(part), "{method} {path} {content_type}: {part:?} is not in {text}");
    }
}

#[test]
fn one_photo_is_answered_as_the_contract_says() {
    with_server(&config(), None, |address, _, _| {
        let one = |name| form(&[(name, "a")]);
        check(
            address,
            &[
                ("GET", "/ping", "", b"", 200, "ok"),
                ("GET", "/health", "", b"", 200, "ok"),
                ("GET", "/version", "", b"", 200, crate::api::CODE_VERSION),
                ("GET", "/ready", "", b"", 200, "m1"),
                ("GET", "/", "", b"", 200, "Drop photos here"),
                ("GET", "/docs", "", b"", 200, "<base href=\"/docs/\">"),
                ("GET", "/docs/index.html", "", b"", 200, "swagger-ui"),
                ("GET", "/docs/nothing.js", "", b"", 404, "detail"),
                ("GET", "/openapi.json", "", b"", 200, "\"/predict/batch\""),
                ("GET", "/nothing", "", b"", 404, "detail"),
                ("GET", "/predict", "", b"", 405, "detail"),
                ("POST", "/predict", "image/jpeg", b"photo", 200, "\"interval\":[55.0,65.0]"),
                ("POST", "/predict", "IMAGE/PNG", b"photo", 200, "\"model_version\":\"m1\""),
                ("POST", "/predict", MULTIPART, &one("file"), 200, "\"filename\":\"a.jpg\""),
                ("POST", "/predict", MULTIPART, &one("other"), 422, "`file` is missing"),
                ("POST", "/predict", "multipart/form-data", b"", 400, "detail"),
                ("POST", "/predict", "text/plain", b"photo", 415, "image/*"),
                ("POST", "/predict", "image/jpeg", b"bad", 422, "is not a photo"),
                ("POST", "/predict", "image/jpeg", b"huge", 413, "too many pixels"),
                ("POST", "/predict", "image/jpeg", &[0; 1_000_001], 413, "detail"),
                ("POST", "/predict", "image/jpeg", b"panic", 500, "unexpectedly"),
                ("POST", "/predict", "image/jpeg", b"stumble", 500, "unexpectedly"),
                ("POST", "/predict", "image/jpeg", b"photo", 200, "60.0"),
                ("GET", "/metrics", "", b"", 200, "packshot_requests_total{route=\"/predict\",status=\"200\"} 4"),
                ("GET", "/metrics", "", b"", 200, "packshot_photos_total{outcome=\"failed\"} 4"),
            ],
        );
    });
}

#[test]
fn several_photos_each_have_their_score_or_their_error() {
    with_server(&config(), None, |address, _, _| {
        let three = form(&[("files", "a"), ("files", "bad"), ("files", "panic")]);
        let (status, _, body) = answer(send(address, "POST", "/predict/batch", MULTIPART, &three));
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let rows = body["predictions"].as_array().expect("rows");
        assert_eq!((status, rows.len()), (200, 3));
        assert_eq!((&rows[0]["score"], &rows[0]["error"]), (&60.0.into(), &serde_json::Value::Null));
        assert_eq!((&rows[1]["score"], &rows[1]["filename"]), (&serde_json::Value::Null, &"bad.jpg".into()));
        assert!(rows[1]["error"].as_str().is_some_and(|text| text.contains("is not a photo")));
        assert!(rows[2]["error"].as_str().is_some_and(|text| text.contains("unexpectedly")));
        let four = form(&[("files", "a"); 4]);
        let large = form(&[("files", &"x".repeat(2_000_001))]);
        let split = br#"{"dataframe_split": {"columns": ["content"], "data": [["YQ=="], ["YmFk"]]}}"#;
        let records = br#"{"dataframe_records": [{"content": "YQ=="}]}"#;
        let many = br#"{"instances": ["YQ==", "YQ==", "YQ==", "YQ=="]}"#;
        let infer = br#"{"id": "7", "inputs": [{"name": "content", "datatype": "BYTES", "shape": [2], "parameters": {"content_type": "base64"}, "data": ["YQ==", "YmFk"]}]}"#;
        check(
            address,
            &[
                ("POST", "/predict/batch", MULTIPART, &four, 413, "more than 3"),
                ("POST", "/predict/batch", MULTIPART, &large, 413, "detail"),
                ("POST", "/predict/batch", MULTIPART, &form(&[("file", "a")]), 422, "`files` is missing"),
                ("POST", "/predict/batch", "image/png", b"a", 415, "`files`"),
                (
                    "POST",
                    "/invocations",
                    "application/json",
                    split,
                    200,
                    "{\"score\":60.0,\"low\":55.0,\"high\":65.0,\"error\":null},{\"score\":null",
                ),
                ("POST", "/invocations", "application/json; charset=utf-8", records, 200, "predictions"),
                ("POST", "/invocations", "application/json", many, 413, "error_code"),
                ("POST", "/invocations", "application/json", b"{}", 400, "\"error_code\":\"BAD_REQUEST\""),
                ("POST", "/invocations", "text/csv", b"", 415, "message"),
                ("GET", "/v2", "", b"", 200, "binary_tensor_data"),
                ("GET", "/v2/health/live", "", b"", 200, "true"),
                ("GET", "/v2/health/ready", "", b"", 200, "true"),
                ("GET", "/v2/models/packshot", "", b"", 200, "\"versions\":[\"m1\"]"),
                ("GET", "/v2/models/packshot/ready", "", b"", 200, "true"),
                ("GET", "/v2/models/packshot/versions/m1", "", b"", 200, "FP32"),
                ("GET", "/v2/models/packshot/versions/m2/ready", "", b"", 404, "error"),
                ("GET", "/v2/models/other", "", b"", 404, "error"),
                ("GET", "/v2/nothing", "", b"", 404, "\"error\""),
                ("POST", "/v2/models/packshot/infer", "application/json", infer, 200, "\"data\":[60.0,null]"),
                ("POST", "/v2/models/packshot/versions/m1/infer", "application/json", infer, 200, "\"id\":\"7\""),
                ("POST", "/v2/models/packshot/infer", "application/json", b"{}", 400, "\"error\""),
            ],
        );
    });
}

fn push(
    queue: &Queue,
    photo: &'static [u8],
) -> std::result::Result<tokio::sync::oneshot::Receiver<Result<ScoreRow>>, Refused> {
    queue.push(vec![("x".to_owned(), Bytes::from_static(photo))]).map(|mut answers| answers.remove(0))
}

#[test]
fn a_full_queue_refuses_instead_of_growing_and_has_room_again() {
    let (gate, begun, go) = gate();
    with_server(&config(), Some(gate), |address, _, _| {
        let waiting: Vec<TcpStream> =
            (0..4).map(|_| send(address, "POST", "/predict", "image/jpeg", b"wait")).collect();
        begun.recv().expect("begins");
        let until = Instant::now() + Duration::from_secs(5);
        while !answer(send(address, "GET", "/metrics", "", b"")).2.contains("packshot_queue_photos 4") {
            assert!(Instant::now() < until, "four photos are taken in");
        }
        let (status, head, _) = answer(send(address, "POST", "/predict", "image/jpeg", b"photo"));
        assert_eq!((status, head.contains("retry-after: 1")), (503, true), "{head}");
        drop(go);
        for stream in waiting {
            assert_eq!(answer(stream).0, 200);
        }
        check(address, &[("POST", "/predict", "image/jpeg", b"photo", 200, "60.0")]);
    });
}

#[test]
fn a_worker_that_has_ended_says_so() {
    let (worker, _exchange) =
        Worker::start(Settings::of(&config()), Arc::new(Board::default()), loads("m1", None)).expect("starts");
    let queue = worker.queue();
    assert!(push(&queue, b"photo").is_ok());
    assert_eq!(queue.push(vec![("x".to_owned(), Bytes::new()); 5]).err(), Some(Refused::TooMany));
    drop(worker);
    assert_eq!(push(&queue, b"photo").err(), Some(Refused::Closed));
}

/// Counts batches.
#[derive(Default)]
struct Batches(Mutex<Vec<usize>>);

impl super::worker::Watch for Batches {
    fn serves(&self, _card: &ModelCard) {}

    fn batch(&self, photos: usize) {
        self.0.lock().expect("not poisoned").push(photos);
    }
}

#[test]
fn photos_that_wait_are_computed_together_and_none_more_than_allowed() {
    let (gate, begun, go) = gate();
    let batches = Arc::new(Batches::default());
    let settings = Settings { batch: 3, wait: Duration::from_secs(5), queue: 8, threads: 1 };
    let (worker, _exchange) = Worker::start(settings, batches.clone(), loads("m1", Some(gate))).expect("starts");
    let queue = worker.queue();
    let first = push(&queue, b"wait").expect("room");
    begun.recv().expect("begins, though a batch could wait for more: nobody has sent any");
    let others = vec![("x".to_owned(), Bytes::from_static(b"photo")); 5];
    let others = queue.push(others).expect("room");
    drop(go);
    for answer in std::iter::once(first).chain(others) {
        assert!(answer.blocking_recv().expect("answered").is_ok());
    }
    let batches = batches.0.lock().expect("not poisoned").clone();
    assert_eq!(batches.iter().sum::<usize>(), 6);
    assert_eq!((batches[0], batches.iter().max().copied()), (1, Some(3)), "{batches:?}");
}

#[test]
fn another_model_takes_over_and_loses_no_photo() {
    let (gate, begun, go) = gate();
    let model = |answer: TcpStream| {
        let (status, _, body) = self::answer(answer);
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        (status, body["model_version"].as_str().expect("a model").to_owned())
    };
    with_server(&config(), Some(gate), |address, _, exchange| {
        let before = send(address, "POST", "/predict", "image/jpeg", b"wait");
        begun.recv().expect("begins");
        assert!(exchange.with(loads("m2", None)));
        assert!(exchange.with(Box::new(|| Err(Error::bad_data("damaged")))), "it is refused, and the log says why");
        assert!(exchange.with(Box::new(|| panic!("defect"))));
        go.send(()).expect("goes on");
        assert_eq!(model(before), (200, "m1".to_owned()));
        let until = Instant::now() + Duration::from_secs(5);
        while model(send(address, "POST", "/predict", "image/jpeg", b"photo")) != (200, "m2".to_owned()) {
            assert!(Instant::now() < until, "the other model takes over");
        }
        check(address, &[("GET", "/ready", "", b"", 200, "m2")]);
    });
}

#[test]
fn a_photo_that_takes_too_long_is_given_up() {
    let (gate, begun, go) = gate();
    with_server(&ServerConfig { timeout_s: 1, ..config() }, Some(gate), |address, _, _| {
        let stuck = send(address, "POST", "/predict", "image/jpeg", b"wait");
        begun.recv().expect("begins");
        assert_eq!(answer(stuck).0, 504);
        drop(go);
        check(address, &[("POST", "/predict", "image/jpeg", b"photo", 200, "60.0")]);
    });
}

#[test]
fn a_stop_answers_what_is_under_way_and_tells_others_to_come_back() {
    let (gate, begun, go) = gate();
    with_server(&ServerConfig { notice_s: 20, ..config() }, Some(gate), |address, stop, _| {
        let waiting = send(address, "POST", "/predict", "image/jpeg", b"wait");
        begun.recv().expect("begins");
        stop.send(Stop::Service).expect("stops");
        let until = Instant::now() + Duration::from_secs(5);
        while answer(send(address, "GET", "/ready", "", b"")).0 == 200 {
            assert!(Instant::now() < until, "the server knows that it stops");
        }
        for path in ["/predict", "/v2/health/ready"] {
            let method = if path == "/predict" { "POST" } else { "GET" };
            let (status, head, _) = answer(send(address, method, path, "image/jpeg", b"photo"));
            assert_eq!((status, head.contains("retry-after: 1")), (503, true), "{path}: {head}");
        }
        check(address, &[("GET", "/health", "", b"", 200, "ok")]);
        go.send(()).expect("goes on");
        let (status, _, body) = answer(waiting);
        assert_eq!((status, body.contains("40.0")), (200, true), "{body}");
        // The second request ends the notice.
        stop.send(Stop::Service).expect("stops at once");
    });
}

#[test]
fn a_stop_does_not_wait_for_ever_on_an_unfinished_upload() {
    let mut stuck = None;
    let limit = Duration::from_secs(1);
    let took = with_server(&ServerConfig { drain_s: 1, ..config() }, None, |address, stop, _| {
        let mut stream = TcpStream::connect(address).expect("connects");
        let head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 100\r\n";
        stream.write_all(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).expect("writes");
        // The server asks for the body: the request is under way.
        stream.read_exact(&mut [0; 25]).expect("is told to continue");
        stuck = Some(stream);
        stop.send(Stop::Person).expect("stops");
        // It waits for this one; asked again, it would not.
        std::mem::forget(stop.clone());
    });
    assert!(took >= limit / 2 && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn keys_quotas_and_foreign_pages() {
    let (key, line) = gate::make_key("shop", [3; 32]).expect("a key");
    let origins = vec!["https://shop.example".to_owned()];
    let config = ServerConfig { keys: vec![line], requests_per_minute: 3, cors_origins: origins, ..config() };
    with_server(&config, None, |address, _, _| {
        check(
            address,
            &[
                ("POST", "/predict", "image/png", b"photo", 401, "detail"),
                ("POST", "/invocations", "application/json", b"{}", 401, "error_code"),
                ("GET", "/v2/models/packshot", "", b"", 401, "\"error\""),
                ("GET", "/metrics", "", b"", 401, "detail"),
                ("GET", "/ready", "", b"", 200, "m1"),
                ("GET", "/docs/index.html", "", b"", 200, "html"),
            ],
        );
        let with_key = format!("content-type: image/png\r\nauthorization: Bearer {key}\r\n");
        let ask = |headers: &str| answer(send_with(address, "POST", "/predict", headers, b"photo"));
        assert!((0..3).all(|_| ask(&with_key).0 == 200));
        let (status, head, _) = ask(&with_key);
        assert_eq!((status, head.contains("retry-after: ")), (429, true), "{head}");

        let asks = "access-control-request-method: POST\r\norigin: ";
        let preflight =
            |origin: &str| answer(send_with(address, "OPTIONS", "/predict", &format!("{asks}{origin}\r\n"), b""));
        let (status, head, _) = preflight("https://shop.example");
        assert_eq!((status, head.contains("access-control-allow-origin: https://shop.example")), (204, true), "{head}");
        let (status, head, _) = preflight("https://other.example");
        assert!(status != 204 && !head.contains("access-control-allow-origin"), "{head}");
    });
}

#[test]
fn only_keys_open_the_network() {
    let loopback = "127.0.0.1:80".parse().expect("an address");
    let everywhere = "0.0.0.0:80".parse().expect("an address");
    assert!(refuse_open_network(&config(), loopback).is_ok());
    assert_eq!(refuse_open_network(&config(), everywhere).expect_err("open").code, Code::Usage);
    let keys = vec!["shop:…".to_owned()];
    assert!(refuse_open_network(&ServerConfig { keys, ..config() }, everywhere).is_ok());
    let half = ServerConfig { tls_key: "key.pem".to_owned(), ..config() };
    assert_eq!(certificate(&half).expect_err("half").code, Code::Usage);
}
