//! Requests to an MLflow server, with words for what its operator has to change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::credentials::Credentials;
use crate::error::{Code, Error, Result};
use crate::jobs::Control;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long one request may take in all: a model is some megabytes.
const WHOLE: Duration = Duration::from_secs(120);

/// The same where other work goes before.
const HASTY: Duration = Duration::from_secs(15);

/// Waits before trying again.
static WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Largest answer that is read.
const LARGEST_ANSWER: u64 = 64 << 20;

/// How to reach a server. Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// `http://HOST:PORT`, also with a path.
    pub uri: String,
    /// Who we are.
    pub credentials: Credentials,
    /// Certificates to trust instead of the public ones, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Trust any certificate.
    pub insecure: bool,
    /// Other work goes before: every request is sent once, and waits for 15 seconds at most.
    pub hasty: bool,
}

/// A server.
pub struct Server {
    base: String,
    agent: Agent,
    credentials: Credentials,
    waits: &'static [Duration],
    control: Control,
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The server says that it runs without files; any other 503 passes.
    fn takes_no_files(&self) -> bool {
        self.status == 503 && self.body.contains("--no-serve-artifacts")
    }

    /// MLflow's name for what went wrong.
    pub(super) fn error_code(&self) -> String {
        self.json()["error_code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Splits a user and password off a URI: they belong into a header, not into messages.
fn split_user(uri: &str) -> (String, Option<Credentials>) {
    let trimmed = uri.trim_end_matches('/');
    let Some((scheme, rest)) = trimmed.split_once("://") else { return (trimmed.to_owned(), None) };
    let authority = rest.split('/').next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return (trimmed.to_owned(), None) };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (format!("{scheme}://{}", &rest[user.len() + 1..]), Some(Credentials::basic(&plain(name), &plain(password))))
}

/// What may be printed of a text that is no URI: nothing before the last `@`.
fn without_user(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |parts| parts.1)
}

/// The host of a URI, as keyrings know it.
pub(super) fn host(uri: &str) -> String {
    let (uri, _) = split_user(uri);
    let rest = uri.split_once("://").map_or(uri.as_str(), |parts| parts.1);
    rest.split('/').next().unwrap_or_default().to_owned()
}

impl Server {
    /// Makes ready to talk; no request is sent yet. `control` stops waiting between tries.
    ///
    /// # Errors
    /// [`Code::Usage`] when the URI is none over HTTP, [`Code::BadData`] when the certificates cannot be read.
    pub fn new(connection: &Connection, control: &Control) -> Result<Self> {
        let (base, user) = split_user(&connection.uri);
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Error::usage(format!("{:?} is not the address of an MLflow server", without_user(&base))).hint(
                "Write http://HOST:PORT or https://HOST. A folder cannot be written to: start `mlflow server` there.",
            ));
        }
        let credentials = connection.credentials.clone().or(|| user.unwrap_or_default());
        let credentials = credentials.or(|| Credentials::from_keyring(&host(&connection.uri)));
        let mut tls = TlsConfig::builder().disable_verification(connection.insecure);
        if let Some(file) = &connection.ca_file {
            let pem = std::fs::read(file).map_err(|error| Error::io("read", file, error))?;
            let certificates: Vec<_> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate.to_owned()),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(Error::bad_data(format!("{} holds no certificate in PEM format", file.display())));
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates)));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(if connection.hasty { HASTY } else { WHOLE }))
            .user_agent(concat!("packshot/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        let waits = if connection.hasty { &[] } else { WAITS.as_slice() };
        Ok(Self { base, agent: config.into(), credentials, waits, control: control.clone() })
    }

    /// The server's address, without a user.
    pub fn address(&self) -> &str {
        &self.base
    }

    /// Asks for JSON; tried again when the network or the server is out of breath.
    ///
    /// # Errors
    /// In words that say what to do; [`Code::Busy`] when trying later can help.
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        let answer = self.try_get(path)?;
        self.read(path, &answer)
    }

    /// As [`Server::get`], with whatever it answers but trouble of the network.
    pub(super) fn try_get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, "application/json", &[], true)
    }

    /// Sends JSON to an endpoint that may be asked twice.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, body, true)
    }

    /// Sends JSON to an endpoint that makes something: it is not tried again once it may have been heard.
    pub(super) fn create(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, body, false)
    }

    /// Sends JSON with PATCH.
    pub(super) fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("PATCH", path, body, true)
    }

    /// As [`Server::create`], with whatever it answers but trouble of the network.
    pub(super) fn try_create(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, "application/json", body.to_string().as_bytes(), false)
    }

    fn call(&self, method: &str, path: &str, body: &Value, again: bool) -> Result<Value> {
        let answer = self.send(method, path, "application/json", body.to_string().as_bytes(), again)?;
        self.read(path, &answer)
    }

    /// The JSON of a success.
    fn read(&self, path: &str, answer: &Answer) -> Result<Value> {
        if answer.status != 200 {
            return Err(self.explain(path, answer));
        }
        serde_json::from_str(&answer.body).map_err(|error| {
            Error::new(Code::Io, format!("{} answered something else than JSON", self.base))
                .hint("Is it an MLflow server, version 3 or newer, and no page to sign in before it?")
                .caused_by(error)
        })
    }

    /// Uploads a file.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let answer = self.send("PUT", path, "application/octet-stream", bytes, true)?;
        if answer.status == 200 { Ok(()) } else { Err(self.explain(path, &answer)) }
    }

    /// The explanation of an answer that is no success.
    pub(super) fn explain(&self, path: &str, answer: &Answer) -> Error {
        explain(&self.base, path, answer)
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8], again: bool) -> Result<Answer> {
        let mut waits = self.waits.iter();
        loop {
            let (error, unheard) = match self.once(method, path, kind, body) {
                // Refused before it was worked on, but for gateways' errors.
                Ok(answer) if matches!(answer.status, 429 | 502 | 503 | 504) => {
                    let unheard = matches!(answer.status, 429 | 503);
                    if answer.takes_no_files() {
                        return Err(self.explain(path, &answer));
                    }
                    (self.explain(path, &answer), unheard)
                }
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let unheard = matches!(error, ureq::Error::ConnectionFailed | ureq::Error::HostNotFound)
                        || matches!(&error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused);
                    (unreachable(&self.base, error), unheard)
                }
            };
            if self.control.is_cancelled() {
                return Err(Error::new(Code::Cancelled, "stopped on request"));
            }
            let Some(wait) = waits.next().filter(|_| again || unheard) else { return Err(error) };
            tracing::info!("trying again: {error:#}");
            self.wait(*wait);
        }
    }

    fn once(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> std::result::Result<Answer, ureq::Error> {
        let mut request =
            Request::builder().method(method).uri(format!("{}{path}", self.base)).header("content-type", kind);
        if let Some(value) = self.credentials.header() {
            request = request.header("authorization", value);
        }
        let mut response = if method == "GET" {
            self.agent.run(request.body(()).map_err(ureq::Error::Http)?)?
        } else {
            self.agent.run(request.body(body).map_err(ureq::Error::Http)?)?
        };
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST_ANSWER).lossy_utf8(true).read_to_string()?;
        Ok(Answer { status, body })
    }

    fn wait(&self, wait: Duration) {
        let step = Duration::from_millis(50);
        let mut left = wait;
        while !left.is_zero() && !self.control.is_cancelled() {
            std::thread::sleep(step.min(left));
            left = left.saturating_sub(step);
        }
    }
}

