//! The HTTP scoring API: FastAPI's shape, MLflow's and the open inference protocol's, with docs, metrics and limits.
//!
//! Photos are made ready on some threads and inferred on one, in batches, behind a bounded queue; requests only wait for
//! it. Must not know the window, the command line, or anything below [`crate::api`] but plain values.

mod body;
mod connections;
mod dto;
mod error;
mod follow;
mod gate;
mod load;
mod metrics;
mod routes;
mod state;
mod tls;
mod worker;

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::api::{Project, find_model};
use crate::config::ServerConfig;
use crate::error::{Code, Error, Result};

pub use load::{LoadReport, LoadRequest, load};

use connections::Bounds;
use follow::Follower;
use state::{Board, ServerState};
use worker::{Settings, Worker};

/// Makes an API key for a name: the key itself, and the line for `server.keys` that knows only its hash.
///
/// # Errors
/// When the name does not fit into a line, or the system gives no random numbers.
pub fn make_key(name: &str) -> Result<(String, String)> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Error::internal(format!("the system gives no random numbers: {error}")))?;
    gate::make_key(name, random)
}

/// Serves until SIGTERM or Ctrl-C, then answers what is under way and returns. `listening` is told the URL.
///
/// The model follows its name: when another one is promoted, or a newer one becomes the current one, it takes over without
/// a request being lost.
///
/// # Errors
/// When there is no model, the address cannot be bound or is open to the network without keys, a key or certificate is
/// wrong, or the runtime cannot start.
pub fn run(project: &Project, model: Option<&str>, listening: impl FnOnce(&str)) -> Result<()> {
    let config = project.config.server.clone();
    let mut project = project.clone();
    project.config.decode.max_megapixels = project.config.decode.max_megapixels.min(config.max_megapixels);
    let tls = certificate(&config)?.map(|(certificate, key)| tls::acceptor(certificate, key)).transpose()?;
    let runtime = runtime()?;
    let (listener, address) = runtime.block_on(bind(&config))?;
    refuse_open_network(&config, address)?;
    // From here on SIGTERM ends gracefully, also one that comes right after the address is told.
    let signals = runtime.block_on(async { signals() });
    let board = Arc::new(Board::default());
    let entry = find_model(&project, model)?;
    let first = entry.card.id.clone();
    let (worker, exchange) = Worker::start(Settings::of(&config), board.clone(), worker::loads(&project, entry))?;
    let state = ServerState::new(worker.queue(), board, &config)?;
    let _follower = Follower::start(&project, model, first, exchange)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    listening(&format!("{scheme}://{address}"));
    match tls {
        Some(acceptor) => {
            let listener = runtime.block_on(async { tls::TlsListener::new(listener, address, acceptor) });
            serve(runtime, listener, &state, signals);
        }
        None => serve(runtime, listener.tap_io(send_at_once), &state, signals),
    }
    Ok(())
}

/// A small answer goes out at once.
fn send_at_once(stream: &mut tokio::net::TcpStream) {
    let _as_it_is = stream.set_nodelay(true);
}

/// The two files for HTTPS, or none.
fn certificate(config: &ServerConfig) -> Result<Option<(&Path, &Path)>> {
    match (config.tls_certificate.as_str(), config.tls_key.as_str()) {
        ("", "") => Ok(None),
        (certificate, key) if !certificate.is_empty() && !key.is_empty() => {
            Ok(Some((Path::new(certificate), Path::new(key))))
        }
        _ => Err(Error::usage("server.tls_certificate and server.tls_key go together: one of them is missing")),
    }
}

/// Without keys, only this machine may ask.
fn refuse_open_network(config: &ServerConfig, address: SocketAddr) -> Result<()> {
    if !config.keys.is_empty() || address.ip().is_loopback() {
        return Ok(());
    }
    Err(Error::usage(format!("{address} can be reached from other machines, and no API key is set")).hint(
        "Make one with `packshot serve --make-key NAME` and put its line into server.keys, or listen on 127.0.0.1.",
    ))
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start the server's runtime").caused_by(error))
}

