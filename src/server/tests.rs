//! The HTTP contract over a loopback socket, with a model that answers by the photo's bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use tokio::sync::oneshot;

use super::worker::{Refused, WAITING};
use super::*;
use crate::domain::{Calibration, ModelCard, ModelId, Reach, Score, ScoreRow};

fn card() -> ModelCard {
    ModelCard {
        format: ModelCard::FORMAT,
        id: ModelId("m1".to_owned()),
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

fn row(name: &str, score: f64) -> ScoreRow {
    ScoreRow {
        path: name.into(),
        sha256: String::new(),
        model: ModelId("m1".to_owned()),
        score: Some(Score { value: score, low: score - 5.0, high: score + 5.0 }),
        attributes: None,
        reason: None,
        error: None,
        at_ms: 0,
    }
}

/// The model's side of a photo that makes it wait: says that it has begun, waits to go on.
struct Gate {
    begun: Sender<()>,
    go: Receiver<()>,
}

/// A gate, with the test's side of it.
fn gate() -> (Gate, Receiver<()>, Sender<()>) {
    let ((begun, was_begun), (go_on, go)) = (channel(), channel());
    (Gate { begun, go }, was_begun, go_on)
}

/// A worker that scores by the bytes: "bad" is no photo, "panic" meets a defect, "wait" waits at the gate.
fn worker(gate: Gate) -> Worker {
    Worker::spawn(move || {
        let predict = move |name: &str, bytes: &[u8]| match bytes {
            b"bad" => Err(Error::bad_data(format!("{name} is not a photo"))),
            b"panic" => panic!("defect"),
            b"wait" => {
                // A test that has ended opens the gate for good.
                let _over = gate.begun.send(()).map(|()| gate.go.recv());
                Ok(row(name, 40.0))
            }
            _ => Ok(row(name, 60.0)),
        };
        Ok((card(), predict))
    })
    .expect("starts")
}

/// Serves while `talk` runs, then stops the server; returns how long the stop took.
fn with_server(gate: Gate, drain_limit: Duration, talk: impl FnOnce(SocketAddr, oneshot::Sender<()>)) -> Duration {
    let worker = worker(gate);
    let runtime = runtime().expect("runtime");
    let config = ServerConfig { port: 0, ..ServerConfig::default() };
    let (listener, address) = runtime.block_on(bind(&config)).expect("binds");
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let asked = async {
                // A dropped sender stops the server too.
                let _asked = stopped.await;
            };
            serve(runtime, listener, &worker, 1000, asked, drain_limit).expect("ends well");
        });
        talk(address, stop);
        let since = Instant::now();
        server.join().expect("joins");
        since.elapsed()
    })
}

fn send(address: SocketAddr, method: &str, path: &str, content_type: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("connects");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).expect("writes");
    stream
}

fn answer(mut stream: TcpStream) -> (u16, String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("reads");
    let (head, body) = text.split_once("\r\n\r\n").expect("has a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
    (status, head.to_lowercase(), body.to_owned())
}

fn form(field: &str) -> Vec<u8> {
    format!("--b\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"a.jpg\"\r\n\r\nphoto\r\n--b--\r\n")
        .into()
}

#[test]
fn requests_are_answered_as_the_contract_says() {
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str);
    let (gate, _begun, _go) = gate();
    with_server(gate, DRAIN_LIMIT, |address, _stop| {
        let multipart = "multipart/form-data; boundary=b";
        let cases: &[Case<'_>] = &[
            ("GET", "/ping", "", b"", 200, "ok"),
            ("GET", "/health", "", b"", 200, "ok"),
            ("GET", "/version", "", b"", 200, crate::api::CODE_VERSION),
            ("GET", "/ready", "", b"", 200, "m1"),
            ("GET", "/nothing", "", b"", 404, ""),
            ("GET", "/predict", "", b"", 405, ""),
            ("POST", "/predict", "image/jpeg", b"photo", 200, "\"interval\":[55.0,65.0]"),
            ("POST", "/predict", "IMAGE/PNG", b"photo", 200, "\"model_version\":\"m1\""),
            ("POST", "/predict", multipart, &form("file"), 200, "\"filename\":\"a.jpg\""),
            ("POST", "/predict", multipart, &form("other"), 422, "`file` is missing"),
            ("POST", "/predict", "multipart/form-data", b"", 400, "detail"),
            ("POST", "/predict", "text/plain", b"photo", 415, "image/*"),
            ("POST", "/predict", "image/jpeg", b"bad", 422, "is not a photo"),
            ("POST", "/predict", "image/jpeg", &[0; 1001], 413, "detail"),
            ("POST", "/predict", "image/jpeg", b"panic", 500, "unexpectedly"),
            ("POST", "/predict", "image/jpeg", b"photo", 200, "60.0"),
        ];
        for (method, path, content_type, body, status, part) in cases {
            let (found, _, text) = answer(send(address, method, path, content_type, body));
            assert_eq!(found, *status, "{method} {path} {content_type}: {text}");
            assert!(text.contains(part), "{method} {path} {content_type}: {text}");
        }
    });
}

#[test]
fn a_full_queue_refuses_instead_of_growing() {
    let (gate, _begun, go) = gate();
    let worker = worker(gate);
    let queue = worker.queue();
    let push = || queue.push("x".to_owned(), b"wait".to_vec());
    // One may already be out of the queue and under way.
    let taken: Vec<_> = (0..=WAITING).map_while(|_| push().ok()).collect();
    assert!(taken.len() >= WAITING, "{}", taken.len());
    let refused = (0..2).find_map(|_| push().err());
    assert_eq!(refused, Some(Refused::Full));
    drop(go);
    drop(taken);
    drop(worker);
    assert_eq!(push().err(), Some(Refused::Closed));
}

#[test]
fn a_stop_answers_what_is_under_way() {
    let (gate, begun, go) = gate();
    with_server(gate, DRAIN_LIMIT, |address, stop| {
        let waiting = send(address, "POST", "/predict", "image/jpeg", b"wait");
        begun.recv().expect("begins");
        stop.send(()).expect("stops");
        go.send(()).expect("goes on");
        let (status, _, body) = answer(waiting);
        assert_eq!((status, body.contains("40.0")), (200, true), "{body}");
    });
}

#[test]
fn a_stop_does_not_wait_for_ever_on_an_unfinished_upload() {
    let (gate, _begun, _go) = gate();
    let mut stuck = None;
    let limit = Duration::from_millis(300);
    let took = with_server(gate, limit, |address, stop| {
        let mut stream = TcpStream::connect(address).expect("connects");
        let head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 100\r\n";
        stream.write_all(format!("{head}expect: 100-continue\r\n\r\n").as_bytes()).expect("writes");
        // The server asks for the body: the request is under way.
        stream.read_exact(&mut [0; 25]).expect("is told to continue");
        stuck = Some(stream);
        stop.send(()).expect("stops");
    });
    assert!(took >= limit && took < DRAIN_LIMIT / 2, "{took:?}");
}
