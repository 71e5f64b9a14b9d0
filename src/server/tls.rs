//! HTTPS by rustls, when a certificate is given.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::error::{Error, Result};

/// How long a client may take to agree on keys.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// Connections that have agreed on keys and wait to be taken.
const WAITING: usize = 64;

/// The certificate and key of two files.
///
/// # Errors
/// [`crate::Code::BadData`] naming the file that is missing, or is not what it should be.
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    let unreadable = |path: &Path, what: &str, error: pem::Error| {
        Error::bad_data(format!("{} is not {what} in PEM format", path.display())).caused_by(error)
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(certificate, "a certificate", error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, "a private key", error))?;
    let unfit = |error| {
        Error::bad_data(format!("{} and {} do not go together", certificate.display(), key.display())).caused_by(error)
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Connection = (TlsStream<TcpStream>, SocketAddr);

/// Hands out connections that have agreed on keys; a client that dawdles holds up nobody else.
pub(super) struct TlsListener {
    connections: Receiver<Connection>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    /// To be called within the runtime.
    pub(super) fn new(listener: TcpListener, address: SocketAddr, acceptor: TlsAcceptor) -> Self {
        let (sender, connections) = channel(WAITING);
        let accepting = tokio::spawn(accept_all(listener, acceptor, sender));
        Self { connections, address, accepting }
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Connection {
        match self.connections.recv().await {
            Some(connection) => connection,
            // The task that accepts lives as long as this; if it ends, there is nothing more to accept.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept_all(mut listener: TcpListener, acceptor: TlsAcceptor, sender: Sender<Connection>) {
    loop {
        // axum's own accept: it waits a moment when the system has no more file descriptors.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            // A small answer goes out at once.
            let _as_it_is = stream.set_nodelay(true);
            match tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let _stopping = sender.send((stream, address)).await;
                }
                Ok(Err(error)) => tracing::debug!("{address} did not agree on keys: {error}"),
                Err(_) => tracing::debug!("{address} took too long to agree on keys"),
            }
        });
    }
}