fn unreachable(base: &str, error: ureq::Error) -> Error {
    let certificate = matches!(error, ureq::Error::Tls(_) | ureq::Error::Rustls(_))
        || matches!(&error, ureq::Error::Io(io) if io.to_string().contains("certificate"));
    if certificate {
        return Error::new(Code::Io, format!("the certificate of {base} is not trusted"))
            .hint("Name the file of your certificate authority with --ca-file (mlflow.ca_file).")
            .caused_by(error);
    }
    Error::new(Code::Busy, format!("the MLflow server at {base} cannot be reached"))
        .hint("Check the address and that the server runs; the same command goes on where this one stopped. Proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.")
        .caused_by(error)
}

/// What an answer means and what is to be done.
fn explain(base: &str, path: &str, answer: &Answer) -> Error {
    let said = answer.json()["message"].as_str().map(|text| text.chars().take(300).collect::<String>());
    let what = path.split('?').next().unwrap_or_default().trim_start_matches("/api/2.0/");
    let also = said.as_deref().map(|said| format!(": {said}")).unwrap_or_default();
    let error = |code, text: String, hint: &str| Error::new(code, text).hint(hint);
    match answer.status {
        401 => error(
            Code::Io,
            format!("{base} wants to know who asks"),
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, or keep them in the system's keyring.",
        ),
        403 if answer.json().is_null() => error(
            Code::Io,
            format!("{base} refuses requests under this host name"),
            "Its operator starts it with --allowed-hosts and this name (mlflow server --allowed-hosts HOST).",
        ),
        403 => error(
            Code::Io,
            format!("{base} does not allow this user to do that ({what}){also}"),
            "Ask its operator for the permission EDIT on the experiment and on the registered model; to import, READ is enough.",
        ),
        404 if said.is_none() => error(
            Code::Io,
            format!("{base} does not know {what}"),
            "Is it an MLflow server, version 3 or newer? A path of the address, such as /mlflow, belongs into --tracking-uri.",
        ),
        413 => error(
            Code::Io,
            format!("{base} refuses a request of this size ({what})"),
            "A proxy before the server limits bodies: its operator raises the limit to 50 MB.",
        ),
        503 if answer.takes_no_files() => no_artifacts(base),
        429 | 500..=599 => error(
            Code::Busy,
            format!("{base} failed ({what}, status {}){also}", answer.status),
            "Try again later: the same command goes on where this one stopped.",
        ),
        status => error(Code::Io, format!("{base} refused {what} (status {status}){also}"), "Its log says more."),
    }
}

