//! What clients may not do to the server: connections without end, headers that never come, bodies that fill the memory;
//! and HTTPS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use tokio::sync::mpsc;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::tests::{Asked, answer, check, config, gate, loads, send, with_server};
use super::*;

#[test]
fn a_client_that_sends_no_headers_is_let_go() {
    with_server(&ServerConfig { header_timeout_s: 1, ..config() }, None, |address, _, _| {
        let mut idle = TcpStream::connect(address).expect("connects");
        idle.write_all(b"GET /health HTT").expect("writes");
        idle.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
        let mut rest = Vec::new();
        // Closed, with or without a word; not open for ever.
        let ended = idle.read_to_end(&mut rest);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
        check(address, &[("GET", "/health", "", b"", 200, "ok")]);
    });
}

#[test]
fn connections_beyond_the_limit_wait_for_a_free_place() {
    with_server(&ServerConfig { max_connections: 2, ..config() }, None, |address, _, _| {
        let ask =
            |stream: &mut TcpStream| stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").expect("writes");
        let mut first = TcpStream::connect(address).expect("connects");
        let mut second = TcpStream::connect(address).expect("connects");
        for stream in [&mut first, &mut second] {
            ask(stream);
            stream.read_exact(&mut [0; 12]).expect("is answered");
        }
        // The system takes it; the server does not, as long as the others stay.
        let third = send(address, "GET", "/health", "", b"");
        third.set_read_timeout(Some(Duration::from_millis(300))).expect("sets");
        assert!((&third).read(&mut [0; 1]).is_err(), "waits");
        drop(first);
        third.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
        assert_eq!(answer(third).0, 200);
    });
}

#[test]
fn bodies_take_no_more_room_than_there_is() {
    let (gate, begun, go) = gate();
    // Two megabytes at a time, as large as one batch.
    let config = ServerConfig { max_inflight_mb: 2, queue: 100, max_photos: 3, ..config() };
    with_server(&config, Some(gate), |address, _, _| {
        let waiting = send(address, "POST", "/predict", "image/jpeg", b"wait");
        begun.recv().expect("begins");
        let large = vec![b'x'; 1_999_999];
        let (status, head, body) = answer(send(address, "POST", "/invocations", "application/json", &large));
        assert_eq!((status, head.contains("retry-after")), (503, true), "{body}");
        assert!(body.contains("error_code") && body.contains("room"), "{body}");
        go.send(()).expect("goes on");
        assert_eq!(answer(waiting).0, 200);
        // The room is free again: refused for what it is, not for its size.
        let until = Instant::now() + Duration::from_secs(10);
        while answer(send(address, "POST", "/invocations", "application/json", &large)).0 != 400 {
            assert!(Instant::now() < until, "the room is given back");
        }
    });
}

#[test]
fn json_that_blows_up_in_memory_is_refused_unread() {
    with_server(&config(), None, |address, _, _| {
        let numbers = format!("{{\"instances\": [{}7]}}", "7,".repeat(500_000));
        check(address, &[("POST", "/invocations", "application/json", numbers.as_bytes(), 413, "parts")]);
        check(address, &[("POST", "/v2/models/packshot/infer", "application/json", numbers.as_bytes(), 413, "parts")]);
    });
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

#[test]
fn https_answers_who_trusts_the_certificate_and_nobody_else() {
    let board = Arc::new(Board::default());
    let config = config();
    let (worker, _exchange) = Worker::start(Settings::of(&config), board.clone(), loads("m1", None)).expect("starts");
    let runtime = runtime().expect("runtime");
    let acceptor = tls::acceptor(&fixture("certificate.pem"), &fixture("key.pem")).expect("goes together");
    let (listener, address) = runtime.block_on(bind(&config)).expect("binds");
    let listener = runtime.block_on(async { tls::TlsListener::new(listener, address, acceptor) });
    let state = ServerState::new(worker.queue(), board, &config).expect("keys");
    let (stop, stops) = mpsc::unbounded_channel();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| serve(runtime, listener, &state, Asked(stops)));
        let url = format!("https://localhost:{}/predict", address.port());
        let client = |roots: RootCerts| {
            let tls = TlsConfig::builder().root_certs(roots).build();
            ureq::Agent::new_with_config(ureq::Agent::config_builder().tls_config(tls).build())
        };
        let pem = std::fs::read(fixture("certificate.pem")).expect("reads");
        let own = parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let trusting = client(RootCerts::Specific(Arc::new(own.collect())));
        let mut answer = trusting.post(&url).content_type("image/jpeg").send("photo").expect("answers");
        let body = answer.body_mut().read_to_string().expect("reads");
        assert!(answer.status() == 200 && body.contains("60.0"), "{body}");
        let stranger = client(RootCerts::Specific(Arc::new(Vec::new())));
        stranger.post(&url).content_type("image/jpeg").send("photo").expect_err("does not trust it");
        // Plain HTTP is no handshake: let go, and the server lives on.
        let mut plain = TcpStream::connect(address).expect("connects");
        plain.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").expect("writes");
        let _closed = plain.read_to_end(&mut Vec::new());
        assert_eq!(trusting.get(url.replace("predict", "health")).call().expect("answers").status(), 200);
        drop(stop);
        server.join().expect("joins");
    });
}

#[test]
fn files_that_are_no_certificate_are_named() {
    let error = |certificate: &str, key: &str| {
        tls::acceptor(&fixture(certificate), &fixture(key)).err().expect("unfit").chain()
    };
    assert!(error("nothing.pem", "key.pem").contains("nothing.pem"));
    assert!(error("certificate.pem", "README.md").contains("README.md"));
}
