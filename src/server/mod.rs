//! The HTTP scoring API: health, version and one photo at a time.
//!
//! Inference runs on one job thread behind a bounded queue; requests only wait for it. Must not know the window, the
//! command line, or anything below [`crate::api`] but plain values.

mod dto;
mod error;
mod routes;
mod worker;

#[cfg(test)]
mod tests;

use std::future::{Future, IntoFuture as _};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::api::Project;
use crate::config::ServerConfig;
use crate::error::{Code, Error, Result};

use worker::Worker;

/// How long a stop waits for requests under way; a client that never finishes its upload is cut off then.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C, then answers what is under way and returns. `listening` is told the address.
///
/// # Errors
/// When there is no model, the address cannot be bound, or the runtime cannot start.
pub fn run(project: &Project, model: Option<&str>, listening: impl FnOnce(SocketAddr)) -> Result<()> {
    let worker = Worker::start(project, model)?;
    let config = &project.config.server;
    let runtime = runtime()?;
    let (listener, address) = runtime.block_on(bind(config))?;
    listening(address);
    serve(runtime, listener, &worker, config.max_body_mb << 20, asked_to_stop(), DRAIN_LIMIT)
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start the server's runtime").caused_by(error))
}

async fn bind(config: &ServerConfig) -> Result<(TcpListener, SocketAddr)> {
    let address = format!("{}:{}", config.host, config.port);
    let cannot = |error| {
        Error::new(Code::Usage, format!("cannot listen on {address}"))
            .hint("Another program may use this port; choose one with --port.")
            .caused_by(error)
    };
    let listener = TcpListener::bind(&address).await.map_err(cannot)?;
    let local = listener.local_addr().map_err(cannot)?;
    Ok((listener, local))
}

/// Serves until `stop`, then for `drain_limit` at most.
fn serve(
    runtime: Runtime,
    listener: TcpListener,
    worker: &Worker,
    max_body_bytes: usize,
    stop: impl Future<Output = ()> + Send + 'static,
    drain_limit: Duration,
) -> Result<()> {
    let state = routes::ServerState::new(worker.queue(), worker.card().clone());
    let draining = state.draining();
    let (asked, was_asked) = channel();
    let (ended, end) = channel();
    let stop = async move {
        stop.await;
        draining.store(true, Ordering::SeqCst);
        // The other end lives until the server has ended.
        let _gone = asked.send(());
    };
    let server = axum::serve(listener, routes::router(state, max_body_bytes)).with_graceful_shutdown(stop);
    runtime.spawn(async move {
        let _gone = ended.send(server.into_future().await);
    });
    // Fails when the server ended by itself; `end` then says why.
    let _by_itself = was_asked.recv();
    let result = match end.recv_timeout(drain_limit) {
        Ok(result) => result.map_err(|error| Error::new(Code::Io, "the server stopped").caused_by(error)),
        Err(_) => {
            tracing::warn!("requests were cut off: they did not end within {} s", drain_limit.as_secs());
            Ok(())
        }
    };
    runtime.shutdown_background();
    result
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            let mut interrupt = std::pin::pin!(interrupt);
            let mut terminate = std::pin::pin!(terminate.recv());
            std::future::poll_fn(|context| {
                let either = interrupt.as_mut().poll(context).is_ready() || terminate.as_mut().poll(context).is_ready();
                if either { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            return;
        }
    }
    // Without handlers the process ends as any other: there is nothing to wait for.
    let _unavailable = interrupt.await;
}
