//! Connections: how many there may be, how long a client may take for its headers, and a stop that lets answers out.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;

/// What connections may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at a time; others wait.
    pub(super) most: usize,
    /// How long a client may take for its headers, and a connection may be idle.
    pub(super) headers: Duration,
}

/// Serves until `stop`; then no connection is taken any more, and each of those there are ends with the answer that is
/// under way.
pub(super) async fn serve<L>(listener: L, router: Router, bounds: Bounds, stop: impl Future<Output = ()>)
where
    L: Listener<Addr = SocketAddr>,
{
    let open = Arc::new(GracefulShutdown::new());
    let accepting = tokio::spawn(accept_all(listener, router, bounds, open.clone()));
    stop.await;
    accepting.abort();
    // The listener is closed, and the other handle gone, when the task has ended.
    let _cancelled = accepting.await;
    if let Some(open) = Arc::into_inner(open) {
        open.shutdown().await;
    }
}

async fn accept_all<L>(mut listener: L, router: Router, bounds: Bounds, open: Arc<GracefulShutdown>)
where
    L: Listener<Addr = SocketAddr>,
{
    let free = Arc::new(Semaphore::new(bounds.most));
    let service = TowerToHyperService::new(router);
    loop {
        // Never closed.
        let Ok(place) = free.clone().acquire_owned().await else { return };
        let (stream, address) = listener.accept().await;
        let service = service.clone();
        let addressed = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            let answer = service.call(request);
            async move { answer.await.map_err(|never: Infallible| never) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.headers)
            .serve_connection(TokioIo::new(stream), addressed);
        let connection = open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("{address}: {error}");
            }
            drop(place);
        });
    }
}
