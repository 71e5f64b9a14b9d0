//! The HTTP scoring API: health, version and one photo at a time.
//!
//! Inference runs on one job thread behind a bounded queue; requests only wait for it. Must not know the window, the
//! command line, or anything below [`crate::api`] but plain values.

mod dto;
mod error;
mod routes;
mod worker;

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::api::Project;
use crate::error::{Code, Error, Result};

use worker::Worker;

/// Serves until SIGTERM or Ctrl-C, then answers what is under way and returns. `listening` is told the address.
///
/// # Errors
/// When there is no model, the address cannot be bound, or the runtime cannot start.
pub fn run(project: &Project, model: Option<&str>, listening: impl FnOnce(SocketAddr)) -> Result<()> {
    let worker = Worker::start(project, model)?;
    let config = project.config.server.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start the server's runtime").caused_by(error))?;
    runtime.block_on(async {
        let address = format!("{}:{}", config.host, config.port);
        let cannot = |error| {
            Error::new(Code::Usage, format!("cannot listen on {address}"))
                .hint("Another program may use this port; choose one with --port.")
                .caused_by(error)
        };
        let listener = TcpListener::bind(&address).await.map_err(cannot)?;
        let local = listener.local_addr().map_err(cannot)?;
        listening(local);
        let state = routes::ServerState::new(worker.queue(), worker.card().clone());
        let draining = state.draining();
        let app = routes::router(state, config.max_body_mb << 20);
        let stop = async move {
            asked_to_stop().await;
            draining.store(true, std::sync::atomic::Ordering::SeqCst);
        };
        let serve = axum::serve(listener, app).with_graceful_shutdown(stop);
        serve.await.map_err(|error| Error::new(Code::Io, "the server stopped").caused_by(error))
    })
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