/// The server takes no files.
pub(super) fn no_artifacts(base: &str) -> Error {
    Error::new(Code::Io, format!("{base} does not take files"))
        .hint("It runs with --no-serve-artifacts: its operator leaves that out, so that files go through the server.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_say_what_the_operator_must_change() {
        let error = |status, path: &str, body: &str| {
            let error = explain("http://h", path, &Answer { status, body: body.to_owned() });
            format!("{} | {}", error.chain(), error.details.unwrap_or_default())
        };
        let api = "/api/2.0/mlflow/runs/create";
        for (status, path, body, part) in [
            (401, api, "<html>", "MLFLOW_TRACKING_TOKEN"),
            (403, api, "Invalid Host header", "--allowed-hosts"),
            (403, api, r#"{"error_code": "PERMISSION_DENIED", "message": "no"}"#, "EDIT"),
            (404, api, "<html>", "version 3"),
            (404, api, r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No run"}"#, "No run"),
            (503, "/api/2.0/mlflow-artifacts/artifacts/1", "runs with `--no-serve-artifacts`", "leaves that out"),
            (503, "/api/2.0/mlflow-artifacts/artifacts/1", "<html>", "Try again later"),
            (503, api, "", "Try again later"),
            (400, api, r#"{"message": "bad key"}"#, "mlflow/runs/create (status 400): bad key"),
        ] {
            assert!(error(status, path, body).contains(part), "{status}: {}", error(status, path, body));
        }
        assert_eq!(explain("h", api, &Answer { status: 502, body: String::new() }).code, Code::Busy);
    }

    #[test]
    fn a_user_in_the_address_goes_into_a_header() {
        let (base, user) = split_user("https://ana:geheim@mlflow.example/path/");
        assert_eq!(
            (base.as_str(), user.expect("a user").header()),
            ("https://mlflow.example/path", Some("Basic YW5hOmdlaGVpbQ=="))
        );
        let (_, coded) = split_user("https://ana%40shop:geh%3Aeim@h");
        assert_eq!(coded.expect("a user").header(), Credentials::basic("ana@shop", "geh:eim").header());
        assert_eq!(host("https://ana:geheim@mlflow.example:5000/path"), "mlflow.example:5000");
        let connection = Connection { uri: "ana:geheim@h:5000".to_owned(), ..Connection::default() };
        let error = Server::new(&connection, &Control::default()).err().expect("no scheme");
        assert!(error.summary.contains("h:5000") && !error.summary.contains("geheim"), "{error:#}");
        let connection = Connection { uri: "mlruns".to_owned(), ..Connection::default() };
        assert_eq!(Server::new(&connection, &Control::default()).err().expect("a folder").code, Code::Usage);
    }

    #[test]
    fn a_server_that_is_not_there_is_tried_again_and_then_later() {
        // Bound and let go: nobody listens there.
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let connection = Connection { uri: format!("http://127.0.0.1:{port}"), ..Connection::default() };
        let control = Control::default();
        control.cancel();
        let server = Server::new(&connection, &control).expect("an address");
        assert_eq!(server.get("/version").expect_err("nobody").code, Code::Cancelled, "no waiting after a stop");
        let server = Server::new(&connection, &Control::default()).expect("an address");
        let error = server.get("/version").expect_err("nobody");
        assert_eq!(error.code, Code::Busy);
        assert!(error.summary.contains("cannot be reached"), "{error:#}");
    }
}