async fn bind(config: &ServerConfig) -> Result<(TcpListener, SocketAddr)> {
    let address = if config.host.contains(':') && !config.host.starts_with('[') {
        format!("[{}]:{}", config.host, config.port)
    } else {
        format!("{}:{}", config.host, config.port)
    };
    let cannot = |error| {
        Error::new(Code::Usage, format!("cannot listen on {address}"))
            .hint("Another program may use this port; choose one with --port.")
            .caused_by(error)
    };
    let listener = TcpListener::bind(&address).await.map_err(cannot)?;
    let local = listener.local_addr().map_err(cannot)?;
    Ok((listener, local))
}

/// How the server was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// By whoever runs services: they are told for a while that the server goes.
    Service,
    /// By a person at the keyboard.
    Person,
}

/// What the thread that waits is told.
enum End {
    Asked,
    /// Asked to stop once more: what is under way is cut off.
    AskedAgain,
    Served,
}

/// Serves until the first of `stops`; then new photos are refused, and after a while no connection is taken; what is under
/// way is answered.
fn serve<L>(runtime: Runtime, listener: L, state: &ServerState, stops: impl Stops + Send + 'static)
where
    L: Listener<Addr = SocketAddr>,
{
    let config = state.config().clone();
    let (sender, ends) = channel();
    let bounds =
        Bounds { most: config.max_connections.max(1), headers: Duration::from_secs(config.header_timeout_s.max(1)) };
    let router = routes::router(state.clone());
    let stop = stopped(stops, state.clone(), Duration::from_secs(config.notice_s), sender.clone());
    runtime.spawn(async move {
        connections::serve(listener, router, bounds, stop).await;
        let _gone = sender.send(End::Served);
    });
    wait(&ends, Duration::from_secs(config.notice_s + config.drain_s));
    runtime.shutdown_background();
}

/// Waits for the end; once a stop was asked for, for `limit` at most.
fn wait(ends: &std::sync::mpsc::Receiver<End>, limit: Duration) {
    let mut end = ends.recv().ok();
    if matches!(end, Some(End::Asked)) {
        end = ends.recv_timeout(limit).ok();
    }
    match end {
        Some(End::Served | End::Asked | End::AskedAgain) => {}
        None => tracing::warn!("requests were cut off: they did not end within {} s", limit.as_secs()),
    }
}

/// Ends when no more connections are to be taken.
async fn stopped(mut stops: impl Stops + Send + 'static, state: ServerState, notice: Duration, ends: Sender<End>) {
    let stop = stops.next().await;
    state.drain();
    // The other end lives until the server has ended.
    let _gone = ends.send(End::Asked);
    tokio::spawn(async move {
        stops.next().await;
        let _gone = ends.send(End::AskedAgain);
    });
    if stop == Stop::Service {
        tokio::time::sleep(notice).await;
    }
}

/// Requests to stop, one after the other.
trait Stops {
    fn next(&mut self) -> impl Future<Output = Stop> + Send;
}

/// Ctrl-C and SIGTERM.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

/// Within the runtime.
fn signals() -> Signals {
    Signals {
        #[cfg(unix)]
        terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok(),
    }
}

impl Stops for Signals {
    async fn next(&mut self) -> Stop {
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        #[cfg(unix)]
        {
            if let Some(terminate) = &mut self.terminate {
                return std::future::poll_fn(|context| {
                    if interrupt.as_mut().poll(context).is_ready() {
                        return std::task::Poll::Ready(Stop::Person);
                    }
                    terminate.poll_recv(context).map(|_| Stop::Service)
                })
                .await;
            }
        }
        // Without handlers the process ends as any other: there is nothing to wait for.
        let _unavailable = interrupt.await;
        Stop::Person
    }
}
