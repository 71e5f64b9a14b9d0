//! The arguments of `packshot serve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  packshot serve
  packshot serve --port 9000 --model champion
  curl --data-binary @photo.jpg -H 'content-type: image/jpeg' http://127.0.0.1:8077/predict
  packshot serve --make-key shop                       an API key, and its line for server.keys
  packshot serve --host 0.0.0.0 --set 'server.keys=[\"shop:…\"]'

http://127.0.0.1:8077/ is a page to drop photos on, /docs lists every endpoint. `packshot config show` has every setting
(section server). The model is followed by name: `packshot models promote` makes another one take over, and no request is
lost. SIGTERM and Ctrl-C end the server when everything that was taken in is answered.")]
pub(in crate::cli) struct Serve {
    /// Address to listen on (server.host); other machines need an API key.
    #[arg(long)]
    pub(in crate::cli) host: Option<String>,
    /// Port to listen on (server.port); 0 takes a free one.
    #[arg(long)]
    pub(in crate::cli) port: Option<u16>,
    /// Model: champion, run id, run name, model id, or a model's folder; the current one when absent.
    #[arg(long)]
    pub(in crate::cli) model: Option<String>,
    /// Threads that decode and measure photos (server.workers); 0 takes one a core.
    #[arg(long, value_name = "THREADS")]
    pub(in crate::cli) workers: Option<usize>,
    /// Scores alone, about twice as fast: no attributes and no reason (score.attributes).
    #[arg(long)]
    pub(in crate::cli) scores_only: bool,
    /// Certificate chain for HTTPS, a PEM file (server.tls_certificate).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(in crate::cli) tls_certificate: Option<PathBuf>,
    /// Its private key, a PEM file (server.tls_key).
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(in crate::cli) tls_key: Option<PathBuf>,
    /// Make an API key under this name, print it and its line for server.keys, and do nothing else.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) make_key: Option<String>,
}
